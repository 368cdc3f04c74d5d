"""Links, pipes, permissions, odd names: what a tree may hold besides ordinary files."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from kbsync.model import Key
from kbsync.problems import ProblemError
from kbsync.settings import load_settings
from kbsync.tree.files import read_bytes, read_text, shown_path
from kbsync.tree.load import load_tree
from tests.trees import problems_of, write_tree

CONFIG = "keboola.x/a/config.yaml"
KEY = Key("keboola.x", "a")


@pytest.fixture
def tree(tmp_path):
    return write_tree(tmp_path / "tree", {CONFIG: "name: A\n"})


@pytest.fixture
def ordinary_user():
    """A folder of a user whom permissions stop; run by root, the test becomes such a user."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        is_root = os.geteuid() == 0
        if is_root:
            folder.chmod(0o777)
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if is_root:
                os.seteuid(0)


def test_links_to_files_of_the_tree_are_followed(tree):
    write_tree(tree, {"shared/row.yaml": "name: Shared\n", "shared/text.sql": "SELECT 1;\n"})
    (tree / "keboola.x/a/rows").mkdir()
    (tree / "keboola.x/a/rows/r.yaml").symlink_to("../../../shared/row.yaml")
    (tree / "keboola.x/a/rows/s.yaml").symlink_to("r.yaml")
    (tree / "keboola.x/a/description.md").symlink_to(tree / "shared/text.sql")

    resources = load_tree(tree).resources

    assert [item.name for item in resources.values()] == ["A", "Shared", "Shared"]
    assert resources[KEY].description == "SELECT 1;"


def test_a_link_to_a_file_outside_is_refused_and_not_read(tree, tmp_path):
    write_tree(tmp_path, {"secret.yaml": "name: fake-word\n"})
    (tree / "keboola.x/b").mkdir()
    (tree / "keboola.x/b/config.yaml").symlink_to("../../../secret.yaml")

    assert problems_of(load_tree, tree) == [
        "keboola.x/b/config.yaml: this link leads out of the tree; put the content itself here"
    ]


def test_a_link_to_a_link_outside_is_refused(tree, tmp_path):
    write_tree(tmp_path, {"secret.txt": "fake-word\n"})
    write_tree(tree, {"keboola.x/b/config.yaml": "name: !file code/x.txt\n"})
    (tree / "keboola.x/b/code").mkdir()
    (tree / "keboola.x/b/code/x.txt").symlink_to("y.txt")
    (tree / "keboola.x/b/code/y.txt").symlink_to(tmp_path / "secret.txt")

    assert problems_of(load_tree, tree) == [
        f"keboola.x/b/code/{name}.txt: this link leads out of the tree; put the content itself here"
        for name in "xy"
    ]


@pytest.mark.parametrize("name", ["keboola.y", "keboola.x/b", "keboola.x/a/rows", "docs"])
@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("outside", "this link leads out of the tree; put the content itself here"),
        (
            "tree/inside",
            "this is a link to a folder; links to folders are not followed; put the files here",
        ),
        (
            "tree",
            "this is a link to a folder; links to folders are not followed; put the files here",
        ),
        ("missing", "this link points at nothing that can be read; mend or remove it"),
        (
            "tree/.git/x",
            "this link leads into a folder that is skipped; put the content itself here",
        ),
    ],
)
def test_links_that_could_hide_configurations_are_refused(tree, tmp_path, name, target, problem):
    write_tree(tmp_path, {"outside/a/config.yaml": "name: A\n", "tree/inside/": ""})
    write_tree(tree, {".git/x/config.yaml": "name: A\n"})
    (tree / name).symlink_to(tmp_path / target)

    assert problems_of(load_tree, tree) == [f"{name}: {problem}"]


def test_a_link_to_itself_is_refused(tree):
    (tree / "keboola.x/b").symlink_to("b")

    assert problems_of(load_tree, tree) == [
        "keboola.x/b: this link points at nothing that can be read; mend or remove it"
    ]


@pytest.mark.parametrize(
    "name", ["keboola.x/a/rows/r.yaml", "keboola.x/b/config.yaml", "keboola.y/b/config.yaml", "x"]
)
def test_a_pipe_is_refused_without_waiting_for_a_writer(tree, name):
    (tree / name).parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(tree / name)

    assert problems_of(load_tree, tree) == [
        f"{name}: this is neither a file nor a folder (a pipe, socket or device); remove it"
    ]


def test_a_link_to_a_device_or_pipe_is_refused(tree):
    os.mkfifo(tree / "pipe")
    (tree / "keboola.x/a/null").symlink_to("/dev/null")
    (tree / "keboola.x/a/pipe").symlink_to("../../pipe")

    assert problems_of(load_tree, tree) == [
        "keboola.x/a/null: this link leads out of the tree; put the content itself here",
        *(
            f"{name}: this is neither a file nor a folder (a pipe, socket or device); remove it"
            for name in ("keboola.x/a/pipe", "pipe")
        ),
    ]


def test_a_tag_that_names_a_pipe_is_no_second_problem(tree):
    write_tree(tree, {CONFIG: "name: !file ../../docs/pipe\n", "docs/": ""})
    os.mkfifo(tree / "docs/pipe")

    assert problems_of(load_tree, tree) == [
        "docs/pipe: this is neither a file nor a folder (a pipe, socket or device); remove it"
    ]


def test_a_file_that_became_a_pipe_after_the_look_is_refused(tmp_path):
    os.mkfifo(tmp_path / "x")

    with pytest.raises(ProblemError, match="x: this is neither a file nor a folder"):
        read_bytes(tmp_path, "x")


def test_a_file_that_went_away_after_the_look_is_refused(tmp_path):
    with pytest.raises(ProblemError, match="x: cannot be read: no such file or directory; check"):
        read_text(tmp_path, "x")


def test_files_and_folders_that_may_not_be_read_are_problems(ordinary_user):
    tree = write_tree(
        ordinary_user,
        {
            CONFIG: "name: A\n",
            "keboola.x/b/config.yaml": "name: B\nrowsSortOrder: [r]\n",
            "keboola.x/b/rows/r.yaml": "{}\n",
            "keboola.y/a/config.yaml": "name: A\n",
            "docs/notes.md": "",
        },
    )
    closed = [CONFIG, "keboola.x/b/rows", "keboola.y", "docs"]
    for name in closed:
        (tree / name).chmod(0)

    found = problems_of(load_tree, tree)

    for name in closed:
        (tree / name).chmod(0o700)
    denied = "cannot be read: permission denied; check that it exists and its permissions"
    assert [line for line in found if denied in line] == [
        f"{name}: {denied}" for name in sorted(closed)
    ]


def test_a_root_that_may_not_be_read_is_a_problem(ordinary_user):
    root = write_tree(ordinary_user, {"tree/": ""}) / "tree"
    root.chmod(0)

    found = problems_of(load_tree, root)
    found += problems_of(load_settings, root, environment=None, environ={})

    root.chmod(0o700)
    assert (
        found
        == [".: cannot be read: permission denied; check that it exists and its permissions"] * 2
    )


def test_a_name_that_is_not_utf_8_is_a_problem(tree):
    Path(os.fsdecode(os.fsencode(tree / "keboola.x/a") + b"/\xff.yaml")).write_text("{}")

    assert problems_of(load_tree, tree) == [
        "keboola.x/a/%ED%B3%BF.yaml: this name is not valid UTF-8; rename it"
    ]


def test_folders_nested_without_end_are_a_problem(tree):
    folder = tree / "keboola.x" / "/".join("d" * 150)
    folder.mkdir(parents=True)

    (problem,) = problems_of(load_tree, tree)

    assert problem.endswith("/d: folders are nested deeper than 100 here; move this one up")


def test_paths_are_shown_without_characters_that_fool_a_terminal():
    assert shown_path("a/b%20č.yaml") == "a/b%20č.yaml"
    assert shown_path("a/\x1b]8;;x\x07%") == "a/%1B]8;;x%07%25"
