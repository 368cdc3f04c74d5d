"""What the project holds now, in a constant number of requests. Reads the API only."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from kbsync.api.client import StorageClient
from kbsync.api.listing import (
    Metadata,
    read_configuration,
    read_listing,
    read_metadata,
    read_metadata_search,
    read_newest,
    read_recorded,
    read_trash,
    read_used,
    read_versions,
    unknown_properties,
)
from kbsync.compare.diff import diff
from kbsync.components import read_components
from kbsync.env_secrets import Prover, encrypted, known_in
from kbsync.errors import AccessError, ApiError, NotFoundError, RefusedError
from kbsync.model import (
    Component,
    Key,
    Live,
    Resource,
    Trashed,
    Version,
    by_configuration,
    quote_segment,
)
from kbsync.plans.attribution import Attribution, attribute, last_by_kbsync, needs_base, wrote
from kbsync.plans.plan import Step, Target

_notices = logging.getLogger("kbsync.notices")
"""What is worth a line on stderr and stops nothing."""


def fetch_target(client: StorageClient, *, project_id: int | None) -> Target:
    """Return the project that the token belongs to.

    Raises:
        RefusedError: The token belongs to another project than *project_id*, or sees only some
            components: what it does not see would look deleted.
        AccessError: The token is not accepted, or sees nothing at all.
    """
    token: Any = client.verify_token()
    found, name = _project_of(token, project_id)
    _refuse_limited(token)
    return Target(stack=client.stack, project_id=found, project_name=name, branch=client.branch)


def _refuse_limited(token: Any) -> None:
    if token.get("canManageBuckets"):
        return
    seen = token.get("componentAccess")
    if seen:
        listed = ", ".join(map(str, seen[:5] if isinstance(seen, list) else [seen]))
        raise RefusedError(
            f"The token sees only some components ({listed}), so the rest would look as if it were "
            "deleted",
            hint="Use a token with access to all components. Nothing overrides this.",
        )
    if token.get("isMasterToken") is False:
        raise AccessError(
            "The token may not look at configurations, so the project would look empty",
            hint="Use a master token, or one with canManageBuckets.",
            status=_FORBIDDEN,
        )


_FORBIDDEN = 403


def check_project(client: StorageClient, *, project_id: int | None) -> None:
    """Make sure that the token is of *project_id*: one request, none when that is not known.

    Raises:
        RefusedError: It belongs to another project.
        AccessError: The token is not accepted.
    """
    if project_id is not None:
        _project_of(client.verify_token(), project_id)


def _project_of(token: Any, project_id: int | None) -> tuple[int, str]:
    try:
        found, name = int(token["owner"]["id"]), str(token["owner"]["name"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise ApiError("The Storage API does not tell which project the token is of") from None
    if project_id is not None and found != project_id:
        raise RefusedError(
            f'The token belongs to project {found} "{name}", but the files are for {project_id}',
            hint="Use a token of that project, or another --env.",
        )
    return found, name


def fetch_live(client: StorageClient) -> Live:
    """Return everything the branch holds: two requests.

    One more for each configuration with rows should the listing not tell the order of rows, which
    the API's documentation leaves open.

    Raises:
        ApiError: An answer is not as documented, or the two do not agree.
    """
    metadata = read_metadata_search(client.configuration_metadata())
    components = client.components()
    live = read_listing(components, metadata)
    _refuse_incomplete(metadata, live)
    for kind, names in unknown_properties(components).items():
        told = ", ".join(f"`{quote_segment(name)}`" for name in names)
        _notices.warning(
            "Notice: the Storage API tells of %s for %s, which this version of kbsync does not "
            "know; they are left as they are",
            told,
            kind,
        )
    resources = dict(live.resources)
    for key, group in by_configuration(live.resources).items():
        if group[key].rows_sort_order is None:
            order = _fetch_order(client, key) if len(group) > 1 else ()
            resources[key] = replace(group[key], rows_sort_order=order)
    return replace(live, resources=resources)


def fetch_components(client: StorageClient) -> tuple[Component, ...]:
    """Return every component of the stack: one request.

    Raises:
        ApiError: The stack does not list them.
    """
    index = client.index_with_components()
    found = tuple(read_components(index.get("components") if isinstance(index, dict) else None))
    if not found:
        raise ApiError("The stack does not tell which components it has")
    return found


def fetch_used(client: StorageClient) -> dict[str, int]:
    """Return how many configurations the branch has of each component: one request."""
    return read_used(client.component_usage())


def _refuse_incomplete(metadata: Metadata, live: Live) -> None:
    lost = sorted(metadata.keys() - live.resources.keys())
    if lost:
        raise ApiError(
            f"The Storage API has metadata of {lost[0]}, but does not list that configuration",
            hint="Nothing is done with half an answer. If somebody deleted it just now, try again.",
        )


def refuse_empty_listing(client: StorageClient, live: Live, expected: Iterable[Key]) -> None:
    """Make sure that a project which lists nothing is empty: one request, none if it lists any.

    A new project is empty, and so is the answer of a server that is half broken.

    Raises:
        ApiError: The first of *expected* is there although it is not listed.
    """
    first = min((key for key in expected if not key.is_row), default=None)
    if live.resources or first is None or fetch_version(client, first) is None:
        return
    raise ApiError(
        f"The Storage API lists no configuration at all, but {first} is there",
        hint="Nothing is done with half an answer. Try again; if it stays, report it.",
    )


def _fetch_order(client: StorageClient, key: Key) -> tuple[str, ...]:
    detail = read_configuration(key, client.configuration(key), {})
    return detail.resources[key].rows_sort_order or ()


def fetch_trash(client: StorageClient) -> dict[Key, Version]:
    """Return the configurations that lie in the trash, with the version that put them there."""
    return read_newest(client.deleted())


def fetch_trashed(client: StorageClient) -> dict[Key, Trashed]:
    """Return what lies in the trash: one request."""
    return read_trash(client.deleted())


def fetch_deleted(client: StorageClient) -> frozenset[Key]:
    """Return which configurations lie in the trash."""
    return frozenset(fetch_trash(client))


def fetch_configuration(client: StorageClient, key: Key, *, with_metadata: bool = True) -> Live:
    """Return one configuration with its rows as they are now: one request, two with metadata.

    Raises:
        NotFoundError: It does not exist, or it lies in the trash.
    """
    detail = client.configuration(key)
    metadata = read_metadata(key, client.metadata(key)) if with_metadata else {}
    return read_configuration(key, detail, metadata)


def fetch_version(client: StorageClient, key: Key) -> Version | None:
    """Return the newest version of a configuration, or None when live has no such configuration."""
    try:
        return fetch_configuration(client, key, with_metadata=False).versions[key]
    except NotFoundError:
        return None


_PAGE = 100


def fetch_versions(client: StorageClient, key: Key, *, after: int = 0) -> tuple[Version, ...]:
    """Return the recorded versions above number *after*, the newest first: a request for each 100.

    Raises:
        NotFoundError: The configuration does not exist, or it lies in the trash.
    """
    found: list[Version] = []
    while True:
        page = read_versions(key, client.versions(key, limit=_PAGE, offset=len(found)))
        found += page
        if len(page) < _PAGE or page[-1].number <= after + 1:
            return tuple(version for version in found if version.number > after)


def fetch_attribution(client: StorageClient, step: Step, live: Live, prover: Prover) -> Attribution:
    """Return whose the changes of *step* are: no request when kbsync wrote live, two at most."""
    if not needs_base(step.base):
        return Attribution(base=step.base)
    assert step.base
    # What was written since the listing is for apply to notice: the plan is of what was listed.
    versions = [
        version
        for version in read_versions(step.key, client.versions(step.key))
        if version.number <= step.base.number
    ]
    base = last_by_kbsync(versions)
    if base is None:
        return Attribution(base=None, edits=tuple(versions[:1]))
    now = by_configuration(live.resources)[step.key]
    recorded = fetch_recorded(client, step.key, base.number, live)
    # A variable whose value kbsync wrote then is as it was; only its ciphertext would be another.
    known = known_in(recorded, step.key, live.notes.get(step.key, ""), prover)
    changes = [encrypted(change, known) for change in step.changes]
    whose = attribute(changes, recorded, now)
    return Attribution(
        base=base,
        edits=tuple(each for each in versions if each.number > base.number),
        theirs=diff(now, recorded, {}),
        whose=whose,
        wrote=wrote(changes, recorded, whose),
    )


def fetch_recorded(client: StorageClient, key: Key, number: int, now: Live) -> dict[Key, Resource]:
    """Return *key* and its rows as version *number* recorded them.

    Raises:
        NotFoundError: There is no such version.
    """
    return read_recorded(key, client.version(key, number), now)
