"""A plan as one pull-request comment in GitHub-flavoured Markdown. Pure.

GitHub takes 65,536 characters. Whatever the plan, what must not be missed is told first and never
left out without a count; then follow the configurations, with as much detail as there is room for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from kbsync.plans.plan import Files, Plan
from kbsync.problems import Problem
from kbsync.render.facts import Entry, Group
from kbsync.render.grouping import grouped
from kbsync.render.lines import clip, inert, plural, printable, quoted
from kbsync.render.markdown_entry import FULL, SHORT, entry_block, entry_line, group_block
from kbsync.render.markup import fenced, sentence, span
from kbsync.render.outline import count_text, outline, rest_text
from kbsync.render.risks import Finding, Risk, risk_text, risks

CHARACTERS = 60_000
"""The size of a comment. In UTF-8 that is 240,000 bytes at most."""

_RISK_CHARACTERS = 7_000
"""For each kind of risk, so that all of them take less than two thirds of the comment."""

_REFUSALS = 10
_WARNINGS = 10
_REST = 400
"""For the sentences around what did not fit."""


def render_markdown(
    plan: Plan,
    *,
    requests: int,
    source: str,
    files: Files,
    refusals: Sequence[str] = (),
    plan_id: str = "",
    texts: Mapping[str, str] | None = None,
    warnings: Sequence[Problem] = (),
) -> str:
    """Return the comment: at most `CHARACTERS`, every fence and `<details>` closed.

    It starts with a hidden marker that stays the same for a branch of a project, so that a pipeline
    can find its comment and replace it. *requests* is how many apply will make, *source* says
    where the files come from, *refusals* why apply will refuse, *texts* what stands in the files,
    *warnings* what is odd about mappings.
    """
    everything = outline(plan.steps, files, texts)
    found = risks(everything)
    parts = (
        *_title(plan),
        "  \n".join(_facts(plan, requests, source, plan_id, found)),
        *_refused(refusals),
        *_warned("References that lead nowhere", [each.problem for each in plan.dangling]),
        *_warned("Mappings that do not fit", warnings),
        *map(_risk, found),
    )
    head = inert("".join(f"{part}\n\n" for part in parts))
    foot = _foot(plan)
    return head + _body(everything, CHARACTERS - len(head) - len(foot) - _REST) + foot


def _title(plan: Plan) -> Iterator[str]:
    target = plan.target
    branch = re.sub(r"[^A-Za-z0-9_.]", "_", target.branch)
    yield f"<!-- kbsync:{target.project_id}:{branch} -->"
    yield f"### kbsync plan: {count_text(plan.changes) if plan else 'no changes'}"


def _facts(
    plan: Plan, requests: int, source: str, plan_id: str, found: Sequence[Risk]
) -> Iterator[str]:
    target = plan.target
    yield (
        f"Project {target.project_id} {span(quoted(target.project_name))}, "
        f"branch {span(printable(target.branch))}, {span(printable(target.stack))}"
    )
    if source:
        yield f"Files {span(printable(source))}"
    if plan_id:
        yield f"Plan {span(plan_id)}"
    if found:
        yield f"**Risk: {risk_text(found)}**"
    said = "" if plan else "The project is as the files say. "
    yield f"{said}{rest_text(plan, requests)}"


def _refused(refusals: Sequence[str]) -> Iterator[str]:
    if not refusals:
        return
    lines = [clip(inert(printable(text)), 500) for text in refusals[:_REFUSALS]]
    if len(refusals) > _REFUSALS:
        lines.append(f"and {plural(len(refusals) - _REFUSALS, 'more reason')}")
    yield "**Apply will refuse this:**"
    yield "\n".join(fenced(lines, "text"))


def _warned(title: str, problems: Sequence[Problem]) -> Iterator[str]:
    if not problems:
        return
    lines = [clip(inert(printable(str(each))), 300) for each in problems[:_WARNINGS]]
    if len(problems) > _WARNINGS:
        lines.append(f"and {len(problems) - _WARNINGS} more, see `kbsync plan`")
    yield f"**`!` {title} ({len(problems)})**"
    yield "\n".join(fenced(lines, "text"))


def _risk(risk: Risk) -> str:
    lines = [f"**`{risk.symbol}` {risk.title} ({risk.count})**", ""]
    room = _RISK_CHARACTERS
    for index, finding in enumerate(risk.findings):
        line = inert(_finding(finding))
        room -= len(line) + 1
        if room < 0:
            lines.append(f"- **and {len(risk.findings) - index} more**, see `kbsync plan`")
            break
        lines.append(line)
    return "\n".join(lines)


def _finding(finding: Finding) -> str:
    return f"- {span(str(finding.key))} {span(quoted(finding.name))}: {sentence(finding.words)}"


def _body(everything: Sequence[Entry], room: int) -> str:
    """Lay out the most dangerous first: with all details, with some, on a line, or only counted.

    What many have in common says much in little room, so it has a share that nothing else takes.
    """
    entries, groups = grouped(everything)
    together = _groups(groups, int(room * _GROUPS_SHARE) if entries else room)
    room -= len(together)
    lines = [inert(entry_line(entry)) for entry in entries]
    listed = _fitting(lines, room)
    room -= sum(len(line) for line in lines[:listed])
    blocks, left_over = [], []
    for index, entry in enumerate(entries[:listed]):
        room += len(lines[index])
        fair = room if index == len(entries) - 1 else room // 2
        forms = _forms(entry, fair, room, is_open=len(entries) + len(groups) <= _OPEN)
        block = next(forms, "")
        room -= len(block or lines[index])
        if block:
            blocks.append(block)
        else:
            left_over.append(lines[index])
    return "".join(blocks) + together + _left_over(left_over, len(entries) - listed)


_GROUPS_SHARE = 0.35


def _groups(groups: Sequence[Group], room: int) -> str:
    """Lay out the largest first, each with its change; the names are cut where there are many."""
    blocks: list[str] = []
    for index, group in enumerate(groups):
        fair = room if index == len(groups) - 1 else room // 2
        forms = (inert(group_block(group, size, most)) for size, most in _GROUP_FORMS)
        block = next((form for form in forms if len(form) <= fair), "")
        if not block:
            more = plural(len(groups) - index, "more change")
            blocks.append(f"**and {more} that many have in common**, see `kbsync plan`\n\n")
            break
        blocks.append(block)
        room -= len(block)
    return "".join(blocks)


_GROUP_FORMS = ((FULL, 1_000), (FULL, 100), (SHORT, 30), (SHORT, 5))
"""How much is shown of the change, and how many names."""


_OPEN = 3
"""So few configurations are shown unfolded."""

_LINES_SHARE = 0.6
"""How much of the room may go to configurations without details, when not all can be listed."""


def _fitting(lines: Sequence[str], room: int) -> int:
    """How many of *lines* are listed."""
    used = accumulate(len(line) for line in lines)
    return sum(1 for length in used if length <= room * _LINES_SHARE)


def _forms(entry: Entry, fair: int, room: int, *, is_open: bool) -> Iterator[str]:
    """Yield the forms of *entry* that fit, the largest first; one may not starve those after it."""
    for size, limit in ((FULL, fair), (SHORT, room)):
        block = inert(entry_block(entry, size, is_open=is_open))
        if len(block) <= limit:
            yield block


def _left_over(lines: Sequence[str], more: int) -> str:
    if not lines and not more:
        return ""
    said = "There is no room here for their details; `kbsync plan SELECTOR` shows them."
    tail = f"- **and {plural(more, 'more configuration')}**\n" if more else ""
    return f"**More configurations.** {said}\n\n{''.join(lines)}{tail}\n"


def _foot(plan: Plan) -> str:
    if not plan.not_managed:
        return ""
    shown = ", ".join(span(str(key), width=100) for key in plan.not_managed[:5])
    more = len(plan.not_managed) - 5
    tail = f" and {more} more" if more > 0 else ""
    return inert(f"Not managed (live, without files): {shown}{tail}\n")
