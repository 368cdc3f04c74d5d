"""What objects hold: their values one by one, and texts as their files have them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from kbsync.compare.explain import CODE_LISTS, TextChange, path_label
from kbsync.documents import statements
from kbsync.model import Json, JsonPath, Key
from kbsync.paths import MISSING
from kbsync.plans.attribution import Whose
from kbsync.plans.plan import Files
from kbsync.render.facts import Code, Content, Field, Written
from kbsync.secrets import mask_text

_NOWHERE = Written(files={}, texts={})


def content_leaves(found: Content) -> Iterator[tuple[str, Json]]:
    """Yield each value of a new object with its label."""
    for path, value in leaves(found.configuration):
        yield path_label(("configuration", *path)), value


def content_parts(found: Content) -> Iterator[Field | Code]:
    """Yield the same, but texts of several lines and lists of statements as code."""
    for path, value in leaves(found.configuration, whole=_as_code):
        full: JsonPath = ("configuration", *path)
        label, file = path_label(full), _file(found.written.files, found.key, full)
        text = _as_code(path, value, file, found.written)
        if text is None:
            yield Field(label=label, before=MISSING, after=value)
        else:
            yield Code(label=label, file=file, before="", after=text)


def _as_code(
    path: JsonPath, value: Json, file: str = "", written: Written = _NOWHERE
) -> str | None:
    """Return *value* as a text of several lines, if people read it as one."""
    if isinstance(value, list) and len(value) > 1 and path and path[-1] in CODE_LISTS:
        parts = [part for part in value if isinstance(part, str)]
        return _as_in_file(parts, file, written) if len(parts) == len(value) else None
    return value if isinstance(value, str) and "\n" in value else None


def code_of(found: TextChange, key: Key, written: Written, whose: Whose) -> Code:
    """Return what is said of a text that changed, its lines as the file has them."""
    file = _file(written.files, key, found.path)
    lists = []
    if found.is_list:
        lists = [statements.split(side) for side in (found.before, found.after)]
    elif file and (key, found.path) not in written.files:
        lists = [[found.before], [found.after]]
    before, after = _both(lists, file, written) or (found.before, found.after)
    return Code(label=found.label, file=file, before=before, after=after, whose=whose)


def _both(lists: Sequence[Sequence[str]], file: str, written: Written) -> tuple[str, str] | None:
    """Return two lists in one form, that of the file if both can have it; None without a text."""
    for tree in (written, _NOWHERE):
        texts = [text for each in lists if (text := _as_in_file(each, file, tree)) is not None]
        if len(texts) < 2:
            break
        if tree is _NOWHERE or _is_explicit(texts[0]) == _is_explicit(texts[1]):
            return texts[0], texts[1]
    return None


def _is_explicit(text: str) -> bool:
    return text.partition("\n")[0].endswith("kbsync: separator")


def _as_in_file(elements: Sequence[str], file: str, written: Written) -> str | None:
    """Return the text of *file* that stands for *elements*: its lines are numbered in a plan."""
    comment = statements.comment_of(file or ".sql")
    # What the elements hold is masked already; of the file only what lies between them is needed.
    text = mask_text(written.texts.get(file, ""))
    if text:
        return statements.rejoin(text, elements, comment=comment)
    return statements.join(elements, comment=comment)


def _file(files: Files, key: Key, path: JsonPath) -> str:
    """Where a text stands in the tree; the only element of a list has the file of the list."""
    return files.get((key, path)) or files.get((key, path[:-1])) or ""


def leaves(
    value: Json,
    path: JsonPath = (),
    *,
    whole: Callable[[JsonPath, Json], object] = lambda path, value: None,
) -> Iterator[tuple[JsonPath, Json]]:
    """Yield what *value* holds, each with its path; empty lists and objects are leaves too.

    So is everything that *whole* has an answer for.
    """
    pairs: Iterable[tuple[str | int, Json]] = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    if not value or not isinstance(value, dict | list) or whole(path, value) is not None:
        yield path, value
    else:
        for step, item in pairs:
            yield from leaves(item, (*path, step), whole=whole)
