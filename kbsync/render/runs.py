"""Runs as text and as JSON. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence

from kbsync.model import Json, JsonObject
from kbsync.past.runs import Fate, KnownRun, State, Touched
from kbsync.plans.writes import Action
from kbsync.render.lines import Line, Role, clip, inert_line, printable, quoted
from kbsync.render.results import undo_of_run, undo_of_states
from kbsync.render.tables import table_lines

FORMAT_VERSION = 1
_HEAD = ("run", "when (UTC)", "who", "commit", "objects", "result", "message")
_WIDEST = 40
_ROLES = {
    State.APPLIED: Role.PLAIN,
    State.RUNNING: Role.CHANGED,
}


def runs_lines(runs: Sequence[KnownRun]) -> list[Line]:
    """A line for each run, under a line of headings."""
    if not runs:
        return [Line("No run is known: neither a journal here nor a stamp in the project.")]
    roles = [_role(run) for run in runs]
    table = table_lines(_HEAD, [_cells(run) for run in runs], roles)
    return [inert_line(line) for line in table]


def _cells(run: KnownRun) -> tuple[str, ...]:
    cells = (
        run.run,
        _when(run),
        ", ".join(run.authors) or "-",
        run.stamp.commit or "-",
        _counted(run),
        _result(run),
        run.stamp.message,
    )
    return tuple(clip(printable(cell), _WIDEST) for cell in cells)


def _role(run: KnownRun) -> Role:
    is_gone = run.state is State.APPLIED and _rolled_back(run) == _WHOLLY
    return Role.MUTED if is_gone else _ROLES.get(run.state, Role.DANGER)


_WHOLLY = "rolled back"


def _rolled_back(run: KnownRun) -> str:
    """How much of *run* was rolled back since; `""` for nothing."""
    if not run.rolled_back:
        return ""
    return _WHOLLY if len(run.rolled_back) == len(run.reached) else f"partly {_WHOLLY}"


def _result(run: KnownRun) -> str:
    """How *run* ended, and what became of that."""
    words = (run.state, _rolled_back(run), "held" if run.held else "")
    return ", ".join(word for word in words if word)


def _when(run: KnownRun) -> str:
    return f"{run.started:%Y-%m-%d %H:%M:%S}" if run.started else "-"


def _counted(run: KnownRun) -> str:
    total = len(run.objects)
    return str(total) if run.state is State.APPLIED else f"{run.written} of {total}"


def run_lines(run: KnownRun, fates: Sequence[Fate]) -> list[Line]:
    """One run: what it did to each configuration, and what it did not come to note.

    *fates* are those of its unsettled writes, in their order; none where live was not read.
    """
    return [inert_line(line) for line in _run_lines(run, fates)]


def _run_lines(run: KnownRun, fates: Sequence[Fate]) -> Iterator[Line]:
    by = f" by {', '.join(run.authors)}" if run.authors else ""
    commit = f", commit {run.stamp.commit}" if run.stamp.commit else ""
    yield Line(printable(f"Run {run.run}   {_when(run)} UTC{by}{commit}"), Role.HEADING)
    if run.stamp.message:
        yield Line(f"Message  {quoted(run.stamp.message)}")
    if run.stamp.rolls_back:
        yield Line(printable(f"Back     what run {', '.join(run.stamp.rolls_back)} wrote"))
    yield Line(f"Result   {_result(run)}", _role(run))
    yield Line("")
    for each in run.objects:
        yield from _touched(each, _since(run, each.object), noted=run.record is not None)
    yield from _unsettled(run, fates)
    yield from _undo(run)


def _since(run: KnownRun, name: str) -> str:
    """What became of one object after *run*."""
    by = run.rolled_back.get(name)
    held = "held" if name in (run.held or ()) else ""
    words = (f"{_WHOLLY} by run {by}" if by else "", held)
    return ", ".join(word for word in words if word)


def _touched(each: Touched, since: str, *, noted: bool) -> Iterator[Line]:
    if not noted:
        version = f"now v{each.after}" if each.after else each.outcome or "a row of it"
        yield Line(printable(f"  {each.object}   {version}   {since}".rstrip()))
        return
    role = Role.PLAIN if each.outcome == "ok" else Role.DANGER
    words = "   ".join(word for word in (each.object, _versions(each), since) if word)
    yield Line(printable(f"  {each.outcome or 'no word':<10} {words}"), role)
    for line in each.error.split("\n") if each.error else ():
        yield Line(f"             {printable(line)}", role)


def _versions(each: Touched) -> str:
    if each.after is None:
        return ""
    if each.before is None:
        return f"created v{each.after}"
    return f"v{each.before} → v{each.after}" if each.before != each.after else f"v{each.after}"


def _unsettled(run: KnownRun, fates: Sequence[Fate]) -> Iterator[Line]:
    unsettled = run.record.unsettled if run.record else ()
    if not unsettled:
        return
    yield Line("Sent, and nobody noted the answer:", Role.HEADING)
    words: Sequence[str] = fates or ["see the project"] * len(unsettled)
    for write, word in zip(unsettled, words, strict=True):
        yield Line(printable(f"  {write.get('request')}   {word}"), Role.DANGER)


def _undo(run: KnownRun) -> Iterator[Line]:
    commands = [
        f"  kbsync rollback {shlex.quote(each.object)} --to-version {each.before}"
        for each in run.objects
        if each.before and each.is_written and each.object not in run.rolled_back
    ]
    if len(commands) > 1:
        commands = [f"  {undo_of_run(run.run, len(commands))}"]
    if _threw_away(run):
        commands.append(f"  {undo_of_states(run.run)}")
    if commands:
        yield Line("Undo with:")
        yield from map(Line, commands)


def _threw_away(run: KnownRun) -> bool:
    """Whether *run* may have replaced a component state."""
    if run.record is None:
        return False
    done = [each for each in run.record.settled if not str(each["outcome"]).startswith("not done")]
    writes = (*done, *run.record.unsettled)
    return any(each.get("action") in (Action.RESET_STATE, Action.PUT_STATE) for each in writes)


def runs_json(runs: Sequence[KnownRun], *, with_project: bool) -> str:
    """Return the same for programs; *with_project* tells whether stamps were looked for."""
    return _document({"withProject": with_project, "runs": [_run(run) for run in runs]})


def whole_json(runs: Sequence[KnownRun], *, with_project: bool, is_whole: bool) -> str:
    """Return the same; *is_whole* tells whether every version of the project was looked at."""
    facts: JsonObject = {"withProject": with_project, "isWhole": is_whole}
    return _document({**facts, "runs": [_run(run) for run in runs]})


def run_json(run: KnownRun, fates: Sequence[Fate], *, with_project: bool) -> str:
    """Return one run for programs."""
    unsettled = run.record.unsettled if run.record else ()
    told: list[Fate | None] = [*fates] or [None] * len(unsettled)
    sent: list[Json] = [
        {**_shared(write), "live": word} for write, word in zip(unsettled, told, strict=True)
    ]
    return _document({"withProject": with_project, **_run(run), "unsettled": sent})


def _document(facts: JsonObject) -> str:
    return json.dumps({"formatVersion": FORMAT_VERSION, **facts}, indent=2) + "\n"


def _run(run: KnownRun) -> JsonObject:
    return {
        "runId": run.run,
        "started": run.started.isoformat(timespec="milliseconds") if run.started else None,
        "message": run.stamp.message,
        "commit": run.stamp.commit or None,
        "authors": [*run.authors],
        "result": str(run.state),
        "rolledBack": {"": "no", _WHOLLY: "wholly"}.get(_rolled_back(run), "partly"),
        "isHeld": None if run.held is None else bool(run.held),
        "rollsBack": [*run.stamp.rolls_back],
        "hasJournal": run.record is not None,
        "objects": [_object(each, run) for each in run.objects],
    }


def _object(each: Touched, run: KnownRun) -> JsonObject:
    return {
        "object": each.object,
        "outcome": each.outcome or None,
        "versionBefore": each.before,
        "versionAfter": each.after,
        "rolledBackBy": run.rolled_back.get(each.object),
        "isHeld": None if run.held is None else each.object in run.held,
        "error": each.error or None,
    }


def _shared(write: Mapping[str, Json]) -> JsonObject:
    return {name: write.get(name) for name in ("object", "action", "request", "time")}
