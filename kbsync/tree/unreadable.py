"""Warnings about ciphertext that cannot be decrypted wherever it stands. Reads files.

No API tells whose a ciphertext is. What is told here follows from what its first word says, and
from where it stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import TypeAlias

from kbsync.documents.text import shown
from kbsync.model import JsonPath, Key
from kbsync.problems import Problem
from kbsync.secrets import ciphertexts, is_of_one_configuration, is_of_one_project
from kbsync.tree.declared import Origin, Tree
from kbsync.tree.environments import Environments, Home
from kbsync.tree.layout import stem_of
from kbsync.tree.places import Places

_Found: TypeAlias = "Mapping[Key, Mapping[JsonPath, str]]"
"""Ciphertext by its path in the document of a key."""

_TODO = "put `!env NAME` here, or the value itself and run `kbsync encrypt`"


def unreadable(
    tree: Tree, environments: Environments, root: Path, keys: Collection[Key] | None = None
) -> list[Problem]:
    """Return a warning for each such ciphertext of *tree*, at *root*, sorted by place.

    Only of *keys*, if given; they are keys of *tree*.
    """
    chosen = tree.resources.keys() if keys is None else keys
    found: dict[Key, Mapping[JsonPath, str]] = {}
    for key in sorted(chosen):
        if texts := ciphertexts(tree.resources[key].configuration):
            found[key] = {("configuration", *path): text for path, text in texts.items()}
    if not found:
        return []
    places = Places(tree.origins, root)
    warnings = (
        *_in_several_projects(found, tree, environments, places),
        *_twice(found, tree, places),
    )
    return sorted(warnings)


def _in_several_projects(
    found: _Found, tree: Tree, environments: Environments, places: Places
) -> Iterator[Problem]:
    """Yield what the files say for environments that are certainly different projects."""
    homes = environments.homes
    if not _are_apart(homes.values()):
        return
    for key, texts in found.items():
        overlays = _overlays(tree.origins[key])
        for path, text in texts.items():
            if not is_of_one_project(text):
                continue
            users = [
                each for each in homes if places.text_below(key, path, overlays.get(each)) == text
            ]
            if _are_apart([homes[each] for each in users]):
                told = ", ".join(f"{each} ({homes[each]})" for each in users)
                what = f"is encrypted for one project, and these environments share it: {told}"
                todo = "put `!env NAME` here, or say it in the overlays"
                yield _problem(places, key, path, what, todo)


def _are_apart(homes: Iterable[Home]) -> bool:
    return any(one.is_apart(other) for one, other in combinations(homes, 2))


def _problem(places: Places, key: Key, path: JsonPath, what: str, todo: str) -> Problem:
    return Problem(*places.at(key, path), f"{shown(str(path[-1]))} {what}", todo)


def _overlays(origin: Origin) -> dict[str, str]:
    """Return the overlays of a file by their environment."""
    start = f"{stem_of(origin.file)}."
    return {stem_of(each).removeprefix(start): each for each in origin.overlays}


def _twice(found: _Found, tree: Tree, places: Places) -> Iterator[Problem]:
    """Yield what is encrypted for one configuration and stands in another one too."""
    holders = _holders(found, tree)
    for key, texts in found.items():
        for path, text in texts.items():
            others = sorted(holders.get(text, {key.config}) - {key.config})
            if others:
                what = (
                    f"is encrypted for one configuration, and {others[0]} has the same ciphertext"
                )
                yield _problem(places, key, path, what, _TODO)


def _holders(found: _Found, tree: Tree) -> dict[str, set[Key]]:
    """Return by ciphertext for one configuration, of those in *found*, where it stands."""
    every = (text for texts in found.values() for text in texts.values())
    wanted = {text for text in every if is_of_one_configuration(text)}
    holders: dict[str, set[Key]] = defaultdict(set)
    for key, item in tree.resources.items() if wanted else ():
        for text in ciphertexts(item.configuration).values():
            if text in wanted:
                holders[text].add(key.config)
    return holders
