"""Plain secrets in the files of a tree, encrypted in place: comments and layout stay."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from kbsync.api.encryption import EncryptionService
from kbsync.canonical import same
from kbsync.documents.document import Document, is_json, parse
from kbsync.documents.edit import edit
from kbsync.documents.text import decode, shown
from kbsync.errors import InvalidFilesError
from kbsync.model import JsonPath
from kbsync.paths import put_at, value_at
from kbsync.problems import Problem, ProblemError
from kbsync.secrets import plain_secrets
from kbsync.tree.environments import Environments
from kbsync.tree.files import read_bytes, shown_path
from kbsync.tree.layout import arrange
from kbsync.tree.naming import component_of
from kbsync.tree.scan import scan


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainFile:
    """A document with secrets in plain text. Its repr would show them, so it has none."""

    file: str
    """Relative to the tree."""
    component_id: str
    text: str
    document: Document
    paths: tuple[JsonPath, ...]
    """Of the secrets, from the top of the document."""

    def __repr__(self) -> str:
        return f"PlainFile({self.file!r})"

    @property
    def places(self) -> Iterator[str]:
        """Where each secret stands, for people."""
        for path in self.paths:
            line, column = self.document.where(path)
            yield f"{self.document.name}:{line}:{column}: {shown(str(path[-1]))}"


def declaring_files(
    root: Path, environments: Environments, *, overlays_of: Collection[str]
) -> dict[str, str]:
    """Return every file that says something of a configuration or a row, with its component.

    Of overlays those of some environments: each is for a project of its own, with other keys.
    """
    return {
        file: component_of(place.component_folder)
        for place in arrange(scan(root), environments.variables.keys()).places
        for file in (
            place.config_file,
            *place.row_files,
            *(each.file for each in place.overlays if each.environment in overlays_of),
        )
    }


def plain_files(root: Path, files: Mapping[str, str]) -> list[PlainFile]:
    """Return those of *files*, as `declaring_files` gives them, that hold plain secrets.

    What tags pull in is left out: a secret has no file of its own.

    Raises:
        InvalidFilesError: One cannot be read, or has a number where a secret belongs.
    """
    found, problems = [], []
    for file, component_id in files.items():
        try:
            data = read_bytes(root, file)
        except ProblemError as error:
            problems.append(error.problem)
            continue
        document = _parse(data, file)
        problems += [*document.problems, *_numbers(document)]
        paths = _paths(document)
        if paths:
            text = decode(data, file)
            found.append(
                PlainFile(
                    file=file, component_id=component_id, text=text, document=document, paths=paths
                )
            )
    if problems:
        raise InvalidFilesError(sorted(problems))
    return found


def encrypt_files(found: Sequence[PlainFile], service: EncryptionService) -> dict[str, bytes]:
    """Return what shall stand in each file: one request for each, nothing is written.

    Raises:
        ApiError: A value could not be encrypted.
        InvalidFilesError: A file cannot be changed where the secret stands.
    """
    return {each.file: _encrypted(each, service) for each in found}


def _parse(data: bytes, file: str) -> Document:
    # What stands elsewhere stays there.
    return parse(data, shown_path(file), lambda reference: None)


def _paths(document: Document) -> tuple[JsonPath, ...]:
    configuration = value_at(document.value, ("configuration",))
    found = (("configuration", *path) for path in plain_secrets(configuration))
    return tuple(path for path in found if isinstance(value_at(document.value, path), str))


def _numbers(document: Document) -> Iterator[Problem]:
    configuration = value_at(document.value, ("configuration",))
    for path in plain_secrets(configuration):
        if not isinstance(value_at(configuration, path), str):
            where = document.where(("configuration", *path))
            what = f"a number under {shown(str(path[-1]))}, where a secret belongs"
            yield Problem(document.name, *where, what, "write it in quotes, then encrypt it")


def _encrypted(plain: PlainFile, service: EncryptionService) -> bytes:
    texts = {path: str(value_at(plain.document.value, path)) for path in plain.paths}
    # What one anchor stands for has to stay one text.
    names = {text: str(number) for number, text in enumerate(dict.fromkeys(texts.values()))}
    found = service.encrypt(plain.component_id, {name: text for text, name in names.items()})
    wanted = deepcopy(plain.document.value)
    for path, text in texts.items():
        put_at(wanted, path, found[names[text]])
    tags = {each.path: (each.tag, each.target) for each in plain.document.references}
    for text in edit(plain.text, wanted, tags, is_json=is_json(plain.file)):
        again = _parse(text.encode(), plain.file)
        written = {each.path: (each.tag, each.target) for each in again.references}
        if not again.problems and same(again.value, wanted) and written == tags:
            return text.encode()
    what = "the secrets here cannot be replaced where they stand"
    raise InvalidFilesError(
        [Problem(plain.document.name, 0, 0, what, "write them without anchors and aliases")]
    )
