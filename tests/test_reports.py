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
from kbsync.render.html import render_html
from kbsync.render.markdown import render_markdown
from kbsync.render.plan import render_plan
from tests.rich import FILES, REFUSALS, rich
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

    assert found == expected(f"{name.replace('_', '-')}.{SUFFIXES[format_]}", found)


@pytest.mark.parametrize(
    ("render", "suffix"), [(render_plan, "txt"), (render_markdown, "md"), (render_html, "html")]
)
def test_report_of_a_rich_plan(render, suffix):
    found = shortened(
        render(
            rich(),
            requests=31,
            source="projects/shop at commit 9c1e7d2a40",
            files=FILES,
            refusals=REFUSALS,
            plan_id="0123456789abcdef",
        )
    )

    assert found == expected(f"rich.{suffix}", found)


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


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_lines_of_code_are_numbered_as_in_the_file_on_disk(command, start_workspace):
    component = "keboola.snowflake-transformation"
    live = {"id": "a", "name": "A", "configuration": {"script": ["SELECT 1;", "SELECT 2;"]}}
    workspace = start_workspace(
        {
            f"{component}/a/config.yaml": "name: A\nconfiguration: {script: !statements a.sql}\n",
            f"{component}/a/a.sql": "\n\n\nSELECT 1;\nSELECT 3;\n",
        },
        [{"id": component, "configurations": [live]}],
    )
    shown = workspace.kbsync(command).stdout

    assert f"script   {component}/a/a.sql\n           @@ -2,4 +2,4 @@\n" in shown
    assert "            SELECT 1;\n           -SELECT 2;\n           +SELECT 3;\n" in shown


def expected(name, found):
    """What stands in the file *name*; when asked to, *found* is put there first."""
    path = HERE / "reports" / name
    if os.environ.get("UPDATE_REPORTS"):
        path.write_text(found, encoding="utf-8")
    return path.read_text(encoding="utf-8")


def shortened(text):
    """Leave out what stands in files of its own, and what is another after each edit of those."""
    text = re.sub(r"(<style>).*?(</style>)", r"\1report.css\2", text, flags=re.DOTALL)
    text = re.sub(r"(<script>).*?(</script>)", r"\1report.js\2", text, flags=re.DOTALL)
    return re.sub(r"sha256-[\w+/=]{44}", "sha256-HASH", text)


def without_source(text):
    return re.sub(r"<dt>Files</dt><dd>.*?</dd>|^Files .*$", "", text, flags=re.MULTILINE)
