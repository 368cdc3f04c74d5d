from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from kbsync.documents.document import parse
from kbsync.documents.schema_fast import surely_valid
from kbsync.documents.schema_words import SENTENCES
from kbsync.documents.validate import check, load_schema

SCHEMAS = (
    *("project", "configuration", "row", "plan", "journal", "result", "seed"),
    *("diff", "drift", "effective", "history", "holds", "runs", "show"),
)
CHECKED = ("project", "configuration", "row")


def problems(text, schema_name="configuration", name="config.yaml"):
    return [str(problem) for problem in check(parse(text.encode(), name), schema_name)]


CONFIGURATION_KEYS = (
    "id, name, description, isDisabled, rowsSortOrder, resetState, metadata, configuration"
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("name: A", [], id="the least"),
        pytest.param(
            'id: "1"\nname: ""\ndescription: ""\nisDisabled: true\nrowsSortOrder: [a, b]\n'
            "resetState: once\nmetadata: {a: b}\nconfiguration: {any: [thing]}\n",
            [],
            id="everything",
        ),
        pytest.param(
            "name: A\nisDisbled: true\n",
            [
                f"2:1: unknown key 'isDisbled'; expected one of {CONFIGURATION_KEYS}; "
                "did you mean 'isDisabled'?"
            ],
            id="typo",
        ),
        pytest.param(
            "name: A\nis_disabled: true\n",
            [
                f"2:1: unknown key 'is_disabled'; expected one of {CONFIGURATION_KEYS}; "
                "did you mean 'isDisabled'?"
            ],
            id="another way to write it",
        ),
        pytest.param(
            "name: A\nxyz: fake-word\n",
            [f"2:1: unknown key 'xyz'; expected one of {CONFIGURATION_KEYS}; remove it"],
            id="no such key",
        ),
        pytest.param(
            "description: x",
            ["1:1: 'name' is missing; add it: what people call it"],
            id="no name",
        ),
        pytest.param(
            "name: A\nid: 364479526\n",
            ["2:1: 'id' is the number 364479526; expected text; write id: \"364479526\""],
            id="id as a number",
        ),
        pytest.param(
            "name: A\nid: 1.50\n",
            ["2:1: 'id' is the number 1.5; expected text; put it in quotes"],
            id="id as a fraction",
        ),
        pytest.param(
            "name: true\n",
            ["1:1: 'name' is true; expected text; put it in quotes"],
            id="name as a boolean",
        ),
        pytest.param(
            "name:\n",
            ["1:1: 'name' is empty (null); expected text; write name: \"\", or remove the key"],
            id="name without a value",
        ),
        pytest.param(
            "name: A\nid: ''\n", ["2:1: 'id' is empty; fill it, or remove it"], id="empty id"
        ),
        pytest.param(
            "name: A\nisDisabled: no\n",
            ["2:1: 'isDisabled' is the text 'no'; expected true or false; write isDisabled: false"],
            id="boolean of YAML 1.1",
        ),
        pytest.param(
            "name: A\nisDisabled: 1\n",
            ["2:1: 'isDisabled' is the number 1; expected true or false; write isDisabled: true"],
            id="boolean as a number",
        ),
        pytest.param(
            "name: A\nisDisabled: fake-word\n",
            ["2:1: 'isDisabled' is text; expected true or false; correct it"],
            id="text is not repeated",
        ),
        pytest.param(
            "name: A\nconfiguration:\n",
            [
                "2:1: 'configuration' is empty (null); expected a mapping (key: value); "
                "write configuration: {}, or put something below it"
            ],
            id="empty configuration",
        ),
        pytest.param(
            "name: A\nconfiguration: []\n",
            ["2:1: 'configuration' is a list; expected a mapping (key: value); correct it"],
            id="configuration as a list",
        ),
        pytest.param(
            "name: A\nparameters: {}\nstate: {}\nversion: 3\nrows: []\n",
            [
                "2:1: 'parameters' does not belong here; "
                "belongs one level deeper: put it under configuration",
                "3:1: 'state' does not belong here; "
                "component state is not kept in files; resetState asks to forget it",
                "4:1: 'version' does not belong here; the platform keeps this by itself: remove it",
                "5:1: 'rows' does not belong here; "
                "rows are files: write each one to rows/<row>.yaml beside this file",
            ],
            id="what the API knows and files do not",
        ),
        pytest.param(
            "name: A\nrowsSortOrder: [a, 1, a]\n",
            [
                "2:20: item 2 of 'rowsSortOrder' is the number 1; expected text; write \"1\"",
                "2:23: 'a' is in the list twice; remove one",
            ],
            id="row order",
        ),
        pytest.param(
            "name: A\nrowsSortOrder: a\n",
            [
                "2:1: 'rowsSortOrder' is text; expected a list; "
                "write rowsSortOrder: [...] with the text inside"
            ],
            id="row order as text",
        ),
        pytest.param(
            "name: A\nrowsSortOrder:\n",
            ["2:1: 'rowsSortOrder' is empty (null); expected a list; write rowsSortOrder: []"],
            id="row order without a value",
        ),
        pytest.param(
            "name: A\nmetadata: {a: 1, '#b': 2, '#c': true, '#d': [x]}\n",
            [
                "2:12: 'a' is the number 1; expected text; write a: \"1\"",
                "2:18: '#b' is a number; expected text; correct it",
                "2:27: '#c' is true or false; expected text; put it in quotes",
                "2:39: '#d' is a list; expected text; correct it",
            ],
            id="values of secrets are not repeated",
        ),
        pytest.param(
            "just text",
            [
                "1:1: the file is text; expected a mapping (key: value); "
                "start it with a line such as `name: Orders`"
            ],
            id="text",
        ),
        pytest.param(
            "name: A\n'a\\nb': 1\n\"c\\nd\": 1\n",
            [
                f"2:1: unknown key 'a\\\\nb'; expected one of {CONFIGURATION_KEYS}; remove it",
                f"3:1: unknown key 'c\\nd'; expected one of {CONFIGURATION_KEYS}; remove it",
            ],
            id="keys that could break a line",
        ),
    ],
)
def test_a_broken_rule_is_a_sentence_with_a_place(text, found):
    assert problems(text) == [f"config.yaml:{line}" for line in found]


def test_rows_have_no_order_and_no_metadata():
    assert problems("rowsSortOrder: [a]\nmetadata: {}\n", "row", "rows/a.yaml") == [
        "rows/a.yaml:1:1: 'rowsSortOrder' does not belong here; "
        "only configurations have this: put it in config.yaml",
        "rows/a.yaml:2:1: 'metadata' does not belong here; "
        "only configurations have this: put it in config.yaml",
    ]


def test_a_row_may_be_empty():
    assert problems("{}", "row") == []


def test_json_files_have_places_too():
    assert problems('{\n  "name": "A",\n  "id": 7\n}', name="config.json") == [
        "config.json:3:3: 'id' is the number 7; expected text; write id: \"7\""
    ]


def test_a_document_that_cannot_be_read_has_only_its_own_problems():
    assert problems("a: [") == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_are_schemas(name):
    schema = load_schema(name)

    Draft7Validator.check_schema(schema)

    assert schema["$id"] == f"https://kbsync.dev/schemas/{name}.schema.json"
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"


def subschemas(schema):
    """The schema and every schema inside it."""
    if isinstance(schema, dict):
        yield schema
        for key in ("properties", "patternProperties", "definitions"):
            for inner in schema.get(key, {}).values():
                yield from subschemas(inner)
        for key in ("items", "additionalProperties", "not"):
            yield from subschemas(schema.get(key))


@pytest.mark.parametrize("name", CHECKED)
def test_every_rule_of_the_schemas_has_a_sentence(name):
    silent = {"$schema", "$id", "$ref", "title", "description", "default", "examples"}
    structure = {"properties", "patternProperties", "items", "definitions"}
    rules = {key for schema in subschemas(load_schema(name)) for key in schema}

    assert rules - silent - structure <= set(SENTENCES)


@pytest.mark.parametrize("name", CHECKED)
def test_no_property_matches_a_pattern_for_refused_keys(name):
    for schema in subschemas(load_schema(name)):
        for pattern in schema.get("patternProperties", {}):
            assert not [key for key in schema.get("properties", {}) if re.search(pattern, key)]


@pytest.mark.parametrize("name", CHECKED)
def test_every_property_is_described(name):
    definitions = load_schema(name).get("definitions", {})
    for schema in subschemas(load_schema(name)):
        for key, inner in schema.get("properties", {}).items():
            target = definitions[inner["$ref"].split("/")[-1]] if "$ref" in inner else inner

            assert "description" in target, key


@pytest.mark.parametrize("name", CHECKED)
def test_every_required_key_says_itself_what_it_is_for(name):
    for schema in subschemas(load_schema(name)):
        for key in schema.get("required", []):
            assert {"description", "const"} & schema["properties"][key].keys(), key


KNOWN_KEYS = sorted(
    {
        key
        for name in CHECKED
        for inner in subschemas(load_schema(name))
        for key in inner.get("properties", {})
    }
)
keys = st.sampled_from([*KNOWN_KEYS, "state", "parameters", "token", "prod", "other"])
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 9999)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "a", "*", "default", "12", "KBC_TOKEN"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=10,
)


@given(st.sampled_from(CHECKED), values)
def test_what_the_fast_check_accepts_is_valid(name, value):
    schema = load_schema(name)

    if surely_valid(value, schema, schema.get("definitions", {})):
        assert list(Draft7Validator(schema).iter_errors(value)) == []


@given(st.sampled_from(CHECKED), values)
def test_what_is_not_valid_has_a_problem_and_what_is_valid_none(name, value):
    document = parse(json.dumps(value).encode(), "file.json")

    found = check(document, name)

    assert bool(found) is (not Draft7Validator(load_schema(name)).is_valid(value))


def test_good_files_are_checked_without_loading_jsonschema():
    program = (
        "import sys\n"
        "from kbsync.documents.document import parse\n"
        "from kbsync.documents.validate import check\n"
        "assert not check(parse(b'name: A\\nrowsSortOrder: [a]\\n', 'c.yaml'), 'configuration')\n"
        "text = b'version: 1\\nenvironments: {a: {stack: b, project: 1, branch: default}}\\n'\n"
        "assert not check(parse(text, 'kbsync.yaml'), 'project')\n"
        "assert 'jsonschema' not in sys.modules"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
