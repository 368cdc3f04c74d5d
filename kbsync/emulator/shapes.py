"""The JSON in which configurations, rows and versions are answered. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from kbsync.emulator.jsontext import compose, dump
from kbsync.emulator.model import Author, Config, Row, Stamp

FULL = ("configuration", "rows", "state")
"""Everything that `include` can ask of a listing."""


def config_json(config: Config, rows: Sequence[Row], include: Collection[str] = FULL) -> str:
    """A configuration as listing and detail show it; *rows* in effective order."""
    content, stamp = config.content, config.stamp
    members = {
        "id": dump(config.id),
        "name": dump(content.name),
        "description": dump(content.description),
        "created": dump(config.created),
        "creatorToken": _author(config.creator),
        "version": str(config.version),
        "changeDescription": dump(stamp.message),
        "isDisabled": dump(content.is_disabled),
        "isDeleted": dump(config.is_deleted),
        "currentVersion": _current_version(stamp),
    }
    if "configuration" in include:
        members["configuration"] = content.configuration
    if "rows" in include:
        members["rowsSortOrder"] = dump(content.rows_sort_order)
        members["rows"] = array(row_json(row, include) for row in rows)
    if "state" in include:
        members["state"] = config.state
    return compose(members)


def row_json(row: Row, include: Collection[str] = FULL) -> str:
    """A row as every answer shows it."""
    members = {
        "id": dump(row.id),
        "name": dump(row.content.name),
        "description": dump(row.content.description),
    }
    if "configuration" in include:
        members["configuration"] = row.content.configuration
    if "state" in include:
        members["state"] = row.state
    return compose(members | _row_version(row))


def version_json(config: Config, include: Collection[str]) -> str:
    """One entry of the versions list."""
    return compose(_version(config) | _chosen(config, include))


def version_detail_json(config: Config, rows: Sequence[Row]) -> str:
    """One recorded version; *rows* as they were then. Never with state."""
    members = _version(config) | _chosen(config, ("name", "description", "configuration"))
    members["isDisabled"] = dump(config.content.is_disabled)
    members["rowsSortOrder"] = dump(config.content.rows_sort_order)
    members["rows"] = array(row_json(row, ("configuration",)) for row in rows)
    return compose(members)


def row_version_json(row: Row, include: Collection[str]) -> str:
    """One entry of a row's versions list, or with `configuration` one recorded version."""
    members = {"name": dump(row.content.name), "description": dump(row.content.description)}
    if "configuration" in include:
        members["configuration"] = row.content.configuration
    return compose(members | _row_version(row))


def array(items: Iterable[str]) -> str:
    """Join JSON texts to a list."""
    return "[" + ",".join(items) + "]"


def _row_version(row: Row) -> dict[str, str]:
    stamp = row.stamp
    return {
        "isDisabled": dump(row.content.is_disabled),
        "version": str(row.version),
        "created": dump(row.created),
        "creatorToken": _author(row.creator),
        "changeDescription": dump(stamp.message),
        "versionIdentifier": dump(stamp.identifier),
    }


def _version(config: Config) -> dict[str, str]:
    stamp = config.stamp
    return {
        "version": str(config.version),
        "created": dump(stamp.created),
        "versionIdentifier": dump(stamp.identifier),
        "creatorToken": _author(stamp.author),
        "changeDescription": dump(config.list_message or stamp.message),
        "isDeleted": dump(config.is_deleted),
    }


def _chosen(config: Config, include: Collection[str]) -> dict[str, str]:
    members = {
        "name": dump(config.content.name),
        "description": dump(config.content.description),
        "configuration": config.content.configuration,
    }
    return {name: text for name, text in members.items() if name in include}


def _current_version(stamp: Stamp) -> str:
    return compose(
        {
            "created": dump(stamp.created),
            "creatorToken": _author(stamp.author),
            "changeDescription": dump(stamp.message),
            "versionIdentifier": dump(stamp.identifier),
        }
    )


def _author(author: Author) -> str:
    return compose({"id": str(author.id), "description": dump(author.description)})
