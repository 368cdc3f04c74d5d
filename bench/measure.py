"""Measures kbsync against floors that nothing could beat, as ratios within one run.

    python bench/measure.py [--sizes 100,1000] [--rows 5] [--latency-ms 100] [--repeat 3]

Every figure is the best of some whole processes, so starting Python and importing are in it. The
floors are processes as well. Compare ratios, not seconds: those are of this machine and this hour.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from project import project

_PYTHON = [sys.executable]
_KBSYNC = [sys.executable, "-m", "kbsync"]

_PLAN_FLOOR = textwrap.dedent(
    """
    import json, pathlib, sys, requests
    session = requests.Session()
    session.headers["X-StorageApi-Token"] = "bench"
    url = sys.argv[1] + "/v2/storage/branch/default/components?include=configuration,rows,state"
    json.loads(session.get(url).content)
    for path in pathlib.Path(sys.argv[2]).rglob("*"):
        if path.is_file():
            path.read_bytes()
    """
)


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    seconds: float
    floor: str
    floor_seconds: float
    goal: float

    def __str__(self) -> str:
        ratio = self.seconds / self.floor_seconds
        verdict = "" if ratio <= self.goal else "  <- over"
        return (
            f"| {self.what} | {self.seconds:.2f} s | {self.floor} | {self.floor_seconds:.2f} s "
            f"| {ratio:.2f} | {self.goal} |{verdict}"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="100,1000", help="numbers of configurations")
    parser.add_argument("--rows", type=int, default=5, help="rows of each")
    parser.add_argument("--latency-ms", type=int, default=100, help="for apply")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    print("| what | measured | floor | measured | ratio | goal |\n|---|---|---|---|---|---|")
    for figure in _figures(options):
        print(figure, flush=True)


def _figures(options: argparse.Namespace) -> Iterator[Figure]:
    click = _best([*_PYTHON, "-c", "import click"], options.repeat)
    for argument in ("--version", "--help"):
        yield Figure(
            f"`kbsync {argument}`",
            _best([*_KBSYNC, argument], options.repeat),
            "`import click`",
            click,
            2,
        )
    for size in (int(text) for text in options.sizes.split(",")):
        yield from _plan_figures(size, options.rows, options.repeat)
        yield _apply_figure(size, options.rows, options.latency_ms)


def _plan_figures(size: int, rows: int, repeat: int) -> Iterator[Figure]:
    with _pulled(size, rows) as (url, folder):
        floor = _best([*_PYTHON, "-c", _PLAN_FLOOR, url, str(folder)], repeat)
        plan = [*_KBSYNC, "--project-dir", str(folder), "plan"]
        words = "listing fetched and parsed, files read"
        cold = _best(plan, 1, url, before=lambda: _forget(folder))
        yield Figure(f"plan, {size} × {rows}, no change, cold", cold, words, floor, 3)
        warm = _best(plan, repeat, url)
        yield Figure(f"plan, {size} × {rows}, no change, warm", warm, words, floor, 1.5)


def _apply_figure(size: int, rows: int, latency_ms: int) -> Figure:
    """A change in every configuration, against the requests it takes, eight at a time."""
    with _pulled(size, rows) as (_, folder), _emulator(project(size, rows, edition=1)) as url:
        plan = [*_KBSYNC, "--project-dir", str(folder), "plan", "--format", "json"]
        _run(plan, url)
        with _emulator(project(size, rows, edition=1), latency_ms) as slow:
            started = time.perf_counter()
            arguments = ["apply", "--auto-approve", "--allow", f"updates={size}"]
            said = _run([*_KBSYNC, "--project-dir", str(folder), *arguments], slow)
            seconds = time.perf_counter() - started
        found = re.search(r"Apply makes (\d+) requests", said)
        assert found, said
        requests = int(found[1])
        floor = max(3, requests / 8) * latency_ms / 1000
        return Figure(
            f"apply, {size} changed, {latency_ms} ms latency",
            seconds,
            f"{requests} requests, 8 at a time",
            floor,
            1.2,
        )


@contextmanager
def _pulled(size: int, rows: int) -> Iterator[tuple[str, Path]]:
    with (
        tempfile.TemporaryDirectory() as name,
        _emulator(project(size, rows)) as url,
    ):
        folder = Path(name) / "project"
        folder.mkdir()
        _run([*_KBSYNC, "--project-dir", str(folder), "pull"], url)
        yield url, folder


@contextmanager
def _emulator(seed: object, latency_ms: int = 0) -> Iterator[str]:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(seed, file)
        file.flush()
        command = [*_KBSYNC, "emulator", "--seed", file.name, "--latency-ms", str(latency_ms)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout
                line = next(line for line in process.stdout if "listening on" in line)
                yield line.split()[-1]
            finally:
                process.terminate()


def _best(
    command: Sequence[str],
    repeat: int,
    url: str = "",
    before: object = None,
) -> float:
    times = []
    for _ in range(repeat):
        if callable(before):
            before()
        started = time.perf_counter()
        _run(command, url)
        times.append(time.perf_counter() - started)
    return min(times)


def _run(command: Sequence[str], url: str = "") -> str:
    environment = os.environ | {"KEBOOLA_STACK_URL": url, "KEBOOLA_TOKEN": "bench"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def _forget(folder: Path) -> None:
    for path in (folder / ".kbsync" / "cache").glob("*"):
        path.unlink()


if __name__ == "__main__":
    main()
