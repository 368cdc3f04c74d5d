"""What became of a run, as text. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping

from kbsync.change import Create, PutState, ResetState, Restore, Rollback
from kbsync.errors import InterruptedRunError
from kbsync.model import Key
from kbsync.plans.plan import Step, deletes_configuration
from kbsync.plans.writes import writes
from kbsync.render.lines import Line, Role, inert_line, plural, printable, quoted
from kbsync.render.outline import count_text
from kbsync.run.result import Ended, Extent, Outcome, Result
from kbsync.stamp import parse_stamp

_ROLES = {
    Outcome.APPLIED: Role.ADDED,
    Outcome.CONFLICT: Role.DANGER,
    Outcome.FAILED: Role.DANGER,
    Outcome.NOT_RUN: Role.MUTED,
}
_WORDS = {
    Outcome.APPLIED: "applied",
    Outcome.FAILED: "failed",
    Outcome.CONFLICT: "conflict",
    Outcome.NOT_RUN: "not run",
}
_MANY = 20
"""More results than a person sees at once."""


def result_lines(result: Result, files: Mapping[Key, str] | None = None) -> list[Line]:
    """What became of a step: a line, and below it why it went wrong, where, and what to do.

    *files* are those that declare the objects, where the tree is known.
    """
    role = _ROLES[result.outcome]
    head = f"  {result.outcome:<9} {result.step.key}  {quoted(result.step.name)}   {_what(result)}"
    below = [*_below(result, files or {})]
    return [inert_line(Line(head, role)), *(inert_line(Line(f"{_IN}{x}", role)) for x in below)]


_IN = " " * 12


def _what(result: Result) -> str:
    step = result.step
    if result.outcome is not Outcome.APPLIED:
        return count_text(step.changes)
    if result.already:
        version = f"v{result.version}, " if result.version else ""
        return f"{version}already as planned"
    if deletes_configuration(step):
        return "deleted, to the trash"
    return f"{_versions(result)}   {_done(step)}"


def _versions(result: Result) -> str:
    base = result.step.base
    if base is None:
        restored = any(isinstance(change, Restore) for change in result.step.changes)
        return f"{'restored' if restored else 'created'} v{result.version}"
    if base.number == result.version:
        return f"v{base.number}"
    return f"v{base.number} → v{result.version}"


def _done(step: Step) -> str:
    for change in step.changes:
        if isinstance(change, Rollback):
            row = f"row {printable(change.key.row_id)}: " if change.key.is_row else ""
            return f"{row}content of v{change.to_version}"
    return count_text(step.changes)


def _below(result: Result, files: Mapping[Key, str]) -> Iterator[str]:
    if result.settled:
        lost = plural(result.settled, "lost answer")
        yield f"{lost}: read back, and the write was there"
    if result.error is None:
        return
    yield from (printable(line) for line in str(result.error).split("\n"))
    yield _written(result)
    place = files.get(result.failed_at or result.step.key) or files.get(result.step.key)
    if place and result.outcome is Outcome.FAILED:
        yield f"declared in {printable(place)}"
    if result.error.hint:
        yield printable(result.error.hint)


def _written(result: Result) -> str:
    if result.uncertain:
        return "The last request may have been carried out: its answer was lost."
    if result.written:
        return f"{plural(result.written, 'request')} of this configuration had been written."
    return "Nothing was written to this configuration."


def summary(ended: Ended) -> list[Line]:
    """The counts, what live is now, and what to do next."""
    return [inert_line(line) for line in _summary(ended)]


def _summary(ended: Ended) -> Iterator[Line]:
    results = ended.report.results
    if all(result.outcome is Outcome.APPLIED for result in results):
        counted = f"Applied {len(results)} of {len(results)} in {ended.seconds:.1f} s."
        yield Line(f"{counted} {_equals(ended)}. Run {ended.stamp.run}")
        yield from _undo(ended)
        yield from _held(ended)
        return
    yield from _once_more(ended)
    yield Line(
        f"{counts_text(results)} in {ended.seconds:.1f} s. Run {ended.stamp.run}", Role.DANGER
    )
    if not any(result.touched for result in results):
        yield Line("Nothing was written.")
    elif ended.report.undone or ended.report.left:
        yield from _taken_back(ended)
    else:
        yield Line(f"The project is between {_before(ended)} and {_planned(ended)}.")
        yield from _next(ended)
        yield from _undo(ended)
        yield from _held(ended)


def counts_text(results: Collection[Result]) -> str:
    """Return `Applied 2, failed 1, not run 15`."""
    counts = {
        word: sum(1 for result in results if result.outcome is outcome)
        for outcome, word in _WORDS.items()
    }
    return ", ".join(f"{word} {n}" for word, n in counts.items() if n).capitalize()


def _equals(ended: Ended) -> str:
    """What may be said of live after everything was applied and read back."""
    commit = ended.stamp.commit
    match ended.extent:
        case Extent.OTHER:
            return "Live is as planned"
        case _ if not commit or commit.endswith("-dirty"):
            return "Live is as planned"
        case Extent.COMMIT:
            return f"Live equals commit {commit[:10]}"
        case Extent.PART:
            configurations = plural(len(ended.report.results), "configuration")
            return f"Live equals commit {commit[:10]} in {configurations}"


def _once_more(ended: Ended) -> Iterator[Line]:
    """In a long list, what went wrong has scrolled away."""
    if len(ended.report.results) <= _MANY:
        return
    yield Line("What went wrong:", Role.HEADING)
    for result in ended.report.results:
        if result.error:
            yield from result_lines(result, ended.files)


def _before(ended: Ended) -> str:
    """What live was before the run."""
    bases = [
        step.attribution.base if step.attribution else None
        for step in (result.step for result in ended.report.results)
        if step.base
    ]
    stamps = [parse_stamp(base.message) if base else None for base in bases]
    commits = {stamp.commit if stamp else "" for stamp in stamps}
    commit = commits.pop() if len(commits) == 1 else ""
    return f"commit {commit[:10]}" if commit else "what it was before"


def _planned(ended: Ended) -> str:
    commit = ended.stamp.commit
    if ended.extent is Extent.OTHER or not commit:
        return "what was planned"
    dirty = " with uncommitted changes" if commit.endswith("-dirty") else ""
    return f"commit {commit.removesuffix('-dirty')[:10]}{dirty}"


def _next(ended: Ended) -> Iterator[Line]:
    results = ended.report.results
    uncertain = any(result.uncertain for result in results)
    if any(isinstance(result.error, InterruptedRunError) for result in results):
        yield Line("Next: run this again, it goes on from what is live.")
    else:
        # The plan of the files says nothing of a rollback or a copy.
        look = "" if ended.extent is Extent.OTHER else ": `kbsync plan`"
        yield Line(f"Next: mend the cause and run this again, it does what is left{look}.")
    if uncertain:
        yield Line(f"What became of the lost requests: kbsync runs {ended.stamp.run}")


def _taken_back(ended: Ended) -> Iterator[Line]:
    undone, left = ended.report.undone, ended.report.left
    back = sum(1 for result in undone if result.outcome is Outcome.APPLIED)
    if back == len(undone) and not left:
        yield Line("What was written is taken back: live is as it was before.")
        return
    yield Line(f"Taken back: {back} of {len(undone) + len(left)}.", Role.DANGER)
    for key, why in left.items():
        yield Line(f"  left as it is: {key}: {printable(why)}", Role.DANGER)


def _undo(ended: Ended) -> Iterator[Line]:
    commands = undo_commands(ended)
    if commands:
        yield Line("Undo with:")
        yield from (Line(f"  {command}") for command in commands)


def _held(ended: Ended) -> Iterator[Line]:
    held = ended.report.rejected
    count = plural(len(held), "configuration")
    if held and not ended.report.is_held:
        yield Line(
            f"No hold could be placed: an apply may write the rejected content of {count} again."
            " Stop the pipelines that would, until the files say something else.",
            Role.DANGER,
        )
    elif held:
        yield Line(
            f"Hold: no apply writes the rejected content of {count} again, until the files say"
            " something else. See `kbsync holds`."
        )


def undo_commands(ended: Ended) -> tuple[str, ...]:
    """Return the commands that take back what a run has written: versions, component states."""
    results, run = ended.report.results, ended.stamp.run
    versions = [command for command in map(undo_command, results) if command]
    back = versions[0] if len(versions) == 1 else undo_of_run(run, len(versions))
    if ended.extent is Extent.OTHER and any(map(_makes, results)):
        # What no file declares is not missed by one: nothing but the copy is what was asked for.
        back = f"{undo_of_run(run, 1)} --include-created"
    threw_away = any(result.touched and _throws_away(result.step) for result in results)
    states = undo_of_states(run) if threw_away else ""
    return tuple(command for command in (back, states) if command)


def _makes(result: Result) -> bool:
    """Whether a configuration was made out of nothing."""
    step = result.step
    creates = any(isinstance(change, Create) for change in step.changes)
    return result.touched and step.base is None and creates


def _throws_away(step: Step) -> bool:
    return any(
        isinstance(change, PutState)
        or (isinstance(change, ResetState) and any(change.targets.values()))
        for change in step.changes
    )


def _makes_versions(step: Step) -> bool:
    """Whether it takes any: of a step that failed nobody may know what it came to."""
    return any(write.makes_version for write in writes(step, ""))


def undo_of_run(run: str, count: int) -> str:
    """Return the command that takes back a run of *count* configurations; `""` for none."""
    return f"kbsync rollback --run {run}" if count else ""


def undo_of_states(run: str) -> str:
    """Return the command that puts back the component states that a run has thrown away."""
    return f"kbsync reset-state --undo {run}"


def undo_command(result: Result) -> str:
    """Return the command that takes back what was written to one configuration, or `""`.

    There is none where nothing was written, none for what is in no version, metadata and component
    state, and none for what was created: deleting is not done in passing.
    """
    step = result.step
    if step.base is None or not result.touched:
        return ""
    if deletes_configuration(step):
        return f"kbsync restore {shlex.quote(str(step.key))}"
    if result.version == step.base.number or not _makes_versions(step):
        return ""
    return f"kbsync rollback {shlex.quote(str(step.key))} --to-version {step.base.number}"
