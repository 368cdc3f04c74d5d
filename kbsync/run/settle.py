"""Whether a write whose answer was lost has been carried out after all. Pure."""

from __future__ import annotations

from typing import assert_never

from kbsync.canonical import same
from kbsync.compare.diff import content
from kbsync.model import Json, JsonObject, Live, Resource
from kbsync.plans.writes import Action, Write
from kbsync.stamp import SCHEDULE_KEY, SECRETS_KEY, reset_key


def carried_out(write: Write, live: Live | None, message: str) -> bool:
    """Return whether *live* shows what *write* does.

    Args:
        write: Sent, and never answered.
        live: Its configuration as it is now; None when it is not there.
        message: The stamp of this run, by which it knows its own versions.
    """
    found = live.resources.get(write.key) if live else None
    match write.action:
        case Action.DELETE:
            return found is None
        case Action.RESTORE:
            return found is not None
        case Action.CREATE | Action.ROLL_BACK:
            return bool(live and found and live.versions[write.key].message == message)
        case Action.UPDATE:
            return found is not None and _holds(found, write.body or {})
        case Action.RESET_STATE:
            return live is not None and not live.component_states.get(write.key)
        case Action.PUT_STATE:
            state: Json = dict(live.component_states.get(write.key, {})) if live else None
            return found is not None and same(state, (write.body or {}).get("state"))
        case Action.ACTIVATE | Action.DEACTIVATE:
            return False  # no configuration shows what a service was told
        case Action.SET_METADATA:
            return live is not None and _is_noted(live, write)
        case _:
            assert_never(write.action)


def _is_noted(live: Live, write: Write) -> bool:
    secrets = live.notes.get(write.key.config, "")
    notes: list[Json] = [{"key": SECRETS_KEY, "value": secrets}]
    notes.append({"key": SCHEDULE_KEY, "value": live.announced.get(write.key.config)})
    for item in live.resources.values():
        values = {**item.metadata, reset_key(item.key): item.reset_state}
        notes += [{"key": name, "value": value} for name, value in values.items()]
    wanted = (write.body or {}).get("metadata")
    return isinstance(wanted, list) and all(entry in notes for entry in wanted)


def _holds(found: Resource, body: JsonObject) -> bool:
    order: list[Json] = [*(found.rows_sort_order or ())]
    now = content(found) | {"rowsSortOrder": order}
    return all(same(now[name], value) for name, value in body.items() if name in now)
