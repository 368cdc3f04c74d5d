"""A plan as text for a terminal or a log. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kbsync.plans.plan import Files, Plan, Target
from kbsync.render.facts import Entry
from kbsync.render.grouping import grouped
from kbsync.render.lines import Line, Role, inert_line, printable, quoted, to_text
from kbsync.render.outline import count_text, outline, rest_text
from kbsync.render.plan_entry import Paint, entry_lines, group_lines, unpainted
from kbsync.render.risks import risk_text, risks


def render_plan(
    plan: Plan,
    *,
    requests: int,
    source: str = "",
    files: Files | None = None,
    refusals: Sequence[str] = (),
    plan_id: str = "",
    texts: Mapping[str, str] | None = None,
) -> str:
    """Return the whole plan, what is dangerous first.

    *requests* is how many apply will make; *source* says where the files come from; *refusals* why
    apply will refuse; *texts* is what stands in the files.
    """
    lines = plan_lines(
        plan,
        requests=requests,
        source=source,
        files=files,
        refusals=refusals,
        plan_id=plan_id,
        texts=texts,
    )
    return to_text(lines)


def plan_lines(
    plan: Plan,
    *,
    requests: int,
    source: str = "",
    files: Files | None = None,
    refusals: Sequence[str] = (),
    plan_id: str = "",
    texts: Mapping[str, str] | None = None,
    paint: Paint = unpainted,
) -> list[Line]:
    """Return the same as lines; *paint* gives code its colours."""
    everything = outline(plan.steps, files, texts)
    entries, groups = grouped(everything)
    lines = [
        *_facts(plan.target, source, plan_id, everything),
        Line(""),
        *(line for entry in entries for line in entry_lines(entry, paint)),
        *(line for group in groups for line in group_lines(group, paint)),
        *_footer(plan, requests),
        *(Line(f"Apply will refuse this: {printable(why)}", Role.DANGER) for why in refusals),
    ]
    return [inert_line(line) for line in lines]


def header_lines(target: Target, source: str) -> Iterator[Line]:
    """Which project is meant, and where the files come from."""
    yield from _facts(target, source, "", ())
    yield Line("")


def _facts(target: Target, source: str, plan_id: str, entries: Sequence[Entry]) -> Iterator[Line]:
    name = quoted(target.project_name)
    yield Line(f"Project  {target.project_id} {name}   {target.stack}   branch {target.branch}")
    if source:
        yield Line(f"Files    {printable(source)}")
    if plan_id:
        yield Line(f"Plan     {plan_id}")
    found = risks(entries)
    if found:
        yield Line(f"Risk     {risk_text(found)}", Role.DANGER)


def _footer(plan: Plan, requests: int) -> Iterator[Line]:
    if plan:
        yield Line(f"Plan: {count_text(plan.changes)}.", Role.HEADING)
    else:
        yield Line("No changes: the project is as the files say.", Role.HEADING)
    yield Line(rest_text(plan, requests))
    if plan.not_managed:
        shown = ", ".join(str(key) for key in plan.not_managed[:5])
        more = len(plan.not_managed) - 5
        tail = f" and {more} more" if more > 0 else ""
        yield Line(f"Not managed (live, without files): {shown}{tail}", Role.MUTED)
