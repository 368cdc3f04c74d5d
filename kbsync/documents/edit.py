"""A text of YAML or JSON made to say something else, the rest of it kept byte for byte. Pure.

Only values that differ are written. Comments, blank lines, the order of keys, quotes and indents
stay. A new key comes behind the one it follows in the wanted value, or last. What is removed takes
with it the comment on its line and those directly above it in its column, unless they head the
file. Items of lists are recognised (`alignment`) and move with their comments. What cannot be
changed in place is written anew, with as little around it as possible.

It is no proof: whoever calls reads the result again and compares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from kbsync.canonical import same
from kbsync.documents.entries import (
    Step,
    announced,
    left_behind,
    lines_of,
    steps_to,
    without_blank_start,
)
from kbsync.documents.flow import Flow, JsonFlow, YamlFlow, gaps
from kbsync.documents.lines import Edit, Lead, Lines, indented
from kbsync.documents.nodes import (
    ALIAS,
    BLOCK,
    FLOW,
    Entry,
    Node,
    Tagged,
    UnsafeError,
    compose,
    with_tags,
)
from kbsync.documents.yaml_writer import on_one_line
from kbsync.model import Json, JsonPath

_BLOCK_TEXT = ("|", ">")
_PLAIN_LITERALS = (" |", " |-", " |+")
"""Headers that do not say how far the text is indented."""


def edit(
    text: str,
    wanted: Json,
    tags: Mapping[JsonPath, tuple[str, str]] | None = None,
    *,
    is_json: bool = False,
) -> Iterator[str]:
    """Yield texts that should say *wanted*, the best first; none when that needs a new text.

    Args:
        text: A document without problems.
        wanted: What it shall say.
        tags: Paths whose value stands elsewhere, each with the tag and argument to write there.
        is_json: Whether it is JSON, where there are no tags.
    """
    value = with_tags(wanted, tags or {})
    lines = Lines(text.removeprefix("\ufeff"))
    try:
        root = compose(lines.text)
    except UnsafeError:
        return
    flow = JsonFlow.of(lines, root) if is_json else YamlFlow()
    for keeps_aliases in (True, False):
        editor = _Editor(lines, flow, keeps_aliases=keeps_aliases)
        try:
            edits = editor.document(root, value)
        except (UnsafeError, ValueError, RecursionError):
            continue
        yield text.removesuffix(lines.text) + lines.replaced(edits, 0, len(lines.text))


class _Editor:
    def __init__(self, lines: Lines, flow: Flow, *, keeps_aliases: bool) -> None:
        self._lines = lines
        self._flow = flow
        self._keeps_aliases = keeps_aliases
        self._anchored: dict[str, Json] = {}
        """What anchors that were changed stand for now."""

    def document(self, root: Node, wanted: Json) -> list[Edit]:
        return [] if self._is_kept(root, wanted) else self._inside(root, wanted)

    def _is_kept(self, node: Node, wanted: Json) -> bool:
        """Whether not a byte of *node* has to change."""
        return same(node.value, wanted) and not self._has_stale_alias(node)

    def _has_stale_alias(self, node: Node) -> bool:
        if node.style == ALIAS:
            now = self._anchored.get(node.anchor or "", node.value)
            return not self._keeps_aliases or not same(now, node.value)
        return any(self._has_stale_alias(entry.value) for entry in node.entries)

    def _inside(self, node: Node, wanted: Json) -> list[Edit]:
        """Return what to change in *node*, which stays what it is.

        Raises:
            UnsafeError: It has to be written anew.
        """
        if node.style == ALIAS:
            if self._keeps_aliases and same(self._anchored.get(node.anchor or ""), wanted):
                return []
            raise UnsafeError
        if node.anchor is not None:
            self._anchored[node.anchor] = wanted
        if node.style not in (BLOCK, FLOW):
            return [self._scalar(node, wanted)]
        if not isinstance(wanted, dict | list) or not _is_alike(node, wanted):
            raise UnsafeError
        steps = steps_to(node, wanted)
        if [step.old for step in steps] == node.entries:
            return [edit for step in steps if step.old for edit in self._entry(node, step)]
        return [self._block(node, steps) if node.style == BLOCK else self._group(node, steps)]

    def _entry(self, node: Node, step: Step) -> list[Edit]:
        """Return what to change in an entry that *node* has already."""
        assert step.old is not None
        value, wanted = step.old.value, step.wanted
        if self._is_kept(value, wanted):
            return []
        try:
            if node.style == BLOCK or value.entries:
                return self._inside(value, wanted)
        except UnsafeError:
            pass
        return [
            self._in_flow(value, wanted)
            if node.style == FLOW
            else self._anew(node, step.old, wanted)
        ]

    def _scalar(self, node: Node, wanted: Json) -> Edit:
        """Change what stands on its own in a block, if it takes no lines of its own."""
        if node.style in _BLOCK_TEXT or (isinstance(wanted, dict | list) and wanted):
            raise UnsafeError
        if isinstance(wanted, str) and "\n" in wanted and not _is_escaped(node):
            raise UnsafeError
        anchor = f"&{node.anchor} " if node.anchor else ""
        blank = " " if node.start == node.end else ""
        text = blank + anchor + _on_one_line(wanted, node.style)
        return Edit(node.start, node.end, text)

    def _in_flow(self, value: Node, wanted: Json) -> Edit:
        """Write anew what stands between brackets."""
        margin = self._lines.margin(value.start)
        text = self._flow.value(wanted, like=self._char(value.body), margin=margin)
        return Edit(value.start, value.end, text)

    def _anew(self, node: Node, entry: Entry, wanted: Json) -> Edit:
        """Write anew the value of an entry in a block; the comment where it is announced stays."""
        lines, value = self._lines, entry.value
        first, *below = announced(node, wanted)
        if value.anchor and value.style != ALIAS and entry.key is not None and self._keeps_aliases:
            first = f" &{value.anchor}{first}"
        if value.style in _BLOCK_TEXT and first in _PLAIN_LITERALS:
            below = self._as_deep(below, entry, value)
        else:
            below = indented(below, lines.column(entry.start))
        first += lines.announced(entry.lead, value.start, value.end)
        end = lines.end(value.end)
        self._refuse_more_breaks(below, end)
        return Edit(entry.lead, end, lines.joined([first, *below]))

    def _as_deep(self, below: Sequence[str], entry: Entry, value: Node) -> list[str]:
        """Indent the lines of a text as they were."""
        body = self._lines.text[value.start : value.end].splitlines()[1:]
        depths = [len(line) - len(line.lstrip(" ")) for line in body if line.strip()]
        column = self._lines.column(entry.start)
        depth = depths[0] if depths and depths[0] > column else column + 2
        return indented([line.removeprefix("  ") for line in below], depth)

    def _refuse_more_breaks(self, lines: Sequence[str], end: int) -> None:
        """Refuse a text that keeps its last breaks before blank lines: it would keep them too."""
        if lines and not lines[-1] and self._lines.is_blank_behind(end):
            raise UnsafeError

    def _block(self, node: Node, steps: Sequence[Step]) -> Edit:
        """Add, remove and move entries of a block, whole lines all of them."""
        lines, entries = self._lines, node.entries
        first, last = entries[0], entries[-1]
        starts_line = lines.is_first(first.start)
        start = lines.above(first.start) if starts_line else first.start
        leads = self._leads(node, start)
        left = left_behind(entries, steps, leads)
        column = lines.column(first.start)
        chunks = [self._chunk(node, step, leads, left, column) for step in steps]
        found: list[str] = []
        for chunk in (*chunks, [*left[None]]):
            keeps_breaks = not found or not found[-1] or found[-1].endswith("\n")
            found += without_blank_start(chunk) if keeps_breaks else chunk
        end = lines.end(last.value.end)
        self._refuse_more_breaks(found, end)
        if not starts_line and found[0].lstrip(" ").startswith("#"):
            found.insert(0, "")
        elif not starts_line:
            found[0] = found[0][column:]
        return Edit(start, end, lines.joined(found))

    def _leads(self, node: Node, start: int) -> dict[int, Lead]:
        """Return by the start of each entry what stands above it; *start* is that of the first."""
        lines, first = self._lines, node.entries[0].start
        own = lines.text[start : lines.start(first)].splitlines() if start < first else ()
        pairs = pairwise(node.entries)
        return {first: Lead(own=tuple(own))} | {
            right.start: lines.lead(lines.end(left.value.end), right.start) for left, right in pairs
        }

    def _chunk(
        self,
        node: Node,
        step: Step,
        leads: Mapping[int, Lead],
        left: Mapping[int | None, Sequence[str]],
        column: int,
    ) -> list[str]:
        """Return the lines of an entry and those above it."""
        if step.old is None:
            return indented(lines_of(step), column)
        start, end = step.old.start, self._lines.end(step.old.value.end)
        body = self._lines.replaced(self._entry(node, step), start, end)
        lead = leads[start]
        return [*left[start], *lead.apart, *lead.own, " " * column + body]

    def _group(self, node: Node, steps: Sequence[Step]) -> Edit:
        """Add, remove and move entries between brackets."""
        around = gaps(self._lines.text, node)
        margin = self._lines.margin(node.entries[0].start)
        texts = [self._member(node, step, margin) for step in steps]
        text = around.first + around.between.join(texts) + around.last
        if not self._flow.fits(text, before=node.end - node.body - 2):
            raise UnsafeError
        return Edit(node.body + 1, node.end - 1, text)

    def _member(self, node: Node, step: Step, margin: str) -> str:
        if step.old is not None:
            edits = self._entry(node, step)
            return self._lines.replaced(edits, step.old.start, step.old.value.end)
        like = node.entries[0]
        text = self._flow.value(step.wanted, like=self._char(like.value.body), margin=margin)
        if step.key is None:
            return text
        return f"{self._flow.value(step.key, like=self._char(like.start), margin=margin)}: {text}"

    def _char(self, index: int) -> str:
        return self._lines.text[index : index + 1]


def _is_alike(node: Node, wanted: dict[str, Json] | list[Json]) -> bool:
    """Whether both are lists or both are mappings, and neither is empty."""
    return bool(node.entries and wanted) and type(node.value) is type(wanted)


def _is_escaped(node: Node) -> bool:
    return node.style == '"' and isinstance(node.value, str) and "\n" in node.value


def _on_one_line(value: Json, quotes: str) -> str:
    if isinstance(value, Tagged):
        tag, argument = value.parts
        return f"{tag} {on_one_line(argument)}" if argument else tag
    return on_one_line(value, quotes=quotes)
