"""What a reviewer must not miss in a plan, with where it is. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kbsync.compare.explain import path_label
from kbsync.model import Key
from kbsync.render.facts import Entry, Field, Forgotten, Given, Item, Words
from kbsync.render.lines import plural, printable
from kbsync.render.outline import edit_words, is_masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing of a kind, in one configuration."""

    key: Key
    name: str
    words: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Everything of one kind."""

    title: str
    symbol: str
    count: int
    said: str
    """The count with its noun."""
    findings: tuple[Finding, ...]


def risks(entries: Sequence[Entry]) -> tuple[Risk, ...]:
    """Return what needs a second look, the worst first; kinds without a finding are left out."""
    found = []
    for title, symbol, nouns, find in _KINDS:
        pairs = [pair for entry in entries for pair in find(entry)]
        if pairs:
            count = sum(number for number, _ in pairs)
            findings = tuple(finding for _, finding in pairs)
            said = f"{count} {nouns[count != 1]}"
            found.append(
                Risk(title=title, symbol=symbol, count=count, said=said, findings=findings)
            )
    return tuple(found)


def risk_text(found: Sequence[Risk]) -> str:
    """All kinds on one line: `1 delete, 2 state resets`."""
    return ", ".join(risk.said for risk in found)


_Counted = tuple[int, Finding]


def _finding(entry: Entry, words: Words) -> Finding:
    return Finding(key=entry.step.key, name=entry.step.name, words=words)


def _deletes(entry: Entry) -> Iterator[_Counted]:
    for item in entry.items:
        if item.kind == "delete":
            warning: Words = (f"; {item.warning}",) if item.warning else ()
            yield 1, _finding(entry, (*item.words, *warning))


def _resets(entry: Entry) -> Iterator[_Counted]:
    for item in entry.items:
        count = sum(isinstance(detail, Forgotten) for detail in item.details)
        if count and item.kind == "state reset":
            of_rows = f" ({plural(count, 'state')})" if count > 1 else ""
            yield count, _finding(entry, (*item.words, of_rows))


def _reverted(entry: Entry) -> Iterator[_Counted]:
    if not entry.reverts:
        return
    words: Words = ("an edit since kbsync wrote it",)
    if entry.edits:
        newest, *older = entry.edits
        more = f" and {plural(len(older), 'edit')} before" if older else ""
        words = (f"v{newest.number} by ", *edit_words(newest), more)
    yield 1, _finding(entry, (*words, "; to keep that: ", Given(entry.keep)))


def _unreadable(entry: Entry) -> Iterator[_Counted]:
    for each in entry.step.foreign:
        row = (" of row ", Given(printable(each.key.row_id))) if each.key.is_row else ()
        path = Given(printable(path_label(each.path)))
        told = f" is encrypted for {each.cloud}, and the project's are for {each.known}"
        yield 1, _finding(entry, (path, *row, told))


def _secrets(entry: Entry) -> Iterator[_Counted]:
    for item, field in _fields(entry):
        if is_masked(field.before) or is_masked(field.after):
            row = (" of row ", Given(printable(item.key.row_id))) if item.key.is_row else ()
            yield 1, _finding(entry, (Given(printable(field.label)), *row))


def _disabled(entry: Entry) -> Iterator[_Counted]:
    for item, field in _fields(entry):
        if field.label == "isDisabled" and field.after is True and item.kind == "update":
            yield 1, _finding(entry, item.words)


def _fields(entry: Entry) -> Iterator[tuple[Item, Field]]:
    for item in entry.items:
        for detail in item.details:
            if isinstance(detail, Field):
                yield item, detail


_KINDS: tuple[tuple[str, str, tuple[str, str], Callable[[Entry], Iterator[_Counted]]], ...] = (
    ("Deletes", "-", ("delete", "deletes"), _deletes),
    ("State resets", "↺", ("state reset", "state resets"), _resets),
    ("Edits that would be lost", "!", ("edit would be lost", "edits would be lost"), _reverted),
    ("Secrets of another cloud", "!", ("unreadable secret", "unreadable secrets"), _unreadable),
    ("Secrets that change", "~", ("secret changes", "secrets change"), _secrets),
    ("Disabled", "~", ("disabled", "disabled"), _disabled),
)
