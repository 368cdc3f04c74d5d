"""`kbsync completion`."""

from __future__ import annotations

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="bash|zsh|fish")
def command(shell: str) -> None:
    """Print what lets a shell complete commands, options and the ids of this tree.

    \b
      bash   echo 'eval "$(kbsync completion bash)"' >> ~/.bashrc
      zsh    echo 'eval "$(kbsync completion zsh)"' >> ~/.zshrc, after compinit
      fish   kbsync completion fish > ~/.config/fish/completions/kbsync.fish

    Ids come from the files, so no network is needed. What was typed may also be the beginning of a
    name: it becomes the id.
    """
    from click.shell_completion import get_completion_class

    from kbsync.cli.main import cli
    from kbsync.cli.output import write

    found = get_completion_class(shell)
    assert found is not None
    write(found(cli, {}, "kbsync", "_KBSYNC_COMPLETE").source())
