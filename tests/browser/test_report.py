"""The report in a real browser. Skipped where there is no Chromium with its driver.

`BROWSER_SCREENSHOTS=DIR make test TESTS=tests/browser` leaves pictures to look at.
"""

import os
import re
import shutil
from pathlib import Path

import pytest

from kbsync.render.html import render_html
from tests.browser.webdriver import browser
from tests.hostile import FRAGMENTS
from tests.plans import mixed, plan, updated
from tests.test_render_markdown import hostile

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="there is no chromium here")


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    with browser(CHROMIUM, DRIVER, tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def show(window, tmp_path):
    """A function that opens the page of a plan in a window as a person finds it."""

    def show_plan(a_plan, fragment="", **options):
        options = {"requests": 7, "source": "project", "files": {}} | options
        page = tmp_path / "report.html"
        page.write_text(render_html(a_plan, **options), encoding="utf-8")
        window.resize(1280, 900)
        window.emulate(prefers_color_scheme="light")
        window.open(page)
        window.run("localStorage.clear()")
        window.open(page, fragment)
        window.log()
        return window

    return show_plan


def keys_shown(window):
    return window.texts(".card .key")


def focused(window):
    return window.run("return document.activeElement.closest('.card')?.id ?? ''")


def settled(window):
    """Wait until the search has been carried out."""
    window.run("return new Promise(done => setTimeout(done, 200))")


def test_the_page_works_from_a_file_without_a_complaint(window, show):
    show(mixed(5))
    entries = window.run("return performance.getEntriesByType('resource').map(each => each.name)")

    assert (window.log(), entries) == ([], [])
    assert len(keys_shown(window)) == 5


def test_hostile_texts_do_nothing(window, show):
    a_plan, options = hostile(["".join(FRAGMENTS)] * 12)
    show(a_plan, **options)

    assert window.log() == []
    assert window.run("return document.scripts.length") == 1
    assert "<script>alert(1)</script>" in window.run("return document.body.textContent")


def test_chips_filter_by_kind(window, show):
    show(mixed(10))
    window.click('[data-kind="delete"]')
    deletes = keys_shown(window)
    window.click('[data-kind="reverts"]')
    both = keys_shown(window)
    said = window.texts("#shown")
    window.click('[data-kind="delete"]')
    window.click('[data-kind="reverts"]')

    assert (len(deletes), len(both), said) == (2, 4, ["4 of 10 shown"])
    assert len(keys_shown(window)) == 10


def test_the_search_looks_at_names_and_at_code(window, show):
    show(
        plan(
            updated("a", {"sql": "x\ny\n"}, {"sql": "x\nNEEDLE\n"}, name="One"),
            updated("b", {"n": 1}, {"n": 2}, name="Two"),
        )
    )
    window.press("/", *"needle")
    settled(window)
    by_code = keys_shown(window)
    window.press("Escape", "/", *"two")
    settled(window)
    by_name = keys_shown(window)
    window.press(*" zzz")
    settled(window)

    assert (by_code, by_name) == (["keboola.ex-db-mysql/a"], ["keboola.ex-db-mysql/b"])
    assert window.texts("#none") == ["No configuration matches."]


def test_keys_walk_open_and_close(window, show):
    show(mixed(30))
    window.press("j", "j")
    second = focused(window)
    window.press("k")
    first = focused(window)
    window.press("Down", "Enter")
    opened = window.run("return document.getElementById('c2').open")
    window.press("Enter", "e")
    every = window.run("return [...document.querySelectorAll('.card')].every(each => each.open)")

    assert (second, first, opened, every) == ("c2", "c1", True, True)


def test_the_help_opens_and_closes(window, show):
    show(mixed(3))
    window.press("?")
    opened = window.run("return document.getElementById('help').open")
    window.press("j", "Escape")

    assert (opened, focused(window)) == (True, "")
    assert not window.run("return document.getElementById('help').open")


def test_code_is_shown_side_by_side_or_unified(window, show):
    show(plan(updated("a", {"t": "one\ntwo\n"}, {"t": "one\n2\n"})))
    places = "return [...document.querySelectorAll('.del, .add')].map(each => each.offsetLeft)"
    beside = window.run(places)
    window.press("u")
    below = window.run(places)
    lines = window.texts(".line code")
    window.reload()

    assert beside[0] < beside[1]
    assert below[0] == below[1]
    assert lines == ["one", "two", "2"]
    assert window.run("return document.documentElement.dataset.view") == "unified"


def test_old_and_new_lines_stand_beside_each_other_when_they_wrap(window, show):
    long = "word " * 120
    show(plan(updated("a", {"t": f"{long}\nb\nc\n"}, {"t": "a\nB\nc\n"})))
    tops = window.run(
        "const top = each => each.getBoundingClientRect().top;"
        "return ['.old', '.new'].map(side =>"
        " [...document.querySelectorAll('.line' + side)].map(top))"
    )

    assert tops[0] == tops[1]
    assert len(tops[0]) == 3


def test_light_and_dark_follow_the_system_until_told_otherwise(window, show):
    show(mixed(3))
    colour = "return getComputedStyle(document.body).backgroundColor"
    light = window.run(colour)
    window.emulate(prefers_color_scheme="dark")
    dark = window.run(colour)
    window.press("t")
    chosen = window.run(colour)

    assert light == chosen != dark


def test_a_link_opens_its_configuration_whatever_is_filtered(window, show):
    show(mixed(50))
    window.click('[data-kind="create"]')
    window.click('.risk a[href="#c2"]')

    assert window.run("return document.getElementById('c2').open")
    assert (focused(window), len(keys_shown(window))) == ("c2", 50)


def test_an_address_leads_to_its_configuration(window, show):
    show(mixed(50), fragment="#c7")

    assert window.run("return document.getElementById('c7').open")


def test_nothing_is_wider_than_a_phone(window, show):
    show(mixed(10, name="A_name_without_any_blank_" * 3))
    window.run("document.querySelectorAll('.card').forEach(card => { card.open = true; })")
    window.resize(390, 844)

    assert (
        window.run(
            "const root = document.documentElement; return root.scrollWidth - root.clientWidth"
        )
        == 0
    )


def test_print_shows_what_is_folded(window, show):
    show(plan(*mixed(20).steps))
    pages = len(re.findall(rb"/Type\s*/Page\b", window.pdf()))

    assert pages >= 3


def test_one_of_two_thousand_configurations_is_found(window, show):
    show(mixed(2_000))
    window.run(
        "const search = document.getElementById('search'); search.value = 'c1999';"
        "document.querySelector('.chip').click(); document.querySelector('.chip').click();"
    )
    settled(window)

    assert keys_shown(window) == ["keboola.ex-db-mysql/c1999"]


def test_pictures_to_look_at(window, show):
    folder = os.environ.get("BROWSER_SCREENSHOTS")
    if not folder:
        pytest.skip("BROWSER_SCREENSHOTS is not set")
    show(
        mixed(8), refusals=["2 deletes are over the limit of 1. If you mean it: --allow deletes=2"]
    )
    for name, width, scheme in (
        ("light", 1280, "light"),
        ("dark", 1280, "dark"),
        ("phone", 390, "light"),
    ):
        window.resize(width, 900)
        window.emulate(prefers_color_scheme=scheme)
        window.screenshot(Path(folder) / f"{name}.png")
    (Path(folder) / "print.pdf").write_bytes(window.pdf())
