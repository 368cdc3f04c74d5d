"""`kbsync doctor`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from kbsync.cli import options
from kbsync.cli.session import Session
from kbsync.errors import ExitCode, InvalidFilesError

if TYPE_CHECKING:
    from kbsync.api.client import StorageClient
    from kbsync.finding import Finding
    from kbsync.tree.declared import Tree

_MOST_WAIT_S = 5.0
"""A stack that lets others wait is told of, not waited for."""


@click.command("doctor")
@options.text_or_json
@click.pass_obj
def command(session: Session, format_: str) -> ExitCode:
    """Check everything that kbsync needs, and say what to do.

    The machine, the settings, the files, git, the stack, its clock, the token and its rights, the
    branch, and who is writing to it: each is looked at, whatever became of those before. Writes
    nothing and sends nothing but GET. The exit code is 0 when nothing failed, warnings or not; else
    it is that of the first failure.
    """
    from kbsync.cli.output import show, write
    from kbsync.finding import exit_code_of
    from kbsync.render.findings import findings_json, findings_lines

    found = _examine(replace(session, max_wait_s=min(session.max_wait_s, _MOST_WAIT_S)))
    if format_ == "json":
        write(findings_json(found))
    else:
        show(findings_lines(found))
    return exit_code_of(found)


def _examine(session: Session) -> list[Finding]:
    from kbsync.doctor.examine import Patient, examine
    from kbsync.tree.environments import UNKNOWN_ENVIRONMENTS
    from kbsync.tree.load import load_tree

    def tree() -> Tree:
        try:
            environments = session.settings.environments
        except InvalidFilesError:
            environments = UNKNOWN_ENVIRONMENTS
        return load_tree(session.root, environments=environments)

    return examine(
        Patient(
            root=session.root,
            environ=os.environ,
            settings=lambda: session.settings,
            tree=tree,
            stranger=lambda: _stranger(session),
            client=session.client,
        )
    )


@contextmanager
def _stranger(session: Session) -> Iterator[StorageClient]:
    from kbsync.api.client import StorageClient
    from kbsync.api.retry import RetryPolicy
    from kbsync.api.transport import Transport

    policy = RetryPolicy(max_wait_s=session.max_wait_s)
    client = StorageClient(Transport(session.settings.required_stack(), "", policy=policy))
    try:
        yield client
    finally:
        client.close()
