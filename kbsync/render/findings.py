"""What checks found, as text and as JSON. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from kbsync.finding import Finding, Verdict, exit_code_of
from kbsync.render.lines import Line, Role, inert_line, plural, printable

FORMAT_VERSION = 1
_ROLES = {
    Verdict.OK: Role.PLAIN,
    Verdict.WARNING: Role.CHANGED,
    Verdict.FAILED: Role.DANGER,
    Verdict.NOT_CHECKED: Role.MUTED,
}


def findings_lines(findings: Sequence[Finding]) -> Iterator[Line]:
    """Yield a line for each check, what to do below it, and the counts at the end.

    Checks that were not made for one reason share a line.
    """
    verdicts = max(len(verdict) for verdict in Verdict)
    checks = max(len(each.check) for each in findings)
    for (verdict, _), group in groupby(findings, _reason):
        first, *others = group
        said = ", ".join([first.said, *(f"nor {each.check}" for each in others)])
        text = f"{verdict:<{verdicts}}  {first.check:<{checks}}  {printable(said)}"
        yield inert_line(Line(text, _ROLES[verdict]))
        if first.todo:
            yield inert_line(Line(f"{'':<{verdicts + checks + 4}}{printable(first.todo)}"))
    yield Line(f"{_counted(findings)}.")


def _reason(finding: Finding) -> tuple[Verdict, str]:
    """Return what findings have in common that may share a line."""
    is_shared = finding.verdict is Verdict.NOT_CHECKED
    return finding.verdict, finding.said if is_shared else finding.check


def findings_json(findings: Sequence[Finding]) -> str:
    """Return them for programs; the exit code is the one of the command."""
    document = {
        "formatVersion": FORMAT_VERSION,
        "exitCode": int(exit_code_of(findings)),
        "checks": [
            {
                "check": each.check,
                "verdict": each.verdict.value,
                "said": each.said,
                "todo": each.todo,
            }
            for each in findings
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _counted(findings: Sequence[Finding]) -> str:
    counts = Counter(each.verdict for each in findings)
    parts = [plural(len(findings), "check")]
    parts += [f"{counts[Verdict.FAILED]} failed", plural(counts[Verdict.WARNING], "warning")]
    if counts[Verdict.NOT_CHECKED]:
        parts.append(f"{counts[Verdict.NOT_CHECKED]} not made")
    return ", ".join(parts)
