"""What a shell may complete: ids, environments and runs of the tree. Reads files, asks nobody.

The shell runs this at a key press, so it is quick, and says nothing when something is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from enum import IntEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from kbsync.model import Key

Items: TypeAlias = "list[CompletionItem[str]]"  # a text, for before click 8.5 it takes no `[str]`
Completer: TypeAlias = Callable[[click.Context, click.Parameter, str], Items]

_MOST_RUNS = 50


class Level(IntEnum):
    """How much of `component/config/row` is written."""

    COMPONENT = 1
    CONFIGURATION = 2


def _quiet(complete: Callable[[Path, str], Iterable[CompletionItem[str]]]) -> Completer:
    """Let *complete* look at the tree; whatever goes wrong, nothing is completed."""

    def completer(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
        with suppress(Exception):
            root = ctx.find_root().params.get("project_dir") or Path()
            return list(complete(Path(root), incomplete))
        return []

    return completer


def _objects(
    root: Path, incomplete: str, *, at_least: Level, files: bool = False
) -> Iterator[CompletionItem[str]]:
    """Complete what the files declare. Where only one is left, its parts are offered too.

    *at_least* is the first level that may stand alone. With *files*, a name of a file may stand in
    the same place.
    """
    if files:
        yield CompletionItem("", type="file")
    names = _names(root)
    level = incomplete.count("/") + 1
    found = _at(level, names, incomplete)
    if len(found) == 1:
        (only,) = found
        below = _at(level + 1, names, f"{only}/")
        found = below if below and level < at_least else found | below
    for value, name in found.items():
        yield CompletionItem(value, help=_note(name))


def _at(level: int, names: Mapping[Key, str], incomplete: str) -> dict[str, str]:
    """Return what *incomplete* may become on *level*, in order, and what each is called."""
    *above, last = incomplete.split("/")
    found: dict[str, str] = {}
    for key, name in sorted(names.items()):
        parts = [part for part in (key.component_id, key.config_id, key.row_id) if part]
        called = name if len(parts) == level else ""
        written = [_written(part) for part in parts[:level]]
        if len(written) < level or written[:-1] != above:
            continue
        if _begins(last, written[-1], parts[level - 1], called):
            found.setdefault("/".join(written), called)
    return found


def _begins(typed: str, written: str, id_: str, name: str) -> bool:
    by_name = name.lower().startswith(typed.lower())
    return written.startswith(typed) or id_.startswith(typed) or by_name


def _written(part: str) -> str:
    """Return *part* so that no shell sees anything in it, and selectors understand it."""
    return re.sub(r"[^\w.-]", lambda found: _encoded(found[0]), part)


def _encoded(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))


def _names(root: Path) -> Mapping[Key, str]:
    """Of a tree only: elsewhere, all folders below might have to be looked through."""
    from kbsync.settings import FILE_NAMES
    from kbsync.tree.cache import remembering
    from kbsync.tree.load import declared_names

    if not any((root / name).is_file() for name in (*FILE_NAMES, ".kbsync/.gitignore")):
        return {}
    with remembering(root) as memory:
        return declared_names(root, memory)


def _environments(root: Path, incomplete: str) -> Iterator[CompletionItem[str]]:
    from kbsync.documents.document import parse
    from kbsync.settings import FILE_NAMES
    from kbsync.tree.files import read_bytes, tree_root

    for name in FILE_NAMES:
        if (root / name).is_file():
            value = parse(read_bytes(tree_root(root), name), name).value
            found = value.get("environments") if isinstance(value, dict) else None
            for each in found if isinstance(found, dict) else ():
                if each.startswith(incomplete) and _written(each) == each:
                    yield CompletionItem(each)


def _runs(root: Path, incomplete: str, *, pattern: str) -> Iterator[CompletionItem[str]]:
    """The newest runs of this folder, the newest first."""
    from kbsync.run.journal import RUNS

    paths = (path.relative_to(root / RUNS) for path in (root / RUNS).glob(pattern))
    stems = {path.parts[0].removesuffix(".jsonl") for path in paths}
    found = sorted((each for each in stems if each.startswith(incomplete.upper())), reverse=True)
    for run in found[:_MOST_RUNS]:
        yield CompletionItem(run)


def _note(name: str) -> str | None:
    """A name as a note beside its id; shells take it apart at line breaks and colons."""
    text = " ".join("".join(char if char.isprintable() else " " for char in name).split())
    return text.replace(":", " ") or None


def folders(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Let the shell complete names of folders."""
    return [CompletionItem(incomplete, type="dir")]


selectors = _quiet(partial(_objects, at_least=Level.COMPONENT))
"""Components, configurations and rows, one level at a time."""
objects = _quiet(partial(_objects, at_least=Level.CONFIGURATION))
"""The same, where a component alone means nothing."""
files_and_selectors = _quiet(partial(_objects, at_least=Level.COMPONENT, files=True))
files_and_objects = _quiet(partial(_objects, at_least=Level.CONFIGURATION, files=True))
environments = _quiet(_environments)
runs = _quiet(partial(_runs, pattern="*.jsonl"))
"""The runs of this folder, the newest first."""
runs_with_states = _quiet(partial(_runs, pattern="*/component-states.json"))
"""Those that `reset-state --undo` can take back."""
