"""README and the pages of docs/ are true: their commands run and print what is shown, and they name
all there is.

A block marked `console` is run: a line that starts with `$ ` is a command for the shell, what
follows is all that it prints, and a line `[...]` stands for lines that were left out. The blocks
under one heading share a copy of example-project and an emulator that serves its live.json. The id
of a run, in a command, stands for the run that printed it; 09:40 for when the first command began.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from kbsync.cli.main import COMMANDS, cli
from kbsync.documents.document import parse
from kbsync.errors import ExitCode
from kbsync.settings import load_settings
from tests.commands import every_command
from tests.trees import write_tree

RUN = re.compile(r"\b01[0-9A-HJKMNP-TV-Z]{24}\b")
ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "example-project"
PAGES = {
    name: (ROOT / name).read_text("utf-8")
    for name in ("README.md", "docs/files.md", "docs/commands.md", "docs/tables.md")
}


def sections(text):
    """What stands under each heading of level 2 or 3."""
    parts = re.split(r"^##+ (.+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def tables(text):
    """The cells of every row of every table."""
    rows = re.findall(r"^\|(.+)\|$", text, re.MULTILINE)
    return [[cell.strip() for cell in row.split("|")] for row in rows if not row.startswith("-")]


SECTIONS = {title: body for text in PAGES.values() for title, body in sections(text).items()}
WITH_COMMANDS = [name for name, text in SECTIONS.items() if blocks(text, "console")]


@pytest.mark.parametrize("section", WITH_COMMANDS)
def test_the_commands_print_what_readme_shows(section, start_emulator, tmp_path):
    server = start_emulator(seed=json.loads((EXAMPLE / "live.json").read_text("utf-8")))
    tree = shutil.copytree(EXAMPLE, tmp_path / "tree", ignore=shutil.ignore_patterns(".*"))

    runs = {"09:40": next_second()} if "09:40" in SECTIONS[section] else {}
    for block in blocks(SECTIONS[section], "console"):
        for command, shown in steps(block):
            said = run(replaced(command, runs), tree, server.url)
            printed = settled(said)
            assert filled_in(settled(shown), printed) == printed, command
            runs |= runs_in(shown, said)


def steps(block):
    """Each command of a console block and the output shown for it."""
    parts = re.split(r"^\$ (.+)\n", block, flags=re.MULTILINE)
    return zip(parts[1::2], parts[2::2], strict=True)


def run(command, folder, stack):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "KEBOOLA_STACK_URL": stack, "KEBOOLA_TOKEN": "x"}
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=os.environ | environment | {"PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return done.stdout


def next_second():
    """Wait for a moment that is after all there is in the project, and before all that comes."""
    now = time.time()
    time.sleep(math.ceil(now) - now)
    return f"{datetime.fromtimestamp(math.ceil(now), UTC):%Y-%m-%dT%H:%M:%SZ}"


def replaced(command, meant):
    for shown, found in meant.items():
        command = command.replace(shown, found)
    return command


def runs_in(shown, printed):
    """The printed id for each id of a run that is shown on the same line."""
    lines = {each: line for line in printed.splitlines() for each in settled(line)}
    return {
        name: found
        for line in shown.splitlines()
        for each in settled(line)
        for name, found in zip(RUN.findall(line), RUN.findall(lines.get(each, "")), strict=False)
    }


def settled(text):
    """The lines of *text* without what is another at each run."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = RUN.sub("RUN", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([+-]\d{4})?", "TIME", text)
    text = re.sub(r"\bPlan +[0-9a-f]{16}\b", "Plan ID", text)
    text = re.sub(r"^Files    \S+(,| at) .*", "Files    COMMIT", text, flags=re.MULTILINE)
    text = re.sub(r" in \d+\.\d s\b", " in SECONDS", text)
    return in_one_order([line.rstrip() for line in text.splitlines()])


def in_one_order(lines):
    """Sort results that stand together: configurations are written at the same time."""
    groups = itertools.groupby(lines, lambda line: line.startswith("  ok "))
    return [line for is_ok, group in groups for line in (sorted(group) if is_ok else group)]


def filled_in(shown, printed):
    """Return *shown* with each `[...]` replaced by the printed lines in its place."""
    found: list[str] = []
    for line, following in zip(shown, [*shown, None][1:], strict=True):
        rest = printed[len(found) :]
        if line != "[...]":
            found.append(line)
        elif following in rest:
            found += rest[: rest.index(following)]
        else:
            found += rest
    return found


@pytest.mark.parametrize("name", [" ".join(name) for name in every_command()])
def test_each_command_has_a_section_that_names_all_its_options(name):
    heading = next(title for title in SECTIONS if title.startswith(f"`kbsync {name}"))
    text = f"{heading}\n{SECTIONS[heading]}"

    # What may stand before the command too is named there.
    own = [each for each in names_of(command(name)) if each not in names_of(cli)]

    assert [each for each in own if each not in text] == []


@pytest.mark.parametrize("name", ["", *(" ".join(name) for name in every_command(groups=True))])
def test_each_command_and_option_explains_itself(name):
    found = command(name)
    options = [each for each in params(found) if isinstance(each, click.Option)]

    assert found.help
    assert [each.name for each in options if not each.help] == []


def test_the_options_before_the_command_are_named():
    assert [name for name in names_of(cli) if f"`{name}" not in SECTIONS["Commands"]] == []


def command(name):
    return every_command(groups=True)[tuple(name.split())] if name else cli


def names_of(found):
    """How options and arguments are written, the long form of each."""
    return [
        (each.metavar or "").strip("[].")
        if isinstance(each, click.Argument)
        else max(each.opts, key=len)
        for each in params(found)
    ]


def params(found):
    """The options and arguments of a command, and of the commands in it."""
    inner = found.commands.values() if isinstance(found, click.Group) else ()
    return [*found.params, *(param for each in inner for param in each.params)]


def test_the_exit_codes_are_those_of_the_code():
    codes = [int(cells[0]) for cells in tables(SECTIONS["Exit codes"])[1:]]

    assert codes == [int(code) for code in ExitCode]


def test_the_table_of_yaml_is_how_yaml_is_read():
    rows = [
        [cell.strip("`") for cell in cells]
        for cells in tables(SECTIONS["YAML as kbsync reads it"])[1:]
    ]
    read = [parse(f"value: {written}\n".encode(), "config.yaml").value for written, _ in rows]

    assert [json.dumps(each) for each in read] == [f'{{"value": {json_}}}' for _, json_ in rows]


def test_the_settings_shown_are_valid_and_name_every_setting(tmp_path):
    (text,) = blocks(SECTIONS["kbsync.yaml"], "yaml")
    write_tree(tmp_path, {"kbsync.yaml": text})
    schema = json.loads((ROOT / "schemas" / "project.schema.json").read_text("utf-8"))
    environment = schema["definitions"]["environment"]["properties"]

    assert load_settings(tmp_path, environment=None, environ={}).project_id == 8341
    assert [key for key in (*schema["properties"], *environment) if f"{key}:" not in text] == []


@pytest.mark.parametrize("kind", ["configuration", "row"])
def test_the_table_of_properties_is_the_schema(kind):
    schema = json.loads((ROOT / "schemas" / f"{kind}.schema.json").read_text("utf-8"))
    column = {"configuration": 1, "row": 2}[kind]
    rows = [cells for cells in tables(SECTIONS["The tree"])[1:] if cells[column]]

    assert {cells[0].strip("`") for cells in rows} == set(schema["properties"])


def test_the_configuration_shown_is_that_of_the_example():
    (shown,) = blocks(SECTIONS["The tree"], "yaml")
    file = EXAMPLE / "keboola.ex-aws-s3" / "orders" / "config.yaml"

    assert parse(shown.encode(), "config.yaml").value == parse(file.read_bytes(), file.name).value


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_is_there(page):
    links = re.findall(r"\]\(([^):]+)\)", PAGES[page])
    modules = re.findall(r"`(kbsync/[a-z_/.]+|schemas/)`", PAGES[page])
    files = [(ROOT / page).parent / link.partition("#")[0] for link in links if link[0] != "#"]

    assert [
        each for each in (*files, *(ROOT / name for name in modules)) if not each.exists()
    ] == []
    assert [link for link in links if "#" in link and not leads_somewhere(page, link)] == []


def leads_somewhere(page, link):
    """Whether there is a heading where a *link* to one leads."""
    name, _, wanted = link.partition("#")
    file = ((ROOT / page).parent / name).resolve() if name else ROOT / page
    headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
    return wanted in [re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings]


def test_the_list_of_commands_is_all_of_them_in_their_order():
    listed = [re.match(r"\[`(.+)`\]", cells[0]) for cells in tables(SECTIONS["Commands"])[1:]]

    assert [found[1] for found in listed if found] == list(COMMANDS)
