"""For any project and any files: what is pulled is in step, and what is applied is as planned."""

import re
import shutil

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbsync.emulator.serve import start
from tests.workspace import Workspace

IDS = (
    *("1", "a", "b/c", "ž", "Ab", "ab", "../up", "a/../b", "%2F", "a\\b", " x ", "-x", "x."),
    *("CON", "nul", "aux.yaml", "com1", "config", "rows", "README.md", "日本", "i" * 300),
)
NAMES = st.sampled_from(
    [
        *("Orders", "orders", "ORDERS", "Orders ", "a/b", "../x", " x ", "new\nline", "🚀", "con"),
        *("日本", "Заказы", "Παραγγελίες", "طلبات", "הזמנות", "आदेश", "คำสั่ง", "주문", "Ünï", "ﬁ"),
        *(
            "CON",
            "nul",
            "aux.yaml",
            "config.yaml",
            "n" * 300,
            "ž" * 300,
            "\u202etxt",
            "e\u0301",
            ".",
        ),
    ]
) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
TEXTS = NAMES | st.just("")
COMPONENTS = ("keboola.ex-http", "keboola.snowflake-transformation", "keboola.flow")
LOOKALIKES = (
    *("yes", "No", "on", "0o7", "010", "0x1F", "1e3", "1_000", "12:30", "2026-01-01", "~", "null"),
    *("true", ".inf", "", " ", "1", "1.0", "a: b", "- a", "# a", "[]", "{}", "&a", "*a", "!a", "%"),
)
"""Strings that some reader of YAML takes for something else."""
LONG_TEXTS = (
    *(
        "two\nlines\n",
        "CR\r\nLF\r\n",
        "CR\ralone",
        "blanks  \nbehind\t\n  ",
        "tab\t\n x",
        "\n\na\n\n",
    ),
    *("x" * 300, "l\n" * 25, "l\r\n" * 25, "l \n" * 25 + " ", "l\n" * 25 + "\n\n"),
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([2**63, -(2**63) - 1, 10**40, 1e16, 1e-7, -0.0, 1.0, 5e-324])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([*LOOKALIKES, *LONG_TEXTS])
    | st.sampled_from([{}, [], [{}], [[]], {"a": {}}, {"a": []}]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["a", "id", "name", "source", "1", "no", "", "ключ", "a: b"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
SCRIPTS = st.lists(
    st.sampled_from(
        [
            *("SELECT 1;", "SELECT ';' ;", "no end", "", "a;\n\nb;", "SELECT 'it''s; so';", ";"),
            *("SELECT 1 -- one; two\n;", "/* a; b */ SELECT 1;", "-- only; a comment", "# a;"),
            *("DO $$ begin; x; end; $$;", "DO $f$ a; $$ b; $f$;", 'SELECT "a;b";', "SELECT `a;b`;"),
            *("SELECT 1;\r\n", "SELECT\r\n1;", " SELECT 1; ", "-- kbsync: separator", "{{ code }}"),
        ]
    ),
    max_size=4,
)
CONTENTS = st.dictionaries(
    st.sampled_from(["parameters", "storage", "x y"]), VALUES, max_size=2
) | SCRIPTS.map(
    lambda script: {"parameters": {"blocks": [{"name": "B", "codes": [{"script": script}]}]}}
)


@st.composite
def rows(draw):
    ids = draw(st.lists(st.sampled_from(IDS), unique=True, max_size=4))
    return [
        {
            "id": row_id,
            "name": draw(TEXTS),
            "description": draw(TEXTS),
            "isDisabled": draw(st.booleans()),
            "configuration": draw(CONTENTS),
            "state": draw(st.sampled_from([{}, {"since": 1}])),
        }
        for row_id in ids
    ]


@st.composite
def configurations(draw, config_id):
    found = draw(rows())
    row_ids = [row["id"] for row in found]
    return {
        "id": config_id,
        "name": draw(NAMES),
        "description": draw(TEXTS),
        "isDisabled": draw(st.booleans()),
        "configuration": draw(CONTENTS),
        "rows": found,
        "rowsSortOrder": draw(st.sampled_from([[], row_ids]) | st.permutations(row_ids)),
        "metadata": draw(st.dictionaries(st.sampled_from(["k", "KBC.x"]), NAMES, max_size=2)),
        "state": {},
    }


@st.composite
def projects(draw):
    components = draw(st.lists(st.sampled_from(COMPONENTS), unique=True, max_size=2))
    return [
        {
            "id": component,
            "configurations": [
                draw(configurations(config_id))
                for config_id in draw(st.lists(st.sampled_from(IDS), unique=True, max_size=3))
            ],
        }
        for component in components
    ]


@pytest.fixture(scope="module")
def server():
    with start() as server:
        yield server


def workspace_with(server, root, project):
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    workspace = Workspace(root, server)
    show(workspace, project)
    return workspace


def show(workspace, project):
    requests.put(f"{workspace.server.url}/_emulator/project", json=project, timeout=10)


ONCE = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
OFTEN = settings(ONCE, max_examples=1000)


def check_pull(workspace):
    pulled = workspace.kbsync("pull")
    first = workspace.files()
    workspace.kbsync("pull")

    assert pulled.exit_code == 0, pulled.output
    assert workspace.files() == first
    assert workspace.kbsync("plan", "--detailed-exitcode").exit_code == 0


def with_all_of(project, live):
    """The project *live* with the configurations of *project* that it lacks."""
    found = {component["id"]: {**component} for component in live}
    for component in project:
        own = found.setdefault(component["id"], {**component, "configurations": []})
        ids = {config["id"] for config in own["configurations"]}
        missing = [config for config in component["configurations"] if config["id"] not in ids]
        own["configurations"] = own["configurations"] + missing
    return [*found.values()]


def check_pull_over_edits(workspace, live):
    """What people wrote above each document outlives whatever became of its object."""
    workspace.kbsync("pull")
    documents = [path for path in workspace.root.rglob("*.yaml") if path.name != "kbsync.yaml"]
    for path in documents:
        path.write_bytes(b"# kept\n\n" + path.read_bytes().replace(b"\n", b"\n\n", 1))
    show(workspace, live)
    pulled = workspace.kbsync("pull")
    first = workspace.files()
    workspace.kbsync("pull")

    assert pulled.exit_code == 0, pulled.output
    assert all(path.read_bytes().startswith(b"# kept\n") for path in documents if path.exists())
    assert workspace.files() == first
    assert workspace.kbsync("plan", "--detailed-exitcode").exit_code == 0


def check_apply(workspace, wanted, live):
    workspace.kbsync("pull")
    show(workspace, live)
    settings_file = workspace.root / "kbsync.yaml"
    settings_file.write_text(settings_file.read_text() + "limits: {deletes: 1000}\n")
    apply = ("apply", "--auto-approve", "--prune")
    applied = workspace.kbsync(*apply)
    if refused := sorted(set(re.findall(r"--allow (\w+=\d+)", applied.output))):
        applied = workspace.kbsync(
            *apply, *(word for each in refused for word in ("--allow", each))
        )

    if any(component["configurations"] for component in wanted):
        assert applied.exit_code == 0, applied.output
        assert workspace.kbsync("plan", "--prune", "--detailed-exitcode").exit_code == 0


@ONCE
@given(project=projects())
def test_after_a_pull_the_plan_is_empty(server, tmp_path, project):
    check_pull(workspace_with(server, tmp_path / "tree", project))


@ONCE
@given(project=projects(), live=projects())
def test_after_a_pull_over_edited_files_the_plan_is_empty(server, tmp_path, project, live):
    workspace = workspace_with(server, tmp_path / "tree", project)
    check_pull_over_edits(workspace, with_all_of(project, live))


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_megabyte_of_sql_is_pulled_as_it_is(server, tmp_path, newline):
    statements = [
        f"INSERT INTO t{number} -- a; b{newline}SELECT 'x;y', $$ a; b; $$;"
        for number in range(20_000)
    ]
    codes = [{"name": "C", "script": statements}, {"name": "D", "script": newline.join(statements)}]
    configuration = {"parameters": {"blocks": [{"name": "B", "codes": codes}]}}
    project = [
        {
            "id": "keboola.snowflake-transformation",
            "configurations": [{"id": "1", "name": "Big", "configuration": configuration}],
        }
    ]

    assert sum(map(len, statements)) > 1_000_000
    check_pull(workspace_with(server, tmp_path / "tree", project))


@ONCE
@given(wanted=projects(), live=projects())
def test_after_an_apply_the_plan_is_empty(server, tmp_path, wanted, live):
    check_apply(workspace_with(server, tmp_path / "tree", wanted), wanted, live)


@pytest.mark.slow
@OFTEN
@given(project=projects())
def test_after_many_a_pull_the_plan_is_empty(server, tmp_path, project):
    check_pull(workspace_with(server, tmp_path / "tree", project))


@pytest.mark.slow
@OFTEN
@given(project=projects(), live=projects())
def test_after_many_a_pull_over_edited_files_the_plan_is_empty(server, tmp_path, project, live):
    workspace = workspace_with(server, tmp_path / "tree", project)
    check_pull_over_edits(workspace, with_all_of(project, live))


@pytest.mark.slow
@OFTEN
@given(wanted=projects(), live=projects())
def test_after_many_an_apply_the_plan_is_empty(server, tmp_path, wanted, live):
    check_apply(workspace_with(server, tmp_path / "tree", wanted), wanted, live)
