"""What the shells complete: ids, environments and runs of a tree, and never an error."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete, FishComplete, ZshComplete

from kbsync.cli.main import COMMANDS, cli
from tests.trees import write_tree

RUNS = ("01KAN5T0W8Z3V7Q2M4R6X9YBCD", "01KAN5T8F4H6J2K0N7P3S5T1VW")
FILES = {
    "kbsync.yaml": "version: 1\ndefault_environment: prod\nenvironments: {prod: {}, dev: {}}\n",
    "keboola.ex-http/a/config.yaml": "id: '101'\nname: 'Orders: all'\n",
    "keboola.ex-http/a/rows/x.yaml": "name: Every day\n",
    "keboola.ex-http/a/rows/y.yaml": "name: Weekly\n",
    "keboola.ex-http/b/config.yaml": "id: '102'\nname: Prices\n",
    "keboola.wr-x/c/config.yaml": "id: 'a b;$(c)/ř'\nname: C\n",
    f".kbsync/runs/{RUNS[0]}.jsonl": "",
    f".kbsync/runs/{RUNS[1]}.jsonl": "",
    f".kbsync/runs/{RUNS[0]}/component-states.json": "{}",
}
QUOTED = "keboola.wr-x/a%20b%3B%24%28c%29%2Fř"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    write_tree(tmp_path, FILES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def completed(*words, shell=BashComplete):
    *before, incomplete = words
    found = shell(cli, {}, "kbsync", "_KBSYNC_COMPLETE").get_completions(before, incomplete)
    return [each.value for each in found]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param(("pl",), ["plan"], id="a command"),
        pytest.param(("plan", ""), ["keboola.ex-http", "keboola.wr-x"], id="components"),
        pytest.param(("plan", "keboola.w"), ["keboola.wr-x", QUOTED], id="the only component"),
        pytest.param(("diff", "keboola.w"), [QUOTED], id="a component alone is no object"),
        pytest.param(
            ("pull", "keboola.ex-http/"),
            ["keboola.ex-http/101", "keboola.ex-http/102"],
            id="configurations",
        ),
        pytest.param(("plan", "keboola.ex-http/pri"), ["keboola.ex-http/102"], id="by name"),
        pytest.param(
            ("rollback", "keboola.ex-http/101"),
            ["keboola.ex-http/101", "keboola.ex-http/101/x", "keboola.ex-http/101/y"],
            id="the only configuration and its rows",
        ),
        pytest.param(
            ("effective", "keboola.ex-http/101/w"), ["keboola.ex-http/101/y"], id="a row by name"
        ),
        pytest.param(("plan", "keboola.wr-x/a b"), [QUOTED], id="an id that a shell would split"),
        pytest.param(("plan", "keboola.zz"), [], id="nothing"),
        pytest.param(("plan", "keboola.ex-http/101/x/"), [], id="below a row"),
        pytest.param(("apply", "keboola.w"), ["", "keboola.wr-x", QUOTED], id="a file as well"),
        pytest.param(
            ("apply", "--overwrite-drift", "keboola.ex-http/102"), ["keboola.ex-http/102"]
        ),
        pytest.param(("--env", ""), ["prod", "dev"], id="environments"),
        pytest.param(("--env", "d"), ["dev"], id="an environment"),
        pytest.param(("runs", ""), [*reversed(RUNS)], id="runs, the newest first"),
        pytest.param(("rollback", "--run", "01kan5t8"), [RUNS[1]], id="a run in small letters"),
        pytest.param(("reset-state", "--undo", ""), [RUNS[0]], id="runs that kept states"),
    ],
)
def test_what_is_completed(tree, words, found):
    assert completed(*words) == found


def test_what_is_completed_is_understood(tree, start_workspace):
    workspace = start_workspace(FILES, folder="again")
    result = workspace.kbsync("plan", QUOTED)

    assert "Plan: 1 create." in result.output


def test_shells_that_show_notes_show_names(tree):
    shell = ZshComplete(cli, {}, "kbsync", "_KBSYNC_COMPLETE")
    found = shell.get_completions(["plan"], "keboola.ex-http/")

    assert [(each.value, each.help) for each in found] == [
        ("keboola.ex-http/101", "Orders  all"),
        ("keboola.ex-http/102", "Prices"),
    ]


def test_another_folder_is_looked_at_when_it_is_named(tree, monkeypatch):
    monkeypatch.chdir("/")

    assert completed("--project-dir", str(tree), "plan", "keboola.w") == ["keboola.wr-x", QUOTED]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("keboola.ex-http/b/config.yaml", "name: [\n"),
        ("keboola.ex-http/b/config.yaml", "- 1\n"),
        ("keboola.ex-http/b/config.yaml", "name: 5\nconfiguration: {'#p': fake-plain}\n"),
        ("keboola.ex-http/b/config.yaml", "name: !file missing.txt\nid: 102\n"),
        ("kbsync.yaml", "version: [\n"),
        ("kbsync.yaml", "- 1\n"),
        ("kbsync.yaml", b"\xff"),
    ],
)
def test_of_a_broken_tree_the_rest_is_completed(tree, capsys, name, text):
    write_tree(tree, {name: text})

    assert completed("plan", "keboola.ex-http/1")[:1] == ["keboola.ex-http/101"]
    assert completed("--env", "x") == []
    assert capsys.readouterr() == ("", "")


def test_a_link_out_of_the_tree_is_passed_over_in_silence(tree, tmp_path_factory, capsys):
    outside = write_tree(tmp_path_factory.mktemp("outside"), FILES) / "kbsync.yaml"
    (tree / "kbsync.yaml").unlink()
    (tree / "kbsync.yaml").symlink_to(outside)

    assert completed("--env", "") == []
    assert capsys.readouterr() == ("", "")


def test_where_no_tree_is_nothing_is_looked_for(tmp_path, monkeypatch):
    tree = {name: text for name, text in FILES.items() if not name.startswith((".", "kbsync"))}
    write_tree(tmp_path, tree)
    monkeypatch.chdir(tmp_path)

    assert completed("plan", "") == []
    assert completed("runs", "") == []
    assert completed("--project-dir", "/nowhere", "plan", "") == []


def environment(**variables):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"} | variables


def test_bash_completes_ids_of_the_tree(tree):
    script = """
        eval "$(kbsync completion bash)"
        COMP_WORDS=(kbsync plan keboola.w) COMP_CWORD=2
        _kbsync_completion kbsync
        printf '%s\\n' "${COMPREPLY[@]}"
        complete -p kbsync
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines() == [
        "keboola.wr-x",
        QUOTED,
        "complete -o nosort -F _kbsync_completion kbsync",
    ]
    assert done.stderr == ""


@pytest.mark.skipif(not shutil.which("fish"), reason="there is no fish here")
def test_fish_completes_ids_of_the_tree(tree):
    script = (
        "kbsync completion fish | source; complete --do-complete 'kbsync plan keboola.ex-http/'"
    )
    done = subprocess.run(
        ["fish", "--no-config", "-c", script],
        env=environment(HOME=str(tree)),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines() == [
        "keboola.ex-http/101\tOrders  all",
        "keboola.ex-http/102\tPrices",
    ]


@pytest.mark.skipif(not shutil.which("zsh"), reason="there is no zsh here")
def test_zsh_understands_the_script(tree):
    script = (
        "autoload -Uz compinit; compinit -u -D; "
        'eval "$(kbsync completion zsh)"; print $_comps[kbsync]'
    )
    done = subprocess.run(
        ["zsh", "-f", "-c", script],
        env=environment(HOME=str(tree)),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "_kbsync_completion\n"


@pytest.mark.parametrize("shell", [BashComplete, ZshComplete, FishComplete])
def test_the_command_prints_what_the_shell_reads(shell, start_workspace):
    printed = start_workspace().kbsync("completion", shell.name)

    assert printed.exit_code == 0
    assert printed.output == shell(cli, {}, "kbsync", "_KBSYNC_COMPLETE").source()


def test_every_selector_object_and_run_is_completed():
    silent = [
        (name, parameter.name)
        for name in COMMANDS
        for parameter in cli.get_command(None, name).params
        if parameter.metavar
        and any(word in parameter.metavar for word in ("SELECTOR", "OBJECT", "RUN"))
        and parameter._custom_shell_complete is None
    ]

    # What lies in the trash is in no file.
    assert silent == [("restore", "object_")]


def test_items_need_no_type_in_brackets_which_older_click_does_not_take():
    code = (
        "from click import shell_completion\n"
        "class Older(shell_completion.CompletionItem): __class_getitem__ = None\n"
        "shell_completion.CompletionItem = Older\n"
        "import kbsync.cli.completing\n"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
