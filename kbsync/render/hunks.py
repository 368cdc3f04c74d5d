"""Where two texts differ: hunks of lines with their numbers, ready to show. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from kbsync.render.lines import clip, clip_pair, printable

CONTEXT = 3
"""Lines shown around a difference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Lines that stayed, or old ones in whose place new ones stand."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    changed: bool

    @property
    def size(self) -> int:
        """How many lines come or go."""
        return len(self.before) + len(self.after) if self.changed else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """Runs that follow each other. Line numbers count from 1."""

    before_start: int
    after_start: int
    runs: tuple[Run, ...]

    @property
    def heading(self) -> str:
        """The line that starts this hunk in a unified diff."""
        old = _range(self.before_start, sum(len(run.before) for run in self.runs))
        new = _range(self.after_start, sum(len(run.after) for run in self.runs))
        return f"@@ -{old} +{new} @@"

    @property
    def size(self) -> int:
        return sum(run.size for run in self.runs)


def _range(start: int, count: int) -> str:
    if count == 1:
        return str(start)
    # By custom an empty range names the line before it.
    return f"{start},{count}" if count else f"{start - 1},0"


def hunks(before: str, after: str) -> tuple[Hunk, ...]:
    """Return where *before* and *after* differ, with the lines around it as they are.

    None when only the line end at the end of the text differs: see `end_note`.
    """
    old, new = lines_of(before), lines_of(after)
    groups = difflib.SequenceMatcher(None, old, new).get_grouped_opcodes(CONTEXT)
    return tuple(
        Hunk(
            before_start=group[0][1] + 1,
            after_start=group[0][3] + 1,
            runs=tuple(
                Run(before=tuple(old[a:b]), after=tuple(new[c:d]), changed=tag != "equal")
                for tag, a, b, c, d in group
            ),
        )
        for group in groups
        if any(tag != "equal" for tag, *_ in group)
    )


def lines_of(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def line_counts(before: str, after: str) -> tuple[int, int]:
    """Return how many lines come and how many go."""
    changed = [run for hunk in hunks(before, after) for run in hunk.runs if run.changed]
    return sum(len(run.after) for run in changed), sum(len(run.before) for run in changed)


def end_note(before: str, after: str) -> str:
    """Say whether the text's last line ends otherwise than before; `""` when it does not."""
    old, new = (text.endswith("\n") for text in (before, after))
    if old == new or not before or not after:
        return ""
    return "no line end at the end any more" if old else "a line end at the end is added"


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of a unified diff, made safe to show."""

    sign: str
    """`-`, `+`, a blank, or `@` for the heading of a hunk."""
    text: str
    number: int = 0
    """Of the line in its text: in the old one where it goes, else in the new one; from 1."""


def shown_lines(before: str, after: str, *, width: int | None = None) -> Iterator[Shown]:
    """Yield the lines of a unified diff without names of files.

    Lines longer than *width* are cut where they do not differ.
    """
    for hunk in hunks(before, after):
        yield Shown("@", hunk.heading)
        old_number, new_number = hunk.before_start, hunk.after_start
        for run in hunk.runs:
            if run.changed:
                old, new = shown_run(run, width)
                yield from (Shown("-", line, old_number + n) for n, line in enumerate(old))
                yield from (Shown("+", line, new_number + n) for n, line in enumerate(new))
            else:
                lines = [shown_line(line) for line in run.after]
                cut = [clip(line, width or len(line)) for line in lines]
                yield from (Shown(" ", line, new_number + n) for n, line in enumerate(cut))
            old_number += len(run.before)
            new_number += len(run.after)


def unified(before: str, after: str, *, width: int | None = None) -> Iterator[str]:
    """Yield the same as the lines of a patch."""
    for line in shown_lines(before, after, width=width):
        match line.sign:
            case "@":
                yield line.text
            case " ":
                yield f" {line.text}".rstrip()
            case sign:
                yield f"{sign}{line.text}"


def shown_run(run: Run, width: int | None) -> tuple[list[str], list[str]]:
    """Return both sides of a changed run, safe to show; the ends of lines are visible."""
    old, new = (
        [shown_line(line, changed=True) for line in side] for side in (run.before, run.after)
    )
    if width is not None:
        for index in range(min(len(old), len(new))):
            old[index], new[index] = clip_pair(old[index], new[index], width)
        old, new = ([clip(line, width + 4) for line in side] for side in (old, new))
    return old, new


def shown_text(text: str) -> str:
    """Return all lines of *text* as they are shown where nothing changed."""
    return "\n".join(map(shown_line, lines_of(text)))


def shown_line(line: str, *, changed: bool = False) -> str:
    """Return *line* safe to show; where it changed, the blanks at its end become visible."""
    text = line.rstrip(" \t")
    shown = "\t".join(printable(part) for part in text.split("\t"))
    if not changed:
        return shown
    return shown + line[len(text) :].replace(" ", "·").replace("\t", "\\t")
