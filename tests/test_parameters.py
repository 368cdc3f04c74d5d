"""Parameters against the schemas of their components."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.components import read_component
from kbsync.documents.component_check import MAX_STEPS, ComponentRules, EndlessError
from kbsync.documents.component_schema import tame
from kbsync.parameters import check_parameters
from tests.builders import COMPONENT, by_key, config, row
from tests.strategies import json_values

PORT = {"port": {"type": "integer", "minimum": 1}}
MODE = {"mode": {"enum": ["full", "part"]}}


def component(schema=None, row_schema=None, id_=COMPONENT):
    found = {"id": id_, "configurationSchema": schema, "configurationRowSchema": row_schema}
    return read_component(found)


def said(*resources, schema=None, row_schema=None):
    """What is told about *resources* of one component."""
    known = component(schema, row_schema)
    found = check_parameters(by_key(*resources), {COMPONENT: known}.get)
    return [f"{each.key}: {each.what}; {each.todo}" for each in found.flaws]


def root(parameters, **fields):
    return config(configuration={"parameters": parameters}, **fields)


def row_of(parameters, row_id="r", **fields):
    return row(row_id, configuration={"parameters": parameters}, **fields)


ORDERS = f"{COMPONENT}/orders"


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        pytest.param({"type": "integer"}, "22", "text; expected a whole number; write a: 22",
                     id="type"),
        pytest.param({"type": ["number", "null"]}, True,
                     "true; expected a number or null; correct it", id="one of two types"),
        pytest.param({"enum": ["x", 1, None]}, "fake-word",
                     'text; expected one of "x", 1, null; write one of them', id="choices"),
        pytest.param({"enum": [*"abcdefghij"]}, "fake-word",
                     'text; expected one of "a", "b", "c", "d", "e", "f", "g", "h" and 2 more; '
                     "write one of them", id="many choices"),
        pytest.param({"const": True}, False, "false; expected true; write true", id="constant"),
        pytest.param({"minimum": 1}, 0, "the number 0; expected at least 1; correct it",
                     id="minimum"),
        pytest.param({"exclusiveMaximum": 1.5}, 2,
                     "the number 2; expected less than 1.5; correct it", id="bound"),
    ],
)  # fmt: skip
def test_a_value_that_breaks_a_rule_is_told_in_words(field, value, found):
    told = said(root({"a": value}), schema={"properties": {"a": field}})

    assert told == [f"{ORDERS}: 'a' is {found}"]


@pytest.mark.parametrize(
    ("schema", "parameters", "found"),
    [
        pytest.param({"required": ["a"], "properties": {"a": {"title": "Account"}}}, {},
                     "'a' (Account) is missing; add it", id="missing"),
        pytest.param({"required": ["a"]}, {}, "'a' is missing; add it", id="missing, no title"),
        pytest.param({"dependencies": {"a": ["b"]}}, {"a": 1}, "'b' is missing; add it",
                     id="needed by another"),
        pytest.param({"additionalProperties": False, "properties": {"bucket": {}}}, {"buckt": 1},
                     "'buckt' is nothing that the component knows; did you mean 'bucket'?",
                     id="unknown, a typo"),
        pytest.param({"additionalProperties": False, "patternProperties": {"^x": {}}},
                     {"x1": 1, "y": 1},
                     "'y' is nothing that the component knows; remove it", id="unknown"),
        pytest.param({"properties": {"a": {"minLength": 2}}}, {"a": "x"},
                     "'a' has 1; expected at least 2 characters; correct it", id="too short"),
        pytest.param({"properties": {"a": {"maxItems": 1}}}, {"a": [1, 2]},
                     "'a' has 2; expected at most 1 item; correct it", id="too many"),
        pytest.param({"properties": {"a": {"pattern": "^x"}}}, {"a": "fake-word"},
                     "'a' has not the form '^x'; correct it", id="pattern"),
        pytest.param({"properties": {"a": {"uniqueItems": True}}}, {"a": ["fake-word"] * 2},
                     "item 2 of 'a' is in the list twice; remove it", id="twice"),
        pytest.param({"properties": {"a": False}}, {"a": 1},
                     "'a' does not belong here; remove it", id="never"),
        pytest.param({"properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}}},
                     {"a": 1}, "'a' is in none of the forms it may have; "
                     "see the schema of the component", id="none of the forms"),
        pytest.param({"properties": {"a": {"items": {"type": "string"}}}}, {"a": ["x", 1, 2]},
                     'item 2 of \'a\' is the number 1; expected text; write "1"',
                     id="an item"),
    ],
)  # fmt: skip
def test_each_kind_of_rule_has_its_sentence(schema, parameters, found):
    assert said(root(parameters), schema=schema)[:1] == [f"{ORDERS}: {found}"]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"#a": "KBC::ProjectSecure::fake-one"}, id="ciphertext"),
        pytest.param({"#a": "!env PASSWORD"}, id="the name of a variable"),
        pytest.param({"#a": {"b": "KBC::ProjectSecure::fake-one"}}, id="below a secret key"),
        pytest.param({"name": "#b", "value": "KBC::ProjectSecure::fake-one"}, id="a named secret"),
        pytest.param({"port": "{{ port }}"}, id="filled in by the platform"),
        pytest.param({"text": "{{ day }}.csv"}, id="filled in in part"),
        pytest.param({"nested": []}, id="an empty list for an empty object"),
        pytest.param({"list": {}}, id="an empty object for an empty list"),
        pytest.param({"text": "x" * 201}, id="too long for patterns"),
        pytest.param({"other": 1}, id="what no rule is about"),
    ],
)
def test_what_will_be_known_only_later_breaks_no_rule(value):
    fields = {
        **PORT,
        "#a": {"type": "integer", "enum": [1], "pattern": "^x$", "maxLength": 1},
        "value": {"type": "integer"},
        "text": {"type": "string", "pattern": "^[0-9]+$"},
        "nested": {"type": "object"},
        "list": {"type": "array"},
    }

    assert said(root(value), schema={"properties": fields}) == []


@pytest.mark.parametrize("configuration", [{}, {"parameters": []}, {"parameters": "x"}], ids=repr)
def test_without_parameters_only_what_is_missing_is_told(configuration):
    told = said(config(configuration=configuration), schema={"required": ["a"], "properties": PORT})

    assert told == [f"{ORDERS}: 'a' is missing; add it"]


# Rows


NEEDS = {"required": ["host"], "properties": {"host": {"type": "string"}}}
TAKES = {"required": ["table"], "properties": {"table": {"type": "string"}}}


@pytest.mark.parametrize(
    ("resources", "told"),
    [
        pytest.param([root({"host": "h"}), row_of({"table": "t"})], [], id="each has its own"),
        pytest.param([root({}), row_of({"table": "t", "host": "h"})], [], id="the row has both"),
        pytest.param([root({"host": "h", "table": "t"}), row_of({})], [], id="the root has both"),
        pytest.param(
            [root({}), row_of({"table": "t", "host": "h"}), row_of({"table": "t"}, "s")],
            [f"{ORDERS}: 'host' is missing; add it"],
            id="one row of two has what the root lacks",
        ),
        pytest.param(
            [root({"host": "h"}), row_of({})],
            [f"{ORDERS}/r: 'table' is missing; add it"],
            id="nobody has it",
        ),
        pytest.param([root({"host": "h"})], [], id="no rows, so no rules for them"),
        pytest.param(
            [root({"host": 1}), row_of({"table": "t", "host": "h"})], [], id="the row mends it"
        ),
        pytest.param(
            [root({"host": 1}), row_of({"table": 2})],
            [
                f"{ORDERS}: 'host' is the number 1; expected text; write host: \"1\"",
                f"{ORDERS}/r: 'table' is the number 2; expected text; write table: \"2\"",
            ],
            id="each has a fault of its own",
        ),
        pytest.param(
            [root({"host": "h", "table": 2}), row_of({}), row_of({}, "s")],
            [f"{ORDERS}: 'table' is the number 2; expected text; write table: \"2\""],
            id="the root says for its rows what no row may say",
        ),
        pytest.param(
            [root({"host": "h"}), row_of({"table": "t", "host": 1})],
            [f"{ORDERS}/r: 'host' is the number 1; expected text; write host: \"1\""],
            id="a row says for its root what no root may say",
        ),
    ],
)
def test_a_row_and_its_configuration_are_judged_by_what_the_component_receives(resources, told):
    assert said(*resources, schema=NEEDS, row_schema=TAKES) == told


def test_what_one_form_knows_is_not_unknown_to_the_other():
    closed = {"additionalProperties": False}

    assert (
        said(
            root({"host": "h"}),
            row_of({"table": "t"}),
            schema=NEEDS | closed,
            row_schema=TAKES | closed,
        )
        == []
    )


def test_where_the_two_forms_differ_each_is_held_to_its_own():
    text, mapping = (
        {"properties": {"x": {"type": "string"}}},
        {"properties": {"x": {"type": "object"}}},
    )

    assert said(root({"x": "a"}), row_of({}), schema=text, row_schema=mapping) == []
    assert said(root({}), row_of({"x": "a"}), schema=mapping, row_schema=text) == []


def test_both_are_told_when_both_say_it_wrong():
    told = said(
        root({"host": 1}), row_of({"host": 2, "table": "t"}), schema=NEEDS, row_schema=TAKES
    )

    assert [each.partition(": ")[0] for each in told] == [ORDERS, f"{ORDERS}/r"]


def test_what_is_disabled_is_left_alone():
    off = {"is_disabled": True}

    assert said(root({}, **off), row_of({}), schema=NEEDS, row_schema=TAKES) == []
    assert said(root({"host": "h"}), row_of({}, **off), schema=NEEDS, row_schema=TAKES) == []


# What is known of components, and how far it can be used


def test_a_component_of_which_nothing_is_known_is_named_once():
    other = config(component="keboola.ex-http", configuration={"parameters": {"x": 1}})
    found = check_parameters(by_key(root({}), other, config("b")), {}.get)

    assert (found.flaws, found.remarks) == ((), {})
    assert found.unknown == {COMPONENT, "keboola.ex-http"}


def test_what_cannot_be_used_of_a_schema_is_told_once_and_the_rest_is_used():
    schema = {"properties": {**PORT, "x": {"$ref": "https://a.test/"}, "y": {"pattern": "("}}}
    found = check_parameters(
        by_key(root({"port": 0, "x": 1, "y": "y"}), config("b")), {COMPONENT: component(schema)}.get
    )

    assert [each.label for each in found.flaws] == ["parameters.port"]
    assert found.remarks == {
        COMPONENT: (
            "the reference 'https://a.test/' is not followed",
            "the pattern '(' is not used, for it cannot be read",
        )
    }


DOUBLING = {f"f{n}": {"anyOf": [{"$ref": f"#/definitions/f{n + 1}"}] * 2} for n in range(40)}


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"$ref": "#"}, id="refers to itself"),
        pytest.param(
            {
                "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}},
                "properties": {"x": {"$ref": "#/definitions/a"}},
            },
            id="refers in a circle",
        ),
        pytest.param(
            {
                "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}},
                "$ref": "#/definitions/a",
            },
            id="is a reference in a circle",
        ),
        pytest.param(
            {
                "definitions": {**DOUBLING, "f40": {"type": "null"}},
                "properties": {"x": {"$ref": "#/definitions/f0"}},
            },
            id="doubles forty times",
        ),
    ],
)
def test_a_schema_without_end_is_given_up_and_told(schema):
    items = by_key(root({"x": 1}), config("b", configuration={"parameters": {"x": 1}}))
    found = check_parameters(items, {COMPONENT: component(schema)}.get)

    assert found.flaws == ()
    assert found.remarks == {COMPONENT: ("it leads on and on, so it is not used",)}


def test_a_schema_that_is_a_reference_to_its_own_definition_is_used():
    schema = {"$ref": "#/definitions/all", "definitions": {"all": {"properties": PORT}}}

    assert len(said(root({"port": 0}), schema=schema)) == 1


def test_a_schema_that_describes_a_tree_by_itself_is_used():
    schema = {"properties": {"child": {"$ref": "#"}, **PORT}}

    assert len(said(root({"child": {"child": {"port": 0}}}), schema=schema)) == 1


def test_steps_are_counted_anew_for_each_value():
    rules = ComponentRules({"items": {"type": "integer"}})
    value = [1] * (MAX_STEPS - 1)

    assert [rules.broken_by(value, ()), rules.broken_by(value, ())] == [{}, {}]
    with pytest.raises(EndlessError):
        rules.broken_by([*value, 1], ())


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"uniqueItems": True}, [{"a": 1}] * 100_000),
        ({"patternProperties": {".*.*.*=": {"type": "null"}}}, {"x" * 100_000: 1}),
        (
            {"patternProperties": {".*.*.*=": {}}, "additionalProperties": False},
            {"x" * 100_000: 1, "y": 1},
        ),
    ],
    ids=["long list", "long key", "long key beside others"],
)
def test_what_would_take_for_ever_is_not_tried(schema, value):
    broken = ComponentRules(tame(schema).rules).broken_by(value, ())

    assert [path for _, path in broken] in ([], [("y",)])


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer", "object", "array", "boolean"]),
        "enum": st.lists(json_values, max_size=2),
        "pattern": st.sampled_from(["^a", "(", "x+"]),
        "minLength": st.integers(0, 3),
        "uniqueItems": st.booleans(),
        "items": st.just({"type": "string"}),
        "required": st.lists(st.sampled_from("abc")),
    },
)
FORMS = st.fixed_dictionaries({"properties": st.dictionaries(st.sampled_from("abc"), FIELDS)})


@given(FORMS, st.dictionaries(st.sampled_from(["a", "b", "#c", "value"]), json_values))
def test_no_text_of_a_file_is_ever_repeated(schema, parameters):
    marked = marked_texts(parameters)
    told = " ".join(said(root(marked), row_of(marked), schema=schema, row_schema=schema))

    assert "\N{SNOWMAN}" not in told


def marked_texts(value):
    match value:
        case dict():
            return {key: marked_texts(item) for key, item in value.items()}
        case list():
            return [marked_texts(item) for item in value]
        case str():
            return f"{value}\N{SNOWMAN}"
        case _:
            return value


@given(st.dictionaries(st.text(max_size=3), json_values), json_values)
def test_whatever_a_component_publishes_breaks_nothing(schema, value):
    rules = ComponentRules(tame(schema).rules)

    assert isinstance(rules.broken_by(value, ("parameters",)), dict)
