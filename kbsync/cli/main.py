"""The `kbsync` command: its commands, and the one place where errors become exit codes."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from kbsync import __version__
from kbsync.cli import completing
from kbsync.cli.lazy import LazyGroup
from kbsync.cli.output import say, tell_notices
from kbsync.cli.seconds import Seconds
from kbsync.cli.session import Session
from kbsync.errors import ExitCode, InvalidFilesError, KbsyncError, Terminated

COMMANDS = {
    "init": "kbsync.cli.init",
    "pull": "kbsync.cli.pull",
    "new": "kbsync.cli.new",
    "validate": "kbsync.cli.validate",
    "plan": "kbsync.cli.plan",
    "apply": "kbsync.cli.apply",
    "drift": "kbsync.cli.drift",
    "diff": "kbsync.cli.diff",
    "show": "kbsync.cli.show",
    "effective": "kbsync.cli.effective",
    "explain": "kbsync.cli.explain",
    "graph": "kbsync.cli.graph",
    "history": "kbsync.cli.history",
    "runs": "kbsync.cli.runs",
    "rollback": "kbsync.cli.rollback",
    "restore": "kbsync.cli.restore",
    "copy": "kbsync.cli.copy",
    "reset-state": "kbsync.cli.reset_state",
    "holds": "kbsync.cli.holds",
    "encrypt": "kbsync.cli.encrypt",
    "components": "kbsync.cli.components",
    "schema": "kbsync.cli.schema",
    "table": "kbsync.cli.table",
    "bucket": "kbsync.cli.bucket",
    "job": "kbsync.cli.job",
    "fmt": "kbsync.cli.fmt",
    "doctor": "kbsync.cli.doctor",
    "ci": "kbsync.cli.ci",
    "completion": "kbsync.cli.completion",
    "emulator": "kbsync.cli.emulator",
}
"""Every command, in the order of a working day, and the module that holds it as `command`."""

WITHOUT_ENVIRONMENT = ("diff", "emulator", "init")
"""What takes `--env` in a way of its own, or has no settings."""


class KbsyncGroup(LazyGroup):
    """Turns every failure into an exit code.

    A failure that is not a `KbsyncError` is a bug and keeps its traceback.
    """

    def prepared(self, name: str, command: click.Command) -> click.Command:
        return command if name in WITHOUT_ENVIRONMENT else super().prepared(name, command)

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        kwargs["standalone_mode"] = False
        try:
            code = super().main(*args, **kwargs)
        except InvalidFilesError as error:
            say(f"{error}\nError: {error.count_text}. {error.hint}\nNothing was written.")
            code = error.exit_code
        except KbsyncError as error:
            say(f"Error: {error}")
            if error.hint:
                say(f"Hint: {error.hint}")
            if error.nothing_was_written:
                say("Nothing was written.")
            code = error.exit_code
        except RecursionError:
            say("Error: something in the files or in the project is nested too deep to be handled")
            say("Hint: Nothing real is that deep; look for a configuration that was made by a bug.")
            code = ExitCode.FAILED
        except click.exceptions.NoArgsIsHelpError as error:
            say(error.format_message())
            code = ExitCode.USAGE
        except click.ClickException as error:
            error.show()
            code = ExitCode.USAGE
        except click.Abort:
            say("Stopped. Nothing was written to the project.")
            code = ExitCode.TERMINATED if Terminated.happened else ExitCode.INTERRUPTED
        sys.exit(int(code or 0))


@click.group(
    cls=KbsyncGroup, modules=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--project-dir",
    type=click.Path(path_type=Path),
    default=Path(),
    envvar="KBSYNC_PROJECT_DIR",
    shell_complete=completing.folders,
    help="Folder with kbsync.yaml and the configurations.  [default: this folder]",
)
@click.option(
    "--env",
    "environment",
    metavar="NAME",
    envvar="KBSYNC_ENV",
    shell_complete=completing.environments,
    help="Environment of kbsync.yaml to use.",
)
@click.option(
    "--max-wait",
    "max_wait_s",
    type=Seconds(min=0),
    default=300.0,
    envvar="KBSYNC_MAX_WAIT",
    metavar="SECONDS",
    help="How long one request may wait for a platform that is busy or under maintenance."
    "  [default: 300]",
)
@click.option("-v", "--verbose", is_flag=True, help="Show every request on stderr.")
@click.version_option(__version__, message="kbsync %(version)s")
@click.pass_context
def cli(
    ctx: click.Context,
    project_dir: Path,
    environment: str | None,
    max_wait_s: float,
    verbose: bool,
) -> None:
    """GitOps for Keboola component configurations.

    A folder of files says what the configurations and rows of a project should be. Compare it with
    the project (plan), make it so (apply), or go back to a recorded version (rollback).

    \b
    The project and the token come from the environment:
      KEBOOLA_STACK_URL   such as connection.keboola.com (or `stack` in kbsync.yaml)
      KEBOOLA_TOKEN       a Storage API token of the project
    """
    tell_notices()
    if verbose:
        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
        for library in ("urllib3", "boto3", "botocore", "s3transfer"):
            logging.getLogger(library).setLevel(logging.WARNING)
    ctx.obj = Session(root=project_dir, environment=environment, max_wait_s=max_wait_s)
