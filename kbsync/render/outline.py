"""From the changes of a plan to what is said about them: one wording for every format. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeGuard, assert_never

from kbsync.change import (
    Activation,
    Change,
    Create,
    Delete,
    PutState,
    Reorder,
    ResetState,
    Restore,
    Rollback,
    SetMetadata,
    Update,
)
from kbsync.compare.diff import content
from kbsync.compare.explain import (
    Explained,
    FieldChange,
    FormChange,
    OrderChange,
    TextChange,
    explain,
)
from kbsync.compare.json_text import mask_inside
from kbsync.compare.moves import moves
from kbsync.model import JsonObject, Key, Resource, Version
from kbsync.paths import MISSING
from kbsync.plans.attribution import ORDER, Attribution, Whose
from kbsync.plans.kinds import KINDS, counts, kind
from kbsync.plans.plan import Files, Plan, Step, deletes_configuration
from kbsync.render.contents import code_of
from kbsync.render.cron import when_words
from kbsync.render.facts import (
    Content,
    Detail,
    Entry,
    Field,
    Forgotten,
    Given,
    Item,
    Note,
    Order,
    Words,
    Written,
)
from kbsync.render.impacts import still_needed
from kbsync.render.lines import plural, printable, quoted
from kbsync.secrets import MASKED, mask


def outline(
    steps: Sequence[Step], files: Files | None = None, texts: Mapping[str, str] | None = None
) -> tuple[Entry, ...]:
    """Return an entry for each of *steps*, in the order to read in."""
    written = Written(files=files or {}, texts=texts or {})
    return tuple(_entry(step, written) for step in by_danger(steps))


def by_danger(steps: Sequence[Step]) -> list[Step]:
    """The order to read in: deleted configurations, then whatever holds a more dangerous change."""

    def danger(step: Step) -> tuple[bool, float, Key]:
        worst: float = min(KINDS.index(kind(change)) for change in step.changes)
        if step.attribution and step.attribution.whose:
            worst = min(worst, _LOST_EDIT)
        return not deletes_configuration(step), worst, step.key

    return sorted(steps, key=danger)


_LOST_EDIT = KINDS.index("update") - 0.5
"""Where an edit that would be lost ranks among `KINDS`: before an update that loses none."""


def count_text(changes: Sequence[Change]) -> str:
    """Return `1 delete, 2 updates`: what there is, the most dangerous first."""
    found = counts(changes)
    texts = [plural(number, name) for name, number in found.items() if number]
    return ", ".join(texts) or "a reset text is noted"


def rest_text(plan: Plan, requests: int) -> str:
    """Say what is left alone, and how many *requests* apply makes."""
    parts = [f"{plan.unchanged} unchanged"]
    if plan.ignored:
        parts.append(f"{plural(plan.ignored, 'difference')} ignored")
    if plan.unchecked:
        count = plural(len(plan.unchecked), "secret variable")
        parts.append(f"{count} not set here, taken for unchanged")
    parts.append(f"{len(plan.not_managed)} not managed")
    return f"{', '.join(parts)}." + (f" Apply makes {plural(requests, 'request')}." if plan else "")


def edit_words(version: Version) -> Words:
    """Who saved *version*, when, and what they said."""
    author = printable(version.author)
    who: str | Given = Given(author) if author else "somebody"
    said: Words = (": ", Given(quoted(version.message))) if version.message else ()
    return who, ", ", Given(printable(version.created)), *said


def is_masked(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and value.startswith(MASKED)


def secret_text(before: str, after: str) -> str:
    """How one masked value became another one."""
    old, new = before.removeprefix(MASKED), after.removeprefix(MASKED)
    if old == "plain text" and new != "other plain text":
        return f"{MASKED}plain text in the project → encrypted"
    return f"{MASKED}changed   {old} → {new}"


def _entry(step: Step, written: Written) -> Entry:
    whose = step.attribution or Attribution(base=None)
    items = _items(step.changes, written, whose)
    lost = still_needed(step.impact) if deletes_configuration(step) else ""
    return Entry(
        step=step,
        items=tuple(
            replace(item, warning=lost) if item.kind == "delete" else item for item in items
        ),
    )


def _items(changes: Sequence[Change], written: Written, whose: Attribution) -> Iterator[Item]:
    for change in sorted(changes, key=lambda change: KINDS.index(kind(change))):
        yield _item(change, written, whose)
        if isinstance(change, Rollback):
            yield from _items(change.changes, written, whose)


def _item(change: Change, written: Written, whose: Attribution) -> Item:
    words, details = _told(change, written, whose)
    label = ORDER if isinstance(change, Reorder) else ""
    judged = isinstance(change, Create | Delete | Reorder)
    return Item(
        kind=kind(change),
        key=change.key,
        words=words,
        name=change.after.name if isinstance(change, Update) else "",
        whose=whose.of(change.key, label) if judged else Whose.OURS,
        details=tuple(details),
    )


def _told(change: Change, written: Written, whose: Attribution) -> tuple[Words, Iterable[Detail]]:
    match change:
        case Delete(before, rows):
            where = "" if before.key.is_row else ", to the trash"
            along = f", with its {plural(len(rows), 'row')}" if rows else ""
            return (*_subject(before), f" is deleted{where}{along}"), ()
        case ResetState():
            return _reset(change)
        case Update(before, after):
            found = explain(content(before), content(after))
            details = (_explained(each, after.key, written, whose) for each in found)
            return _subject(after), details
        case Create(after, trashed):
            how = _out_of_trash(trashed) if trashed else (" is created",)
            return (*_subject(after), *how), _created(after, written)
        case Restore(_, trashed):
            return ("configuration", *_out_of_trash(trashed), ", as it was"), ()
        case PutState():
            return ("component state is put back",), _put_back(change)
        case SetMetadata(_, before, after):
            return ("metadata",), _metadata(before, after)
        case Reorder(_, before, after):
            return (ORDER,), _reordered(before, after)
        case Activation(_, is_on, cron, timezone):
            when: Words = (
                (": ", *when_words(cron, timezone)) if cron else (", unless it is switched off",)
            )
            return ("schedule is activated", *when) if is_on else ("schedule is stopped",), ()
        case Rollback(key, to_version, _, undone):
            whose_number: Words = (
                ("row ", Given(printable(key.row_id)), " goes ", "back to its own ")
                if key.is_row
                else ("back to the content of ",)
            )
            return (*whose_number, f"v{to_version}, which means:"), _lost(undone)
        case _:
            assert_never(change)


def _lost(undone: Sequence[Version]) -> Iterator[Detail]:
    for version in undone[:_MOST_LOST]:
        yield Note((f"takes back v{version.number}, ", *edit_words(version)))
    if len(undone) > _MOST_LOST:
        older = undone[_MOST_LOST:]
        yield Note(
            (f"takes back {plural(len(older), 'older version')} down to v{older[-1].number}",)
        )


_MOST_LOST = 5
"""So many versions that a rollback takes back are told one by one."""


def _out_of_trash(trashed: Version) -> Words:
    who, *rest = edit_words(trashed)
    return " comes back from the trash (deleted by ", who, *rest, ")"


def _subject(resource: Resource) -> Words:
    if not resource.key.is_row:
        return ("configuration",)
    name: Words = ("  ", Given(quoted(resource.name))) if resource.name else ()
    return ("row ", Given(printable(resource.key.row_id)), *name)


def _reset(change: ResetState) -> tuple[Words, Iterable[Detail]]:
    of_row = (" of row ", Given(printable(change.key.row_id))) if change.key.is_row else ()
    what = " is forgotten: " if change.targets else ": none yet, noted as reset: "
    words = ("component state", *of_row, what, Given(quoted(change.reason)))
    return words, (_forgotten(change, key, state) for key, state in change.targets.items())


def _forgotten(change: ResetState, key: Key, state: JsonObject) -> Forgotten:
    return Forgotten(row_id=key.row_id if key != change.key else "", state=_masked(state))


def _put_back(change: PutState) -> Iterator[Field]:
    for key, state in change.states.items():
        before = change.before.get(key)
        yield Field(
            label=f"row {key.row_id}" if key.is_row else "state",
            before=_masked(before) if before else MISSING,
            after=_masked(state),
        )


def _masked(state: JsonObject) -> JsonObject:
    masked = mask_inside(state)
    assert isinstance(masked, dict)
    return masked


def _metadata(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Detail]:
    for name, value in after.items():
        yield Field(label=name, before=before.get(name, MISSING), after=value)


def _reordered(before: Sequence[str], after: Sequence[str]) -> Iterator[Detail]:
    found = moves(before, after)
    if not after:
        yield Note(("no longer set: rows are listed by id",))
    elif found:
        yield Order(label="", moves=found)
    else:
        yield Note(("set to ", Given(", ".join(map(printable, after)))))


def _created(resource: Resource, written: Written) -> Iterator[Detail]:
    if resource.is_disabled:
        yield Field(label="isDisabled", before=MISSING, after=True)
    if resource.description:
        yield Field(label="description", before=MISSING, after=mask(resource.description))
    masked = mask_inside(resource.configuration)
    assert isinstance(masked, dict)
    if masked:
        yield Content(key=resource.key, configuration=masked, written=written)


def _explained(found: Explained, key: Key, written: Written, known: Attribution) -> Detail:
    whose = known.of(key, found.label)
    match found:
        case FieldChange(_, label, before, after):
            wrote = known.wrote.get(key, {}).get(label, MISSING)
            return Field(label=label, before=before, after=after, whose=whose, wrote=wrote)
        case FormChange(_, label, words):
            return Note((Given(printable(label)), f"   {words}"), whose)
        case OrderChange(_, label, before, after):
            return Order(label=label, moves=moves(before, after), whose=whose)
        case TextChange():
            return code_of(found, key, written, whose)
        case _:
            assert_never(found)
