"""From two projects to what differs between them. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kbsync.api.client import StorageClient
from kbsync.api.fetch import fetch_live, fetch_target, refuse_empty_listing
from kbsync.compare.ignore import without_ignored
from kbsync.env_secrets import Prover, with_known
from kbsync.errors import UsageError
from kbsync.planning import check_selectors, covered, in_scope, names_of
from kbsync.selectors import Selector, matches_any
from kbsync.settings import Settings
from kbsync.tree.declared import Tree
from kbsync.unexplained import Differences, Project, differences


def look(
    settings: Settings, tree: Tree, client: StorageClient, environ: Mapping[str, str]
) -> Project:
    """Read the project of an environment: three requests, all GET.

    Raises:
        RefusedError, ApiError: Nothing may be concluded: the token is of another project, or the
            answer is not whole.
    """
    target = fetch_target(client, project_id=settings.project_id)
    everything = fetch_live(client)
    refuse_empty_listing(client, everything, tree.resources)
    names = names_of(tree.resources, everything.resources)
    live = in_scope(everything, settings, names)
    prover = Prover(environ=environ, sign=client.sign, project_id=target.project_id)
    known = with_known(covered(tree.resources, settings, names), live, prover)
    compared, desired = (
        without_ignored(each, settings.ignore, names) for each in (known.live, known.desired)
    )
    return Project(
        environment=settings.environment,
        target=target,
        names=names,
        live=compared,
        desired=desired,
    )


def compare(one: Project, other: Project, selectors: Sequence[Selector]) -> Differences:
    """Compare two environments.

    Raises:
        UsageError: A selector matches nothing in either, or names rows.
    """
    if any(selector.names_rows for selector in selectors):
        raise UsageError(
            "A row is compared with its configuration", hint="Select component/config instead."
        )
    names = {**one.names, **other.names}
    check_selectors(selectors, (*one.live, *other.live), names)
    return differences(
        one,
        other,
        lambda key: not selectors or matches_any(selectors, key, names),
    )
