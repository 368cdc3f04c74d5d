import pytest
from hypothesis import given

from kbsync.plans.making import make_plan
from kbsync.plans.renames import Rename, find_renames
from tests.builders import TARGET, by_key, config, live_with, row
from tests.strategies import configurations_with_rows

TEXT = "SELECT a,\n  b,\n  c,\n  d\nFROM t\n"
ORDERS = {"host": "h", "table": "orders", "columns": ["id", "price", "tax"], "limit": 10}
EDITED = {**ORDERS, "limit": 11}
USERS = {"host": "h", "table": "users", "columns": ["name"], "limit": 20}


def renames(desired, live, prune=True):
    found = live_with(*live)
    return find_renames(make_plan(TARGET, by_key(*desired), found, prune=prune), found.resources)


@pytest.mark.parametrize(
    ("old", "new", "same_name", "share"),
    [
        pytest.param(
            config("1", name="Orders", configuration=ORDERS),
            config("a", name="Orders", configuration=ORDERS),
            True,
            1.0,
            id="all the same but the id",
        ),
        pytest.param(
            config("1", name="Orders", configuration=ORDERS),
            config("a", name="New", configuration=ORDERS),
            False,
            1.0,
            id="another name",
        ),
        pytest.param(
            config("1", name="Orders", configuration=ORDERS),
            config("a", name="New", configuration=EDITED),
            False,
            5 / 6,
            id="another name and a value edited",
        ),
        pytest.param(
            config("1", name="Orders", configuration={}),
            config("a", name="Orders", configuration={}),
            True,
            0.0,
            id="the same name and nothing inside",
        ),
        pytest.param(
            config("1", name="Orders", configuration=ORDERS),
            config("a", name="Orders", configuration=USERS),
            True,
            1 / 6,
            id="the same name and other content",
        ),
        pytest.param(
            config("1", name="Old", configuration={"sql": TEXT}),
            config("a", name="New", configuration={"sql": TEXT.replace("FROM t", "FROM u")}),
            False,
            0.8,
            id="a line of a script edited",
        ),
        pytest.param(
            config("1", name="Old", configuration={"list": [1, 2, 3, 4, 5]}),
            config("a", name="New", configuration={"list": [0, 1, 2, 3, 4, 5]}),
            False,
            5 / 6,
            id="an insertion at the start of a list",
        ),
    ],
)
def test_a_deleted_and_a_created_configuration_may_be_one(old, new, same_name, share):
    expected = Rename(old=old.key, new=new.key, deleted=True, same_name=same_name, share=share)

    assert renames([new], [old]) == (expected,)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(config("1", name="Old"), config("a", name="New"), id="both empty"),
        pytest.param(
            config("1", name="Old", configuration={"a": 1, "b": 2, "c": 3}),
            config("a", name="New", configuration={"a": 1, "b": 2, "c": 3}),
            id="too little to tell",
        ),
        pytest.param(
            config("1", name="Old", configuration=ORDERS),
            config("a", name="New", configuration=USERS),
            id="nothing alike",
        ),
        pytest.param(
            config("1", name="Old", configuration={f"{n}": 1 for n in range(6)}),
            config("a", name="New", configuration={f"{n}": True for n in range(6)}),
            id="a number is no boolean",
        ),
        pytest.param(
            config("1", name="Orders", configuration=ORDERS),
            config("a", name="Orders", configuration=ORDERS, component="keboola.ex-other"),
            id="another component",
        ),
        pytest.param(
            config("1", name="", configuration={"a": 1}),
            config("a", name="", configuration={"a": 1}),
            id="no name is no name",
        ),
    ],
)
def test_two_that_only_come_and_go_are_no_rename(old, new):
    assert renames([new], [old]) == ()


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        pytest.param(config("a", name="Orders", configuration=ORDERS), True, id="the same"),
        pytest.param(config("a", name="Orders", configuration=EDITED), True, id="nearly the same"),
        pytest.param(config("a", name="Orders", configuration=USERS), False, id="only its name"),
        pytest.param(config("a", name="Copy", configuration=ORDERS), False, id="a copy"),
    ],
)
def test_what_live_would_have_twice_is_told_when_name_and_content_agree(new, expected):
    old = config("1", name="Orders", configuration=ORDERS)
    found = renames([new], [old], prune=False)

    assert [(each.old, each.new, each.deleted) for each in found] == (
        [(old.key, new.key, False)] if expected else []
    )


def test_two_empty_configurations_of_one_name_may_live_beside_each_other():
    assert renames([config("a", name="X")], [config("1", name="X")], prune=False) == ()


def test_rows_of_one_configuration_are_compared():
    old, new = row("1", configuration=ORDERS), row("orders", configuration=EDITED)
    found = renames([config(), new], [config(), old])

    assert [(each.old, each.new) for each in found] == [(old.key, new.key)]


def test_rows_of_two_configurations_are_not():
    old, new = row("1", "a", configuration=ORDERS), row("1", "b", configuration=ORDERS)

    assert renames([config("a"), config("b"), new], [config("a"), config("b"), old]) == ()


def test_what_the_other_rows_have_too_tells_nothing():
    template = {f"option{number}": True for number in range(20)}
    rows = [row(name, configuration={**template, "table": name}) for name in ("a", "b", "c", "old")]
    new = row("new", configuration={**template, "table": "new"})

    assert renames([config(), *rows[:3], new], [config(), *rows]) == ()


def test_the_rows_belong_to_what_a_configuration_is():
    old = [config("1", name="Old"), row("r", "1", configuration=ORDERS)]
    new = [config("a", name="New"), row("r", "a", configuration=ORDERS)]

    assert [each.old for each in renames(new, old)] == [old[0].key]


def test_each_object_is_in_one_pair_and_the_likeliest_wins():
    live = [
        config("1", name="Orders", configuration=USERS),
        config("2", name="Orders", configuration=ORDERS),
    ]
    desired = [config("a", name="Orders", configuration=EDITED)]

    assert [(each.old.config_id, each.new.config_id) for each in renames(desired, live)] == [
        ("2", "a")
    ]


def test_thousands_of_like_objects_are_compared_in_linear_time():
    count = 3000
    live = [config(f"{n}", name="Same", configuration={"n": n, **ORDERS}) for n in range(count)]
    desired = [config(f"a{n}", name="Same", configuration={"n": n, **ORDERS}) for n in range(count)]
    found = renames(desired, live)

    assert {(each.old.config_id, each.new.config_id) for each in found} == {
        (f"{n}", f"a{n}") for n in range(count)
    }


@given(configurations_with_rows())
def test_what_keeps_its_ids_is_never_a_rename(group):
    resources = [group[0], *group[1]]

    assert renames(resources, resources) == ()
