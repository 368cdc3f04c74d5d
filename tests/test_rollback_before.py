"""What was current at a moment comes back."""

import json
import time
from datetime import UTC, datetime

import pytest

from kbsync import ulid
from kbsync.emulator import ids

COMPONENT = "keboola.ex-http"
CONFIGS = f"components/{COMPONENT}/configs"
START = datetime(2024, 11, 20, 8, 0, tzinfo=UTC).timestamp()
MINUTE = 60


class Clock:
    """The clock of the platform, set by hand."""

    strftime = staticmethod(time.strftime)
    time_ns = staticmethod(time.time_ns)
    time = staticmethod(time.time)

    def __init__(self):
        self.now = START

    def gmtime(self, at=None):
        return time.gmtime(self.now if at is None else at)

    def at(self, minute):
        """Let it be so many minutes after eight o'clock."""
        self.now = START + minute * MINUTE


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(ids, "time", clock)
    return clock


@pytest.fixture
def workspace(start_workspace, clock):
    """At 8:00 a and b are there, at 8:10 both change, at 8:20 a changes again."""
    configs = [
        {
            "id": name,
            "name": name.upper(),
            "configuration": {"x": 0},
            "rows": [{"id": "r", "name": "R", "configuration": {"n": 0}, "state": {"s": 1}}],
        }
        for name in "ab"
    ]
    workspace = start_workspace(live=[{"id": COMPONENT, "configurations": configs}])
    clock.at(10)
    workspace.storage("PUT", f"{CONFIGS}/a/rows/r", {"configuration": {"n": 10}})
    workspace.storage("PUT", f"{CONFIGS}/b", {"configuration": {"x": 10}})
    clock.at(20)
    workspace.storage("PUT", f"{CONFIGS}/a", {"configuration": {"x": 20}})
    clock.at(30)
    return workspace


def back(workspace, moment, *arguments):
    return workspace.kbsync("rollback", "--before", moment, "--auto-approve", *arguments)


def live(workspace):
    listed = workspace.storage("GET", "components?include=configuration,rows").json()
    return {
        config["id"]: (
            config["configuration"].get("x"),
            *(row["configuration"].get("n") for row in config["rows"]),
        )
        for component in listed
        for config in component["configurations"]
    }


def test_the_runs_that_began_since_are_marked_as_rolled_back(workspace, clock):
    runs = {}
    for minute in (40, 50):
        clock.at(minute)
        runs[minute] = ulid.new(int(clock.now * 1000), bytes(10))
        # The first one goes on, slowly, after the moment to which b goes back.
        for name, at in (("a", minute), ("b", minute + 8)):
            clock.at(at)
            body = {"configuration": {"x": minute}}
            body["changeDescription"] = f"Deploy [kbsync run={runs[minute]}]"
            workspace.storage("PUT", f"{CONFIGS}/{name}", body)
    clock.at(60)
    result = back(workspace, "2024-11-20T08:45Z")
    newest = workspace.storage("GET", f"{CONFIGS}/b/versions").json()[0]["changeDescription"]

    assert result.exit_code == 0, result.output
    assert newest.endswith(f" rollback={runs[50]}]")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param("2024-11-20T08:05Z", {"a": (0, 0), "b": (0, 0)}, id="before all"),
        pytest.param("2024-11-20T08:15Z", {"a": (0, 10), "b": (10, 0)}, id="in between"),
        pytest.param("2024-11-20T08:10:00Z", {"a": (0, 0), "b": (0, 0)}, id="that very second"),
        pytest.param("2024-11-20T08:10:01Z", {"a": (0, 10), "b": (10, 0)}, id="one later"),
        pytest.param("2024-11-20 09:15 +01:00", {"a": (0, 10), "b": (10, 0)}, id="elsewhere"),
        pytest.param("2024-11-20T08:25Z", {"a": (20, 10), "b": (10, 0)}, id="nothing since"),
    ],
)
def test_what_was_current_then_comes_back(workspace, moment, expected):
    result = back(workspace, moment)

    assert result.exit_code == 0, result.output
    assert live(workspace) == expected


def test_the_moment_that_was_understood_is_told_first(workspace):
    result = back(workspace, "2024-11-20 09:15 Europe/Prague")
    first = result.stdout.splitlines()[0]

    assert first == (
        "Back to what was current before 2024-11-20 09:15:00 +0100 CET, "
        "which is 2024-11-20 08:15:00 UTC."
    )


def test_the_plan_tells_whose_versions_are_taken_back(workspace):
    result = back(workspace, "2024-11-20T08:05Z", "*/a")

    assert "takes back v3, " in result.stdout
    assert "takes back v2, " in result.stdout


def test_a_selector_limits_it(workspace):
    back(workspace, "2024-11-20T08:05Z", f"{COMPONENT}/B")

    assert live(workspace) == {"a": (20, 10), "b": (0, 0)}


def test_what_was_created_since_is_left_unless_it_is_asked_for(workspace):
    workspace.storage("POST", CONFIGS, {"configurationId": "new", "name": "N"})
    left = back(workspace, "2024-11-20T08:25Z")

    assert left.exit_code == 0
    assert f"Left as it is: {COMPONENT}/new" in left.stdout
    assert "new" in live(workspace)

    gone = back(workspace, "2024-11-20T08:25Z", "--include-created")

    assert gone.exit_code == 0, gone.output
    assert "new" not in live(workspace)


def test_what_was_deleted_since_is_restored_and_the_next_run_brings_older_content(workspace):
    workspace.storage("DELETE", f"{CONFIGS}/b")
    first = back(workspace, "2024-11-20T08:05Z")

    assert first.exit_code == 0, first.output
    assert f"Run this again to bring back older content of {COMPONENT}/b" in first.stdout
    assert live(workspace) == {"a": (0, 0), "b": (10, 0)}

    second = back(workspace, "2024-11-20T08:05Z")

    assert second.exit_code == 0, second.output
    assert live(workspace) == {"a": (0, 0), "b": (0, 0)}


def test_what_came_and_went_since_stays_in_the_trash(workspace):
    workspace.storage("POST", CONFIGS, {"configurationId": "new", "name": "N"})
    workspace.storage("DELETE", f"{CONFIGS}/new")
    result = back(workspace, "2024-11-20T08:25Z")

    assert result.stdout.endswith("Nothing to do: 2 objects are as wished already.\n")


def test_what_lay_in_the_trash_then_counts_as_created_since(workspace, clock):
    workspace.storage("DELETE", f"{CONFIGS}/b")
    clock.at(40)
    workspace.storage("POST", f"{CONFIGS}/b/restore")
    clock.at(50)
    result = back(workspace, "2024-11-20T08:35Z")

    assert f"Left as it is: {COMPONENT}/b" in result.stdout


def test_a_rollback_to_a_moment_is_undone_by_its_run(workspace):
    before = workspace.project()
    result = back(workspace, "2024-11-20T08:05Z")
    undo = result.stdout.partition("Undo with:\n")[2].split("\n")[0].split()
    again = workspace.kbsync(*undo[1:], "--auto-approve")

    assert again.exit_code == 0, again.output
    assert workspace.project() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["soon"], "'soon' is not a time"),
        (["2100-01-01"], "is still to come"),
        (["2024-11-20T08:05Z", "*/bb"], "matches nothing"),
    ],
)
def test_a_wrong_wish_is_told(workspace, arguments, words):
    workspace.forget_requests()
    result = back(workspace, *arguments)

    assert (result.exit_code, workspace.writes()) == (64, [])
    assert words in result.stderr


def test_a_schedule_of_which_the_service_could_not_be_told_is_told_the_next_time(
    start_workspace, clock
):
    hours = [{"schedule": {"cronTab": f"0 {n} * * *", "timezone": "UTC"}} for n in (6, 7)]
    seed = [{"id": "night", "name": "Night", "configuration": hours[0]}]
    workspace = start_workspace(live=[{"id": "keboola.scheduler", "configurations": seed}])
    clock.at(10)
    path = "components/keboola.scheduler/configs/night"
    workspace.storage("PUT", path, {"configuration": hours[1]})
    workspace.service("POST", "schedules", {"configurationId": "night"})
    clock.at(30)
    workspace.fault(method="POST", path="/schedules", action="status", status=403, times=1)
    wish = ("rollback", "--before", "2024-11-20T08:05:00Z", "--auto-approve")
    codes = [workspace.kbsync(*wish).exit_code for _ in range(2)]
    (found,) = workspace.service("GET", "schedules").json()

    assert codes == [6, 0]
    assert found["schedule"]["cronTab"] == "0 6 * * *"


def test_a_run_that_deleted_what_comes_back_is_marked_as_rolled_back(workspace, clock):
    workspace.write({f"{COMPONENT}/a/config.yaml": "name: A\n"})
    clock.at(40)
    selected = (f"{COMPONENT}/b", "--prune", "--auto-approve", "--format", "json")
    deleted = json.loads(workspace.kbsync("apply", *selected).stdout)["runId"]
    clock.at(50)
    result = back(workspace, "2024-11-20T08:35Z")
    runs = json.loads(workspace.kbsync("runs", "--format", "json").stdout)["runs"]
    (marked,) = [each for each in runs if each["runId"] == deleted]

    assert result.exit_code == 0, result.output
    assert (marked["rolledBack"], marked["isHeld"]) == ("wholly", True)
