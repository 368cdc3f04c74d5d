"""Rules that make the emulator fail on purpose."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from kbsync.emulator.errors import EmulatorError, error_body

Action: TypeAlias = Literal["status", "reset", "truncate", "delay", "hang", "edit"]
When: TypeAlias = Literal["before", "after"]

_HINT = "Fault rules are described in docs/emulator.md."
_TYPES: Mapping[str, tuple[type, ...]] = {
    "method": (str,),
    "path": (str,),
    "skip": (int,),
    "times": (int, type(None)),
    "when": (str,),
    "action": (str,),
    "status": (int,),
    "headers": (dict,),
    "body": (str, dict, list),
    "seconds": (int, float),
    "edit": (dict,),
}
_EDIT_TYPES: Mapping[str, tuple[type, ...]] = {
    "method": (str,),
    "path": (str,),
    "body": (dict, list, type(None)),
    "token": (str,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A request that somebody else makes."""

    method: str
    path: str
    """After `/v2/storage/`, percent-encoded as it would be sent, with its query."""
    body: bytes
    """JSON, or nothing."""
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What happens to which requests."""

    action: Action
    method: str
    """Empty: any."""
    path: re.Pattern[str]
    """Searched in the path, and in the path with its query."""
    skip: int
    times: int | None
    """None: until the rules are cleared."""
    when: When
    """Before the handler runs, or after it: then what was asked for has been done."""
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    seconds: float
    edit: Edit | None
    """What the action `edit` does; None for every other action."""

    def matches(self, method: str, path: str, query: str) -> bool:
        if self.method not in ("", method):
            return False
        return bool(self.path.search(path) or self.path.search(f"{path}?{query}"))


class Faults:
    """The rules in force, with their countdowns. The first one that matches wins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[_Armed] = []

    def add(self, rules: list[Rule]) -> None:
        with self._lock:
            self._rules += [_Armed(rule, rule.skip, rule.times) for rule in rules]

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def take(self, method: str, path: str, query: str) -> Rule | None:
        """Return the rule for this request, and count it."""
        with self._lock:
            for armed in self._rules:
                if armed.times_left != 0 and armed.rule.matches(method, path, query):
                    if armed.skips_left > 0:
                        armed.skips_left -= 1
                        continue
                    if armed.times_left is not None:
                        armed.times_left -= 1
                    return armed.rule
        return None


def parse_rules(value: object) -> list[Rule]:
    """Return the rules in *value*, one object or a list of them.

    Raises:
        EmulatorError: A rule is wrong; none was added.
    """
    listed = value if isinstance(value, list) else [value]
    return [_parse(item, f"rule {place}") for place, item in enumerate(listed)]


@dataclass(slots=True)
class _Armed:
    rule: Rule
    skips_left: int
    times_left: int | None


def _parse(value: object, where: str) -> Rule:
    if not isinstance(value, dict):
        raise EmulatorError(f"{where}: expected an object", _HINT)
    _check_types(value, _TYPES, where)
    _check_choice(value, "action", get_args(Action), where)
    _check_choice(value, "when", (*get_args(When), None), where)
    if not 200 <= value.get("status", 500) <= 599:
        raise EmulatorError(f"{where}: 'status' must be from 200 to 599", _HINT)
    action, status = value["action"], value.get("status", 500)
    body = value.get("body", error_body(f"Emulated fault: status {status}", "emulator.fault"))
    return Rule(
        action=action,
        method=value.get("method", "").upper(),
        path=_pattern(value.get("path", ""), where),
        skip=value.get("skip", 0),
        times=value.get("times"),
        when=value.get("when", "after" if action == "truncate" else "before"),
        status=status,
        headers=tuple((name, str(text)) for name, text in value.get("headers", {}).items()),
        body=body if isinstance(body, str) else json.dumps(body),
        seconds=value.get("seconds", 3600.0 if action == "hang" else 1.0),
        edit=_edit(value, where) if action == "edit" else None,
    )


def _edit(rule: dict[str, Any], where: str) -> Edit:
    where, value = f"{where}: edit", rule.get("edit")
    if value is None:
        raise EmulatorError(f"{where}: missing, so there is nothing to do", _HINT)
    _check_types(value, _EDIT_TYPES, where)
    for key in ("method", "path"):
        if key not in value:
            raise EmulatorError(f"{where}: {key!r} is missing", _HINT)
    body = value.get("body")
    return Edit(
        method=value["method"].upper(),
        path=value["path"],
        body=b"" if body is None else json.dumps(body).encode(),
        token=value.get("token", "somebody-else"),
    )


def _pattern(text: str, where: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise EmulatorError(
            f"{where}: 'path' is not a regular expression: {error}", _HINT
        ) from error


def _check_types(value: dict[str, Any], types: Mapping[str, tuple[type, ...]], where: str) -> None:
    for key, item in value.items():
        if key not in types:
            raise EmulatorError(
                f"{where}: unknown key {key!r}; expected one of {', '.join(types)}", _HINT
            )
        if type(item) not in types[key]:
            raise EmulatorError(f"{where}: {key!r} has the wrong type", _HINT)


def _check_choice(
    value: dict[str, Any], key: str, choices: tuple[str | None, ...], where: str
) -> None:
    if value.get(key) not in choices:
        names = ", ".join(filter(None, choices))
        raise EmulatorError(f"{where}: {key!r} must be one of {names}", _HINT)
