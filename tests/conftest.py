"""Fixtures for every test: a clean environment, no network but loopback, emulators to talk to."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket

import pytest
from hypothesis import settings

from kbsync.emulator.serve import start
from tests.workspace import Workspace

_PREFIXES = ("KEBOOLA_", "KBSYNC_", "KBC_")
_NAMES = {"NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI", "GITHUB_ACTIONS", "EDITOR"}

_RESERVED = (".invalid", ".test")
"""Names that exist nowhere: looking one up fails, but is not held against a test."""


# A slow machine is no failure; and a pipeline should judge the change, not the dice.
settings.register_profile("here", deadline=None)
settings.register_profile("pipeline", deadline=None, derandomize=True)
settings.load_profile("pipeline" if os.environ.get("CI") else "here")

# Whoever starts the tests in the background may have had Ctrl-C ignored, and that is inherited.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in tuple(os.environ):
        if name.startswith(_PREFIXES) or name in _NAMES:
            monkeypatch.delenv(name)
    # A broken server is told at once; what waiting does is for its own tests.
    monkeypatch.setenv("KBSYNC_MAX_WAIT", "0")


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch):
    """Refuse every contact with another machine, and fail the test that tried."""
    tried = []
    connect, getaddrinfo = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            tried.append(address[0])
            raise OSError(f"connection to {address[0]} refused: tests stay on this machine")
        return connect(self, address)

    def guarded_getaddrinfo(host, *args, **kwargs):
        if host is not None and not _is_loopback(host):
            if not str(host).endswith(_RESERVED):
                tried.append(host)
            raise socket.gaierror(f"{host} not looked up: tests stay on this machine")
        return getaddrinfo(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
    yield
    if tried:
        pytest.fail(f"the test tried to reach {', '.join(map(str, tried))}")


@pytest.fixture
def start_emulator():
    """A function that starts an emulator; all are closed when the test ends."""
    servers = []

    def start_one(seed=None, **options):
        servers.append(start(seed=seed, **options))
        return servers[-1]

    yield start_one
    for server in servers:
        server.close()


@pytest.fixture
def emulator(start_emulator):
    """A running emulator with an empty project."""
    return start_emulator()


def _is_loopback(host):
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture
def start_workspace(start_emulator, tmp_path):
    """A function that makes a folder with *files* and an emulated project with *live* content."""

    def start_one(files=None, live=None, *, folder="project", **options):
        workspace = Workspace(tmp_path / folder, start_emulator(seed=live or [], **options))
        workspace.root.mkdir(parents=True, exist_ok=True)
        workspace.write(files or {})
        return workspace

    return start_one
