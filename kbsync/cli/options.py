"""Options and arguments that several commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from kbsync.cli import completing
from kbsync.cli.seconds import Seconds
from kbsync.errors import UsageError
from kbsync.plans.allowances import ALLOWABLE

if TYPE_CHECKING:
    from kbsync.cli.session import Session

_F = TypeVar("_F", bound=Callable[..., Any])


def with_environment(command: click.Command) -> click.Command:
    """Return *command* with `--env`, so that it may stand behind its name as well as before."""
    found = copy(command)
    found.params = [
        *command.params,
        click.Option(
            ["--env", "environment"],
            metavar="NAME",
            expose_value=False,
            shell_complete=completing.environments,
            callback=_use_environment,
            help="Environment of kbsync.yaml to use.",
        ),
    ]
    return found


def _use_environment(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.obj = in_environment(context.obj, value)


def in_environment(session: Session, environment: str) -> Session:
    """Return *session* for an environment that was named behind the command.

    Raises:
        UsageError: Before the command stands another one.
    """
    if session.environment not in (None, environment):
        raise UsageError(f"--env {session.environment} and --env {environment}; give one of them")
    return session.of(environment)


def selectors(command: _F) -> _F:
    return click.argument(
        "selectors", nargs=-1, metavar="[SELECTOR]...", shell_complete=completing.selectors
    )(command)


def prune(command: _F) -> _F:
    return click.option(
        "--prune",
        is_flag=True,
        help="Also delete (to the trash) live configurations that have no files.",
    )(command)


def auto_approve(command: _F) -> _F:
    return click.option("--auto-approve", is_flag=True, help="Do not ask; for pipelines.")(command)


def message(*, default: str) -> Callable[[_F], _F]:
    return click.option(
        "-m",
        "--message",
        metavar="TEXT",
        default="",
        help=f"What the version history shall say.  [default: {default}]",
    )


def allow(command: _F) -> _F:
    return click.option(
        "--allow",
        "allowed",
        multiple=True,
        metavar="KIND=N",
        callback=_parse_allowed,
        help=f"Allow exactly N of a kind beyond its limit: {', '.join(ALLOWABLE)}.",
    )(command)


def manner(command: _F) -> _F:
    """`--parallelism`, `--on-error` and `--stale`, as one `manner`."""

    @functools.wraps(command)
    def with_manner(*args: Any, parallelism: int, on_error: str, stale: str, **kwargs: Any) -> Any:
        from kbsync.run.apply import Manner, OnError

        manner = Manner(
            parallelism=parallelism, on_error=OnError(on_error), skip_stale=stale == "skip"
        )
        return command(*args, manner=manner, **kwargs)

    for option in (
        click.option(
            "--stale",
            type=click.Choice(["stop", "skip"]),
            default="stop",
            help="When somebody changed an object since the plan: stop, or leave that one out."
            "  [default: stop]",
        ),
        click.option(
            "--on-error",
            type=click.Choice(["stop", "continue", "rollback"]),
            default="stop",
            help="When an object cannot be written: stop, go on with the others, or take back what"
            " this run wrote.  [default: stop]",
        ),
        click.option(
            "--parallelism",
            type=click.IntRange(1, 64),
            default=8,
            metavar="N",
            help="How many configurations are written at the same time.  [default: 8]",
        ),
    ):
        with_manner = option(with_manner)
    return cast(_F, with_manner)


def overwrite_drift(command: _F) -> _F:
    return click.option(
        "--overwrite-drift",
        "overwritable",
        multiple=True,
        metavar="SELECTOR",
        shell_complete=completing.selectors,
        help="Allow to overwrite edits that other people made since kbsync last wrote.",
    )(command)


def lift_hold(command: _F) -> _F:
    return click.option(
        "--lift-hold",
        "liftable",
        multiple=True,
        metavar="SELECTOR",
        shell_complete=completing.selectors,
        help="Allow to write again what a rollback rejected; `kbsync holds` lists it.",
    )(command)


def reset_state(command: _F) -> _F:
    return click.option(
        "--reset-state",
        "forgotten",
        multiple=True,
        metavar="SELECTOR",
        shell_complete=completing.selectors,
        help="Also let these forget their component state, so that they load everything again.",
    )(command)


def write_tree(command: _F) -> _F:
    return click.option(
        "--write-tree",
        is_flag=True,
        help="Then bring the files of these configurations in step, as pull does.",
    )(command)


def plan_format(command: _F) -> _F:
    return click.option(
        "--format",
        "format_",
        type=click.Choice(["text", "markdown", "html", "json"]),
        default="text",
        help="How to show the plan: text, markdown for a comment in a pull request, html for a "
        "report in one file, json for programs.  [default: text]",
    )(command)


def text_or_json(command: _F) -> _F:
    return click.option(
        "--format",
        "format_",
        type=click.Choice(["text", "json"]),
        default="text",
        help="How to show it: text for people, json for programs.  [default: text]",
    )(command)


def result_format(command: _F) -> _F:
    return click.option(
        "--format",
        "format_",
        type=click.Choice(["text", "json"]),
        default="text",
        help="How to tell what was done: text for people, json for programs; with json the plan is"
        " shown on stderr.  [default: text]",
    )(command)


def columns(command: _F) -> _F:
    return click.option(
        "--columns",
        multiple=True,
        metavar="A,B",
        help="Only these columns of the table, in this order.",
    )(command)


def where(command: _F) -> _F:
    return click.option(
        "--where",
        multiple=True,
        metavar="CONDITION",
        help="Only rows that meet all conditions, such as --where country=CZ. Operators: = != > >="
        " < <=, compared as text; most need quotes in a shell.",
    )(command)


def timeout(command: _F) -> _F:
    return click.option(
        "--timeout",
        "patience_s",
        type=Seconds(min=0),
        metavar="SECONDS",
        help="Stop waiting after so long. Only our waiting ends: the job goes on."
        "  [default: wait as long as it takes]",
    )(command)


def _parse_allowed(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, int]:
    found = {}
    for value in values:
        kind, _, number = value.partition("=")
        if kind not in ALLOWABLE or not (number.isascii() and number.isdigit()):
            raise click.BadParameter(f"'{value}'; expected one such as deletes=12")
        found[kind] = int(number)
    return found
