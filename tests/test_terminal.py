"""Colours: on a terminal only, never instead of a symbol, and code in those of its language."""

import os
import pty
import re
import subprocess
import sys

import pytest

from kbsync.plans.plan_file import dump_plan
from tests.rich import FILES, rich

RED, GREEN, BOLD, DIM, CYAN, END = (f"\x1b[{code}m" for code in (31, 32, 1, 2, 36, 0))
INDENT = " " * 11
STAYS = f"{INDENT} "
"""What stands before a line of code that is in both texts."""


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text(dump_plan(rich(), None, FILES), encoding="utf-8")
    return path


def on_terminal(path, **environment):
    """What `kbsync show` writes to a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "kbsync", "show", str(path)],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONUTF8": "1", "TERM": "xterm", "NO_COLOR": "", **environment},
    )
    os.close(theirs)
    parts = []
    while part := _read(ours):
        parts.append(part)
    os.close(ours)
    process.wait()
    return b"".join(parts).decode().replace("\r\n", "\n")


def _read(terminal):
    try:
        return os.read(terminal, 65_536)
    except OSError:  # how Linux says that the other end is closed
        return b""


def test_changed_lines_of_code_keep_their_colour_and_keywords_stand_out(saved):
    shown = on_terminal(saved)

    assert f'{RED}{INDENT}-{END}{RED}{BOLD}SELECT{END}{RED} "day", SUM("amount") ' in shown
    assert f'{GREEN}{INDENT}+{END}{GREEN}{BOLD}SELECT{END}{GREEN} "day", SUM(' in shown


def test_code_that_stays_has_the_colours_of_its_language(saved):
    shown = on_terminal(saved)

    assert f"{STAYS}{DIM}-- Revenue by day{END}\n" in shown
    assert f'{BOLD}WHERE{END} "amount" > ' in shown
    assert f"= {CYAN}'paid'{END}\n" in shown
    assert f"{STAYS}{DIM}# kbsync: separator{END}\n" in shown


def test_colours_add_nothing_to_what_is_said(saved):
    plain = subprocess.run(
        [sys.executable, "-m", "kbsync", "show", str(saved)],
        capture_output=True,
        env={**os.environ, "PYTHONUTF8": "1"},
        check=True,
    ).stdout.decode()

    assert re.sub(r"\x1b\[\d+m", "", on_terminal(saved)) == plain


def test_no_color_is_honoured(saved):
    assert "\x1b" not in on_terminal(saved, NO_COLOR="1")
