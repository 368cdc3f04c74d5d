"""What is known of the components of a stack, kept so that it is known offline. Reads and writes
one file in the tree for each stack.

A component is a line of its own, because a stack has a thousand of them, some with long schemas,
and mostly a handful is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from kbsync.components import component_json, read_component
from kbsync.model import Component
from kbsync.tree.kept import Kept
from kbsync.tree.naming import component_folder

FOLDER = ".kbsync/cache/components"

_FORMAT = 1
"""Raised whenever a component is kept in another form."""


class Catalog:
    """Components by their ids."""

    def __init__(self, lines: dict[str, bytes]) -> None:
        self._lines = lines

    def __iter__(self) -> Iterator[Component]:
        """In the order of their ids."""
        return filter(None, map(self.get, self.ids))

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def ids(self) -> list[str]:
        return sorted(self._lines)

    def get(self, component_id: str) -> Component | None:
        """Return a component; None when it is not known."""
        line = self._lines.get(component_id)
        return read_component(json.loads(line)) if line else None


def read_catalog(root: Path, stack: str) -> Catalog:
    """Return what is known of the components of *stack* in the tree at *root*."""
    return Catalog(_lines(_kept(root, stack).read() or b""))


def learn(root: Path, stack: str, components: Iterable[Component]) -> Catalog:
    """Keep what was told of *components*, and what is known of others."""
    return _keep(root, stack, read_catalog(root, stack)._lines, components)


def learn_all(root: Path, stack: str, components: Iterable[Component]) -> Catalog:
    """Keep *components*, which are all there are: what is known of others is forgotten."""
    return _keep(root, stack, {}, components)


def _keep(
    root: Path, stack: str, known: dict[str, bytes], components: Iterable[Component]
) -> Catalog:
    lines = {**known, **{each.id: _line(each) for each in components}}
    kept = _kept(root, stack)
    body = b"\n".join(_named(id_, lines[id_]) for id_ in sorted(lines))
    if lines and kept.read() != body:
        kept.write(body)
    return Catalog(lines)


def _line(component: Component) -> bytes:
    return json.dumps(component_json(component), separators=(",", ":")).encode()


def _named(component_id: str, line: bytes) -> bytes:
    return component_id.encode("utf-8", "surrogatepass") + b"\t" + line


def _lines(body: bytes) -> dict[str, bytes]:
    named = (line.partition(b"\t") for line in body.split(b"\n") if line)
    return {name.decode("utf-8", "surrogatepass"): line for name, _, line in named}


def _kept(root: Path, stack: str) -> Kept:
    host = component_folder(stack.rpartition("//")[2])
    return Kept(root=root, name=f"{FOLDER}/{host or 'unknown'}", kind=f"components {_FORMAT}")
