"""Which run deleted which configuration: a delete leaves no stamp, so it is noted elsewhere."""

from __future__ import annotations

import json
from typing import Any

from kbsync.api.client import StorageClient
from kbsync.model import Json
from kbsync.plans.plan import Plan, deletes_configuration, version_before
from kbsync.plans.plan_json import key_json
from kbsync.stamp import OWN_METADATA

KEY = f"{OWN_METADATA}deleted"
_MOST = 100


def note_deleted(plan: Plan, client: StorageClient, run: str) -> None:
    """Note in the metadata of the branch what *run* is about to delete; the newest 100 are kept."""
    new: list[Json] = [
        {**key_json(step.key), "run": run, "version": version_before(step)}
        for step in plan.steps
        if deletes_configuration(step)
    ]
    known = [*read_deleted(client.branch_metadata()), *new]
    client.set_branch_metadata({KEY: json.dumps(known[-_MOST:])})


def read_deleted(metadata: Any) -> list[Json]:
    """Return what was noted, the newest last; nothing when it is not what kbsync writes."""
    for entry in metadata if isinstance(metadata, list) else []:
        if isinstance(entry, dict) and entry.get("key") == KEY:
            try:
                found = json.loads(str(entry.get("value")))
            except ValueError:
                return []
            return found if isinstance(found, list) else []
    return []
