"""The requests that carry out one step of a plan, in order. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kbsync.canonical import same
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
from kbsync.model import Json, JsonObject, Key
from kbsync.plans.plan import Step, deletes_configuration, version_before
from kbsync.stamp import SCHEDULE_KEY, SECRETS_KEY, TAKEN_BACK, reset_key


class Action(StrEnum):
    """What a write does, in words for people."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    RESTORE = "restore"
    RESET_STATE = "reset state"
    PUT_STATE = "put state back"
    SET_METADATA = "set metadata"
    ROLL_BACK = "roll back"
    ACTIVATE = "activate schedule"
    DEACTIVATE = "stop schedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One request that changes the project."""

    key: Key
    action: Action
    method: str
    path: tuple[str, ...]
    """Segments after the branch, or of the service; not percent-encoded."""
    body: JsonObject | None = None
    service: str = ""
    """The service beside Storage that it is for; `""` for Storage itself."""

    @property
    def makes_version(self) -> bool:
        """Whether the configuration gets a new version: its component state is in none."""
        return self.action in _VERSIONED


_VERSIONED = (Action.CREATE, Action.UPDATE, Action.DELETE, Action.RESTORE, Action.ROLL_BACK)

SCHEDULER_SERVICE = "scheduler"
"""As the stack's index calls it."""


def writes(step: Step, message: str) -> tuple[Write, ...]:
    """Return the writes of *step*, each version described by *message*.

    Create, row creates in order, row updates, row deletes, one PUT of the configuration and its row
    order together, state resets, metadata: as few versions as the API allows. Then what the
    scheduler service is told, and that it was; of what is deleted, it is told before.
    """
    writer = _Writer(step, message)
    made = tuple(writer.all())
    if deletes_configuration(step):
        return (*writer.activations(), *made)
    version = version_before(step) + sum(write.makes_version for write in made)
    return (*made, *writer.activations(), *writer.announced(version))


def path_of(key: Key) -> tuple[str, ...]:
    """The API's path of *key*, after the branch."""
    config = ("components", key.component_id, "configs", key.config_id)
    return (*config, "rows", key.row_id) if key.is_row else config


def requests_for(steps: Sequence[Step]) -> int:
    """How many requests writing *steps* takes: reads before and after, and the writes."""
    return sum(2 + 2 * needs_metadata(step) + len(writes(step, "")) for step in steps)


def needs_metadata(step: Step) -> bool:
    if deletes_configuration(step):
        return False
    return bool(step.note) or any(map(_sets_metadata, step.changes))


def _sets_metadata(change: Change) -> bool:
    match change:
        case SetMetadata() | Activation():
            return True
        case ResetState(by_hand=by_hand):
            return not by_hand
        case PutState(resets=resets):
            return bool(resets)
        case _:
            return False


class _Writer:
    def __init__(self, step: Step, message: str) -> None:
        self.step = step
        self.stamp: JsonObject = {"changeDescription": message}

    def all(self) -> Iterator[Write]:
        yield from self.restores()
        yield from self.rollbacks()
        if self.step.base is None:
            # The mark of a reset comes first: were it lost, the next run would forget a state that
            # was written since.
            yield from self.creates(rows=False)
            yield from self.metadata()
            yield from self.creates(rows=True)
        else:
            yield from self.creates(rows=True)
        yield from self.row_updates()
        yield from self.row_deletes()
        yield from self.configuration()
        yield from self.component_states()
        if self.step.base is not None:
            yield from self.metadata()
        yield from self.configuration_delete()

    def restores(self) -> Iterator[Write]:
        for change in self.step.changes:
            if isinstance(change, Restore):
                path = (*path_of(change.key), "restore")
                yield self.write(change.key, Action.RESTORE, "POST", path, self.stamp)

    def rollbacks(self) -> Iterator[Write]:
        for change in self.step.changes:
            if isinstance(change, Rollback):
                path = (*path_of(change.key), "versions", str(change.to_version), "rollback")
                yield self.write(change.key, Action.ROLL_BACK, "POST", path, self.stamp)

    def creates(self, *, rows: bool) -> Iterator[Write]:
        for change in self.step.changes:
            if isinstance(change, Create) and change.key.is_row is rows:
                key = change.key
                id_name = "rowId" if key.is_row else "configurationId"
                body = {id_name: path_of(key)[-1], **content(change.after), **self.stamp}
                yield self.write(key, Action.CREATE, "POST", path_of(key)[:-1], body)

    def row_updates(self) -> Iterator[Write]:
        for change in self.step.changes:
            if isinstance(change, Update) and change.key.is_row:
                # A row PUT with `name` makes a version even when the name is the same.
                body = {**_changed(change), **self.stamp}
                yield self.write(change.key, Action.UPDATE, "PUT", path_of(change.key), body)

    def row_deletes(self) -> Iterator[Write]:
        for change in self.step.changes:
            if isinstance(change, Delete) and change.key.is_row:
                yield self.write(
                    change.key, Action.DELETE, "DELETE", path_of(change.key), self.stamp
                )

    def configuration(self) -> Iterator[Write]:
        body: JsonObject = {}
        for change in self.step.changes:
            if isinstance(change, Update) and not change.key.is_row:
                body |= _changed(change)
            elif isinstance(change, Create) and not change.key.is_row and change.after.is_disabled:
                # An id that lies in the trash comes back enabled, whatever the create call says.
                body |= {"isDisabled": True}
            elif isinstance(change, Reorder):
                body |= {"rowsSortOrder": list(change.after)}
        if body:
            body |= self.stamp
            yield self.write(self.step.key, Action.UPDATE, "PUT", path_of(self.step.key), body)

    def component_states(self) -> Iterator[Write]:
        for change in self.step.changes:
            if isinstance(change, ResetState):
                for key in change.targets:
                    path = (*path_of(key), "state")
                    yield self.write(key, Action.RESET_STATE, "PUT", path, {"state": {}})
            elif isinstance(change, PutState):
                for key, found in change.states.items():
                    path = (*path_of(key), "state")
                    yield self.write(key, Action.PUT_STATE, "PUT", path, {"state": found})

    def metadata(self) -> Iterator[Write]:
        values: dict[str, str] = {}
        for change in self.step.changes:
            if isinstance(change, SetMetadata):
                values |= change.after
            elif isinstance(change, ResetState) and not change.by_hand:
                values[reset_key(change.key)] = change.reason
            elif isinstance(change, PutState):
                values |= {reset_key(key): TAKEN_BACK for key in change.resets}
        if self.step.note:
            values[SECRETS_KEY] = self.step.note
        if values:
            entries: list[Json] = [{"key": key, "value": value} for key, value in values.items()]
            path = (*path_of(self.step.key), "metadata")
            yield self.write(
                self.step.key, Action.SET_METADATA, "POST", path, {"metadata": entries}
            )

    def configuration_delete(self) -> Iterator[Write]:
        for change in self.step.changes:
            if isinstance(change, Delete) and not change.key.is_row:
                yield self.write(change.key, Action.DELETE, "DELETE", path_of(change.key), None)

    def activations(self) -> Iterator[Write]:
        for change in self.step.changes:
            if isinstance(change, Activation):
                yield activating(change.key) if change.is_on else deactivating(change.key)

    def announced(self, version: int) -> Iterator[Write]:
        """Note which version was told, so that whoever finds another one knows what is missing."""
        for change in self.step.changes:
            if isinstance(change, Activation):
                path = (*path_of(change.key), "metadata")
                entries: list[Json] = [{"key": SCHEDULE_KEY, "value": str(version)}]
                yield self.write(
                    change.key, Action.SET_METADATA, "POST", path, {"metadata": entries}
                )

    @staticmethod
    def write(
        key: Key, action: Action, method: str, path: tuple[str, ...], body: JsonObject | None
    ) -> Write:
        return Write(key=key, action=action, method=method, path=path, body=body)


def activating(key: Key) -> Write:
    return Write(
        key=key,
        action=Action.ACTIVATE,
        method="POST",
        path=("schedules",),
        body={"configurationId": key.config_id},
        service=SCHEDULER_SERVICE,
    )


def deactivating(key: Key) -> Write:
    return Write(
        key=key,
        action=Action.DEACTIVATE,
        method="DELETE",
        path=("configurations", key.config_id),
        service=SCHEDULER_SERVICE,
    )


def _changed(change: Update) -> JsonObject:
    before = content(change.before)
    return {
        name: value
        for name, value in content(change.after).items()
        if not same(value, before[name])
    }
