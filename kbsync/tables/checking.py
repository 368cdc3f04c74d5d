"""Checks the mappings of configurations against the tables of the branch. Reads the API only."""

from __future__ import annotations

import logging
from collections.abc import Collection

from kbsync.api.client import StorageClient
from kbsync.errors import AccessError, ApiError
from kbsync.graph.links import inputs, outputs
from kbsync.model import Key, Resources
from kbsync.tables.catalog import Table
from kbsync.tables.mappings import Finding, check_mappings
from kbsync.tables.reads import fetch_columns

_notices = logging.getLogger("kbsync.notices")


def fetch_findings(
    client: StorageClient, keys: Collection[Key], project: Resources
) -> tuple[Finding, ...]:
    """Return what is odd about the mappings of *keys*: one request, two in a development branch.

    None when nothing is mapped. When the tables cannot be listed, that is a notice, and only what
    can be told without them is. Whoever may list all configurations sees all buckets as well, so
    what is not listed is not there.
    """
    mapping = [key for key in keys if any(inputs(project[key])) or any(outputs(project[key]))]
    return check_mappings(mapping, project, _tables(client) if mapping else {})


def _tables(client: StorageClient) -> dict[str, Table] | None:
    try:
        # What a development branch has no copy of is read from the default branch.
        default = {} if client.branch == "default" else fetch_columns(client.of_branch("default"))
        return {**default, **fetch_columns(client)}
    except (AccessError, ApiError) as error:
        _notices.warning("Notice: mappings are not checked against the tables: %s", error)
        return None
