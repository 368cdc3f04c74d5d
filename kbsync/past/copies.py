"""What a copy of a configuration or row holds, what forbids one, what people should know. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from itertools import count
from unicodedata import normalize

from kbsync.change import Change, Create, Reorder, SetMetadata
from kbsync.compare.explain import path_label
from kbsync.graph.impact import impacts
from kbsync.graph.links import SCHEDULER, links
from kbsync.graph.schedule import timing_of
from kbsync.model import JsonObject, Key, Live, Resource, Resources
from kbsync.past.moment import moment_text
from kbsync.past.snapshot import Snapshot
from kbsync.paths import MISSING, put_at, value_at
from kbsync.secrets import bound_ciphertexts, plain_secrets, references
from kbsync.tree.naming import slug

_ENABLED = ("schedule", "state")
_CREDENTIALS = ("authorization", "oauth_api", "id")
_OWN_PARTS = {
    "keboola.data-apps": ("parameters", "id"),
    "keboola.sandboxes": ("parameters", "id"),
}
"""By component: what names a thing that one configuration has to itself, and takes along."""
_OF_TEMPLATES = "kbc.kac."
"""How metadata begins, in any case, that counts a configuration among those of a template."""


def with_copy(source: Snapshot, place: Key, name: str, around: Resources) -> dict[Key, Resource]:
    """Return the configuration of *place* with its rows, as it is once the copy is made.

    Args:
        source: A configuration or row, as it is or was.
        place: Where the copy stands; that of a row is in the same configuration.
        name: What the copy is called.
        around: The configuration of *place* by now; only that of a row has to be there.
    """
    if not place.is_row:
        return _configuration(source, place, name)
    config = around[place.config]
    order = config.rows_sort_order or ()
    if order and place.row_id not in order:
        # The platform appends a new row to those that are sorted.
        config = replace(config, rows_sort_order=(*order, place.row_id))
    row = replace(source.subject, key=place, name=name, reset_state=None)
    return {**around, place.config: config, place: row}


def _configuration(source: Snapshot, place: Key, name: str) -> dict[Key, Resource]:
    made = {}
    for key, item in source.resources.items():
        there = place.row(key.row_id) if key.is_row else place
        made[there] = replace(item, key=there, reset_state=None)
    config = made[place]
    made[place] = replace(
        config,
        name=name,
        configuration=_idle(config),
        metadata={key: value for key, value in config.metadata.items() if not _is_of_template(key)},
    )
    return made


def _idle(item: Resource) -> JsonObject:
    """Return the configuration of *item*, not to start what the source starts already."""
    if not _is_scheduling(item):
        return item.configuration
    stopped = deepcopy(item.configuration)
    put_at(stopped, _ENABLED, "disabled")
    return stopped


def _is_scheduling(item: Resource) -> bool:
    return item.key.component_id == SCHEDULER and timing_of(item).state == "enabled"


def _is_of_template(key: str) -> bool:
    return key.lower().startswith(_OF_TEMPLATES)


def obstacles(source: Snapshot) -> list[str]:
    """Return why no copy may be made of *source*: a line for each place, without what stands there.

    A row stays in its configuration, so what only that can decrypt goes on working.
    """
    return [f"{key}: {why}" for key in sorted(source.resources) for why in _obstacles(source, key)]


def _obstacles(source: Snapshot, key: Key) -> Iterator[str]:
    configuration = source.resources[key].configuration
    if not source.key.is_row:
        for path in bound_ciphertexts(configuration):
            yield f"{path_label(path)} is encrypted for this configuration alone"
        own = _OWN_PARTS.get(key.component_id, ())
        if own and value_at(configuration, own) is not MISSING:
            yield f"{path_label(own)} names what belongs to this configuration alone"
    for path in plain_secrets(configuration):
        yield f"{path_label(path)} is a secret in plain text"
    for path, variable in references(configuration).items():
        yield f"{path_label(path)} has the text `!env {variable}`, which would be taken for one"


def only_adds(changes: Iterable[Change]) -> bool:
    """Whether *changes* finish something, and replace nothing in it."""
    return all(
        isinstance(change, Create | Reorder)
        or (isinstance(change, SetMetadata) and not change.before)
        for change in changes
    )


def free_id(name: str, taken: Iterable[str]) -> str:
    """Return an id that reads like *name* and is none of *taken*.

    Of letters that are safe in the id of a bucket, which the platform makes of it.
    """
    plain = normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem, known = slug(plain) or "copy", {each.lower() for each in taken}
    attempts = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    return next(each for each in attempts if each.lower() not in known)


def notes(source: Snapshot, live: Live, names: Mapping[Key, str]) -> list[str]:
    """Return what a person should know before *source* is copied."""
    found = [_origin(source), "Component state is not copied."]
    of_it = _of_row(source) if source.key.is_row else _of_configuration(source, live, names)
    return [*found, *of_it]


def _origin(source: Snapshot) -> str:
    version = source.version
    assert version
    now = "" if isinstance(source.moment, int) else f", {moment_text(source.moment)}"
    saved = f", saved by {version.author or 'somebody'}, {version.created}"
    # Of a row the platform tells who made it and when, not who saved a version of it.
    return f"Copied is {source.key} v{version.number}{now}{'' if source.key.is_row else saved}."


def _of_row(source: Snapshot) -> Iterator[str]:
    if not source.subject.is_disabled:
        yield (
            f"The copy runs whenever {source.key.config} runs, and does there what its source does "
            "until somebody changes it."
        )


def _of_configuration(source: Snapshot, live: Live, names: Mapping[Key, str]) -> Iterator[str]:
    config, project = source.subject, live.resources
    if _is_scheduling(config):
        yield (
            "The schedule of the copy is disabled, so that nothing runs twice. "
            "To have it run: schedule.state enabled."
        )
    runners = [*_runners(source.key, project)]
    if runners:
        yield f"Nothing runs the copy: {_listed(runners, names)} goes on with {source.key}."
    targets = {
        link.target.config for item in source.resources.values() for link in links(item, project)
    }
    if targets:
        yield f"The copy refers to what its source refers to: {_listed(sorted(targets), names)}."
    if value_at(config.configuration, _CREDENTIALS) is not MISSING:
        yield f"The copy uses the credentials of its source: {path_label(_CREDENTIALS)}."
    left = sorted(filter(_is_of_template, config.metadata))
    if left:
        yield f"Left out is what makes it a part of a template: {', '.join(left)}."


def _runners(key: Key, project: Resources) -> Iterator[Key]:
    impact = impacts([key], project, project)[key]
    yield from (peer.key for peer in impact.run_by)
    yield from (schedule.peer.key for schedule in impact.schedules)


def _listed(keys: Iterable[Key], names: Mapping[Key, str]) -> str:
    found = [f'{key} "{names[key]}"' if names.get(key) else str(key) for key in keys]
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more


_SHOWN = 5
