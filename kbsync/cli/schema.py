"""`kbsync schema`."""

from __future__ import annotations

import click

from kbsync.cli.output import say, show, write
from kbsync.cli.session import Session
from kbsync.errors import UsageError


@click.command("schema")
@click.argument("name", required=False, metavar="[NAME]")
@click.option(
    "--editor",
    is_flag=True,
    help="Put the schemas into .kbsync/schemas and show the settings that editors need.",
)
@click.pass_obj
def command(session: Session, name: str | None, editor: bool) -> None:
    """Show the JSON Schema of a file of kbsync's, or let editors use them.

    Without NAME all are listed. With --editor the result is what belongs into
    .vscode/settings.json; other editors with a YAML language server take the same settings. With
    it they complete and explain keys, also the parameters of the components that are known here.
    """
    from kbsync.documents.published import schema_names, schema_text

    if name and editor:
        raise UsageError("--editor is for all schemas", hint="Leave NAME out.")
    if editor:
        _equip(session)
    elif name is None:
        from kbsync.render.schemas import schemas_lines

        show(schemas_lines({each: schema_text(each) for each in schema_names()}))
    elif name in schema_names():
        write(schema_text(name))
    else:
        raise _unknown(name, schema_names())


def _unknown(name: str, known: list[str]) -> UsageError:
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(known)}."
    return UsageError(f"There is no schema '{name}'", hint=hint)


def _equip(session: Session) -> None:
    from kbsync.documents.published import schema_text
    from kbsync.editing import FOLDER, editor_files, editor_settings
    from kbsync.tree.catalog import read_catalog
    from kbsync.tree.files import tree_root
    from kbsync.tree.kept import write_beside

    root = tree_root(session.root)
    used = sorted({key.component_id for key in session.tree().resources})
    catalog = read_catalog(root, session.settings.stack)
    components = [found for each in used if (found := catalog.get(each))]
    files = editor_files(components, schema_text)
    write_beside(root, FOLDER, files)
    say(f"{len(files)} schemas are in {FOLDER}. What follows belongs into .vscode/settings.json.")
    write(editor_settings(components))
