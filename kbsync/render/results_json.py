"""What became of a run, as JSON for programs. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from kbsync import __version__
from kbsync.change import Activation
from kbsync.errors import ExitCode, InterruptedRunError, KbsyncError
from kbsync.model import Json, JsonObject, Key
from kbsync.plans.plan import Step, Target
from kbsync.plans.plan_json import key_json
from kbsync.render.results import undo_command, undo_commands
from kbsync.run.result import NOTHING_ASIDE, Aside, Ended, Outcome, Report, Result

FORMAT_VERSION = 1


def result_json(ended: Ended) -> str:
    """Return *ended* as the document that `result.schema.json` describes."""
    report = ended.report
    results = report.results
    return _document(
        ended.target,
        runId=ended.stamp.run,
        message=ended.stamp.message,
        commit=ended.stamp.commit or None,
        planId=ended.plan_id or None,
        outcome=_outcome(report),
        exitCode=int(report.exit_code),
        seconds=round(ended.seconds, 3),
        counts=_counts(results),
        undo=" && ".join(undo_commands(ended)) or None,
        steps=[_result(result, ended) for result in results],
        takenBack=[_result(result, ended) for result in report.undone],
        left=_left({**report.left, **ended.aside.left}),
        notes=[*ended.aside.notes],
        isHeld=report.is_held if report.rejected else None,
    )


def nothing_json(target: Target, aside: Aside = NOTHING_ASIDE) -> str:
    """Return the same document for a plan that does nothing: there was no run."""
    return _document(
        target,
        runId=None,
        message="",
        commit=None,
        planId=None,
        outcome="nothing to do",
        exitCode=int(ExitCode.DONE),
        seconds=0,
        counts=_counts(()),
        undo=None,
        steps=[],
        takenBack=[],
        left=_left(aside.left),
        notes=[*aside.notes],
        isHeld=None,
    )


def _left(left: Mapping[Key, str]) -> list[Json]:
    return [{**key_json(key), "reason": why} for key, why in left.items()]


def _document(target: Target, **facts: Json) -> str:
    document: JsonObject = {
        "formatVersion": FORMAT_VERSION,
        "kbsyncVersion": __version__,
        "target": {
            "stack": target.stack,
            "projectId": target.project_id,
            "projectName": target.project_name,
            "branch": target.branch,
        },
        **facts,
    }
    return json.dumps(document, indent=2) + "\n"


def _outcome(report: Report) -> str:
    """The run in a word; what was taken back counts as not applied."""
    results = report.results
    if all(result.outcome is Outcome.APPLIED for result in results):
        return "applied"
    if any(isinstance(result.error, InterruptedRunError) for result in results):
        return "interrupted"
    if not any(result.touched for result in results):
        return "not applied"
    back = report.undone and all(result.outcome is Outcome.APPLIED for result in report.undone)
    return "taken back" if back and not report.left else "partly applied"


def _counts(results: tuple[Result, ...]) -> JsonObject:
    return {
        str(outcome): sum(1 for result in results if result.outcome is outcome)
        for outcome in Outcome
    }


def _result(result: Result, ended: Ended) -> JsonObject:
    step = result.step
    return {
        **key_json(step.key),
        "name": step.name,
        "outcome": str(result.outcome),
        "already": result.already,
        "versionBefore": step.base.number if step.base else None,
        "versionAfter": result.version,
        "writes": result.written,
        "lostAnswersSettled": result.settled,
        "uncertain": result.uncertain,
        "error": _error(result.error, result.failed_at) if result.error else None,
        "file": ended.files.get(result.failed_at or step.key) or ended.files.get(step.key),
        "undo": undo_command(result) or None,
        "schedule": _schedule(step),
    }


def _schedule(step: Step) -> str | None:
    told = [change.is_on for change in step.changes if isinstance(change, Activation)]
    return ("activated" if told[0] else "stopped") if told else None


def _error(error: KbsyncError, at: Key | None) -> JsonObject:
    return {
        "message": str(error),
        "hint": error.hint,
        "exitCode": int(error.exit_code),
        "object": key_json(at) if at else None,
    }
