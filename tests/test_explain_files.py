"""`kbsync explain`: what the files say, and where each value comes from."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft7Validator

from kbsync.documents.validate import load_schema

SETTINGS = """\
version: 1
default_environment: prod
environments:
  prod:
    variables: {host: db-2, port: 5432}
  dev:
    variables:
      host: db-dev
"""
FILES = {
    "kbsync.yaml": SETTINGS,
    "keboola.x/a/config.yaml": """\
name: A
metadata: {k: v}
configuration:
  db: {host: !var host, "#password": !env DB, port: 1}
  url: !format https://${host}/x
  list: [1, 2]
  sql: !file code/x.sql
  gone: 1
  "#key": KBC::ProjectSecure::fake-one
""",
    "keboola.x/a/config.dev.yaml": """\
metadata: {k: w}
configuration:
  db:
    port: 77
  list:
    - a: !var host
    - {b: 2}
  gone: !remove
""",
    "keboola.x/a/description.md": "hello\n",
    "keboola.x/a/code/x.sql": "SELECT 1;\nSELECT 2;\n",
    "keboola.x/a/rows/r.yaml": "name: R\nconfiguration: {a: 1}\n",
}


@pytest.fixture
def workspace(start_workspace):
    return start_workspace(FILES)


def test_what_stands_elsewhere_is_told_beside_it(workspace):
    result = workspace.kbsync("explain", "keboola.x/A", "--env", "dev")

    assert (
        result.stdout
        == """\
# keboola.x/a  environment dev
# keboola.x/a/config.yaml
# over it: keboola.x/a/config.dev.yaml
id: a
name: A
description: hello  # description.md:1
metadata:
  k: w  # config.dev.yaml:1
configuration:
  db:
    host: db-dev  # !var host (kbsync.yaml:8)
    "#password": (secret) !env DB
    port: 77  # config.dev.yaml:4
  url: https://db-dev/x  # !format "https://${host}/x" (kbsync.yaml:8)
  list:  # config.dev.yaml:5
    - a: db-dev  # config.dev.yaml:6 !var host (kbsync.yaml:8)
    - b: 2
  sql: |  # !file code/x.sql
    SELECT 1;
    SELECT 2;
  "#key": (secret) c:9e71732d

# What the overlay changes:
#  configuration
#    db.port   1 → 77
#    gone   - 1
#    list[0]   1 → {"a": "db-dev"}
#    list[1]   2 → {"b": 2}
#  metadata
#    k   "v" → "w"
"""
    )
    assert workspace.requests() == []


def test_without_an_overlay_it_is_the_file(workspace):
    result = workspace.kbsync("explain", "keboola.x/a/r")

    assert result.stdout == (
        "# keboola.x/a/r  environment prod\n# keboola.x/a/rows/r.yaml\n"
        'id: r\nname: R\ndescription: ""\nconfiguration:\n  a: 1\n'
    )


def test_programs_get_it_value_by_value(workspace):
    result = workspace.kbsync("explain", "keboola.x/a", "--env", "dev", "--format", "json")
    told = json.loads(result.stdout)
    Draft7Validator(load_schema("explain")).validate(told)
    config, overlay = "keboola.x/a/config.yaml", "keboola.x/a/config.dev.yaml"

    assert (told["file"], told["overlay"], told["environment"]) == (config, overlay, "dev")
    assert [
        (".".join(map(str, each["path"])), each["value"], each["file"], each["line"], each["via"])
        for each in told["values"]
    ] == [
        ("id", "a", None, None, None),
        ("name", "A", config, 1, None),
        ("description", "hello", "keboola.x/a/description.md", 1, None),
        ("metadata.k", "w", overlay, 1, None),
        ("configuration.db.host", "db-dev", config, 4, "!var host (kbsync.yaml:8)"),
        ("configuration.db.#password", "(secret) !env DB", config, 4, None),
        ("configuration.db.port", 77, overlay, 4, None),
        (
            "configuration.url",
            "https://db-dev/x",
            config,
            5,
            '!format "https://${host}/x" (kbsync.yaml:8)',
        ),
        ("configuration.list.0.a", "db-dev", overlay, 6, "!var host (kbsync.yaml:8)"),
        ("configuration.list.1.b", 2, overlay, 5, None),
        ("configuration.sql", "SELECT 1;\nSELECT 2;\n", config, 7, "!file code/x.sql"),
        ("configuration.#key", "(secret) c:9e71732d", config, 9, None),
    ]
    assert [each["kind"] for each in told["overlayChanges"]] == ["update", "metadata change"]


def test_what_the_files_do_not_say_is_nothing_to_explain(workspace):
    result = workspace.kbsync("explain", "keboola.x/b")

    assert result.exit_code == 64
    assert "There is no configuration 'keboola.x/b' in the files" in result.stderr
