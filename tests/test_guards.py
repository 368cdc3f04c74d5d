import pytest

from kbsync.guards import Guards, refusals
from kbsync.plan import make_plan
from kbsync.rollback import rollback_plan
from tests.builders import TARGET, by_key, config, live_with, row

LIMITS = {"deletes": 1, "updates": 1, "resets": 1}


def plan_with_deletes(count):
    rows = [row(f"r{number}") for number in range(count)]
    return make_plan(TARGET, by_key(config()), live_with(config(), *rows))


@pytest.mark.parametrize(
    ("deletes", "allowed", "expected"),
    [
        pytest.param(1, {}, [], id="at the limit"),
        pytest.param(2, {}, ["2 deletes are over the limit of 1"], id="over it"),
        pytest.param(2, {"deletes": 2}, [], id="over it, the exact number allowed"),
        pytest.param(
            2,
            {"deletes": 3},
            ["2 deletes are over the limit of 1"],
            id="another allowed",
        ),
        pytest.param(
            2,
            {"updates": 2},
            ["2 deletes are over the limit of 1"],
            id="another kind allowed",
        ),
    ],
)
def test_limits_count_every_delete(deletes, allowed, expected):
    found = refusals(plan_with_deletes(deletes), Guards(limits=LIMITS, allowed=allowed))

    assert [refusal.why for refusal in found] == expected


def test_a_refusal_says_what_to_type():
    refusal = refusals(plan_with_deletes(2), Guards(limits=LIMITS))[0]

    assert str(refusal).endswith("If you mean it: --allow deletes=2")


def test_every_forgotten_state_counts_as_a_reset():
    rows = [row("a"), row("b")]
    desired = by_key(config(reset_state="x"), *rows)
    plan = make_plan(TARGET, desired, live_with(config(), *rows))

    assert [each.why for each in refusals(plan, Guards(limits=LIMITS))] == [
        "2 state resets are over the limit of 1"
    ]


def test_what_is_protected_may_be_updated_but_not_deleted_or_reset():
    desired = by_key(config(name="New", reset_state="x"))
    plan = make_plan(TARGET, desired, live_with(config(), row("a")))
    guards = Guards(limits=LIMITS, protected=lambda key: True)

    assert [each.why for each in refusals(plan, guards)] == [
        f"{row('a').key} is protected: it may not be deleted",
        f"{config().key} is protected: it may not be reset",
    ]


def test_what_a_rollback_deletes_counts_and_is_protected():
    live = live_with(config(), row("a"), row("b"))
    plan = rollback_plan(TARGET, config().key, 1, by_key(config()), live)
    guards = Guards(limits=LIMITS, protected=lambda key: key == row("b").key)

    assert [each.why for each in refusals(plan, guards)] == [
        "2 deletes are over the limit of 1",
        f"{row('b').key} is protected: it may not be deleted",
    ]


def test_a_protected_row_protects_its_configuration_from_being_deleted_or_reset():
    guards = Guards(limits=LIMITS, protected=lambda key: key == row("a").key)
    pruned = make_plan(TARGET, {}, live_with(config(), row("a")), prune=True)
    reset = make_plan(
        TARGET, by_key(config(reset_state="x"), row("a")), live_with(config(), row("a"))
    )

    assert [each.why for each in refusals(pruned, guards)] == [
        f"{row('a').key} is protected: it may not be deleted"
    ]
    assert [each.why for each in refusals(reset, guards)] == [
        f"{row('a').key} is protected: it may not be reset"
    ]
