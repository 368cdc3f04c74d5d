"""Where output goes: results to stdout, everything else to stderr; colour where it is wanted."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING, TextIO

import click

from kbsync.errors import KbsyncError

if TYPE_CHECKING:
    from kbsync.render.lines import Line


class OutputError(KbsyncError):
    """What should be shown cannot be."""


def say(text: str) -> None:
    """Tell the person something that is not the result. Never fails: there is nobody to tell."""
    from kbsync.render.lines import printable

    safe = "\n".join(printable(line) for line in text.split("\n"))
    with suppress(OSError, ValueError, AttributeError):
        click.echo(_encodable(safe, sys.stderr), err=True)


class _Notices(logging.Handler):
    """Tells the person what code without a person in view has noticed."""

    def emit(self, record: logging.LogRecord) -> None:
        say(self.format(record))


def tell_notices() -> None:
    """Show notices on stderr, each once, whatever else is logged."""
    notices = logging.getLogger("kbsync.notices")
    notices.handlers = [_Notices()]
    notices.propagate = False


def show(lines: Iterable[Line]) -> None:
    """Write a part of the result to stdout.

    Raises:
        OutputError: It cannot be written there.
        BrokenPipeError: The reader has gone; click ends the command quietly.
    """
    write("".join(f"{_styled(line)}\n" for line in lines))


def tell(*texts: str) -> None:
    """Write lines for people to stdout, whoever chose the names in them. Raises as `show` does."""
    from kbsync.render.lines import Line, inert_line, printable

    show([inert_line(Line(printable(text))) for text in texts])


def write(text: str) -> None:
    """Write *text* to stdout as it is. Raises as `show` does."""
    if sys.stdout is None or sys.stdout in _lost:
        raise OutputError("the output is closed")
    try:
        # Else click would take what looks like a colour out of data.
        click.echo(_encodable(text, sys.stdout), nl=False, color=True)
    except BrokenPipeError:
        _forget_stdout()
        raise
    except (OSError, ValueError) as error:
        _forget_stdout()
        raise OutputError(f"the output cannot be written: {error}") from None


def write_bytes(data: bytes) -> None:
    """Write *data* to stdout as it is. Raises as `show` does."""
    if sys.stdout is None or sys.stdout in _lost:
        raise OutputError("the output is closed")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _forget_stdout()
        raise
    except (OSError, ValueError) as error:
        _forget_stdout()
        raise OutputError(f"the output cannot be written: {error}") from None


def write_document(text: str) -> None:
    """Write a document that is UTF-8 by its nature, whatever the terminal speaks."""
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


def write_whatever_happens(document: str) -> None:
    """Write a document that tells what was done to the project; falls back as the above does."""
    try:
        write(document)
    except (OutputError, BrokenPipeError):
        say(document.rstrip("\n"))


def is_live_terminal() -> bool:
    """Whether stderr is where a line may be written over, with a person in front of it.

    Not where every request is logged: those lines know nothing of the others.
    """
    if logging.getLogger("kbsync").isEnabledFor(logging.INFO):
        return False
    found = os.environ.get
    plain = found("NO_COLOR") or found("CI") or found("TERM") == "dumb"
    return sys.stderr is not None and sys.stderr.isatty() and not plain


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person sees what is written there, and its control characters act on it."""
    return stream is not None and stream.isatty()


def streams_are_one() -> bool:
    """Whether stdout and stderr end in the same place, where nothing need be said twice."""
    try:
        out, err = (os.fstat(stream.fileno()) for stream in (sys.stdout, sys.stderr))
    except (OSError, ValueError, AttributeError):
        return False
    return (out.st_dev, out.st_ino) == (err.st_dev, err.st_ino)


def has_colours() -> bool:
    return sys.stdout is not None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _styled(line: Line) -> str:
    if not has_colours():
        return line.text
    from kbsync.cli.colours import styled

    return styled(line)


def _encodable(text: str, stream: TextIO) -> str:
    """Spell what the stream's encoding lacks, so that output never fails for a symbol."""
    encoding = stream.encoding or "utf-8"
    for symbol, ascii_form in _ASCII.items():
        try:
            symbol.encode(encoding)
        except UnicodeEncodeError:
            text = text.replace(symbol, ascii_form)
    return text.encode(encoding, "backslashreplace").decode(encoding)


_ASCII = {"↕": "^v", "↺": "<-", "⇄": "<>", "→": "->", "…": "...", "⏻": "(|)"}
