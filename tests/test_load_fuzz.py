"""Damaged files: always a value or problems, never another exception, never a silent loss."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbsync.errors import InvalidFilesError
from kbsync.model import Key
from kbsync.tree.load import load_tree
from tests.trees import write_tree

CONFIG = "keboola.x/a/config.yaml"
ROW = "keboola.x/a/rows/r.json"
FILES = {
    CONFIG: (
        'id: "a"\nname: Orders\ndescription: "x\\ty"\nisDisabled: false\nrowsSortOrder: [r]\n'
        "resetState: backfill\nmetadata:\n  folder: Sales\nconfiguration:\n  parameters: &p\n"
        "    '#password': KBC::ProjectSecure::fake\n    query: |\n      SELECT 1;\n"
        "    script: !statements code/q.sql\n  again: *p\n  list: [1, 2.5, null, {a: []}]\n"
    ),
    ROW: '{"id": "r", "name": "R\\u0041", "configuration": {"a": [1, 2.5e3, null, true, {}]}}',
    "keboola.x/a/code/q.sql": "SELECT 'a;b';\n\nSELECT 2; -- end\n",
}
DAMAGED = [CONFIG, ROW, "keboola.x/a/code/q.sql"]


def outcome(root):
    """The keys of the tree, or None when it has problems; anything else is an error."""
    try:
        return list(load_tree(root).resources)
    except InvalidFilesError as error:
        problems = error.problems
    assert problems
    assert all(problem.file and problem.what for problem in problems)
    return None


@pytest.mark.parametrize("name", DAMAGED)
def test_a_file_cut_at_any_byte_is_a_value_or_a_problem(tmp_path, name):
    write_tree(tmp_path, FILES)
    data = FILES[name].encode()
    assert outcome(tmp_path) == [Key("keboola.x", "a"), Key("keboola.x", "a", "r")]

    for length in range(len(data)):
        (tmp_path / name).write_bytes(data[:length])

        assert outcome(tmp_path) in (None, [Key("keboola.x", "a"), Key("keboola.x", "a", "r")])


@pytest.mark.parametrize("name", DAMAGED)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_file_with_other_bytes_in_it_is_a_value_or_a_problem(tmp_path, name, data):
    write_tree(tmp_path, FILES)
    damaged = bytearray(FILES[name].encode())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place] = data.draw(st.integers(0, 255))
    (tmp_path / name).write_bytes(damaged)

    keys = outcome(tmp_path)

    # An id may have become another one, but nothing is lost.
    assert keys is None or len(keys) == 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_a_problem(tmp_path, content):
    write_tree(tmp_path, {CONFIG: content})

    assert outcome(tmp_path) is None or b"name" in content
