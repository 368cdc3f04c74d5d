"""References between configurations, as far as they are of a documented shape."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.graph.links import (
    Dangling,
    Link,
    buckets_written,
    dangling,
    links,
    tables_read,
    tables_written,
)
from kbsync.model import Key
from kbsync.paths import put_at
from tests.builders import by_key, config, row
from tests.strategies import json_values

ORDERS = Key("keboola.ex-http", "1")
VALUES = Key("keboola.variables", "v")
CODES = Key("keboola.shared-code", "s")

USES = {
    "variables_id": "v",
    "variables_values_id": "default",
    "shared_code_id": "s",
    "shared_code_row_ids": ["dump-files", 7],
}
TASKS = {
    "tasks": [
        {"id": 1, "task": {"componentId": "keboola.ex-http", "configId": 1, "mode": "run"}},
        {"id": 2, "task": {"type": "notification", "title": "done"}},
        {
            "id": 3,
            "enabled": False,
            "task": {
                "componentId": "keboola.ex-http",
                "configId": "1",
                "configRowIds": ["a", "b"],
                "variableValuesId": "night",
            },
        },
        {"id": 4, "task": {"componentId": "keboola.ex-http", "configData": {}}},
    ]
}
SCHEDULE = {
    "target": {
        "componentId": "keboola.ex-http",
        "configurationId": "1",
        "configurationRowIds": ["a"],
    }
}
TRIGGER = {"parameters": {"orchestrationId": "f", "kbcUrl": "https://connection.example.test"}}
PROJECT = by_key(
    config("1", component="keboola.ex-http", configuration={"variables_id": "v"}),
    config("f", component="keboola.flow"),
)


def of(component, configuration):
    item = config("x", component=component, configuration=configuration)
    return [(link.path, link.target) for link in links(item, PROJECT)]


@pytest.mark.parametrize(
    ("component", "configuration", "found"),
    [
        pytest.param(
            "keboola.snowflake-transformation",
            USES,
            [
                (("variables_id",), VALUES),
                (("variables_values_id",), VALUES.row("default")),
                (("shared_code_id",), CODES),
                (("shared_code_row_ids", 0), CODES.row("dump-files")),
                (("shared_code_row_ids", 1), CODES.row("7")),
            ],
            id="variables and shared code",
        ),
        pytest.param(
            "keboola.orchestrator",
            TASKS,
            [
                (("tasks", 0, "task", "configId"), ORDERS),
                (("tasks", 2, "task", "configId"), ORDERS),
                (("tasks", 2, "task", "configRowIds", 0), ORDERS.row("a")),
                (("tasks", 2, "task", "configRowIds", 1), ORDERS.row("b")),
                (("tasks", 2, "task", "variableValuesId"), VALUES.row("night")),
            ],
            id="tasks of an orchestration",
        ),
        pytest.param(
            "keboola.flow",
            {"variables_id": "v", "tasks": TASKS["tasks"][:1]},
            [(("variables_id",), VALUES), (("tasks", 0, "task", "configId"), ORDERS)],
            id="a flow with variables of its own",
        ),
        pytest.param(
            "keboola.scheduler",
            SCHEDULE,
            [
                (("target", "configurationId"), ORDERS),
                (("target", "configurationRowIds", 0), ORDERS.row("a")),
            ],
            id="a schedule",
        ),
        pytest.param(
            "kds-team.app-orchestration-trigger-queue-v2",
            TRIGGER,
            [(("parameters", "orchestrationId"), Key("keboola.flow", "f"))],
            id="a flow that this project has",
        ),
        pytest.param(
            "kds-team.app-orchestration-trigger-queue-v2",
            {"parameters": {"orchestrationId": "elsewhere"}},
            [],
            id="a flow of another project, perhaps",
        ),
        pytest.param("keboola.ex-http", TASKS | SCHEDULE | TRIGGER, [], id="other components"),
    ],
)
def test_what_a_configuration_refers_to(component, configuration, found):
    assert of(component, configuration) == found


def test_a_row_refers_too():
    item = row("r", "s", component="keboola.shared-code", configuration={"variables_id": "v"})

    assert list(links(item, {})) == [Link(item.key, ("variables_id",), VALUES)]


@pytest.mark.parametrize(
    ("component", "configuration"),
    [
        pytest.param("keboola.flow", {"tasks": {"task": {}}}, id="tasks that are no list"),
        pytest.param("keboola.flow", {"tasks": ["run", None, {"task": "x"}, {}]}, id="odd tasks"),
        pytest.param("keboola.flow", {"tasks": [{"task": {"configId": "1"}}]}, id="no component"),
        pytest.param(
            "keboola.flow",
            {"tasks": [{"task": {"componentId": 5, "configId": "1"}}]},
            id="a component that is a number",
        ),
        pytest.param("keboola.scheduler", {"target": "keboola.flow/1"}, id="a target in words"),
        pytest.param("keboola.scheduler", {"target": {"configurationId": "1"}}, id="half a target"),
        pytest.param("keboola.ex-http", {"variables_id": True}, id="true"),
        pytest.param("keboola.ex-http", {"variables_id": 1.5}, id="a fraction"),
        pytest.param("keboola.ex-http", {"variables_id": None}, id="null"),
        pytest.param("keboola.ex-http", {"shared_code_id": ""}, id="empty"),
        pytest.param("keboola.ex-http", {"variables_values_id": "x"}, id="values of nothing"),
        pytest.param("keboola.ex-http", {"shared_code_row_ids": ["x"]}, id="rows of nothing"),
        pytest.param("keboola.ex-http", {"variables_id": "KBC::ProjectSecure::x"}, id="a secret"),
    ],
)
def test_another_shape_is_no_reference(component, configuration):
    assert of(component, configuration) == []


WHOLE = {**USES, **TASKS, **SCHEDULE, **TRIGGER}
COMPONENTS = (
    "keboola.flow",
    "keboola.scheduler",
    "kds-team.app-orchestration-trigger-queue-v2",
    "keboola.ex-http",
)
MAPPINGS = {
    "storage": {
        "input": {"tables": [{"source": "in.c-main.orders", "destination": "orders.csv"}]},
        "output": {
            "default_bucket": "out.c-main",
            "tables": [{"source": "a.csv", "destination": "out.c-main.a"}],
        },
    },
    "parameters": {"outputTable": "in.c-shop.orders"},
}


def paths(value, path=()):
    """Every path in *value*, its own included."""
    yield path
    inside = {dict: dict.items, list: enumerate}.get(type(value), lambda _: ())
    for step, item in inside(value):
        yield from paths(item, (*path, step))


@given(
    st.sampled_from(COMPONENTS),
    st.sampled_from([path for path in paths(WHOLE | MAPPINGS) if path]),
    json_values,
)
def test_no_shape_at_all_is_an_error(component, path, value):
    content = deepcopy(WHOLE | MAPPINGS)
    put_at(content, path, value)
    item = config("x", component=component, configuration=content)
    found = [*tables_read(item), *tables_written(item), *buckets_written(item)]

    assert all(isinstance(link.target, Key) for link in links(item, by_key(item)))
    assert all(isinstance(text, str) for text in found)


def test_tables_are_those_of_the_mappings_and_of_database_extractors():
    item = config(configuration=MAPPINGS)

    assert [*tables_read(item)] == ["in.c-main.orders"]
    assert [*tables_written(item)] == ["out.c-main.a", "in.c-shop.orders"]


def test_the_platform_names_a_bucket_after_a_configuration():
    item = config("364", component="keboola.ex-aws-s3", configuration=MAPPINGS)

    assert [*buckets_written(item)] == [
        "in.c-keboola-ex-aws-s3-364",
        "out.c-keboola-ex-aws-s3-364",
        "out.c-main",
    ]


def test_a_reference_to_what_is_not_there_dangles():
    user = config("u", configuration=USES)
    there = by_key(user, config("v", component="keboola.variables"))
    found = [Link(user.key, ("variables_values_id",), VALUES.row("default"))]
    found += [Link(user.key, ("shared_code_id",), CODES)]

    assert dangling(by_key(user), there) == tuple(Dangling(link=link) for link in found)


def test_what_is_about_to_be_deleted_is_told_as_that():
    user = config("u", configuration={"variables_id": "v", "variables_values_id": "default"})
    variables = config("v", component="keboola.variables")
    values = row("default", "v", component="keboola.variables")
    (found,) = dangling(by_key(user), by_key(user, variables, values), {VALUES, values.key})

    assert found == Dangling(link=Link(user.key, ("variables_id",), VALUES), is_deleted=True)
    assert str(found.problem) == (
        "keboola.ex-db-mysql/u: refers to keboola.variables/v, which is about to be deleted; "
        "remove the reference, or keep what it refers to"
    )


def test_nothing_dangles_when_all_is_there():
    there = by_key(config("v", component="keboola.variables"), config("u", configuration={}))
    user = config("u", configuration={"variables_id": "v"})

    assert dangling(by_key(user), there | by_key(user)) == ()
