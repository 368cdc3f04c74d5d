"""The colours of a terminal, by what a line is."""

from __future__ import annotations

from typing import Any

import click

from kbsync.render.lines import Line, Role

_STYLES: dict[Role, dict[str, Any]] = {
    Role.HEADING: {"bold": True},
    Role.ADDED: {"fg": "green"},
    Role.REMOVED: {"fg": "red"},
    Role.CHANGED: {"fg": "yellow"},
    Role.DANGER: {"fg": "red", "bold": True},
    Role.MUTED: {"dim": True},
}


def styled(line: Line) -> str:
    """Return the text of *line* with what a terminal takes for colours."""
    base, colours = _STYLES.get(line.role, {}), _CODE.get(line.role, _CODE[Role.PLAIN])
    parts, done = [], 0
    for start, end, name in line.spans:
        parts.append((line.text[done:start], base))
        parts.append((line.text[start:end], base | colours.get(name, {})))
        done = end
    parts.append((line.text[done:], base))
    return "".join(click.style(text, **style) if style else text for text, style in parts if text)


_CODE: dict[Role, dict[str, dict[str, Any]]] = {
    Role.PLAIN: {
        "k": {"bold": True},
        "s": {"fg": "cyan"},
        "n": {"fg": "magenta"},
        "c": {"dim": True},
    },
    # That a line comes or goes matters most, so it keeps its colour throughout.
    Role.ADDED: {"k": {"bold": True}, "c": {"dim": True}},
    Role.REMOVED: {"k": {"bold": True}, "c": {"dim": True}},
}
"""By the role of a line of code: what its keywords, strings, numbers and comments add to that."""
