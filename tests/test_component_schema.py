"""What is taken over of the schema of a component."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from kbsync.documents.component_schema import MAX_CHARACTERS, Tamed, tame
from tests.strategies import json_values


def form(**fields):
    return {"type": "object", "properties": fields}


@pytest.mark.parametrize("schema", [{}, [], None], ids=repr)
def test_a_component_without_a_schema_has_no_rules_and_nothing_is_wrong_with_it(schema):
    assert tame(schema) == Tamed(rules={})


@pytest.mark.parametrize(
    ("schema", "rules"),
    [
        pytest.param({"type": "button"}, {}, id="a type of the form alone"),
        pytest.param({"type": ["string", "any"]}, {}, id="a type that nobody knows"),
        pytest.param({"type": ["string", "null"]}, {"type": ["string", "null"]}, id="two types"),
        pytest.param({"enum": []}, {}, id="choices that the component will offer"),
        pytest.param({"enum": ["a"]}, {"enum": ["a"]}, id="choices"),
        pytest.param(
            {"enum": ["a"], "options": {"creatable": True}}, {}, id="choices to add others to"
        ),
        pytest.param(
            {"enum": ["a"], "options": {"async": {"action": "x"}}}, {}, id="choices to reload"
        ),
        pytest.param({"enum": ["a"], "enumSource": "x"}, {}, id="choices from another field"),
        pytest.param({"required": True}, {}, id="required in the way of draft-03"),
        pytest.param({"required": ["a", "a", 1]}, {"required": ["a"]}, id="required"),
        pytest.param({"format": "password", "propertyOrder": 1}, {}, id="words of the form"),
        pytest.param({"title": "T", "default": 1}, {"title": "T", "default": 1}, id="notes"),
        pytest.param(
            {"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}, id="draft-04 bound"
        ),
        pytest.param({"exclusiveMaximum": 9}, {"exclusiveMaximum": 9}, id="draft-07 bound"),
        pytest.param({"minimum": "1", "maxLength": -1}, {}, id="bounds that are none"),
        pytest.param({"maximum": float("nan")}, {}, id="no number"),
        pytest.param({"maximum": 10**400}, {"maximum": 10**400}, id="a number beyond all floats"),
        pytest.param(
            {"oneOf": [{"type": "string"}, True]},
            {"anyOf": [{"type": "string"}, {}]},
            id="one of several",
        ),
        pytest.param({"anyOf": []}, {}, id="one of none"),
        pytest.param({"not": {"type": "string"}}, {}, id="what must not be"),
        pytest.param({"items": [{"type": "null"}]}, {"items": [{"type": "null"}]}, id="a tuple"),
        pytest.param({"properties": []}, {"properties": {}}, id="no properties, by PHP"),
        pytest.param({"properties": {"a": False}}, {"properties": {"a": {"not": {}}}}, id="never"),
        pytest.param(
            {"dependencies": {"a": ["b"], "c": "d", "e": {"type": "null"}}},
            {"dependencies": {"a": ["b"], "e": {"type": "null"}}},
            id="dependencies",
        ),
        pytest.param(
            {"items": {"definitions": {"b": {}}, "$ref": "#"}},
            {"items": {"$ref": "#"}},
            id="a reference stands alone",
        ),
        pytest.param(
            {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": form(c={})}, "$ref": "#/$defs/a"},
            {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": form(c={})}, **form(c={})},
            id="a reference to all of it",
        ),
        pytest.param({"$id": "https://a.test/", "$schema": "x"}, {}, id="addresses"),
    ],
)
def test_what_means_the_same_without_a_form_is_taken_over(schema, rules):
    assert tame(schema) == Tamed(rules=rules)


@pytest.mark.parametrize(
    ("field", "is_required"),
    [
        pytest.param({"type": "string"}, True, id="shown"),
        pytest.param({"options": {"dependencies": {"b": 1}}}, False, id="hidden by another"),
        pytest.param({"options": {"hidden": True}}, False, id="hidden"),
        pytest.param({"type": "button"}, False, id="a button"),
        pytest.param({"template": "{{x}}"}, False, id="computed"),
        pytest.param({"default": 8}, False, id="with a default"),
        pytest.param(True, True, id="anything"),
    ],
)
def test_only_what_a_form_always_asks_for_is_required(field, is_required):
    rules = tame({**form(a=field), "required": ["a"]}).rules

    assert ("required" in rules) == is_required


@pytest.mark.parametrize(
    ("schema", "remark"),
    [
        ("text", "it is no JSON Schema, which would be an object"),
        ({"title": "x" * MAX_CHARACTERS}, "it is longer than 1,000,000 characters"),
        (
            {"$ref": "https://a.test/s.json"},
            "the reference 'https://a.test/s.json' is not followed",
        ),
        (form(a={"$ref": "#/definitions/a"}), "the reference '#/definitions/a' is not followed"),
        (
            {**form(a={"$ref": "definitions/a"}), "definitions": {"a": {"type": "null"}}},
            "the reference 'definitions/a' is not followed",
        ),
        (form(a={"$ref": 5}), "the reference '5' is not followed"),
        ({"pattern": "("}, "the pattern '(' is not used, for it cannot be read"),
        ({"pattern": "(a+)+"}, "the pattern '(a+)+' is not used, for it may take for ever"),
        (
            {"patternProperties": {"(": {"type": "null"}}},
            "the pattern '(' is not used, for it cannot be read",
        ),
    ],
)
def test_what_cannot_be_followed_is_told(schema, remark):
    assert tame(schema).remarks == (remark,)


def test_a_schema_that_is_too_deep_is_told():
    schema = {}
    for _ in range(100_000):
        schema = {"items": schema}

    assert tame(schema) == Tamed(rules={}, remarks=("it is nested too deep",))


KEYWORDS = st.sampled_from(
    [
        *("type", "enum", "required", "properties", "items", "anyOf", "oneOf", "pattern", "title"),
        *("dependencies", "$ref", "definitions", "minimum", "maxLength", "uniqueItems", "options"),
        *("additionalProperties", "patternProperties", "not", "if", "then"),
    ]
)
SCHEMAS = st.recursive(
    json_values,
    lambda inner: st.dictionaries(KEYWORDS, st.one_of(inner, st.lists(inner, max_size=3))),
    max_leaves=20,
)


@given(SCHEMAS)
def test_whatever_comes_is_tamed_to_a_valid_schema(schema):
    Draft7Validator.check_schema(tame(schema).rules)
