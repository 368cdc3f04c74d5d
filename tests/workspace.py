"""A folder, an emulated project and the command line between them."""

from __future__ import annotations

from pathlib import Path

import requests
from click.testing import CliRunner

from kbsync.cli.main import cli
from tests.trees import write_tree

TOKEN = "test-token"


class Workspace:
    """What a user has: a folder of files, a token, the `kbsync` command."""

    def __init__(self, root: Path, server) -> None:
        self.root = root
        self.server = server
        self.environment = {"KEBOOLA_STACK_URL": server.url, "KEBOOLA_TOKEN": TOKEN}

    def write(self, files):
        """Add files, or replace them."""
        write_tree(self.root, files)

    def files(self):
        """Every file of the tree but kbsync's own folder, by path."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and ".kbsync" not in path.parts
        }

    def kbsync(self, *arguments, input=None, **environment):
        """Run a command in the folder."""
        return CliRunner().invoke(
            cli,
            ["--project-dir", str(self.root), *arguments],
            env=self.environment | environment,
            input=input,
        )

    def project(self):
        """The live project, in the shape of the seed."""
        return requests.get(f"{self.server.url}/_emulator/project", timeout=10).json()

    def show(self, project):
        """Let the live project be another one, in the shape of a seed."""
        url = f"{self.server.url}/_emulator/project"
        requests.put(url, json=project, timeout=10).raise_for_status()

    def requests(self):
        """The requests so far, as `METHOD path`, without the common start."""
        found = requests.get(f"{self.server.url}/_emulator/requests", timeout=10).json()
        return [f"{each['method']} {each['path'].removeprefix('/v2/storage/')}" for each in found]

    def writes(self):
        """The requests that change configurations: the notes of a run on the branch are none."""
        return [
            each
            for each in self.requests()
            if not each.startswith("GET ") and " branch/default/metadata" not in each
        ]

    def forget_requests(self):
        requests.delete(f"{self.server.url}/_emulator/requests", timeout=10)

    def fault(self, **rule):
        url = f"{self.server.url}/_emulator/faults"
        requests.post(url, json=rule, timeout=10).raise_for_status()

    def edit_before(self, method, path, *, edit, **rule):
        """Let somebody else be faster: *edit* is method, path and body of what they do."""
        self._edit("before", method, path, edit, rule)

    def edit_after(self, method, path, *, edit, **rule):
        """Let somebody else come right after the first request that matches."""
        self._edit("after", method, path, edit, rule)

    def _edit(self, when, method, path, edit, rule):
        made = dict(zip(("method", "path", "body"), edit, strict=False))
        made["path"] = f"branch/default/{made['path']}"
        rule = {"times": 1, **rule}
        self.fault(method=method, path=path, action="edit", when=when, edit=made, **rule)

    def end_faults(self):
        requests.delete(f"{self.server.url}/_emulator/faults", timeout=10)

    def storage(self, method, path, body=None):
        """Do what another person would do with the API."""
        return requests.request(
            method,
            f"{self.server.url}/v2/storage/branch/default/{path}",
            json=body,
            headers={"X-StorageApi-Token": "somebody-else"},
            timeout=10,
        )

    def service(self, method, path, body=None, *, name="scheduler"):
        """Ask a service beside Storage."""
        index = requests.get(f"{self.server.url}/v2/storage/", timeout=10).json()
        (url,) = (each["url"] for each in index["services"] if each["id"] == name)
        return requests.request(
            method, f"{url}/{path}", json=body, headers={"X-StorageApi-Token": "x"}, timeout=10
        )

    def default_branch(self):
        """The id of the default branch."""
        return next(each["id"] for each in self._branches().json() if each["isDefault"])

    def new_branch(self, name):
        """Make a development branch; its id."""
        self._branches("POST", {"name": name, "description": ""}).raise_for_status()
        return next(each["id"] for each in self._branches().json() if each["name"] == name)

    def _branches(self, method="GET", body=None):
        url = f"{self.server.url}/v2/storage/dev-branches"
        headers = {"X-StorageApi-Token": "somebody-else"}
        return requests.request(method, url, json=body, headers=headers, timeout=10)
