import pytest

from kbsync.api.listing import read_listing, read_metadata_search, read_recorded, unknown_properties
from kbsync.errors import ApiError
from kbsync.model import Key, Version
from tests.builders import config, row


def api_row(**changes):
    item = {
        "id": "r1",
        "name": "R",
        "description": "",
        "configuration": {"a": 1},
        "state": {"n": 1},
        "isDisabled": False,
        "version": 2,
        "created": "2026-02-15T00:05:32+0100",
        "creatorToken": {"id": 1, "description": "me@example.test"},
        "changeDescription": "Row r1 added",
        "versionIdentifier": "01ROW",
    }
    return without_none(item | changes)


def api_config(**changes):
    item = {
        "id": "orders",
        "name": "Orders",
        "description": "",
        "version": 4,
        "changeDescription": "why",
        "isDisabled": False,
        "isDeleted": False,
        "configuration": {},
        "state": {},
        "rowsSortOrder": [],
        "rows": [api_row()],
        "currentVersion": {
            "created": "2026-02-14T15:00:00+0100",
            "creatorToken": {"id": 1, "description": "me@example.test"},
            "changeDescription": "why",
            "versionIdentifier": "01CFG",
        },
    }
    return without_none(item | changes)


def without_none(item):
    return {key: value for key, value in item.items() if value is not ...}


def listing(**changes):
    return [{"id": "keboola.ex-db-mysql", "configurations": [api_config(**changes)]}]


def test_a_listing_is_read_into_resources_versions_and_states():
    key = config().key
    metadata = {key: {"k": "v", "KBSYNC.resetState": "A", "KBSYNC.resetState.r1": "B"}}
    live = read_listing(listing(), metadata)

    assert live.resources == {
        key: config(rows_sort_order=(), metadata={"k": "v"}, reset_state="A"),
        key.row("r1"): row("r1", name="R", configuration={"a": 1}, reset_state="B"),
    }
    assert live.versions[key] == Version(
        number=4,
        identifier="01CFG",
        created="2026-02-14T15:00:00+0100",
        author="me@example.test",
        message="why",
    )
    assert live.versions[key.row("r1")].identifier == "01ROW"
    assert live.component_states == {key: {}, key.row("r1"): {"n": 1}}


def test_an_empty_object_that_php_writes_as_a_list_is_an_object():
    live = read_listing(listing(configuration=[], rows=[]), {})

    assert live.resources[config().key].configuration == {}


def test_a_listing_that_does_not_tell_the_order_leaves_it_open():
    live = read_listing(listing(rowsSortOrder=...), {})

    assert live.resources[config().key].rows_sort_order is None


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (["b", "a"], ("b", "a")),
        (["gone", "b", "a"], ("b", "a")),
        (["b"], ("b", "a")),
        (["b", "b", "a"], ("b", "a")),
        (["gone"], ()),
    ],
    ids=["whole", "with one that is gone", "without one", "with one twice", "of none"],
)
def test_an_order_that_does_not_fit_the_rows_is_what_it_comes_to(order, expected):
    rows = [
        {"id": row_id, "name": row_id, "configuration": {}, "state": {}, "version": 1}
        for row_id in "ab"
    ]
    live = read_listing(listing(rowsSortOrder=order, rows=rows), {})

    assert live.resources[config().key].rows_sort_order == expected


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param({}, "the list of components is not a list", id="no list"),
        pytest.param([{"id": "c"}], "component c has no `configurations`", id="no configurations"),
        pytest.param(listing(rows=...), "has no `rows`", id="rows left out"),
        pytest.param(listing(rows={}), "`rows` of keboola.ex-db-mysql/orders is not a list"),
        pytest.param(listing(configuration=...), "has no `configuration`", id="no content"),
        pytest.param(listing(state=...), "has no `state`", id="no state"),
        pytest.param(listing(version=True), "`version` of", id="a boolean for a number"),
        pytest.param(listing(rows=[api_row(), api_row()]), "is listed twice", id="twice"),
        pytest.param(listing(rows=[api_row(id=7)]), "is not a text", id="a number for an id"),
        pytest.param(listing(rows=[api_row(id="")]), "an `id` in", id="a row with an empty id"),
        pytest.param(listing(id=""), "an `id` in component", id="an empty id"),
        pytest.param([{"id": "", "configurations": []}], "an `id` in", id="an empty component"),
        pytest.param(listing(rows=[None]), "is not an object", id="a row of nothing"),
        pytest.param(listing(rows=None), "is not a list", id="rows of nothing"),
        pytest.param(listing(version="4"), "is not a whole number", id="a text for a version"),
        pytest.param(listing(version=4.0), "is not a whole number", id="a fraction"),
        pytest.param(listing(version=None), "is not a whole number", id="no version"),
        pytest.param(listing(name=None), "is not a text", id="no name"),
        pytest.param(listing(isDisabled=None), "is not true or false", id="neither on nor off"),
        pytest.param(listing(rowsSortOrder={}), "is not a list", id="an order that is none"),
        pytest.param(listing(configuration="{}"), "is not an object", id="content as a text"),
        pytest.param(listing()[0], "is not a list", id="one component for all"),
        pytest.param([None], "a component is not an object", id="a component of nothing"),
    ],
)
def test_half_an_answer_is_refused_and_never_read_as_absence(answer, words):
    with pytest.raises(ApiError, match="unexpected form") as caught:
        read_listing(answer, {})

    assert words in str(caught.value)


@pytest.mark.parametrize("rows", [[None], ["r1"], [{}], [[]], {}, None])
def test_half_a_recorded_version_is_refused(rows):
    detail = {"version": 1, "name": "N", "configuration": {}, "rowsSortOrder": [], "rows": rows}

    with pytest.raises(ApiError, match="unexpected form"):
        read_recorded(config().key, detail, read_listing(listing(), {}))


def test_who_made_a_configuration_is_told_apart_from_who_saved_it_last():
    made = {"created": "2025-01-01T00:00:00+0100", "creatorToken": {"description": "ann@x.test"}}
    live = read_listing(listing(**made), {})

    assert live.first_versions == {
        config().key: Version(
            number=1, identifier="", created="2025-01-01T00:00:00+0100", author="ann@x.test"
        )
    }


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (listing(), {}),
        (listing(folder="x", rows=[]), {"configurations": ["folder"]}),
        (
            listing(zone=1, folder="x", rows=[api_row(), api_row(id="r2", lock=None)]),
            {"configurations": ["folder", "zone"], "rows": ["lock"]},
        ),
        (listing(configuration={"anything": 1}), {}),
    ],
    ids=["none", "of a configuration", "of both", "content is not meant"],
)
def test_properties_that_are_not_known_are_noticed(answer, expected):
    made = {"created": "2025-01-01T00:00:00+0100", "creatorToken": {"id": 1}}
    for each in answer[0]["configurations"]:
        each.update(made)

    assert unknown_properties(answer) == expected


def test_metadata_is_read_by_configuration():
    found = [
        {
            "idComponent": "c",
            "configurationId": "1",
            "metadata": [{"id": "1", "key": "k", "value": "v", "timestamp": "x"}],
        }
    ]

    assert read_metadata_search(found) == {Key("c", "1"): {"k": "v"}}
