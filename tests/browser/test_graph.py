"""The page of `kbsync graph` in a real browser. Skipped where there is none with its driver."""

import shutil

import pytest

from kbsync.graph.picture import picture
from kbsync.render.graph_html import graph_html
from tests.browser.webdriver import browser
from tests.builders import by_key, config
from tests.hostile import FRAGMENTS
from tests.test_graph import PROJECT

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="there is no chromium here")


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    with browser(CHROMIUM, DRIVER, tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def show(window, tmp_path):
    def show_graph(project):
        page = tmp_path / "graph.html"
        page.write_text(graph_html(picture(project, None), title="Shop"), encoding="utf-8")
        window.resize(1280, 900)
        window.open(page)
        return window

    return show_graph


def names(window, kind):
    """The names of the boxes of a *kind*, sorted."""
    boxes = f"document.querySelectorAll('.node.{kind} .name')"
    return sorted(window.run(f"return [...{boxes}].map(each => each.textContent)"))


def told(window):
    return window.run("return document.getElementById('told').textContent")


def click(window, name):
    window.run(
        "const all = [...document.querySelectorAll('.node')];"
        f"all.find(each => each.textContent.includes({name!r}))"
        ".dispatchEvent(new MouseEvent('click', {bubbles: true}))"
    )


def test_the_page_asks_for_nothing_and_complains_of_nothing(show):
    window = show(PROJECT)
    entries = window.run("return performance.getEntriesByType('resource').map(each => each.name)")

    assert (window.log(), entries) == ([], [])


def test_a_click_shows_what_it_has_to_do_with_and_another_one_everything(show):
    window = show(PROJECT)
    click(window, "Nightly")
    first, said = names(window, "near"), told(window)
    click(window, "Nightly")

    assert first == ["Inner", "Nightly"]
    assert said == "keboola.scheduler/nightly Nightly: needs 1, is needed by 0"
    assert names(window, "near") == []
    assert told(window).startswith("Click one")


def test_a_search_marks_what_it_finds(show):
    window = show(PROJECT)
    window.run(
        "const field = document.getElementById('search'); field.value = 'KEBOOLA.flow inn';"
        "field.dispatchEvent(new Event('input'))"
    )

    assert names(window, "found") == ["Inner"]
    assert told(window) == "1 found"


def test_hostile_names_do_nothing(show):
    name = "".join(FRAGMENTS)
    window = show(by_key(config("a", name=name), *PROJECT.values()))

    assert window.run("return document.querySelectorAll('script').length") == 1
    assert window.run("return document.querySelectorAll('img, b, iframe').length") == 0
    assert window.log() == []
