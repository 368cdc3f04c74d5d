from __future__ import annotations

import subprocess

import pytest

from kbsync.git import Commit, default_branch, describe, missing_files, top_folder
from tests.trees import write_tree


@pytest.fixture(autouse=True)
def _identity(monkeypatch):
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Test")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "test@example.test")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", "/")


def run_git(folder, *arguments):
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
    return done.stdout.decode().strip()


@pytest.fixture
def repository(tmp_path):
    write_tree(tmp_path, {"tree/keboola.x/a/config.yaml": "name: A\n", "README.md": "hello\n"})
    run_git(tmp_path, "init", "--quiet")
    run_git(tmp_path, "add", ".")
    run_git(tmp_path, "commit", "--quiet", "--message", "Add čau\n\nMore words")
    return tmp_path


def test_a_clean_tree_is_at_its_commit(repository):
    sha = run_git(repository, "rev-parse", "HEAD")

    assert describe(repository / "tree") == Commit(sha=sha, subject="Add čau", dirty=False)


@pytest.mark.parametrize(
    ("change", "dirty"),
    [
        pytest.param({"tree/keboola.x/a/config.yaml": "name: B\n"}, True, id="edited"),
        pytest.param({"tree/keboola.x/b/config.yaml": "name: B\n"}, True, id="new"),
        pytest.param({"tree/.kbsync/runs/1.jsonl": "{}\n"}, False, id="our own folder"),
        pytest.param({"README.md": "other\n"}, False, id="outside the tree"),
    ],
)
def test_only_changes_of_the_tree_make_it_dirty(repository, change, dirty):
    run_git(repository, "config", "status.showUntrackedFiles", "no")
    write_tree(repository, change)

    commit = describe(repository / "tree")

    assert commit is not None
    assert commit.dirty is dirty


def test_a_deleted_file_makes_the_tree_dirty(repository):
    (repository / "tree/keboola.x/a/config.yaml").unlink()

    commit = describe(repository / "tree")

    assert commit is not None
    assert commit.dirty


def test_a_shallow_clone_is_described_like_a_full_one(repository, tmp_path_factory):
    write_tree(repository, {"tree/keboola.x/a/config.yaml": "name: B\n"})
    run_git(repository, "commit", "--quiet", "--all", "--message", "Second")
    clone = tmp_path_factory.mktemp("clone") / "shallow"
    run_git(repository, "clone", "--quiet", "--depth=1", f"file://{repository}", str(clone))

    assert describe(clone / "tree") == describe(repository / "tree")


def test_a_tree_that_git_does_not_know_has_no_commit(tmp_path):
    assert describe(tmp_path) is None


def test_a_repository_without_commits_has_none(tmp_path):
    run_git(tmp_path, "init", "--quiet")

    assert describe(tmp_path) is None


def test_a_folder_that_does_not_exist_has_none(tmp_path):
    assert describe(tmp_path / "missing") is None


def test_without_git_there_is_no_commit(repository, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")

    assert describe(repository) is None


def test_a_tree_that_cannot_be_compared_in_time_counts_as_dirty(repository, monkeypatch, tmp_path):
    script = '#!/bin/sh\ncase "$*" in *status*) exec sleep 60;; esac\nprintf "abc\\nSubject\\n"\n'
    slow = write_tree(tmp_path / "bin", {"git": script}) / "git"
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(slow.parent), prepend=":")

    assert describe(repository, timeout_s=0.5) == Commit(sha="abc", subject="Subject", dirty=True)


def test_a_git_that_does_not_answer_is_given_up(repository, monkeypatch, tmp_path):
    slow = write_tree(tmp_path / "bin", {"git": "#!/bin/sh\nexec sleep 60\n"}) / "git"
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(slow.parent), prepend=":")

    assert describe(repository, timeout_s=0.05) is None


def test_a_whole_checkout_misses_nothing(repository):
    assert missing_files(repository / "tree") == ()


def test_what_a_sparse_checkout_leaves_out_is_missing(repository):
    write_tree(repository, {"tree/keboola.x/b/config.yaml": "name: čau\n", "other/c.txt": "c\n"})
    run_git(repository, "add", ".")
    run_git(repository, "commit", "--quiet", "--message", "More")
    run_git(repository, "sparse-checkout", "set", "--no-cone", "tree/keboola.x/a")

    assert missing_files(repository / "tree") == ("keboola.x/b/config.yaml",)


def test_a_file_that_somebody_deleted_is_not_missing(repository):
    (repository / "tree/keboola.x/a/config.yaml").unlink()

    assert missing_files(repository / "tree") == ()


def test_a_submodule_that_is_not_initialised_is_missing(repository, tmp_path_factory):
    sub = tmp_path_factory.mktemp("sub")
    run_git(sub, "clone", "--quiet", str(repository), "sub")
    allowed = ("-c", "protocol.file.allow=always")
    run_git(repository, *allowed, "submodule", "--quiet", "add", str(sub / "sub"), "tree/more")
    run_git(repository, "commit", "--quiet", "--message", "Add a submodule")
    clone = tmp_path_factory.mktemp("clone") / "plain"
    run_git(repository, "clone", "--quiet", str(repository), str(clone))

    assert missing_files(repository / "tree") == ()
    assert missing_files(clone / "tree") == ("more",)


def test_where_git_knows_nothing_nothing_is_missing(tmp_path):
    assert missing_files(tmp_path) == ()


def test_the_whole_checkout_is_found_from_a_folder_in_it(repository):
    assert top_folder(repository / "tree") == repository.resolve()


def test_the_default_branch_is_what_the_remote_says(repository):
    assert default_branch(repository) is None

    run_git(repository, "update-ref", "refs/remotes/origin/feature/trunk", "HEAD")
    target = "refs/remotes/origin/feature/trunk"
    run_git(repository, "symbolic-ref", "refs/remotes/origin/HEAD", target)

    assert default_branch(repository / "tree") == "feature/trunk"


def test_outside_git_there_is_no_checkout_and_no_branch(tmp_path):
    assert top_folder(tmp_path) is None
    assert default_branch(tmp_path) is None
