"""Pieces of HTML that cannot forget to escape. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


class Html(str):
    """Markup that may go into a page as it stands; any other text is escaped."""

    __slots__ = ()


_VOID = {"col", "input", "meta"}


def element(name: str, /, *children: str, **attributes: str | bool) -> Html:
    """Return one element. `class_` is the class, `data_x` is `data-x`, True an empty attribute."""
    opening = f"<{name}{''.join(_attributes(attributes))}>"
    if name in _VOID:
        return Html(opening)
    return Html(f"{opening}{joined(children)}</{name}>")


def _attributes(attributes: dict[str, str | bool]) -> Iterable[str]:
    for key, value in attributes.items():
        name = key.rstrip("_").replace("_", "-")
        if value is True:
            yield f" {name}"
        elif value is not False:
            quoted = escape(value, quote=False).replace('"', "&quot;")
            yield f' {name}="{quoted}"'


def joined(children: Iterable[str], between: str = "") -> Html:
    """Return *children* one after another; between them *between*, as it stands."""
    return Html(between.join(map(_markup, children)))


def _markup(child: str) -> str:
    if isinstance(child, Html):
        return child
    # A pipeline that logs the page would take `##[...]` for a command.
    return escape(child, quote=False).replace("##", "#&#35;")


def block(name: str, /, *children: str, **attributes: str | bool) -> Html:
    """Return an element whose children stand on lines of their own, so that a person can read it.

    For elements inside which blanks mean nothing.
    """
    return element(
        name, joined(["", *(child for child in children if child), ""], "\n"), **attributes
    )
