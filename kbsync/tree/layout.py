"""Which files of a tree are configurations and rows, by where they lie. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from kbsync.documents.text import shown
from kbsync.problems import Problem
from kbsync.tree.files import shown_path
from kbsync.tree.scan import Folder, joined

CONFIG_FILES = ("config.yaml", "config.json")
DESCRIPTION_FILE = "description.md"
ROWS_FOLDER = "rows"
CODE_FOLDER = "code"

_DATA_ENDINGS = (".yaml", ".json")
_ANY_DATA_ENDINGS = (*_DATA_ENDINGS, ".yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """A file that lies over another one in one environment."""

    environment: str
    file: str
    over: str
    """The file of the configuration or row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one configuration lives. Paths are relative to the tree."""

    component_folder: str
    folder: str
    config_file: str
    row_files: tuple[str, ...]
    """In the order of their names."""
    description_file: str | None
    overlays: tuple[Overlay, ...] = ()
    """Of all environments; two for the same file and environment are a problem."""


@dataclass(slots=True)
class Layout:
    """Every file of a tree that means something, or seems to."""

    places: list[Place] = field(default_factory=list)
    strays: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Data files that are no configuration and no row: wrong, unless some tag pulls them in. With
    what to say of them then, and what to do."""
    problems: list[Problem] = field(default_factory=list)
    environments: Collection[str] | None = ()
    """Those that files may be for; None when nobody knows."""

    def is_environment(self, word: str) -> bool:
        return self.environments is None or word in self.environments


def arrange(tree: Folder, environments: Collection[str] | None = ()) -> Layout:
    """Return what the folders and file names of *tree* say, without opening a file.

    *environments* are those that files may be for; None when nobody knows.
    """
    layout = Layout(
        problems=[problem for folder in tree.below() for problem in folder.odd],
        environments=environments,
    )
    for top in tree.folders:
        if _is_component(top):
            _add_component(layout, top)
    for name in [] if layout.places else _config_names(tree):
        what = "a configuration at the top of the tree, where folders of components are expected"
        layout.problems.append(_problem(name, what, "check --project-dir, or move the file"))
    return layout


def _is_component(top: Folder) -> bool:
    """Whether a folder of the first level declares anything.

    Documentation and scripts may lie beside the components. A folder that is named like a component
    and holds data files is no such thing: somebody misspelt `config.yaml`.
    """
    return any(
        _config_names(folder)
        or folder.name == ROWS_FOLDER
        or ("." in top.name and any(map(_is_data, folder.files)))
        for folder in top.below()
    )


def _add_component(layout: Layout, top: Folder) -> None:
    for name in _config_names(top):
        what = "a configuration needs a folder of its own below the component's"
        todo = f"move it to {shown_path(top.path)}/<folder>/config.yaml"
        layout.problems.append(_problem(joined(top.path, name), what, todo))
    _add_grouping(layout, top, top)


def _add_grouping(layout: Layout, top: Folder, folder: Folder) -> None:
    """Add a folder that is no configuration itself but may hold some."""
    config_names = _config_names(folder)
    for path, name in zip(folder.file_paths(), folder.files, strict=True):
        if layout.environments and _environment_of(name) in layout.environments:
            layout.problems.append(_problem(path, *_LIES_OVER_NOTHING))
        elif _is_data(name) and name not in config_names:
            layout.strays[path] = _STRAY
    for child in folder.folders:
        if child.name == ROWS_FOLDER:
            what = "rows without a configuration: there is no config.yaml beside this folder"
            todo = "bring config.yaml back, or remove the rows"
            layout.problems.append(_problem(child.path, what, todo))
        elif _config_names(child):
            _add_configuration(layout, top, child)
        else:
            _add_grouping(layout, top, child)


def _add_configuration(layout: Layout, top: Folder, folder: Folder) -> None:
    names = _config_names(folder)
    layout.problems += _name_problems(folder, names)
    row_files: list[str] = []
    overlays = [*_config_overlays(layout, folder)]
    for child in folder.folders:
        if child.name == ROWS_FOLDER:
            found = _add_rows(layout, child)
            row_files += found
            overlays += _row_overlays(layout, found)
        else:
            _add_contents(layout, child)
    for name in folder.files:
        if name == ROWS_FOLDER:
            what = "this is a file; expected a folder with a file for each row"
            layout.problems.append(_problem(joined(folder.path, name), what, "make it a folder"))
        elif _is_data(name) and name not in names and not _environment_of(name):
            layout.strays[joined(folder.path, name)] = _STRAY
    layout.problems += _twice(overlays)
    usable = [name for name in names if name in CONFIG_FILES]
    if usable:
        over = {each.file for each in overlays}
        layout.places.append(
            Place(
                component_folder=top.path,
                folder=folder.path,
                config_file=joined(folder.path, usable[-1]),
                row_files=tuple(file for file in row_files if file not in over),
                description_file=joined(folder.path, DESCRIPTION_FILE)
                if DESCRIPTION_FILE in folder.files
                else None,
                overlays=tuple(
                    replace(each, over=joined(folder.path, usable[-1])) if not each.over else each
                    for each in overlays
                ),
            )
        )


def _name_problems(folder: Folder, names: list[str]) -> Iterator[Problem]:
    if all(name in names for name in CONFIG_FILES):
        what = "there is a config.yaml and a config.json; a configuration has one of them"
        yield _problem(folder.path, what, "remove one")
    for name in names:
        if name not in CONFIG_FILES:
            yield _misnamed(joined(folder.path, name), _right_name(name))


def _add_rows(layout: Layout, rows: Folder) -> list[str]:
    """Add the problems of a `rows` folder; return its row files."""
    for child in rows.folders:
        what = "a folder inside rows/; every row is a file directly in it"
        todo = "move row files up, other files to code/"
        layout.problems.append(_problem(child.path, what, todo))
    found: dict[str, str] = {}
    for name in filter(_is_data, rows.files):
        stem = name.rpartition(".")[0]
        if not name.endswith(_DATA_ENDINGS):
            layout.problems.append(_misnamed(joined(rows.path, name), _right_name(name)))
        elif stem in found:
            what = f"there is also {shown_path(found[stem])}; a row has one file"
            layout.problems.append(_problem(joined(rows.path, name), what, "remove one"))
        else:
            found[stem] = name
    return [joined(rows.path, name) for _, name in sorted(found.items())]


def _add_contents(layout: Layout, folder: Folder) -> None:
    """Add a folder inside a configuration; outside `code` data files need a tag to pull them in."""
    for inner in folder.below():
        names = [] if folder.name == CODE_FOLDER else list(filter(_is_data, inner.files))
        config_names = _config_names(inner)
        for name in names:
            path = joined(inner.path, name)
            if name in config_names:
                what = "a configuration inside the folder of another one"
                todo = "move its folder out, beside the other"
                layout.problems.append(_problem(path, what, todo))
            else:
                layout.strays[path] = _STRAY


def _config_overlays(layout: Layout, folder: Folder) -> Iterator[Overlay]:
    """Yield what lies over the configuration in *folder*, whose file is not known here."""
    for name, path in zip(folder.files, folder.file_paths(), strict=True):
        environment, ending = _environment_of(name), name.rpartition(".")[2]
        if not environment:
            continue
        if not layout.is_environment(environment):
            layout.strays[path] = _undefined(environment, layout.environments or ())
        elif name in (f"config.{environment}.yaml", f"config.{environment}.json"):
            yield Overlay(environment=environment, file=path, over="")
        else:
            right = f"config.{environment}.{ending.lower().replace('yml', 'yaml')}"
            layout.problems.append(_misnamed(path, right))


def _row_overlays(layout: Layout, files: Sequence[str]) -> list[Overlay]:
    """Return those of *files*, in the folder of rows, that lie over another of them."""
    rows = {file.rpartition(".")[0]: file for file in files}
    if not any("." in stem.rpartition("/")[2] for stem in rows):
        return []
    found: dict[str, Overlay] = {}
    for stem, file in sorted(rows.items(), key=lambda each: len(each[0])):
        name, _, environment = stem.rpartition(".")
        over = rows.get(name)
        if over and over not in found and layout.is_environment(environment):
            found[file] = Overlay(environment=environment, file=file, over=over)
    return [found[file] for file in files if file in found]


def _twice(overlays: Sequence[Overlay]) -> Iterator[Problem]:
    first: dict[tuple[str, str], Overlay] = {}
    for each in overlays:
        other = first.setdefault((each.environment, each.over), each)
        if other is not each:
            what = f"there is also {shown_path(other.file)}; an environment has one of them"
            yield _problem(each.file, what, "remove one")


def stem_of(file: str) -> str:
    """Return the name of a file without its ending."""
    return file.rpartition("/")[2].rpartition(".")[0]


def _environment_of(name: str) -> str:
    """Return what `config.<environment>.yaml` names; `""` for another name."""
    if name in CONFIG_FILES or name[:7].lower() != "config.":
        return ""
    stem, _, ending = name.rpartition(".")
    environment = stem.partition(".")[2]
    return environment if _is_data(f".{ending}") else ""


def _undefined(environment: str, known: Collection[str]) -> tuple[str, str]:
    what = f"this would be for the environment {shown(environment)}, which is not defined"
    close = get_close_matches(environment, known, n=1)
    define = "define it under environments in kbsync.yaml, or move the file to code/"
    return what, f"did you mean {shown(close[0])}?" if close else define


_STRAY = (
    "this is no configuration and no row, and no tag pulls it in",
    "move it to <folder>/config.yaml, to rows/ or to code/, or remove it",
)
_LIES_OVER_NOTHING = (
    "this lies over a config.yaml, and there is none beside it",
    "add that, or let this be it, which counts in every environment",
)


def _config_names(folder: Folder) -> list[str]:
    """Names that mean `config.yaml`, also those a person has to mend."""
    return [name for name in folder.files if name.lower() in (*CONFIG_FILES, "config.yml")]


def _is_data(name: str) -> bool:
    return name.lower().endswith(_ANY_DATA_ENDINGS)


def _right_name(name: str) -> str:
    stem, _, ending = name.rpartition(".")
    ending = ending.lower().replace("yml", "yaml")
    return f"config.{ending}" if stem.lower() == "config" else f"{stem}.{ending}"


def _misnamed(path: str, right: str) -> Problem:
    what = (
        "this name is not read; files are called config.yaml, config.json, <row>.yaml, <row>.json"
    )
    return _problem(path, what, f"rename it to {shown_path(right)}")


def _problem(path: str, what: str, todo: str) -> Problem:
    return Problem(shown_path(path), 0, 0, what, todo)
