"""Lines of a text by the index of a character, and the comments around a value. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_HEADER = re.compile(r"(?:[|>][-+0-9]*)([ \t]+#.*)")


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters of a text and what comes in their place."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Lead:
    """The lines between two entries of a list or mapping."""

    apart: tuple[str, ...] = ()
    """Blank lines, and comments that do not belong to the second entry."""
    own: tuple[str, ...] = ()
    """Comments directly above the second entry, in its column."""


class Lines:
    """A text, seen as lines. Indexes count from 0."""

    def __init__(self, text: str) -> None:
        self.text = text
        is_crlf = "\r\n" in text and text.count("\n") == text.count("\r\n")
        self.newline = "\r\n" if is_crlf else "\n"

    def start(self, index: int) -> int:
        """Return where the line of *index* starts."""
        return self.text.rfind("\n", 0, index) + 1

    def end(self, index: int) -> int:
        """Return where the line of the character before *index* ends, without its line break."""
        if self.text[index - 1 : index] == "\n":
            index -= 1  # text that keeps its last breaks ends behind one
        else:
            found = self.text.find("\n", index)
            index = len(self.text) if found < 0 else found
        return index - 1 if self.text[index - 1 : index] == "\r" else index

    def column(self, index: int) -> int:
        return index - self.start(index)

    def margin(self, index: int) -> str:
        """Return the blanks that the line of *index* starts with."""
        line = self.text[self.start(index) : index]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def is_first(self, index: int) -> bool:
        """Whether nothing but blanks stands before it on its line."""
        return self.column(index) == len(self.margin(index))

    def is_blank_behind(self, index: int) -> bool:
        """Whether a blank line follows the line of *index*; the end of the text is none."""
        start = self.text.find("\n", index) + 1
        end = self.text.find("\n", start)
        return start > 0 and end >= 0 and not self.text[start:end].strip()

    def lead(self, start: int, end: int) -> Lead:
        """Return the lines between that of *start*, an end of a line, and that of *end*."""
        lines = [line.removesuffix("\r") for line in self.text[start:end].split("\n")[1:-1]]
        own = len(lines)
        while own and lines[own - 1].startswith(" " * self.column(end) + "#"):
            own -= 1
        return Lead(tuple(lines[:own]), tuple(lines[own:]))

    def above(self, index: int) -> int:
        """Return where the comments directly above the line of *index*, in its column, start.

        Those at the head of the text belong to the text.
        """
        comment = " " * self.column(index) + "#"
        found = above = self.start(index)
        while above and self.text.startswith(comment, above := self.start(above - 1)):
            found = above
        return found or self.start(index)

    def replaced(self, edits: Iterable[Edit], start: int, end: int) -> str:
        """Return the text from *start* to *end* with *edits*, all of which lie there."""
        parts = []
        for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
            parts += [self.text[start : edit.start], edit.text]
            start = edit.end
        return "".join([*parts, self.text[start:end]])

    def joined(self, lines: Iterable[str]) -> str:
        return self.newline.join(lines)

    def announced(self, lead: int, start: int, end: int) -> str:
        """Return the comment, with the blanks before it, on the line where a value is announced.

        *lead* is behind its colon or dash, *start* and *end* are those of the value.
        """
        line_end = self.end(lead)
        if start > line_end:
            found = self.text[lead:line_end]
        elif header := _HEADER.match(self.text, start, line_end):
            found = header[1]
        elif "\n" in self.text[start:end]:
            found = ""
        else:
            found = self.text[end:line_end]
        return found.rstrip() if found.lstrip().startswith("#") else ""


def indented(lines: Iterable[str], column: int) -> list[str]:
    return [" " * column + line if line else "" for line in lines]
