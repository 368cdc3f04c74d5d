"""Whose change it is: base, live and desired, field by field."""

import pytest

from kbsync import planning
from kbsync.change import Create, Delete, Reorder, Update
from kbsync.plans.attribution import ORDER, Whose, attribute, wrote
from kbsync.secrets import mask
from tests.builders import by_key, config, row

OURS, DRIFT, CONFLICT = None, Whose.DRIFT, Whose.CONFLICT
KEY = config().key


@pytest.mark.parametrize(
    ("base", "live", "desired", "expected"),
    [
        pytest.param({"a": 1}, {"a": 1}, {"a": 2}, {}, id="we changed it"),
        pytest.param({"a": 1}, {"a": 2}, {"a": 1}, {"a": DRIFT}, id="they changed it"),
        pytest.param({"a": 1}, {"a": 2}, {"a": 3}, {"a": CONFLICT}, id="both changed it"),
        pytest.param({"a": 1}, {"a": 2}, {"a": 2}, {}, id="both made the same change"),
        pytest.param(
            {"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 2}, {"a": DRIFT}, id="each another"
        ),
        pytest.param({}, {"a": 1}, {}, {"a": DRIFT}, id="they added it"),
        pytest.param({"a": 1}, {}, {"a": 1}, {"a": DRIFT}, id="they removed it"),
        pytest.param(
            {"t": {"x": 1, "y": 1}},
            {},
            {"t": {"x": 2, "y": 1}},
            {"t": CONFLICT},
            id="they removed what we changed inside",
        ),
        pytest.param(
            {"t": '{"a": 1, "b": 1}'},
            {"t": '{"a": 2, "b": 1}'},
            {"t": '{"a": 1, "b": 2}'},
            {"t (JSON).a": DRIFT},
            id="each another field in a text of JSON",
        ),
        pytest.param(
            {"t": "no JSON"},
            {"t": '{"a": 1}'},
            {"t": '{"a": 2}'},
            {"t (JSON).a": CONFLICT},
            id="they made a text JSON, and we another one",
        ),
        pytest.param(
            {"t": '{"a":1}'},
            {"t": '{"a": 1}'},
            {"t": '{"a":2}'},
            {"t (JSON).a": CONFLICT},
            id="they wrote the same JSON in another way",
        ),
        pytest.param(
            {"t": "x", "t2": "x"},
            {"t": "x", "t2": "y"},
            {"t": "[1]", "t2": "y"},
            {},
            id="two texts",
        ),
        pytest.param({"ab": 1, "a": 1}, {"ab": 2, "a": 1}, {"ab": 2, "a": 2}, {}, id="other names"),
    ],
)
def test_a_field_is_ours_drift_or_conflict(base, live, desired, expected):
    was, now, wanted = (config(configuration=each) for each in (base, live, desired))
    found = attribute([Update(now, wanted)], by_key(was), by_key(now))

    assert found == ({KEY: expected} if expected else {})


@pytest.mark.parametrize(
    ("base", "live", "desired", "expected"),
    [
        pytest.param({"a": 1}, {"a": 2}, {"a": 3}, {"a": 1}, id="all three differ"),
        pytest.param({"a": 1}, {"a": 2}, {"a": 1}, {}, id="the files say what kbsync wrote"),
        pytest.param({}, {"a": 2}, {"a": 3}, {}, id="kbsync wrote nothing there"),
        pytest.param(
            {"#a": "KBC::ProjectSecure::one"},
            {"#a": "KBC::ProjectSecure::two"},
            {"#a": "KBC::ProjectSecure::three"},
            mask({"#a": "KBC::ProjectSecure::one"}),
            id="a secret is masked",
        ),
    ],
)
def test_of_a_conflict_it_is_known_what_kbsync_wrote(base, live, desired, expected):
    was, now, wanted = (config(configuration=each) for each in (base, live, desired))
    changes = [Update(now, wanted)]
    found = wrote(changes, by_key(was), attribute(changes, by_key(was), by_key(now)))

    assert found == ({KEY: expected} if expected else {})


@pytest.mark.parametrize(
    ("base", "live", "change", "expected"),
    [
        pytest.param([row("a")], [], Create(row("a")), DRIFT, id="they deleted it"),
        pytest.param([], [], Create(row("a")), OURS, id="we add it"),
        pytest.param([row("a")], [row("a")], Delete(row("a")), OURS, id="we delete it"),
        pytest.param([], [row("a")], Delete(row("a")), DRIFT, id="they added it"),
        pytest.param(
            [row("a")],
            [row("a", name="B")],
            Delete(row("a", name="B")),
            CONFLICT,
            id="we delete what they changed",
        ),
    ],
)
def test_a_row_that_comes_or_goes_is_ours_or_theirs(base, live, change, expected):
    found = attribute([change], by_key(config(), *base), by_key(config(), *live))

    assert found == ({change.key: {"": expected}} if expected else {})


@pytest.mark.parametrize(
    ("base", "live", "desired", "expected"),
    [
        (("a", "b"), ("a", "b"), ("b", "a"), OURS),
        (("a", "b"), ("b", "a"), ("a", "b"), DRIFT),
        (("a", "b", "c"), ("b", "a", "c"), ("c", "b", "a"), CONFLICT),
    ],
    ids=["we sort", "they sorted", "both sort"],
)
def test_an_order_is_ours_drift_or_conflict(base, live, desired, expected):
    was, now = config(rows_sort_order=base), config(rows_sort_order=live)
    found = attribute([Reorder(KEY, live, desired)], by_key(was), by_key(now))

    assert found == ({KEY: {ORDER: expected}} if expected else {})


COMPONENT = "keboola.ex-http"
CONFIG = f"components/{COMPONENT}/configs/a"
FILES = {f"{COMPONENT}/a/config.yaml": "name: A\nconfiguration: {x: 1, y: 1}\n"}


@pytest.fixture
def workspace(start_workspace):
    """A configuration that kbsync wrote and somebody edited."""
    workspace = start_workspace(FILES)
    workspace.kbsync("apply", "--auto-approve")
    edit = {"configuration": {"x": 7, "y": 1}, "changeDescription": "hotfix #771"}
    workspace.storage("PUT", CONFIG, edit)
    return workspace


def test_an_edit_is_told_with_its_author_and_message(workspace):
    shown = workspace.kbsync("plan").stdout
    (author,) = {
        version["creatorToken"]["description"]
        for version in workspace.storage("GET", f"{CONFIG}/versions").json()[:1]
    }

    assert f"!  v2 by {author}, " in shown
    assert '"hotfix #771"' in shown
    assert "x   7 → 1   ! reverts an edit" in shown
    assert f"kbsync pull {COMPONENT}/a" in shown


def test_an_edit_is_not_overwritten_unless_it_is_named(workspace):
    refused = workspace.kbsync("apply", "--auto-approve")
    wrong = workspace.kbsync("apply", "--auto-approve", "--overwrite-drift", "*/b")
    kept = workspace.project()[0]["configurations"][0]["configuration"]
    named = workspace.kbsync("apply", "--auto-approve", "--overwrite-drift", "*/a")

    assert (refused.exit_code, wrong.exit_code, kept) == (4, 4, {"x": 7, "y": 1})
    assert f"--overwrite-drift {COMPONENT}/a" in refused.stderr
    assert named.exit_code == 0
    assert workspace.project()[0]["configurations"][0]["configuration"] == {"x": 1, "y": 1}


def test_another_field_of_an_edited_configuration_may_not_revert_the_edit_either(workspace):
    workspace.write({f"{COMPONENT}/a/config.yaml": "name: A\nconfiguration: {x: 1, y: 2}\n"})
    shown = workspace.kbsync("plan").stdout

    assert "x   7 → 1   ! reverts an edit" in shown
    assert "y   1 → 2\n" in shown
    assert workspace.kbsync("apply", "--auto-approve").exit_code == 4


def test_pulling_the_edit_and_changing_another_field_is_ours_again(workspace):
    workspace.kbsync("pull")
    workspace.write({f"{COMPONENT}/a/config.yaml": "name: A\nconfiguration: {x: 7, y: 2}\n"})
    shown = workspace.kbsync("plan").stdout

    assert "!" not in shown
    assert workspace.kbsync("apply", "--auto-approve").exit_code == 0


def test_what_kbsync_wrote_last_needs_no_history(workspace):
    workspace.kbsync("apply", "--auto-approve", "--overwrite-drift", "*")
    workspace.write({f"{COMPONENT}/a/config.yaml": "name: A\nconfiguration: {x: 2, y: 1}\n"})
    workspace.forget_requests()
    workspace.kbsync("plan")

    assert workspace.requests()[3:] == ["GET branch/default/metadata"]


def test_a_difference_costs_at_most_two_more_reads(workspace):
    workspace.forget_requests()
    workspace.kbsync("plan")

    assert workspace.requests()[3:] == [
        f"GET branch/default/{CONFIG}/versions",
        f"GET branch/default/{CONFIG}/versions/1",
        "GET branch/default/metadata",
    ]


def test_a_configuration_that_kbsync_never_wrote_has_no_base_and_may_be_adopted(start_workspace):
    live = [
        {
            "id": COMPONENT,
            "configurations": [{"id": "a", "name": "Old", "configuration": {}}],
        }
    ]
    workspace = start_workspace(FILES, live)

    assert "no version is by kbsync" in workspace.kbsync("plan").stdout
    assert workspace.kbsync("apply", "--auto-approve").exit_code == 0


def test_what_is_written_while_a_plan_is_made_is_stale_not_drift(start_workspace, monkeypatch):
    live = [{"id": COMPONENT, "configurations": [{"id": "a", "name": "Old", "configuration": {}}]}]
    workspace = start_workspace(FILES, live)
    fetch = planning.fetch_attribution

    def write_then_fetch(client, step, live, prover):
        stamp = {"changeDescription": "x [kbsync run=01R]"}
        workspace.storage("PUT", CONFIG, {"name": "Theirs", **stamp})
        return fetch(client, step, live, prover)

    monkeypatch.setattr(planning, "fetch_attribution", write_then_fetch)
    result = workspace.kbsync("apply", "--auto-approve")

    assert result.exit_code == 5
    assert "was planned on v1; live is now v2" in result.stdout
