"""Half an answer is no answer: nothing is deleted, nothing written, and no traceback is shown."""

import copy
import json

import pytest
import requests
import responses

COMPONENT = "keboola.ex-http"
FILES = {
    f"{COMPONENT}/a/config.yaml": "name: A\n",
    f"{COMPONENT}/a/rows/x.yaml": "name: X\n",
    f"{COMPONENT}/a/rows/y.yaml": "name: Y\n",
    "keboola.ex-aws-s3/b/config.yaml": "name: B\nmetadata: {folder: Sales}\n",
}
LISTING = "components?include=configuration,rows,state"
COMMANDS = [
    ["plan", "--prune"],
    ["apply", "--prune", "--auto-approve"],
    ["drift"],
    ["pull"],
    ["rollback", f"{COMPONENT}/a", "--to-version", "1", "--auto-approve"],
]


def without(item, *names):
    return {name: value for name, value in item.items() if name not in names}


def in_config(**changes):
    """The listing with other properties of one configuration; `...` leaves one out."""

    def changed(components):
        for component in components:
            if component["id"] == COMPONENT:
                config = component["configurations"][0] | changes
                component["configurations"] = [
                    {name: value for name, value in config.items() if value is not ...}
                ]
        return components

    return changed


def in_row(**changes):
    """The listing with other properties of one row."""

    def changed(components):
        rows = next(each for each in components if each["id"] == COMPONENT)["configurations"][0]
        row = rows["rows"][0] | changes
        rows["rows"][0] = {name: value for name, value in row.items() if value is not ...}
        return components

    return changed


def nested(depth):
    return b'[{"a":' * depth + b"1" + b"}]" * depth


ANSWERS = {
    "nothing": lambda found: b"",
    "null": lambda found: None,
    "a number": lambda found: 1,
    "a text": lambda found: "ok",
    "an object": lambda found: {},
    "an error with 200": lambda found: {"error": "Internal", "code": 500},
    "a page": lambda found: b"<html>Sign in</html>",
    "cut short": lambda found: json.dumps(found).encode()[:-1],
    "twice": lambda found: json.dumps(found).encode() * 2,
    "not UTF-8": lambda found: json.dumps(found).encode().replace(b'"A"', b'"\xff"'),
    "not a number": lambda found: json.dumps(in_config(version=float("nan"))(found)).encode(),
    "infinite": lambda found: json.dumps(in_row(version=float("inf"))(found)).encode(),
    "nested without end": lambda found: nested(100_000),
    "a list of null": lambda found: [None],
    "a list of lists": lambda found: [[]],
    "no component": lambda found: [],
    "a component less": lambda found: [each for each in found if each["id"] == COMPONENT],
    "no configurations": lambda found: [without(each, "configurations") for each in found],
    "configurations null": lambda found: [each | {"configurations": None} for each in found],
    "a component without id": lambda found: [without(each, "id") for each in found],
    "a component twice": lambda found: found + found,
    "no rows": in_config(rows=...),
    "rows null": in_config(rows=None),
    "rows by id": in_config(rows={}),
    "a row null": in_config(rows=[None]),
    "no content": in_config(configuration=...),
    "content null": in_config(configuration=None),
    "no state": in_config(state=...),
    "no version": in_config(version=...),
    "a version as text": in_config(version="1"),
    "an id as number": in_config(id=1),
    "an empty id": in_config(id=""),
    "order as text": in_config(rowsSortOrder="x"),
    "a row without id": in_row(id=...),
    "a row with an empty id": in_row(id=""),
    "a row without content": in_row(configuration=...),
    "a row without version": in_row(version=...),
    "a row that is neither on nor off": in_row(isDisabled=None),
}


@pytest.fixture
def workspace(start_workspace):
    workspace = start_workspace(FILES)
    assert workspace.kbsync("apply", "--auto-approve").exit_code == 0
    workspace.forget_requests()
    return workspace


@pytest.fixture(params=COMMANDS, ids=lambda arguments: arguments[0])
def command(request):
    return request.param


def listing(workspace):
    url = f"{workspace.server.url}/v2/storage/branch/default/{LISTING}"
    return requests.get(url, headers={"X-StorageApi-Token": "t"}, timeout=10).json()


def run(workspace, command, answer, path="components"):
    """Run *command* while the API gives *answer* at *path*."""
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as api:
        api.add_passthru(workspace.server.url)
        api.get(
            f"{workspace.server.url}/v2/storage/branch/default/{path}",
            body=body,
            content_type="application/json",
        )
        return workspace.kbsync(*command)


@pytest.mark.parametrize("make", ANSWERS.values(), ids=ANSWERS)
def test_half_a_listing_changes_nothing(workspace, command, make):
    before, files = workspace.project(), workspace.files()
    result = run(workspace, command, make(copy.deepcopy(listing(workspace))))

    assert isinstance(result.exception, SystemExit)
    assert result.exit_code in (4, 8), result.output
    assert "delete" not in result.stdout
    assert result.stderr.endswith("Nothing was written.\n")
    assert (workspace.project(), workspace.writes(), workspace.files()) == (before, [], files)


@pytest.mark.parametrize("depth", [50, 150, 400, 900, 990, 5000])
def test_content_of_any_depth_is_handled_or_refused(workspace, command, depth):
    found = json.dumps(in_config(configuration={"deep": "HERE"})(listing(workspace)))
    result = run(workspace, command, found.encode().replace(b'"HERE"', nested(depth // 2)))

    assert isinstance(result.exception, SystemExit | None)
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", [COMMANDS[0], COMMANDS[1]], ids=["plan", "apply"])
def test_a_project_that_lists_nothing_must_be_empty(start_workspace, command):
    workspace = start_workspace({f"{COMPONENT}/a/config.yaml": "name: A\n"})
    assert workspace.kbsync("apply", "--auto-approve").exit_code == 0
    workspace.forget_requests()
    result = run(workspace, command, [])

    assert (result.exit_code, workspace.writes()) == (8, [])
    assert f"lists no configuration at all, but {COMPONENT}/a is there" in result.stderr


def test_a_new_project_may_be_empty(start_workspace):
    workspace = start_workspace({f"{COMPONENT}/a/config.yaml": "name: A\n"})
    result = workspace.kbsync("plan", "--detailed-exitcode")

    assert result.exit_code == 2
    assert workspace.requests().count(f"GET branch/default/components/{COMPONENT}/configs/a") == 1


def test_a_property_that_is_not_known_is_noticed_once_and_stops_nothing(workspace):
    found = in_row(lock=1)(in_config(folder="x\x1b[2J", zone=2)(listing(workspace)))
    result = run(workspace, ["plan", "--detailed-exitcode"], found)

    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "Notice: the Storage API tells of `folder`, `zone` for configurations, which this version "
        "of kbsync does not know; they are left as they are",
        "Notice: the Storage API tells of `lock` for rows, which this version of kbsync does not "
        "know; they are left as they are",
    ]


VERSIONS = f"components/{COMPONENT}/configs/a/versions"


@pytest.mark.parametrize(
    "answer",
    [None, {}, [None], [{}], [{"version": "1"}], b"<html>", b"[{", 1],
    ids=["null", "object", "list of null", "no number", "text", "page", "cut short", "number"],
)
@pytest.mark.parametrize("command", COMMANDS[:3], ids=["plan", "apply", "drift"])
def test_half_a_history_changes_nothing(workspace, command, answer):
    workspace.storage("PUT", f"components/{COMPONENT}/configs/a", {"name": "Other"})
    workspace.forget_requests()
    result = run(workspace, command, answer, VERSIONS)

    assert (result.exit_code, workspace.writes()) == (8, [])
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        [],
        {"version": 1, "name": "A", "configuration": {}},
        {"version": 1, "name": "A", "configuration": {}, "rows": None},
        {"version": 1, "name": "A", "configuration": {}, "rows": [None]},
        {"version": 1, "name": "A", "configuration": {}, "rows": [{"id": ""}]},
        b"<html>",
    ],
    ids=["null", "object", "list", "no rows", "rows null", "row null", "row without id", "page"],
)
def test_half_a_recorded_version_is_never_rolled_back_to(workspace, answer):
    result = run(workspace, COMMANDS[4], answer, f"{VERSIONS}/1")

    assert (result.exit_code, workspace.writes()) == (8, [])
    assert isinstance(result.exception, SystemExit)
