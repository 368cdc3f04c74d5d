"""One bench for the tests of a file: an emulator, the project of every kind, its reference run."""

from __future__ import annotations

import pytest

from kbsync.emulator.serve import start
from tests.reliability.harness import Bench, expected_after, picture, run
from tests.reliability.project import APPLY


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """A project with more than sixty writes to make."""
    with start() as server:
        yield Bench(tmp_path_factory.mktemp("bench"), server)


@pytest.fixture(scope="module")
def done(bench):
    """What there is when one run has done everything and nothing went wrong."""
    workspace = bench.fresh()
    assert run(workspace, *APPLY).returncode == 0
    found = picture(workspace)

    assert found == expected_after(bench, found[1])
    return found
