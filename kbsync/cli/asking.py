"""The question before something in the project is changed."""

from __future__ import annotations

import sys

import click

from kbsync.errors import RefusedError


def require_yes(
    question: str, *, auto_approve: bool, todo: str = "do it", done: str = "done"
) -> None:
    """Ask *question*, unless the answer was given beforehand.

    *todo* and *done* are the words for what is asked about.

    Raises:
        RefusedError: There is nobody to ask, or the answer was no.
    """
    if auto_approve:
        return
    if not sys.stdin.isatty():
        raise RefusedError(
            "There is no terminal to ask on",
            hint=f"To {todo} without a question, add --auto-approve.",
        )
    if not click.confirm(question, err=True):
        raise RefusedError(f"Not {done}: the answer was no")
