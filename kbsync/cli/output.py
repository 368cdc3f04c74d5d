"""Where output goes: results to stdout, everything else to stderr; colour where it is wanted."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any, TextIO

import click

from kbsync.render.lines import Line, Role

_STYLES: dict[Role, dict[str, Any]] = {
    Role.HEADING: {"bold": True},
    Role.ADDED: {"fg": "green"},
    Role.REMOVED: {"fg": "red"},
    Role.CHANGED: {"fg": "yellow"},
    Role.DANGER: {"fg": "red", "bold": True},
    Role.MUTED: {"dim": True},
}


def say(text: str) -> None:
    """Tell the person something that is not the result."""
    click.echo(_encodable(text, sys.stderr), err=True)


def show(lines: Iterable[Line]) -> None:
    """Write a part of the result."""
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for line in lines:
        text = _encodable(line.text, sys.stdout)
        click.echo(click.style(text, **_STYLES.get(line.role, {})) if colour else text)


def _encodable(text: str, stream: TextIO) -> str:
    """Spell what the stream's encoding lacks, so that output never fails for a symbol."""
    encoding = stream.encoding or "utf-8"
    for symbol, ascii_form in _ASCII.items():
        try:
            symbol.encode(encoding)
        except UnicodeEncodeError:
            text = text.replace(symbol, ascii_form)
    return text.encode(encoding, "backslashreplace").decode(encoding)


_ASCII = {"↕": "^v", "↺": "<-", "⇄": "<>", "→": "->", "…": "..."}
