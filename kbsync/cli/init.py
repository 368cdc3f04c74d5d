"""`kbsync init`."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kbsync.cli.output import say, show
from kbsync.cli.session import Session, token_from
from kbsync.errors import ExitCode, InvalidFilesError, KbsyncError, RefusedError, UsageError

if TYPE_CHECKING:
    from kbsync.api.client import StorageClient
    from kbsync.plans.plan import Target

_DEFAULT_TOKEN = "KEBOOLA_TOKEN"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@click.command("init")
@click.option(
    "--stack", metavar="URL", help="Address of the stack, such as connection.keboola.com."
)
@click.option(
    "--project",
    type=click.IntRange(min=1),
    metavar="ID",
    help="Refuse a token of another project.  [default: the project of the token]",
)
@click.option(
    "--branch",
    default="default",
    metavar="ID",
    help="A development branch, by the number of it.  [default: the default branch]",
)
@click.option(
    "--env-name",
    default="prod",
    metavar="NAME",
    help="What to call this environment.  [default: prod]",
)
@click.option(
    "--token-env",
    default=_DEFAULT_TOKEN,
    metavar="NAME",
    help=f"The environment variable that holds the token.  [default: {_DEFAULT_TOKEN}]",
)
@click.option(
    "--pull/--no-pull", "pulls", default=None, help="Pull the project now, or do not; do not ask."
)
@click.option("--yes", is_flag=True, help="Do not ask: pull, unless --no-pull says otherwise.")
@click.pass_obj
def command(
    session: Session,
    stack: str | None,
    project: int | None,
    branch: str,
    env_name: str,
    token_env: str,
    pulls: bool | None,
    yes: bool,
) -> ExitCode:
    """Begin in this folder: write kbsync.yaml for the project of your token.

    The token is read from the environment, is checked, and is never written to a file. Its project
    is found out; only the stack has to be named, by --stack, by $KEBOOLA_STACK_URL, or when asked.
    A kbsync.yaml that is there already is never touched. At the end the project can be pulled.

    Everything is asked and checked before the first file is written.
    """
    from kbsync.settings_text import settings_text

    _refuse_wrong_place(session)
    _check_names(env_name, token_env)
    token_from(
        token_env,
        f"Make one in the project and set it: `read -rs {token_env} && export {token_env}`",
    )
    stack = _stack(stack)
    with session.client_of(stack, token_env, branch) as client:
        target = _target(client, project)
        is_pulling = _is_pulling(session, client, True if yes and pulls is None else pulls)
    text = settings_text(
        environment=env_name,
        stack=stack,
        project_id=target.project_id,
        branch=target.branch,
        token_env="" if token_env == _DEFAULT_TOKEN else token_env,
    )
    _write(session.root, text)
    _tell(session.root, target)
    if is_pulling:
        return _pull(Session(root=session.root, environment=None, max_wait_s=session.max_wait_s))
    say("Next: kbsync pull, or kbsync plan where the files are there already.")
    return ExitCode.DONE


def _refuse_wrong_place(session: Session) -> None:
    from kbsync.problems import ProblemError
    from kbsync.settings import load_settings, settings_file
    from kbsync.tree.files import tree_root

    if session.environment:
        raise UsageError(
            "--env chooses from a kbsync.yaml that is there already",
            hint="To name the environment of a new one: --env-name NAME",
        )
    try:
        name = settings_file(tree_root(session.root))
    except ProblemError as error:
        raise InvalidFilesError([error.problem]) from None
    if name:
        raise UsageError(
            f"{name} is there already",
            hint=f"Add an environment to it by hand. To begin anew, move {name} away first.",
        )
    load_settings(session.root, environment=None, environ=os.environ)


def _check_names(environment: str, token_env: str) -> None:
    if not _NAME.fullmatch(environment):
        raise UsageError(
            "--env-name: an environment is named with letters, digits, - and _",
            hint="Choose another one, such as prod.",
        )
    if not _VARIABLE.fullmatch(token_env):  # which may well be a token: it is not repeated
        raise UsageError(
            "--token-env: this is no name of an environment variable",
            hint="Give the name of the variable, such as KEBOOLA_TOKEN, never the token itself.",
        )


def _stack(given: str | None) -> str:
    """Return the address of the stack, asking for it when nobody said."""
    from kbsync.settings import STACK_VARIABLE

    from_environment = os.environ.get(STACK_VARIABLE, "").strip()
    if given is None and not from_environment:
        if not sys.stdin.isatty():
            raise UsageError(
                "It is not known which stack, and there is no terminal to ask on",
                hint=f"Add one, such as --stack connection.keboola.com, or set {STACK_VARIABLE}.",
            )
        asked: str = click.prompt(
            "Stack, such as connection.keboola.com", err=True, value_proc=_normalized
        )
        return asked
    stack = _normalized(given or from_environment)
    if from_environment and stack != _normalized(from_environment):
        raise UsageError(
            f"--stack is another one than {STACK_VARIABLE}, which every command would follow",
            hint=f"Run `unset {STACK_VARIABLE}` first, or leave --stack out.",
        )
    return stack


def _normalized(text: str) -> str:
    from kbsync.stack import normalize_stack

    try:
        return normalize_stack(text)
    except ValueError as error:
        raise click.UsageError(f"not a stack: {error}") from None


def _target(client: StorageClient, project: int | None) -> Target:
    """Return the project and branch, which are there."""
    from dataclasses import replace

    from kbsync.api.branches import branch_of, fetch_branches
    from kbsync.api.fetch import fetch_target

    target = fetch_target(client, project_id=None)
    if project is not None and project != target.project_id:
        raise RefusedError(
            f'The token belongs to project {target.project_id} "{target.project_name}", '
            f"not to {project}",
            hint="Use a token of that project, or leave --project out.",
        )
    if target.branch == "default":
        return target
    branches = fetch_branches(client)
    found = branch_of(branches, target.branch)
    if found is None:
        known = ", ".join(f"{each.branch_id} {each.name}" for each in branches)
        raise UsageError(
            f"There is no branch {target.branch} in the project", hint=f"There are: {known}"
        )
    return replace(target, branch="default") if found.is_default else target


def _is_pulling(session: Session, client: StorageClient, pulls: bool | None) -> bool:
    """Return whether the project is to be pulled, asking when *pulls* leaves it open.

    Raises:
        InvalidFilesError: The files that are there are not valid: nothing is pulled over those.
    """
    from kbsync.api.fetch import fetch_live
    from kbsync.render.lines import plural

    if pulls is False or (pulls is None and not sys.stdin.isatty()):
        return False
    own = sum(1 for key in session.tree().resources if not key.is_row)
    if pulls:
        return True
    count = sum(1 for key in fetch_live(client).resources if not key.is_row)
    over = f", over the {plural(own, 'configuration')} that the files have" if own else ""
    question = f"Pull {plural(count, 'configuration')} now{over}?"
    return count > 0 and click.confirm(question, default=not own, err=True)


def _write(root: Path, text: str) -> None:
    from kbsync.settings import FILE_NAMES
    from kbsync.tree.in_place import write_new

    try:
        write_new(root / FILE_NAMES[0], text.encode())
    except FileExistsError:
        raise UsageError(f"{FILE_NAMES[0]} has come to be just now; it stays as it is") from None
    except OSError as error:
        raise KbsyncError(
            f"{FILE_NAMES[0]} cannot be written: {error.strerror}",
            hint="Mend that and run it again.",
        ) from None


def _tell(root: Path, target: Target) -> None:
    from kbsync.render.lines import Line, quoted
    from kbsync.settings import FILE_NAMES

    name = quoted(target.project_name)
    show(
        [
            Line(f"Project  {target.project_id} {name}   {target.stack}   branch {target.branch}"),
            Line(f"Wrote {FILE_NAMES[0]}."),
        ]
    )


def _pull(session: Session) -> ExitCode:
    from kbsync.cli.pull import pull_into

    try:
        return pull_into(session, session.tree(), ())
    except KbsyncError as error:
        error.nothing_was_written = False
        say("kbsync.yaml is written; the project was not pulled. Once mended: kbsync pull")
        raise
