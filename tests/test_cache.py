"""What is remembered of documents: the same result with it and without, whatever became of it."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from kbsync.errors import InvalidFilesError
from kbsync.tree import cache
from kbsync.tree.cache import CACHE, Memory, remembering
from kbsync.tree.encode import encode
from kbsync.tree.environments import Environments
from kbsync.tree.load import load_tree
from kbsync.tree.naming import assign
from tests.strategies import configurations_with_rows
from tests.trees import problems_of, write_tree

CONFIG = "keboola.x/a/config.yaml"
ROW = "keboola.x/a/rows/r.json"
SQL = "keboola.x/a/code/q.sql"
FILES = {
    CONFIG: (
        "id: a\nname: Orders\nrowsSortOrder: [r]\nconfiguration:\n  '#password': !env PASSWORD\n"
        "  '#key': KBC::ProjectSecure::fake-one\n  p: &p {text: !file code/q.sql}\n  again: *p\n"
        "  script: !statements code/q.sql\n  list: [1, 1.0, -0.0, 1e300, null, true, {}, []]\n"
    ),
    ROW: '{"name": "R\\ud800", "configuration": {"big": 123456789012345678901234567890}}',
    SQL: "SELECT 'ž';\n\nSELECT 2;\n",
}


def loaded(root):
    """What a command gets that finds and leaves a cache."""
    with remembering(root) as memory:
        return load_tree(root, memory)


def plain(tree):
    """The tree as text, so that 1, 1.0 and true are told apart, and the order of keys counts."""
    return repr(tree)


def fresh(root):
    return plain(load_tree(root))


def outcome(action, root):
    """The tree, or what is wrong with it."""
    try:
        return plain(action(root))
    except InvalidFilesError as error:
        return [str(problem) for problem in error.problems]


@pytest.fixture
def root(tmp_path):
    loaded(write_tree(tmp_path, FILES))
    return tmp_path


@pytest.fixture
def no_reading(monkeypatch):
    """Let whoever reads a document fail, so that only what is remembered is left."""

    def refuse(*arguments):
        raise AssertionError("a document was read")

    monkeypatch.setattr("kbsync.tree.reading.parse", refuse)


def rewrite(root, data):
    """Put other bytes into the cache, as if kbsync had written them."""
    (root / CACHE).chmod(0o600)
    (root / CACHE).write_bytes(data)
    (root / CACHE).chmod(0o400)


def test_a_tree_that_is_remembered_is_not_read_again(root, no_reading):
    loaded(root)


def test_what_is_remembered_is_what_was_read(root):
    expected = fresh(root)

    assert plain(loaded(root)) == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(both=configurations_with_rows())
def test_any_tree_is_the_same_with_a_cache(tmp_path_factory, both):
    config, rows = both
    stems = assign([(item.key.row_id, item.name) for item in rows])
    files = encode(config, rows, row_stems=stems).files
    root = tmp_path_factory.mktemp("tree")
    write_tree(root, {f"{config.key.component_id}/x/{name}": data for name, data in files.items()})
    expected = outcome(load_tree, root)

    assert outcome(loaded, root) == expected
    assert outcome(loaded, root) == expected


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_edited_is_read_again(root, name):
    (root / name).write_text(
        FILES[name].replace("Orders", "New").replace("2", "3").replace("R", "N")
    )
    expected = fresh(root)

    assert plain(loaded(root)) == expected
    assert plain(loaded(root)) == expected


def test_a_problem_is_told_the_same_every_time(root):
    (root / CONFIG).write_text(FILES[CONFIG].replace("[r]", "[r, other, more]"))
    (root / ROW).write_text('{"name": "R", "configuration": {"#a": "plain"}}')
    expected = problems_of(load_tree, root)

    assert len(expected) == 3
    assert problems_of(loaded, root) == expected
    assert problems_of(loaded, root) == expected


def test_the_places_in_a_remembered_document_are_found_when_they_are_needed(root):
    (root / ROW).unlink()

    assert problems_of(loaded, root) == [
        f"{CONFIG}:3:17: there is no row 'r'; expected the ids of rows in rows/;"
        " remove it or add the row"
    ]


def test_a_text_that_is_gone_is_missed_although_its_document_is_remembered(root):
    (root / SQL).unlink()
    expected = problems_of(load_tree, root)

    assert problems_of(loaded, root) == expected


def test_the_same_bytes_as_a_row_and_as_a_configuration_are_two_documents(tmp_path):
    text = "name: Orders\nmetadata: {folder: Sales}\n"
    loaded(write_tree(tmp_path, {CONFIG: text}))
    write_tree(tmp_path, {"keboola.x/a/rows/r.yaml": text})
    expected = problems_of(load_tree, tmp_path)

    assert problems_of(loaded, tmp_path) == expected


def test_the_same_bytes_in_another_language_are_another_document(tmp_path):
    text = '{"name": "Orders", "configuration": {"a": 1e2}}'
    loaded(write_tree(tmp_path, {CONFIG: text}))
    (tmp_path / CONFIG).rename(tmp_path / "keboola.x/a/config.json")
    expected = fresh(tmp_path)

    assert plain(loaded(tmp_path)) == expected


def test_a_document_with_a_plain_secret_is_never_kept(tmp_path):
    memory = Memory()
    write_tree(tmp_path, {CONFIG: "name: A\nconfiguration: {'#a': !file code/a.txt, b: fine}\n"})
    write_tree(tmp_path, {"keboola.x/a/code/a.txt": "hunter2"})
    problems_of(load_tree, tmp_path, memory)

    assert memory.news is None
    problems_of(loaded, tmp_path)
    assert not (tmp_path / ".kbsync").exists()


def test_what_is_no_longer_there_is_forgotten(root):
    before = json.loads((root / CACHE).read_bytes().partition(b"\n")[2])
    (root / CONFIG).write_text("name: Orders\n")
    loaded(root)
    after = json.loads((root / CACHE).read_bytes().partition(b"\n")[2])

    assert len(before) == len(after) == 2
    assert len(before.keys() & after.keys()) == 1


def test_a_tree_as_it_was_leaves_the_cache_alone(root):
    before = (root / CACHE).stat().st_ino
    loaded(root)

    assert (root / CACHE).stat().st_ino == before


def test_the_cache_is_for_its_owner_alone_and_kept_out_of_git(root):
    found = sorted(path.relative_to(root).as_posix() for path in (root / ".kbsync").rglob("*"))

    assert found == [".kbsync/.gitignore", ".kbsync/cache", CACHE]
    assert (root / ".kbsync/.gitignore").read_text() == "*\n"
    assert stat.S_IMODE((root / CACHE).stat().st_mode) == 0o400


# What happened to the cache


@pytest.mark.parametrize("fiftieth", range(50))
def test_a_cache_damaged_anywhere_counts_for_nothing(root, fiftieth):
    expected, good = fresh(root), (root / CACHE).read_bytes()
    place = len(good) * fiftieth // 50
    flipped = good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]
    for damaged in (flipped, good[:place], good[:place] + good[place + 1 :], good + good[place:]):
        rewrite(root, damaged)

        assert cache._read(root) == {}
        assert plain(loaded(root)) == expected
        assert (root / CACHE).read_bytes() == good


def kept_cache(root):
    return cache._kept(root)


FOREIGN = {
    "empty": b"",
    "a list": b"[]",
    "not JSON": b"\xff\xfe\x00",
    "no line": b"kbsync",
    "nested": b"[" * 100_000,
}


@pytest.mark.parametrize("body", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("has_header", [False, True])
def test_a_cache_that_is_something_else_counts_for_nothing(root, body, has_header):
    expected = fresh(root)
    rewrite(root, (kept_cache(root)._header(body) + b"\n" if has_header else b"") + body)

    assert cache._read(root) == {}
    assert plain(loaded(root)) == expected


@pytest.mark.parametrize(("name", "value"), [("cache._FORMAT", 0), ("kept.__version__", "0.0.0")])
def test_a_cache_of_another_version_counts_for_nothing(root, monkeypatch, name, value):
    monkeypatch.setattr(f"kbsync.tree.{name}", value)

    assert cache._read(root) == {}


def test_a_cache_that_came_with_a_checkout_is_not_believed(root):
    """Its bytes are right in every way, but no reviewer has read what it says."""
    header, _, body = (root / CACHE).read_bytes().partition(b"\n")
    forged = body.replace(b"Orders", b"Forged")
    assert header != kept_cache(root)._header(forged)
    (root / CACHE).unlink()
    (root / CACHE).write_bytes(kept_cache(root)._header(forged) + b"\n" + forged)

    assert "Forged" not in plain(loaded(root))


@pytest.mark.parametrize("link", [".kbsync", ".kbsync/cache", CACHE])
def test_a_link_is_neither_followed_nor_believed(tmp_path, link):
    tree, outside = write_tree(tmp_path / "tree", FILES), tmp_path / "outside"
    loaded(write_tree(outside, FILES))
    (tree / link).parent.mkdir(parents=True, exist_ok=True)
    (tree / link).symlink_to(outside / link)
    before = {path: path.read_bytes() for path in outside.rglob("*") if path.is_file()}
    (tree / CONFIG).write_text("name: Other\n")
    expected = fresh(tree)

    assert cache._read(tree) == {}
    assert plain(loaded(tree)) == expected
    assert {path: path.read_bytes() for path in outside.rglob("*") if path.is_file()} == before


def test_a_folder_where_the_cache_belongs_is_no_error(root):
    expected = fresh(root)
    (root / CACHE).unlink()
    (root / CACHE).mkdir()

    assert plain(loaded(root)) == expected
    assert [path.name for path in (root / CACHE).parent.iterdir()] == ["documents.json"]


def test_a_file_where_the_folder_belongs_is_no_error(tmp_path):
    write_tree(tmp_path, {**FILES, ".kbsync": "mine"})

    assert plain(loaded(tmp_path)) == fresh(tmp_path)
    assert (tmp_path / ".kbsync").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path, monkeypatch):
    def refuse(self, *arguments, **options):
        raise PermissionError(13, "Permission denied")

    write_tree(tmp_path, FILES)
    monkeypatch.setattr(Path, "mkdir", refuse)

    assert plain(loaded(tmp_path)) == fresh(tmp_path)
    assert not (tmp_path / ".kbsync").exists()


def test_a_full_disk_leaves_no_half_cache(root, monkeypatch):
    before = (root / CACHE).read_bytes()
    (root / CONFIG).write_text("name: Other\n")

    def refuse(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    loaded(root)

    assert (root / CACHE).read_bytes() == before
    assert [*(root / CACHE).parent.iterdir()] == [root / CACHE]


# On the command line


@pytest.mark.parametrize(
    "files",
    [FILES, {**FILES, ROW: '{"name": 1, "configuration": {"#a": "plain"}}', SQL: None}],
    ids=["valid", "with problems"],
)
def test_validate_says_the_same_with_a_cache(root, files):
    for name, content in files.items():
        if content is None:
            (root / name).unlink()
        else:
            (root / name).write_text(content)
    command = [sys.executable, "-m", "kbsync", "--project-dir", str(root), "validate"]
    warm = subprocess.run(command, capture_output=True, check=False)
    (root / CACHE).unlink()
    cold = subprocess.run(command, capture_output=True, check=False)

    assert (warm.returncode, warm.stdout, warm.stderr) == (
        cold.returncode,
        cold.stdout,
        cold.stderr,
    )


OF_ENVIRONMENTS = {
    CONFIG: "name: !var name\nconfiguration: {a: !format 'x${name}', b: 1, c: !file code/q.sql}\n",
    "keboola.x/a/config.dev.yaml": "configuration: {b: !remove , c: !var name}\n",
    "keboola.x/a/config.prod.yaml": "configuration: {b: !remove , c: !var name}\n",
    SQL: "SELECT 1;\n",
}


@pytest.mark.parametrize("names", [{"dev": "D", "prod": "P"}, {"dev": "P", "prod": "D"}, {}])
def test_what_a_variable_stands_for_is_not_remembered(tmp_path, names):
    root = write_tree(tmp_path, OF_ENVIRONMENTS)

    def read(chosen, names, **memory):
        variables = {
            each: {"name": names[each]} if each in names else {} for each in ("dev", "prod")
        }
        environments = Environments(chosen=chosen, default="prod", variables=variables)
        return outcome(lambda root: load_tree(root, environments=environments, **memory), root)

    for given_names in ({"dev": "D", "prod": "P"}, names):
        for chosen in ("dev", "prod", "dev"):
            with remembering(root) as memory:
                found = read(chosen, given_names, memory=memory)

            assert found == read(chosen, given_names)


def test_a_document_without_variables_is_remembered_for_every_environment(root, no_reading):
    variables = {"dev": {"a": 1}, "prod": {}}
    for chosen in variables:
        with remembering(root) as memory:
            load_tree(root, memory, Environments(chosen=chosen, variables=variables))

            assert memory.news is None
