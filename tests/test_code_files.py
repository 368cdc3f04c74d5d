"""Code in files of its own: their names, and that they stay with their code over pulls."""

from __future__ import annotations

from functools import partial

import pytest

from kbsync.documents.document import parse
from kbsync.model import Key
from kbsync.pull import plan_pull
from kbsync.tree.files import read_text
from kbsync.tree.load import load_tree
from kbsync.tree.naming import FileNames
from kbsync.tree.write import change_files
from tests.builders import by_key, config
from tests.trees import write_tree

SNOWFLAKE = "keboola.snowflake-transformation"
KEY = Key(SNOWFLAKE, "t")


def code(name, *statements):
    return {"name": name, "script": list(statements)}


def block(name, *codes):
    return {"name": name, "codes": list(codes)}


def transformation(*blocks):
    return config("t", component=SNOWFLAKE, configuration={"parameters": {"blocks": list(blocks)}})


def pull(root, *blocks):
    """Let the project hold these blocks; return the files with code that were written."""
    before = _codes(root)
    tree, live = load_tree(root), by_key(transformation(*blocks))
    found = plan_pull(tree, live, frozenset(), {}, text_of=partial(read_text, root))
    change_files(root, found.files, found.removals, backup=str(len(before)))
    assert load_tree(root).resources == live
    after = _codes(root)
    return sorted(name for name in after if before.get(name) != after[name])


def _codes(root):
    """The files with code, by name in the folder `code`."""
    files = (
        path for path in root.rglob("code/**/*") if path.is_file() and ".kbsync" not in str(path)
    )
    return {path.as_posix().partition("/code/")[2]: path.read_text() for path in files}


def named(root):
    """The files in the order in which the configuration names them."""
    (file,) = root.glob(f"{SNOWFLAKE}/*/config.yaml")
    references = parse(file.read_bytes(), file.name, lambda _: None).references
    return [each.target.removeprefix("code/") for each in references]


LOAD = block("Load", code("Orders", "SELECT 1;", "SELECT 2;"), code("Users", "SELECT 3;"))
REPORT = block("Report", code("Daily", "SELECT 4;"))
FIRST = ["01-load/01-orders.sql", "01-load/02-users.sql", "02-report/01-daily.sql"]


@pytest.fixture
def root(tmp_path):
    pull(tmp_path, LOAD, REPORT)
    return tmp_path


def test_names_are_readable_and_in_order(root):
    assert named(root) == sorted(_codes(root)) == FIRST


@pytest.mark.parametrize(
    ("blocks", "written", "order"),
    [
        pytest.param(
            (REPORT, LOAD), [], [FIRST[2], FIRST[0], FIRST[1]], id="blocks in another order"
        ),
        pytest.param(
            (block("New", code("X", "SELECT 9;")), LOAD, REPORT),
            ["01-new/01-x.sql"],
            ["01-new/01-x.sql", *FIRST],
            id="a block at the front",
        ),
        pytest.param(
            (block("Load", code("First", "SELECT 9;"), *LOAD["codes"]), REPORT),
            ["01-load/01-first.sql"],
            ["01-load/01-first.sql", *FIRST],
            id="a code at the front",
        ),
        pytest.param(
            (
                block("New", code("X", "SELECT 9;")),
                block("Load", *LOAD["codes"], code("Last", "SELECT 8;")),
            ),
            ["01-load/03-last.sql", "01-new/01-x.sql"],
            ["01-new/01-x.sql", *FIRST[:2], "01-load/03-last.sql"],
            id="a code beside those of its block",
        ),
        pytest.param(
            (block("Renamed", *LOAD["codes"]), REPORT), [], FIRST, id="a block with another name"
        ),
        pytest.param(
            (block("Renamed", code("Orders", "SELECT 7;"), LOAD["codes"][1]), REPORT),
            [FIRST[0]],
            FIRST,
            id="a block with another name and other code",
        ),
        pytest.param(
            (block("Load", code("Sales", "SELECT 1;", "SELECT 7;"), LOAD["codes"][1]), REPORT),
            [FIRST[0]],
            FIRST,
            id="a code with another name and another statement",
        ),
        pytest.param((REPORT,), [], FIRST[2:], id="a block less"),
    ],
)
def test_files_stay_with_their_code(root, blocks, written, order):
    assert pull(root, *blocks) == written
    assert named(root) == order
    assert sorted(_codes(root)) == sorted(order)


def test_a_name_that_is_taken_gets_a_number(root):
    added = block("Load", code("Orders", "SELECT 9;"))

    assert pull(root, added, LOAD, REPORT) == ["01-load/01-orders-2.sql"]
    assert named(root) == ["01-load/01-orders-2.sql", *FIRST]


def test_the_same_code_twice_has_two_files(root):
    pull(root, LOAD, REPORT, block("Report", code("Daily", "SELECT 4;")))

    assert named(root) == [*FIRST, "03-report/01-daily.sql"]


def test_a_layout_of_ones_own_stays(tmp_path):
    folder = f"{SNOWFLAKE}/t"
    write_tree(
        tmp_path,
        {
            f"{folder}/config.yaml": "name: T\nconfiguration: {parameters: {blocks: [{name: Load, "
            "codes: [{name: A, script: !statements code/a.sql}]}]}}\n",
            f"{folder}/code/a.sql": "SELECT 1;\n",
        },
    )
    assert pull(tmp_path, block("Load", code("A", "SELECT 2;"), code("B", "SELECT 3;"))) == [
        "02-b.sql",
        "a.sql",
    ]


def test_many_are_in_order_too(tmp_path):
    pull(
        tmp_path, block("Load", *(code(f"C{number}", f"SELECT {number};") for number in range(101)))
    )

    assert named(tmp_path) == sorted(named(tmp_path))
    assert named(tmp_path)[0] == "01-load/001-c0.sql"


def test_a_name_is_chosen_that_nobody_has():
    names = FileNames(["a.sql", "b.sql/x", "c.sql", *(f"c-{n}.sql" for n in range(100))])

    assert names.choose("A.sql", "1") == "A-2.sql"
    assert names.choose("a.sql", "1") == "a-3.sql"
    assert names.choose("b.sql", "1") == "b-2.sql"
    assert names.choose("c.sql", "1") is None
    assert [names.choose("d.sql", "1") for _ in range(2)] == ["d.sql", "d-2.sql"]


BLOCKS = "name: T\nconfiguration:\n  parameters:\n    blocks: {}\n"
CODES = "[{{name: B, codes: {}}}]"
SCRIPT = "[{{name: B, codes: [{{name: C, script: {}}}]}}]"
LIST = "write `!statements code/...` for a file with code, or a list of statements"
ITEMS = "start each of its items with `- `"


@pytest.mark.parametrize(
    ("blocks", "told"),
    [
        pytest.param(SCRIPT.format("!statements code/a.sql"), None, id="statements"),
        pytest.param(SCRIPT.format("[SELECT 1;]"), None, id="a list"),
        pytest.param(
            SCRIPT.format("!file code/a.sql"),
            f"4:42: 'script' is a text, not a list; {LIST}",
            id="file",
        ),
        pytest.param(
            SCRIPT.format("code/a.sql"),
            f"4:42: 'script' is a text, not a list; {LIST}",
            id="no tag",
        ),
        pytest.param(
            CODES.format("{name: C}"),
            f"4:24: 'codes' is a mapping, not a list; {ITEMS}",
            id="codes",
        ),
        pytest.param("1", f"4:5: 'blocks' is a single value, not a list; {ITEMS}", id="blocks"),
        pytest.param("[1, {}]", None, id="no codes"),
    ],
)
def test_what_no_job_can_run_is_a_warning(start_workspace, blocks, told):
    folder = f"{SNOWFLAKE}/t"
    files = {f"{folder}/config.yaml": BLOCKS.format(blocks)}
    if "code/a" in blocks and "!" in blocks:
        files[f"{folder}/code/a.sql"] = "SELECT 1;"
    result = start_workspace(files).kbsync("validate")
    warnings = [line for line in result.stderr.splitlines() if line.startswith("warning")]

    assert result.exit_code == 0
    assert warnings == ([f"warning: {folder}/config.yaml:{told}"] if told else [])
