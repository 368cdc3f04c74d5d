"""What may not be applied without being named. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kbsync.change import Change, Delete, ResetState, Rollback, Update
from kbsync.model import UNADDRESSABLE, Key
from kbsync.plans.absence import Absence
from kbsync.plans.allowances import LIMITED, RENAMES
from kbsync.plans.attribution import Attribution
from kbsync.plans.holds import Hold
from kbsync.plans.kinds import counts, effects, kind
from kbsync.plans.plan import Plan, Step
from kbsync.plans.renames import Rename
from kbsync.plans.writes import writes
from kbsync.secrets import plain_secrets
from kbsync.stamp import parse_stamp

_SHOWN = 5
"""So many objects a refusal names; the plan above it has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """The rules of one project, and what this run was allowed beyond them."""

    limits: Mapping[str, int]
    """By name of `LIMITED`: the largest number that needs no allowance."""
    allowed: Mapping[str, int] = field(default_factory=dict)
    """By name of `ALLOWABLE`: the exact number that was allowed on the command line."""
    protected: Callable[[Key], bool] = lambda key: False
    overwritable: Callable[[Key], bool] = lambda key: False
    """Configurations whose edits by other people may be overwritten."""
    renames: Sequence[Rename] = ()
    """What the plan would delete or leave behind, and create anew."""
    files: Mapping[Key, str] = field(default_factory=dict)
    """Where an object is declared, in the tree; nothing is known of a saved plan."""
    absences: Sequence[Absence] = ()
    """Why what the plan deletes may be missing by mistake."""
    held: Mapping[Key, Hold] = field(default_factory=dict)
    """Configurations that the plan would bring back to what a rollback rejected."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a plan may not be applied, and what to type if it is meant."""

    why: str
    todo: str
    of_tree: bool = False
    """Whether only the tree shows it, so that a saved plan could not say it again."""

    def __str__(self) -> str:
        return f"{self.why}. {self.todo}"


def refusals(plan: Plan, guards: Guards) -> tuple[Refusal, ...]:
    """Return every reason not to apply *plan*; none means go."""
    return (
        *_unaddressable(plan),
        *_renamed(guards),
        *_absent(plan, guards),
        *_over_limits(plan, guards),
        *_protected(plan, guards),
        *_overwritten(plan, guards),
        *_held(guards),
    )


def _unaddressable(plan: Plan) -> list[Refusal]:
    keys = [
        write.key
        for step in plan.steps
        for write in writes(step, "")
        if any(segment in UNADDRESSABLE for segment in write.path)
    ]
    return [
        Refusal(
            f"{key} has an id that no address can hold",
            "Give it another one in Keboola, or leave its configuration out with `scope` in "
            "kbsync.yaml",
        )
        for key in dict.fromkeys(keys)
    ]


def _renamed(guards: Guards) -> list[Refusal]:
    count = len(guards.renames)
    if guards.allowed.get(RENAMES) == count:
        return []
    return [
        Refusal(
            f"{each.new} would be created and {each.old} {_fate(each)}, but they look like one "
            f"object: {_likeness(each)}",
            f"If it is one, write `id: {_yaml_text(each.old)}` in {_file_of(each.new, guards)}. "
            f"If you mean it: --allow {RENAMES}={count}",
        )
        for each in guards.renames
    ]


def _fate(rename: Rename) -> str:
    return "deleted" if rename.deleted else "left in the project without files"


def _likeness(rename: Rename) -> str:
    same = [f"{int(rename.share * 100)} % of what tells them apart"] if rename.share else []
    return " and ".join(["the same name"] * rename.same_name + same)


def _yaml_text(old: Key) -> str:
    # A JSON text is a YAML text, and an id of digits needs the quotes.
    return json.dumps(old.row_id or old.config_id)


def _file_of(new: Key, guards: Guards) -> str:
    return guards.files.get(new, f"the file of {new}")


def _absent(plan: Plan, guards: Guards) -> list[Refusal]:
    deletes = counts(plan.changes)["delete"]
    if guards.allowed.get("deletes") == deletes:
        return []
    return [
        Refusal(
            f"{each.what}: {_named(each.keys)}",
            f"{each.todo} If you mean it: --allow deletes={deletes}",
            of_tree=each.of_tree,
        )
        for each in guards.absences
    ]


def _over_limits(plan: Plan, guards: Guards) -> list[Refusal]:
    changes = tuple(effects(plan.changes))
    found = counts(changes)
    return [
        Refusal(
            f"{_counted(found[word], word)} over the limit of {guards.limits[name]}"
            f": {_named(each.key for each in changes if kind(each) == word)}",
            f"If you mean it: --allow {name}={found[word]}",
        )
        for name, word in LIMITED.items()
        if found[word] > guards.limits[name] and guards.allowed.get(name) != found[word]
    ]


def _counted(count: int, noun: str) -> str:
    return f"1 {noun} is" if count == 1 else f"{count} {noun}s are"


def _named(keys: Iterable[Key]) -> str:
    found = [str(key) for key in keys]
    more = len(found) - _SHOWN
    return ", ".join(found[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _protected(plan: Plan, guards: Guards) -> list[Refusal]:
    return [
        Refusal(
            f"{key} is protected: it may not be {_passive(change)}",
            "If you mean it, take it out of `protect` in kbsync.yaml",
        )
        for change in effects(plan.changes)
        for key in _harmed(change)
        if guards.protected(key)
    ]


def _harmed(change: Change) -> list[Key]:
    """What *change* deletes or makes forget its state, the rows that go with it included."""
    if isinstance(change, Delete):
        return [change.key, *change.rows]
    if isinstance(change, ResetState):
        return sorted({change.key, *change.targets})
    return []


def _overwritten(plan: Plan, guards: Guards) -> list[Refusal]:
    return [
        Refusal(
            f"{step.key} {_since(step.attribution)}; this would overwrite that",
            f"{_keep(step)} Overwrite it: --overwrite-drift {shlex.quote(str(step.key))}"
            f"{_plain(step)}",
        )
        for step in plan.steps
        if step.attribution and step.attribution.whose and not guards.overwritable(step.key)
    ]


def _plain(step: Step) -> str:
    """What to know where the edit put plain text into the place of a secret."""
    updates = (change for change in step.changes if isinstance(change, Update))
    if not any(plain_secrets(change.before.configuration) for change in updates):
        return ""
    return " (The project holds a secret in plain text: overwrite it if the files have the same.)"


def _since(found: Attribution) -> str:
    """Who wrote on top: of a run that is rolled back, that may be a later run."""
    runs = _runs_since(found)
    if not runs:
        return "was edited since kbsync wrote it"
    is_by_hand = any(parse_stamp(edit.message) is None for edit in found.edits)
    by_hand = ", and edited by hand" if is_by_hand else ""
    return f"was written since by {'run' if len(runs) == 1 else 'runs'} {', '.join(runs)}{by_hand}"


def _runs_since(found: Attribution) -> list[str]:
    """The runs on top of what kbsync wrote, the newest first."""
    stamps = [parse_stamp(edit.message) for edit in found.edits]
    return [*dict.fromkeys(stamp.run for stamp in stamps if stamp)]


def _keep(step: Step) -> str:
    later = _runs_since(step.attribution) if step.attribution else []
    if later:
        return f"Take that back first: kbsync rollback --run {later[0]}."
    if any(isinstance(change, Rollback) for change in step.changes):
        return "Keep the edit: name the others alone."
    return f"Keep the edit: kbsync pull {shlex.quote(str(step.key))}."


def _held(guards: Guards) -> list[Refusal]:
    return [
        Refusal(
            f"{key} was rolled back from this content by run {hold.run} ({hold.holder}, "
            f"{hold.time}): {hold.message or 'no reason given'}",
            "Change the files: other content ends the hold. "
            f"If you mean it: --lift-hold {shlex.quote(str(key))}",
        )
        for key, hold in sorted(guards.held.items())
    ]


def _passive(change: Change) -> str:
    return "deleted" if isinstance(change, Delete) else "reset"
