"""Each folder of tests/scenarios is one command and all that it prints and leaves behind.

`UPDATE_SCENARIOS=1 make test TESTS=tests/test_scenarios.py` writes what is expected anew: read
the difference before you commit it.
"""

import json
import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

SCENARIOS = sorted(path.parent for path in Path(__file__).parent.glob("scenarios/*/command"))


@pytest.mark.parametrize("folder", SCENARIOS, ids=lambda path: path.name)
def test_scenario(folder, start_workspace, request):
    live = json.loads((folder / "live.json").read_text())
    workspace = start_workspace(live=live)
    shutil.copytree(folder / "project", workspace.root, dirs_exist_ok=True)
    result = workspace.kbsync(*shlex.split((folder / "command").read_text()))
    found = {
        "expected-output": settled(result.stdout, workspace),
        "expected-errors": settled(result.stderr, workspace),
        "expected-exit": f"{result.exit_code}\n",
    }
    if (folder / "expected-live.json").exists():
        text = json.dumps(workspace.project(), indent=2, ensure_ascii=False)
        found["expected-live.json"] = text + "\n"
    else:
        assert workspace.writes() == []

    if os.environ.get("UPDATE_SCENARIOS"):
        for name, text in found.items():
            (folder / name).write_text(text)
    assert found == {name: (folder / name).read_text() for name in found}


def settled(text, workspace):
    """Replace what is another at each run."""
    text = text.replace(workspace.server.url, "http://127.0.0.1:PORT")
    text = text.replace(str(workspace.root), "project")
    text = re.sub(r"\b01[0-9A-HJKMNP-TV-Z]{24}\b", "RUN", text)
    text = re.sub(r"(Plan(?: {5}| `|</dt><dd>))[0-9a-f]{16}\b", r"\1ID", text)
    text = re.sub(r" in \d+\.\d s\b", " in SECONDS", text)
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}", "TIME", text)
