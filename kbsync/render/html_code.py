"""The difference of two texts in HTML: one markup for both views, side by side and unified. Pure.

A run of lines holds the old lines, then the new ones. The style sheet puts them beside each other
or one below the other; lines that stayed are there for both sides, and one of them is hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kbsync.render.element import Html, block, element, joined
from kbsync.render.highlight import Piece, highlighted
from kbsync.render.hunks import Hunk, Run, end_note, hunks, shown_line, shown_text
from kbsync.render.marks import Ranges, marks

_PAIRS = 300
"""In a longer run no lines are compared word by word."""

_LINES = 6_000
"""How many changed lines of one text a page can hold and stay quick."""


class _Side:
    """The lines of one text, safe to show and coloured."""

    def __init__(self, text: str, language: str) -> None:
        self._lines = highlighted(shown_text(text), language)

    def line(self, number: int) -> list[Piece]:
        return self._lines[number - 1]


def diff_view(before: str, after: str, language: str) -> Html:
    """Return the differences of two texts with the lines around them."""
    old, new = _Side(before, language), _Side(after, language)
    shown, left_out = _shortened(hunks(before, after))
    parts = [part for hunk in shown for part in _hunk(hunk, old, new)]
    notes = [f"and {left_out} more changed lines, see `kbsync plan`"] if left_out else []
    notes += [end_note(before, after)]
    parts += [element("p", note, class_="end-note") for note in notes if note]
    # What is all new or all gone has nothing to stand beside.
    one_sided = "" if before and after else " one-sided"
    return block("div", *parts, class_=f"diff{one_sided}")


def _shortened(found: Sequence[Hunk]) -> tuple[list[Hunk], int]:
    """Return the hunks that a page can hold, and how many changed lines are not in them."""
    room, shown = _LINES, list[Hunk]()
    for hunk in found:
        runs = list[Run]()
        for run in hunk.runs:
            if room > 0:
                runs.append(_start(run, room))
                room -= run.size
        if runs:
            shown.append(replace(hunk, runs=tuple(runs)))
    return shown, sum(hunk.size for hunk in found) - sum(hunk.size for hunk in shown)


def _start(run: Run, room: int) -> Run:
    """Return *run*, or as much of both its sides as there is room for."""
    if run.size <= room:
        return run
    removed = min(len(run.before), max(room // 2, room - len(run.after)))
    return replace(run, before=run.before[:removed], after=run.after[: room - removed])


def _hunk(hunk: Hunk, old: _Side, new: _Side) -> Iterator[Html]:
    yield element("p", hunk.heading, class_="hunk")
    before, after = hunk.before_start, hunk.after_start
    for run in hunk.runs:
        yield block("div", *_run(run, before, after, old, new), class_="run")
        before += len(run.before)
        after += len(run.after)


def _run(run: Run, before: int, after: int, old: _Side, new: _Side) -> Iterator[Html]:
    if not run.changed:
        numbers = [(before + index, after + index) for index in range(len(run.after))]
        yield from (_line("same old", " ", (a, 0), old.line(a), "") for a, _ in numbers)
        yield from (_line("same new", " ", (a, b), new.line(b), "") for a, b in numbers)
        return
    left, right = _marked(run)
    for index, (text, ranges) in enumerate(zip(run.before, left, strict=True)):
        number = before + index
        yield _line("del old", "-", (number, 0), old.line(number), _blanks(text), ranges)
    for index, (text, ranges) in enumerate(zip(run.after, right, strict=True)):
        number = after + index
        yield _line("add new", "+", (0, number), new.line(number), _blanks(text), ranges)


def _marked(run: Run) -> tuple[list[Ranges], list[Ranges]]:
    left: list[Ranges] = [()] * len(run.before)
    right: list[Ranges] = [()] * len(run.after)
    pairs = min(len(left), len(right))
    for index in range(pairs if pairs <= _PAIRS else 0):
        shown = shown_line(run.before[index]), shown_line(run.after[index])
        left[index], right[index] = marks(*shown)
    return left, right


def _blanks(line: str) -> str:
    """The blanks at the end of a changed line, made visible."""
    return shown_line(line, changed=True)[len(shown_line(line)) :]


def _line(
    classes: str,
    symbol: str,
    numbers: tuple[int, int],
    pieces: Sequence[Piece],
    blanks: str,
    ranges: Ranges = (),
) -> Html:
    old, new = (str(number) if number else "" for number in numbers)
    code = [*coloured(pieces, ranges)]
    if blanks:
        code.append(element("span", blanks, class_="blanks"))
    return element(
        "div",
        element("span", class_="ln o", data_n=old),
        element("span", class_="ln w", data_n=new),
        element("span", symbol, class_="sign"),
        element("code", *code),
        class_=f"line {classes}",
    )


def coloured(pieces: Sequence[Piece], ranges: Ranges) -> Iterator[Html]:
    """Yield the pieces as markup, what lies in *ranges* marked."""
    start = 0
    for name, text in pieces:
        marked = joined(_cut(text, start, ranges))
        if marked:
            yield element("span", marked, class_=name) if name else marked
        start += len(text)


def _cut(text: str, start: int, ranges: Ranges) -> Iterator[str]:
    """Yield the parts of *text*, which begins at *start* of its line."""
    done = 0
    for first, last in ranges:
        a, b = max(first - start, done), min(last - start, len(text))
        if a < b:
            yield text[done:a]
            yield element("mark", text[a:b])
            done = b
    yield text[done:]
