"""What `kbsync plan --format markdown` and `--format html` write, whole, in files to read.

`UPDATE_REPORTS=1 make test TESTS=tests/test_reports.py` writes them anew: read the difference
before you commit it. The style sheet and the script of a page are named in them, not repeated.
"""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from kbsync.cli.main import cli
from tests.test_scenarios import settled

HERE = Path(__file__).parent
SUFFIXES = {"markdown": "md", "html": "html"}
ORDERS = "components/keboola.ex-db-mysql/configs/orders"


@pytest.fixture
def every_kind(start_workspace):
    """The scenario that holds every kind of change."""
    scenario = HERE / "scenarios/plan-every-kind-of-change"
    workspace = start_workspace(live=json.loads((scenario / "live.json").read_text()))
    shutil.copytree(scenario / "project", workspace.root, dirs_exist_ok=True)
    return workspace


@pytest.fixture
def drift(every_kind):
    """The same after an apply, and after somebody edited what it wrote."""
    every_kind.kbsync("apply", "--auto-approve")
    orders = every_kind.storage("GET", ORDERS).json()["configuration"]
    orders["parameters"]["db"]["host"] = "db-9.internal"
    edit = {"configuration": orders, "changeDescription": "hotfix #771, ask @petr"}
    every_kind.storage("PUT", ORDERS, edit)
    every_kind.storage("PUT", f"{ORDERS}/rows/users", {"isDisabled": False})
    return every_kind


@pytest.mark.parametrize("format_", SUFFIXES)
@pytest.mark.parametrize("name", ["every_kind", "drift"])
def test_report(name, format_, request):
    workspace = request.getfixturevalue(name)
    result = workspace.kbsync("plan", "--format", format_)
    found = shortened(settled(result.stdout, workspace))
    path = HERE / "reports" / f"{name.replace('_', '-')}.{SUFFIXES[format_]}"

    if os.environ.get("UPDATE_REPORTS"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("format_", SUFFIXES)
def test_a_report_says_why_apply_will_refuse_and_so_does_stderr(drift, format_):
    result = drift.kbsync("plan", "--format", format_)

    assert "keboola.ex-db-mysql/orders was edited since kbsync wrote it" in result.stdout
    assert "keboola.ex-db-mysql/orders was edited since kbsync wrote it" in result.stderr


@pytest.mark.parametrize("format_", SUFFIXES)
def test_a_report_is_utf_8_whatever_the_terminal_speaks(every_kind, format_):
    result = CliRunner(charset="ascii").invoke(
        cli,
        ["--project-dir", str(every_kind.root), "plan", "--format", format_],
        env=every_kind.environment,
    )

    assert "↺" in result.stdout_bytes.decode("utf-8")


@pytest.mark.parametrize("format_", SUFFIXES)
def test_a_saved_plan_gives_the_same_report(every_kind, format_, tmp_path):
    saved = tmp_path / "plan.json"
    planned = every_kind.kbsync("plan", "-o", str(saved), "--format", format_).stdout
    shown = every_kind.kbsync("show", str(saved), "--format", format_).stdout

    assert without_source(shown) == without_source(planned)


def shortened(text):
    """Leave out what stands in files of its own, and what is another after each edit of those."""
    text = re.sub(r"(<style>).*?(</style>)", r"\1report.css\2", text, flags=re.DOTALL)
    text = re.sub(r"(<script>).*?(</script>)", r"\1report.js\2", text, flags=re.DOTALL)
    return re.sub(r"sha256-[\w+/=]{44}", "sha256-HASH", text)


def without_source(text):
    return re.sub(r"<dt>Files</dt><dd>.*?</dd>|^Files .*$", "", text, flags=re.MULTILINE)
