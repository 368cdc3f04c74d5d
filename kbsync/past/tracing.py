"""From a project to the traces that runs left in it. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kbsync.api.client import StorageClient
from kbsync.api.fetch import fetch_versions
from kbsync.errors import NotFoundError
from kbsync.model import Json, Key, Live, Version
from kbsync.past.trails import Trails
from kbsync.plans.holds import read_holds
from kbsync.run.deleted import read_deleted
from kbsync.run.holding import readable_metadata
from kbsync.workers import READERS, in_parallel


def fetch_newest_trails(client: StorageClient, live: Live) -> Trails:
    """Read what runs left on the newest version of everything, rows too, and in the branch.

    One request: the versions are those of the listing.
    """
    versions = {key: [version] for key, version in live.versions.items()}
    return _trails(client, versions, is_whole=False)


def fetch_trails(client: StorageClient, live: Live) -> Trails:
    """Read what all runs left: a request or more for each configuration, and one for the branch.

    What is deleted meanwhile has no versions any more.
    """
    keys = sorted(key for key in live.resources if not key.is_row)
    found = in_parallel(lambda key: _versions(client, key), keys, count=READERS)
    return _trails(client, dict(zip(keys, found, strict=True)), is_whole=True)


def rejected_runs(client: StorageClient, key: Key) -> tuple[str, ...] | None:
    """Return the runs whose content of *key* is held: one request.

    None where the token may not read that.
    """
    metadata = readable_metadata(client)
    if metadata is None:
        return None
    hold = read_holds(metadata).get(key.config)
    return hold.runs if hold else ()


def _trails(
    client: StorageClient, versions: Mapping[Key, Iterable[Version]], *, is_whole: bool
) -> Trails:
    metadata = readable_metadata(client)
    return Trails(
        versions={key: tuple(found) for key, found in versions.items()},
        is_whole=is_whole,
        deleted=_by_run(read_deleted(metadata)),
        holds=None if metadata is None else read_holds(metadata),
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
