"""From recorded versions to a plan. Reads only."""

from __future__ import annotations

from kbsync.client import StorageClient
from kbsync.errors import NotFoundError, RefusedError, UsageError
from kbsync.fetch import fetch_deleted, fetch_live, fetch_recorded, fetch_target
from kbsync.model import Key, Live, by_configuration
from kbsync.plan import with_references
from kbsync.planning import Planned, names_of, nearest
from kbsync.rollback import rollback_plan
from kbsync.selectors import parse
from kbsync.settings import Settings


def plan_rollback(
    settings: Settings, client: StorageClient, object_: str, to_version: int
) -> Planned:
    """Plan to bring one configuration back to a recorded version: four requests, all GET.

    Args:
        object_: `component/config`, with the id or the name of the configuration.
        to_version: From 1 to the newest version.

    Raises:
        UsageError: There is no such configuration, more than one, or no such version.
    """
    target = fetch_target(client, project_id=settings.project_id)
    everything = fetch_live(client)
    names = names_of(everything.resources)
    key = _resolve(object_, everything, names, client)
    if not settings.scope.covers(key, names):
        raise RefusedError(
            f"{key} is outside the scope of kbsync.yaml", hint="Change `scope` if you mean it."
        )
    live = _only(key, everything)
    try:
        recorded = fetch_recorded(client, key, to_version, live)
    except NotFoundError:
        newest = live.versions[key].number
        raise UsageError(
            f"{key} has no version {to_version}", hint=f"Its newest version is {newest}."
        ) from None
    plan = rollback_plan(target, key, to_version, recorded, live)
    plan = with_references(plan, recorded, everything.resources)
    return Planned(plan=plan, live=live, names=names, files={})


def _resolve(text: str, live: Live, names: dict[Key, str], client: StorageClient) -> Key:
    selector = parse(text)
    if len(selector.segments) != 2:
        raise UsageError(
            f"'{text}' is not one configuration; expected component/config",
            hint="A configuration is rolled back as a whole, with its rows.",
        )
    configs = [key for key in live.resources if not key.is_row]
    exact = [key for key in configs if str(key) == text]
    found = exact or [key for key in configs if selector.matches(key, names[key])]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"'{text}' is {len(found)} configurations; one at a time",
            hint="One of: " + ", ".join(map(str, found[:5])),
        )
    if any(str(key) == text for key in fetch_deleted(client)):
        raise UsageError(
            f"{text} lies in the trash, so it cannot be rolled back",
            hint="Restore it in the project's trash first, or apply its files.",
        )
    hint = nearest(text, configs, names)
    raise UsageError(f"There is no configuration '{text}' in the project", hint=hint)


def _only(key: Key, live: Live) -> Live:
    return Live(
        resources=by_configuration(live.resources)[key],
        versions=live.versions,
        component_states=live.component_states,
    )
