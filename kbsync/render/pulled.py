"""What a pull did, as text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kbsync.model import Key
from kbsync.pull import Pull
from kbsync.render.lines import Line, Role, plural, quoted

_SHOWN = 20


def pulled_lines(
    pull: Pull, names: Mapping[Key, str], files: int, encrypted: Sequence[Key] = ()
) -> list[Line]:
    """Each object that changed, then the counts; *files* were written or removed.

    *encrypted* held plain text in the project, and has ciphertext in the files if it is in any.
    """
    pulled = [key for key in encrypted if key.config not in pull.refused]
    return [*_lines(pull, names, files), *_plain(pulled, names)]


def _plain(keys: Sequence[Key], names: Mapping[Key, str]) -> Iterator[Line]:
    for key in keys:
        told = f"{key}  {quoted(names.get(key, ''))}"
        yield Line(f"Plain text in the project, encrypted in the files: {told}", Role.CHANGED)
    if keys:
        yield Line("The next apply encrypts it in the project too; versions before keep it.")


def _lines(pull: Pull, names: Mapping[Key, str], files: int) -> Iterator[Line]:
    for symbol, keys, role in (
        ("-", pull.removed, Role.DANGER),
        ("~", pull.updated, Role.CHANGED),
        ("+", pull.added, Role.ADDED),
    ):
        for key in keys[:_SHOWN]:
            yield Line(f"  {symbol}  {key}  {quoted(names.get(key, ''))}", role)
        if len(keys) > _SHOWN:
            yield Line(f"     and {len(keys) - _SHOWN} more", Role.MUTED)
    counts = [
        f"{plural(len(pull.added), 'object')} added",
        f"{len(pull.updated)} updated",
        f"{len(pull.removed)} removed",
        f"{pull.unchanged} unchanged",
    ]
    yield Line(f"Pulled: {', '.join(counts)}. {plural(files, 'file')} changed.")
    for each in pull.literals:
        yield Line(
            f"No longer `{each.tag}`: {each.key} has another value there, now in {each.file}. "
            "Or correct the variable."
        )
    for key in pull.kept:
        yield Line(f"Only in the files, kept: {key}  {quoted(names.get(key, ''))}")
    for key, reason in pull.refused.items():
        yield Line(f"Not pulled: {key}  {quoted(names.get(key, ''))} {reason}", Role.DANGER)
    if pull.refused:
        yield Line("Mend those in the project, then pull again.")
