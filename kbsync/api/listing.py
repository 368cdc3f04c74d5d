"""What the Storage API answers, read into resources and versions. Pure.

Strict on purpose: an answer that lacks something is refused, because absence must never be read as
"deleted". Properties that are not known are kept by the API, because a PUT changes only what it
names; `unknown_properties` tells of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from kbsync.components import read_components
from kbsync.errors import ApiError
from kbsync.model import JsonObject, Key, Live, Resource, Trashed, Version
from kbsync.stamp import OWN_METADATA, SCHEDULE_KEY, SECRETS_KEY, reset_key

_T = TypeVar("_T")

Metadata = Mapping[Key, Mapping[str, str]]


def read_listing(components: Any, metadata: Metadata) -> Live:
    """Read `GET components?include=configuration,rows,state`.

    Raises:
        ApiError: Something is missing or of another type than documented.
    """
    reader = _Reader()
    for component in _typed(components, list, "the list of components"):
        component_id = _id(component, "a component")
        where = f"component {component_id}"
        for config in _get(component, "configurations", list, where):
            key = Key(component_id, _id(config, where))
            reader.configuration(key, config, metadata.get(key, {}))
    return replace(reader.live(), components=tuple(read_components(components)))


def read_used(components: Any) -> dict[str, int]:
    """Return how many configurations a listing has of each component."""
    return {
        _id(each, "a component"): len(_get(each, "configurations", list, "a component"))
        for each in _typed(components, list, "the list of components")
    }


_CONTENT = {"id", "name", "description", "configuration", "state", "isDisabled"}
_ORIGIN = {"version", "created", "creatorToken", "changeDescription"}
_ROW = _CONTENT | _ORIGIN | {"versionIdentifier"}
_CONFIGURATION = _CONTENT | _ORIGIN | {"isDeleted", "rows", "rowsSortOrder", "currentVersion"}


def unknown_properties(components: Any) -> dict[str, list[str]]:
    """Return the properties of a listing that was read and that this version does not know.

    By what has them, `configurations` or `rows`, sorted; nothing when all are known.
    """
    configs = [config for component in components for config in component["configurations"]]
    rows = [row for config in configs for row in config["rows"]]
    found = {
        "configurations": sorted(set[str]().union(*configs) - _CONFIGURATION),
        "rows": sorted(set[str]().union(*rows) - _ROW),
    }
    return {kind: names for kind, names in found.items() if names}


def read_newest(components: Any) -> dict[Key, Version]:
    """Read the newest version of every configuration in a listing, whatever else it holds."""
    return {
        Key(component_id, _id(config, component_id)): _version(config, component_id)
        for component in _typed(components, list, "the list of components")
        for component_id in [_id(component, "a component")]
        for config in _get(component, "configurations", list, component_id)
    }


def read_trash(components: Any) -> dict[Key, Trashed]:
    """Read the listing of the trash."""
    found: dict[Key, Trashed] = {}
    for component in _typed(components, list, "the trash"):
        component_id = _id(component, "a component")
        for config in _get(component, "configurations", list, component_id):
            found[Key(component_id, _id(config, component_id))] = Trashed(
                version=_version(config, component_id),
                name=str(config.get("name") or ""),
                created=str(config.get("created") or ""),
            )
    return found


def read_configuration(key: Key, config: Any, metadata: Mapping[str, str]) -> Live:
    """Read the detail of one configuration: the same content as its part of the listing."""
    reader = _Reader()
    reader.configuration(key, _typed(config, dict, str(key)), metadata)
    return reader.live()


def read_recorded(key: Key, version: Any, now: Live) -> dict[Key, Resource]:
    """Read the detail of a recorded version into the resources it would bring back.

    What versions do not record (metadata, `resetState`) is taken from *now*, as a rollback leaves
    it; so is `isDisabled` where the platform does not tell it.
    """
    where = f"a version of {key}"
    detail = {"isDisabled": _is_disabled(now, key), **_typed(version, dict, where)}
    rows = [
        {"isDisabled": _is_disabled(now, key.row(_id(row, where))), **row}
        for row in _get(detail, "rows", list, where)
    ]
    live = now.resources.get(key)
    reader = _Reader(recorded=True)
    reader.configuration(key, {**detail, "rows": rows}, live.metadata if live else {})
    return {
        each: _keep_reset(item, now.resources.get(each)) for each, item in reader.resources.items()
    }


def read_recorded_row(key: Key, version: Any, now: Resource) -> Resource:
    """Read the detail of a recorded version of row *key*, which does not tell its id."""
    item = _typed(version, dict, f"a version of {key}")
    reader = _Reader(recorded=True)
    reader.add(key, {"isDisabled": now.is_disabled, **item}, {})
    return _keep_reset(reader.resources[key], now)


def read_versions(key: Key, found: Any) -> list[Version]:
    """Read the list of recorded versions, the newest first."""
    where = f"the versions of {key}"
    return [
        replace(_version(item, where), is_deletion=item.get("isDeleted") is True)
        for item in (_typed(each, dict, where) for each in _typed(found, list, where))
    ]


def read_metadata_search(found: Any) -> dict[Key, dict[str, str]]:
    """Read `GET search/component-configurations?include=filteredMetadata`."""
    result: dict[Key, dict[str, str]] = {}
    where = "the metadata search"
    for item in _typed(found, list, where):
        key = Key(_get(item, "idComponent", str, where), _get(item, "configurationId", str, where))
        result[key] = read_metadata(key, _get(item, "metadata", list, where))
    return result


def read_metadata(key: Key, entries: Any) -> dict[str, str]:
    where = f"the metadata of {key}"
    return {
        _get(entry, "key", str, where): _get(entry, "value", str, where)
        for entry in _typed(entries, list, where)
    }


class _Reader:
    def __init__(self, *, recorded: bool = False) -> None:
        self.resources: dict[Key, Resource] = {}
        self.versions: dict[Key, Version] = {}
        self.first_versions: dict[Key, Version] = {}
        self.states: dict[Key, JsonObject] = {}
        self.notes: dict[Key, str] = {}
        self.announced: dict[Key, str] = {}
        self.recorded = recorded

    def live(self) -> Live:
        return Live(
            resources=self.resources,
            versions=self.versions,
            component_states=self.states,
            first_versions=self.first_versions,
            notes=self.notes,
            announced=self.announced,
        )

    def configuration(self, key: Key, config: Any, metadata: Mapping[str, str]) -> None:
        where = str(key)
        if SECRETS_KEY in metadata:
            self.notes[key] = metadata[SECRETS_KEY]
        if SCHEDULE_KEY in metadata:
            self.announced[key] = metadata[SCHEDULE_KEY]
        self.add(
            key,
            config,
            metadata,
            rows_sort_order=_sort_order(config, where),
            metadata={
                name: value for name, value in metadata.items() if not name.startswith(OWN_METADATA)
            },
        )
        for row in _get(config, "rows", list, where):
            self.add(key.row(_id(row, where)), row, metadata)
        if not self.recorded:
            self.first_versions[key] = _first(config, self.versions[key])

    def add(self, key: Key, item: Any, marks: Mapping[str, str], **more: Any) -> None:
        where = str(key)
        if key in self.resources:
            raise _unexpected(f"{where} is listed twice")
        self.resources[key] = Resource(
            key=key,
            name=_get(item, "name", str, where),
            description=_typed(item.get("description") or "", str, f"`description` of {where}"),
            is_disabled=_typed(item.get("isDisabled", False), bool, f"`isDisabled` of {where}"),
            configuration=_object(item, "configuration", where),
            reset_state=marks.get(reset_key(key)),
            **more,
        )
        if not self.recorded:
            self.states[key] = _object(item, "state", where)
            self.versions[key] = _version(item, where)


def _sort_order(config: Any, where: str) -> tuple[str, ...] | None:
    # Whether the listing tells the order is not documented; None makes the caller ask again.
    order = config.get("rowsSortOrder")
    if order is None:
        return None
    known = dict.fromkeys(_id(row, where) for row in _get(config, "rows", list, where))
    listed = [str(row_id) for row_id in _typed(order, list, f"`rowsSortOrder` of {where}")]
    # The API refuses any but an order of all rows; should there be another, the rest follows it.
    found = {row_id: None for row_id in listed if row_id in known}
    return tuple(found | known) if found else ()


def _version(item: Any, where: str) -> Version:
    # A configuration tells of its newest version apart; a row's own properties are those.
    current = item.get("currentVersion")
    current = current if isinstance(current, dict) else item
    author = current.get("creatorToken")
    return Version(
        number=_get(item, "version", int, where),
        identifier=str(current.get("versionIdentifier") or ""),
        created=str(current.get("created") or ""),
        author=str(author.get("description") or "") if isinstance(author, dict) else "",
        message=str(current.get("changeDescription") or ""),
    )


def _first(config: Any, newest: Version) -> Version:
    """Who made a configuration, and when: its own properties, where a row has its newest version's.

    The message of a version is known only while it is the newest.
    """
    author = config.get("creatorToken")
    return Version(
        number=1,
        identifier="",
        created=str(config.get("created") or ""),
        author=str(author.get("description") or "") if isinstance(author, dict) else "",
        message=newest.message if newest.number == 1 else "",
    )


def _keep_reset(item: Resource, now: Resource | None) -> Resource:
    return replace(item, reset_state=now.reset_state if now else None)


def _is_disabled(now: Live, key: Key) -> bool:
    found = now.resources.get(key)
    return found.is_disabled if found else False


def _id(item: Any, where: str) -> str:
    found = _get(item, "id", str, where)
    if not found:
        raise _unexpected(f"an `id` in {where} is empty")
    return found


def _object(item: Any, name: str, where: str) -> JsonObject:
    value = item.get(name)
    if value == [] and isinstance(value, list):
        return {}  # PHP's way to write an empty object
    return _get(item, name, dict, where)


def _get(item: Any, name: str, kind: type[_T], where: str) -> _T:
    found = _typed(item, dict, where)
    if name not in found:
        raise _unexpected(f"{where} has no `{name}`")
    return _typed(found[name], kind, f"`{name}` of {where}")


def _typed(value: Any, kind: type[_T], where: str) -> _T:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise _unexpected(f"{where} is not {_KINDS[kind]}")
    return value


_KINDS: dict[type, str] = {
    list: "a list",
    dict: "an object",
    str: "a text",
    bool: "true or false",
    int: "a whole number",
}


def _unexpected(what: str) -> ApiError:
    return ApiError(
        f"The Storage API answered in an unexpected form: {what}",
        hint="Nothing is done with half an answer. Try again; if it stays, report it.",
    )
