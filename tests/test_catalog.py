"""What is kept of the components of a stack."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbsync.components import component_json, nearest, read_component, read_components
from kbsync.model import Component
from kbsync.tree.catalog import FOLDER, learn, learn_all, read_catalog
from tests.strategies import json_objects, json_values

STACK = "https://connection.keboola.com"
OTHER = "http://127.0.0.1:8765"


def component(id_="keboola.ex-http", **facts):
    found = read_component({"id": id_, "configurationSchema": {}, **facts})
    assert isinstance(found, Component)
    return found


def ids(root, stack=STACK):
    return [each.id for each in read_catalog(root, stack)]


COMPONENTS = st.builds(
    lambda id_, facts: component(id_, **facts),
    st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=9),
    st.fixed_dictionaries(
        {"configurationSchema": json_values},
        optional={
            "name": st.text(),
            "version": st.integers(),
            "flags": st.lists(st.text()),
            "configurationRowSchema": json_values,
            "emptyConfiguration": json_objects,
        },
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(COMPONENTS, max_size=4, unique_by=lambda each: each.id))
def test_what_is_kept_is_what_was_told(tmp_path, components):
    learn_all(tmp_path, STACK, components)
    kept = {each.id: each for each in read_catalog(tmp_path, STACK)}
    expected = {each.id: each for each in components}

    assert repr(kept) == repr(dict(sorted(expected.items()))) or not components


def test_nothing_is_known_at_first(tmp_path):
    catalog = read_catalog(tmp_path, STACK)

    assert (len(catalog), [*catalog], catalog.get("keboola.ex-http")) == (0, [], None)
    assert [*tmp_path.iterdir()] == []


def test_to_learn_of_some_keeps_the_others_and_to_learn_of_all_forgets_them(tmp_path):
    learn(tmp_path, STACK, [component("a"), component("b", version=1)])
    learn(tmp_path, STACK, [component("b", version=2)])
    learned = {each.id: each.version for each in read_catalog(tmp_path, STACK)}
    learn_all(tmp_path, STACK, [component("c")])

    assert learned == {"a": 0, "b": 2}
    assert ids(tmp_path) == ["c"]


def test_each_stack_has_its_own_components(tmp_path):
    learn(tmp_path, STACK, [component("a")])
    learn(tmp_path, OTHER, [component("b")])

    assert (ids(tmp_path), ids(tmp_path, OTHER), ids(tmp_path, "")) == (["a"], ["b"], [])


def test_what_is_known_already_is_not_written_again(tmp_path):
    learn(tmp_path, STACK, [component()])
    (file,) = (tmp_path / FOLDER).iterdir()
    before = file.stat().st_ino
    learn(tmp_path, STACK, [component()])

    assert file.stat().st_ino == before


def test_a_damaged_file_counts_for_nothing_and_is_written_anew(tmp_path):
    learn(tmp_path, STACK, [component()])
    (file,) = (tmp_path / FOLDER).iterdir()
    good = file.read_bytes()
    file.chmod(0o600)
    file.write_bytes(good.replace(b"ex-http", b"ex-fake"))
    file.chmod(0o400)

    assert ids(tmp_path) == []
    learn(tmp_path, STACK, [component()])
    assert file.read_bytes() == good


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(None, id="nothing"),
        pytest.param({"id": "a"}, id="an id without a description"),
        pytest.param({"id": "", "configurationSchema": {}}, id="an empty id"),
        pytest.param({"id": "a\nb", "configurationSchema": {}}, id="an id of two lines"),
        pytest.param({"id": 5, "configurationSchema": {}}, id="a number"),
    ],
)
def test_what_does_not_describe_a_component_is_left_out(found):
    assert [*read_components([found])] == []


def test_strange_facts_are_read_as_if_they_were_not_there():
    strange = component(name=5, version=True, flags={"a": 1}, emptyConfiguration=[], type=None)

    assert strange == component()
    assert component_json(strange)["emptyConfiguration"] == {}


@pytest.mark.parametrize(
    ("text", "likeliest"),
    [
        ("keboola.ex-htp", ["keboola.ex-http"]),
        ("ex-htt", ["acme.ex-http2"]),
        ("EX-HTTP2", ["acme.ex-http2"]),
        ("other.wr-db-mysq", ["keboola.wr-db-mysql"]),
        ("xyz", []),
    ],
)
def test_the_nearest_ids_are_by_spelling_with_or_without_the_vendor(text, likeliest):
    found = nearest(text, ["acme.ex-http2", "keboola.ex-http", "keboola.wr-db-mysql"])

    assert found[:1] == likeliest
