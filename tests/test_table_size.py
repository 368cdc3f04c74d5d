"""A million rows: in, out, the same, and in no more memory than a tenth of them."""

import hashlib
import os
import subprocess
import sys
from itertools import pairwise

import pytest

from tests.workspace import TOKEN

MANY = 1_000_000
# A process begins with the peak of the one that made it, so that has to be a small one.
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def write_csv(path, rows):
    with path.open("w", encoding="utf-8") as file:
        file.write('"id","name","day","amount"\n')
        for number in range(rows):
            day = f"2026-01-{number % 28 + 1:02}"
            file.write(f'"{number}","customer ""{number}"", \nžluť","{day}","{number % 1000}.50"\n')


def peak(workspace, *arguments):
    environment = {**os.environ, **workspace.environment}
    command = [sys.executable, "-c", PEAK, sys.executable, "-m", "kbsync", "table", *arguments]
    done = subprocess.run(
        command, cwd=workspace.root, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def digest(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.mark.slow
def test_a_million_rows_need_no_more_memory_than_a_tenth_of_them(start_workspace):
    seed = {"buckets": [{"id": "in.c-main"}], "tokens": [{"id": "1", "token": TOKEN}]}
    workspace = start_workspace(live=seed)
    peaks = {}
    for rows in (MANY // 10, MANY):
        name, table = f"{rows}.csv", f"in.c-main.t{rows}"
        write_csv(workspace.root / name, rows)
        commands = {
            "create": ["create", f"in.c-main/t{rows}", name, "--primary-key", "id"],
            "import": ["import", table, name],
            "export": ["export", table, "-o", "out.csv", "--force"],
            "export, gzip": ["export", table, "-o", "out.csv.gz", "--gzip", "--force"],
            "key": ["primary-key", "set", table, "name"],
        }
        for what, command in commands.items():
            approved = [] if what.startswith("export") else ["--auto-approve"]
            peaks.setdefault(what, []).append(peak(workspace, *command, *approved))
        unpacked = workspace.root / "unpacked.csv"
        packed = (workspace.root / "out.csv.gz").open("rb")
        with packed, unpacked.open("wb") as file:
            subprocess.run(["gzip", "-dc"], stdin=packed, stdout=file, check=True)

        assert digest(workspace.root / "out.csv") == digest(workspace.root / name)
        assert digest(unpacked) == digest(workspace.root / name)

    # Uploads in parts begin beyond the smaller file; a buffer or two for them is all.
    grown = {what: more - less for what, sizes in peaks.items() for less, more in pairwise(sizes)}
    assert {what: size for what, size in grown.items() if size > 40_000} == {}
