"""The tree to desired resources, or every problem of it at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from kbsync.documents.document import ENV, Document, is_json, parse
from kbsync.documents.text import shown
from kbsync.documents.validate import check
from kbsync.errors import InvalidFilesError
from kbsync.model import Json, JsonPath, Key, Resource
from kbsync.problems import Problem, ProblemError
from kbsync.secrets import plain_secrets, references
from kbsync.tree.cache import Memory
from kbsync.tree.declared import Origin, Tree
from kbsync.tree.files import read_bytes, shown_path, tree_root
from kbsync.tree.layout import Place, arrange
from kbsync.tree.naming import component_of
from kbsync.tree.references import References, pulled_in
from kbsync.tree.scan import scan


def load_tree(root: Path, memory: Memory | None = None) -> Tree:
    """Return what the tree at *root* declares; an empty tree declares nothing.

    *memory* spares it the documents that it knows, and learns the others.

    Raises:
        InvalidFilesError: With every problem of every file, sorted by place.
    """
    loader = _Loader(tree_root(root), memory or Memory())
    declared = sorted(loader.load(), key=lambda each: each.key)
    if loader.problems:
        raise InvalidFilesError(sorted(set(loader.problems)))
    return Tree(
        resources={each.key: each.resource() for each in declared},
        origins={each.key: each.origin() for each in declared},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Declared:
    """One file that could be read. Only without problems it is what its schema says."""

    key: Key
    folder: str
    file: str
    document: Document
    description: str | None = None
    """From a file of its own."""
    description_file: str | None = None
    row_order: tuple[str, ...] | None = None

    @property
    def value(self) -> Mapping[str, Any]:
        assert isinstance(self.document.value, dict)
        return self.document.value

    def resource(self) -> Resource:
        own_description: str = self.value.get("description", "")
        return Resource(
            key=self.key,
            name=self.value.get("name", ""),
            description=own_description if self.description is None else self.description,
            is_disabled=self.value.get("isDisabled", False),
            configuration=self.value.get("configuration", {}),
            rows_sort_order=self.row_order,
            metadata=self.value.get("metadata", {}),
            reset_state=self.value.get("resetState"),
        )

    def origin(self) -> Origin:
        references = pulled_in(self.file, self.document.references)
        return Origin(
            folder=self.folder,
            file=self.file,
            description_file=self.description_file,
            references=references,
        )


class _Loader:
    def __init__(self, root: Path, memory: Memory) -> None:
        tree = scan(root)
        self._root = root
        self._memory = memory
        self._layout = arrange(tree)
        self._references = References(root, tree)
        self._problems = list(self._layout.problems)
        self._unread_folders: set[str] = set()

    @property
    def problems(self) -> list[Problem]:
        return [*self._problems, *self._references.problems]

    def load(self) -> list[_Declared]:
        """Read every configuration; what is wrong goes to `problems`."""
        declared = [each for place in self._layout.places for each in self._read_place(place)]
        self._note_duplicates(declared)
        self._note_strays()
        return declared

    def _read_place(self, place: Place) -> Iterator[_Declared]:
        """Read a configuration and its rows, as far as they can be read."""
        document = self._read(place, place.config_file, "configuration")
        config_id = self._id(document, place.folder.rpartition("/")[2])
        key = Key(component_of(place.component_folder), config_id)
        rows = list(self._read_rows(place, key))
        yield from rows
        if document:
            config = _Declared(
                key=key, folder=place.folder, file=place.config_file, document=document
            )
            config = self._with_description(config, place.description_file)
            # The id of a row that cannot be read is unknown, so no listed id can be called wrong.
            yield self._with_row_order(config, rows, is_complete=len(rows) == len(place.row_files))

    def _read_rows(self, place: Place, parent: Key) -> Iterator[_Declared]:
        for file in place.row_files:
            if document := self._read(place, file, "row"):
                row_id = self._id(document, file.rpartition("/")[2].rpartition(".")[0])
                yield _Declared(
                    key=parent.row(row_id), folder=place.folder, file=file, document=document
                )

    def _read(self, place: Place, file: str, schema_name: str) -> Document | None:
        """Return the document in *file*; None when it cannot be read or is no mapping."""
        try:
            data = read_bytes(self._root, file)
        except ProblemError as error:
            self._problems.append(error.problem)
            self._unread_folders.add(place.folder)
            return None
        kind = f"{schema_name} {is_json(file)}"
        text_of = partial(self._references.pulled_text, file)
        if known := self._memory.recall(data, kind, shown_path(file), text_of):
            return known
        document = parse(data, shown_path(file), self._references.resolver(file))
        problems = [*document.problems, *check(document, schema_name)]
        if isinstance(document.value, dict):
            problems += _plain_secrets(document, document.value.get("configuration"))
            problems += _strange_variables(document, document.value.get("configuration"))
        else:
            self._unread_folders.add(place.folder)
        if not problems:
            self._memory.keep(data, kind, document, text_of)
        self._problems += problems
        return document if isinstance(document.value, dict) else None

    def _id(self, document: Document | None, default: str) -> str:
        found = document.value.get("id") if document and isinstance(document.value, dict) else None
        if document and found in (".", ".."):
            what = f"{shown(str(found))} cannot be an id, because no address can hold it"
            self._note(document, ("id",), what, "choose another")
        return found if isinstance(found, str) and found else default

    def _with_description(self, config: _Declared, file: str | None) -> _Declared:
        if file is None:
            return config
        if "description" in config.value:
            what = f"there is also {shown_path(file)}; a configuration has one description"
            self._note(config.document, ("description",), what, "remove one of them")
        text = self._references.text(file) or ""
        return replace(config, description=text.removesuffix("\n"), description_file=file)

    def _with_row_order(
        self, config: _Declared, rows: Sequence[_Declared], *, is_complete: bool
    ) -> _Declared:
        listed = config.value.get("rowsSortOrder")
        if not isinstance(listed, list):
            return config
        known = [row.key.row_id for row in rows]
        for index, row_id in enumerate(listed):
            if is_complete and isinstance(row_id, str) and row_id not in known:
                what = f"there is no row {shown(row_id)}; expected the ids of rows in rows/"
                close = get_close_matches(row_id, known, n=1)
                todo = f"did you mean {shown(close[0])}?" if close else "remove it or add the row"
                self._note(config.document, ("rowsSortOrder", index), what, todo)
        return replace(config, row_order=tuple(dict.fromkeys([*map(str, listed), *known])))

    def _note_duplicates(self, declared: Sequence[_Declared]) -> None:
        first: dict[Key, _Declared] = {}
        for each in declared:
            other = first.setdefault(each.key, each)
            if other is not each:
                own_id = each.key.row_id or each.key.config_id
                what = f"the id {shown(own_id)} is also that of {shown_path(other.file)}"
                todo = "change one id, or remove one of the files"
                self._note(each.document, ("id",), what, todo)

    def _note_strays(self) -> None:
        for path in self._layout.strays:
            # What a broken file would pull in is not known.
            near_broken = any(path.startswith(f"{folder}/") for folder in self._unread_folders)
            if path not in self._references.used and not near_broken:
                what = "this is no configuration and no row, and no tag pulls it in"
                todo = "move it to <folder>/config.yaml, to rows/ or to code/, or remove it"
                self._problems.append(Problem(shown_path(path), 0, 0, what, todo))

    def _note(self, document: Document, path: JsonPath, what: str, todo: str) -> None:
        self._problems.append(Problem(document.name, *document.where(path), what, todo))


def _plain_secrets(document: Document, configuration: Json) -> Iterator[Problem]:
    for path in plain_secrets(configuration):
        what = f"plain text under {shown(str(path[-1]))}, where a secret belongs"
        place = document.where(("configuration", *path))
        yield Problem(document.name, *place, what, "put ciphertext (KBC::...) or `!env NAME` here")


def _strange_variables(document: Document, configuration: Json) -> Iterator[Problem]:
    tags = [each for each in document.references if each.tag == ENV]
    secret = {("configuration", *path) for path in references(configuration)} if tags else set()
    for tag in tags:
        if tag.path not in secret:
            what = "`!env` where no secret belongs; in a configuration it may stand under a `#key`"
            todo = "write the value here, or let the key start with `#`"
            yield Problem(document.name, tag.line, tag.column, what, todo)
