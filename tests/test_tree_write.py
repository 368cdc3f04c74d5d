import json
from itertools import count

import pytest

from kbsync.errors import KbsyncError, RefusedError, UnfinishedError
from kbsync.tree.write import Changed, change_files, finish_changes, write_atomically
from tests.breaking import breaking
from tests.trees import write_tree

BEFORE = {
    "c/a/config.yaml": b"old",
    "c/a/rows/gone.yaml": b"gone",
    "c/a/code/x.sql": b"old x",
    "c/gone/config.yaml": b"gone",
    "c/gone/code/deep/x.sql": b"gone",
    "c/same/config.yaml": b"same",
}
FILES = {
    "c/a/code/x.sql": b"new x",
    "c/new/code/y.sql": b"new y",
    "c/a/rows/new.yaml": b"new",
    "c/new/rows/r.yaml": b"new",
    "c/a/config.yaml": b"new",
    "c/new/config.yaml": b"new",
    "c/same/config.yaml": b"same",
    "kbsync.yaml": b"version: 1\n",
}
REMOVALS = (
    "c/gone/config.yaml",
    "c/a/rows/gone.yaml",
    "c/gone/code/deep/x.sql",
    "c/never/there.yaml",
)
CHANGES = 10
AFTER = {**FILES}
LOST = {path: data for path, data in BEFORE.items() if FILES.get(path) != data}


def tree_of(root, below=""):
    return {
        path.relative_to(root / below).as_posix(): path.read_bytes()
        for path in sorted((root / below).rglob("*"))
        if path.is_file() and (below or ".kbsync" not in path.parts)
    }


@pytest.fixture
def new_tree(tmp_path):
    """A function that makes one more tree as it is before a change."""
    numbers = count()
    return lambda: write_tree(tmp_path / str(next(numbers)), BEFORE)


def test_files_are_written_and_removed_and_what_is_lost_is_kept(new_tree):
    root = new_tree()
    changed = change_files(root, FILES, REMOVALS, backup="run")

    assert changed == Changed(count=CHANGES, backup=root / ".kbsync/replaced/run")
    assert tree_of(root) == AFTER
    assert tree_of(root, ".kbsync") == {".gitignore": b"*\n"} | {
        f"replaced/run/{path}": data for path, data in LOST.items()
    }
    assert not (root / "c/gone").exists()


def test_what_says_the_same_already_is_not_touched(new_tree):
    root = new_tree()
    files = {"c/same/config.yaml": b"same"}

    assert change_files(root, files, (), backup="run") == Changed(count=0, backup=None)
    assert not (root / ".kbsync").exists()


def test_a_file_that_is_replaced_stays_executable(new_tree):
    root = new_tree()
    (root / "c/a/code/x.sql").chmod(0o750)
    change_files(root, FILES, (), backup="run")

    assert (root / "c/a/code/x.sql").stat().st_mode & 0o777 == 0o750


STOPS = {
    "full disk": (lambda: OSError(28, "No space left on device"), False),
    "ctrl-c": (KeyboardInterrupt, False),
    "killed": (lambda: OSError(5, "Input/output error"), True),
}


def stopped_at_every_step(new_tree, stop):
    """Yield each tree in which a change was stopped, and the error."""
    error, for_good = STOPS[stop]
    for number in count(1):
        root = new_tree()
        with breaking(root, number, error(), for_good=for_good) as broken:
            found = error_of(change_files, root, FILES, REMOVALS, backup="first")
        if not broken.happened:
            return
        yield root, found


def error_of(action, *arguments, **options):
    try:
        action(*arguments, **options)
    except BaseException as error:
        return error
    return None


@pytest.mark.parametrize("stop", STOPS)
def test_wherever_it_stops_it_can_be_finished_and_nothing_is_lost(new_tree, stop):
    steps = 0
    for root, _ in stopped_at_every_step(new_tree, stop):
        finish_changes(root, backup="second")
        change_files(root, FILES, REMOVALS, backup="third")
        kept = tree_of(root, ".kbsync/replaced")
        steps += 1

        assert tree_of(root) == AFTER
        assert {path.split("/", 1)[1]: data for path, data in kept.items()} == LOST
        assert {path.name for path in (root / ".kbsync").iterdir()} == {".gitignore", "replaced"}

    assert steps > 30


@pytest.mark.parametrize("stop", ["full disk", "ctrl-c"])
def test_what_is_told_about_the_files_is_true(new_tree, stop):
    for root, error in stopped_at_every_step(new_tree, stop):
        now = tree_of(root)
        same = [path for path, data in LOST.items() if now.get(path) == data]
        missing = [path for path in AFTER if path not in BEFORE and path not in now]
        done = CHANGES - len(same) - len(missing)
        match error:
            case None:  # what cannot be tidied up is no failure
                assert now == AFTER
            case UnfinishedError():
                assert f"; {done} of {CHANGES} files were changed" in str(error)
                assert error.exit_code == (130 if stop == "ctrl-c" else 1)
                assert done
            case KbsyncError() | KeyboardInterrupt():
                assert now == BEFORE
                assert [*tree_of(root, ".kbsync")] in ([], [".gitignore"])
            case _:
                raise error


def test_a_disk_that_refuses_is_told_with_the_name_of_the_file(new_tree):
    root = new_tree()
    (root / ".kbsync").write_text("a file in the way")
    with pytest.raises(KbsyncError) as caught:
        change_files(root, FILES, (), backup="run")

    assert str(caught.value) == ".kbsync/pulling: cannot be written (Not a directory)"
    assert tree_of(root) == BEFORE


def test_what_is_in_the_way_can_be_mended_and_the_rest_is_done_then(new_tree):
    root = write_tree(new_tree(), {"kbsync.yaml/in the way": ""})
    with pytest.raises(UnfinishedError) as caught:
        change_files(root, FILES, (), backup="first")
    (root / "kbsync.yaml/in the way").unlink()
    (root / "kbsync.yaml").rmdir()

    assert str(caught.value) == (
        "kbsync.yaml: cannot be written (Is a directory); 6 of 7 files were changed"
    )
    assert finish_changes(root, backup="second") == Changed(count=1, backup=None)
    assert tree_of(root) == {**BEFORE, **FILES}
    assert finish_changes(root, backup="third") is None


def test_what_somebody_wrote_since_it_broke_off_is_kept_too(new_tree):
    root = new_tree()
    moves = sum(1 for _, error in stopped_at_every_step(new_tree, "ctrl-c") if error)
    with breaking(root, moves - 8, KeyboardInterrupt()):
        error_of(change_files, root, FILES, REMOVALS, backup="first")
    (root / "c/gone/config.yaml").write_text("mine")
    finish_changes(root, backup="second")

    assert tree_of(root) == AFTER
    assert (root / ".kbsync/replaced/second/c/gone/config.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    "link",
    ["c", "c/a", ".kbsync", ".kbsync/pulling", ".kbsync/replaced", ".kbsync/replaced/run"],
)
@pytest.mark.parametrize("files", [FILES, {}], ids=["written", "only removed"])
def test_a_folder_that_is_a_link_is_refused_before_anything_is_written(
    new_tree, tmp_path, link, files
):
    root = new_tree()
    theirs = dict.fromkeys(["a/config.yaml", "config.yaml", "files/x", "todo.json"], "theirs")
    outside = write_tree(tmp_path / "outside", theirs)
    before = tree_of(outside, ".")
    place = root / link
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        place.rename(root / "moved")
    place.symlink_to(outside)
    found = error_of(change_files, root, files, ("c/a/config.yaml",), backup="run")

    assert isinstance(found, RefusedError)
    assert str(found) == f"{link}: is a link, which may lead out of the tree"
    assert tree_of(outside, ".") == before


@pytest.mark.parametrize("link", [".kbsync", ".kbsync/pulling"])
def test_nothing_is_finished_through_a_link(new_tree, tmp_path, link):
    root = new_tree()
    outside = write_tree(
        tmp_path / "outside", {"todo.json": "theirs", "pulling/todo.json": "theirs"}
    )
    (root / link).parent.mkdir(exist_ok=True)
    (root / link).symlink_to(outside)

    with pytest.raises(RefusedError):
        finish_changes(root, backup="run")
    assert len(tree_of(outside, ".")) == 2


@pytest.mark.parametrize("path", ["../x", "/x", "", "c/../../x", ".git/hooks/x", "c/.hidden/x"])
@pytest.mark.parametrize("what", ["files", "removals"])
def test_a_list_that_names_other_places_is_refused(new_tree, path, what):
    root = new_tree()
    todo = {"files": [], "removals": []} | {what: [path]}
    write_tree(root, {".kbsync/pulling/todo.json": json.dumps(todo)})

    with pytest.raises(RefusedError, match="is no place for a file of the tree"):
        finish_changes(root, backup="run")
    assert tree_of(root) == BEFORE


@pytest.mark.parametrize("todo", ["", "[]", "{}", '{"files": 1, "removals": []}', "[" * 9999])
def test_a_list_that_is_none_is_thrown_away(new_tree, todo):
    root = write_tree(new_tree(), {".kbsync/pulling/todo.json": todo})

    assert finish_changes(root, backup="run") is None
    assert tree_of(root) == BEFORE
    assert not (root / ".kbsync/pulling").exists()


def test_a_file_that_cannot_be_written_atomically_leaves_nothing_behind(tmp_path):
    for stop in count(1):
        with breaking(tmp_path, stop, KeyboardInterrupt()) as broken:
            error = error_of(write_atomically, tmp_path / "folder/file", b"new")
        if not broken.happened:
            break
        assert isinstance(error, KeyboardInterrupt)
        assert tree_of(tmp_path) == {}

    assert tree_of(tmp_path) == {"folder/file": b"new"}
