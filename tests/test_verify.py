import pytest

from kbsync.change import Create, Delete, Reorder, ResetState, Rollback, SetMetadata, Update
from kbsync.run.verify import unmet
from tests.builders import config, live_with, row

KEY = str(config().key)


@pytest.mark.parametrize(
    ("change", "live", "expected"),
    [
        pytest.param(Create(config()), live_with(config()), (), id="created"),
        pytest.param(Create(config()), live_with(), (f"{KEY} is not there",), id="not created"),
        pytest.param(
            Update(config(), config(name="New")),
            live_with(config()),
            (f"{KEY}: name",),
            id="not updated",
        ),
        pytest.param(
            Delete(row("a")), live_with(row("a")), (f"{KEY}/a is still there",), id="not deleted"
        ),
        pytest.param(Delete(row("a")), live_with(config()), (), id="deleted"),
        pytest.param(
            Reorder(config().key, ("a", "b"), ("b", "a")),
            live_with(config(rows_sort_order=("a", "b"))),
            (f"{KEY}: the order of rows",),
            id="not reordered",
        ),
        pytest.param(
            SetMetadata(config().key, {}, {"k": "v"}),
            live_with(config(metadata={"k": "w"})),
            (f"{KEY}: metadata k",),
            id="metadata not set",
        ),
        pytest.param(
            ResetState(config().key, "x", {config().key: {}}),
            live_with(config(), states={config().key: {"n": 1}}),
            (f"{KEY}: component state",),
            id="state not forgotten",
        ),
        pytest.param(
            Rollback(config().key, 1, (Delete(row("a")),)),
            live_with(config(), row("a")),
            (f"{KEY}/a is still there",),
            id="not rolled back",
        ),
    ],
)
def test_live_is_compared_with_what_a_change_wanted(change, live, expected):
    assert unmet([change], live) == expected
