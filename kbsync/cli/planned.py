"""What the commands that show and apply plans have in common."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TypedDict

from kbsync import git
from kbsync.api.client import StorageClient
from kbsync.change import Change, PutState, Restore, Rollback
from kbsync.cli.output import has_colours, say, show, write, write_document
from kbsync.cli.session import Session
from kbsync.errors import RefusedError
from kbsync.model import Key
from kbsync.planning import Planned, names_of, plan_project
from kbsync.plans.absence import find_absences
from kbsync.plans.activation import without_activation
from kbsync.plans.guards import Guards, Refusal
from kbsync.plans.holds import Compared, held
from kbsync.plans.plan import Files, Plan
from kbsync.plans.plan_file import Source, dump_plan, plan_id
from kbsync.plans.renames import find_renames
from kbsync.plans.resets import DEFAULT_REASON, NOTHING_BY_HAND, ByHand
from kbsync.render.lines import Line
from kbsync.render.plan import plan_lines
from kbsync.render.plan_entry import Paint, unpainted
from kbsync.run.holding import fetch_holds
from kbsync.selectors import matches_any, parse


@contextmanager
def planning(
    session: Session, selectors: Sequence[str], *, prune: bool, by_hand: ByHand = NOTHING_BY_HAND
) -> Iterator[tuple[StorageClient, Planned]]:
    """Read the files, then the project, and compare. Nothing leaves before the files are valid."""
    wanted = [parse(text) for text in selectors]
    tree = session.tree()
    with session.client() as client:
        yield (
            client,
            plan_project(
                session.settings,
                tree,
                client,
                environ=os.environ,
                selectors=wanted,
                prune=prune,
                by_hand=by_hand,
            ),
        )


def by_hand(selectors: Sequence[str], reason: str = "") -> ByHand:
    """What `--reset-state` asks for."""
    return ByHand(selectors=tuple(map(parse, selectors)), reason=reason or DEFAULT_REASON)


def with_holds(planned: Planned, client: StorageClient) -> Planned:
    """Return *planned* with the holds of the branch: one request, if it is to write anything."""
    return replace(planned, holds=fetch_holds(client)) if planned.plan else planned


def show_plan(
    planned: Planned,
    described: str,
    source: Source | None,
    format_: str = "text",
    refused: Sequence[Refusal] = (),
    plan_id: str | None = None,
    root: Path | None = None,
    out: Callable[[Iterable[Line]], None] = show,
) -> None:
    """Write the plan to stdout, or as text to *out*.

    *described* says in words where its files come from; *refused* is why apply will refuse it,
    which a document for other people has to say itself; *plan_id* is its id, if that is known by
    now, and `""` for a plan that is never saved; *root* is where its files stand, if they are
    there.
    """
    plan, files = planned.plan, planned.files
    if format_ == "json":
        write(dump_plan(plan, source, files))
        _warn(planned)
        _note(without_activation(plan))
        return
    said = _Said(
        requests=_requests(plan),
        source=described,
        files=files,
        refusals=[str(refusal) for refusal in refused],
        plan_id=id_of(planned, source) if plan_id is None else plan_id,
        texts=_texts(root, planned) if root else {},
    )
    if format_ == "markdown":
        from kbsync.render.markdown import render_markdown

        write_document(render_markdown(plan, **said, warnings=planned.mappings))
    elif format_ == "html":
        from kbsync.render.html import render_html

        write_document(render_html(plan, **said, warnings=planned.mappings))
    else:
        out(plan_lines(plan, **said, paint=paint()))
    _warn(planned)
    _note(without_activation(plan))


class _Said(TypedDict):
    """What is said around the changes of a plan, in every format."""

    requests: int
    source: str
    files: Files
    refusals: Sequence[str]
    plan_id: str
    texts: Mapping[str, str]


def _requests(plan: Plan) -> int:
    # A plan without changes, the one that is made most often, needs nothing of what runs plans.
    if not plan:
        return 0
    from kbsync.run.running import requests_of

    return requests_of(plan)


def _texts(root: Path, planned: Planned) -> dict[str, str]:
    """Read the files whose lines the plan shows; what cannot be read is shown all the same."""
    changed = {change.key for change in planned.plan.changes}
    texts = {}
    for (key, _), file in planned.files.items():
        if key in changed:
            with suppress(OSError, UnicodeDecodeError):
                texts[file] = (root / file).read_bytes().decode()
    return texts


def id_of(planned: Planned, source: Source | None) -> str:
    """The id that the plan has when it is saved; none when it cannot be, or does nothing."""
    if not planned.plan or any(map(_is_for_now, planned.plan.changes)):
        return ""
    try:
        return plan_id(planned.plan, source, planned.files)
    except RefusedError:
        return ""


def _is_for_now(change: Change) -> bool:
    return isinstance(change, Rollback | Restore | PutState)


def paint() -> Paint:
    """Return what gives code its colours, where they are wanted."""
    if not has_colours():
        return unpainted
    from kbsync.render.highlight import painted

    return painted


def _warn(planned: Planned) -> None:
    plan = planned.plan
    lost = [each.problem for each in plan.dangling]
    foreign = [each.problem for step in plan.steps for each in step.foreign]
    for found in (lost, foreign, planned.unreadable, planned.mappings):
        for each in found[:_MOST_WARNINGS]:
            say(f"warning: {each}")
        if len(found) > _MOST_WARNINGS:
            more = len(found) - _MOST_WARNINGS
            where = "see validate --online" if found is planned.mappings else "see --format json"
            say(f"warning: {more} more of this kind; {where}")


_MOST_WARNINGS = 20


def _note(schedules: Sequence[Key]) -> None:
    if schedules:
        more = f" and {len(schedules) - 1} more" if len(schedules) > 1 else ""
        verb = "are" if more else "is"
        say(
            f"note: {schedules[0]}{more} {verb} written, not activated: schedules start something"
            " in the default branch only"
        )


def source_of(session: Session) -> Source | None:
    """The commit the files are at; None when they are not in git."""
    commit = git.describe(session.root)
    if commit is None:
        return None
    return Source(commit=commit.sha, subject=commit.subject, dirty=commit.dirty)


def describe_source(folder: str, source: Source | None) -> str:
    """Where the files come from: *folder*, and the commit when it is in git."""
    if source is None:
        return f"{folder}, not in git"
    edited = ", with uncommitted changes" if source.dirty else ""
    return f"{folder} at commit {source.commit[:10]}{edited}"


def guards_of(
    session: Session,
    planned: Planned,
    allowed: Mapping[str, int],
    overwritable: Sequence[str],
    liftable: Sequence[str] = (),
) -> Guards:
    """The rules of the settings, and what the command line allows beyond them."""
    settings = session.settings
    live_names = names_of(planned.live.resources)
    named = [parse(text) for text in overwritable]
    lifted = [parse(text) for text in liftable]
    compared = Compared(rules=settings.ignore, names=planned.names)
    found = held(planned.plan, planned.live, planned.holds, compared)
    return Guards(
        limits=asdict(settings.limits),
        allowed=allowed,
        # What is protected by a name stays so when the same commit gives it another.
        protected=lambda key: any(
            matches_any(settings.protect, key, each) for each in (planned.names, live_names)
        ),
        overwritable=lambda key: matches_any(named, key, planned.names),
        renames=find_renames(planned.plan, planned.live.resources),
        files=planned.declared,
        absences=find_absences(planned.plan, planned.live.resources, planned.missing),
        held={
            key: hold for key, hold in found.items() if not matches_any(lifted, key, planned.names)
        },
    )
