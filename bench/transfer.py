"""Measures how tables move against `curl` of the same bytes, within one run.

    python bench/transfer.py [--rows 1000000] [--repeat 3]

The emulator's own work on a table is left out: an export is one that it has made already, and an
import ends when the file has been brought. What remains is what kbsync does: read, check, move,
expand, count, write. Starting Python is in every figure. Compare ratios, not seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

_KBSYNC = [sys.executable, "-m", "kbsync"]
_TOKEN = "bench"
_TABLE = "in.c-main.big"
_PEAK = textwrap.dedent(
    """
    import resource, subprocess, sys
    subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    """
)
_PEAK_UNIT = 1 if platform.system() == "Darwin" else 1024
_JOB = {"id": 1, "status": "success", "operationName": "tableImport", "results": {}}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    print(f"{os.cpu_count()} processors, Python {platform.python_version()}, {platform.system()}\n")
    print("| what | rows a second | floor | rows a second | ratio of time | peak memory |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name, _emulator() as stack:
        folder = Path(name)
        _write_csv(folder / "big.csv", options.rows)
        for line in _figures(stack, folder, options.rows, options.repeat):
            print(line, flush=True)


def _figures(stack: str, folder: Path, rows: int, repeat: int) -> Iterator[str]:
    _ask(stack, "POST", "buckets", {"name": "main", "stage": "in"})
    _kbsync(stack, folder, "create", "in.c-main/big", "big.csv", "--auto-approve")
    _kbsync(stack, folder, "export", _TABLE, "-o", "out.csv.gz", "--gzip")
    fetch = ["curl", "-sf", *_slices(stack)]
    pairs: list[tuple[str, list[str], str, str]] = [
        (
            "export, kept gzipped",
            ["export", _TABLE, "-o", "out.csv.gz", "--gzip", "--force"],
            "`curl`",
            f"{' '.join(fetch)} > floor",
        ),
        (
            "export, expanded",
            ["export", _TABLE, "-o", "out.csv", "--force"],
            "`curl`, `gzip -d`",
            f"{' '.join(fetch)} | gzip -dc > floor",
        ),
    ]
    yield from (_figure(stack, folder, rows, repeat, *pair) for pair in pairs)
    requests.post(f"{stack}/_emulator/faults", json=_no_work(), timeout=10).raise_for_status()
    send = f"curl -sf -T big.csv {stack}/s3/kbsync-emulator-files/floor"
    for what, extra in (("import, checked", []), ("import, `--no-check`", ["--no-check"])):
        command = ["import", _TABLE, "big.csv", "--auto-approve", *extra]
        yield _figure(stack, folder, rows, repeat, what, command, "`curl`", send)


def _figure(
    stack: str,
    folder: Path,
    rows: int,
    repeat: int,
    what: str,
    command: Sequence[str],
    words: str,
    floor: str,
) -> str:
    least, taken = _best_of_each(
        repeat,
        lambda: _run(stack, folder, ["sh", "-c", floor]),
        lambda: _kbsync(stack, folder, *command),
    )
    peak = _run(stack, folder, [sys.executable, "-c", _PEAK, *_KBSYNC, "table", *command])
    return (
        f"| {what} | {rows / taken:,.0f} | {words} | {rows / least:,.0f} | {taken / least:.1f}"
        f" | {int(peak) * _PEAK_UNIT / 1e6:.0f} MB |"
    )


def _slices(stack: str) -> list[str]:
    """The addresses of the slices of the newest export."""
    file = next(each for each in _ask(stack, "GET", "files") if "table-export" in each["tags"])
    manifest = requests.get(file["url"], timeout=10).json()
    return [f"{stack}/s3/{entry['url'].removeprefix('s3://')}" for entry in manifest["entries"]]


def _no_work() -> list[dict[str, object]]:
    """Let loads be over before they begin."""
    rule = {"action": "status", "body": json.dumps(_JOB)}
    return [
        {**rule, "method": "POST", "path": "import-async", "status": 202},
        {**rule, "method": "GET", "path": "/jobs/", "status": 200},
    ]


def _write_csv(path: Path, rows: int) -> None:
    with path.open("w") as file:
        file.write("id,name,created,amount\n")
        for number in range(rows):
            day = f"2026-01-{number % 28 + 1:02} 10:00:00"
            file.write(f'{number},"customer {number}, s.r.o.",{day},{number * 7919 % 10_000}.50\n')


@contextmanager
def _emulator() -> Iterator[str]:
    with subprocess.Popen([*_KBSYNC, "emulator"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            line = next(line for line in process.stdout if "listening on" in line)
            yield line.split()[-1]
        finally:
            process.terminate()


def _ask(stack: str, method: str, path: str, body: object = None) -> list[dict[str, object]]:
    headers = {"X-StorageApi-Token": _TOKEN}
    url = f"{stack}/v2/storage/{path}"
    answer = requests.request(method, url, json=body, headers=headers, timeout=60)
    answer.raise_for_status()
    found: list[dict[str, object]] = answer.json()
    return found


def _best_of_each(repeat: int, *jobs: Callable[[], object]) -> list[float]:
    """Return the shortest time of each of *jobs*, which take turns."""
    times: list[list[float]] = [[] for _ in jobs]
    for _ in range(repeat):
        for job, found in zip(jobs, times, strict=True):
            started = time.perf_counter()
            job()
            found.append(time.perf_counter() - started)
    return [min(found) for found in times]


def _kbsync(stack: str, folder: Path, *command: str) -> str:
    return _run(stack, folder, [*_KBSYNC, "table", *command])


def _run(stack: str, folder: Path, command: Sequence[str]) -> str:
    environment = os.environ | {"KEBOOLA_STACK_URL": stack, "KEBOOLA_TOKEN": _TOKEN}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
