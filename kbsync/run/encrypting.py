"""Encrypts the secrets of a plan before anything is written: all of them, or nothing happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kbsync.api.client import StorageClient
from kbsync.api.encryption import EncryptionService
from kbsync.env_secrets import Prover, encrypted, note_text, read_note, variables_of
from kbsync.errors import RefusedError
from kbsync.model import Key
from kbsync.plans.plan import Plan, Step
from kbsync.plans.writes import requests_for
from kbsync.workers import in_parallel

_WORKERS = 8


def check_variables(plan: Plan, environ: Mapping[str, str], files: Mapping[Key, str]) -> None:
    """Make sure that every variable *plan* needs is there.

    Args:
        plan: What is about to be applied.
        environ: The process environment.
        files: Where objects are declared, as far as that is known.

    Raises:
        RefusedError: With every variable that is not set, empty, or not text.
    """
    missing = []
    for key, names in sorted(variables_of(plan.changes).items()):
        place = f"{key} ({files[key]})" if key in files else str(key)
        for name in sorted(names):
            if why := _unfit(environ.get(name, "")):
                missing.append(f"{place}: the environment variable {name} {why}")
    if missing:
        raise RefusedError(
            "Secrets of this plan are not there:\n" + "\n".join(missing),
            hint="Set the variables where apply runs. Their values are never shown.",
        )


def _unfit(value: str) -> str:
    if not value:
        return "is not set, or empty"
    return "is no UTF-8 text" if any("\ud800" <= char <= "\udfff" for char in value) else ""


def encrypt_plan(
    plan: Plan, client: StorageClient, environ: Mapping[str, str], notes: Mapping[Key, str]
) -> Plan:
    """Return *plan* with ciphertext for every secret in it, and what to note of these.

    One request to the stack, and one to the encryption service for each configuration with such
    secrets; none when there are none.

    Args:
        plan: Passed `check_variables`.
        client: Of the project.
        environ: The process environment.
        notes: What is noted by now; see `Live.notes`.

    Raises:
        ApiError: A value could not be encrypted. Nothing was written.
    """
    if not variables_of(plan.changes):
        return plan
    service = EncryptionService(client, plan.target.project_id)
    prover = Prover(environ=environ, sign=client.sign, project_id=plan.target.project_id)
    try:
        steps = in_parallel(
            lambda step: _encrypted(step, service, prover, notes.get(step.key, "")),
            plan.steps,
            count=_WORKERS,
        )
    finally:
        service.close()
    return replace(plan, steps=tuple(steps))


def encryptions_of(plan: Plan) -> int:
    """How many requests it takes to encrypt what is in *plan*, and to note that."""
    steps = [step for step in plan.steps if variables_of(step.changes)]
    noted = [replace(step, note="noted") for step in steps]
    return bool(steps) + len(steps) + requests_for(noted) - requests_for(steps)


def _encrypted(step: Step, service: EncryptionService, prover: Prover, note: str) -> Step:
    names = {name for names in variables_of(step.changes).values() for name in names}
    if not names:
        return step
    values = {name: prover.environ[name] for name in sorted(names)}
    found = service.encrypt(step.key.component_id, values)
    fresh = {name: prover.noted(step.key, name, values[name], found[name]) for name in values}
    return replace(
        step,
        changes=tuple(encrypted(change, found) for change in step.changes),
        note=note_text({**read_note(note), **fresh}),
    )
