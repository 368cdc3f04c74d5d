"""What a way back leaves as it is, as text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kbsync.model import Key
from kbsync.render.lines import Line, Role, inert_line, plural, printable, quoted

_SHOWN = 20


def left_lines(
    left: Mapping[Key, str], notes: Sequence[str], names: Mapping[Key, str]
) -> list[Line]:
    """What is *left* alone and why, and what else a person should know."""
    return [inert_line(line) for line in _lines(left, notes, names)]


def _lines(
    left: Mapping[Key, str], notes: Sequence[str], names: Mapping[Key, str]
) -> Iterator[Line]:
    for key, why in list(left.items())[:_SHOWN]:
        name = f"  {quoted(names[key])}" if key in names else ""
        yield Line(f"Left as it is: {key}{name}   {printable(why)}", Role.CHANGED)
    if len(left) > _SHOWN:
        yield Line(f"Left as it is: {len(left) - _SHOWN} more", Role.CHANGED)
    yield from (Line(printable(note)) for note in notes)


def nothing_text(same: int, left: int) -> str:
    """Say that there is nothing to bring back: *same* are as they were, *left* are left alone."""
    if same:
        verb = "is" if same == 1 else "are"
        return f"Nothing to do: {plural(same, 'object')} {verb} as wished already."
    if left:
        return "Nothing to do: all that was found is left as it is."
    return "Nothing to do: nothing was found that could be brought back."
