"""What a change touches: readers and writers of its tables, users, flows and schedules."""

import pytest

from kbsync.graph.impact import Impact, Peer, Schedule, impacts
from kbsync.model import Key
from tests.builders import by_key, config, row

FLOW = "keboola.flow"
ORCHESTRATION = "keboola.orchestrator"
TABLE = "in.c-main.orders"


def writes(config_id, *tables, **fields):
    mapping = {"output": {"tables": [{"destination": table} for table in tables]}}
    return config(config_id, configuration={"storage": mapping}, **fields)


def reading(*tables):
    return {"storage": {"input": {"tables": [{"source": table} for table in tables]}}}


def reads(config_id, *tables, **fields):
    return config(config_id, configuration=reading(*tables), **fields)


def runs(config_id, *keys, component=FLOW, **fields):
    tasks = [{"task": {"componentId": key.component_id, "configId": key.config_id}} for key in keys]
    return config(config_id, component=component, configuration={"tasks": tasks}, **fields)


def schedules(config_id, key, *, state="enabled", **fields):
    content = {
        "schedule": {"cronTab": "0 4 * * *", "timezone": "UTC", "state": state},
        "target": {"componentId": key.component_id, "configurationId": key.config_id},
    }
    return config(config_id, component="keboola.scheduler", configuration=content, **fields)


def schedule(item, *, enabled=True):
    return Schedule(peer(item), "0 4 * * *", "UTC", enabled)


def peer(item):
    return Peer(item.key, item.name)


def impact(item, *desired, live=()):
    """The impact of one configuration, with others around it."""
    return impacts([item.key], by_key(item, *desired), by_key(*live))[item.key]


def test_who_reads_and_writes_the_tables_it_writes():
    orders = writes("orders", TABLE, "in.c-main.alone")
    reader, again, writer = reads("b", TABLE, TABLE), reads("a", TABLE), writes("w", TABLE)

    assert impact(orders, reader, again, writer) == Impact(
        readers={TABLE: (peer(again), peer(reader))}, writers={TABLE: (peer(writer),)}
    )


def test_rows_count_as_their_configuration_also_when_it_is_disabled():
    orders = config("orders", is_disabled=True)
    own = row("r", "orders", configuration={"parameters": {"outputTable": TABLE}})
    reader = config("reader", name="Reader", is_disabled=True)
    rows = [row(each, "reader", configuration=reading(TABLE)) for each in "ab"]

    assert impact(orders, own, reader, *rows).readers == {TABLE: (Peer(reader.key, "Reader"),)}


def test_it_is_no_reader_and_no_writer_of_its_own_table():
    orders = writes("orders", TABLE)
    own_rows = [
        row("r", "orders", configuration=reading(TABLE)),
        row("s", "orders", configuration={"parameters": {"outputTable": TABLE}}),
    ]

    assert not impact(orders, *own_rows)


@pytest.mark.parametrize(
    ("configuration", "table"),
    [
        pytest.param({}, "in.c-keboola-ex-aws-s3-364.orders", id="of the platform"),
        pytest.param(
            {"storage": {"output": {"default_bucket": "out.c-s3"}}}, "out.c-s3.orders", id="named"
        ),
    ],
)
def test_a_table_in_its_default_bucket_is_its_own(configuration, table):
    source = config("364", component="keboola.ex-aws-s3", configuration=configuration)
    reader = reads("reader", table, "in.c-other.orders")

    assert impact(source, reader).readers == {table: (peer(reader),)}


def test_a_table_that_it_will_not_write_any_more_counts():
    before, after = writes("orders", TABLE), writes("orders")
    reader = reads("reader", TABLE)

    assert impact(after, live=(before, reader)).readers == {TABLE: (peer(reader),)}


def test_of_others_the_files_win_over_what_is_live():
    orders = writes("orders", TABLE)
    gone, new = reads("a", "in.c-main.users"), reads("b", TABLE, name="New name")
    old = reads("b", TABLE, name="Old name")

    found = impact(orders, gone, new, live=(reads("a", TABLE), old))

    assert found.readers == {TABLE: (Peer(new.key, "New name"),)}


def test_who_takes_variables_or_shared_code():
    variables = config("v", component="keboola.variables")
    user = config("u", configuration={"variables_id": "v", "variables_values_id": "default"})
    code = row("r", "s", component="keboola.shared-code", configuration={"variables_id": "v"})
    shared = config("s", component="keboola.shared-code")
    coder = config("c", configuration={"shared_code_id": "s", "shared_code_row_ids": ["r"]})
    everything = (user, code, shared, coder)

    assert impact(variables, *everything) == Impact(used_by=(peer(user), peer(shared)))
    assert impact(shared, variables, user, code, coder) == Impact(used_by=(peer(coder),))


def test_a_flow_that_sets_other_values_uses_the_variables():
    variables = config("v", component="keboola.variables")
    user = config("u", configuration={"variables_id": "v"})
    task = {"componentId": user.key.component_id, "configId": "u", "variableValuesId": "night"}
    flow = config("f", component=FLOW, configuration={"tasks": [{"task": task}]})

    assert impact(variables, user, flow) == Impact(used_by=(peer(user), peer(flow)))


def test_what_runs_it_and_when_however_many_flows_deep():
    orders = config("orders")
    inner = runs("inner", orders.key, orders.key)
    outer = runs("outer", inner.key, component=ORCHESTRATION)
    nightly = schedules("nightly", outer.key)
    other = schedules("other", Key(FLOW, "elsewhere"))
    own = schedules("own", orders.key, state="disabled")

    assert impact(orders, inner, outer, nightly, other, own) == Impact(
        run_by=(peer(inner),), schedules=(schedule(nightly), schedule(own, enabled=False))
    )


def test_flows_that_run_each_other_come_to_an_end():
    orders = config("orders")
    one = runs("one", orders.key, Key(FLOW, "two"), Key(FLOW, "one"))
    two = runs("two", Key(FLOW, "one"))
    nightly = schedules("nightly", two.key)

    assert impact(one, two, orders, nightly) == Impact(
        run_by=(peer(two),), schedules=(schedule(nightly),)
    )


def test_what_triggers_a_flow_of_this_project_runs_it():
    flow = config("f", component=FLOW)
    trigger = config(
        "t",
        component="kds-team.app-orchestration-trigger-queue-v2",
        configuration={"parameters": {"orchestrationId": "f"}},
    )

    assert impact(flow, trigger) == Impact(run_by=(peer(trigger),))


def test_a_schedule_that_is_disabled_as_a_configuration_is_so():
    orders = config("orders")
    nightly = schedules("nightly", orders.key, is_disabled=True)

    assert impact(orders, nightly).schedules == (schedule(nightly, enabled=False),)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"schedule": "daily"},
        {"schedule": {"cronTab": 5}},
        {"schedule": {"timezone": "KBC::ProjectSecure::fake-one"}},
    ],
)
def test_a_schedule_without_a_time_has_none(content):
    orders = config("orders")
    target = schedules("nightly", orders.key).configuration["target"]
    nightly = config(
        "n", component="keboola.scheduler", configuration={**content, "target": target}
    )

    assert impact(orders, nightly).schedules == (Schedule(peer(nightly), "", "", False),)


def test_what_is_deleted_has_an_impact_too():
    orders, reader = writes("orders", TABLE), reads("reader", TABLE)
    found = impacts([orders.key], by_key(reader), by_key(orders, reader))

    assert found == {orders.key: Impact(readers={TABLE: (peer(reader),)})}


def test_nothing_is_looked_through_for_no_key():
    assert impacts([], {}, {}) == {}
