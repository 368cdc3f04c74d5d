"""Secrets that files name by an environment variable: which of them live has already. Pure.

A note in the metadata of each configuration (`SECRETS_KEY`) says which ciphertext in it stands for
which variable, with a proof: an HMAC of the value, keyed with the Storage API token. Who cannot
read the token cannot check a guess of the value, so the note tells nothing to those who can read
metadata.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from enum import Enum

from kbsync.canonical import canonical, digest
from kbsync.change import Change, Create, Update
from kbsync.errors import RefusedError
from kbsync.model import JsonPath, Key, Live, Resource, Resources, by_configuration
from kbsync.paths import put_at
from kbsync.secrets import PLAIN_TEXT, ciphertexts, reference_to, references

_PROOF_LENGTH = 32
"""Hexadecimal digits: 128 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What a configuration's note says of one variable."""

    ciphertext: str
    """The SHA-256 of the ciphertext that stands for it."""
    proof: str
    """See `Prover`."""


def read_note(text: str) -> dict[str, Noted]:
    """Read a note, by variable. What cannot be read says nothing, so that it is written again."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    entries = found.items() if isinstance(found, dict) else ()
    return {
        variable: Noted(ciphertext=entry[0], proof=entry[1])
        for variable, entry in entries
        if isinstance(entry, list) and [*map(type, entry)] == [str, str]
    }


def note_text(note: Mapping[str, Noted]) -> str:
    """Return *note* as `read_note` takes it; the same note gives the same text."""
    return canonical({variable: [each.ciphertext, each.proof] for variable, each in note.items()})


class Held(Enum):
    """What is known of the value behind a noted ciphertext."""

    SAME = "the variable has that value"
    OTHER = "the variable has another value, or the token is another one"
    UNSET = "the variable is not set here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prover:
    """Compares values with notes, without telling them to anybody."""

    environ: Mapping[str, str] = field(repr=False)
    sign: Callable[[str], str] = field(repr=False)
    """Returns the HMAC-SHA256 of a text in hexadecimal, keyed with the token."""
    project_id: int

    @classmethod
    def without_values(cls, project_id: int) -> Prover:
        """Return one for which no variable is set: whatever is noted counts as unchanged."""
        return cls(environ={}, sign=lambda text: "", project_id=project_id)

    def noted(self, config: Key, variable: str, value: str, ciphertext: str) -> Noted:
        """Return what to note of a *ciphertext* that stands for *variable* with this *value*."""
        fingerprint = digest(ciphertext)
        return Noted(
            ciphertext=fingerprint, proof=self._proof(config, variable, value, fingerprint)
        )

    def held(self, config: Key, variable: str, noted: Noted) -> Held:
        value = self.environ.get(variable, "")
        if not value:
            return Held.UNSET
        is_same = self._proof(config, variable, value, noted.ciphertext) == noted.proof
        return Held.SAME if is_same else Held.OTHER

    def _proof(self, config: Key, variable: str, value: str, fingerprint: str) -> str:
        # With the ciphertext in it, nobody can pair a proof with a ciphertext of their own.
        place = ("kbsync !env", self.project_id, config.component_id, config.config_id)
        return self.sign(canonical([*place, variable, fingerprint, value]))[:_PROOF_LENGTH]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Desired and live, with what live has already in the place of references."""

    desired: dict[Key, Resource]
    """References are left only where a value has to be encrypted."""
    live: dict[Key, Resource]
    """Where desired has references, `disarmed`."""
    unchecked: Mapping[Key, frozenset[str]]
    """By configuration: variables taken for unchanged because they are not set here."""

    def unchecked_in(self, selected: Callable[[Key], bool]) -> tuple[str, ...]:
        """Return those of the configurations that are *selected*, each once."""
        chosen = (names for key, names in self.unchecked.items() if selected(key))
        return tuple(sorted({name for names in chosen for name in names}))


def with_known(desired: Resources, live: Live, prover: Prover) -> Known:
    """Put live's ciphertext in the place of every reference whose value live has already.

    A variable has one value in a configuration, so wherever its ciphertext stands in live, it
    serves all references of that configuration and its rows.
    """
    found, before = dict(desired), dict(live.resources)
    unchecked: dict[Key, frozenset[str]] = {}
    naming: dict[Key, dict[Key, dict[JsonPath, str]]] = {}
    for key, item in desired.items():
        if named := _references(item):
            naming.setdefault(key.config, {})[key] = named
    there = by_configuration(live.resources) if naming else {}
    for config, wanted in naming.items():
        noted = _noted(live.notes.get(config, ""), there.get(config, {}).values())
        held = {name: prover.held(config, name, each) for name, (each, _) in noted.items()}
        known = {name: noted[name][1] for name in noted if held[name] is not Held.OTHER}
        for key in wanted:
            found[key] = with_ciphertexts(desired[key], known)
            if key in before:
                before[key] = disarmed(before[key])
        names = {name for named in wanted.values() for name in named.values()}
        if unset := frozenset(name for name in names if held.get(name) is Held.UNSET):
            unchecked[config] = unset
    return Known(desired=found, live=before, unchecked=unchecked)


def disarmed(live: Resource) -> Resource:
    """Return *live* with plain text called so where it only looks like a reference.

    The platform knows no references, so whoever wrote that wants a variable to be told.
    """
    return with_texts(live, dict.fromkeys(_references(live), PLAIN_TEXT))


_NOT_OTHER = (Held.SAME, Held.UNSET)


def known_in(
    resources: Resources,
    config: Key,
    note: str,
    prover: Prover,
    *,
    held: Collection[Held] = _NOT_OTHER,
) -> dict[str, str]:
    """Return the ciphertext in *resources* for variables, by default if none is known to differ."""
    return {
        name: ciphertext
        for name, (noted, ciphertext) in _noted(note, resources.values()).items()
        if prover.held(config, name, noted) in held
    }


def with_ciphertexts(resource: Resource, known: Mapping[str, str]) -> Resource:
    """Return *resource* with ciphertext for references to variables that are *known*."""
    return with_texts(
        resource,
        {
            path: known[variable]
            for path, variable in _references(resource).items()
            if variable in known
        },
    )


def with_named(live: Resources, ours: Resources, notes: Mapping[Key, str]) -> dict[Key, Resource]:
    """Return *live* with references where its ciphertext is what *ours* names by a variable.

    Where the note says that it is. A reference that *ours* lacks is never made up.
    """
    result = dict(live)
    groups = by_configuration(live)
    for config, group in by_configuration(ours).items():
        named = {variable for item in group.values() for variable in _references(item).values()}
        if not named or config not in groups:
            continue
        note = read_note(notes.get(config, ""))
        variables: dict[str, list[str]] = {}
        for variable in sorted(named & note.keys()):
            variables.setdefault(note[variable].ciphertext, []).append(variable)
        for key, item in groups[config].items():
            here = _references(group[key]) if key in group else {}
            texts = {
                path: reference_to(here[path] if here.get(path) in fitting else fitting[0])
                for path, ciphertext in ciphertexts(item.configuration).items()
                if (fitting := variables.get(digest(ciphertext), []))
            }
            result[key] = with_texts(item, texts)
    return result


def refuse_smuggled(declared: Resources, desired: Resources) -> None:
    """Make sure that no reference came in from live with a field that is ignored.

    Raises:
        RefusedError: It would have a variable encrypted that no file names.
    """
    for key, item in desired.items():
        if (
            item is not declared[key]
            and _references(item).items() - _references(declared[key]).items()
        ):
            raise RefusedError(
                f"{key} has a text such as `!env NAME` in the project, in a field that is ignored",
                hint="It would name a variable to encrypt. Correct it in the project, or take its "
                "field out of `ignore`.",
            )


def variables_of(changes: Iterable[Change]) -> dict[Key, frozenset[str]]:
    """Return the variables that have to be encrypted to write *changes*, by what names them."""
    found = {item.key: frozenset(_references(item).values()) for item in _written(changes)}
    return {key: names for key, names in found.items() if names}


def _written(changes: Iterable[Change]) -> Iterator[Resource]:
    for change in changes:
        if isinstance(change, Create | Update):
            yield change.after


def encrypted(change: Change, known: Mapping[str, str]) -> Change:
    """Return *change* with ciphertext for its references to variables that are *known*."""
    if isinstance(change, Create | Update):
        return replace(change, after=with_ciphertexts(change.after, known))
    return change


def _references(item: Resource) -> dict[JsonPath, str]:
    return references(item.configuration)


def _noted(text: str, live: Iterable[Resource]) -> dict[str, tuple[Noted, str]]:
    """Return what the note in *text* says of variables whose ciphertext is still in *live*."""
    note = read_note(text)
    if not note:
        return {}
    there = {
        digest(ciphertext): ciphertext
        for item in live
        for ciphertext in ciphertexts(item.configuration).values()
    }
    return {
        variable: (noted, there[noted.ciphertext])
        for variable, noted in note.items()
        if noted.ciphertext in there
    }


def with_texts(resource: Resource, texts: Mapping[JsonPath, str]) -> Resource:
    """Return a copy of *resource* with *texts* in its configuration, by path."""
    if not texts:
        return resource
    configuration = deepcopy(resource.configuration)
    for path, text in texts.items():
        put_at(configuration, path, text)
    return replace(resource, configuration=configuration)
