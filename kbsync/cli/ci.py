"""`kbsync ci`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kbsync.cli.session import Session
from kbsync.errors import KbsyncError, RefusedError

if TYPE_CHECKING:
    from kbsync.ci.pipeline import Platform


@click.group("ci")
def command() -> None:
    """Pipelines: what runs kbsync for pull requests, merges and every night."""


@command.command("init")
@click.argument("platform", type=click.Choice(["github", "gitlab"]), metavar="github|gitlab")
@click.option(
    "--source",
    metavar="TEXT",
    default="",
    help="What pip installs in the pipeline, such as git+https://HOST/kbsync.git@v1.0.0; without"
    " it, fill it in yourself.",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="Another file, for another tree or environment in the same repository.",
)
@click.option("--print", "only_print", is_flag=True, help="Show the file; write nothing.")
@click.option("--force", is_flag=True, help="Replace a file that says something else.")
@click.pass_obj
def init(
    session: Session, platform: str, source: str, out: Path | None, only_print: bool, force: bool
) -> None:
    """Write a pipeline for this tree.

    It validates and plans pull requests, applies what is merged, looks for drift every night and
    rolls back by hand. The file is written at the top of the repository; what has to be set up
    stands at its beginning. A file that says something else is left alone.

    With --env the pipeline uses that environment of kbsync.yaml.
    """
    from kbsync.ci.pipeline import Platform
    from kbsync.cli.output import write
    from kbsync.tree.files import tree_root

    chosen = Platform(platform)
    root = tree_root(session.root)
    top = _top(root)
    path = out.absolute() if out else top / chosen.file
    text = _pipeline(session, chosen, root, top, path, source)
    if only_print:
        write(text)
        return
    if _write(path, text, top, force=force):
        _tell_next(chosen, path, top, has_source=bool(source))


def _top(root: Path) -> Path:
    from kbsync.git import top_folder

    top = top_folder(root)
    return top.resolve() if top else root


def _pipeline(
    session: Session, platform: Platform, root: Path, top: Path, path: Path, source: str
) -> str:
    from importlib.resources import files

    from kbsync import __version__
    from kbsync.ci.pipeline import Facts, name_of, render_pipeline
    from kbsync.git import default_branch

    facts = Facts(
        name=name_of(path.name),
        folder=root.relative_to(top).as_posix(),
        branch=default_branch(root) or "main",
        environment=session.environment or "",
        token_variable=session.settings.token_env,
        source=source or f"git+https://git.example.com/kbsync.git@v{__version__}",
    )
    template = files("kbsync.ci").joinpath(platform.template).read_text(encoding="utf-8")
    return render_pipeline(template, facts)


def _write(path: Path, text: str, top: Path, *, force: bool) -> bool:
    """Write the file; return False when it is there already.

    Raises:
        RefusedError: It says something else.
        KbsyncError: It cannot be written.
    """
    from kbsync.cli.output import show
    from kbsync.render.lines import Line
    from kbsync.tree.write import write_atomically

    data, name = text.encode(), _shown(path, top)
    try:
        found = path.read_bytes() if path.is_file() else None
        if found == data:
            show([Line(f"{name} is there already, and says the same.")])
            return False
        if found is not None and not force:
            raise RefusedError(
                f"{name} is there already, and says something else",
                hint="Look at ours with --print. Replace the file with --force, or choose another"
                " place with -o.",
            )
        write_atomically(path.resolve(), data)
    except OSError as error:
        raise KbsyncError(
            f"{name} cannot be written: {error.strerror}", hint="Choose another place with -o."
        ) from None
    show([Line(f"Written: {name}")])
    return True


def _tell_next(platform: Platform, path: Path, top: Path, *, has_source: bool) -> None:
    from kbsync.ci.pipeline import Platform
    from kbsync.cli.output import say

    if not has_source:
        say("Say in it, at KBSYNC_SOURCE, where pip finds kbsync.")
    say("What else has to be set up stands at its beginning. Then commit it.")
    if platform is Platform.GITLAB and path != top / ".gitlab-ci.yml":
        say("To let GitLab find it, have this in .gitlab-ci.yml:")
        say(f"  include: [{{local: {_shown(path, top)}}}]")


def _shown(path: Path, top: Path) -> str:
    return path.relative_to(top).as_posix() if path.is_relative_to(top) else str(path)
