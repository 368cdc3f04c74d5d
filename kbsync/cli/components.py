"""`kbsync components`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from kbsync.cli import options
from kbsync.cli.output import say, show, write
from kbsync.cli.session import Session
from kbsync.errors import InvalidFilesError, UsageError

if TYPE_CHECKING:
    from kbsync.model import Json


@click.command("components")
@click.argument("query", required=False, metavar="[QUERY]")
@click.option("--used", is_flag=True, help="Only those with configurations here or in the project.")
@click.option("--schema", "schema_of", metavar="ID", help="Show the schema of a component.")
@click.option("--row", is_flag=True, help="With --schema: that of its rows.")
@options.text_or_json
@click.pass_obj
def command(
    session: Session, query: str | None, used: bool, schema_of: str | None, row: bool, format_: str
) -> None:
    """List the components of the stack, and get to know their schemas.

    QUERY limits the list to those with that text in id or name. Each request asks the stack, and
    what it tells is kept in .kbsync/cache for `validate` and `new`; offline, that is shown. Writes
    nothing to the project.
    """
    from kbsync.cli.knowing import ask_stack, chosen, unknown_component
    from kbsync.render.components import Usage, components_json, components_lines

    if schema_of is None and row:
        raise UsageError("--row says which schema --schema shows", hint="Add --schema ID.")
    if schema_of is not None and (query or used):
        raise UsageError("--schema shows one component", hint="Leave QUERY and --used out.")
    known = ask_stack(session)
    if schema_of is not None:
        component = chosen(known.catalog, schema_of)
        _show_schema(component.row_schema if row else component.configuration_schema, schema_of)
        return
    usage = Usage(files=_in_files(session), project=known.used)
    found = [each for each in known.catalog if _matches(query, (each.id, each.name))]
    if query and not found:
        raise unknown_component(query, known.catalog.ids)
    shown = [each for each in found if not used or usage.is_used(each.id)]
    if format_ == "json":
        write(components_json(shown, usage))
    else:
        show(components_lines(shown, usage))


def _matches(query: str | None, texts: Iterable[str]) -> bool:
    return not query or any(query.lower() in text.lower() for text in texts)


def _show_schema(schema: Json, component_id: str) -> None:
    from kbsync.render.components import schema_json

    if not schema:
        say(f"{component_id} publishes no such schema, so there is nothing to hold parameters to.")
    write(schema_json(schema or {}))


def _in_files(session: Session) -> Counter[str]:
    try:
        tree = session.tree()
    except InvalidFilesError as error:
        say(f"The files are not counted: {error.count_text} in them. `kbsync validate` tells.")
        return Counter()
    return Counter(key.component_id for key in tree.resources if not key.is_row)
