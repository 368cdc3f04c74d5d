"""Serving the emulator with waitress: inside a test, or as a program of its own."""

from __future__ import annotations

import ipaddress
import logging
import signal
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import WSGITask
from waitress.wasyncore import close_all, loop

from kbsync.emulator.app import create_app
from kbsync.emulator.errors import EmulatorError
from kbsync.emulator.front import SEVER
from kbsync.emulator.project import replace_project
from kbsync.emulator.seed import Seed, check_seed, read_seed
from kbsync.emulator.store import Store

_THREADS, _MOST_THREADS = 4, 100
"""At the start, and when many requests wait at once, for emulated latency or in a fault."""

_NEVER = 1 << 40
_MOST_BYTES = 5 * 1024**3
"""The largest body, as for S3's PUT."""
_MOST_BYTES_HELD = 16 * 1024**2
"""Larger bodies wait on the disk until they are read: only uploads of files are."""

# Waitress reports every connection that a fault broke on purpose.
logging.getLogger("waitress").setLevel(logging.CRITICAL)


class Server:
    """A running emulator. Closing it ends every request and connection at once."""

    def __init__(self, store: Store, waitress: _Waitress, closing: threading.Event) -> None:
        self.is_new = store.is_new
        """Whether the project is the seed's, not one that the data file held already."""
        self._store = store
        self._waitress = waitress
        self._closing = closing
        self._thread = threading.Thread(target=self._run, name="emulator", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        host = self._waitress.effective_host
        name = f"[{host}]" if ":" in host else host
        return f"http://{name}:{self._waitress.effective_port}"

    def close(self) -> None:
        """Stop serving. Data in a file is kept; closing twice does nothing."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._waitress.pull_trigger()
        self._thread.join()
        self._waitress.task_dispatcher.shutdown(timeout=2)
        close_all(self._waitress._map)
        self._store.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            loop(timeout=1, map=self._waitress._map, count=1)


def start(
    *,
    seed: Mapping[str, Any] | list[Any] | None = None,
    data: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    allow_remote: bool = False,
    latency_ms: int = 0,
    rate_limit: float | None = None,
) -> Server:
    """Serve a project from a thread of this process.

    Args:
        seed: The project to begin with. A data file that holds a project already keeps it.
        data: The file that keeps the project; None keeps it in memory.
        host: An address of this machine; others only with *allow_remote*.
        port: 0 takes a free one; see `Server.url`.
        latency_ms: How long every request waits before it is served.
        rate_limit: Requests per second; the rest is answered 429. None: no limit.

    Raises:
        EmulatorError: Seed, data file or address cannot be used. Nothing was changed.
    """
    checked = None if seed is None else check_seed(seed)
    return _start(checked, data, host, port, allow_remote, latency_ms, rate_limit)


def serve_forever(
    *,
    seed: Path | None = None,
    data: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    allow_remote: bool = False,
    latency_ms: int = 0,
    rate_limit: float | None = None,
    say: Callable[[str], object],
    warn: Callable[[str], object],
) -> None:
    """Serve until SIGINT or SIGTERM; *say* is told the address once it accepts connections.

    *warn* is told when *data* holds a project already, so that *seed* is not used.

    Raises:
        EmulatorError: As `start`.
    """
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        checked = None if seed is None else read_seed(seed)
        with _start(checked, data, host, port, allow_remote, latency_ms, rate_limit) as server:
            if seed is not None and not server.is_new:
                warn(f"{data} holds a project already; {seed} was not loaded")
            say(f"listening on {server.url}")
            stop.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _start(
    seed: Seed | None,
    data: Path | None,
    host: str,
    port: int,
    allow_remote: bool,
    latency_ms: int,
    rate_limit: float | None,
) -> Server:
    _check_host(host, allow_remote)
    listener = _listen(host, port)
    try:
        store = Store(data)
        if seed is not None and store.is_new:
            with store.transaction() as db:
                replace_project(db, seed)
        closing = threading.Event()
        app = create_app(store, latency_ms=latency_ms, rate_limit=rate_limit, closing=closing)
        waitress = _Waitress(
            app,
            _sock=listener,
            bind_socket=False,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            host="127.0.0.1",  # not used, because there is a socket, but looked up all the same
            threads=_THREADS,
            connection_limit=1000,
            max_request_body_size=_MOST_BYTES,
            # Beyond these waitress writes files, which it leaves open when it is stopped.
            inbuf_overflow=_MOST_BYTES_HELD,
            outbuf_overflow=_NEVER,
            clear_untrusted_proxy_headers=False,
            ident="kbsync-emulator",
        )
    except BaseException:
        listener.close()
        raise
    return Server(store, waitress, closing)


def _check_host(host: str, allow_remote: bool) -> None:
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback and not allow_remote:
        raise EmulatorError(
            f"{host} is not an address of this machine alone",
            "The emulator takes any token as valid. Add --allow-remote to serve other machines.",
            what="start",
        )


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise EmulatorError(
            f"cannot listen on {host}:{port}: {str(error.strerror).partition(' (while')[0]}",
            "Choose another --port, or leave it out to take a free one.",
            what="start",
        ) from error


class _Task(WSGITask):  # type: ignore[misc]  # waitress has no types
    def get_environment(self) -> Any:
        environ = super().get_environment()
        environ[SEVER] = self.channel.sever
        return environ


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that an application can break."""

    task_class = _Task

    def send_continue(self) -> None:
        """Let a request without a body stay complete: waitress would wait for one for ever."""
        is_complete = self.request.completed
        super().send_continue()
        self.request.completed = is_complete

    def sever(self) -> None:
        """Close with a TCP reset instead of an answer."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ClientDisconnected


class _Waitress(TcpWSGIServer):  # type: ignore[misc]
    channel_class = _Channel

    def add_task(self, task: Any) -> None:
        """Queue a request, and start another thread for it when all are busy."""
        super().add_task(task)
        dispatcher = self.task_dispatcher
        threads = len(dispatcher.threads)
        if threads - dispatcher.active_count < len(dispatcher.queue) and threads < _MOST_THREADS:
            dispatcher.set_thread_count(threads + 1)
