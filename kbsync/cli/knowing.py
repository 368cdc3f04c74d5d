"""What is known of components: from the stack where there is one to ask, else from the cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kbsync.cli.output import say
from kbsync.cli.session import Session
from kbsync.components import nearest
from kbsync.errors import ApiError, UsageError
from kbsync.model import Component
from kbsync.tree.catalog import Catalog, learn_all, read_catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The components of a stack."""

    catalog: Catalog
    used: Mapping[str, int] | None
    """How many configurations the project has of each; None when it was not asked."""


def ask_stack(session: Session) -> Known:
    """Return what the stack and the project say, two requests; offline, what is kept.

    Raises:
        KbsyncError: There is nobody to ask, and nothing is kept.
    """
    kept = read_catalog(session.root, session.settings.stack)
    if len(kept) and not session.can_connect:
        say("Not asked: no stack or no token is set. This is what the stack told before.")
        return Known(catalog=kept, used=None)
    try:
        return _asked(session)
    except ApiError as error:
        if not len(kept):
            raise
        say(f"Not answered: {error}\nThis is what the stack told before.")
        return Known(catalog=kept, used=None)


def _asked(session: Session) -> Known:
    from kbsync.api.fetch import fetch_components, fetch_used

    with session.client() as client:
        components, used = fetch_components(client), fetch_used(client)
        return Known(catalog=learn_all(session.root, client.stack, components), used=used)


def find_component(session: Session, component_id: str) -> Component:
    """Return a component: from the cache, or, when it is not there, from the stack.

    Raises:
        UsageError: There is none of that id.
        KbsyncError: Nobody can be asked.
    """
    kept = read_catalog(session.root, session.settings.stack)
    if found := kept.get(component_id):
        return found
    say(f"{component_id} is not known here yet; the stack is asked.")
    return chosen(_asked(session).catalog, component_id)


def chosen(catalog: Catalog, component_id: str) -> Component:
    """Return a component of *catalog*.

    Raises:
        UsageError: There is none of that id.
    """
    found = catalog.get(component_id)
    if found is None:
        raise unknown_component(component_id, catalog.ids)
    return found


def unknown_component(text: str, ids: list[str]) -> UsageError:
    close = nearest(text, ids)
    hint = f"Did you mean {' or '.join(close)}?" if close else "kbsync components lists them all."
    return UsageError(f"The stack has no component '{text}'", hint=hint)
