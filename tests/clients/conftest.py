"""Third-party clients, unmodified, each in a process of its own against an emulator."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.clients.install import python_of, why_missing
from tests.clients.tls_front import CONNECTION, HOSTS, MAKE_CERTIFICATES, TlsFront

DRIVE = Path(__file__).with_name("drive.py")
TOKEN = "1234-emulated-fake-token"


class ClientError(Exception):
    """What the client raised."""

    def __init__(self, answer):
        super().__init__(f"{answer['error']}: {answer['message']}")
        self.status = answer["status"]


class Remote:
    """The client of another process: attributes name its endpoints, calling one calls it."""

    def __init__(self, process, path=""):
        self._process = process
        self._path = path

    def __getattr__(self, name):
        return Remote(self._process, f"{self._path}.{name}".removeprefix("."))

    def __call__(self, *args, **options):
        call = {"method": self._path, "args": args, "options": options}
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise ClientError(answer)
        return answer["result"]


@pytest.fixture
def kbcstorage(start_emulator, tmp_path):
    """A function that starts the official Python client on a seed, in the folder `tmp_path`."""
    _require("kbcstorage")
    processes = []

    def start_one(seed=None, branch="default"):
        url = start_emulator(seed).url
        processes.append(
            subprocess.Popen(
                [python_of("kbcstorage"), DRIVE, url, TOKEN, branch],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=tmp_path,
                env={"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL_S3": f"{url}/s3"},
            )
        )
        return Remote(processes[-1])

    yield start_one
    for process in processes:
        process.communicate(timeout=30)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """A folder with `ca.pem`, and `server.pem` for the emulated stack."""
    _require("kbagent")
    folder = tmp_path_factory.mktemp("certificates")
    subprocess.run(
        [python_of("kbagent"), "-c", MAKE_CERTIFICATES, folder, *HOSTS], check=True, timeout=60
    )
    return folder


@pytest.fixture
def kbagent(start_emulator, certificates, tmp_path):
    """A function that runs Keboola's CLI in `tmp_path` with a project `p`, and returns its data."""
    fronts = []

    def start_one(seed=None):
        fronts.append(TlsFront(start_emulator(seed).url, certificates / "server.pem"))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path / "home"),
            "HTTPS_PROXY": fronts[-1].url,
            "SSL_CERT_FILE": str(certificates / "ca.pem"),
        }

        def run(*args):
            done = subprocess.run(
                [python_of("kbagent").with_name("kbagent"), "--json", *args],
                cwd=tmp_path,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=120,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return json.loads(done.stdout)["data"]

        run("project", "add", "--project=p", f"--url=https://{CONNECTION}", f"--token={TOKEN}")
        return run

    yield start_one
    for front in fronts:
        front.close()


def _require(client):
    reason = why_missing(client)
    if reason:
        pytest.skip(reason)
