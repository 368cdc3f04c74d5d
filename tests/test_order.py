"""What is written first: what others refer to. And what is not written when that failed."""

import json

import pytest

from kbsync.change import Create, Delete
from kbsync.model import Key, Version
from kbsync.plans.making import make_plan
from kbsync.plans.order import heights, in_write_order, with_needs
from kbsync.plans.plan import Step
from kbsync.plans.plan_file import dump_plan, load_plan
from tests.builders import TARGET, by_key, config, live_with
from tests.test_impact import FLOW, runs, schedules

TRIGGER = "kds-team.app-orchestration-trigger-queue-v2"
VERSION = Version(number=1, identifier="ID-1")


def created(*items):
    return [Step(key=item.key, name="", base=None, changes=(Create(item),)) for item in items]


def deleted(*items):
    return [Step(key=item.key, name="", base=VERSION, changes=(Delete(item),)) for item in items]


def ordered(steps, *items):
    """The ids in the order of writing; those of one height together."""
    found = in_write_order(with_needs(steps, by_key(*items)))
    height = heights(found)
    groups = {}
    for step in found:
        groups.setdefault(height[step.key], []).append(step.key.config_id)
    return list(groups.values())


INNER, MIDDLE = runs("y-inner"), runs("x-middle", Key(FLOW, "y-inner"))
OUTER = runs("a-outer", MIDDLE.key)
NIGHTLY = schedules("nightly", OUTER.key)
ORDERS = config("orders")
CHAIN = (OUTER, NIGHTLY, INNER, ORDERS, MIDDLE)


def test_what_is_referred_to_is_written_before_what_refers_to_it():
    assert ordered(created(*CHAIN), *CHAIN) == [
        ["orders"],
        ["y-inner"],
        ["x-middle"],
        ["a-outer"],
        ["nightly"],
    ]


def test_deletes_go_the_other_way_round():
    assert ordered(deleted(*CHAIN), *CHAIN) == [
        ["nightly"],
        ["a-outer"],
        ["x-middle"],
        ["y-inner"],
        ["orders"],
    ]


def test_whatever_is_deleted_is_so_after_the_rest():
    steps = [*deleted(OUTER, NIGHTLY), *created(INNER, MIDDLE)]

    assert ordered(steps, *CHAIN) == [["y-inner"], ["x-middle"], ["nightly"], ["a-outer"]]
    assert [step.needs for step in with_needs(steps, by_key(*CHAIN))] == [
        (),
        (OUTER.key,),
        (),
        (INNER.key,),
    ]


def test_what_refers_to_nothing_of_the_plan_keeps_to_its_kind():
    alone = (config("v", component="keboola.variables"), ORDERS, runs("f"), NIGHTLY)

    assert ordered(created(*alone), *alone) == [["v"], ["orders"], ["f"], ["nightly"]]


def test_an_ordinary_configuration_waits_for_the_flow_that_it_starts():
    trigger = config(
        "t", component=TRIGGER, configuration={"parameters": {"orchestrationId": "y-inner"}}
    )

    assert ordered(created(trigger, INNER, MIDDLE), trigger, INNER, MIDDLE) == [
        ["y-inner"],
        ["t", "x-middle"],
    ]


def test_a_circle_keeps_to_the_order_of_its_kinds_and_what_hangs_on_it_waits():
    one, two = runs("one", Key(FLOW, "two")), runs("two", Key(FLOW, "one"))
    outer = runs("a-outer", one.key)

    assert ordered(created(one, two, outer), one, two, outer) == [["one", "two"], ["a-outer"]]


def test_a_saved_plan_knows_what_needs_what():
    plan = make_plan(TARGET, by_key(OUTER, MIDDLE), live_with())
    text = dump_plan(plan, None, {})
    older = json.loads(text)
    for step in older["steps"]:
        del step["needs"]

    assert [step.needs for step in plan.steps] == [(), (MIDDLE.key,)]
    assert load_plan(text.encode(), "plan.json").plan == plan


FLOWS = {
    "keboola.flow/outer/config.yaml": (
        "name: Outer\n"
        "configuration: {tasks: [{task: {componentId: keboola.flow, configId: inner}}]}\n"
    ),
    "keboola.flow/inner/config.yaml": "name: Inner\n",
    "keboola.flow/other/config.yaml": "name: Other\n",
}


@pytest.mark.parametrize("how", ["files", "saved plan"])
def test_what_needs_what_could_not_be_written_is_not_written(start_workspace, how):
    workspace = start_workspace(FLOWS)
    saved = str(workspace.root / "plan.json")
    workspace.kbsync("plan", "-o", saved)
    workspace.fault(method="POST", path="configs$", skip=0, times=1, action="status", status=400)
    plan = [saved] if how == "saved plan" else []
    result = workspace.kbsync(
        "apply", *plan, "--auto-approve", "--on-error", "continue", "--parallelism", "1"
    )

    assert result.exit_code == 6
    assert (
        '  not run   keboola.flow/outer  "Outer"   1 create\n'
        "            keboola.flow/outer needs keboola.flow/inner, which was not written\n"
    ) in result.stdout
    assert [each["id"] for each in workspace.project()[0]["configurations"]] == ["other"]
    assert workspace.kbsync("apply", "--auto-approve").exit_code == 0


def test_what_is_needed_by_what_could_not_be_deleted_is_not_deleted(start_workspace):
    workspace = start_workspace(FLOWS)
    workspace.kbsync("apply", "--auto-approve")
    for name in ("outer", "inner"):
        (workspace.root / f"keboola.flow/{name}/config.yaml").unlink()
    workspace.fault(method="DELETE", path="configs/outer$", times=1, action="status", status=400)
    result = workspace.kbsync("apply", "--auto-approve", "--prune", "--on-error", "continue")

    assert "keboola.flow/inner is needed by keboola.flow/outer, which was not deleted" in (
        result.stdout
    )
    assert len(workspace.project()[0]["configurations"]) == 3
