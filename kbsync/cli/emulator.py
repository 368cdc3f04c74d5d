"""`kbsync emulator`: serve a local Storage API."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from kbsync.errors import InvalidFilesError, KbsyncError
from kbsync.problems import Problem


@click.command("emulator")
@click.option(
    "--seed",
    type=click.Path(path_type=Path, dir_okay=False),
    help="JSON file with the project to begin with.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Keep the project in this file; without it, memory only.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port to listen on; without it, a free one.",
)
@click.option("--allow-remote", is_flag=True, help="Allow a --host that others can reach.")
@click.option(
    "--latency-ms",
    type=click.IntRange(min=0),
    default=0,
    help="Let every request wait this long.",
)
@click.option(
    "--rate-limit",
    type=click.FloatRange(min=0, min_open=True),
    help="Answer 429 beyond this many requests per second.",
)
def command(
    seed: Path | None,
    data: Path | None,
    host: str,
    port: int,
    allow_remote: bool,
    latency_ms: int,
    rate_limit: float | None,
) -> None:
    """Serve a local Storage API to try and test things on.

    It takes any token, prints its address once it accepts connections, and runs until Ctrl-C.
    Point KEBOOLA_STACK_URL at that address.
    """
    try:
        from kbsync.emulator.errors import EmulatorError
        from kbsync.emulator.serve import serve_forever
    except ModuleNotFoundError as error:
        raise KbsyncError(
            f"the emulator needs the package {error.name!r}, which is not installed",
            hint="Run `pip install 'kbsync[emulator]'`.",
        ) from error
    try:
        serve_forever(
            seed=seed,
            data=data,
            host=host,
            port=port,
            allow_remote=allow_remote,
            latency_ms=latency_ms,
            rate_limit=rate_limit,
            say=click.echo,
            warn=partial(click.echo, err=True),
        )
    except EmulatorError as error:
        if error.what == "start":
            raise KbsyncError(str(error), hint=error.hint) from error
        raise InvalidFilesError([_problem(error)]) from error


def _problem(error: Exception) -> Problem:
    """The error as a problem of the seed or data file that its message begins with."""
    file, _, what = str(error).partition(": ")
    return Problem(file, 0, 0, what, getattr(error, "hint", "").removesuffix("."))
