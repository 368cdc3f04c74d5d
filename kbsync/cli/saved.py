"""Plans in files: write them, show them, apply them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from kbsync.cli.output import say, show
from kbsync.cli.planned import carry_out, describe_source, guards_of, show_plan
from kbsync.cli.session import Session
from kbsync.client import StorageClient
from kbsync.errors import ExitCode, InvalidFilesError, KbsyncError, RefusedError
from kbsync.fetch import fetch_live, fetch_target
from kbsync.freshness import check_fresh
from kbsync.model import Key, Live
from kbsync.plan import Plan, Target
from kbsync.plan_file import SavedPlan, Source, dump_plan, load_plan
from kbsync.planning import Planned, names_of
from kbsync.problems import Problem
from kbsync.render.lines import Line, plural
from kbsync.tree.write import write_atomically


def is_plan_file(text: str) -> bool:
    """Whether an argument of apply names a file; no component id ends so."""
    return text.endswith(".json")


def save_plan(planned: Planned, source: Source | None, path: Path) -> None:
    """Write the plan to *path*, whole or not at all."""
    try:
        write_atomically(path, dump_plan(planned.plan, source, planned.files).encode())
    except OSError as error:
        raise KbsyncError(
            f"The plan could not be saved in {path}: {error.strerror}",
            hint="Choose another place for -o.",
        ) from None
    say(f"Saved in {path}. Apply exactly this: kbsync apply {path}")


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
        _check(session, client, saved.plan)
    steps = plural(len(saved.plan.steps), "configuration")
    show([Line(f"Plan {saved.plan_id} still holds: {steps} as planned.")])
    return ExitCode.DONE


def apply_saved(
    session: Session,
    path: Path,
    *,
    allowed: Mapping[str, int],
    overwritable: Sequence[str],
    message: str,
    auto_approve: bool,
) -> ExitCode:
    """Apply exactly the plan in *path*."""
    saved = read_saved(path)
    with session.client() as client:
        planned = planned_of(saved, _check(session, client, saved.plan))
        show_plan(planned, describe_source(f"plan {saved.plan_id}", saved.source), saved.source)
        return carry_out(
            session,
            client,
            saved.plan,
            guards_of(session, planned, allowed, overwritable),
            message=message,
            source=saved.source,
            auto_approve=auto_approve,
        )


def planned_of(saved: SavedPlan, live: Live) -> Planned:
    """The saved plan as if it had just been made, with what *live* is now."""
    names: dict[Key, str] = {step.key: step.name for step in saved.plan.steps}
    names = names_of(live.resources) | names
    return Planned(plan=saved.plan, live=live, names=names, files=saved.files)


def _check(session: Session, client: StorageClient, plan: Plan) -> Live:
    """Return what is live now, if *plan* is for it and still holds."""
    target = fetch_target(client, project_id=session.settings.project_id)
    if _place(target) != _place(plan.target):
        raise RefusedError(
            f"The plan is for {_named(plan.target)}, but this is {_named(target)}",
            hint="Use the token, stack and branch that the plan was made with.",
        )
    live = fetch_live(client)
    check_fresh(plan, live)
    return live


def _place(target: Target) -> tuple[str, int, str]:
    return target.stack, target.project_id, target.branch


def _named(target: Target) -> str:
    return f"project {target.project_id}, branch {target.branch}, at {target.stack}"
