"""A text of YAML in the layout that pull writes: blanks, quotes and the order of its keys. Pure.

Every comment stays with what it stands above, behind or inside. What somebody spread over several
lines (brackets, quoted, plain or folded text) stays spread, as do brackets, anchors and tags. Only
the keys of the document itself come in another order.

It is no proof: whoever calls reads the result again and compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kbsync.documents.entries import without_blank_start
from kbsync.documents.lines import Lines
from kbsync.documents.nodes import ALIAS, BLOCK, FLOW, Entry, Node, Tagged, UnsafeError, compose
from kbsync.documents.yaml_writer import LONGEST_SIMPLE_KEY, leaf_lines, on_one_line
from kbsync.model import Json

_BEFORE = re.compile(r"([ \t\n]+)|(#[^\n]*)|([&!][^ \t\n,\[\]{}]*)")
"""Before a value may stand blanks, comments, and its anchor and tag."""
_BEHIND = re.compile(r"([ \t]+#[^\n]*|)[ \t]*(?:\n|\Z)")
_HEADER = re.compile(r"[|>][-+0-9]*([ \t]+#[^\n]*|)[ \t]*\n")
_FOLDED = re.compile(r">[-+]?(?=\s)")
_STEP = 2


def relaid(text: str, order: Sequence[str]) -> str:
    """Return *text* in our layout; keys of the document that are not in *order* come last.

    Args:
        text: A document without problems, with no other line break than LF.
        order: Of the keys of the document itself; empty to keep theirs.

    Raises:
        UnsafeError: It has a form that this module does not know.
    """
    lines = _Layout(text).document(order)
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class _Lead:
    """What stands between a colon or dash and the content of a value."""

    words: tuple[str, ...]
    """Its anchor and tag, in their order."""
    inline: str
    """A comment on the line of the colon or dash, with the blanks before it."""
    above: tuple[str, ...]
    """Comments on lines of their own."""
    end: int


class _Layout:
    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = Lines(text)
        self._at = 0
        """The start of the first line that was not looked at."""

    def document(self, order: Sequence[str]) -> list[str]:
        root = compose(self._text)
        if root.start != root.body or not self._lines.is_first(root.body):
            raise UnsafeError
        head, lead, is_apart = self._head(self._lines.start(root.body))
        if root.style != BLOCK or not isinstance(root.value, dict):
            return [*head, *lead, *self._alone(root), *self._rest()]
        keys = [entry.key or "" for entry in root.entries]
        chunks = dict(zip(keys, self._chunks(root, 0, lead), strict=True))
        ordered = sorted(keys, key=lambda key: order.index(key) if key in order else len(order))
        first = without_blank_start(chunks[ordered[0]])
        # A comment that moves up must not look as if it were about the whole text.
        is_mistakable = ordered[0] != keys[0] and first[0].startswith("#")
        found = [*head, *([""] if head and (is_apart or is_mistakable) else []), *first]
        for key in ordered[1:]:
            found += _below(found, chunks[key])
        return [*found, *self._rest()]

    def _head(self, end: int) -> tuple[list[str], list[str], bool]:
        """Return the lines of the text itself, those above the first key, and whether a blank line
        comes behind the former.

        What stands at the head of a text belongs to the text, unless a blank line parts it.
        """
        lines = _joined(line.strip() for line in self._text[:end].split("\n")[:-1])
        start = max((at for at, line in enumerate(lines) if line[:1] not in ("", "#")), default=-1)
        blanks = [at for at, line in enumerate(lines) if not line and at > start]
        end_of_head = blanks[-1] if blanks else len(lines)
        head = without_blank_start(lines[:end_of_head])
        return head, lines[end_of_head + 1 :], bool(blanks)

    def _rest(self) -> list[str]:
        """Return what stands behind the last value."""
        notes = self._notes(-1)
        rest = [line.rstrip() for line in self._text[self._at :].split("\n")]
        if any(line and line[0] != "#" and line != "..." for line in rest):
            raise UnsafeError
        return without_blank_start(_joined([*notes, *rest])[::-1])[::-1]

    def _alone(self, root: Node) -> list[str]:
        """Return the lines of a document that is no block."""
        if root.style != FLOW:
            raise UnsafeError
        behind = self._behind(root, root.start)
        old = self._lines.column(root.start)
        return _with_end(self._brackets(root, root.start, -old), behind)

    def _chunks(self, node: Node, column: int, lead: Sequence[str]) -> list[list[str]]:
        """Return the lines of each entry of a block, those above it with it."""
        chunks: list[list[str]] = []
        for entry in node.entries:
            above = _below(chunks[-1], self._notes(-1)) if chunks else lead
            chunks.append([*_placed(above, column), *self._entry(entry, column)])
        return chunks

    def _entry(self, entry: Entry, column: int) -> list[str]:
        name = "-" if entry.key is None else f"{on_one_line(entry.key)}:"
        if len(name) > LONGEST_SIMPLE_KEY:
            raise UnsafeError
        lead = self._lead(entry)
        first = " ".join([" " * column + name, *lead.words])
        if entry.value.style == BLOCK:
            return self._nested(entry, lead, first, column)
        return self._leaf(entry, lead, first, column)

    def _nested(self, entry: Entry, lead: _Lead, first: str, column: int) -> list[str]:
        """Return the lines of an entry that holds a block."""
        value, inner = entry.value, column + _STEP
        below = [line for chunk in self._chunks(value, inner, lead.above) for line in chunk]
        outer_column = self._lines.column(entry.start)
        inner_column = self._lines.column(value.body)
        if inner_column > outer_column:
            below += _placed(_below(below, self._notes(inner_column)), inner)
        if entry.key is not None or lead.words or lead.inline or lead.above:
            return [first + lead.inline, *below]
        return [f"{first} {below[0].lstrip(' ')}", *below[1:]]

    def _leaf(self, entry: Entry, lead: _Lead, first: str, column: int) -> list[str]:
        """Return the lines of an entry that holds no block."""
        value = entry.value
        behind, above = self._behind(value, lead.end), [*lead.above]
        if not behind and not self._is_spread(value, lead.end):
            behind = lead.inline
        elif lead.inline:
            above.insert(0, lead.inline.strip())
        lines = self._value(value, lead, column, self._lines.column(entry.start))
        lines[0] = f"{first} {lines[0]}" if lines[0] else first
        if self._is_spread(value, lead.end):
            return [*_placed(above, column), *_with_end(lines, behind)]
        return [*_placed(above, column), lines[0] + behind, *lines[1:]]

    def _is_spread(self, value: Node, start: int) -> bool:
        return value.style not in ("|", ">") and "\n" in self._text[start : value.end]

    def _value(self, value: Node, lead: _Lead, column: int, old_column: int) -> list[str]:
        raw = self._text[lead.end : value.end]
        if value.style == ALIAS or (lead.words and not raw):
            return [raw]
        if value.style == FLOW:
            return self._brackets(value, lead.end, column - old_column)
        if value.style == ">" and (folded := _folded(raw, column + _STEP)):
            return folded
        if self._is_spread(value, lead.end):
            return _spread(raw, column + _STEP)
        return leaf_lines(_said(value), " " * (column + _STEP))

    def _brackets(self, node: Node, start: int, shift: int) -> list[str]:
        """Return the lines of what stands in brackets, *shift* columns further right."""
        raw = self._text[start : node.end]
        if "\n" not in raw:
            return [self._in_flow(node)]
        first, *below = map(_without_end, raw.split("\n"))
        return [first, *(_shifted(line, shift) for line in below)]

    def _in_flow(self, node: Node) -> str:
        """Return a value between brackets on one line; quotes stay as somebody chose them."""
        if node.style != FLOW:
            return self._text[node.start : node.end] or "null"
        inside = ", ".join(map(self._in_flow_entry, node.entries))
        return f"{{{inside}}}" if isinstance(node.value, dict) else f"[{inside}]"

    def _in_flow_entry(self, entry: Entry) -> str:
        lead, text = self._lead(entry), self._in_flow(entry.value)
        if lead.words:
            content = text if entry.value.style == FLOW else self._text[lead.end : entry.value.end]
            text = " ".join([*lead.words, content]).rstrip(" ")
        if entry.key is None:
            return text
        key = self._text[entry.start : entry.lead].rstrip().removesuffix(":").rstrip()
        return f"{key}: {text}"

    def _lead(self, entry: Entry) -> _Lead:
        value, at = entry.value, entry.lead
        end = value.body if value.style in (BLOCK, FLOW) else value.end
        words, above, inline, blanks = [], [], "", ""
        while found := _BEFORE.match(self._text, at, end):
            blank, comment, word = found.groups()
            if comment and "\n" not in self._text[entry.lead : at]:
                inline = blanks + comment.rstrip()
            elif comment:
                above.append(comment.rstrip())
            elif word:
                words.append(word)
            blanks, at = blank or "", found.end()
        return _Lead(tuple(words), inline, tuple(above), at)

    def _behind(self, value: Node, start: int) -> str:
        """Return the comment on the last line of *value*, or that of its header, and go on."""
        if value.style in ("|", ">"):
            found = _HEADER.match(self._text, start)
            self._at = min(self._lines.end(value.end) + 1, len(self._text))
        else:
            found = _BEHIND.match(self._text, value.end)
            self._at = found.end() if found else 0
        if found is None:
            raise UnsafeError
        return found[1].rstrip()

    def _notes(self, column: int) -> list[str]:
        """Return the blank lines and comments that come next, as far as they reach to *column*."""
        found: list[str] = []
        taken, at = 0, self._at
        while at < len(self._text):
            end = self._text.find("\n", at)
            end = len(self._text) if end < 0 else end
            line = self._text[at:end].rstrip()
            note = line.lstrip()
            if note and (note[0] != "#" or len(line) - len(note) < column):
                break
            found.append(note)
            at = end + 1
            if note or column < 0:
                taken, self._at = len(found), min(at, len(self._text))
        return found[:taken]


def _said(node: Node) -> Json:
    """Return what is written, behind the tag if there is one."""
    return node.value.parts[1] if isinstance(node.value, Tagged) else node.value


def _placed(notes: Iterable[str], column: int) -> list[str]:
    return [" " * column + note if note else "" for note in _joined(notes)]


def _below(above: Sequence[str], lines: list[str]) -> list[str]:
    """Return *lines* as they may follow *above*: blank ones would become part of some texts."""
    return lines if above[-1] else without_blank_start(lines)


def _joined(lines: Iterable[str]) -> list[str]:
    """Return *lines* with one blank line where there are several."""
    found: list[str] = []
    for line in lines:
        if line or found[-1:] != [""]:
            found.append(line)
    return found


def _with_end(lines: list[str], end: str) -> list[str]:
    return [*lines[:-1], lines[-1] + end]


def _without_end(line: str) -> str:
    """Return *line* without the blanks at its end, unless one of them is escaped."""
    found = line.rstrip(" \t")
    return line if found.endswith("\\") else found


def _shifted(line: str, shift: int) -> str:
    content = line.lstrip(" ")
    return " " * max(len(line) - len(content) + shift, 0) + content if content else ""


def _spread(raw: str, column: int) -> list[str]:
    """Return the lines of quoted or plain text, in which blanks at both ends mean nothing."""
    first, *below = map(_without_end, raw.split("\n"))
    return [first, *(_shifted(line.lstrip(" \t"), column) for line in below)]


def _folded(raw: str, column: int) -> list[str]:
    """Return the lines of folded text; none when its depth is not to be seen."""
    header, *below = raw.removesuffix("\n").split("\n")
    depth = next((len(line) - len(line.lstrip(" ")) for line in below if line.strip(" ")), 0)
    if not _FOLDED.match(raw) or not depth:
        return []
    lines = (line[depth:] for line in below)
    return [header.split()[0], *(" " * column + line if line else "" for line in lines)]
