"""A plan as a JSON document that can be reviewed, stored and applied later. Pure.

It holds all that apply needs, so neither the tree nor git has to be there, and no plain secret.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kbsync import __version__
from kbsync.canonical import canonical, digest
from kbsync.change import (
    Activation,
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
from kbsync.graph.impact import Impact, Peer, Schedule
from kbsync.graph.links import Dangling, Link
from kbsync.model import Json, Key, Resource, Version
from kbsync.plans.attribution import Attribution, Whose
from kbsync.plans.foreign import Foreign
from kbsync.plans.kinds import counts
from kbsync.plans.plan import Files, Plan, Step, Target
from kbsync.plans.plan_json import dangling_json, key_json, step_json
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
    return json.dumps(_document(plan, source, files), indent=2) + "\n"


def plan_id(plan: Plan, source: Source | None, files: Files) -> str:
    """Return the id that *plan* has when it is saved. Raises as `dump_plan` does."""
    return str(_document(plan, source, files)["planId"])


def _document(plan: Plan, source: Source | None, files: Files) -> dict[str, Any]:
    for change in plan.changes:
        if isinstance(change, Create | Update) and plain_secrets(change.after.configuration):
            raise RefusedError(
                f"{change.key} holds a secret in plain text in the project; the plan is not saved",
                hint="Have it encrypted in the project, or take its field out of `ignore`.",
            )
    document: dict[str, Any] = {
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
        "unchecked": [*plan.unchecked],
        "notManaged": [key_json(key) for key in plan.not_managed],
        "dangling": [dangling_json(each) for each in plan.dangling],
        "steps": [step_json(step, files) for step in plan.steps],
    }
    document["planId"] = _plan_id(document)
    return document


def load_plan(data: bytes, name: str) -> SavedPlan:
    """Read what `dump_plan` wrote; *name* is what problems call the file.

    Raises:
        InvalidFilesError: It is damaged, edited, or of another format version.
    """
    document = parse(data, _AS_JSON)
    problems = [*document.problems] or _format_problems(document.value)
    problems = problems or check(document, "plan")
    if problems:
        # Nobody mends a plan by hand, whatever is missing in it.
        raise InvalidFilesError([replace(each, file=name, todo=_AGAIN) for each in problems])
    found: Any = document.value
    if found["planId"] != _plan_id(found):
        what = "the plan was edited after it was made: its id is not that of its content"
        raise InvalidFilesError([Problem(name, 0, 0, what, _AGAIN)])
    return _Reader.saved_plan(found)


_AGAIN = "make a new one with `kbsync plan -o`"
_AS_JSON = "plan.json"
"""A name that reads as JSON, however the file of the plan is called."""


def _format_problems(document: Any) -> list[Problem]:
    version = document.get("formatVersion") if isinstance(document, dict) else None
    if version == FORMAT_VERSION:
        return []
    return [Problem(_AS_JSON, 0, 0, f"not a plan of format version {FORMAT_VERSION}")]


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
            unchecked=tuple(found.get("unchecked", ())),
            not_managed=tuple(cls.key(key) for key in found["notManaged"]),
            dangling=tuple(cls.dangling(each) for each in found.get("dangling", ())),
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
            impact=cls.impact(found["impact"]) if "impact" in found else Impact(),
            foreign=tuple(cls.foreign(each) for each in found.get("foreign", ())),
            needs=tuple(cls.key(each) for each in found.get("needs", ())),
        )

    @classmethod
    def change(cls, found: Any) -> Change:
        key = cls.key(found)
        makers: dict[str, Callable[[], Change]] = {
            "create": lambda: Create(cls.resource(key, found["after"])),
            "restore": lambda: Create(
                cls.resource(key, found["after"]), cls.version(found["trashed"])
            ),
            "delete": lambda: Delete(
                cls.resource(key, found["before"]), tuple(key.row(each) for each in found["rows"])
            ),
            "update": lambda: Update(
                cls.resource(key, found["before"]), cls.resource(key, found["after"])
            ),
            "reorder": lambda: Reorder(key, tuple(found["before"]), tuple(found["after"])),
            "metadata change": lambda: SetMetadata(key, found["before"], found["after"]),
            "schedule activation": lambda: Activation(
                key, True, found["cronTab"], found["timezone"]
            ),
            "schedule stop": lambda: Activation(key, is_on=False),
            "state reset": lambda: ResetState(
                key,
                found["reason"],
                {cls.key(target): target["state"] for target in found["targets"]},
                by_hand=found.get("byHand", False),
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
        wrote: dict[Key, dict[str, Json]] = {}
        for each in found["whose"]:
            whose.setdefault(cls.key(each), {})[each["label"]] = Whose(each["whose"])
            if "base" in each:
                wrote.setdefault(cls.key(each), {})[each["label"]] = each["base"]
        return Attribution(
            base=found["base"] and cls.version(found["base"]),
            edits=tuple(cls.version(edit) for edit in found["edits"]),
            whose=whose,
            wrote=wrote,
        )

    @classmethod
    def impact(cls, found: Any) -> Impact:
        return Impact(
            readers={table: cls.peers(peers) for table, peers in found["readers"].items()},
            writers={table: cls.peers(peers) for table, peers in found["writers"].items()},
            used_by=cls.peers(found["usedBy"]),
            run_by=cls.peers(found["runBy"]),
            schedules=tuple(
                Schedule(
                    peer=Peer(cls.key(each), each["name"]),
                    cron=each["cronTab"],
                    timezone=each["timezone"],
                    enabled=each["isEnabled"],
                )
                for each in found["schedules"]
            ),
        )

    @classmethod
    def peers(cls, found: Any) -> tuple[Peer, ...]:
        return tuple(Peer(cls.key(each), each["name"]) for each in found)

    @classmethod
    def foreign(cls, found: Any) -> Foreign:
        return Foreign(
            key=cls.key(found),
            path=tuple(found["path"]),
            cloud=found["cloud"],
            known=found["known"],
            file=found["file"],
            line=found["line"],
            column=found["column"],
        )

    @classmethod
    def dangling(cls, found: Any) -> Dangling:
        return Dangling(
            link=Link(cls.key(found), tuple(found["path"]), cls.key(found["target"])),
            is_deleted=found["isDeleted"],
            file=found["file"],
            line=found["line"],
            column=found["column"],
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
