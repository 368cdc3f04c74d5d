"""What only the project can tell about the files: references and tables. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from kbsync.api.client import StorageClient
from kbsync.api.fetch import fetch_live, fetch_target
from kbsync.graph.links import dangling
from kbsync.model import Key, Resources
from kbsync.problems import Problem
from kbsync.secrets import mask_text
from kbsync.settings import Settings
from kbsync.tables.checking import fetch_findings
from kbsync.tree.declared import Tree
from kbsync.tree.places import Places, placed


def check_online(settings: Settings, tree: Tree, client: StorageClient) -> tuple[Problem, ...]:
    """Return what to warn of in the whole tree: four requests, one more in a development branch.

    References to what is neither in the files nor in the project, and mappings that do not fit the
    tables of the project; sorted by place.

    Raises:
        RefusedError: The token is of another project or sees too little to tell.
    """
    fetch_target(client, project_id=settings.project_id)
    project = {**fetch_live(client).resources, **tree.resources}
    lost = placed(dangling(tree.resources, project), tree.origins, settings.root)
    mapped = mapping_problems(client, tree.resources.keys(), project, tree, settings.root)
    return tuple(sorted([*(each.problem for each in lost), *mapped]))


def mapping_problems(
    client: StorageClient, keys: Collection[Key], project: Resources, tree: Tree, root: Path
) -> tuple[Problem, ...]:
    """Return what is odd about the mappings of *keys*, objects of *tree*, in the order of places.

    No request when there are none, or none of them maps a table.
    """
    place = Places(tree.origins, root).of
    found = fetch_findings(client, keys, project)
    return tuple(
        sorted(
            Problem(*place(each.key, each.path), mask_text(each.what), each.todo) for each in found
        )
    )
