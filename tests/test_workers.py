import threading
import time

import pytest

from kbsync.workers import Workers


def all_results(workers, patience=lambda: None):
    return list(workers.results(patience=patience))


@pytest.mark.parametrize("count", [1, 3, 100])
def test_each_job_is_done_once(count):
    jobs = [f"job {number}" for number in range(50)]
    results = all_results(Workers(str.upper, jobs, count=count))

    assert sorted(results) == sorted((job, job.upper()) for job in jobs)


def test_one_worker_keeps_the_order():
    jobs = [f"job {number}" for number in range(20)]

    assert [job for job, _ in all_results(Workers(len, jobs, count=1))] == jobs


def test_without_jobs_there_is_nothing_to_wait_for():
    assert all_results(Workers(len, [], count=8)) == []


def test_as_many_jobs_as_allowed_run_at_the_same_time():
    meeting = threading.Barrier(3, timeout=5)
    results = all_results(Workers(lambda job: meeting.wait() >= 0, ["a", "b", "c"], count=3))

    assert sorted(results) == [("a", True), ("b", True), ("c", True)]


def test_never_more_jobs_run_than_allowed():
    running, most, lock = set(), [], threading.Lock()

    def work(job):
        with lock:
            running.add(job)
            most.append(len(running))
        time.sleep(0.005)
        with lock:
            running.remove(job)

    all_results(Workers(work, [str(number) for number in range(20)], count=3))

    assert max(most) <= 3


def test_after_a_halt_what_runs_goes_on_and_nothing_begins():
    begun, go_on = [], threading.Event()

    def work(job):
        begun.append(job)
        assert go_on.wait(5)
        return job

    workers = Workers(work, ["a", "b", "c", "d"], count=2)

    def patience():
        workers.halt()
        go_on.set()

    assert sorted(all_results(workers, patience)) == [("a", "a"), ("b", "b")]
    assert sorted(begun) == ["a", "b"]
    assert workers.running() == []


def test_after_the_last_result_nothing_begins():
    begun = []

    def work(job):
        begun.append(job)
        return job

    results = all_results(Workers(work, list("abcdef"), count=1, is_last=lambda job: job == "c"))

    assert results == [(job, job) for job in "abc"]
    assert begun == list("abc")


def test_patience_ends_the_waiting_and_tells_what_still_runs():
    go_on = threading.Event()

    def work(job):
        assert job == "quick" or go_on.wait(5)
        return job

    workers = Workers(work, ["quick", "slow"], count=2)
    done = [job for job, _ in workers.results(patience=time.monotonic)]
    left = workers.running()
    go_on.set()

    assert (done, left) == (["quick"], ["slow"])


def test_a_bug_in_the_work_is_raised_where_results_are_waited_for():
    def work(job):
        raise ZeroDivisionError(job)

    with pytest.raises(ZeroDivisionError, match="a"):
        all_results(Workers(work, ["a"], count=1))


def test_threads_do_not_keep_the_program_from_ending():
    seen = []
    all_results(Workers(lambda job: seen.append(threading.current_thread()), ["a"], count=1))

    assert [thread.daemon for thread in seen] == [True]
