"""Ciphertext for the secrets that live holds in plain text, so that none reaches the disk.

The service makes another ciphertext each time it is asked. So that a second pull changes no file,
it is remembered which ciphertext stands for a text: by an HMAC that is keyed with the Storage API
token, as in the notes of `env_secrets`. Nobody can check a guess of the text without the token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from kbsync.canonical import canonical, digest
from kbsync.change import Change, Update
from kbsync.documents.reading import is_too_deep
from kbsync.env_secrets import Noted, Prover, note_text, read_note, with_texts
from kbsync.errors import ApiError
from kbsync.model import JsonPath, Key, Live, Resource, Resources, by_configuration
from kbsync.paths import value_at
from kbsync.secrets import ciphertexts, plain_secrets, references, variable_in
from kbsync.workers import in_parallel

_WORKERS = 8

Encrypt: TypeAlias = Callable[[str, Mapping[str, str]], Mapping[str, str]]
"""Returns ciphertext for texts of a component, by the same names, or raises ApiError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encrypted:
    """Live with ciphertext in the place of plain text."""

    live: Live
    keys: tuple[Key, ...] = ()
    """What held plain text, in order."""
    proofs: Mapping[str, str] = field(default_factory=dict)
    """To remember: by the SHA-256 of each ciphertext, the proof of what it stands for."""
    failed: ApiError | None = None
    """Why some of it still holds plain text."""


def holders(live: Resources) -> tuple[Key, ...]:
    """Return what of *live* holds plain text that can be encrypted, configuration by configuration.

    A number in the place of a secret cannot: with its configuration it is left out.
    """
    texts = {key: _texts(item) for key, item in live.items()}
    unfit = {key.config for key, found in texts.items() if found is None}
    return tuple(key for key in sorted(live) if key.config not in unfit and texts[key])


def with_ciphertext(
    live: Live,
    keys: Iterable[Key],
    ours: Resources,
    *,
    encrypt: Encrypt,
    prover: Prover,
    known: Mapping[str, str],
) -> Encrypted:
    """Put ciphertext in the place of every plain text that *keys* hold; pure but for *encrypt*.

    Args:
        live: What the project holds.
        keys: As `holders` tells, or some of these.
        ours: What the files say. A ciphertext of theirs that stands for the text is taken again.
        encrypt: Asked at most once for each configuration, several at a time.
        prover: A text that is the value of a variable is noted as that, so that files which name
            the variable go on doing so.
        known: The proofs that were remembered.
    """
    mine = by_configuration(ours)
    groups = by_configuration({key: live.resources[key] for key in keys})
    jobs = [_Job(config, group, mine.get(config, {}), prover) for config, group in groups.items()]

    in_parallel(lambda job: job.encrypt(known, encrypt), jobs, count=_WORKERS)
    done = [job for job in jobs if not job.failed]
    resources, notes = dict(live.resources), dict(live.notes)
    for job in done:
        resources |= job.replaced()
        if named := job.named():
            notes[job.config] = note_text({**read_note(notes.get(job.config, "")), **named})
    return Encrypted(
        live=replace(live, resources=resources, notes=notes),
        keys=tuple(key for job in done for key in job.texts),
        proofs={name: proof for job in done for name, proof in job.proofs().items()},
        failed=next((job.failed for job in jobs if job.failed), None),
    )


class _Job:
    """The plain text of one configuration and its rows, and the ciphertext for it."""

    def __init__(self, config: Key, group: Resources, ours: Resources, prover: Prover) -> None:
        self.config = config
        self.texts = {key: _texts(item) or {} for key, item in group.items()}
        self._group = group
        self._ours = ours
        self._prover = prover
        self.failed: ApiError | None = None
        self._found: dict[str, str] = {}
        """Ciphertext by text."""

    def encrypt(self, known: Mapping[str, str], encrypt: Encrypt) -> None:
        values = {value for texts in self.texts.values() for value in texts.values()}
        for ciphertext in self._remembered(known):
            for value in values:
                if known[digest(ciphertext)] == _proof(self._prover, value, ciphertext):
                    self._found[value] = ciphertext
        missing = {str(n): value for n, value in enumerate(sorted(values - self._found.keys()))}
        if not missing:
            return
        try:
            answer = encrypt(self.config.component_id, missing)
        except ApiError as error:
            self.failed = error
        else:
            self._found |= {value: answer[name] for name, value in missing.items()}

    def _remembered(self, known: Mapping[str, str]) -> list[str]:
        """Return the ciphertexts in the files that are *known*."""
        there = {
            ciphertext
            for item in self._ours.values()
            for ciphertext in ciphertexts(item.configuration).values()
        }
        return sorted(ciphertext for ciphertext in there if digest(ciphertext) in known)

    def replaced(self) -> dict[Key, Resource]:
        return {
            key: with_texts(
                self._group[key], {path: self._found[value] for path, value in texts.items()}
            )
            for key, texts in self.texts.items()
        }

    def named(self) -> dict[str, Noted]:
        """Return what to note of the variables whose value is one of the texts."""
        names = {
            name for item in self._ours.values() for name in references(item.configuration).values()
        }
        environ = self._prover.environ
        return {
            name: self._prover.noted(self.config, name, value, self._found[value])
            for name in sorted(names)
            if (value := environ.get(name, "")) in self._found
        }

    def proofs(self) -> dict[str, str]:
        return {
            digest(ciphertext): _proof(self._prover, value, ciphertext)
            for value, ciphertext in self._found.items()
        }


def proven(change: Change, prover: Prover, known: Mapping[str, str]) -> Change:
    """Return *change* without what it only encrypts: plain text that is what the files hold.

    Where *known* has the proof of that, or the files name a variable with that value. Pull wrote
    the files so; nobody's edit is lost when live gets the ciphertext.
    """
    if not isinstance(change, Update):
        return change
    found = {}
    for path, value in (_texts(change.before) or {}).items():
        wanted = value_at(change.after.configuration, path)
        if isinstance(wanted, str) and _stands_for(wanted, value, prover, known):
            found[path] = wanted
    return replace(change, before=with_texts(change.before, found))


def _stands_for(wanted: str, value: str, prover: Prover, known: Mapping[str, str]) -> bool:
    variable = variable_in(wanted)
    if variable:
        return prover.environ.get(variable) == value
    proof = known.get(digest(wanted))
    return proof is not None and proof == _proof(prover, value, wanted)


def _proof(prover: Prover, value: str, ciphertext: str) -> str:
    place = ("kbsync plain text", prover.project_id)
    return prover.sign(canonical([*place, digest(ciphertext), value]))


def _texts(item: Resource) -> dict[JsonPath, str] | None:
    """Return the plain text in the places of secrets; None when something else is in one."""
    if is_too_deep(item.configuration):
        return None
    found = {path: value_at(item.configuration, path) for path in plain_secrets(item.configuration)}
    return found if all(isinstance(value, str) for value in found.values()) else None
