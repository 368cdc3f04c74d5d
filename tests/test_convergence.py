"""For any project and any files: what is pulled is in step, and what is applied is as planned."""

import shutil

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbsync.emulator.serve import start
from tests.workspace import Workspace

IDS = ("1", "a", "b/c", "ž", "Ab", "ab")
NAMES = st.sampled_from(
    ["Orders", "orders", "日本", "a/b", "../x", " x ", "new\nline", "🚀", "con"]
)
TEXTS = NAMES | st.just("")
COMPONENTS = ("keboola.ex-http", "keboola.snowflake-transformation", "keboola.flow")
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "no", "1", "a: b", "two\nlines\n", "tab\t\n x", "x" * 300, "l\n" * 25]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["a", "id", "name", "source", "1", "no"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
SCRIPTS = st.lists(
    st.sampled_from(["SELECT 1;", "SELECT ';' ;", "no end", "", "a;\n\nb;"]), max_size=3
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


def check_apply(workspace, wanted, live):
    workspace.kbsync("pull")
    show(workspace, live)
    settings_file = workspace.root / "kbsync.yaml"
    settings_file.write_text(settings_file.read_text() + "limits: {deletes: 1000}\n")
    applied = workspace.kbsync("apply", "--auto-approve", "--prune")

    if any(component["configurations"] for component in wanted):
        assert applied.exit_code == 0, applied.output
        assert workspace.kbsync("plan", "--prune", "--detailed-exitcode").exit_code == 0


@ONCE
@given(project=projects())
def test_after_a_pull_the_plan_is_empty(server, tmp_path, project):
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
@given(wanted=projects(), live=projects())
def test_after_many_an_apply_the_plan_is_empty(server, tmp_path, wanted, live):
    check_apply(workspace_with(server, tmp_path / "tree", wanted), wanted, live)
