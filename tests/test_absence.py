import pytest

from kbsync.past.rollback import rollback_plan
from kbsync.plans.absence import find_absences
from kbsync.plans.making import make_plan
from tests.builders import TARGET, by_key, config, live_with, row

ROWS = [row(name) for name in ("a", "b", "c")]


def absences(desired, live, missing=()):
    found = live_with(*live)
    plan = make_plan(TARGET, by_key(*desired), found, prune=True)
    return [each.what for each in find_absences(plan, found.resources, missing)]


EMPTIED = f"{config().key} would lose all of its 3 rows"
SPARSE = (
    "1 file is in git but not in the checkout, such as x/rows/a.yaml, "
    "so these may only look deleted"
)


@pytest.mark.parametrize(
    ("desired", "live", "expected"),
    [
        pytest.param([config()], [config(), *ROWS], [EMPTIED], id="all rows"),
        pytest.param([config()], [config(), *ROWS[:2]], [], id="all of two rows"),
        pytest.param([config(), ROWS[0]], [config(), *ROWS], [], id="all rows but one"),
        pytest.param([config(), row("d")], [config(), *ROWS], [], id="rows replaced by another"),
        pytest.param([config("x")], [config("x"), config(), *ROWS], [], id="with what holds them"),
        pytest.param(
            [config("d")],
            [config(name) for name in "abcd"],
            ["3 of all 4 configurations would be deleted"],
            id="most configurations",
        ),
        pytest.param(
            [config(name) for name in "def"],
            [config(name) for name in "abcdef"],
            [],
            id="half of the configurations",
        ),
        pytest.param([config("c")], [config(n) for n in "abc"], [], id="two configurations"),
    ],
)
def test_what_goes_all_at_once_is_suspicious(desired, live, expected):
    assert absences(desired, live) == expected


def test_a_file_that_is_not_checked_out_matters_when_something_is_deleted():
    live = [config(), row("a")]

    assert absences([config()], live, ["x/rows/a.yaml"]) == [SPARSE]
    assert absences(live, live, ["x/rows/a.yaml"]) == []


def test_what_a_rollback_deletes_is_recorded_and_not_absent():
    live = live_with(config(), *ROWS)
    plan = rollback_plan(TARGET, config().key, 1, by_key(config()), live)

    assert find_absences(plan, live.resources) == ()
