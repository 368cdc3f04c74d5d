"""The Storage API of one branch: what can be asked, and the one way to write configurations.

Never writes by itself: `send` does what a `Write` says.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime

from kbsync.api.services import address_of
from kbsync.api.transport import Transport
from kbsync.api.wire import Call
from kbsync.errors import ApiError
from kbsync.model import Json, JsonObject, Key
from kbsync.plans.writes import Write, path_of


class StorageClient:
    """One branch of one project. May be used from several threads."""

    def __init__(self, transport: Transport, *, branch: str = "default") -> None:
        self.branch = branch
        self._transport = transport
        self._services: dict[str, Transport] = {}
        self._finding = threading.Lock()

    def __repr__(self) -> str:
        return f"StorageClient({self._transport!r}, branch={self.branch!r})"

    @property
    def stack(self) -> str:
        return self._transport.stack

    @property
    def server_time(self) -> datetime | None:
        """What the platform's clock shows now, going by its newest answer; None before that."""
        return self._transport.server_time

    def close(self) -> None:
        for transport in (self._transport, *self._services.values()):
            transport.close()

    def stop_waiting(self) -> None:
        """Let every request that would have to wait fail from now on."""
        self._transport.stop()

    def wait(self, why: str, attempt: int) -> bool:
        """Wait before try number *attempt* + 1 of something; False when it is time to give up.

        Raises:
            InterruptedRunError: `stop_waiting` was called.
        """
        return self._transport.wait_again(why, attempt)

    def of_branch(self, branch: str) -> StorageClient:
        """Return a client of another branch, with the same connections."""
        return StorageClient(self._transport, branch=branch)

    def beside(self, url: str) -> Transport:
        """Return the way to another service of the stack, which gets no token."""
        return self._transport.beside(url)

    def find_service(self, name: str) -> None:
        """Find the service *name* of the stack: one request, the first time.

        Raises:
            ApiError: The stack does not tell an address that may be shown the token.
        """
        with self._finding:
            if name not in self._services:
                address = address_of(self.index(), name)
                if not address:
                    raise _no_service(name, self.stack)
                self._services[name] = self._transport.sibling(address)

    def sign(self, text: str) -> str:
        """Return the HMAC-SHA256 of *text* in hexadecimal, keyed with the token."""
        return self._transport.sign(text)

    # -- reads

    def index(self) -> Json:
        """The stack's own services, among other things."""
        return self._get((), {"exclude": "components"})

    def index_with_components(self) -> Json:
        """The same with every component of the stack: megabytes."""
        return self._get(())

    def verify_token(self) -> Json:
        return self._get(("tokens", "verify"))

    def components(self) -> Json:
        """Every configuration with rows and component state. Not paged by the API."""
        query = {"include": "configuration,rows,state"}
        return self._get((*self._branch, "components"), query)

    def component_usage(self) -> Json:
        """Every configuration without its content, by component."""
        return self._get((*self._branch, "components"))

    def configuration_metadata(self) -> Json:
        """The metadata of all configurations that have some."""
        path = (*self._branch, "search", "component-configurations")
        return self._get(path, {"include": "filteredMetadata"})

    def deleted(self) -> Json:
        """The trash, in the listing's shape."""
        query = {"isDeleted": "true"}
        return self._get((*self._branch, "components"), query)

    def configuration(self, key: Key) -> Json:
        """One configuration with its rows and component state.

        Raises:
            NotFoundError: It does not exist, or it lies in the trash.
        """
        return self._get((*self._branch, *path_of(key)))

    def metadata(self, key: Key) -> Json:
        return self._get((*self._branch, *path_of(key), "metadata"))

    def versions(self, key: Key, *, limit: int = 100, offset: int = 0) -> Json:
        """The recorded versions, newest first, without content."""
        query = {"limit": str(limit), "offset": str(offset)}
        return self._get((*self._branch, *path_of(key), "versions"), query)

    def version(self, key: Key, number: int) -> Json:
        """One recorded version with its content and rows."""
        return self._get((*self._branch, *path_of(key), "versions", str(number)))

    def branch_metadata(self) -> Json:
        return self._get((*self._branch, "metadata"))

    def is_default_branch(self) -> bool:
        """Whether this is the default branch: no request when it goes by that name."""
        if self.branch == "default":
            return True
        found = self._get(("dev-branches", self.branch))
        return isinstance(found, dict) and found.get("isDefault") is True

    def branches(self) -> Json:
        """The branches of the project, without what is in them."""
        return self._get(("dev-branches",))

    # -- the one write

    def send(self, write: Write) -> Json:
        """Carry out *write*. What is for a service may be sent several times: it is idempotent.

        Raises:
            AccessError: The token may not do this; nothing was written.
            ApiError: See `may_have_happened`: read before you repeat it.
            InterruptedRunError: `stop_waiting` was called before it was carried out.
        """
        if write.service:
            self.find_service(write.service)
            call = Call(method=write.method, path=write.path, body=write.body, is_idempotent=True)
            return self._services[write.service].ask(call)
        call = Call(method=write.method, path=(*self._branch, *write.path), body=write.body)
        return self._transport.ask(call)

    # -- the run's own notes in the metadata of the branch

    def set_branch_metadata(self, values: Mapping[str, str]) -> Json:
        """Add or replace entries; returns all there are."""
        entries: list[Json] = [{"key": key, "value": value} for key, value in values.items()]
        path = (*self._branch, "metadata")
        return self._transport.ask(Call(method="POST", path=path, body={"metadata": entries}))

    def delete_branch_metadata(self, metadata_id: str) -> None:
        path = (*self._branch, "metadata", metadata_id)
        self._transport.ask(Call(method="DELETE", path=path))

    # -- the data beside the configurations: buckets, tables, files, and jobs that work on them

    def read(self, *path: str, query: Mapping[str, str] | None = None) -> Json:
        """Return what is at *path* below the branch."""
        return self._get((*self._branch, *path), query)

    def write(
        self, method: str, *path: str, body: JsonObject | None = None, run_id: str = ""
    ) -> Json:
        """Ask for a change of what is at *path* below the branch. Raises as `send` does.

        *run_id* is what a job that begins with it is known by.
        """
        call = Call(method=method, path=(*self._branch, *path), body=body, run_id=run_id)
        return self._transport.ask(call)

    def prepare_file(self, body: JsonObject) -> Json:
        """Announce a file, whose body comes later.

        Asked again when an answer gets lost: what never gets a body vanishes by itself.
        """
        path = (*self._branch, "files", "prepare")
        call = Call(method="POST", path=path, body=body, is_idempotent=True)
        return self._transport.ask(call)

    def job(self, job_id: str) -> Json:
        """One Storage job. Jobs are of the project: the API knows no branch here."""
        return self._get(("jobs", job_id))

    def jobs(self, *, limit: int) -> Json:
        """The newest Storage jobs, the newest first."""
        return self._get(("jobs",), {"limit": str(limit)})

    @property
    def _branch(self) -> tuple[str, str]:
        return ("branch", self.branch)

    def _get(self, path: tuple[str, ...], query: Mapping[str, str] | None = None) -> Json:
        return self._transport.ask(Call(method="GET", path=path, query=query or {}))


def _no_service(name: str, stack: str) -> ApiError:
    error = ApiError(
        f"{stack} tells no safe address of its {name} service",
        hint="The plan needs it. Try again; if it stays, ask whoever runs the stack.",
    )
    error.may_have_happened = False
    return error
