"""The schemas that real components publish: no fault is found with what their forms produce."""

import json
from pathlib import Path

import pytest

from kbsync.components import read_components
from kbsync.documents.component_schema import tame
from kbsync.model import Key, Resource
from kbsync.parameters import check_parameters

DEFINITIONS = Path(__file__).parents[2] / "shared" / "corpora" / "component-definitions.json"
FOUND = json.loads(DEFINITIONS.read_text()) if DEFINITIONS.exists() else []
COMPONENTS = {each.id: each for each in read_components(FOUND)}

pytestmark = pytest.mark.skipif(not COMPONENTS, reason="the definitions are not here")


def filled_in(schema, *, option):
    """What a form makes of *schema*: in each list of choices the person takes number *option*."""
    known = schema.get("properties", {})
    values = {}
    for name, field in known.items():
        if field.get("type") == "button" or "template" in field:
            continue
        if all(values.get(key) in listed(wanted) for key, wanted in conditions(field).items()):
            values[name] = entered(field, option=option)
    return values


def conditions(field):
    """What must be entered elsewhere for the field to be there; helpers of the form count not."""
    return field.get("options", {}).get("dependencies", {})


def listed(wanted):
    return wanted if isinstance(wanted, list) else [wanted]


def entered(field, *, option):
    choices = field.get("enum")
    match field.get("type"):
        case "object":
            return filled_in(field, option=option) or []  # as PHP writes an empty object
        case "array":
            return [entered(field.get("items", {}), option=option)]
        case "boolean":
            return field.get("default", False)
        case "integer" | "number":
            return field.get("default", "{{ number }}")
        case _ if choices:
            return choices[option % len(choices)]
        case _:
            return field.get("default") or "entered, or chosen from what the component offers"


@pytest.mark.parametrize("component", COMPONENTS.values(), ids=COMPONENTS)
@pytest.mark.parametrize("option", range(3))
def test_nothing_is_wrong_with_what_a_form_produces(component, option):
    key = Key(component.id, "c")
    root, row = (
        filled_in(schema or {}, option=option)
        for schema in (component.configuration_schema, component.row_schema)
    )
    resources = {
        key: Resource(key=key, name="C", configuration={"parameters": root}),
        key.row("r"): Resource(key=key.row("r"), name="R", configuration={"parameters": row}),
    }

    assert check_parameters(resources, COMPONENTS.get).flaws == ()


@pytest.mark.parametrize("component", COMPONENTS.values(), ids=COMPONENTS)
def test_no_rule_of_a_real_schema_is_given_up(component):
    remarks = [
        tame(each).remarks for each in (component.configuration_schema, component.row_schema)
    ]

    assert remarks == [(), ()]
