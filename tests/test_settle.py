from dataclasses import replace

import pytest

from kbsync.change import (
    Create,
    Delete,
    PutState,
    Reorder,
    ResetState,
    Restore,
    Rollback,
    SetMetadata,
    Update,
)
from kbsync.model import Version
from kbsync.plans.plan import Step
from kbsync.plans.writes import writes
from kbsync.run.settle import carried_out
from tests.builders import config, live_with, row

OURS, THEIRS = "Load [kbsync run=01OURS]", "hotfix"

OLD = config(configuration={"x": 1})
NEW = replace(OLD, configuration={"x": 2}, description="New")
OLD_ROW, NEW_ROW = row("a", configuration={"n": 1}), row("a", configuration={"n": 2})


def live(*resources, by=THEIRS, states=None):
    """A project in which somebody, or this run, wrote the newest versions."""
    found = live_with(*resources, states=states)
    version = Version(number=2, identifier="ID-2", message=by)
    return replace(found, versions=dict.fromkeys(found.versions, version))


def only_write(*changes):
    """The last request that carries out *changes*."""
    base = None if isinstance(changes[0], Create) else Version(number=1, identifier="ID-1")
    step = Step(key=OLD.key, name="Orders", base=base, changes=changes)
    return writes(step, OURS)[-1]


def row_create():
    base = Version(number=1, identifier="ID-1")
    step = Step(key=OLD.key, name="Orders", base=base, changes=(Create(NEW_ROW),))
    return writes(step, OURS)[0]


CASES = {
    "create: happened": (only_write(Create(NEW)), live(NEW, by=OURS), True),
    "create: did not": (only_write(Create(NEW)), None, False),
    "create: somebody else's": (only_write(Create(NEW)), live(NEW), False),
    "row create: happened": (row_create(), live(OLD, NEW_ROW, by=OURS), True),
    "row create: did not": (row_create(), live(OLD), False),
    "row create: somebody else's": (row_create(), live(OLD, NEW_ROW), False),
    "row create: configuration gone": (row_create(), None, False),
    "update: happened": (only_write(Update(OLD, NEW)), live(NEW, by=OURS), True),
    "update: did not": (only_write(Update(OLD, NEW)), live(OLD), False),
    "update: somebody wrote the same": (only_write(Update(OLD, NEW)), live(NEW), True),
    "update: half of it": (
        only_write(Update(OLD, NEW)),
        live(replace(NEW, description="")),
        False,
    ),
    "update: what it does not touch differs": (
        only_write(Update(OLD, NEW)),
        live(replace(NEW, name="Other"), by=OURS),
        True,
    ),
    "update: one is not true": (
        only_write(Update(OLD, replace(OLD, configuration={"x": True}))),
        live(OLD, by=OURS),
        False,
    ),
    "update: gone": (only_write(Update(OLD, NEW)), None, False),
    "row update: happened": (only_write(Update(OLD_ROW, NEW_ROW)), live(OLD, NEW_ROW), True),
    "row update: did not": (only_write(Update(OLD_ROW, NEW_ROW)), live(OLD, OLD_ROW), False),
    "row update: gone": (only_write(Update(OLD_ROW, NEW_ROW)), live(OLD), False),
    "delete: happened": (only_write(Delete(OLD)), None, True),
    "delete: did not": (only_write(Delete(OLD)), live(OLD), False),
    "row delete: happened": (only_write(Delete(OLD_ROW)), live(OLD), True),
    "row delete: did not": (only_write(Delete(OLD_ROW)), live(OLD, OLD_ROW), False),
    "row delete: configuration gone": (only_write(Delete(OLD_ROW)), None, True),
    "order: happened": (
        only_write(Reorder(OLD.key, ("a", "b"), ("b", "a"))),
        live(replace(OLD, rows_sort_order=("b", "a"))),
        True,
    ),
    "order: did not": (
        only_write(Reorder(OLD.key, ("a", "b"), ("b", "a"))),
        live(replace(OLD, rows_sort_order=("a", "b"))),
        False,
    ),
    "order: never sorted": (
        only_write(Reorder(OLD.key, ("a", "b"), ("b", "a"))),
        live(OLD),
        False,
    ),
    "metadata: happened": (
        only_write(SetMetadata(OLD.key, {}, {"k": "v"})),
        live(replace(OLD, metadata={"k": "v", "other": "1"})),
        True,
    ),
    "metadata: did not": (
        only_write(SetMetadata(OLD.key, {}, {"k": "v"})),
        live(replace(OLD, metadata={"k": "old"})),
        False,
    ),
    "metadata: half of it": (
        only_write(SetMetadata(OLD.key, {}, {"k": "v", "l": "w"})),
        live(replace(OLD, metadata={"k": "v"})),
        False,
    ),
    "metadata: gone": (only_write(SetMetadata(OLD.key, {}, {"k": "v"})), None, False),
    "note of a reset: happened": (
        only_write(ResetState(OLD.key, "once", {})),
        live(replace(OLD, reset_state="once")),
        True,
    ),
    "note of a reset: did not": (
        only_write(ResetState(OLD.key, "twice", {})),
        live(replace(OLD, reset_state="once")),
        False,
    ),
    "note of a row's reset: happened": (
        only_write(ResetState(OLD_ROW.key, "once", {})),
        live(OLD, replace(OLD_ROW, reset_state="once")),
        True,
    ),
    "note of a row's reset: of the configuration only": (
        only_write(ResetState(OLD_ROW.key, "once", {})),
        live(replace(OLD, reset_state="once"), OLD_ROW),
        False,
    ),
    "rollback: happened": (only_write(Rollback(OLD.key, 1, ())), live(OLD, by=OURS), True),
    "rollback: did not": (only_write(Rollback(OLD.key, 1, ())), live(NEW), False),
    "rollback: gone": (only_write(Rollback(OLD.key, 1, ())), None, False),
    "restore: happened": (
        only_write(Restore(OLD.key, Version(number=2, identifier="ID-2"))),
        live(OLD),
        True,
    ),
    "restore: did not": (
        only_write(Restore(OLD.key, Version(number=2, identifier="ID-2"))),
        None,
        False,
    ),
}


@pytest.mark.parametrize(("write", "found", "happened"), CASES.values(), ids=CASES)
def test_a_read_tells_whether_a_write_was_carried_out(write, found, happened):
    assert carried_out(write, found, OURS) is happened


@pytest.mark.parametrize(
    ("state", "happened"),
    [
        pytest.param({}, True, id="happened"),
        pytest.param({"since": 5}, False, id="did not"),
    ],
)
def test_a_read_tells_whether_a_state_was_reset(state, happened):
    step = Step(
        key=OLD.key,
        name="Orders",
        base=Version(number=1, identifier="ID-1"),
        changes=(ResetState(OLD.key, "once", {OLD_ROW.key: {"since": 5}}),),
    )
    write = writes(step, OURS)[0]

    assert carried_out(write, live(OLD, OLD_ROW, states={OLD_ROW.key: state}), OURS) is happened
    assert carried_out(write, None, OURS) is False


@pytest.mark.parametrize(
    ("state", "happened"),
    [
        pytest.param({"since": 5}, True, id="happened"),
        pytest.param({}, False, id="did not"),
        pytest.param({"since": 6}, False, id="a job was faster"),
    ],
)
def test_a_read_tells_whether_a_state_was_put_back(state, happened):
    step = Step(
        key=OLD.key,
        name="Orders",
        base=Version(number=1, identifier="ID-1"),
        changes=(PutState(OLD.key, {OLD_ROW.key: {"since": 5}}),),
    )
    write = writes(step, OURS)[0]

    assert carried_out(write, live(OLD, OLD_ROW, states={OLD_ROW.key: state}), OURS) is happened
    assert carried_out(write, None, OURS) is False
