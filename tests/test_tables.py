"""Storage tables and buckets: listed, shown, previewed."""

import json
import os
import pty
import subprocess
import sys

import pytest

from kbsync.errors import ApiError
from kbsync.render.storage import buckets_lines, size_text, tables_lines
from kbsync.tables.catalog import read_bucket, read_buckets, read_table, workspace_name
from kbsync.tables.users import users_of
from tests.builders import by_key, config, row
from tests.workspace import TOKEN

ORDERS = "in.c-main.orders"
SEED = {
    "components": [
        {
            "id": "keboola.ex-db-mysql",
            "configurations": [
                {
                    "id": "shop",
                    "name": "Shop",
                    "configuration": {},
                    "rows": [
                        {
                            "id": "orders",
                            "name": "Orders",
                            "configuration": {"parameters": {"outputTable": ORDERS}},
                        }
                    ],
                },
                {"id": "own", "name": "Own", "configuration": {}},
            ],
        }
    ],
    "buckets": [{"id": "in.c-main", "displayName": "Main"}],
    "tables": [
        {
            "id": ORDERS,
            "columns": ["id", "country", "note"],
            "primaryKey": ["id"],
            "rows": [["1", "CZ", "\u001b[31mred"], ["2", "DE", None], ["3", "CZ", "x" * 20000]],
            "columnMetadata": {"id": {"KBC.datatype.type": "NUMBER", "KBC.datatype.length": "38"}},
        },
        {
            "id": "out.c-sum.daily",
            "columns": [
                {"name": "day", "definition": {"type": "DATE", "nullable": False}},
                {"name": "total", "definition": {"type": "NUMBER", "length": "12,2"}},
            ],
            "primaryKey": ["day"],
        },
        {"id": "in.c-keboola-ex-db-mysql-own.made", "columns": ["a"]},
    ],
}
READER = {
    "keboola.python-transformation-v2/sum/config.yaml": (
        "name: Sum\nconfiguration:\n  storage:\n    input:\n      tables:\n"
        f"        - {{source: {ORDERS}, destination: o.csv}}\n"
    )
}


@pytest.fixture
def workspace(start_workspace):
    return start_workspace(READER, SEED)


def document(workspace, *arguments):
    return json.loads(workspace.kbsync(*arguments, "--format", "json").stdout)


def test_tables_are_listed_with_what_matters_about_them(workspace):
    lines = workspace.kbsync("table", "list").stdout.splitlines()
    listed = document(workspace, "table", "list", "--bucket", "in.c-main")["tables"]

    assert [line.split() for line in lines] == [
        ["table", "name", "rows", "size", "last", "import", "primary", "key"],
        ["in.c-keboola-ex-db-mysql-own.made", "made", "0", "0", "B", "-", "-"],
        [ORDERS, "orders", "3", "20.1", "kB", "-", "id"],
        ["out.c-sum.daily", "daily", "0", "0", "B", "-", "day"],
    ]
    assert listed == [
        {
            "id": ORDERS,
            "name": "orders",
            "bucket": "in.c-main",
            "primaryKey": ["id"],
            "rowsCount": 3,
            "sizeBytes": 20054,
            "lastImport": None,
            "aliasOf": None,
            "linkedFrom": None,
        }
    ]


def test_buckets_are_listed(workspace):
    lines = workspace.kbsync("bucket", "list").stdout.splitlines()
    listed = document(workspace, "bucket", "list")["buckets"]

    assert [line.split()[:4] for line in lines[1:]] == [
        ["in.c-keboola-ex-db-mysql-own", "keboola-ex-db-mysql-own", "0", "0"],
        ["in.c-main", "Main", "3", "20.1"],
        ["out.c-sum", "sum", "0", "0"],
    ]
    assert [bucket["id"] for bucket in listed] == [line.split()[0] for line in lines[1:]]


def test_an_empty_project_has_neither(start_workspace):
    workspace = start_workspace()

    assert workspace.kbsync("table", "list").stdout == "No table.\n"
    assert workspace.kbsync("bucket", "list").stdout == "No bucket.\n"


def test_a_table_is_shown_with_its_columns_its_name_in_sql_and_who_uses_it(workspace):
    lines = workspace.kbsync("table", "show", ORDERS).stdout.splitlines()

    assert lines[0] == ORDERS
    assert 'In workspaces  "EMULATOR"."in.c-main"."orders"' in lines
    assert lines[-9:] == [
        "3 columns",
        "  id       text  primary key, noted as NUMBER(38)",
        "  country  text",
        "  note     text",
        "",
        "Read by",
        '  keboola.python-transformation-v2/sum  "Sum"  (files only)',
        "Written by",
        '  keboola.ex-db-mysql/shop/orders  "Orders"  (project only)',
    ]


def test_types_that_the_database_enforces_are_told_apart_from_remarks(workspace):
    shown = workspace.kbsync("table", "show", "out.c-sum.daily").stdout
    columns = document(workspace, "table", "show", "out.c-sum.daily")["columns"]

    assert "  day    DATE not null  primary key\n  total  NUMBER(12,2)\n" in shown
    assert columns == [
        {"name": "day", "type": "DATE", "isEnforced": True, "isNullable": False},
        {"name": "total", "type": "NUMBER(12,2)", "isEnforced": True, "isNullable": True},
    ]


def test_a_table_in_the_own_bucket_of_a_configuration_is_written_by_that(workspace):
    shown = workspace.kbsync("table", "show", "in.c-keboola-ex-db-mysql-own.made").stdout

    assert shown.endswith(
        'Read by no configuration\nWritten by\n  keboola.ex-db-mysql/own  "Own"  '
        "(project only, its own bucket)\n"
    )


def test_files_that_cannot_be_read_are_left_out_and_that_is_said(workspace):
    workspace.write({"keboola.ex-http/broken/config.yaml": "nonsense: true\n"})
    shown = workspace.kbsync("table", "show", ORDERS)

    assert "Read by no configuration" in shown.stdout
    assert shown.stderr.startswith("The files of this folder cannot be read")


def test_a_project_whose_configurations_cannot_be_listed_is_told_of_by_the_files(workspace):
    workspace.fault(method="GET", path="/components$", action="status", status=403)
    shown = workspace.kbsync("table", "show", ORDERS)

    assert "Sum" in shown.stdout
    assert "Written by no configuration" not in shown.stdout or "cannot be listed" in shown.stderr
    assert shown.stderr.startswith("The configurations of the project cannot be listed: GET ")


def test_a_token_that_sees_only_some_components_tells_nothing_of_the_others(start_workspace):
    access = {"canManageBuckets": False, "componentAccess": ["keboola.ex-http"]}
    token = {"id": 7, "token": TOKEN, "bucketPermissions": {"in.c-main": "read"}, **access}
    workspace = start_workspace({}, {**SEED, "tokens": [token]})
    shown = workspace.kbsync("table", "show", ORDERS)

    assert "by no configuration" not in shown.stdout
    assert "The token sees only some components" in shown.stderr


def test_who_names_a_table_of_the_own_bucket_is_told_instead_of_the_configuration():
    table = "in.c-keboola-ex-db-mysql-shop.orders"
    named = {"parameters": {"outputTable": table}}
    live = by_key(config("shop"), row("a", "shop", configuration=named), row("b", "shop"))
    desired = by_key(config("shop"), row("b", "shop"))

    assert [(str(each.key), each.is_implied) for each in users_of(table, {}, live).writers] == [
        ("keboola.ex-db-mysql/shop/a", False)
    ]
    assert [(str(each.key), each.is_implied) for each in users_of(table, desired, {}).writers] == [
        ("keboola.ex-db-mysql/shop", True)
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("table", "show", "in.c-main.order"), "Hint: Did you mean in.c-main.orders?"),
        (("table", "show", "in.c-mian.orders"), "Hint: Did you mean in.c-main.orders?"),
        (("table", "preview", "out.c-main.orders"), "Hint: Did you mean in.c-main.orders?"),
        (("table", "preview", "nothing"), "Hint: See them: kbsync table list"),
        (("table", "list", "--bucket", "in.c-mian"), "Hint: Did you mean in.c-main?"),
        (("table", "list", "--bucket", "zzz"), "Hint: See them: kbsync bucket list"),
    ],
)
def test_what_is_not_there_is_told_with_the_nearest(workspace, arguments, said):
    result = workspace.kbsync(*arguments)

    assert result.exit_code == 8
    assert said in result.stderr


def test_a_preview_is_csv_unless_somebody_looks_at_it(workspace):
    shown = workspace.kbsync("table", "preview", ORDERS, "--limit", "2")

    assert shown.stdout == '"id","country","note"\n"1","CZ","\x1b[31mred"\n"2","DE",""\n'
    assert shown.stderr == ""


def test_a_preview_as_text_moves_no_cursor_and_tells_null_from_nothing(workspace):
    shown = workspace.kbsync("table", "preview", ORDERS, "--limit", "2", "--format", "text")

    assert shown.stdout.splitlines() == [
        "id  country  note",
        "1   CZ       \\u001b[31mred",
        "2   DE       (null)",
    ]


def test_columns_and_rows_can_be_chosen(workspace):
    chosen = ("--columns", "note,id", "--where", "country=CZ", "--where", "id<3")
    found = document(workspace, "table", "preview", ORDERS, *chosen)

    assert (found["columns"], found["rows"]) == (["note", "id"], [["\x1b[31mred", "1"]])


def test_values_that_the_platform_cuts_off_are_counted(workspace):
    shown = workspace.kbsync("table", "preview", ORDERS, "--where", "id=3")
    found = document(workspace, "table", "preview", ORDERS, "--where", "id=3")

    assert len(shown.stdout) < 17_000
    assert shown.stderr.startswith("Values that the platform cut off: 1.")
    assert found["cut"] == [{"row": 0, "column": "note"}]


@pytest.mark.parametrize("limit", ["0", "1001", "-5"])
def test_more_than_the_platform_previews_is_refused_before_anything_is_asked(workspace, limit):
    result = workspace.kbsync("table", "preview", ORDERS, "--limit", limit)

    assert result.exit_code == 64
    assert "kbsync table export in.c-main.orders -o FILE" in result.stderr
    assert workspace.requests() == []


def test_a_column_that_is_not_there_is_told_with_the_nearest(workspace):
    result = workspace.kbsync("table", "preview", ORDERS, "--where", "contry=CZ")

    assert result.exit_code == 64
    assert "in.c-main.orders has no column 'contry'\nHint: Did you mean country?" in result.stderr


def test_too_many_columns_for_the_platform_are_told_with_the_way(workspace):
    body = {"error": "Too many columns", "code": "storage.maxNumberOfColumnsExceed"}
    workspace.fault(method="GET", path="data-preview", action="status", status=400, body=body)

    result = workspace.kbsync("table", "preview", ORDERS)

    assert "Hint: Name some of them: --columns a,b." in result.stderr


def test_a_token_of_another_project_reads_nothing(workspace):
    workspace.write({"kbsync.yaml": "version: 1\nenvironments: {prod: {project: 1}}\n"})
    result = workspace.kbsync("table", "list")

    assert result.exit_code == 4
    assert workspace.requests() == ["GET tokens/verify"]


def test_no_value_and_no_condition_gets_into_the_log(workspace):
    shown = workspace.kbsync("-v", "table", "preview", ORDERS, "--where", "country=DE")

    assert "DE" not in shown.stderr


def test_reading_tables_sends_nothing_but_get(workspace):
    for command in (["list"], ["show", ORDERS], ["preview", ORDERS]):
        workspace.kbsync("table", *command)

    assert {each.split()[0] for each in workspace.requests()} == {"GET"}


def test_a_preview_on_a_terminal_is_as_wide_as_that(workspace):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "kbsync", "table", "preview", ORDERS, "--where", "id=3"]
    environment = {**os.environ, **workspace.environment, "COLUMNS": "40", "PYTHONUTF8": "1"}
    done = subprocess.run(
        command, stdout=theirs, stderr=subprocess.PIPE, env=environment, check=False
    )
    os.close(theirs)
    shown = os.read(ours, 65_536).decode().replace("\r\n", "\n")
    os.close(ours)

    assert done.returncode == 0
    assert shown.splitlines()[-1] == "3   CZ       " + "x" * 26 + "…"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (None, "?"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1234, "1.23 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (12_345_678_901, "12.3 GB"),
        (10**18, "1e+03 PB"),
    ],
)
def test_sizes_are_told_in_steps_of_a_thousand(size, text):
    assert size_text(size) == text


LINKED = {
    "id": "in.c-shared",
    "name": "c-shared",
    "rowsCount": None,
    "dataSizeBytes": None,
    "sharing": "organization",
    "sourceBucket": {"id": "out.c-theirs", "project": {"id": 77, "name": "Theirs"}},
    "backend": "snowflake",
    "backendPath": ["SAPI_77", "out.c-theirs"],
}


def test_a_linked_bucket_says_whose_it_is():
    bucket = read_bucket(LINKED)

    assert (bucket.name, bucket.rows, bucket.linked_from, bucket.is_shared) == (
        "c-shared",
        None,
        "out.c-theirs of project 77",
        True,
    )


@pytest.mark.parametrize(
    ("bucket", "table", "name"),
    [
        (LINKED, "in.c-shared.t", '"SAPI_77"."out.c-theirs"."t"'),
        ({**LINKED, "backendPath": ['a"b', "c"]}, "in.c-shared.t", '"a""b"."c"."t"'),
        (
            {**LINKED, "backend": "bigquery", "backendPath": ["in_c_shared"]},
            "in.c-shared.t`x",
            "`in_c_shared`.`t\\`x`",
        ),
        ({"id": "in.c-shared"}, "in.c-shared.t", ""),
        (None, "in.c-shared.t", ""),
    ],
    ids=["snowflake", "quotes", "bigquery", "no path", "no bucket"],
)
def test_the_name_in_a_workspace_is_quoted_as_its_database_wants_it(bucket, table, name):
    assert workspace_name(read_table({"id": table, "bucket": bucket})) == name


@pytest.mark.parametrize("found", [None, {}, [{"name": "no id"}], ["in.c-main"]])
def test_an_answer_of_another_form_is_refused(found):
    with pytest.raises(ApiError, match="unexpected form"):
        read_buckets(found)


def test_an_alias_names_its_table_where_the_platform_does():
    source = {"id": "out.c-a.t"}

    assert read_table({"id": "in.c-b.t", "isAlias": True, "sourceTable": source}).alias_of == (
        "out.c-a.t"
    )
    assert read_table({"id": "in.c-b.t", "isAlias": True}).alias_of == "another table"


def test_what_is_not_counted_and_what_is_not_our_own_is_marked_in_the_lists():
    alias = {"id": "out.c-a.view", "name": "view", "isAlias": True, "sourceTable": {"id": ORDERS}}
    linked = {"id": "in.c-shared.t", "name": "t", "rowsCount": None, "bucket": LINKED}
    tables = [read_table(found) for found in (alias, linked)]

    assert [line.text.split() for line in tables_lines(tables)[1:]] == [
        ["out.c-a.view", "view", "?", "?", "-", "-", "alias", "of", ORDERS],
        [
            "in.c-shared.t",
            "t",
            "?",
            "?",
            "-",
            "-",
            *["linked", "from", "out.c-theirs", "of", "project", "77"],
        ],
    ]
    assert [line.text for line in buckets_lines([read_bucket(LINKED)])][1].endswith(
        "snowflake  linked from out.c-theirs of project 77"
    )
