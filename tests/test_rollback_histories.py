"""Whatever the history, a rollback brings back exactly what a version recorded."""

from random import Random

import pytest

from tests.histories import OBJECT, grow, live, newest, recorded, seed, states

VERSIONS = 32


@pytest.fixture(
    params=[1, 2, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 23))]
)
def grown(start_workspace, request):
    workspace = start_workspace(live=seed())
    grow(workspace, Random(request.param), versions=VERSIONS)
    return workspace


def back(workspace, number):
    result = workspace.kbsync("rollback", OBJECT, "--to-version", str(number), "--auto-approve")
    assert result.exit_code == 0, result.output


def test_each_of_many_versions_comes_back_exactly(grown):
    for number in Random(7).sample(range(1, VERSIONS + 1), VERSIONS):
        back(grown, number)

        assert live(grown) == recorded(grown, number), number


def test_a_second_rollback_undoes_the_first(grown):
    for number in range(1, VERSIONS, 4):
        before, at = live(grown), newest(grown)
        back(grown, number)
        back(grown, at)

        assert live(grown) == before, number


def test_no_rollback_touches_component_state(grown):
    known = {"": {"own": 1}} | {row: {"s": row} for row in "abc"}
    for number in range(1, VERSIONS, 3):
        now = states(grown)
        back(grown, number)
        after = states(grown)

        assert {row: after[row] for row in now if row in after} == {
            row: now[row] for row in now if row in after
        }
        assert all(state in ({}, known.get(row)) for row, state in after.items())
