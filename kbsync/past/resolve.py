"""From what people type to the one object they mean. Asks the API only about the trash."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from kbsync.api.client import StorageClient
from kbsync.api.fetch import fetch_trashed
from kbsync.errors import UsageError
from kbsync.model import Key, Live, Resources
from kbsync.planning import nearest
from kbsync.selectors import Selector, matches_any, parse


def resolve(text: str, live: Live, names: Mapping[Key, str], client: StorageClient) -> Key:
    """Return the configuration or row of *live* that *text* means.

    Args:
        text: `component/config` or `component/config/row`; an id, a name or a glob in each part. An
            id wins over a name.
        live: Everything the project holds.
        names: What people call each object of *live*.
        client: Asked for the trash, and only when a configuration is not found.

    Raises:
        UsageError: It means nothing, or more than one object; the message names the nearest.
    """
    config = resolve_configuration(text, live, names, client)
    if len(parse(text).segments) == 2:
        return config
    return resolve_row(text, config, live.resources)


def resolve_configuration(
    text: str, live: Live, names: Mapping[Key, str], client: StorageClient
) -> Key:
    """Return the configuration of *text*, which may name a row of it. Otherwise as `resolve`."""
    selector = _config_part(text)
    if found := _configuration(text, selector, live.resources, names):
        return found
    trash = {key: each.name for key, each in fetch_trashed(client).items()}
    if gone := [key for key in sorted(trash) if matches_any([selector], key, trash)]:
        raise in_the_trash(gone[0])
    raise UsageError(
        f"There is no configuration '{selector}' in the project",
        hint=nearest(str(selector), live.resources, dict(names)),
    )


def resolve_declared(text: str, resources: Resources, names: Mapping[Key, str]) -> Key:
    """Return the configuration or row that *text* means of the *resources* that files declare.

    Raises:
        UsageError: As `resolve`.
    """
    selector = _config_part(text)
    config = _configuration(text, selector, resources, names)
    if config is None:
        raise UsageError(
            f"There is no configuration '{selector}' in the files",
            hint=nearest(str(selector), resources, dict(names)),
        )
    return config if len(parse(text).segments) == 2 else resolve_row(text, config, resources)


def _configuration(
    text: str, selector: Selector, resources: Resources, names: Mapping[Key, str]
) -> Key | None:
    configs = [key for key in resources if not key.is_row]
    exact = [key for key in configs if str(key) == str(selector)]
    found = exact or [key for key in configs if matches_any([selector], key, names)]
    if len(found) > 1:
        raise _ambiguous(text, "configurations", found)
    return found[0] if found else None


def in_the_trash(key: Key) -> UsageError:
    """Return what is said of the configuration *key*: nothing of it can be read there."""
    back = f"kbsync restore {shlex.quote(str(key))}"
    return UsageError(f"{key} lies in the trash", hint=f"Bring it back first: {back}")


def resolve_row(text: str, config: Key, resources: Resources) -> Key:
    """Return the row of *config* in *resources* that *text* means.

    Raises:
        UsageError: As `resolve`.
    """
    row = parse(text).segments[2]
    rows = {key: item for key, item in resources.items() if key.is_row and key.config == config}
    found = [key for key in rows if key.row_id == row.literal]
    found = found or [key for key in rows if row.matches(key.row_id)]
    found = found or [key for key, item in rows.items() if item.name and row.matches(item.name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise _ambiguous(text, "rows", found)
    before = f"What was there before: kbsync history {shlex.quote(str(config))} --diff"
    raise UsageError(
        f"There is no row '{row.literal}' in {config}",
        hint=f"{_nearest_row(row.literal, rows)} {before}",
    )


def _config_part(text: str) -> Selector:
    selector = parse(text)
    if len(selector.segments) < 2:
        raise UsageError(
            f"'{text}' is not one object; expected component/config or component/config/row",
            hint="Such as keboola.ex-aws-s3/364479526, or keboola.ex-aws-s3/Orders by its name.",
        )
    return parse("/".join(text.split("/")[:2]))


def _ambiguous(text: str, what: str, found: Iterable[Key]) -> UsageError:
    keys = sorted(found)
    return UsageError(
        f"'{text}' is {len(keys)} {what}; one at a time",
        hint="One of: " + ", ".join(map(str, keys[:5])),
    )


def _nearest_row(text: str, rows: Resources) -> str:
    if not rows:
        return "It has no rows."
    shown = {key.row_id: key for key in rows}
    shown |= {item.name: key for key, item in rows.items() if item.name}
    close = get_close_matches(text, shown, n=3, cutoff=0.5)
    if close:
        found = dict.fromkeys(shown[each] for each in close)
        return f"Did you mean {' or '.join(map(str, found))}?"
    return f"Its rows: {', '.join(key.row_id for key in sorted(rows)[:5])}."
