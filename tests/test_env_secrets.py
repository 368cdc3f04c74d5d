from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.change import Create, Delete, SetMetadata, Update
from kbsync.env_secrets import (
    Held,
    Noted,
    Prover,
    disarmed,
    encrypted,
    known_in,
    note_text,
    read_note,
    refuse_smuggled,
    variables_of,
    with_known,
    with_named,
)
from kbsync.errors import RefusedError
from kbsync.secrets import PLAIN_TEXT
from tests.builders import by_key, config, live_with, row

OLD, OTHER = "KBC::ProjectSecure::old", "KBC::ProjectSecure::other"
ENVIRON = {"DB_PASSWORD": "fake-value", "API_KEY": "fake-key"}
KEY = config().key


def sign(text):
    return hashlib.sha256(f"token-1 {text}".encode()).hexdigest()


def prover(environ=ENVIRON, sign=sign, project_id=1):
    return Prover(environ=environ, sign=sign, project_id=project_id)


def other_token(text):
    return hashlib.sha256(f"token-2 {text}".encode()).hexdigest()


def noted(variable="DB_PASSWORD", value="fake-value", ciphertext=OLD):
    return {variable: prover().noted(KEY, variable, value, ciphertext)}


def live(*resources, note):
    return replace(live_with(*resources), notes={KEY: note_text(note)})


def secret(text, **more):
    return config(configuration={"#p": text, **more})


NAMED = secret("!env DB_PASSWORD")


@pytest.mark.parametrize(
    ("now", "note", "with_", "expected"),
    [
        pytest.param(OLD, noted(), prover(), OLD, id="the same value"),
        pytest.param(
            OLD, noted(), prover({"DB_PASSWORD": "new"}), "!env DB_PASSWORD", id="another value"
        ),
        pytest.param(
            OLD, noted(), prover(sign=other_token), "!env DB_PASSWORD", id="another token"
        ),
        pytest.param(
            OLD, noted(), prover(project_id=2), "!env DB_PASSWORD", id="note of another project"
        ),
        pytest.param(OLD, noted(), prover({}), OLD, id="not set here"),
        pytest.param(OLD, noted(), prover({"DB_PASSWORD": ""}), OLD, id="empty is not set"),
        pytest.param(OTHER, noted(), prover(), "!env DB_PASSWORD", id="somebody replaced it"),
        pytest.param(OLD, noted("API_KEY"), prover(), "!env DB_PASSWORD", id="another variable"),
        pytest.param(OLD, {}, prover(), "!env DB_PASSWORD", id="not noted"),
        pytest.param(OLD, {}, prover({}), "!env DB_PASSWORD", id="not noted and not set"),
        pytest.param(
            OTHER,
            {
                "DB_PASSWORD": replace(
                    noted()["DB_PASSWORD"], ciphertext=hashlib.sha256(OTHER.encode()).hexdigest()
                )
            },
            prover(),
            "!env DB_PASSWORD",
            id="a proof moved to another ciphertext",
        ),
    ],
)
def test_live_keeps_a_secret_whose_value_is_known(now, note, with_, expected):
    known = with_known(by_key(NAMED), live(secret(now), note=note), with_)

    assert known.desired == by_key(secret(expected))


def test_a_note_of_another_configuration_counts_for_nothing():
    copied = config("copy", configuration={"#p": OLD})
    found = replace(live_with(copied), notes={copied.key: note_text(noted())})
    desired = by_key(config("copy", configuration={"#p": "!env DB_PASSWORD"}))

    assert with_known(desired, found, prover()).desired == desired


def test_what_is_taken_for_unchanged_without_its_value_is_told():
    known = with_known(by_key(NAMED), live(secret(OLD), note=noted()), prover({}))

    assert known.unchecked_in(lambda key: True) == ("DB_PASSWORD",)
    assert known.unchecked_in(lambda key: False) == ()


def test_a_secret_that_moved_or_is_used_again_is_not_encrypted_again():
    desired = by_key(
        config(configuration={"list": [{"#a": "!env API_KEY"}, {"#p": "!env DB_PASSWORD"}]}),
        row("new", configuration={"values": [{"name": "#v", "value": "!env DB_PASSWORD"}]}),
    )
    now = live(config(configuration={"list": [{"#p": OLD}]}), note=noted())

    assert with_known(desired, now, prover()).desired == by_key(
        config(configuration={"list": [{"#a": "!env API_KEY"}, {"#p": OLD}]}),
        row("new", configuration={"values": [{"name": "#v", "value": OLD}]}),
    )


def test_text_that_only_looks_like_a_reference_is_plain_text_of_live():
    known = with_known(by_key(NAMED), live(NAMED, note={}), prover())

    assert known.desired == by_key(NAMED)
    assert known.live == by_key(secret(PLAIN_TEXT))
    assert disarmed(NAMED) == secret(PLAIN_TEXT)
    assert disarmed(config(configuration={"p": "!env A"})).configuration == {"p": "!env A"}


def test_a_reference_that_an_ignored_field_brings_along_is_refused():
    declared = by_key(secret("!env DB_PASSWORD", echo={}))
    smuggled = by_key(secret("!env DB_PASSWORD", echo={"#e": "!env DB_PASSWORD"}))

    refuse_smuggled(declared, by_key(secret("!env DB_PASSWORD", echo={"x": 1})))
    with pytest.raises(RefusedError, match="in a field that is ignored"):
        refuse_smuggled(declared, smuggled)


@pytest.mark.parametrize(
    ("now", "ours", "note", "expected"),
    [
        pytest.param(secret(OLD), NAMED, noted(), NAMED, id="the ciphertext of the variable"),
        pytest.param(
            secret(OTHER), NAMED, noted(), secret(OTHER), id="ciphertext of somebody else"
        ),
        pytest.param(secret(OLD), NAMED, {}, secret(OLD), id="not noted"),
        pytest.param(
            secret(OLD), secret("!env API_KEY"), noted(), secret(OLD), id="not named by the files"
        ),
        pytest.param(
            config(configuration={"list": [{"#p": OLD}]}),
            NAMED,
            noted(),
            config(configuration={"list": [{"#p": "!env DB_PASSWORD"}]}),
            id="moved",
        ),
        pytest.param(
            secret(OLD),
            NAMED,
            {**noted("API_KEY"), **noted()},
            NAMED,
            id="of two variables with one value the one of the files",
        ),
    ],
)
def test_files_go_on_naming_the_variable(now, ours, note, expected):
    assert with_named(by_key(now), by_key(ours), {KEY: note_text(note)}) == by_key(expected)


def test_only_what_is_written_has_to_be_encrypted():
    changes = [
        Update(secret(OLD), secret("!env DB_PASSWORD", **{"#q": "!env API_KEY"})),
        Create(row("a", configuration={"#p": "!env API_KEY"})),
        Delete(row("b", configuration={"#p": "!env API_KEY"})),
        SetMetadata(KEY, {}, {"a": "!env API_KEY"}),
    ]

    assert variables_of(changes) == {
        KEY: frozenset({"DB_PASSWORD", "API_KEY"}),
        KEY.row("a"): frozenset({"API_KEY"}),
    }
    assert encrypted(changes[1], {"API_KEY": OLD}) == Create(row("a", configuration={"#p": OLD}))
    assert encrypted(changes[2], {"API_KEY": OLD}) is changes[2]


def test_only_a_value_that_is_there_proves_that_it_was_written():
    group, note = by_key(secret(OLD)), note_text(noted())

    assert known_in(group, KEY, note, prover({})) == {"DB_PASSWORD": OLD}
    assert known_in(group, KEY, note, prover({}), held=[Held.SAME]) == {}
    assert known_in(group, KEY, note, prover(), held=[Held.SAME]) == {"DB_PASSWORD": OLD}


@given(
    st.dictionaries(
        st.text(max_size=8), st.builds(Noted, ciphertext=st.text(max_size=8), proof=st.text())
    )
)
def test_a_note_reads_back_as_it_was(note):
    assert read_note(note_text(note)) == note


@given(st.text() | st.sampled_from(["[]", "{}", '{"A": []}', '{"A": ["x", 1]}', "[" * 9999]))
def test_a_note_that_cannot_be_read_says_nothing(text):
    assert all(isinstance(each, Noted) for each in read_note(text).values())


def test_a_note_shows_neither_the_value_nor_how_long_it_is():
    short, long = (note_text(noted(value=value)) for value in ("a", "fake-value" * 99))

    assert len(short) == len(long)
    assert "fake-value" not in long
    assert "fake-value" not in repr(prover())
