"""The steps of a plan as JSON values. Pure.

They hold no plain secret: what live has in plain text is left out, because apply sends only what
the files say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import assert_never

from kbsync.change import (
    Activation,
    Change,
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
from kbsync.compare.diff import content
from kbsync.compare.explain import (
    Explained,
    FieldChange,
    FormChange,
    OrderChange,
    TextChange,
    explain,
)
from kbsync.compare.json_text import mask_inside
from kbsync.graph.impact import Impact, Peer, Schedule
from kbsync.graph.links import Dangling
from kbsync.model import Json, JsonObject, Key, Resource, Version
from kbsync.paths import MISSING, put_at
from kbsync.plans.attribution import Attribution
from kbsync.plans.foreign import Foreign
from kbsync.plans.kinds import kind
from kbsync.plans.plan import Files, Step
from kbsync.secrets import MASKED, plain_secrets


def step_json(step: Step, files: Files) -> JsonObject:
    return {
        **key_json(step.key),
        "name": step.name,
        "base": version_json(step.base) if step.base else None,
        "attribution": _attribution(step.attribution) if step.attribution else None,
        "impact": _impact(step.impact),
        **({"foreign": [foreign_json(each) for each in step.foreign]} if step.foreign else {}),
        "needs": [key_json(key) for key in step.needs],
        "changes": [change_json(change, files) for change in step.changes],
    }


def change_json(change: Change, files: Files) -> JsonObject:
    word: JsonObject = {"kind": kind(change)}
    match change:
        case Create(after, trashed):
            origin: JsonObject = {"trashed": version_json(trashed)} if trashed else {}
            return {**word, **key_json(after.key), "after": _resource(after), **origin}
        case Delete(before):
            rows = [key.row_id for key in change.rows]
            side = _resource(_shareable(before))
            return {**word, **key_json(before.key), "before": side, "rows": [*rows]}
        case Update(before, after):
            fields = [
                explained_json(each) | _file(files.get((after.key, each.path)))
                for each in explain(content(before), content(after))
            ]
            sides = {"before": _resource(_shareable(before)), "after": _resource(after)}
            return {**word, **key_json(after.key), **sides, "fields": [*fields]}
        case Reorder(key, before, after):
            return {**word, **key_json(key), "before": [*before], "after": [*after]}
        case SetMetadata(key, before, after):
            return {**word, **key_json(key), "before": {**before}, "after": {**after}}
        case Rollback() | Restore() | PutState():
            raise ValueError("what goes back is applied at once and never saved")
        case ResetState(key, reason, targets, by_hand):
            # No file says a state, so nobody needs it whole: not the secrets in texts of it either.
            states = [
                {**key_json(each), "state": mask_inside(found)} for each, found in targets.items()
            ]
            typed: JsonObject = {"byHand": True} if by_hand else {}
            return {**word, **key_json(key), "reason": reason, "targets": [*states], **typed}
        case Activation(key, is_on, cron, timezone):
            when: JsonObject = {"cronTab": cron, "timezone": timezone} if is_on else {}
            return {**word, **key_json(key), **when}
        case _:
            assert_never(change)


def explained_json(found: Explained) -> JsonObject:
    """Return what differs in one place; its secrets are masked."""
    where: JsonObject = {"path": [*found.path], "label": found.label}
    match found:
        case FieldChange(_, _, before, after):
            sides = {"before": before, "after": after}
            return where | {name: side for name, side in sides.items() if side is not MISSING}
        case TextChange(_, _, before, after):
            return {**where, "before": before, "after": after}
        case OrderChange(_, _, before, after):
            return {**where, "orderBefore": [*before], "orderAfter": [*after]}
        case FormChange():
            return where
        case _:
            assert_never(found)


def _file(name: str | None) -> JsonObject:
    return {"file": name} if name else {}


def _shareable(resource: Resource) -> Resource:
    """Return *resource* without the secrets that live holds in plain text."""
    paths = plain_secrets(resource.configuration)
    if not paths:
        return resource
    configuration = deepcopy(resource.configuration)
    for path in paths:
        put_at(configuration, path, f"{MASKED}plain text")
    return replace(resource, configuration=configuration)


def key_json(key: Key) -> JsonObject:
    found: JsonObject = {"componentId": key.component_id, "configId": key.config_id}
    return {**found, "rowId": key.row_id} if key.is_row else found


def _resource(resource: Resource) -> JsonObject:
    order = resource.rows_sort_order
    return {
        **content(resource),
        "rowsSortOrder": None if order is None else [*order],
        "metadata": {**resource.metadata},
        "resetState": resource.reset_state,
    }


def version_json(version: Version) -> JsonObject:
    return {
        "version": version.number,
        "versionIdentifier": version.identifier,
        "created": version.created,
        "author": version.author,
        "changeDescription": version.message,
    }


def _attribution(found: Attribution) -> JsonObject:
    return {
        "base": version_json(found.base) if found.base else None,
        "edits": [version_json(edit) for edit in found.edits],
        "whose": [
            {**key_json(key), "label": label, "whose": str(each), **_wrote(found, key, label)}
            for key, labels in found.whose.items()
            for label, each in labels.items()
        ],
    }


def _impact(found: Impact) -> JsonObject:
    return {
        "readers": _by_table(found.readers),
        "writers": _by_table(found.writers),
        "usedBy": _peers(found.used_by),
        "runBy": _peers(found.run_by),
        "schedules": [_schedule(each) for each in found.schedules],
    }


def _by_table(found: Mapping[str, Sequence[Peer]]) -> JsonObject:
    return {table: _peers(peers) for table, peers in found.items()}


def _peers(found: Sequence[Peer]) -> list[Json]:
    return [_peer(each) for each in found]


def _peer(found: Peer) -> JsonObject:
    return {**key_json(found.key), "name": found.name}


def _schedule(found: Schedule) -> JsonObject:
    return {
        **_peer(found.peer),
        "cronTab": found.cron,
        "timezone": found.timezone,
        "isEnabled": found.enabled,
    }


def foreign_json(found: Foreign) -> JsonObject:
    return {
        **key_json(found.key),
        "path": [*found.path],
        "cloud": found.cloud,
        "known": found.known,
        "file": found.file,
        "line": found.line,
        "column": found.column,
    }


def dangling_json(found: Dangling) -> JsonObject:
    return {
        **key_json(found.link.source),
        "path": [*found.link.path],
        "target": key_json(found.link.target),
        "isDeleted": found.is_deleted,
        "file": found.file,
        "line": found.line,
        "column": found.column,
    }


def _wrote(found: Attribution, key: Key, label: str) -> JsonObject:
    values = found.wrote.get(key, {})
    return {"base": values[label]} if label in values else {}
