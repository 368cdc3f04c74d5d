"""One HTML page with its style and script inside, named by their hash: nothing else may run. Pure.

Asks for nothing over the network, and tells nobody that it was opened.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from importlib.resources import files as resources

from kbsync.render.element import Html, block, element


def page(*, title: str, style: str, script: str, body: Iterable[Html], **attributes: str) -> str:
    """Return the page. *style* and *script* are files of this package; the rest is for `<html>`."""
    code = element("script", Html(_asset(script)))
    parts = block(
        "html", _head(title, style, script), block("body", *body, code), lang="en", **attributes
    )
    return f"<!doctype html>\n{parts}\n"


def _head(title: str, style: str, script: str) -> Html:
    policy = (
        f"default-src 'none'; style-src '{_hash(_asset(style))}'; "
        f"script-src '{_hash(_asset(script))}'; base-uri 'none'; form-action 'none'"
    )
    return block(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        element("style", Html(_asset(style))),
    )


def _asset(name: str) -> str:
    return resources("kbsync.render").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
