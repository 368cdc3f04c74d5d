"""`kbsync fmt`."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import click

from kbsync.cli.session import Session
from kbsync.errors import ExitCode


@click.command("fmt")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; tell which files are to be laid out anew: exit 2 if any, 0 if none.",
)
@click.option("--diff", "shows_diff", is_flag=True, help="Write nothing; show what would change.")
@click.pass_obj
def command(session: Session, files: tuple[Path, ...], check: bool, shows_diff: bool) -> ExitCode:
    """Lay the files out as pull writes them.

    The properties of a configuration or row and the parts of kbsync.yaml come in one order,
    indents are two blanks, text has quotes where it needs them, no line ends with blanks. Comments
    stay with what they are about. What the files say stays the same, the order of keys inside a
    configuration included: that is proven for every file before the first is written.

    FILE limits it to some of the files.
    """
    from kbsync.cli.chosen import chosen_files
    from kbsync.cli.output import say, show
    from kbsync.format_files import known_files, look
    from kbsync.render.untidy import diff_lines, untidy_lines
    from kbsync.tree.files import shown_path, tree_root
    from kbsync.tree.in_place import write_files

    root = tree_root(session.root)
    session.refuse_half_pulled()
    known = known_files(root, _environments(session))
    hint = "Name kbsync.yaml, a config.yaml, or a file in rows/."
    looked = look(root, chosen_files(root, known, files, hint=hint))
    for file in looked.odd:
        say(f"{file}: left alone, for it has a form that cannot be laid out anew for sure")
    for each in looked.untidy if shows_diff else ():
        if each.has_plain_secrets:
            say(f"{shown_path(each.file)}: not shown, for it holds secrets in plain text")
        else:
            show(diff_lines(shown_path(each.file), each.before, each.after))
    is_dry = check or shows_diff
    if not is_dry:
        write_files(root, {each.file: each.after for each in looked.untidy}, done="laid out anew")
    names = [shown_path(each.file) for each in looked.untidy]
    show(untidy_lines(names, tidy=looked.tidy, is_done=not is_dry))
    return ExitCode.CHANGES if check and looked.untidy else ExitCode.DONE


def _environments(session: Session) -> Collection[str] | None:
    """Return the environments that files may be for; None when the settings do not tell."""
    from kbsync.errors import InvalidFilesError

    try:
        return session.settings.environments.variables.keys()
    except InvalidFilesError:
        return None
