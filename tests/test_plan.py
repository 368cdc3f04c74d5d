from kbsync.change import Create, Delete, Update
from kbsync.plans.kinds import counts
from kbsync.plans.making import make_plan
from tests.builders import TARGET, by_key, config, live_with, row


def test_a_live_configuration_without_files_is_listed_and_left_alone():
    plan = make_plan(
        TARGET, by_key(config("a")), live_with(config("a"), config("b"), row("r", "b"))
    )

    assert (plan.changes, plan.not_managed, plan.unchanged) == ((), (config("b").key,), 1)


def test_prune_deletes_it():
    plan = make_plan(TARGET, {}, live_with(config("b"), row("r", "b")), prune=True)

    assert (plan.changes, plan.not_managed) == ((Delete(config("b"), (row("r", "b").key,)),), ())


def test_prune_deletes_only_what_is_selected():
    live = live_with(config("a"), config("b"))
    plan = make_plan(TARGET, {}, live, prune=True, selected=lambda key: key.config_id == "a")

    assert plan.changes == (Delete(config("a")),)


def test_steps_go_down_the_tiers_and_deletes_up_them_at_the_end():
    order = ["keboola.variables", "keboola.shared-code", "keboola.ex-http", "keboola.flow"]
    created = [config("new", component=component) for component in order]
    deleted = [config("old", component=component) for component in order]
    live = live_with(*deleted)
    plan = make_plan(TARGET, by_key(*reversed(created)), live, prune=True)

    assert plan.changes == (
        *(Create(each) for each in created),
        *(Delete(each) for each in reversed(deleted)),
    )


def test_a_selected_row_of_a_new_configuration_brings_the_configuration():
    parent, one, two = config(), row("one"), row("two")
    plan = make_plan(
        TARGET, by_key(parent, one, two), live_with(), selected=lambda key: key == one.key
    )

    assert plan.changes == (Create(parent), Create(one))


def test_only_selected_changes_are_planned_and_counted():
    live = live_with(config("a"), config("b"))
    desired = by_key(config("a", name="A2"), config("b", name="B2"))
    plan = make_plan(TARGET, desired, live, selected=lambda key: key.config_id == "b")

    assert plan.changes == (Update(config("b"), config("b", name="B2")),)
    assert plan.unchanged == 0


def test_a_step_knows_the_version_it_was_planned_on():
    live = live_with(config("a"), version=7)
    plan = make_plan(TARGET, by_key(config("a", name="A2"), config("b")), live)

    assert [step.base and step.base.number for step in plan.steps] == [7, None]


def test_counts_name_every_kind():
    plan = make_plan(TARGET, by_key(config("a")), live_with(config("b")), prune=True)

    assert counts(plan.changes) == {
        "delete": 1,
        "state reset": 0,
        "rollback": 0,
        "update": 0,
        "restore": 0,
        "returned state": 0,
        "create": 1,
        "metadata change": 0,
        "reorder": 0,
        "schedule stop": 0,
        "schedule activation": 0,
    }
