import json
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import responses

from kbsync.api.client import StorageClient
from kbsync.api.fetch import fetch_configuration
from kbsync.api.retry import RetryPolicy
from kbsync.api.transport import Transport
from kbsync.change import Delete
from kbsync.errors import ApiError, StaleError
from kbsync.model import Key
from kbsync.plans.plan import Step, Target
from kbsync.run.forgotten import KeptStates
from kbsync.run.journal import FileJournal
from kbsync.run.lease import PREFIX, Lease
from kbsync.run.result import Outcome
from kbsync.run.writing import Run, write_step
from kbsync.stamp import Stamp

STACK = "https://stack.test"
METADATA = "metadata"
SHORT_S = 0.4
"""So long a lease counts where a test waits for its end."""


@pytest.fixture
def workspace(start_workspace):
    return start_workspace({"keboola.ex-http/a/config.yaml": "name: A\n"})


@pytest.fixture
def lease_of(workspace):
    """A function that makes a lease of a run, with a connection of its own."""
    made = []

    def make(run, **options):
        transport = Transport(workspace.server.url, "token", policy=RetryPolicy(max_wait_s=0))
        client = StorageClient(transport)
        made.append((Lease(client, run, f"ann@{run}", **options), client))
        return made[-1][0]

    yield make
    for lease, client in made:
        lease.release()
        client.close()


def entries(workspace):
    found = workspace.storage("GET", METADATA).json()
    return {each["key"].removeprefix(PREFIX): json.loads(each["value"]) for each in found}


def note(workspace, run, value):
    """Put an entry of another run into the metadata of the branch."""
    body = {"metadata": [{"key": PREFIX + run, "value": value}]}
    workspace.storage("POST", METADATA, body).raise_for_status()


def entry(*, seconds):
    """An entry that counts for so many seconds from now."""
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    return json.dumps({"holder": "bob@other", "until": until.isoformat()})


def wait_for(condition, *, within_s=5.0):
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)


def test_a_lease_names_its_run_and_its_holder_and_is_gone_afterwards(workspace, lease_of):
    lease = lease_of("01RUN")
    held = [lease.is_held, lease.take(), lease.is_held]
    during = {run: value["holder"] for run, value in entries(workspace).items()}
    lease.release()

    assert held == [False, [], True]
    assert during == {"01RUN": "ann@01RUN"}
    assert (lease.is_held, entries(workspace)) == (False, {})


def test_while_one_run_holds_it_another_is_told_who(workspace, lease_of):
    first, second = lease_of("01FIRST"), lease_of("02SECOND")
    first.take()

    with pytest.raises(StaleError, match="Run 01FIRST of ann@01FIRST is writing to this branch"):
        second.take()
    assert (first.is_held, second.is_held) == (True, False)
    assert list(entries(workspace)) == ["01FIRST"]


@pytest.mark.parametrize("count", [2, 6])
def test_of_runs_that_start_at_the_same_time_exactly_one_wins(workspace, lease_of, count):
    leases = [lease_of(f"0{number}RUN") for number in range(count)]
    together, winners, told = threading.Barrier(count), [], []

    def take(lease):
        together.wait()
        try:
            lease.take()
            winners.append(lease)
        except StaleError as error:
            told.append(error)

    threads = [threading.Thread(target=take, args=(lease,)) for lease in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(winners), len(told)) == (1, count - 1)
    assert winners[0].is_held
    assert len(entries(workspace)) == 1


def test_a_lease_that_is_over_is_taken_over_with_a_notice(workspace, lease_of):
    note(workspace, "01DEAD", entry(seconds=-1))
    lease = lease_of("02RUN")

    assert lease.take() == ["Run 01DEAD of bob@other ended without a word."]
    assert (lease.is_held, list(entries(workspace))) == (True, ["02RUN"])


def test_a_lease_of_a_run_that_is_known_to_be_dead_is_taken_over_at_once(workspace, lease_of):
    note(workspace, "01DEAD", entry(seconds=100))
    lease = lease_of("02RUN")

    assert lease.take(lambda run: run == "01DEAD") == [
        "Run 01DEAD of bob@other ended without a word."
    ]
    assert list(entries(workspace)) == ["02RUN"]


@responses.activate
@pytest.mark.parametrize(
    ("until", "is_over"),
    [
        pytest.param("2029-01-01T00:29:59", True, id="over"),
        pytest.param("2029-01-01T00:32:00", False, id="not over"),
        pytest.param("2029-01-01T01:32:00+01:00", False, id="not over elsewhere"),
        pytest.param("2029-01-01T01:30:01", True, id="by a wrong clock"),
    ],
)
def test_a_lease_is_over_by_the_clock_of_the_platform(until, is_over):
    theirs = {"holder": "bob@other", "until": until}
    url = f"{STACK}/v2/storage/branch/default/metadata"

    def answer(request):
        (own,) = json.loads(request.body)["metadata"]
        found = [
            {"id": "9", "key": f"{PREFIX}01OTHER", "value": json.dumps(theirs)},
            {"id": "10", **own},
        ]
        return 201, {"Date": "Mon, 01 Jan 2029 00:30:00 GMT"}, json.dumps(found)

    responses.add_callback("POST", url, answer)
    responses.delete(f"{url}/9", status=204)
    responses.delete(f"{url}/10", status=204)
    client = StorageClient(Transport(STACK, "token", policy=RetryPolicy(max_wait_s=0)))
    lease = Lease(client, "02RUN", "ann@here")
    if is_over:
        told = lease.take()
    else:
        with pytest.raises(StaleError) as caught:
            lease.take()
        assert "its lease ends at 2029-01-01 00:32:00 UTC" in caught.value.hint
        told = [str(caught.value)]
    lease.release()
    client.close()

    assert told == [
        "Run 01OTHER of bob@other ended without a word."
        if is_over
        else "Run 01OTHER of bob@other is writing to this branch"
    ]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "[]",
        "{}",
        '{"holder": "x", "until": "soon"}',
        '{"holder": "x", "until": 7}',
        '{"holder": "x", "until": "9999-12-31T23:59:59-12:00"}',
        "{",
    ],
)
def test_what_is_no_lease_is_left_alone(workspace, lease_of, value):
    note(workspace, "01ODD", value or " ")
    lease = lease_of("02RUN")

    assert (lease.take(), lease.is_held) == ([], True)


def test_a_lease_is_renewed_for_as_long_as_the_run_lives(workspace, lease_of):
    lease = lease_of("01RUN", length_s=SHORT_S)
    lease.take()
    workspace.forget_requests()
    wait_for(lambda: len([r for r in workspace.requests() if r.startswith("POST")]) >= 5)

    assert lease.is_held
    assert list(entries(workspace)) == ["01RUN"]


def test_a_lease_that_cannot_be_renewed_is_not_held_until_it_is(workspace, lease_of):
    lease = lease_of("01RUN", length_s=SHORT_S)
    lease.take()
    workspace.fault(method="POST", path="metadata$", action="status", status=500)
    wait_for(lambda: not lease.is_held)
    workspace.end_faults()
    wait_for(lambda: lease.is_held)

    assert list(entries(workspace)) == ["01RUN"]


def test_a_lease_that_somebody_took_over_is_lost_for_good(workspace, lease_of):
    lease = lease_of("01RUN", length_s=SHORT_S)
    lease.take()
    (own,) = workspace.storage("GET", METADATA).json()
    workspace.storage("DELETE", f"{METADATA}/{own['id']}")
    wait_for(lambda: not lease.is_held)
    time.sleep(SHORT_S)

    assert not lease.is_held
    assert entries(workspace) == {}


def test_a_renewal_in_flight_does_not_bring_back_what_is_released(workspace, lease_of):
    lease = lease_of("01RUN", length_s=SHORT_S)
    lease.take()
    workspace.fault(method="POST", path="metadata$", action="delay", seconds=0.3)
    workspace.forget_requests()
    wait_for(lambda: any(each.startswith("POST") for each in workspace.requests()))
    lease.release()
    time.sleep(0.5)  # by then a renewal that was not waited for would have arrived

    assert entries(workspace) == {}


def test_giving_it_back_does_not_take_long_when_nobody_answers(workspace, lease_of):
    lease = lease_of("01RUN")
    lease.take()
    workspace.fault(method="DELETE", action="hang")
    began = time.monotonic()
    lease.release()

    assert time.monotonic() - began < 3


def test_metadata_that_is_not_kept_is_no_lease(lease_of):
    with responses.RequestsMock() as platform:
        url = f"{STACK}/v2/storage/branch/default/metadata"
        platform.post(url, json=[{"id": "1", "key": "x", "value": "y"}])
        client = StorageClient(Transport(STACK, "token", policy=RetryPolicy(max_wait_s=0)))
        with pytest.raises(ApiError, match="did not keep the lease"):
            Lease(client, "01RUN", "ann@here").take()
        client.close()


@pytest.mark.parametrize("status", [403, 500, 501])
def test_without_a_lease_apply_goes_on_and_says_so(workspace, status):
    workspace.fault(method="POST", path="default/metadata$", action="status", status=status)
    result = workspace.kbsync("apply", "--auto-approve")

    assert result.exit_code == 0
    assert "There is no lease to be had on the branch" in result.stderr
    assert "Going on without." in result.stderr


def test_without_a_lease_no_configuration_is_deleted(start_workspace):
    workspace = start_workspace(
        {"keboola.ex-http/a/config.yaml": "name: A\n"},
        [{"id": "keboola.ex-http", "configurations": [{"id": "old", "name": "Old"}]}],
    )
    workspace.fault(method="POST", path="default/metadata$", action="status", status=500)
    result = workspace.kbsync("apply", "--auto-approve", "--prune")

    assert (result.exit_code, workspace.writes()) == (4, [])
    assert "without which nothing is deleted" in result.stderr


def test_a_lease_lost_on_the_way_keeps_configurations_from_being_deleted(start_workspace, tmp_path):
    workspace = start_workspace(
        live=[{"id": "keboola.ex-http", "configurations": [{"id": "old", "name": "Old"}]}]
    )
    transport = Transport(workspace.server.url, "token", policy=RetryPolicy(max_wait_s=0))
    client, key = StorageClient(transport), Key("keboola.ex-http", "old")
    live = fetch_configuration(client, key)
    changes = (Delete(live.resources[key]),)
    step = Step(key=key, name="Old", base=live.versions[key], changes=changes)
    journal = FileJournal(tmp_path, Stamp(message="", run="01RUN"))
    target = Target(stack=workspace.server.url, project_id=1, project_name="", branch="default")
    forgotten = KeptStates(tmp_path, "01RUN", target)
    run = Run(
        client=client,
        message="",
        journal=journal,
        forgotten=forgotten,
        may_delete=lambda: False,
    )
    result = write_step(step, run)
    journal.end("failed")
    client.close()

    assert (result.outcome, result.touched) == (Outcome.FAILED, False)
    assert "the lease on the branch was lost" in str(result.error)
    assert workspace.writes() == []


def test_while_another_run_writes_apply_is_refused(workspace):
    note(workspace, "01OTHER", entry(seconds=100))
    result = workspace.kbsync("apply", "--auto-approve")

    assert (result.exit_code, workspace.writes()) == (5, [])
    assert "Run 01OTHER of bob@other is writing to this branch" in result.stderr
    assert "Nothing was written." in result.stderr
