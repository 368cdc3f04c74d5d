from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.model import Json
from kbsync.secrets import is_ciphertext, is_placeholder, is_plain_text, mask, plain_secrets

CIPHERTEXT = "KBC::ProjectSecure::fake-one"
OTHER = "KBC::ConfigSecureKV::fake-two"

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda items: st.lists(items, max_size=3) | st.dictionaries(st.text(max_size=5), items),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "text",
    [
        "KBC::ComponentSecure::fake",
        "KBC::ProjectSecureGKMS::fake/+=",
        "KBC::ConfigSecureKV::fake",
        "KBC::ProjectWideSecure::fake",
        "KBC::ProjectWideBranchTypeSecure::fake",
        "KBC::BranchTypeConfigSecure::fake",
        "KBC::Encrypted==fake",
        "KBC::ComponentEncrypted==fake",
        "KBC::ComponentProjectEncrypted==fake",
    ],
)
def test_every_form_of_ciphertext_is_known(text):
    assert is_ciphertext(text)
    assert not is_plain_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "fake password",
        "KBC::",
        "KBC::ProjectSecure::",
        "KBC::Secure::fake",
        "KBC::ProjectSecure fake",
        "KBC::ProjectSecure::fake and more",
        " KBC::ProjectSecure::fake",
        "KBC::Encrypted==",
        "before {{ vault.name }}",
        "{{ name }}",
    ],
)
def test_what_only_looks_like_ciphertext_is_plain_text(text):
    assert is_plain_text(text)


def test_a_vault_placeholder_is_neither_ciphertext_nor_plain_text():
    assert is_placeholder("{{ vault.name }}")
    assert is_placeholder("{{vault.name}}")
    assert not is_ciphertext("{{ vault.name }}")
    assert not is_plain_text("{{ vault.name }}")


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        pytest.param({"#a": "fake"}, [("#a",)], id="under a key"),
        pytest.param({"a": [{"b": {"#c": "fake"}}]}, [("a", 0, "b", "#c")], id="deep inside"),
        pytest.param({"#a": ""}, [], id="empty text is no secret"),
        pytest.param({"#a": CIPHERTEXT}, [], id="ciphertext"),
        pytest.param({"#a": "{{ vault.a }}"}, [], id="placeholder"),
        pytest.param(
            {"#a": None, "#b": 1, "#c": ["fake"]}, [("#b",), ("#c", 0)], id="numbers and lists"
        ),
        pytest.param({"#a": {"#b": "fake"}}, [("#a", "#b")], id="a key below a key"),
        pytest.param({"a": "fake"}, [], id="an ordinary key"),
        pytest.param(
            {"values": [{"name": "#v", "value": "fake"}, {"name": "v", "value": "open"}]},
            [("values", 0, "value")],
            id="value of a variable",
        ),
        pytest.param({"name": "#v", "value": CIPHERTEXT}, [], id="encrypted variable"),
        pytest.param("fake", [], id="no object at all"),
    ],
)
def test_plain_text_is_found_where_secrets_belong(value, paths):
    assert plain_secrets(value) == paths


def test_masking_hides_all_secrets_and_keeps_the_rest():
    value: Json = {
        "#a": CIPHERTEXT,
        "#b": "fake password",
        "#c": "",
        "#d": None,
        "#e": {"deep": ["fake password", 7, True, CIPHERTEXT]},
        "#f": "{{ vault.f }}",
        "values": [{"name": "#v", "value": "fake password"}, {"name": "v", "value": "open"}],
        "copied": OTHER,
        "broken": "KBC::fake password",
        "sql": f"SET p = '{CIPHERTEXT}'; -- {OTHER}",
        "open": [1, 1.5, False, None, "text"],
    }

    assert mask(value) == {
        "#a": "(secret) c:9e71732d",
        "#b": "(secret) plain text",
        "#c": "",
        "#d": None,
        "#e": {
            "deep": [
                "(secret) plain text",
                "(secret) plain text",
                "(secret) plain text",
                "(secret) c:9e71732d",
            ]
        },
        "#f": "{{ vault.f }}",
        "values": [
            {"name": "#v", "value": "(secret) plain text"},
            {"name": "v", "value": "open"},
        ],
        "copied": "(secret) c:29f72a9a",
        "broken": "(secret) plain text",
        "sql": "SET p = '(secret) c:9e71732d'; -- (secret) c:29f72a9a",
        "open": [1, 1.5, False, None, "text"],
    }


@given(any_json)
def test_nothing_is_masked_where_no_secret_is(value):
    def has_secret(item):
        if isinstance(item, dict):
            if any(key.startswith("#") for key in item):
                return True
            if isinstance(item.get("name"), str) and item["name"].startswith("#"):
                return True
            return any(map(has_secret, item.values()))
        return isinstance(item, list) and any(map(has_secret, item))

    if not has_secret(value):
        assert mask(value) == value


@given(any_json)
def test_a_secret_is_not_in_what_is_shown(value):
    secret: Json = {"#key": ["fake-canary", value], "sql": "x KBC::ProjectSecure::fake-canary y"}

    assert "fake-canary" not in str(mask({"any": [secret]}))


def test_masking_takes_linear_time_on_text_made_to_be_slow():
    text = "x KBC::" + "Secure" * 200_000

    assert mask(text) == text
