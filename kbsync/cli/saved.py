"""Plans in files: write them, show them, apply them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path

from kbsync.api.client import StorageClient
from kbsync.api.fetch import fetch_live, fetch_target, fetch_versions
from kbsync.change import Change, ResetState
from kbsync.cli.forms import Form
from kbsync.cli.output import say, show
from kbsync.cli.planned import describe_source, guards_of, show_plan
from kbsync.cli.running import carry_out
from kbsync.cli.session import Session
from kbsync.env_secrets import Held, Prover, encrypted, known_in, variables_of
from kbsync.errors import ExitCode, InvalidFilesError, KbsyncError, RefusedError
from kbsync.model import Key, Live, by_configuration, key_of
from kbsync.planning import Planned, names_of
from kbsync.plans.guards import Refusal, refusals
from kbsync.plans.holds import Hold
from kbsync.plans.plan import Plan, Step, Target, version_before
from kbsync.plans.plan_file import SavedPlan, Source, dump_plan, load_plan
from kbsync.plans.writes import Action
from kbsync.problems import Problem
from kbsync.render.lines import Line, plural
from kbsync.run.apply import Manner
from kbsync.run.freshness import check_fresh, is_done, remaining, staleness
from kbsync.run.holding import fetch_holds
from kbsync.run.journal import RunRecord, read_runs
from kbsync.run.result import Extent
from kbsync.tree.write import write_atomically


def is_plan_file(text: str) -> bool:
    """Whether an argument of apply names a file; no component id ends so."""
    return text.endswith(".json")


def check_place(path: Path) -> None:
    """Refuse a place where no plan can be saved, before the project is read.

    Raises:
        KbsyncError: It is a folder, in no folder, or may not be written.
    """
    folder = path.parent
    if path.is_dir():
        raise _not_saved(path, "it is a folder")
    if not folder.is_dir():
        raise _not_saved(path, f"there is no folder {folder}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise _not_saved(path, "it may not be written")


def save_plan(
    planned: Planned, source: Source | None, path: Path, refused: Sequence[Refusal]
) -> None:
    """Write the plan to *path*, whole or not at all.

    Raises:
        RefusedError: It would write a secret in plain text, or one of *refused* would be forgotten
            when it is applied.
        KbsyncError: It cannot be written.
    """
    if any(refusal.of_tree for refusal in refused):
        raise RefusedError("The plan is not saved, because apply could not refuse it any more")
    data = dump_plan(planned.plan, source, planned.files).encode()
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)  # a device or a pipe, which must not be replaced by a file
        else:
            write_atomically(path.resolve(), data)
    except OSError as error:
        raise _not_saved(path, error.strerror or str(error)) from None
    say(f"Saved in {path}. Apply exactly this: kbsync apply {path}")


def _not_saved(path: Path, why: str) -> KbsyncError:
    return KbsyncError(
        f"The plan cannot be saved in {path}: {why}", hint="Choose another place for -o."
    )


def read_saved(path: Path) -> SavedPlan:
    """Read a plan file.

    Raises:
        InvalidFilesError: It cannot be read, or is damaged, edited or of another version.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        problem = Problem(str(path), 0, 0, f"cannot be read: {error.strerror}", "check the name")
        raise InvalidFilesError([problem]) from None
    return load_plan(data, str(path))


def check_saved(session: Session, path: Path) -> ExitCode:
    """Tell whether a saved plan still holds, in three reads."""
    saved = read_saved(path)
    with session.client() as client:
        check_fresh(saved.plan, _live(session, client, saved.plan))
    steps = plural(len(saved.plan.steps), "configuration")
    show([Line(f"Plan {saved.plan_id} still holds: {steps} as planned.")])
    return ExitCode.DONE


def apply_saved(
    session: Session,
    path: Path,
    *,
    allowed: Mapping[str, int],
    overwritable: Sequence[str],
    liftable: Sequence[str],
    message: str,
    auto_approve: bool,
    manner: Manner,
    form: Form,
) -> ExitCode:
    """Apply exactly the plan in *path*."""
    saved = read_saved(path)
    with session.client() as client:
        live = _live(session, client, saved.plan)
        holds = fetch_holds(client)
        all_of_it = planned_of(saved, live, holds)
        guards = guards_of(session, all_of_it, allowed, overwritable, liftable)
        refused = refusals(saved.plan, guards)  # all of it, whatever is done by now
        saved = _resumed(session, client, _with_written(saved, client, live), live)
        check_fresh(saved.plan, live)
        planned = planned_of(saved, live, holds)
        described = describe_source(f"plan {saved.plan_id}", saved.source)
        show_plan(planned, described, saved.source, plan_id=saved.plan_id, out=form.plan)
        return carry_out(
            session,
            client,
            planned,
            refused,
            message=message,
            source=saved.source,
            extent=Extent.PART,
            auto_approve=auto_approve,
            form=form,
            manner=manner,
            plan_id=saved.plan_id,
        )


def planned_of(saved: SavedPlan, live: Live, holds: Mapping[Key, Hold] | None = None) -> Planned:
    """The saved plan as if it had just been made, with what *live* is now."""
    names: dict[Key, str] = {step.key: step.name for step in saved.plan.steps}
    names = names_of(live.resources) | names
    return Planned(plan=saved.plan, live=live, names=names, files=saved.files, holds=holds or {})


def _live(session: Session, client: StorageClient, plan: Plan) -> Live:
    """Return what is live now, if *plan* is for it."""
    target = fetch_target(client, project_id=session.settings.project_id)
    if _place(target) != _place(plan.target):
        raise RefusedError(
            f"The plan is for {_named(plan.target)}, but this is {_named(target)}",
            hint="Use the token, stack and branch that the plan was made with.",
        )
    return fetch_live(client)


def _with_written(saved: SavedPlan, client: StorageClient, live: Live) -> SavedPlan:
    """Return the plan with the ciphertext of secrets that an earlier run of it wrote."""
    plan = saved.plan
    prover = Prover(environ=os.environ, sign=client.sign, project_id=plan.target.project_id)
    groups = by_configuration(live.resources)

    def written(step: Step) -> Step:
        if not variables_of(step.changes) or not staleness(step, live.versions.get(step.key)):
            return step
        group, note = groups.get(step.key, {}), live.notes.get(step.key, "")
        known = known_in(group, step.key, note, prover, held=[Held.SAME])
        return replace(step, changes=tuple(encrypted(change, known) for change in step.changes))

    return replace(saved, plan=replace(plan, steps=tuple(map(written, plan.steps))))


def _resumed(session: Session, client: StorageClient, saved: SavedPlan, live: Live) -> SavedPlan:
    """Return what is left to do of a plan that was applied before, and broke off."""
    records = [each for each in read_runs(session.root) if each.start["plan"] == saved.plan_id]
    if not records:
        return saved
    say(f"Plan {saved.plan_id} was applied before; what is done by now is left out.")
    runs, forgotten = {each.run for each in records}, _forgotten_by(records)
    steps = [
        _left(_without_forgotten(step, forgotten), client, live, runs) for step in saved.plan.steps
    ]
    left = tuple(step for step in steps if step.changes)
    return replace(saved, plan=replace(saved.plan, steps=left))


def _forgotten_by(records: Iterable[RunRecord]) -> set[Key]:
    """Whose component state earlier runs are known to have reset, and did not put back."""
    found = set()
    for record in records:
        actions = {
            str(write["object"]): write["action"]
            for write in record.settled
            if write["outcome"] in ("done", "found done")
            and write["action"] in (Action.RESET_STATE, Action.PUT_STATE)
        }
        found |= {key_of(name) for name, last in actions.items() if last == Action.RESET_STATE}
    return found


def _without_forgotten(step: Step, forgotten: Set[Key]) -> Step:
    """Return *step* without the resets by hand that are done.

    A job may have stored the very state again that the plan shows, and that is not to be lost.
    """

    def left(change: Change) -> Change:
        if not (isinstance(change, ResetState) and change.by_hand):
            return change
        targets = {key: each for key, each in change.targets.items() if key not in forgotten}
        return replace(change, targets=targets)

    return replace(step, changes=tuple(map(left, step.changes)))


def _left(step: Step, client: StorageClient, live: Live, runs: Set[str]) -> Step:
    if is_done(step, live):
        return replace(step, changes=())
    if step.key not in live.versions or not staleness(step, live.versions[step.key]):
        return step
    since = fetch_versions(client, step.key, after=version_before(step))
    return remaining(step, live, since, runs) or step


def _place(target: Target) -> tuple[str, int, str]:
    return target.stack, target.project_id, target.branch


def _named(target: Target) -> str:
    return f"project {target.project_id}, branch {target.branch}, at {target.stack}"
