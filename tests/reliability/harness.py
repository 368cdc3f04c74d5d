"""Real runs against an emulator in this process: stopped at a request, then judged."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import requests

from kbsync.emulator.control import FRONT
from kbsync.emulator.front import CONTROL, SEVER
from tests.processes import started
from tests.reliability.project import APPLY, after, contents, every_kind, files_of, seed_of
from tests.trees import write_tree
from tests.workspace import Workspace

PATIENCE_S = 180


class Tripwire:
    """Does something at a chosen request, exactly before or after it is carried out."""

    def __init__(self, server):
        # The server does not offer its parts: nobody but this wants to sit between them.
        front = server._waitress.application.extensions[FRONT]
        self._app, front.app = front.app, self
        self._lock = threading.Lock()
        self._act, self._at, self._when, self._cuts = None, 0, "before", False
        self.seen = 0
        self.tripped_at = None
        """By the steady clock."""
        self.skew = timedelta(0)
        """How far the clock of the platform is from ours."""

    def arm(self, act, *, at, when, cuts):
        """Call *act* at request *at*, counted from now; *cuts*: its answer never arrives."""
        with self._lock:
            self._act, self._at, self._when, self._cuts = act, at, when, cuts
            self.seen, self.tripped_at = 0, None

    def disarm(self):
        with self._lock:
            self._act = None

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"].startswith(CONTROL):
            return self._app(environ, start_response)
        if self.skew:
            start_response = self._at_its_time(start_response)
        with self._lock:
            self.seen += 1
            trips = self._act is not None and self.seen == self._at
        if not trips:
            return self._app(environ, start_response)
        if self._when == "before":
            self._trip(environ)
            return self._app(environ, start_response)
        body = self._app(environ, start_response)
        self._trip(environ)
        return body

    def _at_its_time(self, start_response):
        date = format_datetime(datetime.now(UTC) + self.skew, usegmt=True)

        def dated(status, headers, exc_info=None):
            return start_response(status, [*headers, ("Date", date)], exc_info)

        return dated

    def _trip(self, environ):
        self.tripped_at = time.monotonic()
        self._act()
        if self._cuts:
            environ[SEVER]()


class Bench:
    """A project with work to do: folders that want it, processes that do it, and a judge."""

    def __init__(self, root, server, project=None):
        self.root = root
        self.live, self.wished = project or every_kind()
        self.server = server
        self.wire = Tripwire(server)
        self._template = write_tree(root / "template", files_of(self.wished))
        self._folders = 0

    def fresh(self):
        """Put the project back to what it was, and return a new folder."""
        first = Workspace(self._template, self.server)
        first.end_faults()
        first.show(seed_of(self.live))
        first.forget_requests()
        self.wire.disarm()
        self.wire.skew = timedelta(0)
        return self.folder()

    def folder(self):
        """Another checkout of the files: another machine."""
        self._folders += 1
        root = self.root / f"{self._folders}" / "project"
        shutil.copytree(self._template, root)
        return Workspace(root, self.server)


@contextmanager
def running(workspace, *arguments, before=(), **environment):
    """A kbsync process in the folder of *workspace*, which waits for a busy platform.

    *before* are words of a command that starts it.
    """
    given = {**os.environ, **workspace.environment, "KBSYNC_MAX_WAIT": "30", **environment}
    command = [*before, sys.executable, "-m", "kbsync", *arguments]
    with started(command, cwd=workspace.root, env=given) as process:
        yield process


def run(workspace, *arguments, **options):
    """Run kbsync to its end; exit code, stdout and stderr."""
    with running(workspace, *arguments, **options) as process:
        output, errors = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in errors, errors
    return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


def stopped_at(bench, workspace, number, *, at, when, arguments=APPLY, within_s=PATIENCE_S):
    """Run kbsync, send it signal *number* at request *at*; it ends within so many seconds."""
    box, there = [], threading.Event()

    def act():
        there.wait(PATIENCE_S)
        box[0].send_signal(number)

    bench.wire.arm(act, at=at, when=when, cuts=number == signal.SIGKILL)
    with running(workspace, *arguments) as process:
        box.append(process)
        there.set()
        output, errors = process.communicate(timeout=PATIENCE_S)
        ended_at = time.monotonic()
    bench.wire.disarm()
    assert bench.wire.tripped_at, f"there was no request {at}: {output}{errors}"
    assert ended_at - bench.wire.tripped_at < within_s, f"{output}{errors}"
    assert "Traceback" not in errors, errors
    return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


def versions(workspace):
    """The version of every live configuration and row."""
    listing = workspace.storage("GET", "components?include=configuration,rows").json()
    found = {}
    for component in listing:
        for config in component["configurations"]:
            found[component["id"], config["id"]] = config["version"]
            for row in config["rows"]:
                found[component["id"], config["id"], row["id"]] = row["version"]
    return found


def trash(workspace):
    listing = workspace.storage("GET", "components?isDeleted=true").json()
    return {(each["id"], config["id"]) for each in listing for config in each["configurations"]}


def picture(workspace):
    """Everything a run may change: contents, versions, trash."""
    return contents(workspace.project()), versions(workspace), trash(workspace)


def expected_after(bench, reference):
    """The picture after a run that did all there is, given how many versions that takes."""
    gone = {
        (component, config_id)
        for component, configs in bench.live.items()
        for config_id in configs
        if config_id not in bench.wished.get(component, {})
    }
    return after(bench.live, bench.wished), reference, gone


def journals(workspace):
    """The events of every run in the folder, the oldest run first."""
    return [
        [json.loads(line) for line in path.read_text().splitlines()]
        for path in sorted((workspace.root / ".kbsync/runs").glob("*.jsonl"))
    ]


def deletes_sent(workspace):
    """The requests that delete a configuration, which twice would purge it."""
    found = [each for each in workspace.requests() if each.startswith("DELETE ")]
    return [each for each in found if "/configs/" in each and "/rows/" not in each]


def leases(workspace):
    """The entries of runs in the metadata of the branch: what each says, by key."""
    found = workspace.storage("GET", "metadata").json()
    return {
        each["key"]: json.loads(each["value"])
        for each in found
        if each["key"].startswith("KBSYNC.lease.")
    }


def log_of(workspace):
    """The requests so far, with what was answered."""
    return requests.get(f"{workspace.server.url}/_emulator/requests", timeout=10).json()


def is_write(entry):
    """Whether a request of the log changes configurations."""
    return entry["method"] != "GET" and "/branch/default/metadata" not in entry["path"]
