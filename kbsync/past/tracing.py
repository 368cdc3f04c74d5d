"""From a project to the traces that runs left in it. Reads only."""

from __future__ import annotations

from collections.abc import Iterable

from kbsync.api.client import StorageClient
from kbsync.api.fetch import fetch_versions
from kbsync.errors import NotFoundError
from kbsync.model import Json, Key, Live, Version
from kbsync.past.trails import Trails
from kbsync.run.deleted import read_deleted
from kbsync.workers import READERS, in_parallel


def fetch_trails(client: StorageClient, live: Live) -> Trails:
    """Read what all runs left: a request or more for each configuration, and one for the branch.

    What is deleted meanwhile has no versions any more.
    """
    keys = sorted(key for key in live.resources if not key.is_row)
    found = in_parallel(lambda key: _versions(client, key), keys, count=READERS)
    return Trails(
        versions=dict(zip(keys, found, strict=True)),
        is_whole=True,
        deleted=_by_run(read_deleted(client.branch_metadata())),
    )


def _versions(client: StorageClient, key: Key) -> tuple[Version, ...]:
    try:
        return fetch_versions(client, key)
    except NotFoundError:
        return ()


def _by_run(notes: Iterable[Json]) -> dict[str, list[Key]]:
    found: dict[str, list[Key]] = {}
    for note in notes:
        match note:
            case {"run": str(run), "componentId": str(component_id), "configId": str(config_id)}:
                found.setdefault(run, []).append(Key(component_id, config_id))
            case _:
                pass  # not what kbsync writes
    return found
