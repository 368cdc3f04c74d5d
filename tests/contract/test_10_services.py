"""Reference section 10: scheduler, queue, notification, sync actions, events, triggers."""

import pytest

from tests.contract.conftest import COMPONENT, problem

SCHEDULE = {
    "schedule": {"cronTab": "0 4 * * *", "timezone": "UTC", "state": "enabled"},
    "target": {"componentId": "keboola.flow", "configurationId": "f", "mode": "run"},
}


def service(api, name):
    services = api.get("/", exclude="components").json()["services"]
    return next(item["url"] for item in services if item["id"] == name)


# 10.1 Scheduler


@pytest.fixture
def scheduler(local):
    body = {"name": "S", "configurationId": "s", "configuration": SCHEDULE}
    local.post("components/keboola.scheduler/configs", body)
    return service(local, "scheduler")


def test_a_schedule_is_activated_from_its_stored_configuration(local, scheduler):
    answer = local.post(f"{scheduler}/schedules", {"configurationId": "s"})
    schedule = answer.json()

    assert answer.status_code == 201
    assert (schedule["configurationId"], schedule["configurationVersionId"]) == ("s", "1")
    assert schedule["schedule"] == SCHEDULE["schedule"]
    assert schedule["target"] == SCHEDULE["target"] | {"configurationRowIds": [], "tag": ""}
    assert local.get(f"{scheduler}/schedules").json() == [schedule]
    assert local.get(f"{scheduler}/schedules/{schedule['id']}").json() == schedule


def test_a_change_of_the_configuration_has_no_effect_until_activated_again(local, scheduler):
    first = local.post(f"{scheduler}/schedules", {"configurationId": "s"}).json()
    changed = SCHEDULE | {"schedule": {"cronTab": "0 5 * * *"}}
    local.put("components/keboola.scheduler/configs/s", {"configuration": changed})
    between = local.get(f"{scheduler}/schedules").json()
    again = local.post(f"{scheduler}/schedules", {"configurationId": "s"}).json()

    assert between == [first]
    assert (again["id"], again["configurationVersionId"]) == (first["id"], "2")
    assert again["schedule"] == {"cronTab": "0 5 * * *"}


def test_an_older_version_can_be_activated(local, scheduler):
    local.put("components/keboola.scheduler/configs/s", {"configuration": {}})
    body = {"configurationId": "s", "configurationVersionId": "1"}

    assert local.post(f"{scheduler}/schedules", body).json()["schedule"] == SCHEDULE["schedule"]


@pytest.mark.parametrize("by", ["schedules/{id}", "configurations/s"])
def test_a_schedule_is_deactivated_by_either_id(local, scheduler, by):
    schedule = local.post(f"{scheduler}/schedules", {"configurationId": "s"}).json()
    answer = local.delete(f"{scheduler}/{by.format(id=schedule['id'])}")

    assert answer.status_code == 204
    assert local.get(f"{scheduler}/schedules").json() == []


def test_a_schedule_can_be_given_a_new_token(local, scheduler):
    schedule = local.post(f"{scheduler}/schedules", {"configurationId": "s"}).json()
    answer = local.post(f"{scheduler}/schedules/{schedule['id']}/refreshToken")

    assert answer.json() == schedule


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "schedules", {"configurationId": "none"}),
        ("POST", "schedules", {"configurationId": "s", "configurationVersionId": "9"}),
        ("GET", "schedules/9", None),
        ("DELETE", "schedules/9", None),
        ("DELETE", "configurations/s", None),
    ],
)
def test_what_is_not_scheduled_is_404_with_a_numeric_code(local, scheduler, method, path, body):
    assert problem(local.call(method, f"{scheduler}/{path}", json=body)) == (404, 404)


def test_a_schedule_whose_target_is_no_object_is_400(local, scheduler):
    path = "components/keboola.scheduler/configs/s"
    local.put(path, {"configuration": {"target": []}})

    assert problem(local.post(f"{scheduler}/schedules", {"configurationId": "s"})) == (400, 400)


def test_scheduling_needs_a_master_token(serve):
    api = serve({"tokens": [{"id": 1, "token": "test-token", "componentAccess": ["x"]}]})
    answer = api.post(f"{service(api, 'scheduler')}/schedules", {"configurationId": "s"})

    assert answer.status_code == 403


# 10.2 Queue


@pytest.fixture
def queue(local):
    local.config(configurationId="c")
    return service(local, "queue")


def test_a_job_is_created_and_finishes(local, queue):
    created = local.post(f"{queue}/jobs", {"component": COMPONENT, "config": "c"})
    job = local.get(created.json()["url"]).json()

    assert (created.status_code, created.json()["status"]) == (201, "created")
    assert created.json()["isFinished"] is False
    assert (job["status"], job["isFinished"], job["desiredStatus"]) == (
        "success",
        True,
        "processing",
    )
    assert job["result"]["configVersion"] == "1"
    assert local.get(f"{queue}/jobs/{job['id']}").json() == job


def test_empty_parts_of_a_job_are_lists_and_ids_are_texts(local, queue):
    body = {"component": COMPONENT, "config": "c", "branchId": "1001"}
    job = local.post(f"{queue}/jobs", body).json()

    assert [job[key] for key in ("result", "configData", "usageData", "backend")] == [[]] * 4
    assert (job["branchId"], job["project"]["id"]) == ("1001", "1234")
    assert isinstance(job["id"], str)


def test_a_job_of_given_data_needs_no_stored_configuration(local, queue):
    body = {"component": COMPONENT, "configData": {"parameters": {}}, "mode": "debug"}

    assert local.post(f"{queue}/jobs", body).json()["configData"] == {"parameters": {}}


@pytest.mark.parametrize(
    "body",
    [
        {"config": "c"},
        {"component": COMPONENT},
        {"component": COMPONENT, "config": "none"},
        {"component": COMPONENT, "config": "c", "mode": "walk"},
        {
            "component": COMPONENT,
            "config": "c",
            "variableValuesId": "1",
            "variableValuesData": {"values": []},
        },
    ],
    ids=str,
)
def test_a_bad_job_is_400_with_a_numeric_code(local, queue, body):
    assert problem(local.post(f"{queue}/jobs", body)) == (400, 400)


def test_jobs_are_found_by_their_fields_newest_first(local, queue):
    first, second = (
        local.post(f"{queue}/jobs", {"component": COMPONENT, "config": "c"}).json()["id"]
        for _ in range(2)
    )
    other = local.post(f"{queue}/jobs", {"component": "x", "configData": {"a": 1}}).json()["id"]

    def ids(**params):
        return [job["id"] for job in local.get(f"{queue}/search/jobs", **params).json()]

    assert ids() == [other, second, first]
    assert ids(component=COMPONENT, config="c") == [second, first]
    assert ids(limit=1, offset=1) == [second]
    assert ids(**{"status[]": ["success"]}) == []


def test_grouped_jobs_share_component_and_configuration(local, queue):
    for _ in range(2):
        local.post(f"{queue}/jobs", {"component": COMPONENT, "config": "c"})
    groups = local.get(f"{queue}/search/grouped-jobs").json()

    assert [(group["group"], len(group["jobs"])) for group in groups] == [
        ({"componentId": COMPONENT, "configId": "c"}, 2)
    ]


def test_an_unfinished_job_can_be_killed_once(local, queue):
    job = local.post(f"{queue}/jobs", {"component": COMPONENT, "config": "c"}).json()
    killed = local.post(f"{queue}/jobs/{job['id']}/kill")
    again = local.post(f"{queue}/jobs/{job['id']}/kill")

    assert (killed.json()["status"], killed.json()["desiredStatus"]) == (
        "terminated",
        "terminating",
    )
    assert problem(again) == (400, 400)


def test_a_missing_job_is_404(local, queue):
    assert problem(local.get(f"{queue}/jobs/9")) == (404, 404)


# 10.3 Notification


def test_subscriptions_are_created_listed_and_deleted(local):
    url = f"{service(local, 'notification')}/project-subscriptions"
    body = {
        "event": "job-failed",
        "filters": [{"field": "job.configuration.id", "value": "c", "operator": "=="}],
        "recipient": {"channel": "email", "address": "a@b.test"},
        "expiresAt": None,
    }
    created = local.post(url, body)
    subscription = created.json()
    listed = local.get(url, event="job-succeeded").json()
    detail = local.get(f"{url}/{subscription['id']}").json()

    assert created.status_code == 201
    assert {key: subscription[key] for key in body} == body
    assert (listed, detail) == ([subscription], subscription)
    assert local.delete(f"{url}/{subscription['id']}").status_code == 204
    assert problem(local.get(f"{url}/{subscription['id']}")) == (404, 404)


def test_a_subscription_needs_an_event_and_a_recipient(local):
    url = f"{service(local, 'notification')}/project-subscriptions"

    assert problem(local.post(url, {"event": "job-failed"})) == (400, 400)


# 10.4 Data apps


@pytest.fixture
def apps(local):
    return f"{service(local, 'data-science')}/apps"


def test_a_data_app_brings_its_configuration(local, apps):
    created = local.post(apps, {"name": "App", "type": "streamlit"})
    app = created.json()
    config = local.get(f"components/keboola.data-apps/configs/{app['configId']}").json()

    assert created.status_code == 201
    assert (app["componentId"], app["configVersion"]) == ("keboola.data-apps", "1")
    assert isinstance(app["branchId"], str)
    assert (config["name"], config["configuration"]) == ("App", {"parameters": {"id": app["id"]}})
    assert local.get(apps).json() == [app]
    assert local.get(f"{apps}/{app['id']}").json() == app


def test_a_data_app_is_started_and_stopped(local, apps):
    app = local.post(apps, {"name": "App"}).json()
    body = {"desiredState": "running", "configVersion": "2", "restartIfRunning": True}
    patched = local.call("PATCH", f"{apps}/{app['id']}", json=body).json()

    assert (patched["state"], patched["configVersion"]) == ("running", "2")
    assert local.get(f"{apps}/{app['id']}").json() == patched


def test_deleting_a_data_app_deletes_its_configuration(local, apps):
    app = local.post(apps, {"name": "App"}).json()
    deleted = local.delete(f"{apps}/{app['id']}")
    trash = local.get("components/keboola.data-apps/configs", isDeleted="true").json()

    assert deleted.status_code == 202
    assert [item["id"] for item in trash] == [app["configId"]]
    assert problem(local.get(f"{apps}/{app['id']}")) == (404, 404)


def test_a_bad_data_app_is_400(local, apps):
    app = local.post(apps, {"name": "App"}).json()
    walking = local.call("PATCH", f"{apps}/{app['id']}", json={"desiredState": "walking"})

    assert problem(local.post(apps)) == (400, 400)
    assert problem(walking) == (400, 400)


# 10.4 Sync actions, events, triggers


def test_a_sync_action_answers(local):
    url = f"{service(local, 'sync-actions')}/actions"

    assert (
        local.post(url, {"component": "x", "configData": {}, "action": "test"}).status_code == 201
    )
    assert problem(local.post(url, {"component": "x"})) == (400, 400)


@pytest.mark.parametrize("params", [{"a": 1}, '{"a": 1}'], ids=["object", "JSON text"])
def test_an_event_is_answered_with_an_id_and_objects(local, params):
    answer = local.post("/events", {"message": "M", "component": "x", "params": params})
    event = answer.json()

    assert answer.status_code == 201
    assert (event["message"], event["params"], event["results"]) == ("M", {"a": 1}, {})
    assert (event["type"], len(event["uuid"])) == ("info", 36)
    assert local.get("events").json() == [event]


def test_events_without_a_message_or_with_bad_params_are_400(local):
    assert local.post("/events", {"component": "x"}).status_code == 400
    assert local.post("/events", {"message": "M", "params": "{"}).status_code == 400


def test_an_event_over_200_kb_is_400(local):
    answer = local.post("/events", {"message": "M", "params": {"a": "x" * 201_000}})

    assert problem(answer) == (400, "requestTooLarge")


def test_triggers_are_created_updated_and_deleted(local):
    body = {"runWithTokenId": 5, "configurationId": "c", "tableIds": ["in.c-a.b"]}
    created = local.post("/triggers", body | {"coolDownPeriodMinutes": 1})
    trigger = created.json()
    updated = local.put(f"/triggers/{trigger['id']}", {"coolDownPeriodMinutes": 9}).json()

    assert created.status_code == 201
    assert (trigger["tables"], trigger["lastRun"]) == ([{"tableId": "in.c-a.b"}], None)
    assert isinstance(trigger["id"], str)
    assert updated == trigger | {"coolDownPeriodMinutes": 9}
    assert local.get("/triggers").json() == [updated]
    assert local.delete(f"/triggers/{trigger['id']}").status_code == 204
    assert local.get(f"/triggers/{trigger['id']}").status_code == 404


def test_a_trigger_without_a_configuration_is_400(local):
    assert local.post("/triggers", {"runWithTokenId": 5}).status_code == 400
