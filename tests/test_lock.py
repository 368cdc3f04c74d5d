import sys
from pathlib import Path

import pytest

from kbsync.errors import KbsyncError, StaleError
from kbsync.run.lock import locked
from tests.processes import started

HOLD = """
import sys
from pathlib import Path
from kbsync.run.lock import locked
with locked(Path(sys.argv[1])):
    sys.stdout.write("held\\n")
    sys.stdout.flush()
    sys.stdin.read()
"""


def test_two_in_one_folder_cannot_hold_the_lock(tmp_path):
    told = pytest.raises(StaleError, match="Another kbsync is writing")
    with locked(tmp_path), told, locked(tmp_path):
        pytest.fail("both hold it")


def test_the_lock_is_free_again_afterwards(tmp_path):
    with pytest.raises(ZeroDivisionError), locked(tmp_path):
        raise ZeroDivisionError

    with locked(tmp_path):
        pass


def test_folders_do_not_disturb_each_other(tmp_path):
    with locked(tmp_path / "a"), locked(tmp_path / "b"):
        pass


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    with started([sys.executable, "-c", HOLD, str(tmp_path)], stdin=-1) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        with pytest.raises(StaleError), locked(tmp_path):
            pytest.fail("two processes hold it")
        process.kill()
        process.wait(timeout=5)

        with locked(tmp_path):
            pass


@pytest.mark.parametrize("blocked", [".kbsync", ".kbsync/lock"], ids=["folder", "file"])
def test_a_folder_that_cannot_be_written_is_told(tmp_path, blocked):
    path = tmp_path / blocked
    if blocked == ".kbsync":
        path.write_text("not a folder")
    else:
        path.mkdir(parents=True)

    told = pytest.raises(KbsyncError, match=r"\.kbsync cannot be written")
    with told as caught, locked(tmp_path):
        pytest.fail("it holds a lock")
    assert (type(caught.value), caught.value.exit_code) == (KbsyncError, 1)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no folder that refuses everybody")
def test_a_read_only_folder_is_told():
    with pytest.raises(KbsyncError, match="cannot be written"), locked(Path("/proc/self")):
        pytest.fail("it holds a lock")
