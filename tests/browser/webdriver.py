"""A headless Chromium to look at pages with, driven by the W3C WebDriver protocol."""

from __future__ import annotations

import base64
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.processes import started

_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_ARGUMENTS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars"),
)
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Down": "\ue015", "Up": "\ue013"}


class Browser:
    """One window."""

    def __init__(self, session: str) -> None:
        self._session = session

    def open(self, page: Path, fragment: str = "") -> None:
        self._post("url", url=f"{page.as_uri()}{fragment}")

    def reload(self) -> None:
        self._post("refresh")

    def run(self, script: str) -> Any:
        """Run the body of a function in the page and return what it returns."""
        return self._post("execute/sync", script=script, args=[])

    def texts(self, selector: str) -> list[str]:
        """The texts of the visible elements that match."""
        found: list[str] = self.run(
            f"return [...document.querySelectorAll({selector!r})]"
            ".filter(each => each.checkVisibility()).map(each => each.innerText)"
        )
        return found

    def press(self, *keys: str) -> None:
        """Press keys one after another, where the focus is."""
        names = [KEYS.get(key, key) for key in keys]
        actions = [{"type": kind, "value": key} for key in names for kind in ("keyDown", "keyUp")]
        self._post("actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def click(self, selector: str) -> None:
        element = self._post("element", using="css selector", value=selector)[_ELEMENT]
        self._post(f"element/{element}/click")

    def resize(self, width: int, height: int) -> None:
        self._post("window/rect", width=width, height=height)
        # The answer comes before the page has heard of it.
        self.run(
            "return new Promise(done => {"
            f" const look = () => innerWidth === {width} ? done() : setTimeout(look, 10); look();"
            "})"
        )

    def emulate(self, **features: str) -> None:
        """Pretend that the person prefers something: `prefers_color_scheme="dark"`."""
        listed = [
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()
        ]
        self._devtools("Emulation.setEmulatedMedia", features=listed)

    def screenshot(self, path: Path) -> None:
        """Take a picture of the whole page."""
        size = self.run(
            "const r = document.documentElement; return [r.scrollWidth, r.scrollHeight]"
        )
        clip = {"x": 0, "y": 0, "width": size[0], "height": min(size[1], 8_000), "scale": 1}
        picture = self._devtools("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(picture["data"]))

    def pdf(self) -> bytes:
        return base64.b64decode(self._post("print", background=True))

    def log(self) -> list[str]:
        """What the browser complained about since this was last asked."""
        return [entry["message"] for entry in self._post("se/log", type="browser")]

    def _devtools(self, command: str, **parameters: Any) -> Any:
        return self._post("goog/cdp/execute", cmd=command, params=parameters)

    def _post(self, path: str, **body: Any) -> Any:
        answer = requests.post(f"{self._session}/{path}", json=body, timeout=60)
        value = answer.json()["value"]
        assert answer.ok, value["message"]
        return value


@contextmanager
def browser(chromium: str, chromedriver: str, profile: Path) -> Iterator[Browser]:
    """Start a browser with an empty profile; everything ends with the block."""
    command = [chromedriver, "--port=0"]
    with started(command, env={"HOME": str(profile), "PATH": "/usr/bin:/bin"}) as process:
        server = f"http://127.0.0.1:{_port(process)}"
        options = {
            "args": [*_ARGUMENTS, f"--user-data-dir={profile / 'profile'}"],
            "binary": chromium,
        }
        wanted = {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        answer = requests.post(
            f"{server}/session", json={"capabilities": {"alwaysMatch": wanted}}, timeout=60
        ).json()["value"]
        assert "sessionId" in answer, answer
        session = f"{server}/session/{answer['sessionId']}"
        try:
            yield Browser(session)
        finally:
            requests.delete(session, timeout=60)


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = re.search(r"started successfully on port (\d+)", process.stdout.readline())
        if found:
            return int(found[1])
    raise AssertionError("chromedriver did not start")
