"""What a user sees when something around kbsync is wrong: where, and whether it wrote anything."""

import shutil
import socket
import subprocess

import pytest

GOOD = {"keboola.ex-http/a/config.yaml": "name: A\n"}
LIVE = [
    {
        "id": "keboola.ex-http",
        "configurations": [
            {"id": "a", "name": "Old", "configuration": {}},
            {"id": "b", "name": "B", "configuration": {}},
        ],
    }
]
COMMANDS = [
    ["plan"],
    ["apply", "--auto-approve"],
    ["apply", "--auto-approve", "--prune"],
    ["pull"],
    ["rollback", "keboola.ex-http/a", "--to-version", "1", "--auto-approve"],
]


def ids(arguments):
    return " ".join(arguments)


@pytest.fixture(params=COMMANDS, ids=ids)
def command(request):
    return request.param


def test_without_a_token_no_request_leaves(start_workspace, command):
    workspace = start_workspace(GOOD, LIVE)
    result = workspace.kbsync(*command, KEBOOLA_TOKEN="")

    assert (result.exit_code, workspace.requests()) == (7, [])
    assert "KEBOOLA_TOKEN" in result.stderr
    assert result.stderr.endswith("Nothing was written.\n")


def test_without_a_stack_no_request_leaves(start_workspace, command):
    workspace = start_workspace(GOOD, LIVE)
    result = workspace.kbsync(*command, KEBOOLA_STACK_URL="")

    assert (result.exit_code, workspace.requests()) == (3, [])
    assert "$KEBOOLA_STACK_URL" in result.stderr


def test_plain_http_is_for_this_machine_only(start_workspace, command):
    workspace = start_workspace(GOOD, LIVE)
    result = workspace.kbsync(*command, KEBOOLA_STACK_URL="http://stack.test")

    assert result.exit_code == 3
    assert "write https" in result.stderr


def test_a_token_of_another_project_is_refused(start_workspace, command):
    settings = {"kbsync.yaml": "version: 1\nenvironments: {prod: {project: 8341}}\n"}
    workspace = start_workspace(GOOD | settings, LIVE)
    result = workspace.kbsync(*command)

    assert (result.exit_code, workspace.writes()) == (4, [])
    assert "8341" in result.stderr
    assert workspace.requests() == ["GET tokens/verify"]


@pytest.mark.parametrize(
    ("rule", "exit_code", "words"),
    [
        ({"action": "status", "status": 400}, 8, "HTTP 400"),
        ({"action": "status", "status": 401}, 7, "HTTP 401"),
        ({"action": "status", "status": 403}, 7, "HTTP 403"),
        ({"action": "status", "status": 404}, 8, "HTTP 404"),
        ({"action": "status", "status": 500}, 8, "HTTP 500"),
        ({"action": "status", "status": 302}, 8, "Redirects are not followed"),
        ({"action": "status", "status": 200, "body": "<html>Sign in</html>"}, 8, "is not JSON"),
        ({"action": "status", "status": 200, "body": "[]"}, 8, ""),
        ({"action": "status", "status": 200, "body": '{"a": 1}'}, 8, ""),
        ({"action": "status", "status": 200, "body": "null"}, 8, ""),
        ({"action": "reset"}, 8, "the connection broke off"),
        ({"action": "truncate", "when": "after"}, 8, ""),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
@pytest.mark.parametrize("path", ["tokens/verify", "metadata|search", "components"])
def test_an_answer_that_cannot_be_used_ends_the_command_before_any_write(
    start_workspace, command, path, rule, exit_code, words
):
    if path == "metadata|search" and rule.get("body") == "[]":
        pytest.skip("no configuration has metadata: a healthy answer")
    workspace = start_workspace(GOOD, LIVE)
    before = workspace.project()
    workspace.fault(method="GET", path=path, **rule)
    result = workspace.kbsync(*command)
    workspace.end_faults()

    # To a rollback an empty listing is a project without the configuration that was named.
    codes = {exit_code, 64} if (path, rule.get("body")) == ("components", "[]") else {exit_code}

    assert result.exit_code in codes
    assert "Traceback" not in result.output
    assert words in result.stderr
    assert (workspace.project(), workspace.writes()) == (before, [])


def test_an_empty_listing_is_never_a_reason_to_delete(start_workspace):
    workspace = start_workspace(GOOD, LIVE)
    workspace.fault(method="GET", path="components", action="status", status=200, body="[]")
    result = workspace.kbsync("plan", "--prune")

    assert "delete" not in result.stdout


def test_a_listing_without_rows_is_never_a_reason_to_delete(start_workspace):
    body = (
        '[{"id": "keboola.ex-http", "configurations": [{"id": "a", "name": "A", "version": 1,'
        ' "configuration": {}, "state": {}, "rowsSortOrder": []}]}]'
    )
    workspace = start_workspace(GOOD, LIVE)
    workspace.fault(method="GET", path="components", action="status", status=200, body=body)
    result = workspace.kbsync("plan")

    assert result.exit_code == 8
    assert "has no `rows`" in result.stderr


def test_a_stack_that_does_not_answer_is_named(start_workspace, command):
    workspace = start_workspace(GOOD, LIVE)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    result = workspace.kbsync(*command, KEBOOLA_STACK_URL=f"127.0.0.1:{port}")

    assert result.exit_code == 8
    assert f"127.0.0.1:{port}" in result.stderr
    assert result.stderr.endswith("Nothing was written.\n")


def test_a_file_problem_ends_the_command_before_any_request(start_workspace, command):
    workspace = start_workspace(GOOD | {"keboola.ex-http/b/config.yaml": "name: [\n"}, LIVE)
    result = workspace.kbsync(*command)
    if command[0] == "rollback":
        pytest.skip(
            "a rollback does not read the files, so that it works whatever state they are in"
        )

    assert (result.exit_code, workspace.requests()) == (3, [])
    assert "keboola.ex-http/b/config.yaml:" in result.stderr


def test_a_rollback_works_whatever_state_the_files_are_in(start_workspace):
    workspace = start_workspace({"keboola.ex-http/b/config.yaml": "name: [\n"}, LIVE)

    assert workspace.kbsync(*COMMANDS[4]).exit_code == 0


def test_a_token_that_sees_only_some_components_is_refused(start_workspace):
    seed = {
        "components": LIVE,
        "tokens": [{"id": "7", "token": "limited", "componentAccess": ["keboola.ex-http"]}],
    }
    workspace = start_workspace(GOOD, seed)
    result = workspace.kbsync("plan", "--prune", KEBOOLA_TOKEN="limited")

    assert result.exit_code == 4
    assert "only some components (keboola.ex-http)" in result.stderr
    assert "Use a token with access to all components" in result.stderr


def git(folder, *arguments):
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.test")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def sparse(start_workspace):
    """A workspace whose row is in the commit and in the project, but not in the checkout."""
    files = GOOD | {"keboola.ex-http/a/rows/x.yaml": "name: X\n"}
    workspace = start_workspace(files)
    workspace.kbsync("apply", "--auto-approve")
    git(workspace.root, "init", "--quiet")
    git(workspace.root, "add", ".")
    git(workspace.root, "commit", "--quiet", "--message", "First")
    git(workspace.root, "sparse-checkout", "set", "--no-cone", "/*", "!rows")
    workspace.forget_requests()
    return workspace


def test_what_is_not_checked_out_is_not_deleted(sparse):
    result = sparse.kbsync("apply", "--auto-approve")

    assert (result.exit_code, sparse.writes()) == (4, [])
    assert (
        "1 file is in git but not in the checkout, such as keboola.ex-http/a/rows/x.yaml, "
        "so these may only look deleted: keboola.ex-http/a/x. Check them out: "
    ) in result.stderr
    assert "If you mean it: --allow deletes=1\n" in result.stderr


def test_what_is_not_checked_out_is_deleted_when_the_exact_number_is_allowed(sparse):
    assert sparse.kbsync("apply", "--auto-approve", "--allow", "deletes=2").exit_code == 4
    assert sparse.kbsync("apply", "--auto-approve", "--allow", "deletes=1").exit_code == 0


def test_a_plan_that_only_the_checkout_makes_suspicious_is_not_saved(sparse, tmp_path):
    file = tmp_path / "plan.json"
    refused = sparse.kbsync("plan", "-o", str(file))

    assert (refused.exit_code, file.exists()) == (4, False)
    assert "Apply will refuse this: " in refused.output
    assert sparse.kbsync("plan", "-o", str(file), "--allow", "deletes=1").exit_code == 0
    assert sparse.kbsync("apply", str(file), "--auto-approve").exit_code == 0


def test_rows_that_go_all_at_once_are_asked_for_even_within_the_limit(start_workspace):
    rows = {f"keboola.ex-http/a/rows/{name}.yaml": f"name: {name}\n" for name in "xyz"}
    workspace = start_workspace(GOOD | rows)
    workspace.kbsync("apply", "--auto-approve")
    shutil.rmtree(workspace.root / "keboola.ex-http/a/rows")
    workspace.forget_requests()
    result = workspace.kbsync("apply", "--auto-approve")

    assert (result.exit_code, workspace.writes()) == (4, [])
    assert "keboola.ex-http/a would lose all of its 3 rows: " in result.stderr
    assert workspace.kbsync("apply", "--auto-approve", "--allow", "deletes=3").exit_code == 0


ORDERS = "name: Orders\nconfiguration: {host: h, table: orders, user: u, limit: 10}\n"


@pytest.mark.parametrize("prune", [["--prune"], []], ids=["pruned", "left without files"])
def test_a_configuration_that_lost_its_id_is_not_made_twice(start_workspace, prune):
    workspace = start_workspace({"keboola.ex-http/123/config.yaml": ORDERS})
    workspace.kbsync("apply", "--auto-approve")
    (workspace.root / "keboola.ex-http/123").rename(workspace.root / "keboola.ex-http/orders")
    workspace.forget_requests()
    result = workspace.kbsync("apply", "--auto-approve", *prune)

    assert (result.exit_code, workspace.writes()) == (4, [])
    assert (
        'write `id: "123"` in keboola.ex-http/orders/config.yaml. '
        "If you mean it: --allow renames=1\n"
    ) in result.stderr

    workspace.write({"keboola.ex-http/orders/config.yaml": f'id: "123"\n{ORDERS}'})

    assert workspace.kbsync("plan", "--detailed-exitcode").exit_code == 0


def test_a_saved_plan_is_refused_for_a_rename_as_well(start_workspace, tmp_path):
    workspace = start_workspace({"keboola.ex-http/123/config.yaml": ORDERS})
    workspace.kbsync("apply", "--auto-approve")
    (workspace.root / "keboola.ex-http/123").rename(workspace.root / "keboola.ex-http/orders")
    file = str(tmp_path / "plan.json")
    workspace.kbsync("plan", "--prune", "-o", file)
    result = workspace.kbsync("apply", file, "--auto-approve")

    assert result.exit_code == 4
    assert 'write `id: "123"` in the file of keboola.ex-http/orders.' in result.stderr

    allowed = workspace.kbsync("apply", file, "--auto-approve", "--allow", "renames=1")

    assert allowed.exit_code == 0


def test_an_empty_tree_is_a_problem_for_validate_and_a_refusal_for_the_rest(start_workspace):
    workspace = start_workspace({}, LIVE)

    assert workspace.kbsync("validate").exit_code == 3
    assert workspace.kbsync("plan", "--prune").exit_code == 4
    assert workspace.kbsync("apply", "--prune", "--auto-approve").exit_code == 4
    assert workspace.writes() == []


@pytest.mark.parametrize(
    "arguments",
    [["--nope"], ["plann"], ["plan", "--nope"], ["plan", "a/b/c/d"], ["plan", "a//b"], []],
    ids=ids,
)
def test_wrong_usage_exits_with_64(start_workspace, arguments):
    workspace = start_workspace(GOOD, LIVE)

    assert workspace.kbsync(*arguments).exit_code == 64


@pytest.mark.parametrize("more", [["-o", "other.json"], ["keboola.ex-http"], ["--prune"]], ids=ids)
def test_a_check_of_a_saved_plan_takes_nothing_that_it_would_not_heed(
    start_workspace, tmp_path, more
):
    workspace = start_workspace(GOOD, LIVE)
    saved = str(tmp_path / "plan.json")
    workspace.kbsync("plan", "-o", saved)

    assert workspace.kbsync("plan", "--check", saved).exit_code == 0
    assert workspace.kbsync("plan", "--check", saved, *more).exit_code == 64


@pytest.mark.parametrize("command", [["plan"], ["pull"], ["drift"]], ids=ids)
def test_a_selector_of_what_the_scope_leaves_out_is_told_so(start_workspace, command):
    workspace = start_workspace(GOOD, LIVE)
    workspace.write({"kbsync.yaml": "version: 1\nscope: {exclude: [keboola.ex-http/b]}\n"})
    result = workspace.kbsync(*command, "keboola.ex-http/B")

    assert result.exit_code == 64
    assert "'keboola.ex-http/B' matches only what kbsync does not look after" in result.stderr
    assert "`scope` in kbsync.yaml" in result.stderr


@pytest.mark.parametrize("path", ["tokens/verify", "search"])
def test_what_is_not_found_comes_with_what_to_check(start_workspace, path):
    workspace = start_workspace(GOOD, LIVE)
    workspace.fault(method="GET", path=path, action="status", status=404)
    result = workspace.kbsync("plan")

    assert result.exit_code == 8
    assert "Hint: Check the address of the stack and the branch" in result.stderr


def test_a_selector_that_matches_nothing_is_a_slip_not_an_empty_plan(start_workspace):
    workspace = start_workspace(GOOD, LIVE)
    result = workspace.kbsync("plan", "keboola.ex-htp/a")

    assert result.exit_code == 64
    assert "Did you mean keboola.ex-http/a" in result.stderr


@pytest.mark.parametrize("row_id", [".", ".."])
def test_a_row_that_no_address_can_hold_is_refused_instead_of_its_configuration(
    start_workspace, row_id
):
    rows = [{"id": row_id, "name": "Dots", "state": {"s": 1}}, {"id": "r", "name": "R"}]
    live = [{"id": "keboola.ex-http", "configurations": [{"id": "a", "name": "A", "rows": rows}]}]
    workspace = start_workspace(GOOD | {"keboola.ex-http/a/rows/r.yaml": "name: R\n"}, live)
    commands = (
        ("apply", "--auto-approve"),
        ("reset-state", "keboola.ex-http/a", "--auto-approve"),
        ("rollback", f"keboola.ex-http/a/{row_id}", "--to-version", "1", "--auto-approve"),
    )
    results = [workspace.kbsync(*command) for command in commands]

    assert [result.exit_code for result in results] == [4, 4, 4]
    assert all("id that no address can hold" in result.output for result in results)
    assert all(result.output.endswith("Nothing was written.\n") for result in results)
    assert workspace.writes() == []


@pytest.mark.parametrize(
    "arguments",
    [
        *COMMANDS,
        ["rollback", "--run", "01KAN5T0W8Z3V7Q2M4R6X9YBCD"],
        ["rollback", "--before", "2026-11-20"],
        ["restore", "keboola.ex-http/a"],
        ["holds"],
    ],
    ids=ids,
)
def test_a_token_that_sees_nothing_is_told_from_an_empty_project(start_workspace, arguments):
    tokens = [{"id": "7", "token": "test-token", "isMasterToken": False}]
    workspace = start_workspace(GOOD, {"components": LIVE, "tokens": tokens})
    result = workspace.kbsync(*arguments)

    assert (result.exit_code, workspace.writes()) == (7, [])
    assert "The token may not look at configurations" in result.stderr
