"""`kbsync emulator`: its errors."""

import builtins
import socket

import pytest
from click.testing import CliRunner

from kbsync.cli.emulator import command
from kbsync.errors import ExitCode, InvalidFilesError, KbsyncError


def error_of(*arguments):
    return CliRunner().invoke(command, arguments).exception


def test_a_bad_seed_is_a_problem_of_that_file(tmp_path):
    seed = tmp_path / "seed.json"
    seed.write_text('[{"id": "x", "configurations": [{"name": "C"}]}]')
    error = error_of("--seed", str(seed))

    assert isinstance(error, InvalidFilesError)
    assert error.exit_code is ExitCode.INVALID
    assert str(error).startswith(
        f"{seed}: [0].configurations[0]: the key 'id' is missing or empty; "
    )


def test_a_bad_data_file_is_a_problem_of_that_file(tmp_path):
    data = tmp_path / "project.db"
    data.write_bytes(b"nonsense" * 1000)
    error = error_of("--data", str(data))

    assert isinstance(error, InvalidFilesError)
    assert str(error).startswith(f"{data}: not a data file")


def test_a_port_in_use_is_a_plain_failure():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        error = error_of("--port", str(taken.getsockname()[1]))

    assert type(error) is KbsyncError
    assert error.exit_code is ExitCode.FAILED
    assert "--port" in error.hint


def test_a_remote_host_is_refused():
    error = error_of("--host", "0.0.0.0")

    assert type(error) is KbsyncError
    assert "--allow-remote" in error.hint


def test_without_the_extra_the_error_says_how_to_install_it(monkeypatch):
    real = builtins.__import__

    def without_waitress(name, *rest):
        if name.startswith("kbsync.emulator"):
            raise ModuleNotFoundError("No module named 'waitress'", name="waitress")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_waitress)
    error = error_of()

    assert str(error) == "the emulator needs the package 'waitress', which is not installed"
    assert error.hint == "Run `pip install 'kbsync[emulator]'`."


@pytest.mark.parametrize(
    "option",
    ["--seed", "--data", "--host", "--port", "--allow-remote", "--latency-ms", "--rate-limit"],
)
def test_help_names_every_option(option):
    assert option in CliRunner().invoke(command, ["--help"]).output
