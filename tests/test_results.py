"""What a person is told about a run that is over."""

from dataclasses import replace

import pytest

from kbsync.change import Create, ResetState, Rollback, SetMetadata
from kbsync.errors import ApiError, StaleError
from kbsync.plans.attribution import Attribution
from kbsync.plans.plan import Step
from kbsync.render.lines import to_text
from kbsync.render.results import result_lines, summary
from kbsync.run.result import Ended, Extent, Outcome, Report, Result
from kbsync.stamp import Stamp
from tests.builders import TARGET, config
from tests.plans import deleted, step, updated, version

RUN = "01KAN5T0W8Z3V7Q2M4R6X9YBCD"
COMMIT = "9c1e7d2f00aa"
ORDERS = config("orders").key


def applied(planned, after=4, **fields):
    return Result(step=planned, outcome=Outcome.APPLIED, version=after, written=1, **fields)


def orders():
    return updated("orders", {"x": 1}, {"x": 2})


def new():
    item = config("new")
    return Step(key=item.key, name="New", base=None, changes=(Create(item),))


def failed(planned, **fields):
    error = ApiError("PUT orders: name must not be blank", hint="Read it.", status=400)
    return Result(step=planned, outcome=Outcome.FAILED, error=error, **fields)


def not_run(planned):
    return Result(step=planned, outcome=Outcome.NOT_RUN)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        pytest.param(applied(orders()), '"Orders"   v3 → v4   1 update', id="update"),
        pytest.param(applied(new(), 1), '"New"   created v1   1 create', id="create"),
        pytest.param(
            applied(deleted("orders"), None), '"Orders"   deleted, to the trash', id="delete"
        ),
        pytest.param(
            applied(step(ORDERS, SetMetadata(ORDERS, {}, {"a": "b"})), 3),
            '"Orders"   v3   1 metadata change',
            id="no new version",
        ),
        pytest.param(
            applied(step(ORDERS, Rollback(ORDERS, 1, ()))),
            '"Orders"   v3 → v4   content of v1',
            id="rollback",
        ),
        pytest.param(
            applied(orders(), 5, already=True), '"Orders"   v5, already as planned', id="already"
        ),
    ],
)
def test_what_was_done_stands_in_one_line(result, said):
    assert to_text(result_lines(result)) == f"  ok        {result.step.key}  {said}\n"


def test_a_lost_answer_that_was_settled_is_told():
    assert to_text(result_lines(applied(orders(), settled=1))) == (
        '  ok        keboola.ex-db-mysql/orders  "Orders"   v3 → v4   1 update\n'
        "            1 lost answer: read back, and the write was there\n"
    )


def test_a_failure_tells_why_what_was_written_where_it_is_declared_and_what_to_do():
    row = ORDERS.row("a")
    result = failed(orders(), written=2, failed_at=row)
    files = {ORDERS: "orders/config.yaml", row: "orders/rows/a.yaml"}

    assert to_text(result_lines(result, files)) == (
        '  failed    keboola.ex-db-mysql/orders  "Orders"   1 update\n'
        "            PUT orders: name must not be blank\n"
        "            2 requests of this configuration had been written.\n"
        "            declared in orders/rows/a.yaml\n"
        "            Read it.\n"
    )


def test_a_conflict_names_no_file_because_live_moved():
    error = StaleError("planned on v3; live is now v4, by jana", hint="Plan again.")
    result = Result(step=orders(), outcome=Outcome.CONFLICT, error=error)

    assert to_text(result_lines(result, {ORDERS: "orders/config.yaml"})) == (
        '  conflict  keboola.ex-db-mysql/orders  "Orders"   1 update\n'
        "            planned on v3; live is now v4, by jana\n"
        "            Nothing was written to this configuration.\n"
        "            Plan again.\n"
    )


def test_no_answer_of_the_platform_is_taken_for_a_command_of_a_pipeline():
    result = Result(
        step=orders(), outcome=Outcome.FAILED, error=ApiError("a\n::set-env::x\x1b[2J", status=400)
    )
    text = to_text(result_lines(result))

    assert "\x1b" not in text
    assert not [line for line in text.splitlines() if line.strip().startswith("::")]


def ended(*results, extent=Extent.COMMIT, commit=COMMIT, **fields):
    return Ended(
        report=Report(results=results, **fields),
        target=TARGET,
        stamp=Stamp(message="m", run=RUN, commit=commit),
        plan_id="",
        seconds=3.84,
        extent=extent,
    )


UNDO = "Undo with:\n  kbsync rollback keboola.ex-db-mysql/orders --to-version 3\n"


@pytest.mark.parametrize(
    ("extent", "commit", "said"),
    [
        pytest.param(Extent.COMMIT, COMMIT, "Live equals commit 9c1e7d2f00.", id="all of it"),
        pytest.param(
            Extent.PART,
            COMMIT,
            "Live equals commit 9c1e7d2f00 in 1 configuration.",
            id="selected, or a saved plan",
        ),
        pytest.param(Extent.COMMIT, "", "Live is as planned.", id="not in git"),
        pytest.param(Extent.COMMIT, f"{COMMIT}-dirty", "Live is as planned.", id="uncommitted"),
        pytest.param(Extent.OTHER, "", "Live is as planned.", id="rollback"),
    ],
)
def test_a_good_end_says_no_more_than_is_known(extent, commit, said):
    text = to_text(summary(ended(applied(orders()), extent=extent, commit=commit)))

    assert text == f"Applied 1 of 1 in 3.8 s. {said} Run {RUN}\n{UNDO}"


def test_a_failure_before_any_write_says_that_nothing_was_written():
    text = to_text(summary(ended(failed(orders()), not_run(new()))))

    assert text == f"Failed 1, not run 1 in 3.8 s. Run {RUN}\nNothing was written.\n"


def test_a_partial_end_says_between_what_the_project_is_and_what_to_do():
    text = to_text(summary(ended(applied(orders()), failed(new(), uncertain=True))))

    assert text == (
        f"Applied 1, failed 1 in 3.8 s. Run {RUN}\n"
        "The project is between what it was before and commit 9c1e7d2f00.\n"
        "Next: mend the cause and run this again, it does what is left: `kbsync plan`.\n"
        f"What became of the lost requests: kbsync runs {RUN}\n"
        f"{UNDO}"
    )


def test_a_way_back_that_failed_does_not_point_to_the_files():
    text = to_text(summary(ended(applied(orders()), failed(new()), extent=Extent.OTHER, commit="")))

    assert "Next: mend the cause and run this again, it does what is left.\n" in text


def test_a_reset_that_failed_has_no_version_to_go_back_to():
    forgets = ResetState(ORDERS, "again", {ORDERS: {"s": 1}})
    text = to_text(summary(ended(failed(step(ORDERS, forgets), written=1))))

    assert text.endswith(f"Undo with:\n  kbsync reset-state --undo {RUN}\n")


def test_the_commit_that_live_was_at_is_named_when_all_stamps_agree():
    base = version(3, message=f"x [kbsync run={RUN} commit=7aa0f11]")
    known = replace(orders(), attribution=Attribution(base=base))
    text = to_text(summary(ended(applied(known), failed(new()))))

    assert "The project is between commit 7aa0f11 and commit 9c1e7d2f00.\n" in text


def test_in_a_long_list_failures_are_told_again_at_the_end():
    many = [applied(updated(f"c{number}", {"x": 1}, {"x": 2})) for number in range(30)]
    lines = to_text(summary(ended(*many, failed(orders())))).splitlines()

    assert lines[:2] == [
        "What went wrong:",
        '  failed    keboola.ex-db-mysql/orders  "Orders"   1 update',
    ]
    assert lines[-2:] == ["Undo with:", f"  kbsync rollback --run {RUN}"]


@pytest.mark.parametrize(
    ("left", "said"),
    [
        pytest.param({}, "What was written is taken back: live is as it was before.\n", id="all"),
        pytest.param(
            {ORDERS: "jana edited it too"},
            "Taken back: 1 of 2.\n"
            "  left as it is: keboola.ex-db-mysql/orders: jana edited it too\n",
            id="not all",
        ),
    ],
)
def test_what_was_taken_back_is_told(left, said):
    text = to_text(
        summary(ended(applied(orders()), failed(new()), undone=(applied(orders()),), left=left))
    )

    assert text == f"Applied 1, failed 1 in 3.8 s. Run {RUN}\n{said}"
