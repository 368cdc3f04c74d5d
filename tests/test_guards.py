from dataclasses import replace

import pytest

from kbsync.past.rollback import rollback_plan
from kbsync.plans.absence import Absence
from kbsync.plans.guards import Guards, refusals
from kbsync.plans.making import make_plan
from kbsync.plans.renames import Rename
from tests.builders import TARGET, by_key, config, live_with, row

LIMITS = {"deletes": 1, "updates": 1, "resets": 1}
TWO_DELETES = f"2 deletes are over the limit of 1: {row('r0').key}, {row('r1').key}"


def plan_with_deletes(count):
    rows = [row(f"r{number}") for number in range(count)]
    return make_plan(TARGET, by_key(config()), live_with(config(), *rows))


@pytest.mark.parametrize(
    ("deletes", "allowed", "expected"),
    [
        pytest.param(1, {}, [], id="at the limit"),
        pytest.param(2, {}, [TWO_DELETES], id="over it"),
        pytest.param(2, {"deletes": 2}, [], id="over it, the exact number allowed"),
        pytest.param(
            2,
            {"deletes": 3},
            [TWO_DELETES],
            id="another allowed",
        ),
        pytest.param(
            2,
            {"updates": 2},
            [TWO_DELETES],
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
        f"2 state resets are over the limit of 1: {config().key}"
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
        f"2 deletes are over the limit of 1: {row('a').key}, {row('b').key}",
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


def test_a_refusal_names_some_objects_and_counts_the_rest():
    refusal = refusals(plan_with_deletes(7), Guards(limits=LIMITS))[0]

    assert refusal.why.endswith(f"{row('r4').key} and 2 more")


RENAME = Rename(
    old=config("123").key, new=config("orders").key, deleted=True, same_name=True, share=0.92
)
RENAMED = (
    "keboola.ex-db-mysql/orders would be created and keboola.ex-db-mysql/123 deleted, but they "
    "look like one object: the same name and 92 % of what tells them apart"
)


@pytest.mark.parametrize(
    ("rename", "allowed", "expected"),
    [
        pytest.param(RENAME, {}, [RENAMED], id="deleted"),
        pytest.param(RENAME, {"renames": 1}, [], id="the exact number allowed"),
        pytest.param(RENAME, {"renames": 2}, [RENAMED], id="another number allowed"),
        pytest.param(RENAME, {"deletes": 1}, [RENAMED], id="another kind allowed"),
        pytest.param(
            replace(RENAME, same_name=False),
            {},
            [RENAMED.replace("the same name and 92", "92")],
            id="another name",
        ),
        pytest.param(
            replace(RENAME, share=0.0),
            {},
            [RENAMED.replace(" and 92 % of what tells them apart", "")],
            id="other content",
        ),
        pytest.param(
            replace(RENAME, deleted=False),
            {},
            [RENAMED.replace("123 deleted", "123 left in the project without files")],
            id="not managed",
        ),
    ],
)
def test_what_looks_like_a_rename_is_refused(rename, allowed, expected):
    plan = make_plan(TARGET, {}, live_with())
    guards = Guards(limits=LIMITS, allowed=allowed, renames=(rename,))

    assert [each.why for each in refusals(plan, guards)] == expected


def test_a_rename_says_which_line_belongs_in_which_file():
    plan = make_plan(TARGET, {}, live_with())
    guards = Guards(limits=LIMITS, renames=(RENAME,), files={RENAME.new: "x/orders/config.yaml"})

    assert refusals(plan, guards)[0].todo == (
        'If it is one, write `id: "123"` in x/orders/config.yaml. If you mean it: --allow renames=1'
    )


@pytest.mark.parametrize(
    ("allowed", "refused"), [({}, True), ({"deletes": 1}, False), ({"deletes": 2}, True)]
)
def test_a_suspicious_absence_takes_the_exact_number_even_within_the_limit(allowed, refused):
    absence = Absence(what="odd", keys=(row("r0").key,), todo="Look.")
    guards = Guards(limits=LIMITS, allowed=allowed, absences=(absence,))
    expected = f"odd: {row('r0').key}. Look. If you mean it: --allow deletes=1"

    assert [str(each) for each in refusals(plan_with_deletes(1), guards)] == [expected] * refused
