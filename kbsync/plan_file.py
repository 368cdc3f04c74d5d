"""A plan as a JSON document that can be reviewed, stored and applied later. Pure.

It holds all that apply needs, so neither the tree nor git has to be there, and no plain secret.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kbsync import __version__
from kbsync.attribution import Attribution, Whose
from kbsync.canonical import canonical, digest
from kbsync.change import (
    Change,
    Create,
    Delete,
    Reorder,
    ResetState,
    SetMetadata,
    Update,
)
from kbsync.documents.document import parse
from kbsync.documents.validate import check
from kbsync.errors import InvalidFilesError, RefusedError
from kbsync.model import Key, Resource, Version
from kbsync.plan import Files, Plan, Step, Target, counts
from kbsync.plan_json import key_json, step_json
from kbsync.problems import Problem
from kbsync.secrets import plain_secrets

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
    """Return *plan* as JSON text: the same plan gives the same text, and its id is in it.

    Raises:
        RefusedError: It would write a secret in plain text: one that live holds in an ignored
            field, and that apply would send back.
    """
    for change in plan.changes:
        if isinstance(change, Create | Update) and plain_secrets(change.after.configuration):
            raise RefusedError(
                f"{change.key} holds a secret in plain text in the project; the plan is not saved",
                hint="Have it encrypted in the project, or take its field out of `ignore`.",
            )
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
        "steps": [step_json(step, files) for step in plan.steps],
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
