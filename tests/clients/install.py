"""Make a virtual environment for each third-party client, away from the project's own.

Run by `make test-clients`. What cannot be had here is noted in a file, and its tests are skipped
with that reason.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

HOME = Path(__file__).parents[2] / ".venv-clients"
CLIENTS: Mapping[str, tuple[str, tuple[int, int]]] = {
    "kbcstorage": ("kbcstorage==0.12.0", (3, 11)),
    "kbagent": ("keboola-cli==0.100.2", (3, 12)),
}
"""The requirement of each client, and the oldest Python that it runs on."""


def python_of(client: str) -> Path:
    return HOME / client / "bin" / "python"


def why_missing(client: str) -> str:
    """Why the tests of a client cannot run; empty when they can."""
    if (HOME / client / "ready").exists():
        return ""
    note = HOME / f"{client}.missing"
    return note.read_text(encoding="utf-8") if note.exists() else "run `make test-clients` first"


def main() -> int:
    HOME.mkdir(exist_ok=True)
    for client, (requirement, oldest) in CLIENTS.items():
        ready = HOME / client / "ready"
        if ready.exists() and ready.read_text(encoding="utf-8") == requirement:
            continue
        reason = _install(client, requirement, oldest)
        if reason:
            (HOME / f"{client}.missing").write_text(reason, encoding="utf-8")
        else:
            ready.write_text(requirement, encoding="utf-8")
    return 0


def _install(client: str, requirement: str, oldest: tuple[int, int]) -> str:
    """Return why it did not work, or nothing."""
    python = next(_pythons(oldest), None)
    if python is None:
        return f"{client} needs Python {oldest[0]}.{oldest[1]} or newer, and none was found"
    steps: tuple[list[str | Path], ...] = (
        [python, "-m", "venv", "--clear", HOME / client],
        [python_of(client), "-m", "pip", "install", "--quiet", requirement],
    )
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True)
        if done.returncode != 0:
            return f"{requirement} could not be installed: {done.stderr.strip()[-300:]}"
    return ""


def _pythons(oldest: tuple[int, int]) -> Iterator[str]:
    """Pythons of this machine that are new enough and can be run."""
    names = [sys.executable, "python3.13", "python3.12", "python3.14", "python3"]
    found = [shutil.which(name) for name in names]
    known = Path.home().glob(".pyenv/versions/*/bin/python3")
    check = f"import sys, venv, ensurepip; sys.exit(sys.version_info < {oldest})"
    for python in (*filter(None, found), *sorted(map(str, known), reverse=True)):
        if subprocess.run([python, "-c", check], capture_output=True).returncode == 0:
            yield python


if __name__ == "__main__":
    raise SystemExit(main())
