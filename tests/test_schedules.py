"""Schedules are told to the scheduler service: it looks at no configuration by itself."""

import json

import pytest

SCHEDULER = "keboola.scheduler"
CONFIGS = f"components/{SCHEDULER}/configs"
NIGHTLY = f"{SCHEDULER}/nightly"


def content(hour=6, state="enabled"):
    return {
        "schedule": {"cronTab": f"0 {hour} * * *", "timezone": "UTC", "state": state},
        "target": {"componentId": "keboola.flow", "configurationId": "f", "mode": "run"},
    }


def file_of(configuration, **fields):
    return json.dumps({"id": "nightly", "name": "Nightly", "configuration": configuration} | fields)


def files(*given, **fields):
    return {
        f"{NIGHTLY}/config.yaml": file_of(content(*given), **fields),
        "keboola.flow/f/config.yaml": "name: Flow\nconfiguration: {}\n",
    }


def live(*schedules):
    flow = {"id": "keboola.flow", "configurations": [{"id": "f", "name": "Flow"}]}
    return [flow, {"id": SCHEDULER, "configurations": list(schedules)}]


def nightly(*given, **fields):
    return {"id": "nightly", "name": "Nightly", "configuration": content(*given), **fields}


def active(workspace):
    """The version of each schedule that the service goes by."""
    found = workspace.service("GET", "schedules").json()
    return {each["configurationId"]: each["configurationVersionId"] for each in found}


def apply(workspace, *arguments, **environment):
    return workspace.kbsync("apply", "--auto-approve", *arguments, **environment)


def test_a_new_schedule_is_activated_as_the_plan_says(start_workspace):
    workspace = start_workspace(files(), live())
    planned = workspace.kbsync("plan")
    applied = apply(workspace)

    assert "    ⏻  schedule is activated: every day at 06:00 UTC\n" in planned.stdout
    assert "1 create, 1 schedule activation" in planned.stdout
    assert applied.exit_code == 0
    assert active(workspace) == {"nightly": "1"}
    assert workspace.kbsync("plan", "--detailed-exitcode").exit_code == 0


def test_a_changed_schedule_is_activated_again_with_the_content_that_was_written(start_workspace):
    workspace = start_workspace(files(7), live(nightly(6)))
    workspace.service("POST", "schedules", {"configurationId": "nightly"})
    applied = apply(workspace)
    (found,) = workspace.service("GET", "schedules").json()

    assert applied.exit_code == 0
    assert "v1 → v2   1 update, 1 schedule activation" in applied.stdout
    assert (found["configurationVersionId"], found["schedule"]["cronTab"]) == ("2", "0 7 * * *")


def test_programs_are_told_in_the_result(start_workspace):
    workspace = start_workspace(files(7), live(nightly(6)))
    (step,) = json.loads(apply(workspace, "--format", "json").stdout)["steps"]

    assert (step["schedule"], step["writes"]) == ("activated", 3)


def test_an_apply_makes_as_many_requests_as_the_plan_said(start_workspace):
    workspace = start_workspace(files(7), live(nightly(6)))
    said = workspace.kbsync("plan").stdout
    planning = len(workspace.requests())
    workspace.forget_requests()
    apply(workspace)

    assert f"Apply makes {len(workspace.requests()) - planning} requests." in said


@pytest.mark.parametrize(
    ("content_", "fields"),
    [
        pytest.param((6, "disabled"), {}, id="by its state"),
        pytest.param((6,), {"isDisabled": True}, id="as a configuration"),
    ],
)
def test_a_schedule_that_is_switched_off_is_stopped(start_workspace, content_, fields):
    workspace = start_workspace(files(*content_, **fields), live(nightly(6)))
    workspace.service("POST", "schedules", {"configurationId": "nightly"})
    planned = workspace.kbsync("plan")
    applied = apply(workspace)

    assert "    ⏻  schedule is stopped\n" in planned.stdout
    assert applied.exit_code == 0
    assert active(workspace) == {}
    assert workspace.kbsync("plan", "--detailed-exitcode").exit_code == 0


def test_to_stop_what_is_not_active_is_no_failure(start_workspace):
    workspace = start_workspace(files(6, "disabled"), live(nightly(6)))

    assert apply(workspace).exit_code == 0
    assert active(workspace) == {}


def test_a_schedule_is_stopped_before_it_is_deleted(start_workspace):
    workspace = start_workspace(files(), live(nightly()))
    workspace.service("POST", "schedules", {"configurationId": "nightly"})
    (workspace.root / f"{NIGHTLY}/config.yaml").unlink()
    workspace.forget_requests()
    applied = apply(workspace, "--prune")
    sent = [each for each in workspace.requests() if each.startswith("DELETE ")]

    assert applied.exit_code == 0
    assert active(workspace) == {}
    assert [each.rpartition("/")[2] for each in sent[:2]] == ["nightly", "nightly"]
    assert "/v2/storage" not in sent[0]
    assert sent[1] == f"DELETE branch/default/{CONFIGS}/nightly"


def test_metadata_and_everything_else_leave_the_service_alone(start_workspace):
    written = {**files(metadata={"owner": "me"}), "keboola.flow/f/config.yaml": "name: Other\n"}
    workspace = start_workspace(written, live(nightly()))
    workspace.forget_requests()
    applied = apply(workspace)

    assert applied.exit_code == 0
    assert not [each for each in workspace.requests() if "schedules" in each]
    assert active(workspace) == {}


def test_what_the_files_do_not_change_is_no_business_of_a_plan(start_workspace):
    workspace = start_workspace(files(), live(nightly()))

    assert workspace.kbsync("plan", "--detailed-exitcode").exit_code == 0


def test_in_another_branch_nothing_is_activated_and_that_is_said(start_workspace):
    workspace = start_workspace(files(7), live(nightly(6)))
    branch = workspace.new_branch("dev")
    workspace.write({"kbsync.yaml": f"version: 1\nenvironments: {{dev: {{branch: {branch}}}}}\n"})
    planned = workspace.kbsync("--env", "dev", "plan")
    applied = workspace.kbsync("--env", "dev", "apply", "--auto-approve")

    assert "activat" not in planned.stdout
    assert "keboola.scheduler/nightly is written, not activated" in planned.stderr
    assert applied.exit_code == 0
    assert active(workspace) == {}


def test_the_default_branch_by_its_number_is_the_default_branch(start_workspace):
    workspace = start_workspace(files(7), live(nightly(6)))
    number = workspace.default_branch()
    workspace.write({"kbsync.yaml": f"version: 1\nenvironments: {{x: {{branch: {number}}}}}\n"})

    assert workspace.kbsync("--env", "x", "apply", "--auto-approve").exit_code == 0
    assert active(workspace) == {"nightly": "2"}


def test_a_token_without_the_right_is_told_and_the_next_apply_does_what_is_left(start_workspace):
    workspace = start_workspace(files(7), live(nightly(6)))
    workspace.fault(method="POST", path="schedules$", action="status", status=403, times=1)
    refused = apply(workspace)
    planned = workspace.kbsync("plan")
    again = apply(workspace)

    assert refused.exit_code == 6
    assert f"{NIGHTLY}: the schedule is written, but not activated: " in refused.stdout
    assert "Then run this again: it does what is left." in refused.stdout
    assert "Plan: 1 schedule activation.\n1 unchanged" in planned.stdout
    assert again.exit_code == 0
    assert active(workspace) == {"nightly": "2"}
    assert workspace.kbsync("plan", "--detailed-exitcode").exit_code == 0


@pytest.mark.parametrize(
    "rule",
    [
        {"action": "status", "status": 429, "headers": {"Retry-After": "0"}},
        {"action": "status", "status": 503, "headers": {"Retry-After": "0"}},
        {"action": "reset", "when": "before"},
        {"action": "reset", "when": "after"},
        {"action": "truncate", "when": "after"},
    ],
    ids=str,
)
def test_a_busy_service_and_lost_answers_are_waited_for(start_workspace, rule):
    workspace = start_workspace(files(7), live(nightly(6)))
    workspace.fault(method="POST", path="schedules$", times=2, **rule)

    assert apply(workspace, KBSYNC_MAX_WAIT="20").exit_code == 0
    assert active(workspace) == {"nightly": "2"}


def test_a_service_that_fails_for_good_is_told_the_next_time(start_workspace):
    workspace = start_workspace(files(7), live(nightly(6)))
    workspace.fault(method="POST", path="schedules$", action="status", status=500, when="after")
    failed = apply(workspace)
    workspace.end_faults()

    assert failed.exit_code == 6
    assert "The last request may have been carried out: its answer was lost." in failed.stdout
    assert apply(workspace).exit_code == 0
    assert active(workspace) == {"nightly": "2"}


def test_a_stack_without_the_service_is_refused_before_anything_is_written(start_workspace):
    workspace = start_workspace(files(7), live(nightly(6)))
    workspace.fault(path="/v2/storage/$", action="status", status=200, body='{"services": []}')
    refused = apply(workspace)

    assert refused.exit_code == 8
    assert "tells no safe address of its scheduler service" in refused.stderr
    assert "Nothing was written." in refused.stderr
    assert workspace.writes() == []


def test_a_saved_plan_activates_and_says_so_and_a_second_time_does_nothing(start_workspace):
    workspace = start_workspace(files(7), live(nightly(6)))
    workspace.kbsync("plan", "-o", str(workspace.root / "plan.json"))
    (step,) = json.loads((workspace.root / "plan.json").read_text())["steps"]
    saved = str(workspace.root / "plan.json")
    first = workspace.kbsync("apply", saved, "--auto-approve")
    workspace.forget_requests()
    again = workspace.kbsync("apply", saved, "--auto-approve")

    assert step["changes"][1:] == [
        {
            "kind": "schedule activation",
            "componentId": SCHEDULER,
            "configId": "nightly",
            "cronTab": "0 7 * * *",
            "timezone": "UTC",
        }
    ]
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "No changes" in again.stdout
    assert workspace.writes() == []


def test_a_saved_plan_that_broke_off_before_it_told_the_service_is_finished(start_workspace):
    workspace = start_workspace(files(7), live(nightly(6)))
    saved = str(workspace.root / "plan.json")
    workspace.kbsync("plan", "-o", saved)
    workspace.fault(method="POST", path="schedules$", action="status", status=403, times=1)
    refused = workspace.kbsync("apply", saved, "--auto-approve")
    again = workspace.kbsync("apply", saved, "--auto-approve")

    assert (refused.exit_code, again.exit_code) == (6, 0)
    assert active(workspace) == {"nightly": "2"}
    assert workspace.storage("GET", f"{CONFIGS}/nightly").json()["version"] == 2


def test_what_is_left_to_tell_is_done_once_by_a_saved_plan(start_workspace):
    workspace = start_workspace(files(7), live(nightly(6)))
    workspace.fault(method="POST", path="schedules$", action="status", status=403, times=1)
    apply(workspace)
    saved = str(workspace.root / "plan.json")
    workspace.kbsync("plan", "-o", saved)
    first = workspace.kbsync("apply", saved, "--auto-approve")
    workspace.forget_requests()
    again = workspace.kbsync("apply", saved, "--auto-approve")

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert workspace.writes() == []


def test_what_somebody_else_wrote_since_is_theirs_to_activate(start_workspace):
    workspace = start_workspace(files(7), live(nightly(6)))
    workspace.fault(method="POST", path="schedules$", action="status", status=403, times=1)
    apply(workspace)
    workspace.storage("PUT", f"{CONFIGS}/nightly", {"description": "mine"})
    workspace.kbsync("pull")

    assert workspace.kbsync("plan", "--detailed-exitcode").exit_code == 0


def test_a_rollback_activates_what_it_brings_back(start_workspace):
    workspace = start_workspace(files(7), live(nightly(6)))
    apply(workspace)
    back = workspace.kbsync("rollback", NIGHTLY, "--to-version", "1", "--auto-approve")
    (found,) = workspace.service("GET", "schedules").json()

    assert "⏻  schedule is activated: every day at 06:00 UTC" in back.stdout
    assert back.exit_code == 0
    assert (found["configurationVersionId"], found["schedule"]["cronTab"]) == ("3", "0 6 * * *")


@pytest.mark.parametrize(("is_disabled", "expected"), [(False, {"nightly": "3"}), (True, {})])
def test_out_of_the_trash_it_is_activated_unless_it_is_switched_off(
    start_workspace, is_disabled, expected
):
    workspace = start_workspace(files(), live(nightly(isDisabled=is_disabled)))
    workspace.service("POST", "schedules", {"configurationId": "nightly"})
    (workspace.root / f"{NIGHTLY}/config.yaml").unlink()
    apply(workspace, "--prune")
    restored = workspace.kbsync("restore", NIGHTLY, "--auto-approve")

    assert restored.exit_code == 0, restored.output
    assert active(workspace) == expected


def test_what_is_taken_back_is_activated_as_it_was(start_workspace):
    workspace = start_workspace(files(7), live(nightly(6)))
    workspace.service("POST", "schedules", {"configurationId": "nightly"})
    # Told, and not noted: the run fails when the service knows the new content.
    workspace.fault(method="POST", path="nightly/metadata$", action="status", status=403, times=1)
    failed = apply(workspace, "--on-error", "rollback")
    (found,) = workspace.service("GET", "schedules").json()

    assert failed.exit_code == 6
    assert "live is as it was before" in failed.stdout
    assert (found["configurationVersionId"], found["schedule"]["cronTab"]) == ("3", "0 6 * * *")


def timed(workspace):
    """The version of each schedule that the service goes by, and when that starts something."""
    found = workspace.service("GET", "schedules").json()
    return {
        each["configurationId"]: (each["configurationVersionId"], each["schedule"]["cronTab"])
        for each in found
    }


def back_to_the_first(workspace):
    return ("rollback", NIGHTLY, "--to-version", "1")


def back_from_the_run(workspace):
    history = workspace.kbsync("history", NIGHTLY, "--format", "json")
    run = next(each["run"] for each in json.loads(history.stdout)["versions"] if each["run"])
    return ("rollback", "--run", run)


@pytest.mark.parametrize("way", [back_to_the_first, back_from_the_run])
def test_a_rollback_that_could_not_tell_the_service_does_so_the_next_time(start_workspace, way):
    workspace = start_workspace(files(7), live(nightly(6)))
    apply(workspace)
    wish = way(workspace)
    workspace.fault(method="POST", path="/schedules", action="status", status=403, times=1)
    failed = workspace.kbsync(*wish, "--auto-approve")
    between = timed(workspace)
    again = workspace.kbsync(*wish, "--auto-approve")

    assert (failed.exit_code, between) == (6, {"nightly": ("2", "0 7 * * *")})
    assert "⏻  schedule is activated: every day at 06:00 UTC" in again.stdout
    assert (again.exit_code, timed(workspace)) == (0, {"nightly": ("3", "0 6 * * *")})
    assert "Nothing to do" in workspace.kbsync(*wish, "--auto-approve").output


def test_a_restore_that_could_not_tell_the_service_does_so_the_next_time(start_workspace):
    workspace = start_workspace(files(), live(nightly()))
    workspace.storage("DELETE", f"{CONFIGS}/nightly")
    workspace.fault(method="POST", path="/schedules", action="status", status=403, times=1)
    failed = workspace.kbsync("restore", NIGHTLY, "--auto-approve")
    between = active(workspace)
    again = workspace.kbsync("restore", NIGHTLY, "--auto-approve")

    assert (failed.exit_code, between) == (6, {})
    assert (again.exit_code, active(workspace)) == (0, {"nightly": "3"})
    assert workspace.kbsync("restore", NIGHTLY, "--auto-approve").exit_code == 5


def test_the_rollback_of_a_delete_that_could_not_tell_the_service_does_so_the_next_time(
    start_workspace,
):
    workspace = start_workspace(files(), live(nightly()))
    (workspace.root / f"{NIGHTLY}/config.yaml").unlink()
    deleted = json.loads(apply(workspace, "--prune", "--format", "json").stdout)
    wish = ("rollback", "--run", deleted["runId"], "--auto-approve")
    workspace.fault(method="POST", path="/schedules", action="status", status=403, times=1)
    failed = workspace.kbsync(*wish)
    between = active(workspace)

    assert (failed.exit_code, between) == (6, {})
    assert workspace.kbsync(*wish).exit_code == 0
    assert active(workspace) == {"nightly": "3"}
