from dataclasses import replace

import pytest

from kbsync.change import Create, Delete, Reorder, ResetState, SetMetadata, Update
from kbsync.compare.diff import diff
from tests.builders import by_key, config, row


def changes(desired, live, states=None):
    return diff(by_key(*desired), by_key(*live), states or {})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(1, True, id="number to boolean"),
        pytest.param(1, 1.0, id="integer to float"),
        pytest.param("1", 1, id="text to number"),
        pytest.param(None, {}, id="null to empty object"),
        pytest.param({}, [], id="empty object to empty list"),
        pytest.param("a", "a ", id="a trailing space"),
        pytest.param([1, 2], [2, 1], id="order of a list"),
    ],
)
def test_a_changed_value_is_an_update(before, after):
    live, desired = config(configuration={"v": before}), config(configuration={"v": after})

    assert changes([desired], [live]) == (Update(live, desired),)


@pytest.mark.parametrize(
    "field",
    [{"name": "Other"}, {"description": "x"}, {"is_disabled": True}, {"configuration": {"a": 1}}],
    ids=lambda field: next(iter(field)),
)
def test_every_declared_field_makes_an_update_on_its_own(field):
    for resource in (config(), row("r")):
        desired = replace(resource, **field)
        parent = [] if resource.key.row_id == "" else [config()]

        assert changes([*parent, desired], [*parent, resource]) == (Update(resource, desired),)


def test_the_order_of_keys_is_no_change():
    live, desired = config(configuration={"a": 1, "b": 2}), config(configuration={"b": 2, "a": 1})

    assert changes([desired], [live]) == ()


def test_a_configuration_is_created_before_its_rows_and_rows_in_the_declared_order():
    parent = config(rows_sort_order=("b", "a"))
    created = changes([row("a"), row("b"), parent], [])

    assert created == (
        Create(parent),
        Create(row("b")),
        Create(row("a")),
        Reorder(parent.key, ("a", "b"), ("b", "a")),
    )


def test_a_live_row_without_a_file_is_deleted():
    assert changes([config()], [config(), row("old")]) == (Delete(row("old")),)


def test_a_configuration_that_goes_takes_its_rows_along():
    assert changes([], [config(), row("a")]) == (Delete(config(), (row("a").key,)),)


@pytest.mark.parametrize(
    ("live_order", "desired_order", "expected"),
    [
        pytest.param(("a", "b"), ("a", "b"), None, id="as declared"),
        pytest.param(("a", "b"), None, None, id="not managed"),
        pytest.param(("a", "b"), ("b", "a"), (("a", "b"), ("b", "a")), id="swapped"),
        pytest.param((), ("a", "b"), (("a", "b"), ("a", "b")), id="never sorted, even if equal"),
        pytest.param((), ("b", "a"), (("a", "b"), ("b", "a")), id="never sorted, listed by id"),
    ],
)
def test_row_order_is_compared_with_what_the_server_keeps(live_order, desired_order, expected):
    rows = [row("a"), row("b")]
    live, desired = config(rows_sort_order=live_order), config(rows_sort_order=desired_order)
    reorder = () if expected is None else (Reorder(live.key, *expected),)

    assert changes([desired, *rows], [live, *rows]) == reorder


def test_a_row_that_the_server_appends_in_its_place_needs_no_reorder():
    live, desired = config(rows_sort_order=("a", "old")), config(rows_sort_order=("a", "new"))

    assert changes([desired, row("a"), row("new")], [live, row("a"), row("old")]) == (
        Create(row("new")),
        Delete(row("old")),
    )


def test_only_managed_metadata_that_differs_is_set():
    live = config(metadata={"kept": "1", "changed": "1", "other": "1"})
    desired = config(metadata={"kept": "1", "changed": "2", "new": "2"})

    assert changes([desired], [live]) == (
        SetMetadata(live.key, {"changed": "1"}, {"changed": "2", "new": "2"}),
    )


def test_a_new_reset_text_forgets_the_state_once():
    live, desired = config(), config(reset_state="backfill")
    states = {live.key: {"since": 5}}

    assert changes([desired], [live], states) == (
        ResetState(live.key, "backfill", {live.key: {"since": 5}}),
    )
    assert changes([desired], [replace(live, reset_state="backfill")], states) == ()


def test_without_a_reset_text_the_state_is_not_touched():
    assert changes([config()], [config(reset_state="an older one")]) == ()


def test_a_reset_of_a_configuration_with_rows_resets_the_rows_that_stay():
    desired = config(reset_state="backfill")
    states = {row("a").key: {"n": 1}, row("old").key: {"n": 2}}

    assert changes([desired, row("a"), row("new")], [config(), row("a"), row("old")], states) == (
        Create(row("new")),
        Delete(row("old")),
        ResetState(desired.key, "backfill", {row("a").key: {"n": 1}}),
    )


def test_a_row_can_be_reset_alone():
    desired = row("a", reset_state="again")

    assert changes([config(), desired, row("b")], [config(), row("a"), row("b")]) == (
        ResetState(desired.key, "again", {desired.key: {}}),
    )


def test_a_new_object_has_no_state_but_its_reset_text_is_noted():
    desired = config(reset_state="backfill")

    assert changes([desired], []) == (Create(desired), ResetState(desired.key, "backfill", {}))


def test_a_row_is_reset_once_when_its_configuration_is_reset_too():
    both = [config(reset_state="all"), row("a", reset_state="one"), row("b")]
    found = changes(both, [config(), row("a"), row("b")])

    assert [(each.key, [*each.targets]) for each in found] == [
        (config().key, [row("a").key, row("b").key]),
        (row("a").key, []),
    ]
