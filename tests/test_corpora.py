"""Real projects, found beside the checkout: pull, plan, apply and export lose nothing."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from kbsync.canonical import verbatim

CORPORA = Path(__file__).parents[1].parent / "shared" / "corpora"
PROJECTS = sorted(CORPORA.glob("*-v*.json"))
PAIRS = [
    (older, newer)
    for older, newer in pairwise(PROJECTS)
    if older.name.rpartition("-")[0] == newer.name.rpartition("-")[0]
]

pytestmark = pytest.mark.skipif(not PROJECTS, reason="no real projects beside this checkout")


def named(path):
    return path.stem if isinstance(path, Path) else ""


def read(path):
    return json.loads(path.read_text())


def by_key(project):
    """Every configuration and row of an export, without what is around it, as comparable text."""
    found = {}
    for component in project:
        for config in component["configurations"]:
            key = f"{component['id']}/{config['id']}"
            found[key] = verbatim({name: config.get(name) for name in CONFIG if name in config})
            for row in config["rows"]:
                found[f"{key}/{row['id']}"] = verbatim({name: row.get(name) for name in ROW})
    return found


CONFIG = ("name", "description", "isDisabled", "configuration", "rowsSortOrder", "metadata")
ROW = ("name", "description", "isDisabled", "configuration")


@pytest.mark.parametrize("path", PROJECTS, ids=named)
def test_after_a_pull_the_plan_is_empty_and_nothing_was_written(start_workspace, path):
    workspace = start_workspace(live=read(path))

    assert workspace.kbsync("pull").exit_code == 0
    assert workspace.kbsync("validate").exit_code == 0
    assert workspace.kbsync("fmt", "--check").exit_code == 0
    assert workspace.kbsync("plan", "--detailed-exitcode").exit_code == 0
    assert workspace.writes() == []


@pytest.mark.parametrize("path", PROJECTS, ids=named)
def test_pulling_again_changes_no_byte(start_workspace, path):
    workspace = start_workspace(live=read(path))
    workspace.kbsync("pull")
    before = workspace.files()
    result = workspace.kbsync("pull")

    assert "0 files changed" in result.stdout
    assert workspace.files() == before


@pytest.mark.parametrize("path", PROJECTS, ids=named)
def test_an_empty_project_becomes_the_original_value_for_value(start_workspace, path):
    original = start_workspace(live=read(path), folder="files")
    original.kbsync("pull")
    copy = start_workspace(original.files(), folder="copy")
    result = copy.kbsync("apply", "--auto-approve")

    assert result.exit_code == 0, result.output
    assert by_key(copy.project()) == by_key(original.project())


@pytest.mark.parametrize(("older", "newer"), PAIRS, ids=named)
def test_an_upgrade_names_what_differs_and_converges(start_workspace, older, newer):
    target = start_workspace(live=read(newer), folder="newer")
    target.kbsync("pull")
    workspace = start_workspace(target.files(), read(older), folder="older")
    before, wanted = by_key(workspace.project()), by_key(target.project())
    differing = before.keys() ^ wanted.keys()
    differing |= {key for key in before.keys() & wanted.keys() if before[key] != wanted[key]}
    shown = workspace.kbsync("plan", "--prune").stdout
    result = workspace.kbsync("apply", "--auto-approve", "--prune", *allowances(workspace, shown))

    assert headings(shown) == {"/".join(key.split("/")[:2]) for key in differing}
    assert result.exit_code == 0, result.output
    assert workspace.kbsync("plan", "--prune", "--detailed-exitcode").exit_code == 0
    assert by_key(workspace.project()) == wanted


@pytest.mark.parametrize(("older", "newer"), PAIRS, ids=named)
def test_an_upgrade_pulled_over_edited_files_keeps_what_people_wrote(start_workspace, older, newer):
    workspace = start_workspace(live=read(older))
    workspace.kbsync("pull")
    documents = [path for path in workspace.root.rglob("*.yaml") if path.name != "kbsync.yaml"]
    for path in documents:
        text = path.read_text()
        path.write_text(
            f"# head\n{text}".replace("\nconfiguration:", " # behind\n# above\nconfiguration:")
        )
    before = {path: path.read_text() for path in documents}
    workspace.show(read(newer))
    result = workspace.kbsync("pull")
    left = [path for path in documents if path.exists()]
    changed = [path for path in left if path.read_text() != before[path]]

    assert result.exit_code == 0, result.output
    assert changed
    for path in left:
        assert path.read_text().count("# above\nconfiguration:") == 1
        assert path.read_text().startswith("# head\n")


def headings(shown):
    """The configurations that a plan names."""
    return {
        line.split()[0]
        for line in shown.splitlines()
        if line.startswith("  ") and line[2] != " " and "/" in line.split()[0]
    }


def allowances(workspace, shown):
    deletes = [part for part in shown.split("Plan: ")[1].split(",") if "delete" in part]
    return ["--allow", f"deletes={deletes[0].split()[0]}"] if deletes else []
