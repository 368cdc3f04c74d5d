"""A plan as a JSON document that can be reviewed, stored and applied later. Pure.

It holds all that apply needs, so neither the tree nor git has to be there, and no plain secret:
what live has in plain text is left out, because apply sends only what the files say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, assert_never

from kbsync import __version__
from kbsync.attribution import Attribution, Whose
from kbsync.canonical import canonical, digest
from kbsync.change import (
    Change,
    Create,
    Delete,
    Reorder,
    ResetState,
    Rollback,
    SetMetadata,
    Update,
)
from kbsync.diff import content
from kbsync.documents.document import parse
from kbsync.documents.validate import check
from kbsync.errors import InvalidFilesError
from kbsync.explain import Explained, FieldChange, OrderChange, TextChange, explain
from kbsync.model import JsonObject, Key, Resource, Version
from kbsync.paths import MISSING, put_at
from kbsync.plan import Files, Plan, Step, Target, counts, kind
from kbsync.problems import Problem
from kbsync.secrets import MASKED, mask, plain_secrets

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The commit that the files were at."""

    commit: str
    subject: str
    dirty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """A plan with where it came from."""

    plan: Plan
    source: Source | None
    plan_id: str
    files: Files


def dump_plan(plan: Plan, source: Source | None, files: Files) -> str:
    """Return *plan* as JSON text: the same plan gives the same text, and its id is in it."""
    document = {
        "formatVersion": FORMAT_VERSION,
        "planId": "",
        "kbsyncVersion": __version__,
        "target": {
            "stack": plan.target.stack,
            "projectId": plan.target.project_id,
            "projectName": plan.target.project_name,
            "branch": plan.target.branch,
        },
        "source": source
        and {"commit": source.commit, "subject": source.subject, "dirty": source.dirty},
        "counts": counts(plan.changes),
        "unchanged": plan.unchanged,
        "ignored": plan.ignored,
        "notManaged": [key_json(key) for key in plan.not_managed],
        "steps": [_step(step, files) for step in plan.steps],
    }
    document["planId"] = _plan_id(document)
    return json.dumps(document, indent=2) + "\n"


def load_plan(data: bytes, name: str) -> SavedPlan:
    """Read what `dump_plan` wrote; *name* is what problems call the file.

    Raises:
        InvalidFilesError: It is damaged, edited, or of another format version.
    """
    document = parse(data, name if name.endswith(".json") else f"{name}.json")
    problems = [*document.problems] or _format_problems(document.value, name)
    problems = problems or check(document, "plan")
    if problems:
        raise InvalidFilesError(problems)
    found: Any = document.value
    if found["planId"] != _plan_id(found):
        what = "the plan was edited after it was made: its id is not that of its content"
        raise InvalidFilesError([Problem(name, 0, 0, what, _AGAIN)])
    return _Reader.saved_plan(found)


_AGAIN = "make a new one with `kbsync plan -o`"


def _format_problems(document: Any, name: str) -> list[Problem]:
    version = document.get("formatVersion") if isinstance(document, dict) else None
    if version == FORMAT_VERSION:
        return []
    what = f"not a plan of format version {FORMAT_VERSION}"
    return [Problem(name, 0, 0, what, _AGAIN)]


def _plan_id(document: Mapping[str, Any]) -> str:
    return digest(canonical({**document, "planId": ""}))[:16]


def _step(step: Step, files: Files) -> JsonObject:
    return {
        **key_json(step.key),
        "name": step.name,
        "base": version_json(step.base) if step.base else None,
        "attribution": _attribution(step.attribution) if step.attribution else None,
        "changes": [change_json(change, files) for change in step.changes],
    }


def change_json(change: Change, files: Files) -> JsonObject:
    word: JsonObject = {"kind": kind(change)}
    match change:
        case Create(after):
            return {**word, **key_json(after.key), "after": _resource(after)}
        case Delete(before):
            rows = [key.row_id for key in change.rows]
            side = _resource(_shareable(before))
            return {**word, **key_json(before.key), "before": side, "rows": [*rows]}
        case Update(before, after):
            fields = [
                _explained(each) | _file(files.get((after.key, each.path)))
                for each in explain(content(before), content(after))
            ]
            sides = {"before": _resource(_shareable(before)), "after": _resource(after)}
            return {**word, **key_json(after.key), **sides, "fields": [*fields]}
        case Reorder(key, before, after):
            return {**word, **key_json(key), "before": [*before], "after": [*after]}
        case SetMetadata(key, before, after):
            return {**word, **key_json(key), "before": {**before}, "after": {**after}}
        case ResetState(key, reason, targets):
            states = [{**key_json(each), "state": mask(found)} for each, found in targets.items()]
            return {**word, **key_json(key), "reason": reason, "targets": [*states]}
        case Rollback():
            raise ValueError("a rollback is applied at once, never saved")
        case _:
            assert_never(change)


def _explained(found: Explained) -> JsonObject:
    where: JsonObject = {"path": [*found.path], "label": found.label}
    match found:
        case FieldChange(_, _, before, after):
            sides = {"before": before, "after": after}
            return where | {name: side for name, side in sides.items() if side is not MISSING}
        case TextChange(_, _, before, after):
            return {**where, "before": before, "after": after}
        case OrderChange(_, _, before, after):
            return {**where, "orderBefore": [*before], "orderAfter": [*after]}
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
            {**key_json(key), "label": label, "whose": str(each)}
            for key, labels in found.whose.items()
            for label, each in labels.items()
        ],
    }


class _Reader:
    """Builds values from a document that its schema describes."""

    @classmethod
    def saved_plan(cls, found: Any) -> SavedPlan:
        target = found["target"]
        plan = Plan(
            target=Target(
                stack=target["stack"],
                project_id=target["projectId"],
                project_name=target["projectName"],
                branch=target["branch"],
            ),
            steps=tuple(cls.step(step) for step in found["steps"]),
            unchanged=found["unchanged"],
            ignored=found["ignored"],
            not_managed=tuple(cls.key(key) for key in found["notManaged"]),
        )
        source = found["source"] and Source(**found["source"])
        files = {
            (cls.key(change), tuple(field["path"])): field["file"]
            for step in found["steps"]
            for change in step["changes"]
            for field in change.get("fields", [])
            if "file" in field
        }
        return SavedPlan(plan=plan, source=source, plan_id=found["planId"], files=files)

    @classmethod
    def step(cls, found: Any) -> Step:
        return Step(
            key=cls.key(found),
            name=found["name"],
            base=found["base"] and cls.version(found["base"]),
            changes=tuple(cls.change(change) for change in found["changes"]),
            attribution=found["attribution"] and cls.attribution(found["attribution"]),
        )

    @classmethod
    def change(cls, found: Any) -> Change:
        key = cls.key(found)
        makers: dict[str, Callable[[], Change]] = {
            "create": lambda: Create(cls.resource(key, found["after"])),
            "delete": lambda: Delete(
                cls.resource(key, found["before"]), tuple(key.row(each) for each in found["rows"])
            ),
            "update": lambda: Update(
                cls.resource(key, found["before"]), cls.resource(key, found["after"])
            ),
            "reorder": lambda: Reorder(key, tuple(found["before"]), tuple(found["after"])),
            "metadata change": lambda: SetMetadata(key, found["before"], found["after"]),
            "state reset": lambda: ResetState(
                key,
                found["reason"],
                {cls.key(target): target["state"] for target in found["targets"]},
            ),
        }
        return makers[found["kind"]]()

    @classmethod
    def resource(cls, key: Key, found: Any) -> Resource:
        order = found["rowsSortOrder"]
        return Resource(
            key=key,
            name=found["name"],
            description=found["description"],
            is_disabled=found["isDisabled"],
            configuration=found["configuration"],
            rows_sort_order=None if order is None else tuple(order),
            metadata=found["metadata"],
            reset_state=found["resetState"],
        )

    @classmethod
    def attribution(cls, found: Any) -> Attribution:
        whose: dict[Key, dict[str, Whose]] = {}
        for each in found["whose"]:
            whose.setdefault(cls.key(each), {})[each["label"]] = Whose(each["whose"])
        return Attribution(
            base=found["base"] and cls.version(found["base"]),
            edits=tuple(cls.version(edit) for edit in found["edits"]),
            whose=whose,
        )

    @staticmethod
    def key(found: Any) -> Key:
        return Key(found["componentId"], found["configId"], found.get("rowId", ""))

    @staticmethod
    def version(found: Any) -> Version:
        return Version(
            number=found["version"],
            identifier=found["versionIdentifier"],
            created=found["created"],
            author=found["author"],
            message=found["changeDescription"],
        )
