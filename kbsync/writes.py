"""The requests that carry out one step of a plan, in order. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from kbsync.canonical import same
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
from kbsync.diff import content
from kbsync.model import Json, JsonObject, Key
from kbsync.plan import Step
from kbsync.stamp import SECRETS_KEY, TAKEN_BACK, reset_key


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One request that changes the project."""

    key: Key
    action: Action
    method: str
    path: tuple[str, ...]
    """Segments after the branch, not percent-encoded."""
    body: JsonObject | None = None

    @property
    def makes_version(self) -> bool:
        """Whether the configuration gets a new version: all but component state and metadata do."""
        return self.action not in (Action.RESET_STATE, Action.PUT_STATE, Action.SET_METADATA)


def writes(step: Step, message: str) -> tuple[Write, ...]:
    """Return the writes of *step*, each version described by *message*.

    Create, row creates in order, row updates, row deletes, one PUT of the configuration and its row
    order together, state resets, metadata: as few versions as the API allows.
    """
    return tuple(_Writer(step, message).all())


def path_of(key: Key) -> tuple[str, ...]:
    """The API's path of *key*, after the branch."""
    config = ("components", key.component_id, "configs", key.config_id)
    return (*config, "rows", key.row_id) if key.is_row else config


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

    @staticmethod
    def write(
        key: Key, action: Action, method: str, path: tuple[str, ...], body: JsonObject | None
    ) -> Write:
        return Write(key=key, action=action, method=method, path=path, body=body)


def _changed(change: Update) -> JsonObject:
    before = content(change.before)
    return {
        name: value
        for name, value in content(change.after).items()
        if not same(value, before[name])
    }
