"""Plans of any size, written down in tests."""

from __future__ import annotations

from kbsync.change import Create, Delete, ResetState, Update
from kbsync.model import Version
from kbsync.plans.attribution import Attribution, Whose
from kbsync.plans.plan import Plan, Step
from tests.builders import TARGET, config, row


def step(key, *changes, name="Orders", edits=(), whose=None):
    known = Attribution(base=version(1), edits=edits, whose=whose or {}) if edits else None
    return Step(key=key, name=name, base=version(3), changes=changes, attribution=known)


def version(number, **fields):
    return Version(number=number, identifier=f"ID-{number}", **fields)


def plan(*steps, **fields):
    return Plan(target=fields.pop("target", TARGET), steps=steps, **fields)


def updated(config_id, before, after, **fields):
    """A step that changes the contents of one configuration."""
    name = fields.pop("name", "Orders")
    old = config(config_id, name=name, configuration=before)
    new = config(config_id, name=name, configuration=after)
    return step(old.key, Update(old, new), name=name, **fields)


def deleted(config_id, name="Orders"):
    gone = config(config_id, name=name)
    return step(gone.key, Delete(gone), name=name)


def reset(config_id, reason, states, name="Orders"):
    key = config(config_id).key
    targets = {key.row(row_id): state for row_id, state in states.items()}
    return step(key, ResetState(key, reason, targets), name=name)


def reverted(config_id, edit, *, name="Orders"):
    """A step that would undo what *edit* says somebody saved."""
    key = config(config_id).key
    whose = {key: {"x": Whose.DRIFT}}
    return updated(config_id, {"x": 7}, {"x": 1}, edits=(edit,), whose=whose, name=name)


def created(config_id, configuration, name="Orders"):
    new = config(config_id, name=name, configuration=configuration)
    rows = (Create(row("r", config_id, name=name)),)
    return step(new.key, Create(new), *rows, name=name)


def mixed(count, name="Orders"):
    """As many configurations, some of which are deleted, reset, reverted or new."""
    edit = version(2, author="ann@shop.test", created="2026-11-20", message="hotfix")
    text = "SELECT a\nFROM t\nWHERE x\n"
    makers = (
        lambda number: deleted(number, name),
        lambda number: reset(number, "backfill", {"r": {"since": 5}}, name),
        lambda number: reverted(number, edit, name=name),
        lambda number: updated(number, {"sql": text}, {"sql": text + number}, name=name),
        lambda number: created(number, {"sql": text, "n": 1}, name),
    )
    return plan(*(makers[index % len(makers)](f"c{index}") for index in range(count)))
