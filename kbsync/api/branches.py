"""The branches of a project. Reads the API only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kbsync.api.client import StorageClient
from kbsync.errors import ApiError


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A branch of the project."""

    branch_id: str
    name: str
    is_default: bool


def fetch_branches(client: StorageClient) -> tuple[Branch, ...]:
    """Return all branches that the token may see: one request.

    Raises:
        ApiError: What comes back is no list of branches.
    """
    listed: Any = client.branches()
    try:
        return tuple(
            Branch(
                branch_id=str(each["id"]),
                name=str(each["name"]),
                is_default=each["isDefault"] is True,
            )
            for each in listed
        )
    except (KeyError, TypeError):
        raise ApiError("The Storage API does not tell the branches of the project") from None


def branch_of(branches: tuple[Branch, ...], wanted: str) -> Branch | None:
    """Return the branch that settings call *wanted*: `default`, or the digits of an id."""
    return next(
        (
            each
            for each in branches
            if each.branch_id == wanted or (wanted == "default" and each.is_default)
        ),
        None,
    )
