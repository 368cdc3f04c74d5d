"""What a command that writes tells on stdout: text for people, or one document for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from kbsync.cli.output import (
    say,
    show,
    show_whatever_happens,
    streams_are_one,
    write_whatever_happens,
)
from kbsync.model import Key
from kbsync.plans.plan import Target
from kbsync.render.lines import Line
from kbsync.render.results import result_lines, summary
from kbsync.render.results_json import nothing_json, result_json
from kbsync.run.result import NOTHING_ASIDE, Aside, Ended, Result


class Form(Protocol):
    """The form of what is told."""

    @property
    def tells_results(self) -> bool:
        """Whether whoever reads stderr has seen on stdout what became of each step."""

    def plan(self, lines: Iterable[Line]) -> None:
        """What is about to be done."""

    def nothing(self, target: Target, said: str = "", aside: Aside = NOTHING_ASIDE) -> None:
        """There is nothing to do; *said* is that in words, where no plan has said it."""

    def result(self, result: Result, files: Mapping[Key, str]) -> None:
        """What became of a step, as soon as it is known."""

    def end(self, ended: Ended) -> None:
        """What became of all."""


def form_of(format_: str) -> Form:
    """Return what the option `--format` names."""
    return JsonForm() if format_ == "json" else TextForm()


@dataclass(frozen=True, slots=True)
class TextForm:
    """For people."""

    @property
    def tells_results(self) -> bool:
        return streams_are_one()

    def plan(self, lines: Iterable[Line]) -> None:
        show(lines)

    def nothing(self, target: Target, said: str = "", aside: Aside = NOTHING_ASIDE) -> None:
        if said:
            show([Line(said)])

    def result(self, result: Result, files: Mapping[Key, str]) -> None:
        show_whatever_happens(result_lines(result, files))

    def end(self, ended: Ended) -> None:
        show_whatever_happens(summary(ended))


@dataclass(frozen=True, slots=True)
class JsonForm:
    """For programs: nothing but the document at the end. The plan is for the log."""

    tells_results: bool = field(default=False, init=False)

    def plan(self, lines: Iterable[Line]) -> None:
        say("\n".join(line.text for line in lines))

    def nothing(self, target: Target, said: str = "", aside: Aside = NOTHING_ASIDE) -> None:
        write_whatever_happens(nothing_json(target, aside))

    def result(self, result: Result, files: Mapping[Key, str]) -> None:
        return

    def end(self, ended: Ended) -> None:
        write_whatever_happens(result_json(ended))
