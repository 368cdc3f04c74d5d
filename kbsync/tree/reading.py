"""Reads the documents of a tree, each once, and notes what is wrong with them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path

from kbsync.canonical import canonical
from kbsync.documents.document import Document, is_json, parse
from kbsync.documents.tags import ENV, REMOVE, TAGS, Reference
from kbsync.documents.text import shown
from kbsync.documents.validate import check
from kbsync.model import Json
from kbsync.paths import value_at
from kbsync.problems import Problem, ProblemError
from kbsync.secrets import plain_secrets, references
from kbsync.tree.cache import Memory
from kbsync.tree.environments import FILLED, Environments, UndefinedError, names_in
from kbsync.tree.files import read_bytes, shown_path
from kbsync.tree.overlay import Layered, Said, bare
from kbsync.tree.references import References

OVERLAY = "-overlay"
"""Behind the name of a schema: that of what lies over such a document."""

_NAMING = ("id", "rowsSortOrder")
"""What names objects, which are the same in every environment."""


class Documents:
    """The documents of a tree. What is wrong is noted, never raised."""

    def __init__(
        self, root: Path, texts: References, memory: Memory, environments: Environments
    ) -> None:
        self.problems: list[Problem] = []
        self._undefined: dict[tuple[str, Reference], Problem] = {}
        """By file: variables without a value."""
        self._root = root
        self._texts = texts
        self._memory = memory
        self._environments = environments

    def read(self, file: str, schema_name: str, environment: str) -> Document | None:
        """Return the document in *file* of the tree, without what an overlay takes away.

        None when it cannot be read or is no mapping. What it lacks because a variable has no value
        is told by `note_undefined`.
        """
        try:
            data = read_bytes(self._root, file)
        except ProblemError as error:
            self.problems.append(error.problem)
            return None
        is_overlay = schema_name.endswith(OVERLAY)
        # An overlay has one environment. Another document mostly says the same in all of them.
        kind = f"{schema_name} {is_json(file)} {environment if is_overlay else ''}".rstrip()
        depends_on = partial(self._depends_on, file, environment)
        if known := self._memory.recall(data, kind, shown_path(file), depends_on):
            return bare(known) if is_overlay else known
        document = parse(data, shown_path(file), partial(self._value, file, environment))
        problems = [*document.problems, *_misplaced(document, schema_name)]
        found = bare(document) if is_overlay else document
        unfilled = self._unfilled(file, document)
        problems += [
            each for each in check(found, schema_name) if (each.line, each.column) not in unfilled
        ]
        if isinstance(document.value, dict):
            problems += secret_problems(found, self._environments, environment)
            # Only both together tell what an overlay names a secret.
            problems += [] if is_overlay else strange_variables(found)
        if not problems and not unfilled:
            self._memory.keep(data, kind, document, depends_on)
        self.problems += problems
        return found if isinstance(document.value, dict) else None

    @property
    def lacks_variables(self) -> bool:
        """Whether some variable has no value so far."""
        return bool(self._undefined)

    def note_undefined(self, file: str, counting: Collection[Reference]) -> None:
        """Note the variables without a value in *file*, of which only *counting* matter."""
        self.problems += [
            problem
            for (named, reference), problem in self._undefined.items()
            if named == file and reference in counting
        ]

    def _unfilled(self, file: str, document: Document) -> set[tuple[int, int]]:
        """Return the places of values that are not there, about which nothing else can be said."""
        missing = [each for each in document.references if (file, each) in self._undefined]
        return {document.where(each.path) for each in missing}

    def _value(self, file: str, environment: str, reference: Reference) -> Json:
        if reference.tag in TAGS:
            return self._texts.value(file, reference)
        try:
            return self._environments.value(environment, reference)
        except UndefinedError as error:
            place = (shown_path(file), reference.line, reference.column)
            self._undefined[file, reference] = Problem(*place, str(error), error.todo)
            return ""

    def _depends_on(self, file: str, environment: str, reference: Reference) -> str | None:
        """Return, as text, what *reference* takes in from elsewhere."""
        if reference.tag in TAGS:
            return self._texts.pulled_text(file, reference)
        if reference.tag in FILLED:
            return canonical(self._value(file, environment, reference))
        return None


def _misplaced(document: Document, schema_name: str) -> Iterator[Problem]:
    for each in document.references:
        place = (document.name, each.line, each.column)
        if each.tag == REMOVE and not schema_name.endswith(OVERLAY):
            what = f"`{REMOVE}` in a file that lies over no other"
            yield Problem(*place, what, "remove the key itself")
        elif each.tag in FILLED and each.path[:1] and each.path[0] in _NAMING:
            what = f"`{each.tag}` where objects are named; they are the same in all environments"
            yield Problem(*place, what, "write the id here")


def secret_problems(
    document: Said, environments: Environments, environment: str
) -> Iterator[Problem]:
    """Yield a problem for each secret in plain text, in the file that says it."""
    configuration = value_at(document.value, ("configuration",))
    if not isinstance(configuration, dict):
        return
    for path in plain_secrets(configuration):
        full = ("configuration", *path)
        what = f"plain text under {shown(str(path[-1]))}, where a secret belongs"
        if source := _source(document, full, environments, environment):
            what += f"; it comes from {source}"
        place = document.place(full)
        yield Problem(*place, what, "put ciphertext (KBC::...) or `!env NAME` here")


def _source(
    document: Said, path: tuple[str | int, ...], environments: Environments, environment: str
) -> str:
    """Return which variable gives what is at *path*, and where that is defined."""
    for each in document.references:
        if each.tag in FILLED and path[: len(each.path)] == each.path:
            return ", ".join(
                f"the variable {shown(name)} ({environments.where(environment, name)})"
                for name in names_in(each)
            )
    return ""


def strange_variables(document: Said) -> Iterator[Problem]:
    """Yield a problem for each `!env` in a place that holds no secret."""
    tags = [each for each in document.references if each.tag == ENV]
    if not tags:
        return
    configuration = value_at(document.value, ("configuration",))
    secret = {("configuration", *path) for path in references(configuration)}
    for tag in tags:
        if tag.path not in secret:
            what = "`!env` where no secret belongs; in a configuration it may stand under a `#key`"
            todo = "write the value here, or let the key start with `#`"
            name, _, _ = document.place(tag.path)
            yield Problem(name, tag.line, tag.column, what, todo)


def checked_together(
    document: Layered, schema_name: str, environments: Environments, environment: str
) -> list[Problem]:
    """Return what is wrong with a document and its overlay only when both are read as one."""
    return [
        *check(document, schema_name),
        *secret_problems(document, environments, environment),
        *strange_variables(document),
    ]
