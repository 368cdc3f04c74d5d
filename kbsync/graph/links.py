"""What configurations and rows refer to: each other, and tables. Pure.

Storage keeps references as it keeps any text: it checks none of them. So whatever is not of the
documented shape is no reference, and never an error.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from kbsync.model import Json, JsonObject, JsonPath, Key, Resource, Resources
from kbsync.paths import value_at
from kbsync.problems import Problem
from kbsync.secrets import is_ciphertext

VARIABLES = "keboola.variables"
SHARED_CODE = "keboola.shared-code"
FLOWS = ("keboola.flow", "keboola.orchestrator")
SCHEDULER = "keboola.scheduler"
FLOW_TRIGGER = "kds-team.app-orchestration-trigger-queue-v2"


@dataclass(frozen=True, order=True, slots=True)
class Link:
    """One reference from a configuration or row to another."""

    source: Key
    path: JsonPath
    """Where it stands in the `configuration` of *source*."""
    target: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Dangling:
    """A reference to what is not there, or will not be when the plan is carried out."""

    link: Link
    is_deleted: bool = False
    """Whether the plan deletes what it refers to; else there is no such thing."""
    file: str = ""
    """Where *link* stands in the tree; empty when the files do not hold it."""
    line: int = 0
    column: int = 0

    @property
    def problem(self) -> Problem:
        """The warning that a person reads."""
        target = self.link.target
        if self.is_deleted:
            what = f"refers to {target}, which is about to be deleted"
            todo = "remove the reference, or keep what it refers to"
        else:
            what = f"refers to {target}, which is neither in the files nor in the project"
            todo = "correct the id, or remove the reference"
        file = self.file or str(self.link.source)
        return Problem(file, self.line, self.column, what, todo)


_Found: TypeAlias = Iterator[tuple[JsonPath, Key]]


def links(item: Resource, project: Resources) -> Iterator[Link]:
    """Return what *item* refers to, in *project* or not.

    *project* tells what an id alone does not: which variables a task's values belong to.
    """
    content = item.configuration
    for read in _READERS.get(item.key.component_id, _GENERIC):
        for path, target in read(content, project):
            yield Link(item.key, path, target)


def dangling(
    sources: Resources, project: Resources, deleted: Collection[Key] = ()
) -> tuple[Dangling, ...]:
    """Return the references of *sources* to what *project* lacks, or what is about to be *deleted*.

    Of a configuration that is missing its rows are not told as well. In the order of the keys.
    """
    found = [
        Dangling(link=link, is_deleted=link.target in deleted)
        for key in sorted(sources)
        for link in links(sources[key], project)
        if _is_missing(link.target, project, deleted)
        and not (link.target.is_row and _is_missing(link.target.config, project, deleted))
    ]
    return tuple(found)


def _is_missing(key: Key, project: Resources, deleted: Collection[Key]) -> bool:
    return key not in project or key in deleted


def _variables(content: JsonObject, project: Resources) -> _Found:
    config_id = _id(content.get("variables_id"))
    if config_id:
        target = Key(VARIABLES, config_id)
        yield ("variables_id",), target
        yield from _row(("variables_values_id",), target, content.get("variables_values_id"))


def _shared_code(content: JsonObject, project: Resources) -> _Found:
    config_id = _id(content.get("shared_code_id"))
    if config_id:
        target = Key(SHARED_CODE, config_id)
        yield ("shared_code_id",), target
        yield from _rows(("shared_code_row_ids",), target, content.get("shared_code_row_ids"))


def _tasks(content: JsonObject, project: Resources) -> _Found:
    for path, element in _objects(content, ("tasks",)):
        task = element.get("task")
        if not isinstance(task, dict):
            continue
        target = _config(task.get("componentId"), task.get("configId"))
        if target:
            path = (*path, "task")
            yield (*path, "configId"), target
            yield from _rows((*path, "configRowIds"), target, task.get("configRowIds"))
            if variables := _variables_of(target, project):
                values = task.get("variableValuesId")
                yield from _row((*path, "variableValuesId"), variables, values)


def _variables_of(key: Key, project: Resources) -> Key | None:
    item = project.get(key)
    config_id = _id(item.configuration.get("variables_id")) if item else None
    return Key(VARIABLES, config_id) if config_id else None


def _schedule_target(content: JsonObject, project: Resources) -> _Found:
    found = content.get("target")
    if not isinstance(found, dict):
        return
    target = _config(found.get("componentId"), found.get("configurationId"))
    if target:
        yield ("target", "configurationId"), target
        rows = found.get("configurationRowIds")
        yield from _rows(("target", "configurationRowIds"), target, rows)


def _triggered_flow(content: JsonObject, project: Resources) -> _Found:
    """The flow may be of another project, so it is a reference only when this one has it."""
    path = ("parameters", "orchestrationId")
    config_id = _id(value_at(content, path))
    for component_id in FLOWS:
        if config_id and (target := Key(component_id, config_id)) in project:
            yield path, target


_Reader: TypeAlias = Callable[[JsonObject, Resources], _Found]

_GENERIC: tuple[_Reader, ...] = (_variables, _shared_code)
_READERS: dict[str, tuple[_Reader, ...]] = {
    **dict.fromkeys(FLOWS, (*_GENERIC, _tasks)),
    SCHEDULER: (*_GENERIC, _schedule_target),
    FLOW_TRIGGER: (*_GENERIC, _triggered_flow),
}
"""Where references stand, by component."""


TableUse: TypeAlias = "tuple[JsonPath, str, JsonObject]"
"""Where the id of a table stands, the id, and the object around it, which says how it is used."""


def inputs(item: Resource) -> Iterator[TableUse]:
    """Return the tables of the input mapping."""
    for path, mapping in _objects(item.configuration, ("storage", "input", "tables")):
        for table in _table(mapping.get("source")):
            yield (*path, "source"), table, mapping


def outputs(item: Resource) -> Iterator[TableUse]:
    """Return the tables that *item* names as its output.

    Those of the output mapping, and the `outputTable` of database extractors.
    """
    content = item.configuration
    for path, mapping in _objects(content, ("storage", "output", "tables")):
        for table in _table(mapping.get("destination")):
            yield (*path, "destination"), table, mapping
    parameters = content.get("parameters")
    if isinstance(parameters, dict):
        for table in _table(parameters.get("outputTable")):
            yield ("parameters", "outputTable"), table, parameters


def tables_read(item: Resource) -> Iterator[str]:
    """Return the ids of the tables in the input mapping."""
    return (table for _, table, _ in inputs(item))


def tables_written(item: Resource) -> Iterator[str]:
    """Return the ids of the tables that *item* names as its output."""
    return (table for _, table, _ in outputs(item))


def buckets_written(item: Resource) -> Iterator[str]:
    """Return the ids of the buckets for output that no mapping names.

    The bucket that *item* names, and those that the platform names after the configuration.
    """
    key = item.key
    name = f"c-{key.component_id.replace('.', '-')}-{key.config_id}"
    yield from (f"in.{name}", f"out.{name}")
    yield from _table(value_at(item.configuration, ("storage", "output", "default_bucket")))


def bucket_of(table: str) -> str:
    return table.rpartition(".")[0]


def _objects(content: Json, path: JsonPath) -> Iterator[tuple[JsonPath, JsonObject]]:
    """Return the objects of the list at *path*, with the path of each."""
    found = value_at(content, path)
    for index, element in enumerate(found if isinstance(found, list) else ()):
        if isinstance(element, dict):
            yield (*path, index), element


def _config(component_id: Json, config_id: Json) -> Key | None:
    found = _id(config_id)
    return Key(component_id, found) if isinstance(component_id, str) and found else None


def _row(path: JsonPath, config: Key, row_id: Json) -> _Found:
    if found := _id(row_id):
        yield path, config.row(found)


def _rows(path: JsonPath, config: Key, row_ids: Json) -> _Found:
    for index, row_id in enumerate(row_ids if isinstance(row_ids, list) else ()):
        yield from _row((*path, index), config, row_id)


def _id(value: Json) -> str | None:
    """Return *value* as an id; the API takes numbers for text. No secret is one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value and not is_ciphertext(value) else None


def _table(value: Json) -> Iterator[str]:
    if isinstance(value, str) and value and not is_ciphertext(value):
        yield value
