"""All commands there are."""

import click

from kbsync.cli.main import cli


def every_command(*, groups=False):
    """Every command by the words that call it, in the order of the help; *groups* as well."""
    return dict(_commands(cli, (), groups=groups))


def _commands(group, words, *, groups):
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            if groups:
                yield (*words, name), command
            yield from _commands(command, (*words, name), groups=groups)
        else:
            yield (*words, name), command
