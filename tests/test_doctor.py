"""`kbsync doctor`: every check is made, says what is wrong, and nothing is written or shown."""

import json
import socketserver
import subprocess
import threading
from datetime import UTC, datetime, timedelta

import pytest

from kbsync.doctor.machine import world_finding
from kbsync.doctor.token import project_finding, token_findings
from kbsync.errors import ExitCode, InvalidFilesError
from kbsync.finding import Verdict, failed, failed_by, ok
from kbsync.problems import Problem
from kbsync.render.findings import findings_lines
from tests.workspace import TOKEN

COMPONENT = "keboola.ex-http"
FILE = f"{COMPONENT}/a/config.yaml"
CHECKS = [
    *("kbsync", "libraries", "network", "settings", "tree", "runs", "cache", "git"),
    *("stack", "clock", "services", "token", "expiry", "rights", "trash"),
    *("project", "branch", "lease", "world"),
]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MASTER = {
    "id": "1",
    "description": "me",
    "isMasterToken": True,
    "canManageBuckets": True,
    "canPurgeTrash": False,
    "expires": None,
    "admin": {"role": "admin"},
    "owner": {"id": 8341, "name": "Shop"},
}
LIMITED = MASTER | {"isMasterToken": False, "canManageBuckets": False, "admin": {}}


@pytest.fixture
def sound(start_workspace):
    """A workspace in which nothing fails."""
    workspace = start_workspace(
        {FILE: "name: A\nconfiguration: {}\n"}, {"project": {"id": 8341, "name": "Shop"}}
    )
    assert workspace.kbsync("init").exit_code == 0
    workspace.forget_requests()
    return workspace


def examined(workspace, **environment):
    """The exit code, and by check how it ended and what it said."""
    result = workspace.kbsync("doctor", "--format", "json", **environment)
    document = json.loads(result.stdout)
    found = {each["check"]: each for each in document["checks"]}
    assert document["exitCode"] == result.exit_code, result.output
    assert [*found] == CHECKS
    return result.exit_code, found


def test_where_all_is_well_it_says_so_and_changes_nothing(sound):
    before = sound.files()
    result = sound.kbsync("doctor")
    lines = result.stdout.splitlines()

    assert result.exit_code == 0
    assert 'ok           project    8341 "Shop"' in lines
    assert "ok           tree       valid: 1 configuration, 0 rows" in lines
    assert "ok           lease      nobody is writing to the branch" in lines
    assert lines[-1] == "19 checks, 0 failed, 2 warnings."
    assert sound.files() == before
    assert not (sound.root / ".kbsync").exists()
    assert sound.requests() == [
        *("GET ", "GET tokens/verify", "GET dev-branches", "GET branch/default/metadata")
    ]


def test_without_anything_every_check_ends_all_the_same(start_workspace):
    workspace = start_workspace()
    code, found = examined(workspace, KEBOOLA_STACK_URL="", KEBOOLA_TOKEN="")

    assert code == ExitCode.INVALID
    assert found["settings"]["todo"] == "Write it: kbsync init"
    assert found["tree"]["said"] == "there is no configuration here"
    assert found["stack"]["said"] == "no stack is set"
    assert found["token"]["verdict"] == "not checked"


def test_a_folder_that_is_not_there_is_told(start_workspace):
    workspace = start_workspace()
    workspace.root /= "missing"
    code, found = examined(workspace)

    assert code == ExitCode.INVALID
    assert "there is no such folder" in found["settings"]["said"]
    assert found["git"]["verdict"] == "not checked"


@pytest.mark.parametrize(
    ("stack", "said"),
    [
        ("nowhere.invalid", "the name of the host is not known"),
        ("http://127.0.0.1:1", "no connection"),
    ],
    ids=["name", "connection"],
)
def test_a_stack_that_cannot_be_reached_says_why_and_is_shown_no_token(sound, stack, said):
    code, found = examined(sound, KEBOOLA_STACK_URL=stack)

    assert code == ExitCode.API
    assert said in found["stack"]["said"]
    assert found["token"]["said"] == "the stack does not answer"
    assert found["tree"]["verdict"] == "ok"


class SpeaksNoTls(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(1000)
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_a_stack_without_tls_says_so(sound):
    with socketserver.TCPServer(("127.0.0.1", 0), SpeaksNoTls) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stack = f"https://127.0.0.1:{server.server_address[1]}"
        code, found = examined(sound, KEBOOLA_STACK_URL=stack)
        server.shutdown()

    assert code == ExitCode.API
    assert "the TLS certificate was not accepted" in found["stack"]["said"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"status": 500}, "HTTP 500"),
        ({"status": 200, "body": "<html>"}, "is not JSON"),
        ({"status": 200, "body": {}}, "answers, but not as a Keboola stack does"),
    ],
    ids=["failing", "a web page", "something else"],
)
def test_a_stack_that_answers_otherwise_is_told(sound, rule, said):
    sound.fault(method="GET", path="storage/?$", action="status", **rule)
    code, found = examined(sound)

    assert code == ExitCode.API
    assert said in found["stack"]["said"]


def test_a_token_that_is_not_accepted_ends_with_its_code(sound):
    sound.fault(method="GET", path="verify", action="status", status=401, body={"error": TOKEN})
    code, found = examined(sound)

    assert code == ExitCode.ACCESS
    assert found["token"]["verdict"] == "failed"
    assert found["branch"]["said"] == "there is no token that works"
    assert TOKEN not in json.dumps(found)


def test_without_a_token_it_says_which_variable(sound):
    code, found = examined(sound, KEBOOLA_TOKEN="")

    assert code == ExitCode.ACCESS
    assert "KEBOOLA_TOKEN is not set" in found["token"]["said"]


def test_an_answer_without_a_project_is_told(sound):
    sound.fault(method="GET", path="verify", action="status", status=200, body={"owner": {}})

    assert "does not tell which project" in examined(sound)[1]["token"]["said"]


def test_a_check_that_fails_does_not_stop_the_others(sound):
    sound.fault(method="GET", path="dev-branches", action="status", status=403)
    code, found = examined(sound)

    assert code == ExitCode.ACCESS
    assert found["branch"]["verdict"] == "failed"
    assert found["lease"]["verdict"] == "ok"


def test_a_branch_that_is_gone_is_told_with_those_there_are(sound):
    text = sound.files()["kbsync.yaml"].decode()
    sound.write({"kbsync.yaml": text.replace("branch: default", "branch: 77")})
    code, found = examined(sound)

    assert code == ExitCode.INVALID
    assert found["branch"]["said"] == "there is no branch 77 in the project"
    assert '"Main"' in found["branch"]["todo"]


def test_a_clock_that_is_wrong_is_a_warning(sound):
    index = {"api": "storage", "services": []}
    sound.fault(
        method="GET",
        path="storage/?$",
        action="status",
        status=200,
        body=index,
        headers={"Date": "Sun, 22 Nov 2020 12:00:00 GMT"},
    )
    code, found = examined(sound)

    assert code == 0
    assert found["clock"]["verdict"] == "warning"
    assert "ahead of the platform" in found["clock"]["said"]
    assert found["services"]["said"] == "the stack tells no address of encryption and scheduler"


def test_a_run_elsewhere_is_told_by_its_lease(sound):
    until = datetime.now(UTC) + timedelta(seconds=90)
    value = json.dumps({"holder": "ci@host", "until": until.isoformat()})
    sound.storage("POST", "metadata", {"metadata": [{"key": "KBSYNC.lease.R1", "value": value}]})
    code, found = examined(sound)

    assert code == 0
    assert found["lease"]["said"] == "run R1 of ci@host is writing to the branch"


def test_files_that_are_not_valid_are_counted(sound):
    sound.write({FILE: "name: 1\nx: 2\n"})
    code, found = examined(sound)

    assert code == ExitCode.INVALID
    assert found["tree"]["said"].startswith(f"{FILE}:1:1: ")
    assert found["tree"]["said"].endswith("(2 problems: `kbsync validate` lists them)")
    assert found["token"]["verdict"] == "ok"


def test_settings_that_are_not_valid_leave_the_files_to_look_at(sound):
    sound.write({"kbsync.yaml": "version: 2\n"})
    code, found = examined(sound)

    assert code == ExitCode.INVALID
    assert found["settings"]["verdict"] == "failed"
    assert found["tree"]["verdict"] == "ok"
    assert found["stack"]["said"] == "the settings cannot be read"


def test_what_runs_left_behind_is_told(sound):
    start = {"event": "start", "run": "01KAN5T0W8Z3V7Q2M4R6X9YBCD"}
    sound.write(
        {
            ".kbsync/runs/01KAN5T0W8Z3V7Q2M4R6X9YBCD.jsonl": json.dumps(start) + "\n",
            ".kbsync/pulling/todo.json": "{}",
        }
    )
    code, found = examined(sound)

    assert code == ExitCode.REFUSED
    assert found["tree"]["todo"] == "Finish it: kbsync pull"
    assert found["runs"]["todo"] == (
        "See what became of it: kbsync runs 01KAN5T0W8Z3V7Q2M4R6X9YBCD"
    )


def test_another_run_in_the_folder_is_told(sound):
    from kbsync.run.lock import locked

    with locked(sound.root):
        code, found = examined(sound)

    assert (code, found["runs"]["said"]) == (0, "another kbsync is writing from this folder")


def test_own_files_that_cannot_be_written_are_told(sound):
    sound.write({".kbsync": "a file"})

    assert examined(sound)[1]["cache"]["verdict"] == "warning"


def git(root, *arguments):
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.test", *arguments]
    subprocess.run(command, cwd=root, check=True, capture_output=True)


def test_git_is_looked_at(sound, monkeypatch):
    root, said = sound.root, []
    said.append(examined(sound)[1]["git"]["said"])
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    said.append(examined(sound)[1]["git"]["said"])
    sound.write({FILE: "name: B\n", ".kbsync/x": "y"})
    said.append(examined(sound)[1]["git"]["said"])
    git(root, "add", "-f", ".kbsync/x")
    said.append(examined(sound)[1]["git"]["said"])
    monkeypatch.setenv("PATH", "")
    said.append(examined(sound)[1]["git"]["said"])

    assert said[0] == "there is no commit here, so plans name none"
    assert said[1].startswith("at commit ")
    assert said[2] == f"{said[1]}, and the files differ from it"
    assert said[3] == ".kbsync is in git, where it does not belong"
    assert said[4] == "git is not installed, so plans name no commit"


def test_of_variables_only_the_names_are_told(sound):
    environment = {"HTTPS_PROXY": "http://fake-user:fake-one@proxy.test", "no_proxy": "127.0.0.1"}
    result = sound.kbsync("doctor", **environment)

    assert "HTTPS_PROXY, " in result.stdout
    assert "no_proxy" in result.stdout
    assert "fake-one" not in result.output


@pytest.mark.parametrize(
    ("environ", "project", "verdict", "said"),
    [
        ({}, 1, "ok", "outside of Keboola (KBC_PROJECT_ID is not set)"),
        ({"KBC_PROJECT_ID": "1"}, 1, "ok", "inside a Keboola workspace of project 1"),
        ({"KBC_PROJECT_ID": "1"}, None, "ok", "inside a Keboola workspace of project 1"),
        (
            {"KBC_PROJECT_ID": "1"},
            2,
            "warning",
            "inside a Keboola workspace of project 1, but the token belongs to project 2",
        ),
        (
            {"KBC_PROJECT_ID": "fake-one"},
            1,
            "warning",
            "KBC_PROJECT_ID is set, but to no number of a project",
        ),
    ],
)
def test_inside_or_outside_of_keboola(environ, project, verdict, said):
    found = world_finding(environ, project)

    assert (found.verdict, found.said) == (verdict, said)


@pytest.mark.parametrize(
    ("token", "check", "verdict", "said"),
    [
        (MASTER, "token", "ok", '"me", id 1, master token, role admin'),
        (LIMITED, "token", "ok", '"me", id 1, limited token'),
        (MASTER | {"isDisabled": True}, "token", "failed", ", is disabled"),
        (MASTER | {"isExpired": True}, "token", "failed", ", is expired"),
        (MASTER, "expiry", "ok", "the token never expires"),
        (MASTER | {"expires": "2027-01-01T00:00:00+0100"}, "expiry", "ok", "2026-12-31 23:00 UTC"),
        (MASTER | {"expires": "2026-12-01T00:00:00+0100"}, "expiry", "warning", "in 8 days"),
        (MASTER | {"expires": "2026-11-23T12:00:01"}, "expiry", "warning", "in 1 day, at"),
        (MASTER | {"expires": "2026-11-22T12:00:00Z"}, "expiry", "failed", "expired at"),
        (MASTER | {"expires": "soon"}, "expiry", "warning", "not at a known time"),
        (MASTER, "rights", "ok", "may read and write every configuration"),
        (MASTER | {"admin": {"role": "readOnly"}}, "rights", "warning", "may only read"),
        (LIMITED, "rights", "failed", "may not look at configurations"),
        (LIMITED | {"componentAccess": [*"abcdef"]}, "rights", "failed", "a, b, c, d, e, ..."),
        (MASTER, "trash", "ok", "cannot purge"),
        (MASTER | {"canPurgeTrash": True}, "trash", "warning", "may purge the trash"),
    ],
)
def test_what_a_token_may_do(token, check, verdict, said):
    found = {each.check: each for each in token_findings(token, NOW)}[check]

    assert (found.verdict, said in found.said) == (verdict, True), found


@pytest.mark.parametrize(
    ("owner", "wanted", "verdict", "code"),
    [
        ({}, 8341, "ok", ExitCode.DONE),
        ({}, None, "warning", ExitCode.DONE),
        ({}, 1, "failed", ExitCode.REFUSED),
        ({"isDisabled": True}, 8341, "failed", ExitCode.ACCESS),
    ],
)
def test_which_project_a_token_is_of(owner, wanted, verdict, code):
    found = project_finding(MASTER | {"owner": MASTER["owner"] | owner}, wanted)

    assert (found.verdict, found.exit_code) == (verdict, code)


def test_one_problem_is_told_without_a_count():
    error = InvalidFilesError([Problem("a.yaml", 1, 1, "wrong")])

    assert failed_by("tree", error).said == "a.yaml:1:1: wrong"


def test_lines_are_harmless_whatever_they_repeat():
    findings = [ok("x", "a\n::error::b\x1b[2J"), failed("y", "b", "c\r", ExitCode.API)]
    lines = [line.text for line in findings_lines(findings)]

    assert lines[0] == f"{Verdict.OK:<11}  x  a\\n::error::b\\u001b[2J"
    assert lines[-2:] == ["                c\\r", "2 checks, 1 failed, 0 warnings."]
