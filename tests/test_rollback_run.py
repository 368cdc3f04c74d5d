"""A run is taken back as a whole, from what the platform knows."""

import json
import re
import shutil
import signal
import sys

import pytest

from tests.processes import started

COMPONENT = "keboola.ex-http"
CONFIGS = f"components/{COMPONENT}/configs"
APPROVED = ("--auto-approve",)


def live(*names):
    return [
        {
            "id": COMPONENT,
            "configurations": [
                {
                    "id": name,
                    "name": name.upper(),
                    "configuration": {"x": 1},
                    "rows": [{"id": "r", "name": "R", "configuration": {}, "state": {"s": name}}],
                }
                for name in names
            ],
        }
    ]


def file_of(name, x):
    return {
        f"{COMPONENT}/{name}/config.yaml": (
            f"name: {name.upper()}\nrowsSortOrder: [r]\nconfiguration: {{x: {x}}}\n"
        ),
        f"{COMPONENT}/{name}/rows/r.yaml": "name: R\n",
    }


def files(x, *names):
    return {path: text for name in names for path, text in file_of(name, x).items()}


def run_of(result):
    return re.search(r"Run (01[0-9A-Z]{24})", result.stdout)[1]


def deploy(workspace, *arguments):
    result = workspace.kbsync("apply", *APPROVED, "--overwrite-drift", "*", *arguments)
    assert result.exit_code == 0, result.output
    return run_of(result)


def roll_back(workspace, run, *arguments):
    return workspace.kbsync("rollback", "--run", run, *APPROVED, *arguments)


def x_of(workspace):
    return {
        config["id"]: config["configuration"].get("x")
        for component in workspace.storage("GET", "components?include=configuration").json()
        for config in component["configurations"]
    }


@pytest.fixture
def workspace(start_workspace):
    """a, b and c as they were first deployed; all at x 1."""
    workspace = start_workspace(files(1, "a", "b", "c"), live("a", "b", "c"))
    deploy(workspace)
    return workspace


def test_everything_that_a_run_wrote_goes_back_in_one_request_each(workspace):
    workspace.write(files(2, "a", "b"))
    before = workspace.project()
    run = deploy(workspace)
    shutil.rmtree(workspace.root / ".kbsync")
    workspace.forget_requests()
    result = roll_back(workspace, run)

    assert result.exit_code == 0, result.output
    assert sorted(workspace.writes()) == [
        f"POST branch/default/{CONFIGS}/{name}/versions/2/rollback" for name in ("a", "b")
    ]
    assert workspace.project() == before


def test_a_rollback_of_the_rollback_brings_the_run_back(workspace):
    workspace.write(files(2, "a", "b"))
    run = deploy(workspace)
    after = workspace.project()
    back = roll_back(workspace, run)
    undo = back.stdout.partition("Undo with:\n")[2].split("\n")[0].split()
    again = workspace.kbsync(*undo[1:], *APPROVED)

    assert undo == ["kbsync", "rollback", "--run", run_of(back)]
    assert again.exit_code == 0, again.output
    assert workspace.project() == after
    assert "There are no holds" in workspace.kbsync("holds").stdout
    assert "No changes" in workspace.kbsync("plan").stdout


def test_what_somebody_edited_since_is_refused_unless_it_is_named(workspace):
    workspace.write(files(2, "a", "b"))
    run = deploy(workspace)
    workspace.storage("PUT", f"{CONFIGS}/a", {"configuration": {"x": 7}})
    workspace.forget_requests()
    refused = roll_back(workspace, run)

    assert (refused.exit_code, workspace.writes()) == (4, [])
    assert f"{COMPONENT}/a was edited since" in refused.stderr
    assert "! reverts an edit" in refused.stdout

    others = roll_back(workspace, run, f"{COMPONENT}/b")

    assert others.exit_code == 0, others.output
    assert x_of(workspace) == {"a": 7, "b": 1, "c": 1}

    named = roll_back(workspace, run, "--overwrite-drift", f"{COMPONENT}/a")

    assert named.exit_code == 0, named.output
    assert x_of(workspace) == {"a": 1, "b": 1, "c": 1}


def test_what_a_later_run_wrote_is_told_with_its_id(workspace):
    runs = []
    for value in (2, 3, 4):
        workspace.write(files(value, "a"))
        runs.append(deploy(workspace))
    refused = roll_back(workspace, runs[0])
    workspace.storage("PUT", f"{CONFIGS}/a", {"configuration": {"x": 7}})
    both = roll_back(workspace, runs[1])

    assert (refused.exit_code, both.exit_code) == (4, 4)
    assert (
        f"{COMPONENT}/a was written since by runs {runs[2]}, {runs[1]}; this would overwrite that. "
        f"Take that back first: kbsync rollback --run {runs[2]}. "
    ) in refused.stderr
    assert f"{COMPONENT}/a was written since by run {runs[2]}, and edited by hand; " in both.stderr


def test_a_later_run_is_taken_back_first_as_the_hint_says(workspace):
    runs = []
    for value in (2, 3):
        workspace.write(files(value, "a"))
        runs.append(deploy(workspace))
    codes = [roll_back(workspace, run).exit_code for run in (*runs, runs[0])]

    assert codes == [4, 0, 0]
    assert x_of(workspace)["a"] == 1


def forbid_metadata(workspace):
    for method in ("GET", "POST"):
        workspace.fault(method=method, path="branch/default/metadata", action="status", status=403)


def test_a_token_that_may_not_read_the_notes_of_the_branch_still_rolls_back(workspace):
    workspace.write(files(2, "a", "b"))
    run = deploy(workspace)
    forbid_metadata(workspace)
    result = roll_back(workspace, run)

    assert result.exit_code == 0, result.output
    assert x_of(workspace) == {"a": 1, "b": 1, "c": 1}
    assert "The token may not read the metadata of the branch" in result.stdout
    assert "No hold could be placed, so the next apply may write it again: " in result.stderr
    assert "No hold could be placed: an apply may write the rejected content" in result.stdout


def test_programs_are_told_that_nothing_is_held(workspace):
    workspace.write(files(2, "a"))
    run = deploy(workspace)
    forbid_metadata(workspace)
    told = json.loads(roll_back(workspace, run, "--format", "json").stdout)

    assert (told["outcome"], told["isHeld"]) == ("applied", False)
    assert [note.split(":")[0] for note in told["notes"]] == [
        "The token may not read the metadata of the branch"
    ]


@pytest.mark.parametrize(
    ("status", "code"),
    [pytest.param(401, 7, id="no token"), pytest.param(400, 8, id="another failure")],
)
def test_what_is_no_missing_permission_ends_the_rollback(workspace, status, code):
    workspace.write(files(2, "a"))
    run = deploy(workspace)
    workspace.fault(method="GET", path="default/metadata", action="status", status=status)
    workspace.forget_requests()

    assert (roll_back(workspace, run).exit_code, workspace.writes()) == (code, [])


def test_a_run_that_nobody_can_tell_of_without_the_notes_is_told_so(start_workspace):
    workspace = start_workspace(live=live("a"))
    forbid_metadata(workspace)
    result = roll_back(workspace, "01KAN5T0W8Z3V7Q2M4R6X9YBCD")

    assert result.exit_code == 64
    assert "which this token may not read" in result.stderr


def test_a_rollback_that_deletes_is_refused_without_a_lease(workspace):
    workspace.write(file_of("d", 1))
    run = deploy(workspace)
    forbid_metadata(workspace)
    workspace.forget_requests()
    result = roll_back(workspace, run, "--include-created")

    assert (result.exit_code, workspace.writes()) == (4, [])
    assert "There is no lease to be had on the branch" in result.stderr


def test_an_edit_before_the_run_is_no_edit_since(workspace):
    workspace.storage("PUT", f"{CONFIGS}/a", {"configuration": {"x": 7}})
    workspace.write(files(2, "a"))
    run = deploy(workspace)
    result = roll_back(workspace, run)

    assert result.exit_code == 0, result.output
    assert x_of(workspace)["a"] == 7


def test_what_a_run_created_is_left_unless_it_is_asked_for(workspace):
    workspace.write(files(2, "a", "new"))
    run = deploy(workspace)
    left = roll_back(workspace, run)

    assert f"Left as it is: {COMPONENT}/new" in left.stdout
    assert "--include-created" in left.stdout
    assert x_of(workspace) == {"a": 1, "b": 1, "c": 1, "new": 2}

    gone = roll_back(workspace, run, "--include-created")

    assert gone.exit_code == 0, gone.output
    assert x_of(workspace) == {"a": 1, "b": 1, "c": 1}
    assert f"kbsync restore {COMPONENT}/new" in gone.stdout


def test_what_a_run_deleted_comes_back_from_the_trash(workspace):
    before = workspace.project()
    shutil.rmtree(workspace.root / COMPONENT / "b")
    workspace.write(files(2, "a"))
    run = deploy(workspace, "--prune")
    assert "b" not in x_of(workspace)
    result = roll_back(workspace, run)

    assert result.exit_code == 0, result.output
    assert "comes back from the trash" in result.stdout
    assert workspace.project() == before

    again = roll_back(workspace, run)

    assert (again.exit_code, again.stdout) == (
        0,
        "Nothing to do: 2 objects are as wished already.\n",
    )


def test_what_a_run_took_out_of_the_trash_counts_as_created(workspace):
    workspace.storage("DELETE", f"{CONFIGS}/b")
    run = deploy(workspace)
    result = roll_back(workspace, run)

    assert f"Left as it is: {COMPONENT}/b" in result.stdout
    assert "created by the run" in result.stdout


def test_the_plan_tells_how_many_requests_it_takes(workspace):
    workspace.write(files(2, "a", "b"))
    run = deploy(workspace)
    workspace.forget_requests()
    workspace.kbsync("rollback", "--run", run)
    planning = len(workspace.requests())
    workspace.forget_requests()
    result = roll_back(workspace, run)

    assert f"Apply makes {len(workspace.requests()) - planning} requests." in result.stdout


def test_limits_and_protection_hold_for_a_run(workspace):
    workspace.write(files(2, "a", "b", "new"))
    run = deploy(workspace)
    settings = "version: 1\nlimits: {updates: 1, deletes: 0}\nprotect: ['*/new']\n"
    workspace.write({"kbsync.yaml": settings})
    workspace.forget_requests()
    result = roll_back(workspace, run, "--include-created")

    assert (result.exit_code, workspace.writes()) == (4, [])
    assert "2 updates are over the limit of 1" in result.stderr
    assert "1 delete is over the limit of 0" in result.stderr
    assert f"{COMPONENT}/new is protected" in result.stderr


def test_it_tells_programs_what_it_did_and_how_to_undo_it(workspace):
    workspace.write(files(2, "a", "b"))
    run = deploy(workspace)
    found = json.loads(roll_back(workspace, run, "--format", "json").stdout)

    assert (found["outcome"], found["counts"]["ok"]) == ("applied", 2)
    assert found["undo"] == f"kbsync rollback --run {found['runId']}"
    assert found["message"] == f"Roll back run {run}"


def test_what_was_restored_and_deleted_again_since_is_left(workspace):
    shutil.rmtree(workspace.root / COMPONENT / "b")
    run = deploy(workspace, "--prune")
    workspace.storage("POST", f"{CONFIGS}/b/restore")
    workspace.storage("DELETE", f"{CONFIGS}/b")
    result = roll_back(workspace, run)

    assert result.exit_code == 0
    assert f"kbsync restore {COMPONENT}/b" in result.stdout
    assert "b" not in x_of(workspace)


def test_what_was_deleted_after_the_run_is_told(workspace):
    workspace.write(files(2, "a", "b"))
    run = deploy(workspace)
    workspace.storage("DELETE", f"{CONFIGS}/b")
    known = roll_back(workspace, run)

    assert f"Left as it is: {COMPONENT}/b" in known.stdout
    assert x_of(workspace) == {"a": 1, "c": 1}

    shutil.rmtree(workspace.root / ".kbsync")
    unknown = roll_back(workspace, run)

    assert f"nobody can tell whether the run touched them: {COMPONENT}/b" in unknown.stdout


def test_what_a_run_deleted_and_another_made_anew_is_left(workspace):
    shutil.rmtree(workspace.root / COMPONENT / "b")
    run = deploy(workspace, "--prune")
    workspace.write(files(5, "b"))
    deploy(workspace)
    result = roll_back(workspace, run)

    assert f'{COMPONENT}/b  "B"   deleted by the run; somebody made it anew' in result.stdout
    assert x_of(workspace) == {"a": 1, "b": 5, "c": 1}


def test_what_a_run_took_out_of_the_trash_can_go_back_there(workspace):
    workspace.storage("DELETE", f"{CONFIGS}/b")
    run = run_of(workspace.kbsync("restore", f"{COMPONENT}/b", *APPROVED))
    left = roll_back(workspace, run)
    gone = roll_back(workspace, run, "--include-created")

    assert f'{COMPONENT}/b  "B"   taken out of the trash by the run' in left.stdout
    assert gone.exit_code == 0, gone.output
    assert x_of(workspace) == {"a": 1, "c": 1}


def test_what_was_written_since_a_run_took_it_out_of_the_trash_is_left(workspace):
    workspace.storage("DELETE", f"{CONFIGS}/b")
    run = run_of(workspace.kbsync("restore", f"{COMPONENT}/b", *APPROVED))
    workspace.storage("PUT", f"{CONFIGS}/b", {"name": "Kept"})
    result = roll_back(workspace, run, "--include-created")

    assert f'{COMPONENT}/b  "Kept"   taken out of the trash by the run, and' in result.stdout
    assert set(x_of(workspace)) == {"a", "b", "c"}


def test_a_run_of_another_branch_is_refused_with_the_one_that_it_wrote_to(workspace):
    branch = workspace.new_branch("try")
    settings = f"version: 1\nenvironments: {{prod: {{branch: default}}, try: {{branch: {branch}}}}}"
    workspace.write({"kbsync.yaml": settings, **files(2, "a")})
    run = run_of(workspace.kbsync("apply", *APPROVED, "--env", "try"))
    wrong = workspace.kbsync("rollback", "--run", run, *APPROVED, "--env", "prod")
    right = workspace.kbsync("rollback", "--run", run, *APPROVED, "--env", "try")

    assert (wrong.exit_code, right.exit_code) == (4, 0)
    assert f"wrote to another place: {workspace.server.url}, project" in wrong.stderr
    assert f"branch {branch}" in wrong.stderr


def test_what_a_run_created_and_somebody_deleted_needs_no_way_back(workspace):
    workspace.write(files(2, "new"))
    run = deploy(workspace)
    gone = roll_back(workspace, run, "--include-created")
    again = roll_back(workspace, run, "--include-created")
    left = roll_back(workspace, run)

    assert [each.exit_code for each in (gone, again, left)] == [0, 0, 0]
    assert "Nothing to do: 1 object is as wished already." in again.output
    assert "kbsync restore" not in again.output
    assert f"Left as it is: {COMPONENT}/new   created by the run, and deleted since" in left.output


def test_the_command_that_puts_component_states_back_is_told(start_workspace, workspace):
    reset = {path: f"{text}resetState: again\n" for path, text in files(2, "a").items()}
    workspace.write(reset)
    run = deploy(workspace)
    told = "It is put back by: kbsync reset-state --undo " + run
    result = roll_back(workspace, run)
    elsewhere = start_workspace(folder="elsewhere")
    elsewhere.environment = workspace.environment
    unknown = roll_back(elsewhere, run)
    undone = workspace.kbsync("reset-state", "--undo", run, *APPROVED)
    done = roll_back(workspace, run)

    assert result.exit_code == undone.exit_code == 0
    assert f"{COMPONENT}/a/r. {told}" in result.stdout
    assert "put back" not in unknown.output
    assert "put back" not in done.output


def test_a_run_that_only_forgot_component_states_is_told_how_to_put_them_back(workspace):
    run = run_of(workspace.kbsync("reset-state", f"{COMPONENT}/a", *APPROVED))
    result = roll_back(workspace, run)

    assert result.exit_code == 0
    assert f"kbsync reset-state --undo {run}" in result.output


def test_component_state_and_metadata_stay(workspace):
    workspace.write(files(2, "a"))
    run = deploy(workspace)
    workspace.storage("PUT", f"{CONFIGS}/a/rows/r/state", {"state": {"s": "later"}})
    roll_back(workspace, run)
    (row,) = workspace.storage("GET", f"{CONFIGS}/a").json()["rows"]

    assert row["state"] == {"s": "later"}


def test_an_edit_that_comes_between_check_and_write_is_never_swallowed_in_silence(workspace):
    workspace.write(files(2, "a"))
    run = deploy(workspace)
    edit = ("PUT", f"{CONFIGS}/a", {"configuration": {"mine": 1}})
    workspace.edit_before("POST", "rollback$", edit=edit)
    result = roll_back(workspace, run)

    assert result.exit_code == 6
    assert "somebody else wrote at the same time: v4" in result.stdout


def test_an_edit_after_the_plan_stops_that_one(workspace):
    workspace.write(files(2, "a", "b"))
    run = deploy(workspace)
    edit = ("PUT", f"{CONFIGS}/a", {"configuration": {"x": 7}})
    workspace.edit_before("GET", "configs/a$", edit=edit)
    result = roll_back(workspace, run, "--stale", "skip")

    assert result.exit_code == 6
    assert "live is now v4" in result.stdout
    assert x_of(workspace) == {"a": 7, "b": 1, "c": 1}


@pytest.mark.parametrize("killed_after", [3, 11])
def test_killed_in_the_middle_and_run_again_it_is_done_exactly_once(start_workspace, killed_after):
    names = [f"c{number:02}" for number in range(20)]
    workspace = start_workspace(files(1, *names), live(*names))
    deploy(workspace)
    before = workspace.project()
    workspace.write(files(2, *names))
    run = deploy(workspace)
    workspace.fault(
        method="POST", path="rollback$", skip=killed_after, when="after", action="hang", seconds=60
    )
    command = [sys.executable, "-m", "kbsync", "--project-dir", str(workspace.root)]
    rollback = [*command, "rollback", "--run", run, *APPROVED, "--parallelism", "1"]
    with started(rollback, env=workspace.environment) as process:
        while len(rollbacks(workspace)) <= killed_after:
            assert process.poll() is None, process.communicate()
        process.send_signal(signal.SIGKILL)
        process.wait()
    workspace.end_faults()
    again = roll_back(workspace, run)

    assert again.exit_code == 0, again.output
    assert workspace.project() == before
    assert len(rollbacks(workspace)) == len(names)
    assert {workspace.storage("GET", f"{CONFIGS}/{name}").json()["version"] for name in names} == {
        4
    }


def rollbacks(workspace):
    return [each for each in workspace.writes() if each.endswith("/rollback")]


def slip_of(run):
    return run[:-1] + ("1" if run.endswith("0") else "0")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        pytest.param(lambda run: ["--run", "nonsense"], "is no run id", id="no id"),
        pytest.param(lambda run: ["--run", slip_of(run)], "Did you mean {run}?", id="a slip"),
        pytest.param(
            lambda run: ["--run", "01KAN5T0W8Z3V7Q2M4R6X9YBCD"],
            "The newest that are known: {run}",
            id="never was",
        ),
        pytest.param(lambda run: ["--run", run, "*/nope"], "It touched", id="not touched"),
        pytest.param(lambda run: [], "exactly one of", id="nothing said"),
        pytest.param(lambda run: ["--run", run, "--before", "09:40"], "exactly one", id="two"),
        pytest.param(lambda run: ["--to-version", "1"], "one OBJECT; 0 are", id="no object"),
        pytest.param(
            lambda run: ["a/b", "--to-version", "1", "--include-created"],
            "goes with --run",
            id="created",
        ),
    ],
)
def test_a_wrong_wish_is_told_with_what_would_be_right(workspace, wrong, words):
    workspace.write(files(2, "a"))
    run = deploy(workspace)
    workspace.forget_requests()
    result = workspace.kbsync("rollback", *wrong(run), *APPROVED)

    assert (result.exit_code, workspace.writes()) == (64, [])
    assert words.format(run=run) in result.stderr


def test_without_any_run_that_is_said(start_workspace):
    workspace = start_workspace({}, live("a"))
    result = roll_back(workspace, "01KAN5T0W8Z3V7Q2M4R6X9YBCD")

    assert result.exit_code == 64
    assert "No run of kbsync is known" in result.stderr


def test_a_token_that_may_not_write_is_told_so(start_workspace):
    tokens = [
        {"id": "1", "token": "reader", "admin": {"role": "readOnly"}},
        {"id": "2", "token": "somebody-else"},
    ]
    workspace = start_workspace({}, {"components": live("a"), "tokens": tokens})
    workspace.storage("PUT", f"{CONFIGS}/a", {"configuration": {"x": 9}})
    result = workspace.kbsync(
        "rollback", f"{COMPONENT}/a", "--to-version", "1", *APPROVED, KEBOOLA_TOKEN="reader"
    )

    assert result.exit_code == 7, result.output
    assert x_of(workspace) == {"a": 9}
    assert "Nothing was written" in result.output


def test_a_run_is_known_by_any_spelling_of_its_id(workspace):
    workspace.write(files(2, "a"))
    run = deploy(workspace)

    assert roll_back(workspace, run.lower()).exit_code == 0
