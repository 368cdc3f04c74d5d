"""Answers that get lost, break off or never come: run it again and it converges."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reliability.harness import picture, run
from tests.reliability.project import APPLY, contents
from tests.test_convergence import ONCE, projects, show, workspace_with

MOST_RUNS = 10
ALLOWED = re.compile(r"--allow (\w+=\d+)")
FIELDS = ("name", "description", "isDisabled", "configuration")
KINDS = (
    {"action": "reset", "when": "before"},
    {"action": "reset", "when": "after"},
    {"action": "truncate", "when": "after"},
    {"action": "status", "status": 500},
    {"action": "status", "status": 502, "when": "after", "body": "<html>Bad gateway</html>"},
    {"action": "status", "status": 503, "headers": {"Retry-After": "0"}},
    {"action": "status", "status": 504, "when": "after"},
    {"action": "status", "status": 429, "headers": {"Retry-After": "0"}},
    {"action": "status", "status": 408, "when": "after"},
)


def faults_of(dice, count):
    """So many rules, each for one request somewhere in a run."""
    return [
        {"path": "components", "skip": dice.randrange(90), "times": 1, **dice.choice(KINDS)}
        | ({"method": dice.choice(("POST", "PUT"))} if dice.random() < 0.7 else {})
        for _ in range(count)
    ]


def run_to_the_end(workspace, *arguments, **environment):
    """Run until there is nothing left to do; the exit codes on the way."""
    codes = []
    while not codes or codes[-1] != 0:
        assert len(codes) < MOST_RUNS, f"no end after {codes}"
        codes.append(run(workspace, *arguments, **environment).returncode)
    return codes


def check_converges(bench, done, seed):
    dice = random.Random(seed)
    workspace = bench.fresh()
    for rule in faults_of(dice, dice.randint(1, 12)):
        workspace.fault(**rule)
    # An answer lost again and again is given up after a while: then the next run has to.
    codes = run_to_the_end(workspace, *APPLY, KBSYNC_MAX_WAIT=dice.choice(("0", "5")))

    assert set(codes[:-1]) <= {6, 7, 8}, f"seed {seed}: {codes}"
    assert picture(workspace)[0] == done[0], f"seed {seed}: {codes}"
    assert picture(workspace)[2] == done[2], f"seed {seed}: {codes}"
    assert picture(workspace)[1] == done[1], f"seed {seed}: {codes}"


def test_with_some_lost_answers_it_converges(bench, done):
    for seed in range(3):
        check_converges(bench, done, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1100))
def test_with_many_lost_answers_it_converges(bench, done, seed):
    check_converges(bench, done, seed)


def check_any_project_converges(bench, root, wanted, live, seed):
    workspace = workspace_with(bench.server, root, wanted)
    workspace.end_faults()
    workspace.kbsync("pull")
    settings_file = workspace.root / "kbsync.yaml"
    generous = "limits: {deletes: 1000, updates: 1000, resets: 1000}\n"
    settings_file.write_text(settings_file.read_text() + generous)
    show(workspace, live)
    allowed = allowances(workspace)
    dice = random.Random(seed)
    for rule in faults_of(dice, dice.randint(1, 6)):
        workspace.fault(**{**rule, "skip": dice.randrange(20)})
    codes = []
    while not codes or codes[-1] != 0:
        assert len(codes) < MOST_RUNS, f"no end after {codes}"
        again = workspace.kbsync(*APPLY, *allowed, KBSYNC_MAX_WAIT=dice.choice(("0", "1")))
        codes.append(again.exit_code)
        allowed = allowed if again.exit_code != 4 else allowances(workspace)
    workspace.end_faults()

    assert workspace.kbsync("plan", "--prune", "--detailed-exitcode").exit_code == 0
    assert declared(workspace.project()) == declared(wanted)


def allowances(workspace):
    """The options that a look at the plan asks for: here, everything is meant."""
    workspace.end_faults()
    words = workspace.kbsync(*APPLY[:1], "--prune").stderr
    return [word for each in sorted(set(ALLOWED.findall(words))) for word in ("--allow", each)]


def declared(project):
    """What the files of *project* say of each object."""
    return {
        key: (
            {name: found[name] for name in FIELDS},
            {each["id"]: {name: each[name] for name in FIELDS} for each in found["rows"]},
        )
        for key, found in contents(project).items()
    }


@settings(ONCE, max_examples=10)
@given(wanted=projects(), live=projects(), seed=st.integers(0, 2**32))
def test_any_project_converges_under_any_faults(bench, tmp_path, wanted, live, seed):
    if any(component["configurations"] for component in wanted):
        check_any_project_converges(bench, tmp_path / "tree", wanted, live, seed)


@pytest.mark.slow
@settings(ONCE, max_examples=300)
@given(wanted=projects(), live=projects(), seed=st.integers(0, 2**32))
def test_many_projects_converge_under_any_faults(bench, tmp_path, wanted, live, seed):
    if any(component["configurations"] for component in wanted):
        check_any_project_converges(bench, tmp_path / "tree", wanted, live, seed)
