"""The machine: versions, what the environment says of the network, inside or outside of Keboola."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version

from kbsync import __version__
from kbsync.finding import Finding, ok, warning

_LIBRARIES = ("click", "deepdiff", "jsonschema", "pyyaml", "requests", "rich")
_NETWORK = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)
_WORKSPACE = "KBC_PROJECT_ID"
"""Set where Keboola runs somebody's code; the value is the number of the project."""


def machine_findings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is to be said of this machine; of variables only their names."""
    yield ok("kbsync", f"{__version__} on Python {platform.python_version()}, {_system()}")
    yield ok("libraries", ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES))
    names = sorted(name for name in environ if name.upper() in _NETWORK and environ[name])
    said = f"set: {', '.join(names)}" if names else "no proxy and no certificates of your own"
    yield ok("network", said)


def world_finding(environ: Mapping[str, str], token_project: int | None) -> Finding:
    """Return where this runs; *token_project* is None when nobody knows it."""
    project = environ.get(_WORKSPACE, "").strip()
    if not project:
        return ok("world", f"outside of Keboola ({_WORKSPACE} is not set)")
    if not (project.isascii() and project.isdigit() and len(project) < 20):
        return warning("world", f"{_WORKSPACE} is set, but to no number of a project", "Unset it.")
    said = f"inside a Keboola workspace of project {project}"
    if token_project in (None, int(project)):
        return ok("world", said)
    return warning(
        "world",
        f"{said}, but the token belongs to project {token_project}",
        "Check that this is the project you mean.",
    )


def _system() -> str:
    return f"{platform.system()} {platform.machine()}".strip()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "of unknown version"
