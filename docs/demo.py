"""Shows the main job end to end: files, plan, apply, and back, against an emulator of its own."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "example-project"
KBSYNC = (sys.executable, "-m", "kbsync")

STEPS = (
    ("Are the files right? Nothing leaves this machine.", "validate"),
    ("What would change in the project? Only reads.", "plan"),
    ("Make it so: exactly what the plan shows.", "apply --auto-approve"),
    ("Is the project now as the files say?", "plan"),
    (
        "The new revenue is wrong! Back to what ran before.",
        "rollback keboola.snowflake-transformation/daily-revenue --to-version 7 --auto-approve",
    ),
    ("The files still say what was rolled back: mend them before the next apply.", "plan"),
)


class DemoError(Exception):
    """A step did not end as it should."""


def main() -> int:
    # As on Ctrl-C, the emulator must be stopped before this process ends.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        with emulator() as stack:
            say(f"# An emulator with the project of example-project/live.json serves at {stack}")
            for why, command in STEPS:
                run(why, command, stack)
    except DemoError as error:
        sys.stderr.write(f"The demo stopped: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    say("\n# The emulator is stopped. No file was changed; .kbsync/ in the example notes the runs.")
    return 0


@contextmanager
def emulator() -> Iterator[str]:
    """Serve the example's live project on a free port, and stop when the block ends."""
    command = (*KBSYNC, "emulator", "--seed", "live.json", "--port", "0")
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            _, found, stack = server.stdout.readline().strip().partition("listening on ")
            if not found:
                raise DemoError("the emulator did not start")
            yield stack
        finally:
            server.terminate()


def run(why: str, command: str, stack: str) -> None:
    """Run one command of kbsync as a person would, its output going where ours goes.

    Raises:
        DemoError: Its exit code is not 0.
    """
    say(f"\n# {why}\n$ kbsync {command}")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("KEBOOLA_")},
        "KEBOOLA_STACK_URL": stack,
        "KEBOOLA_TOKEN": "any-token-will-do",
    }
    done = subprocess.run(
        (*KBSYNC, *shlex.split(command)), cwd=PROJECT, env=environment, check=False
    )
    if done.returncode != 0:
        raise DemoError(f"`kbsync {command}` ended with exit code {done.returncode}")


def say(text: str) -> None:
    # The commands write to the same place: what comes before them must be out before they start.
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
