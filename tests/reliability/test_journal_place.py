"""No journal, no write: whatever becomes of the place where it is kept."""

import os
import shutil
import subprocess

import pytest

from tests.reliability.harness import is_write, log_of, picture, run
from tests.reliability.project import APPLY

ONE_BY_ONE = (*APPLY, "--parallelism", "1")


def written(workspace):
    return [each for each in log_of(workspace) if is_write(each)]


@pytest.mark.parametrize("place", [".kbsync", ".kbsync/runs"])
def test_where_there_is_no_place_for_a_journal_nothing_is_written(bench, place):
    workspace = bench.fresh()
    path = workspace.root / place
    path.parent.mkdir(exist_ok=True)
    path.write_text("not a folder")
    ended = run(workspace, *APPLY)

    assert ended.returncode == 1
    assert "Nothing was written" in ended.stderr
    assert written(workspace) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_where_a_journal_may_not_be_written_nothing_is(bench):
    workspace = bench.fresh()
    workspace.root.chmod(0o500)
    ended = run(workspace, *APPLY)
    workspace.root.chmod(0o700)

    assert (ended.returncode, written(workspace)) == (1, [])


def check_full_after(bench, done, blocks):
    """Files may grow to so many blocks of 512 bytes, then there is no more room."""
    workspace = bench.fresh()
    limited = ("sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh")
    ended = run(workspace, *ONE_BY_ONE, before=limited)
    writes = written(workspace)
    again = run(workspace, *APPLY)

    assert ended.returncode == (6 if writes else 1), ended.stderr
    assert "journal" in ended.stdout + ended.stderr
    assert ("Nothing was written.\n" in ended.stdout + ended.stderr) is (writes == [])
    assert again.returncode == 0, again.stderr
    assert picture(workspace) == done


@pytest.mark.parametrize("blocks", [1, 12])
def test_a_run_ends_when_its_journal_cannot_grow(bench, done, blocks):
    check_full_after(bench, done, blocks)


@pytest.mark.slow
@pytest.mark.parametrize("blocks", range(1, 50, 4))
def test_a_run_ends_wherever_its_journal_cannot_grow(bench, done, blocks):
    check_full_after(bench, done, blocks)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own with a few pages."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=96k", "kbsync-test", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting takes root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("pages", [0, 2])
def test_a_full_disk_ends_a_run_that_can_be_finished_later(bench, done, small_disk, pages):
    workspace = bench.fresh()
    (small_disk / "runs").mkdir()
    (workspace.root / ".kbsync").symlink_to(small_disk)
    room = os.statvfs(small_disk).f_bavail - pages - 1
    (small_disk / "filler").write_bytes(b"x" * 4096 * max(room, 0))
    ended = run(workspace, *ONE_BY_ONE)
    writes = written(workspace)
    (small_disk / "filler").unlink()
    again = run(workspace, *APPLY)

    assert ended.returncode == (6 if writes else 1), ended.stdout + ended.stderr
    assert again.returncode == 0, again.stderr
    assert picture(workspace) == done


def test_a_journal_that_is_removed_while_it_is_written_stops_nothing(bench, done):
    workspace = bench.fresh()
    box = []

    def remove():
        box.append(shutil.rmtree(workspace.root / ".kbsync"))

    bench.wire.arm(remove, at=60, when="before", cuts=False)
    ended = run(workspace, *ONE_BY_ONE)
    bench.wire.disarm()

    assert (len(box), ended.returncode) == (1, 0)
    assert picture(workspace) == done
