"""Groups of commands that are loaded when they are asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click

from kbsync.cli.options import with_environment


class LazyGroup(click.Group):
    """A group that knows the modules of its commands, in the order of its help."""

    def __init__(self, *args: Any, modules: Mapping[str, str], **kwargs: Any) -> None:
        """*modules* tells by the name of a command which module holds it as `command`.

        Or which attribute of which module: `package.module:name`.
        """
        super().__init__(*args, **kwargs)
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = self._modules.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name or "command")
        return self.prepared(cmd_name, command)

    def prepared(self, name: str, command: click.Command) -> click.Command:
        """Return *command* with what every one of the group takes."""
        return command if isinstance(command, LazyGroup) else with_environment(command)
