"""Warnings of `validate`: references that lead out of the files."""

import pytest

from kbsync.graph.links import Dangling, Link
from kbsync.model import Key
from kbsync.tree.missing import missing

HTTP = Key("keboola.ex-http", "here")
FLOW = Key("keboola.flow", "f")


def lost(target, line, file="keboola.flow/f/config.yaml"):
    path = ("tasks", line, "task", "configId")
    return Dangling(link=Link(FLOW, path, target), file=file, line=line, column=7)


def elsewhere(config_id):
    return Key("keboola.ex-aws-s3", config_id)


def told(*found):
    return [str(each) for each in missing(found, {HTTP})]


def test_a_configuration_without_files_is_told_once_for_each_file():
    assert told(lost(elsewhere("1"), 3), lost(elsewhere("1"), 9)) == [
        "keboola.flow/f/config.yaml:3:7: refers to keboola.ex-aws-s3/1, which is not in the files; "
        "the project may have it, `kbsync plan` tells"
    ]


def test_a_row_of_a_configuration_in_the_files_is_told_each_time():
    assert told(lost(HTTP.row("r"), 9), lost(HTTP.row("r"), 3)) == [
        f"keboola.flow/f/config.yaml:{line}:7: refers to keboola.ex-http/here/r, but that "
        "configuration has no such row in the files; correct the id, or add the row"
        for line in (3, 9)
    ]


@pytest.mark.parametrize(("count", "lines"), [(3, 3), (4, 1)])
def test_many_configurations_without_files_are_one_line_for_each_file(count, lines):
    found = [lost(elsewhere(str(number)), number) for number in range(count, 0, -1)]
    found.append(lost(elsewhere("1"), 1, "keboola.flow/g/config.yaml"))

    assert len(told(*found)) == lines + 1


def test_the_line_for_many_names_some_and_stands_where_the_first_is():
    found = [lost(elsewhere(name), line) for name, line in zip("dcba", (8, 4, 6, 9), strict=True)]

    assert told(*found) == [
        "keboola.flow/f/config.yaml:4:7: refers to 4 configurations such as keboola.ex-aws-s3/a, "
        "keboola.ex-aws-s3/b, keboola.ex-aws-s3/c, which are not in the files; "
        "the project may have them, `kbsync plan` tells"
    ]
