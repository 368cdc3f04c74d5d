from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.errors import UsageError
from kbsync.model import Key
from kbsync.selectors import matches_any, parse

CONFIG = Key("keboola.ex-aws-s3", "364479526")
ROW = CONFIG.row("row-1")
NAMES = {CONFIG: "Orders [eu]", ROW: "First/Second 100%"}


@pytest.mark.parametrize(
    ("text", "config", "row"),
    [
        pytest.param("*", True, True, id="everything"),
        pytest.param("keboola.ex-*", True, True, id="components"),
        pytest.param("keboola.ex-aws-s3", True, True, id="one component"),
        pytest.param("keboola.wr-*", False, False, id="other components"),
        pytest.param("Keboola.ex-aws-s3", False, False, id="case matters"),
        pytest.param("ex-aws", False, False, id="a part is not enough"),
        pytest.param("keboola.ex-aws-s3/364479526", True, True, id="id covers its rows"),
        pytest.param("*/Orders [eu]", True, True, id="a name that looks like a glob"),
        pytest.param("*/Orders*", True, True, id="glob on a name"),
        pytest.param("*/orders*", False, False, id="case of a name matters"),
        pytest.param("*/36447952[5-7]", True, True, id="a range"),
        pytest.param("*/36447952[!6]", False, False, id="a range turned round"),
        pytest.param("*/36447952?", True, True, id="one character"),
        pytest.param("*/*/row-1", False, True, id="row id"),
        pytest.param("*/Orders*/First%2FSecond 100%", False, True, id="slash inside a name"),
        pytest.param("*/*/First*", False, True, id="row name"),
        pytest.param("*/*/*", False, True, id="only rows"),
        pytest.param("*/%2A", False, False, id="an encoded star is a star"),
    ],
)
def test_a_selector_covers_what_it_names_and_all_below(text, config, row):
    assert matches_any([parse(text)], CONFIG, NAMES) is config
    assert matches_any([parse(text)], ROW, NAMES) is row


def test_encoded_wildcards_match_only_themselves():
    star = parse("a/%2A%5Bx%5D%3F")

    assert star.matches(Key("a", "*[x]?"))
    assert not star.matches(Key("a", "bxc"))


def test_one_of_several_selectors_is_enough_and_none_covers_nothing():
    assert matches_any([parse("a"), parse("keboola.*")], CONFIG, {})
    assert not matches_any([], CONFIG, NAMES)


def test_an_unknown_name_matches_by_id_alone():
    assert not parse("*/?*").matches(Key("a", ""), "")
    assert parse("*/364*").matches(CONFIG)


@given(*[st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"]))] * 3)
def test_every_key_is_covered_by_the_selector_that_shows_it(component_id, config_id, row_id):
    key = Key(component_id, config_id, row_id)

    assert parse(str(key)).matches(key)
    assert parse(str(key.config)).matches(key)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the selector '' has an empty part; expected component[/config[/row]]"),
        ("a/", "the selector 'a/' has an empty part; expected component[/config[/row]]"),
        ("/a", "the selector '/a' has an empty part; expected component[/config[/row]]"),
        ("a/b/c/d", "the selector 'a/b/c/d' has 4 parts; expected component[/config[/row]]"),
    ],
)
def test_a_bad_selector_says_what_one_looks_like(text, message):
    with pytest.raises(UsageError) as caught:
        parse(text)

    assert str(caught.value) == message
    assert "keboola.ex-aws-s3/364479526" in caught.value.hint
