"""What every command needs: the folder, its settings, the client."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kbsync.errors import AccessError, InvalidFilesError, RefusedError
from kbsync.problems import Problem

if TYPE_CHECKING:
    from kbsync.api.client import StorageClient
    from kbsync.cli.waiting import Waits
    from kbsync.settings import Settings
    from kbsync.tree.declared import Tree


@dataclass(frozen=True, kw_only=True)
class Session:
    """One run of a command. Nothing is read before it is asked for."""

    root: Path
    environment: str | None
    max_wait_s: float = 300.0
    """For one request, all pauses together."""

    @cached_property
    def waits(self) -> Waits:
        """What hears of every pause of the client."""
        from kbsync.cli.waiting import Waits

        return Waits()

    @property
    def folder(self) -> str:
        """What people call the tree: plans travel, and the way to it is nobody's business."""
        return self.root.resolve().name

    @cached_property
    def settings(self) -> Settings:
        from kbsync.settings import load_settings

        return load_settings(self.root, environment=self.environment, environ=os.environ)

    @property
    def in_environment(self) -> str:
        """The environment, to be told behind the files; nothing where there is no other."""
        several = len(self.settings.environments.variables) > 1
        return f", environment {self.settings.environment}" if several else ""

    def of(self, environment: str) -> Session:
        """Return the same for another environment."""
        return replace(self, environment=environment)

    def of_each_environment(self) -> tuple[Session, ...]:
        """Return the same for every environment of the settings; itself where there are none."""
        return tuple(map(self.of, self.settings.environments.variables)) or (self,)

    @property
    def can_connect(self) -> bool:
        """Whether a stack and a token are set."""
        return bool(self.settings.stack and os.environ.get(self.settings.token_env, "").strip())

    def tree(self) -> Tree:
        """The files.

        Raises:
            InvalidFilesError: With every problem of the settings and of the tree.
            RefusedError: A pull broke off, so the files are between two states.
        """
        from kbsync.tree.cache import remembering
        from kbsync.tree.environments import UNKNOWN_ENVIRONMENTS
        from kbsync.tree.load import load_tree

        self.refuse_half_pulled()
        problems: list[Problem] = []
        try:
            environments = self.settings.environments
        except InvalidFilesError as error:
            problems += error.problems
            environments = UNKNOWN_ENVIRONMENTS
        try:
            with remembering(self.root) as memory:
                tree = load_tree(self.root, memory, environments)
        except InvalidFilesError as error:
            problems += error.problems
        if problems:
            raise InvalidFilesError(sorted(set(problems)))
        return tree

    def refuse_half_pulled(self) -> None:
        """Refuse to go on where the files are between two states.

        Raises:
            RefusedError: A pull broke off.
        """
        from kbsync.tree.write import is_unfinished

        if is_unfinished(self.root):
            raise RefusedError(
                "A pull broke off here, so the files are half old and half new",
                hint="Finish it: kbsync pull",
            )

    @contextmanager
    def client(self) -> Iterator[StorageClient]:
        """The client of the settings' branch.

        Raises:
            InvalidFilesError: No stack is set.
            AccessError: The token is not in the environment.
        """
        settings = self.settings
        with self.client_of(
            settings.required_stack(), settings.token_env, settings.branch
        ) as client:
            yield client

    @contextmanager
    def client_of(self, stack: str, token_env: str, branch: str) -> Iterator[StorageClient]:
        """The client of a branch, whatever the settings say.

        Raises:
            AccessError: The token is not in the environment.
        """
        from kbsync.api.client import StorageClient
        from kbsync.api.retry import RetryPolicy
        from kbsync.api.transport import Transport

        transport = Transport(
            stack,
            token_from(token_env, f"Set it to a Storage API token of {stack}"),
            policy=RetryPolicy(max_wait_s=self.max_wait_s),
            on_wait=self.waits,
        )
        client = StorageClient(transport, branch=branch)
        try:
            yield client
        finally:
            client.close()

    @contextmanager
    def storage(self) -> Iterator[StorageClient]:
        """The client, for what needs no access to configurations.

        Raises:
            RefusedError: The token is of another project than the settings name.
        """
        from kbsync.api.fetch import check_project

        with self.client() as client:
            check_project(client, project_id=self.settings.project_id)
            yield client


def token_from(variable: str, todo: str) -> str:
    """Return the token in an environment variable; *todo* says how it comes there.

    Raises:
        AccessError: There is none.
    """
    token = os.environ.get(variable, "").strip()
    if not token:
        raise AccessError(
            f"No token: the environment variable {variable} is not set",
            hint=f"{todo}. It is never read from a file.",
        )
    if not (token.isascii() and token.isprintable()):
        raise AccessError(
            f"{variable} holds characters that no token has",
            hint="Copy the token again, without line breaks.",
        )
    return token
