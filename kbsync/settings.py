"""Which project the tree belongs to and what may be done there: kbsync.yaml and the environment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from kbsync.documents.document import Document, parse
from kbsync.documents.text import shown
from kbsync.documents.validate import check
from kbsync.errors import InvalidFilesError, UsageError
from kbsync.model import JsonPath
from kbsync.policy import (
    Extraction,
    IgnoreRule,
    Limits,
    PathPattern,
    Scope,
    TextRule,
    parse_path_pattern,
)
from kbsync.problems import Problem, ProblemError
from kbsync.secrets import is_secret_key
from kbsync.selectors import Selector
from kbsync.selectors import parse as parse_selector
from kbsync.stack import normalize_stack
from kbsync.tree.environments import NO_ENVIRONMENTS, Environments, Home
from kbsync.tree.files import is_skipped, read_bytes, tree_root, unreadable

FILE_NAMES = ("kbsync.yaml", "kbsync.yml", "kbsync.json")
STACK_VARIABLE = "KEBOOLA_STACK_URL"
TOKEN_VARIABLE = "KEBOOLA_TOKEN"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What was decided before any file of the tree is read. Holds no token."""

    root: Path
    environment: str = ""
    """Empty when the settings file has no environments."""
    stack: str = ""
    """Base URL without a trailing slash; empty when nobody said."""
    project_id: int | None = None
    branch: str = "default"
    """`default`, or the digits of a branch id."""
    token_env: str = TOKEN_VARIABLE
    """Name of the environment variable that holds the token."""
    environments: Environments = field(default=NO_ENVIRONMENTS)
    scope: Scope = field(default_factory=Scope)
    protect: tuple[Selector, ...] = ()
    ignore: tuple[IgnoreRule, ...] = ()
    limits: Limits = field(default_factory=Limits)
    extraction: Extraction = field(default_factory=Extraction)

    def required_stack(self) -> str:
        """Return the stack.

        Raises:
            InvalidFilesError: Nobody said which one.
        """
        if self.stack:
            return self.stack
        key = f"environments.{self.environment or '<name>'}.stack"
        what = "no stack is set; expected an address such as https://connection.keboola.com"
        todo = f"write it under {key}, or set ${STACK_VARIABLE}"
        raise InvalidFilesError([Problem(FILE_NAMES[0], 0, 0, what, todo)])


def load_settings(root: Path, *, environment: str | None, environ: Mapping[str, str]) -> Settings:
    """Return the settings of the tree at *root*; without a settings file all are defaults.

    Args:
        root: The tree.
        environment: Name given on the command line; it wins over `default_environment`.
        environ: The process environment; `KEBOOLA_STACK_URL` wins over the settings file.

    Raises:
        InvalidFilesError: With every problem of the settings.
        UsageError: The folder is a part of a tree, not the tree.
    """
    real = tree_root(root)
    stack, problems = _stack_from(environ)
    try:
        name = settings_file(real)
        if not name:
            _refuse_part_of_tree(real)
        document = parse(read_bytes(real, name), name) if name else _NO_FILE
    except ProblemError as error:
        raise InvalidFilesError([*problems, error.problem]) from None
    problems += document.problems or check(document, "project")
    if environment and not name:
        what = f"there is no such file, so there is no environment '{environment}'"
        problems.append(Problem(FILE_NAMES[0], 0, 0, what, "write it, or leave --env out"))
    if problems:
        raise InvalidFilesError(sorted(problems))
    reader = _Reader(document)
    settings = reader.settings(root, environment, stack)
    if reader.problems:
        raise InvalidFilesError(sorted(reader.problems))
    return settings


_NO_FILE = Document(name=FILE_NAMES[0], value={"version": 1})


def _stack_from(environ: Mapping[str, str]) -> tuple[str, list[Problem]]:
    text = environ.get(STACK_VARIABLE, "")
    try:
        return (normalize_stack(text) if text.strip() else ""), []
    except ValueError as error:
        return "", [Problem(f"${STACK_VARIABLE}", 0, 0, f"not a stack: {error}", "correct it")]


def settings_file(root: Path) -> str | None:
    """Return the name of the settings file, if there is one.

    Raises:
        ProblemError: There are several, or one whose name would only be read on some systems.
    """
    try:
        names = sorted(entry.name for entry in root.iterdir())
    except OSError as error:
        raise ProblemError(unreadable(".", error)) from None
    found = [name for name in names if name.lower() in FILE_NAMES]
    if len(found) > 1:
        what = f"there is also {' and '.join(found[1:])}; a tree has one settings file"
        raise ProblemError(Problem(found[0], 0, 0, what, "keep one of them"))
    if found and found[0] not in FILE_NAMES:
        what, todo = "this name is not read", f"rename it to {found[0].lower()}"
        raise ProblemError(Problem(found[0], 0, 0, what, todo))
    return found[0] if found else None


def _refuse_part_of_tree(root: Path) -> None:
    """Refuse the folder of a component or one below it: a pull would put a tree into the tree.

    Raises:
        UsageError: A settings file stands above, where *root* belongs.
    """
    for above in root.parents:
        top, *_ = parts = root.relative_to(above).parts
        if "." not in top or any(map(is_skipped, parts)):
            continue  # this looks like no component, so the file above may be about other things
        for name in (name for name in FILE_NAMES if (above / name).is_file()):
            raise UsageError(
                f"This folder is a part of the tree in {above}, where {name} is",
                hint=f"Run it there, or add --project-dir {above}",
            )


def _number(value: float | None) -> int | None:
    return None if value is None else int(value)


class _Reader:
    """Takes a settings document, of which the schema has been checked, apart."""

    def __init__(self, document: Document) -> None:
        self.problems: list[Problem] = []
        self._document = document
        assert isinstance(document.value, dict)
        self._value: dict[str, Any] = document.value

    def settings(self, root: Path, environment: str | None, stack: str) -> Settings:
        """Return what the file says; a *stack* that is not empty wins over the file's."""
        stacks = {name: self._stack(name) for name in self._environments}
        name = self._environment_name(environment)
        chosen = self._environments.get(name, {})
        scope = self._value.get("scope", {})
        return Settings(
            root=root,
            environment=name,
            stack=stack or stacks.get(name, ""),
            project_id=_number(chosen.get("project")),
            branch=str(chosen.get("branch", "default")),
            token_env=chosen.get("token_env", TOKEN_VARIABLE),
            environments=self._all_environments(name, stacks),
            scope=Scope(
                include=self._scope_selectors("include", scope.get("include", ["*"])),
                exclude=self._scope_selectors("exclude", scope.get("exclude", [])),
            ),
            protect=self._selectors(("protect",), self._value.get("protect", [])),
            ignore=self._ignore_rules(self._value.get("ignore", [])),
            limits=Limits(**{k: int(v) for k, v in self._value.get("limits", {}).items()}),
            extraction=self._extraction(self._value.get("extract", {})),
        )

    @property
    def _environments(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self._value.get("environments", {})
        return found

    def _all_environments(self, chosen: str, stacks: Mapping[str, str]) -> Environments:
        found = self._environments
        self._check_names(found)
        only = next(iter(found), "") if len(found) == 1 else ""
        return Environments(
            chosen=chosen,
            default=self._value.get("default_environment", only),
            variables={name: each.get("variables", {}) for name, each in found.items()},
            homes={
                name: Home(stack=stacks[name], project_id=_number(each.get("project")))
                for name, each in found.items()
            },
            where=self._variable_place,
        )

    def _check_names(self, names: Iterable[str]) -> None:
        """Overlays have them in the names of their files."""
        folded: dict[str, str] = {}
        for name in names:
            twin = folded.setdefault(name.lower(), name)
            if not _NAME.fullmatch(name):
                what = f"{shown(name)} cannot name an environment, because it is part of file names"
                self._problem(("environments", name), what, "use letters, digits, - and _")
            elif twin != name:
                what = f"for many file systems {shown(name)} is the same name as {shown(twin)}"
                self._problem(("environments", name), what, "choose another one")

    def _variable_place(self, environment: str, name: str) -> str:
        path = ("environments", environment, "variables", name)
        return f"{self._document.name}:{self._document.where(path)[0]}"

    def _environment_name(self, given: str | None) -> str:
        known = list(self._environments)
        default = self._value.get("default_environment")
        if default is not None and default not in known:
            self._unknown_environment(("default_environment",), default)
        if given:
            if given not in known:
                self._unknown_environment(("environments",), given)
            return given
        if default is not None or not known:
            return default or ""
        if len(known) > 1:
            what = f"there are several environments: {', '.join(known)}"
            self._problem(("environments",), what, "add default_environment, or choose with --env")
        return known[0]

    def _unknown_environment(self, path: JsonPath, name: str) -> None:
        known = list(self._environments)
        listed = f"expected one of {', '.join(known)}" if known else "none is defined here"
        close = get_close_matches(name, known, n=1)
        todo = f"did you mean '{close[0]}'?" if close else "define it under environments"
        self._problem(path, f"unknown environment '{name}'; {listed}", todo)

    def _stack(self, environment: str) -> str:
        try:
            return normalize_stack(self._environments[environment]["stack"])
        except KeyError:
            return ""
        except ValueError as error:
            path = ("environments", environment, "stack")
            self._problem(path, f"not a stack: {error}", "correct it")
            return ""

    def _selectors(self, path: JsonPath, texts: list[str]) -> tuple[Selector, ...]:
        found = [self._selector((*path, index), text) for index, text in enumerate(texts)]
        return tuple(selector for selector in found if selector)

    def _scope_selectors(self, key: str, texts: list[str]) -> tuple[Selector, ...]:
        found = self._selectors(("scope", key), texts)
        for selector in found:
            if selector.names_rows:
                what = f"the selector '{selector}' names rows; rows go with their configuration"
                index = texts.index(selector.text)
                self._problem(("scope", key, index), what, "write component/config")
        return found

    def _selector(self, path: JsonPath, text: str) -> Selector | None:
        try:
            return parse_selector(text)
        except UsageError as error:
            self._problem(path, str(error), error.hint[:1].lower() + error.hint[1:])
            return None

    def _ignore_rules(self, rules: list[dict[str, str]]) -> tuple[IgnoreRule, ...]:
        found = []
        for index, rule in enumerate(rules):
            selector = self._selector(("ignore", index, "in"), rule["in"])
            pattern = self._path_pattern(("ignore", index, "path"), rule["path"])
            if selector and pattern:
                found.append(IgnoreRule(selector=selector, path=pattern))
        return tuple(found)

    def _extraction(self, found: dict[str, Any]) -> Extraction:
        rules = []
        for index, rule in enumerate(found.get("texts", [])):
            place = ("extract", "texts", index)
            selector = self._selector((*place, "in"), rule["in"])
            pattern = self._path_pattern((*place, "path"), rule["path"])
            if any(map(is_secret_key, pattern or ())):
                what = f"the path '{rule['path']}' leads to a secret, which has no file of its own"
                self._problem((*place, "path"), what, "remove this rule")
            elif selector and pattern:
                ending = rule.get("as", "")
                rules.append(TextRule(selector=selector, path=pattern, ending=ending))
        default = Extraction()
        return Extraction(lines=int(found.get("lines", default.lines)), texts=tuple(rules))

    def _path_pattern(self, path: JsonPath, text: str) -> PathPattern | None:
        try:
            return parse_path_pattern(text)
        except ValueError as error:
            self._problem(path, str(error), "correct it")
            return None

    def _problem(self, path: JsonPath, what: str, todo: str) -> None:
        line, column = self._document.where(path)
        self.problems.append(Problem(self._document.name, line, column, what, todo))
