"""What somebody else writes at the same time is left alone, or told by name; never just gone."""

import random

import pytest

from tests.reliability.harness import trash
from tests.workspace import Workspace

HTTP = "keboola.ex-http"
CONFIGS = f"components/{HTTP}/configs"
MARK = "hotfix"

FILES = {
    "kbsync.yaml": "version: 1\n",
    f"{HTTP}/a/config.yaml": "name: A\nrowsSortOrder: [made, kept, changed]\n"
    "configuration: {x: 1}\nmetadata: {owner: me}\n",
    f"{HTTP}/a/rows/kept.yaml": "name: Kept\n",
    f"{HTTP}/a/rows/changed.yaml": "name: Changed\nconfiguration: {x: 1}\n",
    f"{HTTP}/a/rows/made.yaml": "name: Made\n",
    f"{HTTP}/b/config.yaml": "name: B\nconfiguration: {x: 1}\n",
    f"{HTTP}/new/config.yaml": "name: New\nconfiguration: {brand: new}\n",
}
LIVE = [
    {
        "id": HTTP,
        "configurations": [
            {
                "id": "a",
                "name": "A",
                "configuration": {"x": 0},
                "rows": [
                    {"id": "kept", "name": "Kept"},
                    {"id": "changed", "name": "Changed", "configuration": {"x": 0}},
                    {"id": "old", "name": "Removed", "configuration": {"y": 0}},
                ],
                "rowsSortOrder": ["kept", "changed", "old"],
            },
            {"id": "b", "name": "B", "configuration": {"x": 0}},
            {"id": "gone", "name": "Pruned", "configuration": {"z": [1, 2, 3]}},
        ],
    }
]


def put(path, **body):
    return ("PUT", f"{CONFIGS}/{path}", {**body, "changeDescription": MARK})


def post(path, **body):
    return ("POST", f"{CONFIGS}{path}", {**body, "changeDescription": MARK})


THEIRS = {"theirs": True}
NOTHING = {"configuration": {}, "description": ""}


def of(project, config_id):
    return project.get(config_id, NOTHING)


def row(project, row_id):
    return rows(project).get(row_id, NOTHING)


def rows(project):
    """The rows of `a` by id, in their order."""
    return {each["id"]: each for each in of(project, "a").get("rows", ())}


EDITS = {
    "other field": (
        put("a", description="theirs"),
        lambda p: of(p, "a")["description"] == "theirs",
    ),
    "same field": (
        put("a", configuration=THEIRS),
        lambda p: of(p, "a")["configuration"] == THEIRS,
    ),
    "both fields": (
        put("b", configuration=THEIRS, description="theirs"),
        lambda p: of(p, "b")["configuration"] == THEIRS and of(p, "b")["description"] == "theirs",
    ),
    "row": (
        put("a/rows/changed", configuration=THEIRS),
        lambda p: row(p, "changed")["configuration"] == THEIRS,
    ),
    "other row": (
        put("a/rows/kept", configuration=THEIRS),
        lambda p: row(p, "kept")["configuration"] == THEIRS,
    ),
    "row to be deleted": (
        put("a/rows/old", configuration=THEIRS),
        lambda p: row(p, "old")["configuration"] == THEIRS,
    ),
    "new row": (
        post("/a/rows", rowId="theirs", configuration=THEIRS),
        lambda p: row(p, "theirs")["configuration"] == THEIRS,
    ),
    "same new row": (
        post("/a/rows", rowId="made", configuration=THEIRS),
        lambda p: row(p, "made")["configuration"] == THEIRS,
    ),
    "row deleted": (("DELETE", f"{CONFIGS}/a/rows/kept", None), lambda p: "kept" not in rows(p)),
    "order": (
        put("a", rowsSortOrder=["changed", "kept", "old"]),
        lambda p: list(rows(p))[:2] == ["changed", "kept"],
    ),
    "deleted": (("DELETE", f"{CONFIGS}/b", None), lambda p: "b" not in p),
    "deleted with rows": (("DELETE", f"{CONFIGS}/a", None), lambda p: "a" not in p),
    "same new configuration": (
        post("", configurationId="new", name="Theirs", configuration=THEIRS),
        lambda p: of(p, "new")["configuration"] == THEIRS,
    ),
    "to be pruned": (
        put("gone", configuration=THEIRS),
        lambda p: of(p, "gone")["configuration"] == THEIRS,
    ),
    "unrelated": (
        post("", configurationId="other", name="Theirs", configuration=THEIRS),
        lambda p: of(p, "other")["configuration"] == THEIRS,
    ),
}
"""What they do, and how to see that it is still there."""


def seen(workspace):
    """The live configurations by id."""
    (component,) = workspace.project()
    return {config["id"]: config for config in component["configurations"]}


def schedule(bench, root, seed):
    """One edit at one moment; what kbsync said, and what there was to see right after the edit."""
    dice = random.Random(seed)
    edit, survives = EDITS[dice.choice(sorted(EDITS))]
    place = dice.choice(PLACES)
    root.mkdir()
    workspace = Workspace(root, bench.server)
    workspace.write(FILES)
    workspace.show(LIVE)
    workspace.forget_requests()
    answers = []
    ended = place(bench, workspace, lambda: answers.append(workspace.storage(*edit)), dice)
    bench.wire.disarm()
    is_made = bool(answers) and answers[0].ok
    return workspace, ended, is_made, survives(seen(workspace))


def before_a_saved_plan(bench, workspace, edit, dice):
    """Between the plan and the apply of the saved plan."""
    plan = str(workspace.root / "plan.json")
    assert workspace.kbsync("plan", "--prune", "-o", plan).exit_code == 0
    edit()
    return workspace.kbsync("apply", plan, "--auto-approve")


def at_any_request(bench, workspace, edit, dice):
    """Before or after any request of the run, that is between check and write as well."""
    at, when = dice.randrange(4, 30), dice.choice(("before", "after"))
    bench.wire.arm(edit, at=at, when=when, cuts=False)
    parallel = dice.choice(("1", "8"))
    return workspace.kbsync("apply", "--auto-approve", "--prune", "--parallelism", parallel)


PLACES = (before_a_saved_plan, *[at_any_request] * 4)


def check_schedule(bench, root, seed):
    workspace, ended, is_made, survives = schedule(bench, root, seed)
    told = f"seed {seed}: exit {ended.exit_code}\n{ended.output}"

    assert ended.exit_code in (0, 5, 6, 8), told
    assert not is_made or survives or is_named(ended), told
    assert (HTTP, "gone") in trash(workspace) or "gone" in seen(workspace), told


def is_named(ended):
    return MARK in ended.output or "somebody else wrote at the same time" in ended.output


def test_metadata_that_moved_since_the_plan_is_left_alone(bench, tmp_path):
    workspace = Workspace(tmp_path, bench.server)
    workspace.write(FILES)
    workspace.show(LIVE)
    theirs = {"metadata": [{"key": "owner", "value": "theirs"}]}
    edit = ("POST", f"{CONFIGS}/a/metadata", theirs)
    ended = before_a_saved_plan(bench, workspace, lambda: workspace.storage(*edit), None)

    assert ended.exit_code == 5
    assert "/a: somebody changed the metadata owner" in ended.stderr
    assert seen(workspace)["a"]["metadata"] == {"owner": "theirs"}


def test_an_edit_right_before_the_write_that_covers_it_is_told(bench, tmp_path):
    workspace = Workspace(tmp_path, bench.server)
    workspace.write(FILES)
    workspace.show(LIVE)
    edit, survives = EDITS["same field"]
    workspace.edit_before("PUT", "configs/a$", edit=edit)
    ended = workspace.kbsync("apply", "--auto-approve", "--prune")
    workspace.end_faults()

    assert (ended.exit_code, survives(seen(workspace))) == (6, False)
    assert MARK in ended.stdout


def test_an_edit_of_what_is_deleted_right_then_is_told(bench, tmp_path):
    workspace = Workspace(tmp_path, bench.server)
    workspace.write(FILES)
    workspace.show(LIVE)
    edit, _ = EDITS["to be pruned"]
    workspace.edit_before("DELETE", "configs/gone$", edit=edit)
    ended = workspace.kbsync("apply", "--auto-approve", "--prune")
    workspace.end_faults()

    assert ended.exit_code == 6
    assert "gone: deleted, but somebody else wrote at the same time: v2 went" in ended.stdout


def test_a_saved_plan_is_stale_when_what_it_gives_rows_to_was_deleted_since(bench, tmp_path):
    workspace = Workspace(tmp_path, bench.server)
    workspace.write(FILES)
    workspace.show(LIVE)
    edit, _ = EDITS["deleted with rows"]
    ended = before_a_saved_plan(bench, workspace, lambda: workspace.storage(*edit), None)

    assert ended.exit_code == 5
    assert "it was deleted since" in ended.stderr


def test_some_edits_of_somebody_else_are_never_lost_in_silence(bench, tmp_path):
    for seed in range(40):
        check_schedule(bench, tmp_path / f"{seed}", seed)


@pytest.mark.slow
@pytest.mark.parametrize("hundred", range(10, 20))
def test_a_thousand_edits_of_somebody_else_are_never_lost_in_silence(bench, tmp_path, hundred):
    for seed in range(hundred * 100, hundred * 100 + 100):
        check_schedule(bench, tmp_path / f"{seed}", seed)
