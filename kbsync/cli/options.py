"""Options and arguments that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from kbsync.guards import LIMITED

_F = TypeVar("_F", bound=Callable[..., Any])


def selectors(command: _F) -> _F:
    return click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")(command)


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
        help=f"What the version history shall say.  [default: {default}]",
    )


def allow(command: _F) -> _F:
    return click.option(
        "--allow",
        "allowed",
        multiple=True,
        metavar="KIND=N",
        callback=_parse_allowed,
        help=f"Allow exactly N of a kind beyond its limit: {', '.join(LIMITED)}.",
    )(command)


def overwrite_drift(command: _F) -> _F:
    return click.option(
        "--overwrite-drift",
        "overwritable",
        multiple=True,
        metavar="SELECTOR",
        help="Allow to overwrite edits that other people made since kbsync last wrote.",
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


def _parse_allowed(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, int]:
    found = {}
    for value in values:
        kind, _, number = value.partition("=")
        if kind not in LIMITED or not (number.isascii() and number.isdigit()):
            raise click.BadParameter(f"'{value}'; expected one such as deletes=12")
        found[kind] = int(number)
    return found
