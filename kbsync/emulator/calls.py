"""The request being served: its transaction, token and branch; and how it is answered."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, g, request

from kbsync.emulator.blobs import Blobs
from kbsync.emulator.bodies import Body, read_body
from kbsync.emulator.errors import ApiError
from kbsync.emulator.jsontext import dump
from kbsync.emulator.model import Author
from kbsync.emulator.tokens import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """The branch a path names."""

    id: int
    is_default: bool
    in_path: bool
    """False for the path form without `/branch/`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What every view may rely on. Views of public routes must not use `token`."""

    db: sqlite3.Connection
    blobs: Blobs
    caller: Token | None
    branch: Branch

    @property
    def token(self) -> Token:
        if self.caller is None:
            raise ApiError(401, "storage.tokenInvalid", "Access token must be set")
        return self.caller

    @property
    def author(self) -> Author:
        return self.token.author


def begin(call: Call) -> None:
    g.call = call


def current() -> Call:
    call: Call = g.call
    return call


def body() -> Body:
    return read_body(request)


def writer(component_id: str) -> Call:
    """The current call, if its token may write configurations of *component_id*."""
    call = current()
    call.token.require_component(component_id)
    call.token.require_write()
    return call


def reader(component_id: str) -> Call:
    """The current call, if its token may read configurations of *component_id*."""
    call = current()
    call.token.require_component(component_id)
    return call


def answer(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON text."""
    return Response(text, status, headers, mimetype="application/json")


def answer_value(value: Any, status: int = 200) -> Response:
    return answer(dump(value), status)


def no_content() -> Response:
    return Response(status=204)
