"""All checks, one after the other, whatever becomes of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kbsync.api.client import StorageClient
from kbsync.doctor.folder import folder_findings
from kbsync.doctor.machine import machine_findings, world_finding
from kbsync.doctor.project import branch_finding, fetch_token, lease_finding, stack_findings
from kbsync.doctor.token import project_finding, token_findings
from kbsync.errors import ExitCode, KbsyncError
from kbsync.finding import Finding, failed, failed_by, not_checked, ok, tried, warning
from kbsync.settings import FILE_NAMES, STACK_VARIABLE, Settings
from kbsync.tree.declared import Tree
from kbsync.tree.files import tree_root

_OF_FOLDER = ("tree", "runs", "cache", "git")
_WITH_TOKEN = ("expiry", "rights", "trash", "project", "branch", "lease")
_WITH_STACK = ("clock", "services", "token", *_WITH_TOKEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What is looked at, and how to come by it. Each of these may raise a KbsyncError."""

    root: Path
    environ: Mapping[str, str]
    settings: Callable[[], Settings]
    tree: Callable[[], Tree]
    stranger: Callable[[], AbstractContextManager[StorageClient]]
    """Asks the stack without a token."""
    client: Callable[[], AbstractContextManager[StorageClient]]


def examine(patient: Patient) -> list[Finding]:
    """Return what every check finds, in the order of the checks. Writes nothing, sends only GET."""
    found = [*machine_findings(patient.environ)]
    try:
        settings = patient.settings()
    except KbsyncError as error:
        found.append(failed_by("settings", error))
        skipped = _skipped(("stack", *_WITH_STACK), "the settings cannot be read")
        project, about_project = None, [*skipped]
    else:
        found.append(_settings(settings, patient.environ))
        project, about_project = _project(patient, settings)
    found += _folder(patient)
    return [*found, *about_project, world_finding(patient.environ, project)]


def _settings(settings: Settings, environ: Mapping[str, str]) -> Finding:
    name = next((name for name in FILE_NAMES if (settings.root / name).is_file()), "")
    said = f"branch {settings.branch}, token from {settings.token_env}"
    if not name:
        todo = "Write it: kbsync init"
        return warning("settings", f"there is no {FILE_NAMES[0]}; {said}", todo)
    environment = f", environment {settings.environment}" if settings.environment else ""
    wins = environ.get(STACK_VARIABLE, "").strip()
    stack = f"stack from {STACK_VARIABLE}, " if wins else ""
    return ok("settings", f"{name}{environment}: {stack}{said}")


def _folder(patient: Patient) -> Iterable[Finding]:
    try:
        root = tree_root(patient.root)
    except KbsyncError:
        return _skipped(_OF_FOLDER, "there is no such folder")
    return folder_findings(root, patient.tree)


def _project(patient: Patient, settings: Settings) -> tuple[int | None, list[Finding]]:
    """Return the number of the token's project, if it is known, and what was found."""
    if not settings.stack:
        todo = f"Write it: kbsync init. Or set {STACK_VARIABLE}, such as connection.keboola.com."
        found = [failed("stack", "no stack is set", todo, ExitCode.INVALID)]
        return None, [*found, *_skipped(_WITH_STACK, "no stack is set")]
    try:
        with patient.stranger() as client:
            found = [*stack_findings(client)]
    except KbsyncError as error:
        return None, [
            failed_by("stack", error),
            *_skipped(_WITH_STACK, "the stack does not answer"),
        ]
    try:
        with patient.client() as client:
            token = fetch_token(client)
            found += token_findings(token, client.server_time or datetime.now(UTC))
            found.append(project_finding(token, settings.project_id))
            found.append(tried("branch", lambda: branch_finding(client)))
            found.append(tried("lease", lambda: lease_finding(client)))
    except KbsyncError as error:
        skipped = _skipped(_WITH_TOKEN, "there is no token that works")
        return None, [*found, failed_by("token", error), *skipped]
    return int(token["owner"]["id"]), found


def _skipped(checks: Iterable[str], why: str) -> Iterator[Finding]:
    return (not_checked(check, why) for check in checks)
