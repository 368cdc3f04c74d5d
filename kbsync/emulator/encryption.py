"""The encryption service. Its ciphertext is fake, but never shows the plain text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

from flask import Blueprint, Response, request

from kbsync.emulator.errors import ServiceError

routes = Blueprint("encryption", __name__)

_CIPHER = re.compile(
    r"KBC::.+Secure.*::.+"
    r"|KBC::(Encrypted|ComponentEncrypted|ComponentProjectEncrypted)==.+"
    r"|\{\{ *vault\..+\}\}",
    re.DOTALL,
)
_PREFIXES = {
    ("componentId",): "ComponentSecure",
    ("componentId", "projectId"): "ProjectSecure",
    ("componentId", "projectId", "configId"): "ConfigSecure",
    ("projectId",): "ProjectWideSecure",
    ("componentId", "projectId", "branchType"): "BranchTypeSecure",
    ("componentId", "projectId", "configId", "branchType"): "BranchTypeConfigSecure",
    ("projectId", "branchType"): "ProjectWideBranchTypeSecure",
}
_SCOPE = ("componentId", "projectId", "configId", "branchType")


@routes.post("/encrypt")
def encrypt() -> Response:
    prefix = _prefix()
    if request.mimetype == "text/plain":
        text = request.get_data().decode("utf-8", "replace")
        return Response(_encrypt(text, prefix), mimetype="text/plain")
    if request.mimetype != "application/json":
        raise _refused(f"Incorrect Content-Type header: {request.mimetype or 'none'}")
    try:
        value = json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise _refused("The body is not valid JSON") from error
    return Response(json.dumps(_walk(value, prefix)), mimetype="application/json")


def _walk(value: Any, prefix: str) -> Any:
    """Encrypt the texts directly under keys that start with `#`, at any depth."""
    match value:
        case dict():
            return {
                key: _encrypt(item, prefix)
                if key.startswith("#") and isinstance(item, str)
                else _walk(item, prefix)
                for key, item in value.items()
            }
        case list():
            return [_walk(item, prefix) for item in value]
        case _:
            return value


def _encrypt(text: str, prefix: str) -> str:
    """One text gives one ciphertext per scope; what is ciphertext already stays."""
    if _CIPHER.fullmatch(text):
        return text
    scope = [request.args.get(name, "") for name in _SCOPE]
    digest = hashlib.sha256(json.dumps([*scope, text]).encode()).digest()
    return f"KBC::{prefix}::{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def _prefix() -> str:
    given = tuple(name for name in _SCOPE if request.args.get(name))
    if request.args.get("branchType", "default") not in ("default", "dev"):
        raise _refused('branchType must be "default" or "dev"')
    if given not in _PREFIXES:
        named = ", ".join(given) or "nothing"
        raise _refused(f"{named} is not a scope: name a component, a project, or both")
    return _PREFIXES[given]


def _refused(message: str) -> ServiceError:
    return ServiceError(400, message, "encryption")
