"""A plan as one HTML page that needs nothing else: no network, no other file. Pure.

Everything is in the markup, so that it can be read, printed and searched without the script.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from kbsync.model import Key
from kbsync.plans.kinds import KINDS
from kbsync.plans.plan import Files, Plan
from kbsync.problems import Problem
from kbsync.render.element import Html, block, element, joined
from kbsync.render.facts import SYMBOLS, Entry, Group
from kbsync.render.grouping import grouped
from kbsync.render.html_entry import anchor, entry_card, group_card, key_text, kind_id, words
from kbsync.render.lines import plural, printable
from kbsync.render.outline import count_text, outline, rest_text
from kbsync.render.page import page
from kbsync.render.risks import Finding, Risk, risks

_OPEN = 12
"""So few configurations are shown unfolded."""

_MANY = 200
"""More configurations than that are not laid out before they come into sight."""


def render_html(
    plan: Plan,
    *,
    requests: int,
    source: str,
    files: Files,
    refusals: Sequence[str] = (),
    plan_id: str = "",
    texts: Mapping[str, str] | None = None,
    warnings: Sequence[Problem] = (),
) -> str:
    """Return the page.

    *requests* is how many apply will make, *source* says where the files come from, *refusals* why
    apply will refuse, *texts* what stands in the files, *warnings* what is odd about mappings.
    """
    everything = outline(plan.steps, files, texts)
    entries, groups = grouped(everything)
    cards = [*map(_Card.of_entry, entries), *map(_Card.of_group, groups)]
    places = _places(cards)
    told = {
        "References that lead nowhere": [each.problem for each in plan.dangling],
        "Mappings that do not fit": warnings,
    }
    attention = _attention(told, everything, places, refusals)
    body = (
        element("a", "Skip to the changes", class_="skip", href="#changes"),
        _head(plan, requests, source, plan_id),
        block("main", *attention, *_changes(plan, cards)),
        _foot(plan),
        _help(),
    )
    title = f"Plan for project {plan.target.project_id}, branch {printable(plan.target.branch)}"
    return page(title=title, style="report.css", script="report.js", body=body, data_view="split")


def _head(plan: Plan, requests: int, source: str, plan_id: str) -> Html:
    target = plan.target
    facts = {
        "Project": str(target.project_id),
        "Branch": printable(target.branch),
        "Stack": printable(target.stack),
    }
    if source:
        facts["Files"] = printable(source)
    if plan_id:
        facts["Plan"] = plan_id
    pairs = [
        element("div", element("dt", name), element("dd", value)) for name, value in facts.items()
    ]
    said = (
        f"{count_text(plan.changes)}." if plan else "No changes: the project is as the files say."
    )
    return block(
        "header",
        element("p", "kbsync plan", class_="brand"),
        element("h1", printable(target.project_name) or f"Project {target.project_id}"),
        element("p", said, class_="lead"),
        element("p", rest_text(plan, requests), class_="rest"),
        block("dl", *pairs, class_="facts"),
        class_="head",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card:
    """One part of the page that folds."""

    shown: Entry | Group
    kinds: tuple[str, ...]
    """What the filter knows it by."""
    keys: tuple[Key, ...]
    """The configurations it is about."""

    @classmethod
    def of_entry(cls, entry: Entry) -> _Card:
        reverts = ("reverts",) if entry.reverts else ()
        kinds = (*map(kind_id, entry.kinds), *reverts)
        return cls(shown=entry, kinds=kinds, keys=(entry.step.key,))

    @classmethod
    def of_group(cls, group: Group) -> _Card:
        keys = tuple(member.key.config for member in group.members)
        return cls(shown=group, kinds=(kind_id(group.kind),), keys=keys)

    def lay_out(self, number: int, *, is_open: bool) -> Html:
        kinds = " ".join(self.kinds)
        match self.shown:
            case Entry():
                return entry_card(self.shown, number, kinds, is_open=is_open)
            case Group():
                return group_card(self.shown, number, kinds, is_open=is_open)
            case _:
                assert_never(self.shown)


def _places(cards: Sequence[_Card]) -> dict[Key, str]:
    """Where each configuration is told: at its own place, or else with others."""
    places: dict[Key, str] = {}
    for number, card in enumerate(cards, start=1):
        for key in card.keys:
            places.setdefault(key, anchor(number))
    return places


def _attention(
    warnings: Mapping[str, Sequence[Problem]],
    entries: Sequence[Entry],
    places: dict[Key, str],
    refusals: Sequence[str],
) -> Iterator[Html]:
    parts = [_risk(risk, places) for risk in risks(entries)]
    if refusals:
        listed = [element("li", printable(text)) for text in refusals]
        title = element("h3", "Apply will refuse this")
        parts.insert(0, block("div", title, block("ul", *listed), class_="risk refused"))
    parts += [_warnings(title, found) for title, found in warnings.items() if found]
    if parts:
        yield block(
            "section",
            element("h2", "Before you approve", id="attention"),
            block("div", *parts, class_="risks"),
            aria_labelledby="attention",
        )


def _warnings(title: str, found: Sequence[Problem]) -> Html:
    listed = [element("li", printable(str(each))) for each in found]
    count = element("p", str(len(found)), class_="count")
    heading = element("h3", element("span", "!", class_="symbol"), f" {title}")
    return block("div", joined([heading, count]), block("ul", *listed), class_="risk")


def _risk(risk: Risk, places: dict[Key, str]) -> Html:
    title = element("h3", element("span", risk.symbol, class_="symbol"), f" {risk.title} ")
    listed = [_finding(finding, places) for finding in risk.findings]
    return block(
        "div",
        joined([title, element("p", str(risk.count), class_="count")]),
        block("ul", *listed),
        class_="risk",
    )


def _finding(finding: Finding, places: dict[Key, str]) -> Html:
    component, _, config = str(finding.key).partition("/")
    link = element("a", key_text(component, config), href=f"#{places[finding.key]}")
    return element("li", link, " ", element("span", words(finding.words), class_="what"))


def _changes(plan: Plan, cards: Sequence[_Card]) -> Iterator[Html]:
    if not plan:
        return
    is_open = len(cards) <= _OPEN
    shown = [card.lay_out(number, is_open=is_open) for number, card in enumerate(cards, start=1)]
    yield block(
        "section",
        element("h2", plural(len(plan.steps), "configuration"), id="changes", tabindex="-1"),
        _toolbar(cards),
        block("div", *shown, id="cards", class_="many" if len(cards) > _MANY else False),
        element("p", "No configuration matches.", id="none", hidden=True),
        aria_labelledby="changes",
    )


def _toolbar(cards: Sequence[_Card]) -> Html:
    found = Counter(kind for card in cards for kind in card.kinds)
    chips = [
        _chip(name, symbol, text, found[name])
        for name, symbol, text in (
            *((kind_id(kind), SYMBOLS[kind], kind) for kind in KINDS),
            ("reverts", "!", "reverts an edit"),
        )
        if found[name]
    ]
    search = element(
        "input", type="search", id="search", placeholder="Search names, fields, code",
        aria_label="Search", autocomplete="off", spellcheck="false",
    )  # fmt: skip
    return block(
        "div",
        element("div", search, element("kbd", "/"), class_="search", role="search"),
        block("div", *chips, class_="chips", role="group", aria_label="Show only"),
        block("div", *_buttons(), class_="buttons"),
        element("p", id="shown", class_="shown", role="status"),
        class_="toolbar",
    )


def _chip(name: str, symbol: str, text: str, count: int) -> Html:
    return element(
        "button",
        element("span", symbol, class_="symbol"),
        f" {text} ",
        element("span", str(count), class_="count"),
        type="button",
        class_="chip",
        data_kind=name,
        aria_pressed="false",
    )


_BUTTONS = {
    "view": "Unified",
    "fold": "Open all",
    "theme": "Dark",
    "help": "Keys",
}


def _buttons() -> list[Html]:
    return [element("button", text, type="button", data_do=name) for name, text in _BUTTONS.items()]


def _foot(plan: Plan) -> Html:
    if not plan.not_managed:
        return Html("")
    shown = [element("li", element("code", str(key))) for key in plan.not_managed]
    listed = block(
        "details",
        element("summary", f"Not managed: {len(shown)} live, without files"),
        block("ul", *shown),
    )
    return block("footer", listed, class_="foot")


_KEYS = {
    "j, k": "next, previous configuration (on one also ↓, ↑)",
    "Enter": "open or close it",
    "e": "open or close all",
    "/": "search; Esc ends it",
    "u": "side by side or unified",
    "t": "light or dark",
    "?": "these keys",
}


def _help() -> Html:
    rows = [
        element("div", element("dt", element("kbd", key)), element("dd", text))
        for key, text in _KEYS.items()
    ]
    return block(
        "dialog",
        element("h2", "Keys", id="keys"),
        block("dl", *rows),
        element("button", "Close", type="button", data_do="close"),
        id="help",
        aria_labelledby="keys",
    )
