"""Names of files and folders: readable, safe on every system, never colliding. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from unicodedata import category, normalize
from urllib.parse import unquote_to_bytes

MAX_CHARACTERS = 60
MAX_BYTES = 150

_PORTS = (f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³")
_DEVICES = frozenset(("con", "prn", "aux", "nul", "conin$", "conout$", *_PORTS))
"""Names that Windows keeps for itself, with any extension too."""
_TREE_WORDS = frozenset(("rows", "code"))
"""Folders that mean something inside a configuration."""
_SKIPPED_FOLDERS = frozenset(("__pycache__", "node_modules"))
_SAFE_IN_FOLDER = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
_LONGEST_ID = 32
_LAST_ATTEMPT = 3
_MOST_ALIKE = 100


def slug(name: str) -> str:
    """Return *name* as a file stem: its letters and digits in lower case, joined by dashes.

    Of any script; at most 60 characters and 150 bytes; `""` when it holds none.
    """
    words = "".join(
        char if category(char)[0] in "LMN" else " " for char in normalize("NFC", name.lower())
    ).split()
    short = "-".join(words)[:MAX_CHARACTERS].encode("utf-8")[:MAX_BYTES].decode("utf-8", "ignore")
    stem = normalize("NFC", short).strip("-")
    return f"_{stem}" if stem in _DEVICES or stem in _TREE_WORDS else stem


def assign(wanted: Sequence[tuple[str, str]], taken: Collection[str] = ()) -> dict[str, str]:
    """Return a stem for each (id, name) of *wanted*, by id; the order of *wanted* is no matter.

    A name that nobody else wants stays as it is. All that collide, with each other or with
    *taken* (ignoring case, as many file systems do), get a part of their id behind it.
    """
    names = dict(wanted)
    attempts = dict.fromkeys(names, 0)
    while True:
        stems = {id_: _stem(id_, name, attempts[id_]) for id_, name in names.items()}
        colliding = [id_ for id_ in _colliding(stems, taken) if attempts[id_] < _LAST_ATTEMPT]
        if not colliding:
            return stems
        for id_ in colliding:
            attempts[id_] += 1


def _stem(id_: str, name: str, attempt: int) -> str:
    hashed = sha256(id_.encode("utf-8", "surrogatepass")).hexdigest()
    readable = id_ if slug(id_) == id_ and len(id_) <= _LONGEST_ID else hashed[:8]
    stem = slug(name) or readable
    return (stem, f"{stem}-{readable}", f"{stem}-{hashed[:8]}", f"{stem}-{hashed}")[attempt]


def _colliding(stems: Mapping[str, str], taken: Collection[str]) -> list[str]:
    owners = defaultdict(list)
    for id_, stem in stems.items():
        owners[_folded(stem)].append(id_)
    not_free = {_folded(name) for name in taken}
    return [id_ for stem, ids in owners.items() for id_ in ids if len(ids) > 1 or stem in not_free]


def _folded(name: str) -> str:
    return normalize("NFC", normalize("NFC", name).casefold())


class FileNames:
    """The file names given so far: no two that some file system takes for one."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._texts: dict[str, tuple[str, str | None]] = {}
        self._folders: set[str] = set()
        self.reserve(taken)

    def reserve(self, names: Iterable[str]) -> None:
        """Give *names* to nobody."""
        for name in names:
            self._add(name, None)

    def take(self, name: str, text: str) -> bool:
        """Give *name* to *text*, or say no. One text may take its name several times."""
        folded = _folded(name)
        if folded in self._texts:
            return self._texts[folded] == (name, text)
        if folded in self._folders or any(folder in self._texts for folder in _parents(folded)):
            return False
        self._add(name, text)
        return True

    def choose(self, name: str, text: str) -> str | None:
        """Give *text* a name that nobody has: *name*, or that with a number before its ending.

        None when a hundred are taken.
        """
        stem, dot, ending = name.rpartition(".")
        others = (f"{stem}-{number}{dot}{ending}" for number in range(2, _MOST_ALIKE))
        for each in (name, *others):
            if _folded(each) not in self._texts and self.take(each, text):
                return each
        return None

    def _add(self, name: str, text: str | None) -> None:
        self._texts[_folded(name)] = (name, text)
        self._folders.update(_parents(_folded(name)))


def _parents(name: str) -> Iterator[str]:
    while name := name.rpartition("/")[0]:
        yield name


def component_folder(component_id: str) -> str:
    """Return the folder of a component: its id, percent-encoded where that is no safe name."""
    last = len(component_id) - 1
    first_part = component_id.partition(".")[0].lower()
    is_special = first_part in _DEVICES or component_id in _SKIPPED_FOLDERS
    return "".join(
        _percent_encoded(char)
        if char not in _SAFE_IN_FOLDER
        or (index == 0 and (is_special or char == "."))
        or (index == last and char == ".")
        else char
        for index, char in enumerate(component_id)
    )


def component_of(folder: str) -> str:
    """Return the id whose `component_folder` is *folder*."""
    try:
        return unquote_to_bytes(folder).decode("utf-8", "surrogatepass")
    except UnicodeError:
        return folder


def _percent_encoded(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
