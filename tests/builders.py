"""Short ways to write down resources, live projects and plans in tests."""

from __future__ import annotations

from kbsync.model import Key, Live, Resource, Version
from kbsync.plans.plan import Target

TARGET = Target(stack="http://127.0.0.1:1", project_id=1234, project_name="P", branch="default")
COMPONENT = "keboola.ex-db-mysql"


def config(config_id="orders", *, component=COMPONENT, name=None, **fields):
    configuration = fields.pop("configuration", {})
    return Resource(
        key=Key(component, config_id),
        name=config_id.title() if name is None else name,
        configuration=configuration,
        **fields,
    )


def row(row_id, config_id="orders", *, component=COMPONENT, name="", **fields):
    configuration = fields.pop("configuration", {})
    return Resource(
        key=Key(component, config_id, row_id), name=name, configuration=configuration, **fields
    )


def by_key(*resources):
    return {resource.key: resource for resource in resources}


def live_with(*resources, states=None, version=1):
    found = by_key(*resources)
    return Live(
        resources=found,
        versions={key: Version(number=version, identifier=f"ID-{version}") for key in found},
        component_states={key: (states or {}).get(key, {}) for key in found},
    )
