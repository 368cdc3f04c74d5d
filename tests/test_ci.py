"""The pipelines that `kbsync ci init` writes: their steps are run, the platform is a stand-in."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from kbsync.ci.pipeline import name_of
from tests import stand_ins
from tests.workspace import TOKEN

COMPONENT = "keboola.ex-http"
FILE = f"{COMPONENT}/a/config.yaml"
FILES = {FILE: "name: A\nconfiguration: {n: 1}\n"}
HOSTILE = "\"; touch hacked; echo $(touch hacked) `touch hacked` '$KEBOOLA_TOKEN"
GITHUB_FILE = ".github/workflows/kbsync.yml"
GITLAB_FILE = ".gitlab/kbsync.gitlab-ci.yml"
needs_jq = pytest.mark.skipif(not shutil.which("jq"), reason="gh speaks jq; there is none here")


@pytest.fixture(autouse=True)
def _git(monkeypatch):
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Test")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "test@example.test")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", "/")


def git(folder, *arguments):
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
    return done.stdout.decode().strip()


class Machine:
    """A checkout on the machine of a pipeline, the platform around it, an emulated project."""

    def __init__(self, workspace, tmp_path):
        self.workspace = workspace
        self.top = workspace.root.parent
        self.temporary = tmp_path / "runner"
        self.temporary.mkdir()
        self.state_file = stand_ins.install(tmp_path / "bin")
        self.origin = tmp_path / "origin.git"
        git(self.top, "init", "--quiet", "--initial-branch=main")
        self.commit()
        git(tmp_path, "clone", "--quiet", "--bare", str(self.top), str(self.origin))
        git(self.top, "remote", "add", "origin", str(self.origin))

    def commit(self):
        git(self.top, "add", ".")
        git(self.top, "commit", "--quiet", "--message", "Change")
        self.sha = git(self.top, "rev-parse", "HEAD")

    def init(self, platform, *options):
        result = self.workspace.kbsync("ci", "init", platform, *options)
        assert result.exit_code == 0, result.output
        file = {"github": GITHUB_FILE, "gitlab": GITLAB_FILE}[platform]
        return yaml.safe_load((self.top / file).read_text())

    @property
    def state(self):
        return json.loads(self.state_file.read_text())

    def remember(self, **facts):
        self.state_file.write_text(json.dumps(self.state | facts))

    def bash(self, script, **environment):
        """Run *script* as the platforms do."""
        path = [self.state_file.parent, Path(sys.executable).parent, os.environ["PATH"]]
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.top,
            env=os.environ
            | {"PATH": os.pathsep.join(map(str, path)), stand_ins.STATE: str(self.state_file)}
            | {"KEBOOLA_STACK_URL": self.workspace.server.url, "PYTHONUTF8": "1"}
            | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def step(self, job, name, environment, **known):
        """Run a step of a GitHub job; return what it did and its outputs."""
        (step,) = [each for each in job["steps"] if each.get("name") == name]
        output = self.temporary / "output"
        output.write_text("")
        given = {
            "secrets.KEBOOLA_TOKEN": TOKEN,
            "vars.KEBOOLA_STACK_URL": self.workspace.server.url,
            "github.token": "github-token",
            "github.event.pull_request.number": "5",
            **known,
        }
        variables = {
            key: re.sub(r"\$\{\{ (.+?) \}\}", lambda found: given[found[1]], str(value))
            for key, value in (environment | step.get("env", {})).items()
        }
        done = self.bash(
            step["run"],
            **variables,
            GITHUB_REPOSITORY="acme/shop",
            GITHUB_REF_NAME="main",
            GITHUB_SHA=self.sha,
            GITHUB_OUTPUT=str(output),
            GITHUB_STEP_SUMMARY=str(self.temporary / "summary"),
            RUNNER_TEMP=str(self.temporary),
        )
        outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
        return done, outputs

    def job(self, jobs, name, **environment):
        """Run a GitLab job but for the installation."""
        job = jobs[".kbsync"] | jobs[f"kbsync-{name}"]
        installation, *before = job["before_script"]
        assert "pip install" in installation
        return self.bash(
            "\n".join([*before, *job["script"]]),
            **job["variables"],
            CI_API_V4_URL="https://gitlab.test/api/v4",
            CI_PROJECT_ID="9",
            CI_MERGE_REQUEST_IID="5",
            CI_COMMIT_BRANCH="main",
            CI_COMMIT_SHA=self.sha,
            KBSYNC_GITLAB_TOKEN="gitlab-token",
            KEBOOLA_TOKEN=TOKEN,
            **environment,
        )


@pytest.fixture
def machine(start_workspace, tmp_path):
    """The tree is a folder of the repository, not its top."""
    return Machine(start_workspace(FILES, folder="repository/tree"), tmp_path)


def names(machine):
    components = machine.workspace.project()
    return [config["name"] for each in components for config in each["configurations"]]


def edit(machine):
    machine.workspace.storage("PUT", f"components/{COMPONENT}/configs/a", {"name": "By hand"})


def put_back(machine):
    machine.workspace.kbsync("apply", "--auto-approve", "--overwrite-drift", "*")


@pytest.mark.parametrize(("platform", "file"), [("github", GITHUB_FILE), ("gitlab", GITLAB_FILE)])
def test_the_file_stands_at_the_top_and_knows_where_the_tree_is(machine, platform, file):
    made = machine.workspace.kbsync("ci", "init", platform, "--source", "kbsync @ file:///x")
    text = (machine.top / file).read_text()
    printed = machine.workspace.kbsync(
        "ci", "init", platform, "--source", "kbsync @ file:///x", "--print"
    )

    assert made.exit_code == 0
    assert made.stdout == f"Written: {file}\n"
    assert 'KBSYNC_PROJECT_DIR: "tree"\n' in text
    assert 'KBSYNC_SOURCE: "kbsync @ file:///x"\n' in text
    assert re.findall("@[A-Z]+@", text) == []
    assert printed.stdout == text


def test_printing_writes_nothing(machine):
    before = [*machine.top.iterdir()]
    machine.workspace.kbsync("ci", "init", "github", "--print")

    assert [*machine.top.iterdir()] == before


def test_a_file_that_says_something_else_is_replaced_by_force_alone(machine):
    path = machine.top / GITHUB_FILE
    machine.init("github")
    written = path.read_bytes()
    again = machine.workspace.kbsync("ci", "init", "github")
    path.write_text("mine")
    refused = machine.workspace.kbsync("ci", "init", "github")

    assert again.exit_code == 0
    assert again.output == f"{GITHUB_FILE} is there already, and says the same.\n"
    assert refused.exit_code == 4
    assert "--force" in refused.output
    assert path.read_text() == "mine"

    machine.init("github", "--force")

    assert path.read_bytes() == written


def test_the_pipeline_has_the_token_the_environment_and_the_branch_of_the_tree(machine):
    git(machine.top, "update-ref", "refs/remotes/origin/trunk", "HEAD")
    git(machine.top, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    settings = "environments: {dev: {token_env: DEV_TOKEN}, prod: {}}\n"
    machine.workspace.write({"kbsync.yaml": f"version: 1\ndefault_environment: prod\n{settings}"})
    out = machine.top / "dev.yml"
    machine.workspace.kbsync("--env", "dev", "ci", "init", "github", "-o", str(out))
    made = yaml.safe_load(out.read_text())

    assert made["name"] == "dev"
    assert made["env"]["KBSYNC_ENV"] == "dev"
    assert made[True]["push"] == {"branches": ["trunk"]}
    assert "secrets.DEV_TOKEN" in out.read_text()
    assert "KEBOOLA_TOKEN" not in out.read_text()


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (".github/workflows/kbsync.yml", "kbsync"),
        ("kbsync-dev.gitlab-ci.yml", "kbsync-dev"),
        (".gitlab-ci.yml", "kbsync"),
        ("my pipe's.yml", "my-pipe-s"),
    ],
)
def test_a_pipeline_is_called_as_its_file(file, name):
    assert name_of(file) == name


def test_a_step_on_github_has_a_token_only_to_use_it(machine):
    workflow = machine.init("github")
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    with_token = [step["name"] for step in steps if "secrets." in str(step)]

    assert with_token == ["Plan", "Apply", "Look for drift", "Roll back"]
    assert workflow["permissions"] == {}
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())
    assert {step["uses"].split("/")[0] for step in steps if "uses" in step} == {"actions"}
    assert [step for step in steps if "${{" in step.get("run", "")] == []


@needs_jq
def test_on_github_the_plan_is_one_comment_that_is_kept_up_to_date(machine):
    workflow = machine.init("github")
    env, plan = workflow["env"], workflow["jobs"]["plan"]
    someone = {"route": "issues/5/comments", "id": 1, "user": {"login": "eve"}}
    machine.remember(posts=[someone | {"body": "<!-- kbsync: plan -->"}])

    def plan_and_comment():
        done, outputs = machine.step(plan, "Plan", env)
        code = {"steps.plan.outputs.code": outputs["code"]}
        machine.step(plan, "Comment", env, **code)[0].check_returncode()
        return done, [each["body"] for each in machine.state["posts"][1:]]

    done, first = plan_and_comment()
    machine.workspace.write({FILE: "name: B\n"})
    _, second = plan_and_comment()
    machine.workspace.write({FILE: "name: [\n"})
    broken, third = plan_and_comment()
    machine.workspace.write(FILES)
    put_back(machine)
    _, last = plan_and_comment()

    assert done.returncode == 0, done.stderr
    assert len(first) == len(second) == len(third) == len(last) == 1
    assert first[0].startswith("<!-- kbsync: plan -->\n<!-- kbsync:1234:")
    assert "### kbsync plan: 1 create" in first[0]
    assert "<code>&quot;B&quot;</code>" in second[0]
    assert broken.returncode == 3
    assert (
        "### kbsync plan: failed with exit code 3\n\n    keboola.ex-http/a/config.yaml:" in third[0]
    )
    assert "### kbsync plan: no changes" in last[0]
    assert (machine.temporary / "plan.html").read_text().startswith("<!doctype html>")
    assert machine.state["seen"] == [False] * len(machine.state["calls"])
    assert names(machine) == ["A"]


@needs_jq
def test_on_github_no_changes_make_no_comment(machine):
    workflow = machine.init("github")
    put_back(machine)
    _, outputs = machine.step(workflow["jobs"]["plan"], "Plan", workflow["env"])
    code = {"steps.plan.outputs.code": outputs["code"]}
    done, _ = machine.step(workflow["jobs"]["plan"], "Comment", workflow["env"], **code)

    assert done.stdout == "No changes, so no comment.\n"
    assert machine.state["posts"] == []


@needs_jq
def test_on_github_apply_applies_and_only_the_newest_commit(machine):
    workflow = machine.init("github")
    apply = workflow["jobs"]["apply"]
    machine.remember(head="another")
    old, outputs = machine.step(apply, "Is this the newest commit?", workflow["env"])
    done, _ = machine.step(apply, "Apply", workflow["env"])

    assert old.returncode == 0
    assert outputs == {"commit": "another"}
    assert old.stdout.startswith("::notice::Not applied: another is newer")
    assert done.returncode == 0, done.stderr
    assert names(machine) == ["A"]

    (upload,) = [step for step in apply["steps"] if "upload" in step.get("uses", "")]
    pattern = upload["with"]["path"].replace("${{ env.KBSYNC_PROJECT_DIR }}", "tree")

    assert len([*machine.top.glob(pattern)]) == 1
    assert upload["if"] == "always()"
    assert upload["with"]["include-hidden-files"] is True


@needs_jq
def test_on_github_drift_opens_one_issue_and_closes_it(machine):
    workflow = machine.init("github")
    put_back(machine)

    def look():
        done, outputs = machine.step(workflow["jobs"]["drift"], "Look for drift", workflow["env"])
        assert done.returncode == 0, done.stderr
        code = {"steps.drift.outputs.code": outputs["code"]}
        job = workflow["jobs"]["drift"]
        machine.step(job, "Tell in an issue", workflow["env"], **code)[0].check_returncode()
        return [(each.get("state"), each["body"]) for each in machine.state["posts"]]

    assert look() == []

    edit(machine)
    look()
    ((state, body),) = look()

    assert state is None
    assert "By hand" in body
    assert machine.state["posts"][0]["labels"] == "kbsync-drift"
    assert machine.state["labels"] == ["kbsync-drift"]

    put_back(machine)
    ((state, body),) = look()

    assert state == "closed"
    assert "### kbsync drift: none" in body


def test_on_github_a_failed_look_for_drift_touches_no_issue(machine):
    workflow = machine.init("github")
    machine.workspace.write({FILE: "name: [\n"})
    done, outputs = machine.step(workflow["jobs"]["drift"], "Look for drift", workflow["env"])

    assert done.returncode == 3
    assert outputs == {}


@pytest.mark.parametrize("platform", ["github", "gitlab"])
def test_what_people_type_for_a_rollback_is_never_a_command(machine, platform):
    pipeline = machine.init(platform)
    put_back(machine)

    def roll_back(run, message):
        if platform == "gitlab":
            return machine.job(pipeline, "rollback", ROLLBACK_RUN=run, ROLLBACK_MESSAGE=message)
        typed = {"inputs.run": run, "inputs.message": message}
        job = pipeline["jobs"]["rollback"]
        return machine.step(job, "Roll back", pipeline["env"], **typed)[0]

    hostile = roll_back(HOSTILE, "")
    option = roll_back("--auto-approve", "")
    machine.workspace.write({FILE: "name: B\n"})
    put_back(machine)
    (run, *_) = sorted((machine.workspace.root / ".kbsync/runs").glob("*.jsonl"), reverse=True)
    done = roll_back(run.stem, HOSTILE)
    path = f"components/{COMPONENT}/configs/a/versions"
    said = machine.workspace.storage("GET", path).json()[0]["changeDescription"]

    assert (hostile.returncode, option.returncode) == (64, 64)
    assert f"'{HOSTILE}' is no run id" in hostile.stderr
    assert "'--auto-approve' is no run id" in option.stderr
    assert done.returncode == 0, done.stderr
    assert names(machine) == ["A"]
    assert HOSTILE in said
    assert [*machine.top.rglob("hacked")] == []


def test_on_gitlab_the_plan_is_one_note_that_is_kept_up_to_date(machine):
    jobs = machine.init("gitlab")
    notes = "projects/9/merge_requests/5/notes"
    someone = {"route": notes, "id": 1, "author": {"id": 1}, "body": "<!-- kbsync: plan -->"}
    machine.remember(posts=[someone])

    def plan():
        done = machine.job(jobs, "plan")
        return done, [each["body"] for each in machine.state["posts"][1:]]

    done, first = plan()
    machine.workspace.write({FILE: "name: [\n"})
    broken, second = plan()
    machine.workspace.write(FILES)
    put_back(machine)
    _, last = plan()

    assert done.returncode == 0, done.stderr
    assert len(first) == len(second) == len(last) == 1
    assert "### kbsync plan: 1 create" in first[0]
    assert broken.returncode == 3
    assert "### kbsync plan: failed with exit code 3" in second[0]
    assert "### kbsync plan: no changes" in last[0]
    assert "with uncommitted changes" not in first[0]
    artifacts = jobs["kbsync-plan"]["artifacts"]["paths"]
    paths = [path.replace("$KBSYNC_PROJECT_DIR", "tree") for path in artifacts]
    assert [path for path in paths if not (machine.top / path).is_file()] == []


def test_on_gitlab_apply_applies_and_only_the_newest_commit(machine):
    jobs = machine.init("gitlab")
    newest, machine.sha = machine.sha, "0" * 40
    old = machine.job(jobs, "apply")

    assert old.stdout == f"Not applied: {newest} is newer, and has a pipeline of its own.\n"
    assert names(machine) == []

    machine.sha = newest
    done = machine.job(jobs, "apply")

    assert done.returncode == 0, done.stderr
    assert names(machine) == ["A"]


def test_on_gitlab_drift_opens_one_issue_and_closes_it(machine):
    jobs = machine.init("gitlab")
    put_back(machine)

    def look():
        done = machine.job(jobs, "drift")
        assert done.returncode == 0, done.stderr
        found = machine.state["posts"]
        return [(each.get("state"), each["description"]) for each in found]

    assert look() == []

    edit(machine)
    look()
    ((state, text),) = look()

    assert state is None
    assert "By hand" in text
    assert machine.state["posts"][0]["labels"] == "kbsync-drift"

    put_back(machine)

    assert [state for state, _ in look()] == ["closed"]
