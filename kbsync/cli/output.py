"""Where output goes: results to stdout, everything else to stderr; colour where it is wanted."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from io import TextIOWrapper
from typing import Any, TextIO

import click

from kbsync.errors import KbsyncError
from kbsync.render.lines import Line, Role, printable


class OutputError(KbsyncError):
    """What should be shown cannot be."""


_STYLES: dict[Role, dict[str, Any]] = {
    Role.HEADING: {"bold": True},
    Role.ADDED: {"fg": "green"},
    Role.REMOVED: {"fg": "red"},
    Role.CHANGED: {"fg": "yellow"},
    Role.DANGER: {"fg": "red", "bold": True},
    Role.MUTED: {"dim": True},
}


def say(text: str) -> None:
    """Tell the person something that is not the result. Never fails: there is nobody to tell."""
    safe = "\n".join(printable(line) for line in text.split("\n"))
    with suppress(OSError, ValueError, AttributeError):
        click.echo(_encodable(safe, sys.stderr), err=True)


def show(lines: Iterable[Line]) -> None:
    """Write a part of the result to stdout.

    Raises:
        OutputError: It cannot be written there.
        BrokenPipeError: The reader has gone; click ends the command quietly.
    """
    write("".join(f"{_styled(line)}\n" for line in lines))


def write(text: str) -> None:
    """Write *text* to stdout as it is. Raises as `show` does."""
    if sys.stdout is None or sys.stdout in _lost:
        raise OutputError("the output is closed")
    try:
        click.echo(_encodable(text, sys.stdout), nl=False)
    except BrokenPipeError:
        _forget_stdout()
        raise
    except (OSError, ValueError) as error:
        _forget_stdout()
        raise OutputError(f"the output cannot be written: {error}") from None


def write_document(text: str) -> None:
    """Write a document that says itself that it is UTF-8, whatever the terminal speaks."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    write(text)


def _forget_stdout() -> None:
    """Let what could not be written go nowhere, or Python tries again when it ends."""
    _lost.add(sys.stdout)
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


_lost: set[TextIO] = set()
"""Streams that took no more; what is meant for them goes to stderr, if it must be known."""


def show_whatever_happens(lines: Iterable[Line]) -> None:
    """Write what was done to the project: to stderr where stdout fails, for it must be known."""
    lines = list(lines)
    try:
        show(lines)
    except (OutputError, BrokenPipeError):
        say("\n".join(line.text for line in lines))


def _styled(line: Line) -> str:
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return line.text
    return click.style(line.text, **_STYLES.get(line.role, {}))


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
