"""The environments of the settings, and the values that they give names. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from kbsync.documents.tags import FORMAT, VAR, Reference
from kbsync.documents.text import shown
from kbsync.model import Json

FILLED = (VAR, FORMAT)
"""The tags whose values come from here."""

_PLACEHOLDER = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The project that an environment is about, as far as the settings say."""

    stack: str = ""
    project_id: int | None = None

    def __str__(self) -> str:
        return self.stack if self.project_id is None else f"project {self.project_id}"

    def is_apart(self, other: Home) -> bool:
        """Whether both are certainly different projects in which jobs run.

        Over http there is this machine alone: an emulator, which decrypts nothing.
        """
        ids, stacks = {self.project_id, other.project_id}, {self.stack, other.stack}
        if any(stack.startswith("http:") for stack in stacks):
            return False
        return (None not in ids and len(ids) > 1) or ("" not in stacks and len(stacks) > 1)


class UndefinedError(ValueError):
    """A name that the environment gives no value, or none that fits; and what to do."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(what)
        self.todo = todo


@dataclass(frozen=True, slots=True, kw_only=True)
class Environments:
    """What files may depend on."""

    chosen: str = ""
    """Empty where the settings define none."""
    default: str = ""
    """The one that is meant when nobody chooses, which may be none; or the only one."""
    variables: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    """Of every environment, by its name."""
    homes: Mapping[str, Home] = field(default_factory=dict)
    """Of every environment, by its name."""
    are_known: bool = True
    """Whether the settings could be read. If not, files are read as far as that goes."""
    where: Callable[[str, str], str] = field(default=lambda environment, name: "", compare=False)
    """Returns the place, as `file:line`, of a variable of an environment."""

    @property
    def has_default(self) -> bool:
        """Whether the chosen one is what files without an overlay are about."""
        return self.chosen == self.default

    def value(self, environment: str, reference: Reference) -> Json:
        """Return what a tag of `FILLED` stands for.

        Raises:
            UndefinedError: A name in it has no value, or none that can be part of a text.
        """
        if not self.are_known:
            return ""
        if reference.tag == VAR:
            return self._variable(environment, reference.target)
        return _PLACEHOLDER.sub(lambda found: self._part(environment, found), reference.target)

    def _part(self, environment: str, found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return "${"
        if not found[2]:
            raise UndefinedError("`${` without a `}` behind it", "close it, or write $${ for ${")
        value = self._variable(environment, name)
        if isinstance(value, str):
            return value
        if value is None or isinstance(value, dict | list):
            what = f"the variable {shown(name)} is no text and no number, which a text can hold"
            raise UndefinedError(what, f"use {VAR}, or another variable")
        return json.dumps(value)

    def _variable(self, environment: str, name: str) -> Json:
        known = self.variables.get(environment, {})
        if name in known:
            return known[name]
        if not environment:
            what = f"there is no variable {shown(name)}, because no environment is defined"
            raise UndefinedError(what, "define one in kbsync.yaml, or write the value here")
        what = f"the environment {shown(environment)} has no variable {shown(name)}"
        close = get_close_matches(name, known, n=1)
        define = f"define it under environments.{environment}.variables"
        raise UndefinedError(what, f"did you mean {shown(close[0])}?" if close else define)


NO_ENVIRONMENTS = Environments()
UNKNOWN_ENVIRONMENTS = Environments(are_known=False)


def names_in(reference: Reference) -> tuple[str, ...]:
    """Return the variables that a tag of `FILLED` names, each once."""
    if reference.tag == VAR:
        return (reference.target,)
    found = (match[1] for match in _PLACEHOLDER.finditer(reference.target))
    return tuple(dict.fromkeys(name for name in found if name is not None))
