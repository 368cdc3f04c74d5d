"""Whether the parameters of configurations are as the schemas of their components say. Pure.

The form for a row and the form for its configuration are filled in apart from each other, and the
component receives one laid over the other. So a rule that a row breaks by itself counts only when
what the component receives breaks it too, and the other way round: what one form asks for, the
other may give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kbsync.documents.component_check import ComponentRules, EndlessError
from kbsync.documents.component_schema import tame
from kbsync.documents.component_words import component_sentence
from kbsync.documents.schema_words import Broken
from kbsync.effective import overlaid
from kbsync.model import (
    Component,
    Json,
    JsonObject,
    JsonPath,
    Key,
    Resource,
    Resources,
    by_configuration,
)
from kbsync.paths import MISSING, value_at

AT = "parameters"
"""What the schemas of components describe; the rest of a configuration is the platform's own."""

_ABOUT_A_WHOLE = frozenset(
    ("required", "additionalProperties", "dependencies", "anyOf", "not", "contains")
) | {"minProperties", "maxProperties", "propertyNames"}
"""Rules about all the keys of an object: who sees only some of them cannot be blamed."""


@dataclass(frozen=True, order=True, slots=True)
class Flaw:
    """A value that is not as the schema of the component says."""

    key: Key
    """The resource that holds it, or that would have to."""
    path: JsonPath = field(compare=False)
    """In the `configuration` of that."""
    label: str
    """The path, without the places in lists: the same for what is wrong for the same reason."""
    what: str
    todo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the schemas of components say about some resources."""

    flaws: tuple[Flaw, ...]
    """In the order of their keys."""
    remarks: Mapping[str, tuple[str, ...]]
    """By component: which parts of its schemas are not used, and why."""
    unknown: frozenset[str]
    """Components of which nothing is known."""


def check_parameters(resources: Resources, known: Callable[[str], Component | None]) -> Checked:
    """Hold *resources* to the schemas of the components that are *known*.

    What is disabled is left out: it is often half done, and nothing runs it.
    """
    checker = _Checker(known)
    found = [
        flaw
        for key, group in by_configuration(resources).items()
        if key in group and not group[key].is_disabled
        for flaw in checker.flaws(group[key], _enabled_rows(group))
    ]
    remarks = {id_: forms.remarks for id_, forms in checker.forms.items() if forms.remarks}
    return Checked(
        flaws=tuple(sorted(set(found))), remarks=remarks, unknown=frozenset(checker.unknown)
    )


def _enabled_rows(group: Mapping[Key, Resource]) -> list[Resource]:
    return [item for key, item in group.items() if key.is_row and not item.is_disabled]


class _Forms:
    """The two schemas of a component."""

    def __init__(self, component: Component) -> None:
        root, row = tame(component.configuration_schema), tame(component.row_schema)
        self.root, self.row = ComponentRules(root.rules), ComponentRules(row.rules)
        self.remarks = tuple(dict.fromkeys((*root.remarks, *row.remarks)))

    def give_up(self) -> None:
        self.root = self.row = ComponentRules({})
        self.remarks = ("it leads on and on, so it is not used",)


class _Checker:
    def __init__(self, known: Callable[[str], Component | None]) -> None:
        self.forms: dict[str, _Forms] = {}
        self.unknown: set[str] = set()
        self._known = known

    def flaws(self, config: Resource, rows: Sequence[Resource]) -> list[Flaw]:
        forms = self._forms(config.key.component_id)
        if forms is None:
            return []
        try:
            return [*_judged(config, rows, forms)]
        except EndlessError:
            forms.give_up()
            return []

    def _forms(self, component_id: str) -> _Forms | None:
        if component_id not in self.forms:
            component = None if component_id in self.unknown else self._known(component_id)
            if component is None:
                self.unknown.add(component_id)
                return None
            self.forms[component_id] = _Forms(component)
        return self.forms[component_id]


def _judged(config: Resource, rows: Sequence[Resource], forms: _Forms) -> Iterator[Flaw]:
    own = forms.root.broken_by(_parameters(config.configuration), (AT,))
    mended = set(own) if rows else set()
    for row in rows:
        received = _parameters(overlaid(config.configuration, row.configuration))
        yield from _broken_for_row(config, row, received, forms)
        # Most configurations are sound and most rows say nothing of their matters.
        if own or not all(map(forms.row.describes, _parameters(row.configuration))):
            by_both = forms.root.broken_by(received, (AT,))
            mended -= by_both.keys()
            for each in by_both.values():
                if _is_about(each, row) and not forms.row.describes(each.path[1]):
                    yield _flaw(row, each)
    yield from (_flaw(config, each) for mark, each in own.items() if mark not in mended)


def _broken_for_row(
    config: Resource, row: Resource, received: JsonObject, forms: _Forms
) -> Iterator[Flaw]:
    """Yield what breaks the rules for rows: said by the row, or by its configuration for it."""
    broken = forms.row.broken_by(received, (AT,))
    own = forms.row.broken_by(_parameters(row.configuration), (AT,)) if broken else {}
    for mark, each in broken.items():
        if mark in own:
            yield _flaw(row, each)
        elif _is_about(each, config) and not forms.root.describes(each.path[1]):
            yield _flaw(config, each)


def _is_about(broken: Broken, item: Resource) -> bool:
    """Whether *item* says itself what breaks a rule."""
    is_there = value_at(item.configuration, broken.path) is not MISSING
    return broken.rule not in _ABOUT_A_WHOLE and len(broken.path) > 1 and is_there


def _parameters(configuration: Json) -> JsonObject:
    """PHP writes an empty object as a list; what is no object at all is not ours to judge."""
    found = configuration.get(AT) if isinstance(configuration, dict) else None
    return found if isinstance(found, dict) else {}


def _flaw(item: Resource, broken: Broken) -> Flaw:
    what, todo = component_sentence(broken)
    label = ".".join("*" if isinstance(step, int) else step for step in broken.path)
    return Flaw(item.key, broken.path, label, what, todo)
