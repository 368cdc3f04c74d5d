from __future__ import annotations

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.tree.naming import assign, component_folder, component_of, slug

names = st.one_of(
    st.text(max_size=90),
    st.sampled_from(["Orders", "orders", "ORDERS!", "con", "CON", "..", "é", "e\u0301", "ß", "ss"]),
    st.sampled_from(
        ["", "🎉", "rows", "a 1", "a-1", "a", "ﬀ", "İ", "ı", "i", "K", "../x", "C:\\x"]
    ),
)
ids = st.one_of(
    st.text(min_size=1, max_size=40), st.sampled_from(["1", "2", "a", "A", "con", "../x"])
)


def folded(name):
    return normalize("NFC", normalize("NFC", name).casefold())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Orders", "orders"),
        ("Q3/2024 — Čtvrtletí (final)!", "q3-2024-čtvrtletí-final"),
        ("日本語 テスト", "日本語-テスト"),
        ("कॉन्फ़िग", normalize("NFC", "कॉन्फ़िग")),
        ("e\u0301", "é"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\temp\\x.", "c-temp-x"),
        (".git", "git"),
        ("a\0b\nc", "a-b-c"),
        ("abc\u202etxt.exe", "abc-txt-exe"),
        ("🎉", ""),
        ("", ""),
        ("CON", "_con"),
        ("com1", "_com1"),
        ("Rows", "_rows"),
        ("code", "_code"),
        ("a" * 70, "a" * 60),
        ("a" * 59 + " b", "a" * 59),
        ("語" * 70, "語" * 50),
        ("a" + "語" * 70, "a" + "語" * 49),
    ],
)
def test_a_name_becomes_a_readable_stem(name, expected):
    assert slug(name) == expected


@given(names)
def test_a_stem_is_safe_on_every_system(name):
    stem = slug(name)

    assert len(stem) <= 61
    assert len(stem.encode()) <= 151
    assert stem == normalize("NFC", stem) == stem.strip("-. ")
    assert not set(stem) & set('/\\:*?"<>|\0.%')
    assert slug(stem.removeprefix("_")) == stem


@pytest.mark.parametrize(
    ("wanted", "taken", "expected"),
    [
        pytest.param([("1", "Orders")], [], {"1": "orders"}, id="alone"),
        pytest.param(
            [("1", "Orders"), ("2", "orders!"), ("3", "Users")],
            [],
            {"1": "orders-1", "2": "orders-2", "3": "users"},
            id="all that collide get their id",
        ),
        pytest.param([("1", "Orders")], ["ORDERS"], {"1": "orders-1"}, id="taken, ignoring case"),
        pytest.param(
            [("x/y", "a"), ("A", "a")],
            [],
            {"x/y": "a-bd3c9047", "A": "a-559aead0"},
            id="ids that are not safe",
        ),
        pytest.param(
            [("364479526", "🎉"), ("a b", "🎉")],
            [],
            {"364479526": "364479526", "a b": "c8687a08"},
            id="nothing readable",
        ),
        pytest.param(
            [("1", "a"), ("2", "a"), ("9", "a 1")],
            [],
            {"1": "a-6b86b273", "2": "a-2", "9": "a-1-9"},
            id="a name that looks like another's with its id",
        ),
        pytest.param([("con", "")], [], {"con": "1143da2b"}, id="an id that is no safe name"),
    ],
)
def test_stems_are_unique(wanted, taken, expected):
    assert assign(wanted, taken) == expected


@given(st.lists(st.tuples(ids, names), unique_by=lambda pair: pair[0]), st.lists(names, max_size=3))
def test_stems_never_collide_and_do_not_depend_on_the_order(wanted, taken):
    stems = assign(wanted, taken)

    assert stems.keys() == dict(wanted).keys()
    assert len({folded(stem) for stem in stems.values()}) == len(wanted)
    assert not {folded(stem) for stem in stems.values()} & {folded(name) for name in taken}
    assert all(stems.values())
    assert assign(wanted[::-1], taken) == stems


@pytest.mark.parametrize(
    ("component_id", "folder"),
    [
        ("keboola.ex-aws-s3", "keboola.ex-aws-s3"),
        ("KDS_team.App-2", "KDS_team.App-2"),
        ("..", "%2E%2E"),
        (".", "%2E"),
        (".git", "%2Egit"),
        ("a.", "a%2E"),
        ("a/b c", "a%2Fb%20c"),
        ("100%", "100%25"),
        ("con", "%63on"),
        ("Aux.x", "%41ux.x"),
        ("node_modules", "%6Eode_modules"),
        ("ž", "%C5%BE"),
    ],
)
def test_a_component_has_a_folder(component_id, folder):
    assert component_folder(component_id) == folder
    assert component_of(folder) == component_id


@given(st.text(st.characters(), min_size=1))
def test_the_folder_of_any_component_leads_back_to_it(component_id):
    folder = component_folder(component_id)

    assert component_of(folder) == component_id
    assert set(folder) <= set(map(chr, range(33, 127))) - set('/\\:*?"<>|')
    assert not folder.startswith(".")
    assert not folder.endswith(".")


def test_a_folder_that_no_id_leads_to_is_its_own_id():
    assert component_of("a%FF") == "a%FF"
    assert component_of("ž") == "ž"
