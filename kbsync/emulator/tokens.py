"""Who is calling, and what that token may do."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kbsync.emulator.errors import ApiError, access_denied
from kbsync.emulator.ids import has_passed
from kbsync.emulator.model import Author
from kbsync.emulator.store import get_setting, list_documents

CREATED = "2026-01-01T00:00:00+0000"
"""When the emulated project and its first tokens came to be."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `detail` is what `tokens/verify` answers, without `owner`."""

    detail: Mapping[str, Any]

    @property
    def author(self) -> Author:
        return Author(id=int(self.detail["id"]), description=self.detail["description"])

    @property
    def is_master(self) -> bool:
        return bool(self.detail["isMasterToken"])

    @property
    def role(self) -> str:
        """The administrator's role; empty for tokens that are not a person's."""
        return str(self.detail.get("admin", {}).get("role", ""))

    def may_use(self, component_id: str) -> bool:
        return (
            self.is_master
            or bool(self.detail["canManageBuckets"])
            or component_id in self.detail["componentAccess"]
        )

    def may_use_bucket(self, bucket_id: str, *, writes: bool) -> bool:
        if self.is_master or self.detail["canManageBuckets"]:
            return True
        given = (self.detail["bucketPermissions"] or {}).get(bucket_id)
        return given in ("write", "manage") or (given == "read" and not writes)

    def require_component(self, component_id: str) -> None:
        if not self.may_use(component_id):
            raise access_denied()

    def require_write(self) -> None:
        if self.role == "readOnly":
            raise access_denied()

    def require(self, right: str) -> None:
        """*right* is one of the booleans of `tokens/verify`, such as `canPurgeTrash`."""
        if not self.detail.get(right):
            raise access_denied()


def authorise(db: sqlite3.Connection, secret: str) -> Token:
    """Return the token behind *secret*. Without seeded tokens every text is a master token.

    Raises:
        ApiError: 401; the message never holds the secret.
    """
    if not secret:
        raise ApiError(401, "storage.tokenInvalid", "Access token must be set")
    known = list_documents(db, "token")
    found = next((item for item in known if item["token"] == secret), None)
    if found is None and not get_setting(db, "tokens_are_seeded"):
        return Token(anyone(secret))
    if found is None or found["isDisabled"] or _is_expired(found):
        raise ApiError(401, "storage.tokenInvalid", "Invalid access token")
    return Token(found)


def _is_expired(token: Mapping[str, Any]) -> bool:
    return token["isExpired"] or (token["expires"] is not None and has_passed(token["expires"]))


def anyone(secret: str) -> dict[str, Any]:
    """The master token that an unseeded project sees behind *secret*: one text, one person."""
    number = int.from_bytes(hashlib.sha256(secret.encode()).digest()[:4], "big")
    token_id = str(1000 + number % 9000)
    return complete(
        {"id": token_id, "token": secret, "description": f"person-{token_id}@emulator.test"}
    )


def complete(given: Mapping[str, Any]) -> dict[str, Any]:
    """Fill what a seeded or created token leaves out. It is a master token unless it is limited."""
    limited = any(key in given for key in ("componentAccess", "bucketPermissions"))
    is_master = bool(given.get("isMasterToken", not limited))
    token: dict[str, Any] = {
        "description": f"token {given['id']}",
        "created": CREATED,
        "refreshed": CREATED,
        "expires": None,
        "isMasterToken": is_master,
        "canManageBuckets": is_master,
        "canManageTokens": is_master,
        "canReadAllFileUploads": is_master,
        "canPurgeTrash": is_master,
        "canManageProtectedDefaultBranch": False,
        "canCreateJobs": False,
        "isExpired": False,
        "isDisabled": False,
        "isBYODB": False,
        "dailyCapacity": 0,
        "bucketPermissions": {},
        "componentAccess": [],
        "creatorToken": {"id": 1, "description": "owner@emulator.test"},
        "organization": {"id": "1"},
    }
    token |= given
    token["id"] = str(given["id"])
    if is_master:
        token["admin"] = {
            "id": int(token["id"]) if token["id"].isdecimal() else 1,
            "name": token["description"],
            "features": [],
            "isOrganizationMember": True,
            "role": token.pop("role", "admin"),
            "isActivated": False,
        } | given.get("admin", {})
    return token
