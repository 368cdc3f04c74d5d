"""Measures kbsync against floors that nothing could beat, as ratios within one run.

    python bench/measure.py [--sizes 20,200,1000] [--rows 5] [--latency-ms 100] [--repeat 3]

Every figure is the best of some whole processes, so starting Python and importing are in it. The
floors are processes as well, measured in turn with what they are the floor of, because a machine is
not as fast at every moment. Compare ratios, not seconds: those are of this machine and this hour.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import re
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from project import objects_in, project

_PYTHON = [sys.executable]
_KBSYNC = [sys.executable, "-m", "kbsync"]
_PARALLELISM = 8
"""How many configurations kbsync writes at the same time, if not told otherwise."""
_LEASE = 2
"""Requests before and after the writes of a run."""

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

# A process begins with the peak of the one that made it, so that has to be a small one.
_PEAK = textwrap.dedent(
    """
    import resource, subprocess, sys
    subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    """
)
_PEAK_UNIT = 1 if platform.system() == "Darwin" else 1024


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    value: float
    floor: str
    floor_value: float
    goal: float
    unit: str = "s"

    def __str__(self) -> str:
        ratio = self.value / self.floor_value
        return (
            f"| {self.what} | {self._shown(self.value)} | {self.floor} "
            f"| {self._shown(self.floor_value)} | {ratio:.2f} | {self.goal:g} |"
            + ("  <- over" if ratio > self.goal else "")
        )

    def _shown(self, value: float) -> str:
        return f"{value:.2f} s" if self.unit == "s" else f"{value:.0f} {self.unit}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="20,200,1000", help="numbers of configurations")
    parser.add_argument("--rows", type=int, default=5, help="rows of each extractor")
    parser.add_argument("--latency-ms", type=int, default=100, help="for apply")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--no-apply", action="store_true", help="leave out what takes longest")
    options = parser.parse_args()
    print(f"{os.cpu_count()} processors, Python {platform.python_version()}, {platform.system()}\n")
    print("| what | measured | floor | measured | ratio | goal |\n|---|---|---|---|---|---|")
    for figure in _figures(options):
        print(figure, flush=True)


def _figures(options: argparse.Namespace) -> Iterator[Figure]:
    for argument in ("--version", "--help"):
        least, taken = _best_of_each(
            options.repeat, _run_of([*_PYTHON, "-c", "import click"]), _run_of([*_KBSYNC, argument])
        )
        yield Figure(f"`kbsync {argument}`", taken, "`import click`", least, 2)
    for size in (int(text) for text in options.sizes.split(",")):
        yield from _plan_figures(size, options.rows, options.repeat)
        if not options.no_apply:
            yield from _apply_figures(size, options.rows, options.latency_ms)


def _plan_figures(size: int, rows: int, repeat: int) -> Iterator[Figure]:
    seed = project(size, rows)
    objects = objects_in(seed)
    with _pulled(seed) as (url, folder):
        command = [*_KBSYNC, "--project-dir", str(folder), "plan"]
        plan = _run_of(command, url)

        def cold() -> object:
            (folder / ".kbsync" / "cache" / "documents.json").unlink(missing_ok=True)
            return plan()

        floor = _run_of([*_PYTHON, "-c", _PLAN_FLOOR, url, str(folder)])
        least, first, again = _best_of_each(repeat, floor, cold, plan)
        what, words = f"plan of {objects:,} objects, no change", "fetch, parse, read files"
        yield Figure(f"{what}, no cache", first, words, least, 3)
        yield Figure(f"{what}, cached", again, words, least, 1.5)
        peak = int(_run([*_PYTHON, "-c", _PEAK, *command], url)) * _PEAK_UNIT / 1e6
        allowed = 60 + objects * 0.025
        yield Figure(f"{what}, memory", peak, "60 MB + 25 kB each", allowed, 1, "MB")


def _apply_figures(size: int, rows: int, latency_ms: int) -> Iterator[Figure]:
    """A change in every configuration, none of them written by kbsync before.

    So planning has to read every history; that and the writes are counted apart.
    """
    latency_s = latency_ms / 1000
    with (
        _pulled(project(size, rows)) as (_, folder),
        _emulator(project(size, rows, edition=1), latency_ms) as url,
    ):
        started = time.perf_counter()
        arguments = ["apply", "--auto-approve", "--allow", f"updates={size}"]
        said = _run([*_KBSYNC, "--project-dir", str(folder), *arguments], url)
        whole = time.perf_counter() - started
        writing = _run_length(folder)
    found = re.search(r"Apply makes ([\d,]+) requests", said)
    assert found, said
    requests = int(found[1].replace(",", ""))
    chain = (requests - _LEASE) // size
    rounds = math.ceil(size / _PARALLELISM)
    what = f"apply of {size} updates at {latency_ms} ms"
    words = f"{_LEASE} + {rounds} rounds of {chain} requests"
    yield Figure(f"{what}, writing", writing, words, (_LEASE + rounds * chain) * latency_s, 1.2)
    words = f"3 requests, {rounds} rounds of histories"
    yield Figure(f"{what}, planning", whole - writing, words, (3 + rounds) * latency_s, 3)


def _run_length(folder: Path) -> float:
    """How long the run in *folder* took, from its start to its end."""
    (journal,) = (folder / ".kbsync" / "runs").glob("*.jsonl")
    events = [json.loads(line) for line in journal.read_text().splitlines()]
    start, end = (datetime.fromisoformat(event["time"]) for event in (events[0], events[-1]))
    return (end - start).total_seconds()


@contextmanager
def _pulled(seed: object) -> Iterator[tuple[str, Path]]:
    with tempfile.TemporaryDirectory() as name, _emulator(seed) as url:
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


def _best_of_each(repeat: int, *jobs: Callable[[], object]) -> list[float]:
    """Return the shortest time of each of *jobs*, which take turns."""
    times: list[list[float]] = [[] for _ in jobs]
    for _ in range(repeat):
        for job, found in zip(jobs, times, strict=True):
            started = time.perf_counter()
            job()
            found.append(time.perf_counter() - started)
    return [min(found) for found in times]


def _run_of(command: Sequence[str], url: str = "") -> Callable[[], str]:
    return lambda: _run(command, url)


def _run(command: Sequence[str], url: str = "") -> str:
    environment = os.environ | {"KEBOOLA_STACK_URL": url, "KEBOOLA_TOKEN": "bench"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
