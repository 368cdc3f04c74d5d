"""What the commands that bring something back have in common: show, ask, write, files in step."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeAlias, assert_never

from kbsync.api.client import StorageClient
from kbsync.cli.forms import form_of
from kbsync.cli.output import say
from kbsync.cli.planned import guards_of, show_plan
from kbsync.cli.running import carry_out
from kbsync.cli.session import Session
from kbsync.errors import ExitCode, InterruptedRunError, KbsyncError, UnfinishedError
from kbsync.model import Key
from kbsync.past.instant import parse_instant, told
from kbsync.past.recall import Recalled, recall_version
from kbsync.past.recall_copy import CopyOf, recall_copy
from kbsync.past.recall_run import recall_run
from kbsync.past.recall_state import forget_states, return_states
from kbsync.past.recall_time import recall_before
from kbsync.past.recall_trash import recall_deleted
from kbsync.plans.guards import refusals
from kbsync.plans.plan import deletes_configuration
from kbsync.render.lines import Line
from kbsync.render.recalled import left_lines, nothing_text
from kbsync.run.apply import Manner
from kbsync.run.result import Aside, Extent
from kbsync.selectors import Selector, exactly


@dataclass(frozen=True, slots=True, kw_only=True)
class ToVersion:
    """Back to a recorded version of one object."""

    object_: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ToRun:
    """Back to what was before a run."""

    run: str
    selectors: Sequence[Selector]
    include_created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToTime:
    """Back to what was before a moment."""

    text: str
    selectors: Sequence[Selector]
    include_created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FromTrash:
    """Out of the trash."""

    object_: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetStates:
    """No component state any more."""

    selectors: Sequence[Selector]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnStates:
    """Component states back that a run threw away."""

    run: str
    selectors: Sequence[Selector]


Wish: TypeAlias = ToVersion | ToRun | ToTime | FromTrash | CopyOf | ForgetStates | ReturnStates


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    recalled: Recalled
    message: str
    """What the version history says of it."""
    said: str = ""
    """How the wish was understood."""


def carry_out_recalled(
    session: Session,
    wish: Wish,
    *,
    allowed: Mapping[str, int],
    overwritable: Sequence[str],
    write_tree: bool,
    message: str,
    auto_approve: bool,
    manner: Manner,
    format_: str,
) -> ExitCode:
    """Plan what *wish* says, show it, and carry it out unless a guard or the person says no."""
    form = form_of(format_)
    # Files that are not valid must be known before anything is written.
    declared = session.tree().resources.keys() if write_tree else ()
    with session.client() as client:
        found = _find(session, client, wish, declared)
        recalled, plan = found.recalled, found.recalled.planned.plan
        left = left_lines(recalled.left, recalled.notes, recalled.planned.names)
        aside = Aside(left=recalled.left, notes=recalled.notes)
        if found.said:
            form.plan([Line(found.said), Line("")])
        if not plan:
            form.plan(left)
            same = len(recalled.same) + recalled.untouched
            form.nothing(plan.target, nothing_text(same, len(recalled.left)), aside)
            if write_tree:
                _write_tree(session, client, recalled, ExitCode.DONE)
            return ExitCode.DONE
        show_plan(recalled.planned, "", None, plan_id="", out=form.plan)
        form.plan(left)
        guards = guards_of(session, replace(recalled.planned, holds={}), allowed, overwritable)
        # What is deleted here was found by its history, so no file of it is missing.
        refused = refusals(plan, replace(guards, absences=(), renames=()))
        code = carry_out(
            session,
            client,
            recalled.planned,
            refused,
            message=message or found.message,
            source=None,
            extent=Extent.OTHER,
            auto_approve=auto_approve,
            form=form,
            manner=manner,
            rolls_back=recalled.rolls_back,
            aside=aside,
        )
        if write_tree:
            _bring_in_step(session, client, recalled, code)
        return code


def _find(session: Session, client: StorageClient, wish: Wish, declared: Collection[Key]) -> _Found:
    settings = session.settings
    match wish:
        case ToVersion():
            found = recall_version(settings, client, wish.object_, wish.number)
            return _Found(recalled=found, message=f"Roll back to version {wish.number}")
        case ToRun():
            found = recall_run(
                settings,
                client,
                wish.run,
                selectors=wish.selectors,
                include_created=wish.include_created,
            )
            return _Found(recalled=found, message=f"Roll back run {wish.run.upper()}")
        case ToTime():
            moment = parse_instant(wish.text, client.server_time or datetime.now(UTC))
            found = recall_before(
                settings,
                client,
                moment,
                selectors=wish.selectors,
                include_created=wish.include_created,
            )
            utc = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            said = f"Back to what was current before {told(moment)}."
            return _Found(recalled=found, message=f"Roll back to before {utc}", said=said)
        case FromTrash():
            found = recall_deleted(settings, client, wish.object_)
            return _Found(recalled=found, message="Restore from the trash")
        case CopyOf():
            copied = recall_copy(settings, client, wish, declared=declared)
            return _Found(recalled=copied.recalled, message=copied.message)
        case ForgetStates():
            found = forget_states(settings, client, wish.selectors, wish.reason)
            return _Found(recalled=found, message=wish.reason)
        case ReturnStates():
            found = return_states(settings, client, wish.run, wish.selectors)
            return _Found(recalled=found, message=f"Put back what run {wish.run.upper()} forgot")
        case _:
            assert_never(wish)


def _bring_in_step(
    session: Session, client: StorageClient, recalled: Recalled, code: ExitCode
) -> None:
    """Do as `_write_tree` after the project was written, so that no failure denies that.

    Raises:
        UnfinishedError: The project is as planned, some files are not.
    """
    try:
        _write_tree(session, client, recalled, code)
    except (KbsyncError, KeyboardInterrupt) as error:
        objects = " ".join(shlex.quote(str(step.key)) for step in recalled.planned.plan.steps)
        left = UnfinishedError(
            "The project is as planned, but the files are not in step with it: "
            f"{str(error) or 'interrupted'}",
            hint=f"Mend that, then bring the files in step with: kbsync pull {objects}",
        )
        stopped = isinstance(error, KeyboardInterrupt)
        left.exit_code = InterruptedRunError().exit_code if stopped else ExitCode.PARTLY_APPLIED
        raise left from None


def _write_tree(
    session: Session, client: StorageClient, recalled: Recalled, code: ExitCode
) -> None:
    """Bring the files of what is back, now or already, in step with what is live, as pull does."""
    from kbsync.cli.pull import tell_backup
    from kbsync.pulling import pull_project
    from kbsync.render.pulled import pulled_lines
    from kbsync.run.run_id import new_run_id

    if code is not ExitCode.DONE:
        say("The files are left as they are, because not all was written.")
        return
    tree = session.tree()
    steps = recalled.planned.plan.steps
    live = {key.config for key in recalled.same}
    live |= {step.key for step in steps if not deletes_configuration(step)}
    keys = live | ({step.key for step in steps} & tree.resources.keys())
    if keys:
        wanted = [exactly(key) for key in sorted(keys)]
        pulled = pull_project(session.settings, tree, client, wanted, run=new_run_id())
        lines = pulled_lines(pulled.pull, pulled.names, pulled.changed.count, pulled.encrypted.keys)
        say("\n".join(line.text for line in lines))
        tell_backup(pulled.changed)
