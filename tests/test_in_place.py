"""A new file of a tree never takes the place of another one, on any file system."""

from pathlib import Path

import pytest

from kbsync.tree.in_place import write_new


@pytest.fixture(params=["with hard links", "without hard links"])
def folder(request, tmp_path, monkeypatch):
    def refuse(self, target):
        raise PermissionError(1, "Operation not permitted")

    if request.param == "without hard links":
        monkeypatch.setattr(Path, "hardlink_to", refuse)
    return tmp_path


def test_a_new_file_is_written_and_nothing_beside_it(folder):
    write_new(folder / "a.yaml", b"new")

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a.yaml": b"new"}


def test_a_file_that_is_there_stays(folder):
    (folder / "a.yaml").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        write_new(folder / "a.yaml", b"new")

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a.yaml": b"old"}
