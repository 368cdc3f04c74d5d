"""What else brings kbsync to people: the image, and the hooks for pre-commit."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from kbsync.cli.main import COMMANDS

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "docs/Dockerfile").read_text("utf-8")
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
FAKE = "keboola.wr-db-snowflake/revenue/config.yaml"


def pip_commands(text):
    """Each use of pip, without what concerns only an image: where it runs and what it caches."""
    lines = text.replace("&&", "\n").replace("--no-cache-dir ", "")
    return re.findall(r"-m pip (.+?)[ \\]*$", lines, re.MULTILINE)


def test_the_image_has_all_it_copies_and_is_sent_nothing_else():
    copied = {
        name
        for names in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
        for name in names.split()
    }
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    sent = {line[1:] for line in ignored if line.startswith("!")}

    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert "*" in ignored
    assert sent == copied


def test_the_image_is_installed_as_the_wheel_is_proven_to_be():
    proven = pip_commands((ROOT / "Makefile").read_text("utf-8"))
    proven += pip_commands((ROOT / ".ci/run").read_text("utf-8"))

    assert [each for each in pip_commands(DOCKERFILE) if each not in proven] == []
    assert len(pip_commands(DOCKERFILE)) == 2


def test_the_image_runs_as_nobody_special_and_holds_no_token():
    lines = [line.split("#")[0] for line in DOCKERFILE.splitlines()]
    users = [line.split()[1] for line in lines if line.startswith("USER")]

    assert users[-1:] == ["1000"]
    assert 'ENTRYPOINT ["kbsync"]' in lines
    assert not any("TOKEN" in line for line in lines)


BREAKS = {
    "kbsync-validate": (re.compile("KBC::.*"), "fake-plain", f"{FAKE}:11:7"),
    "kbsync-encrypt-check": (re.compile("KBC::.*"), "fake-plain", f"{FAKE}:11:7"),
    "kbsync-fmt-check": (re.compile("^name: ", re.MULTILINE), "name:   ", FAKE),
}
"""By hook: what it is there to find, and what it says of that."""


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_passes_the_example_and_finds_what_it_is_for(hook, start_workspace):
    workspace = start_workspace()
    shutil.copytree(ROOT / "example-project", workspace.root, dirs_exist_ok=True)
    pattern, broken, told = BREAKS[hook["id"]]
    sound = workspace.kbsync(*hook["args"])
    text = (workspace.root / FAKE).read_text("utf-8")
    workspace.write({FAKE: pattern.sub(broken, text)})
    found = workspace.kbsync(*hook["args"])

    assert hook["entry"] == "kbsync"
    assert hook["pass_filenames"] is False
    assert hook["args"][0] in COMMANDS
    assert sound.exit_code == 0
    assert found.exit_code in (2, 3)
    assert told in found.output
    assert "fake-plain" not in found.output
    assert workspace.requests() == []
