"""The Flask application: routes under every path form, one transaction per request."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import UnicodeConverter

from kbsync.emulator import (
    branch_configs,
    branch_routes,
    buckets,
    components,
    configurations,
    control,
    data_apps,
    data_metadata,
    encryption,
    events,
    files,
    jobs,
    merge_requests,
    metadata,
    neighbours,
    project,
    queue,
    row_versions,
    rows,
    s3,
    scheduler,
    search,
    table_changes,
    table_loads,
    table_reads,
    tables,
    token_routes,
    versions,
)
from kbsync.emulator.branches import find_branch
from kbsync.emulator.calls import Call, answer, begin
from kbsync.emulator.control import FRONT
from kbsync.emulator.errors import ApiError, error_body, not_implemented
from kbsync.emulator.front import SLASH, Front
from kbsync.emulator.store import Store
from kbsync.emulator.tokens import authorise

STORAGE = "/v2/storage"

PROJECT_AREAS = (
    components.root,
    branch_routes.routes,
    jobs.routes,
    merge_requests.routes,
    neighbours.triggers,
    search.everywhere,
    token_routes.tickets,
)
"""Served once, under `/v2/storage`."""

BRANCH_AREAS = (
    components.routes,
    configurations.routes,
    branch_configs.routes,
    rows.routes,
    versions.routes,
    row_versions.routes,
    metadata.routes,
    search.routes,
    token_routes.routes,
    events.routes,
    buckets.routes,
    tables.routes,
    table_loads.routes,
    table_changes.routes,
    table_reads.routes,
    data_metadata.routes,
    files.routes,
)
"""Served under `/v2/storage` and under `/v2/storage/branch/{branch}`."""

SERVICES = {
    "data-science": data_apps.routes,
    "encryption": encryption.routes,
    "notification": neighbours.notification,
    "queue": queue.routes,
    "scheduler": scheduler.routes,
    "sync-actions": neighbours.sync_actions,
}
"""The neighbour services, each under its own name as path prefix."""

UNSERVED = ("ai", "billing", "import", "oauth", "sandboxes", "stream", "vault")
"""Services whose address clients want to know when they start. Using one is answered 501."""

PUBLIC = {"index.index", "plain-components.detail", "encryption.encrypt"}
"""Endpoints that need no token."""

PUBLIC_AREAS = ("control.", "s3.")
"""Areas whose endpoints need none either: file bodies come with a signature that is not checked."""


_FORM_BYTES = 32 * 1024 * 1024
"""Room for a configuration and a state of the largest size, and for what encoding adds."""


class _Id(UnicodeConverter):
    """An id in a path: any characters, slashes too when they come percent-encoded."""

    def to_python(self, value: str) -> str:
        return value.replace(SLASH, "/")


def create_app(
    store: Store,
    *,
    latency_ms: int = 0,
    rate_limit: float | None = None,
    closing: threading.Event | None = None,
) -> Flask:
    """Return the emulator for any WSGI server.

    Args:
        store: Where the project lives; a store without one gets an empty project.
        latency_ms: How long every request waits before it is served.
        rate_limit: Requests per second; the rest is answered 429. None: no limit.
        closing: Ends all waiting when it is set.
    """
    with store.transaction() as db:
        project.ensure_project(db)
    routes = _routes()
    app = Flask("kbsync.emulator", static_folder=None)
    app.config["SERVICES"] = sorted((*SERVICES, *UNSERVED))
    app.config.update(MAX_FORM_MEMORY_SIZE=_FORM_BYTES, MAX_FORM_PARTS=10_000)
    app.url_map = routes.url_map
    for endpoint, view in routes.view_functions.items():
        is_public = endpoint in PUBLIC or endpoint.startswith(PUBLIC_AREAS)
        app.view_functions[endpoint] = _in_transaction(store, view, is_public=is_public)
    _handle_errors(app)
    front = Front(
        app=app.wsgi_app,
        latency_s=latency_ms / 1000,
        rate_limit=rate_limit,
        closing=closing or threading.Event(),
    )
    app.extensions[FRONT] = front
    app.wsgi_app = front  # type: ignore[method-assign]  # the way Flask documents to wrap it
    return app


@cache
def _routes() -> Flask:
    """An application that is never served, for its routes: compiling them costs more than all
    else that a start does, and they are the same for every store."""
    app = Flask("kbsync.emulator", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.merge_slashes = False
    app.url_map.converters["id"] = _Id
    app.register_blueprint(control.routes)
    app.register_blueprint(s3.routes, url_prefix="/s3")
    for area in PROJECT_AREAS:
        app.register_blueprint(area, url_prefix=STORAGE)
    for name, area in SERVICES.items():
        app.register_blueprint(area, url_prefix=f"/{name}")
    for area in BRANCH_AREAS:
        app.register_blueprint(area, url_prefix=STORAGE, name=f"plain-{area.name}")
        app.register_blueprint(
            area, url_prefix=f"{STORAGE}/branch/<id:branch>", name=f"branch-{area.name}"
        )
    return app


def _in_transaction(
    store: Store, view: Callable[..., Any], *, is_public: bool
) -> Callable[..., Any]:
    def served(**args: str) -> Any:
        branch = args.pop("branch", None)
        with store.transaction() as db:
            caller = None if is_public else authorise(db, _secret())
            named = find_branch(db, branch)
            begin(Call(db=db, blobs=store.blobs, caller=caller, branch=named))
            return view(**args)

    return served


def _secret() -> str:
    bearer = request.headers.get("Authorization", "")
    return request.headers.get("X-StorageApi-Token") or bearer.removeprefix("Bearer ").strip()


def _handle_errors(app: Flask) -> None:
    @app.errorhandler(ApiError)
    def refused(error: ApiError) -> Response:
        return Response(error.body(), error.status, mimetype=error.mimetype)

    @app.errorhandler(NotFound)
    @app.errorhandler(MethodNotAllowed)
    def unknown(error: HTTPException) -> Response:
        route = f"{request.method} {request.path}"
        return refused(not_implemented(f"The emulator does not serve {route}"))

    @app.errorhandler(HTTPException)
    def broken(error: HTTPException) -> Response:
        message = error.description or error.name
        return answer(error_body(message, "malformedRequest"), error.code or 500)

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        app.logger.exception("%s %s", request.method, request.path)
        return answer(error_body("Application error.", "applicationError"), 500)
