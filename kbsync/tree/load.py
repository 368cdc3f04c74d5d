"""The tree to desired resources, or every problem of it at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from kbsync.documents.document import Document
from kbsync.documents.tags import REMOVE, TAGS, Reference
from kbsync.documents.text import shown
from kbsync.errors import InvalidFilesError
from kbsync.model import UNADDRESSABLE, JsonPath, Key
from kbsync.problems import Problem
from kbsync.tree.cache import Memory
from kbsync.tree.declared import Tree
from kbsync.tree.declaring import Declared, Read, mapping
from kbsync.tree.environments import NO_ENVIRONMENTS, UNKNOWN_ENVIRONMENTS, Environments
from kbsync.tree.files import shown_path, tree_root
from kbsync.tree.layout import Overlay, Place, arrange, stem_of
from kbsync.tree.naming import component_of
from kbsync.tree.overlay import Said, layered, lost_removals
from kbsync.tree.reading import OVERLAY, Documents, checked_together
from kbsync.tree.references import References, pulled_in
from kbsync.tree.scan import scan


def load_tree(
    root: Path, memory: Memory | None = None, environments: Environments = NO_ENVIRONMENTS
) -> Tree:
    """Return what the tree at *root* declares; an empty tree declares nothing.

    *memory* spares it the documents that it knows, and learns the others. What *environments* says
    the files may depend on: of overlays those of the chosen one count, the others are only read.

    Raises:
        InvalidFilesError: With every problem of every file, sorted by place.
    """
    loader = _Loader(tree_root(root), memory or Memory(), environments)
    declared = sorted(loader.load(), key=lambda each: each.key)
    if loader.problems:
        raise InvalidFilesError(sorted(set(loader.problems)))
    return Tree(
        resources={each.key: each.resource() for each in declared},
        origins={each.key: each.origin() for each in declared},
        layers={each.key: each.layers() for each in declared if each.is_composed},
        overlaid=loader.overlaid,
    )


def declared_names(root: Path, memory: Memory | None = None) -> dict[Key, str]:
    """Return what the configurations and rows at *root* are called, as far as they can be read.

    For help while typing: it passes over what is wrong.

    Raises:
        InvalidFilesError: There is no such folder.
    """
    loader = _Loader(tree_root(root), memory or Memory(), UNKNOWN_ENVIRONMENTS)
    return {each.key: str(each.read.value.get("name", "")) for each in loader.load()}


class _Loader:
    def __init__(self, root: Path, memory: Memory, environments: Environments) -> None:
        tree = scan(root)
        names = environments.variables.keys() if environments.are_known else None
        self._overlays: dict[str, list[Reference]] = {}
        """By overlay, the tags that pull in files."""
        self._environments = environments
        self._layout = arrange(tree, names)
        self._texts = References(root, tree)
        self._documents = Documents(root, self._texts, memory, environments)
        self._problems = list(self._layout.problems)
        self._unread_folders: set[str] = set()

    @property
    def problems(self) -> list[Problem]:
        return [*self._problems, *self._documents.problems, *self._texts.problems]

    @property
    def overlaid(self) -> dict[str, frozenset[str]]:
        """By overlay, the files that it pulls in; of a tree without problems."""
        return {
            file: frozenset(each.file for each in pulled_in(file, found))
            for file, found in self._overlays.items()
        }

    def load(self) -> list[Declared]:
        """Read every configuration; what is wrong goes to `problems`."""
        declared = [each for place in self._layout.places for each in self._read_place(place)]
        self._note_duplicates(declared)
        self._note_strays()
        return declared

    def _read_place(self, place: Place) -> Iterator[Declared]:
        """Read a configuration and its rows, as far as they can be read."""
        config = self._read(place, place.config_file, "configuration")
        config_id = self._id(config, place.folder.rpartition("/")[2])
        key = Key(component_of(place.component_folder), config_id)
        rows = list(self._read_rows(place, key))
        yield from rows
        if config:
            # The id of a row that cannot be read is unknown, so no listed id can be called wrong.
            is_complete = len(rows) == len(place.row_files)
            known = [row.key.row_id for row in rows]
            order = self._order(config.document, known, is_complete=is_complete)
            is_plain = config.document is config.base
            yield Declared(
                key=key,
                folder=place.folder,
                read=config,
                description=self._description(config, place.description_file),
                description_file=place.description_file,
                order=order,
                base_order=order
                if is_plain
                else self._order(config.base, known, is_complete=is_complete),
            )

    def _read_rows(self, place: Place, parent: Key) -> Iterator[Declared]:
        for file in place.row_files:
            if row := self._read(place, file, "row"):
                if self._environments.variables:
                    self._note_unclear(row, place)
                row_id = self._id(row, stem_of(file))
                yield Declared(key=parent.row(row_id), folder=place.folder, read=row)

    def _read(self, place: Place, file: str, schema_name: str) -> Read | None:
        """Return what *file* says with what lies over it; None when it cannot be read."""
        chosen = self._environments.chosen
        base = self._documents.read(file, schema_name, chosen)
        if base is None:
            self._unread_folders.add(place.folder)
        document: Said | None = base
        overlays = [each for each in place.overlays if each.over == file]
        overlay_file = None
        for each in overlays:
            overlay = self._read_overlay(place, each, schema_name)
            if base and overlay and each.environment == chosen:
                document = self._overlaid(base, overlay, schema_name)
                overlay_file = each.file
        if base is None or document is None:
            return None
        if self._documents.lacks_variables:
            self._documents.note_undefined(file, document.references)
        return Read(
            file=file,
            base=base,
            document=document,
            overlay=overlay_file,
            overlays=tuple(each.file for each in overlays),
        )

    def _read_overlay(self, place: Place, overlay: Overlay, schema_name: str) -> Document | None:
        if not self._environments.are_known:
            return None
        found = self._documents.read(overlay.file, schema_name + OVERLAY, overlay.environment)
        if found:
            self._documents.note_undefined(overlay.file, found.references)
            pulled = (each for each in found.references if each.tag in TAGS)
            self._overlays[overlay.file] = [*pulled]
        else:
            self._unread_folders.add(place.folder)
        return found

    def _overlaid(self, base: Document, overlay: Document, schema_name: str) -> Said:
        for each in lost_removals(base, overlay):
            what = f"`{REMOVE}` of {shown(str(each.path[-1]))}, which {base.name} does not have"
            place = (overlay.name, each.line, each.column)
            self._problems.append(Problem(*place, what, "remove this line, or correct the key"))
        found = layered(base, overlay)
        environment = self._environments.chosen
        self._problems += checked_together(found, schema_name, self._environments, environment)
        return found

    def _note_unclear(self, row: Read, place: Place) -> None:
        """Note a row that may have been meant as an overlay, unless its `id` says otherwise."""
        name, _, word = stem_of(row.file).rpartition(".")
        if not name or "id" in row.value:
            return
        known = self._environments.variables.keys()
        close = get_close_matches(word, known, n=1)
        if word in known:
            what = f"{shown(word)} is an environment, and there is no row file "
            what += f"{shown_path(name)}.yaml for this to lie over"
            todo = "correct the name; if this is a row of its own, give it an `id`"
        elif close and name in map(stem_of, place.row_files):
            what = f"{shown(word)} is no environment, so this is a row of its own"
            todo = f"did you mean {shown_path(name)}.{close[0]}.yaml? If not, give it an `id`"
        else:
            return
        self._note(row.document, (), what, todo)

    def _id(self, read: Read | None, default: str) -> str:
        found = read.value.get("id") if read else None
        if read and found in UNADDRESSABLE:
            what = f"{shown(str(found))} cannot be an id, because no address can hold it"
            self._note(read.document, ("id",), what, "choose another")
        return found if isinstance(found, str) and found else default

    def _description(self, config: Read, file: str | None) -> str | None:
        if file is None:
            return None
        if "description" in mapping(config.base):
            what = f"there is also {shown_path(file)}; a configuration has one description"
            self._note(config.base, ("description",), what, "remove one of them")
        return (self._texts.text(file) or "").removesuffix("\n")

    def _order(
        self, document: Said, known: Sequence[str], *, is_complete: bool
    ) -> tuple[str, ...] | None:
        listed = mapping(document).get("rowsSortOrder")
        if not isinstance(listed, list):
            return None
        for index, row_id in enumerate(listed):
            if is_complete and isinstance(row_id, str) and row_id not in known:
                what = f"there is no row {shown(row_id)}; expected the ids of rows in rows/"
                close = get_close_matches(row_id, known, n=1)
                todo = f"did you mean {shown(close[0])}?" if close else "remove it or add the row"
                self._note(document, ("rowsSortOrder", index), what, todo)
        return tuple(dict.fromkeys([*map(str, listed), *known]))

    def _note_duplicates(self, declared: Sequence[Declared]) -> None:
        first: dict[Key, Declared] = {}
        for each in declared:
            other = first.setdefault(each.key, each)
            if other is not each:
                own_id = each.key.row_id or each.key.config_id
                what = f"the id {shown(own_id)} is also that of {shown_path(other.read.file)}"
                todo = "change one id, or remove one of the files"
                self._note(each.read.document, ("id",), what, todo)

    def _note_strays(self) -> None:
        for path, said in self._layout.strays.items():
            # What a broken file would pull in is not known.
            near_broken = any(path.startswith(f"{folder}/") for folder in self._unread_folders)
            if path not in self._texts.used and not near_broken:
                self._problems.append(Problem(shown_path(path), 0, 0, *said))

    def _note(self, document: Said, path: JsonPath, what: str, todo: str) -> None:
        self._problems.append(Problem(*document.place(path), what, todo))
