"""Mapped tables that do not exist, do not fit, or are written by two: told with file and line."""

import json
from dataclasses import replace

import pytest

from kbsync.model import Key
from kbsync.tables.catalog import read_table
from kbsync.tables.mappings import check_mappings, maps_otherwise
from tests.builders import by_key, config, row

PYTHON = "keboola.python-transformation-v2"
MYSQL = "keboola.ex-db-mysql"
ORDERS = "in.c-main.orders"
TABLES = {
    ORDERS: read_table({"id": ORDERS, "columns": ["id", "country"], "primaryKey": ["id"]}),
    "in.c-main.typed": read_table({"id": "in.c-main.typed", "columns": ["a"], "primaryKey": []}),
}


def transformation(config_id, *, reads=(), writes=(), script="", **more):
    storage = {"input": {"tables": [*reads]}, "output": {"tables": [*writes]}}
    content = {"storage": storage, "parameters": {"script": script}}
    return config(config_id, component=PYTHON, configuration=content, **more)


def extractor(config_id, table=ORDERS, **parameters):
    content = {"parameters": {"outputTable": table, **parameters}}
    return config(config_id, component=MYSQL, configuration=content)


def read(source=ORDERS, **more):
    return {"source": source, "destination": "x.csv", **more}


def written(destination=ORDERS, **more):
    return {"source": "x.csv", "destination": destination, **more}


def found(*items, tables=TABLES):
    project = by_key(*items)
    findings = check_mappings(project, project, tables)
    return [(str(each.key), each.path, each.what, each.todo) for each in findings]


def told(*items, tables=TABLES):
    return [what for _, _, what, _ in found(*items, tables=tables)]


def test_a_source_that_nobody_makes_is_told_with_its_place_and_the_nearest():
    assert found(transformation("sum", reads=[read(), read("in.c-main.order")])) == [
        (
            f"{PYTHON}/sum",
            ("storage", "input", "tables", 1, "source"),
            "reads in.c-main.order, which does not exist, and no configuration produces it",
            "did you mean in.c-main.orders?",
        )
    ]


@pytest.mark.parametrize(
    "producer",
    [
        transformation("make", writes=[written("out.c-x.new")]),
        extractor("make", "out.c-x.new"),
        config(
            "make",
            component=PYTHON,
            configuration={"storage": {"output": {"default_bucket": "out.c-x"}}},
        ),
    ],
    ids=["output mapping", "output table", "default bucket"],
)
def test_a_source_that_some_configuration_makes_is_none(producer):
    assert told(transformation("sum", reads=[read("out.c-x.new")]), producer) == []


def test_a_table_in_the_own_bucket_of_a_configuration_may_be_made_by_it():
    reader = transformation("sum", reads=[read("in.c-keboola-ex-db-mysql-shop.any")])

    assert len(told(reader)) == 1
    assert told(reader, config("shop", component=MYSQL)) == []


@pytest.mark.parametrize(
    "source", ["in.c-{{ stage }}.orders", "", 5, None, "KBC::ProjectSecure::fake-one"]
)
def test_what_names_no_table_is_not_looked_for(source):
    assert told(transformation("sum", reads=[read(source)])) == []


@pytest.mark.parametrize(
    ("mapping", "place"),
    [
        ({"columns": ["id", "contry"]}, ("columns", 1)),
        (
            {"column_types": [{"source": "contry", "type": "VARCHAR"}]},
            ("column_types", 0, "source"),
        ),
        ({"where_column": "contry"}, ("where_column",)),
    ],
    ids=["columns", "column_types", "where_column"],
)
def test_a_column_that_the_table_lacks_is_told_wherever_it_is_named(mapping, place):
    assert found(transformation("sum", reads=[read(**mapping)])) == [
        (
            f"{PYTHON}/sum",
            ("storage", "input", "tables", 0, *place),
            "reads column contry of in.c-main.orders, which has no such column",
            "did you mean country?",
        )
    ]


def test_a_column_that_a_writer_of_the_table_names_may_come_with_its_next_run():
    reader = transformation("sum", reads=[read(columns=["brand"])])
    writer = transformation("make", writes=[written()], script='SELECT 1 AS "brand"')
    other = transformation("other", script='SELECT 1 AS "brand"')

    assert told(reader, writer) == []
    assert len(told(reader, other)) == 1


def test_who_reads_a_table_that_it_writes_itself_does_not_make_the_column_before_it_runs():
    item = transformation("sum", reads=[read(columns=["brand"])], writes=[written()])

    assert len(told(item)) == 1


def test_two_that_write_one_table_in_full_are_told_at_both_places():
    items = extractor("shop"), transformation("sum", writes=[written(primary_key=["id"])])

    assert found(*items) == [
        (
            f"{MYSQL}/shop",
            ("parameters", "outputTable"),
            f"writes {ORDERS} in full, and so does {PYTHON}/sum: each run drops what the other "
            "wrote",
            "load incrementally, or write different tables",
        ),
        (
            f"{PYTHON}/sum",
            ("storage", "output", "tables", 0, "destination"),
            f"writes {ORDERS} in full, and so does {MYSQL}/shop: each run drops what the other "
            "wrote",
            "load incrementally, or write different tables",
        ),
    ]


def test_one_that_writes_a_table_twice_is_told_so():
    (first, second) = told(transformation("sum", writes=[written(), written()]))

    assert first == second
    assert "and so does another mapping of its own" in first


def test_many_rivals_are_counted():
    rivals = [extractor(name) for name in "abcd"]

    assert f"and so does {MYSQL}/b (and 2 more)" in told(*rivals)[0]


def off(item):
    return replace(item, is_disabled=True)


@pytest.mark.parametrize(
    "items",
    [
        [extractor("shop"), extractor("more", incremental=True)],
        [extractor("shop", incremental=True), extractor("more", incremental=1)],
        [extractor("shop"), off(extractor("more"))],
        [extractor("shop", "in.{{ x }}.t"), extractor("more", "in.{{ x }}.t")],
        [extractor("shop", "orders"), extractor("more", "orders")],
    ],
    ids=["one incremental", "both incremental", "one disabled", "variables", "no bucket"],
)
def test_writers_that_do_not_overwrite_each_other_are_no_rivals(items):
    assert told(*items) == []


def test_the_rows_of_a_disabled_configuration_do_not_run():
    content = {"parameters": {"outputTable": ORDERS}}
    shop = off(config("shop", component=MYSQL))
    rows = [row(name, "shop", component=MYSQL, configuration=content) for name in "ab"]

    assert told(shop, *rows) == []
    assert len(told(config("shop", component=MYSQL), *rows)) == 2


@pytest.mark.parametrize(
    ("item", "path", "what"),
    [
        (
            transformation("sum", writes=[written(primary_key=["id", "day"])]),
            ("storage", "output", "tables", 0, "primary_key"),
            "the primary key id, day, but the table has the primary key id",
        ),
        (
            transformation("sum", writes=[written(primary_key=[])]),
            ("storage", "output", "tables", 0, "primary_key"),
            "no primary key, but the table has the primary key id",
        ),
        (
            extractor("shop", "in.c-main.typed", primaryKey=["a"]),
            ("parameters", "primaryKey"),
            "the primary key a, but the table has no primary key",
        ),
    ],
    ids=["another", "none", "extractor"],
)
def test_a_primary_key_that_is_not_the_tables_is_told(item, path, what):
    ((_, place, said, todo),) = found(item)

    assert (place, todo) == (path, "make them the same")
    assert said.endswith(what)


@pytest.mark.parametrize(
    "mapping",
    [
        written(primary_key=["id"]),
        written(),
        written(primary_key=["{{ key }}"]),
        written("out.c-x.new", primary_key=["x"]),
        written(primary_key=[], schema=[{"name": "id", "primary_key": True}]),
        written(primary_key="id"),
    ],
    ids=["the same", "not said", "variable", "new table", "schema", "no list"],
)
def test_a_primary_key_that_may_fit_is_none(mapping):
    assert told(transformation("sum", writes=[mapping])) == []


def test_without_tables_only_what_the_configurations_tell_is_told():
    items = (
        extractor("a", primaryKey=["x"]),
        extractor("b"),
        transformation("c", reads=[read("x.y")]),
    )

    assert len(told(*items, tables=None)) == 2


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, extractor("a"), True),
        (None, config("a"), False),
        (extractor("a"), extractor("a", query="SELECT 1"), False),
        (extractor("a"), extractor("a", incremental=True), True),
        (extractor("a"), extractor("a", "in.c-main.other"), True),
        (
            transformation("a", reads=[read()]),
            transformation("a", reads=[read(columns=["id"])]),
            True,
        ),
        (
            transformation("a", reads=[read()]),
            transformation("a", reads=[read()], script="x"),
            False,
        ),
    ],
)
def test_a_mapping_is_looked_at_again_when_it_changes(before, after, expected):
    assert maps_otherwise(before, after) is expected


PLACE = f"{PYTHON}/sum"
FILE = """name: Sum
configuration:
  storage:
    input:
      tables:
        - source: in.c-main.order
          destination: o.csv
"""
LIVE = {
    "components": [
        {
            "id": PYTHON,
            "configurations": [
                {"id": "sum", "name": "Sum", "configuration": {}},
                {"id": "other", "name": "Other", "configuration": {}},
            ],
        }
    ],
    "tables": [{"id": ORDERS, "columns": ["id"]}],
}
WARNING = (
    f"warning: {PLACE}/config.yaml:6:11: reads in.c-main.order, which does not exist, and no "
    "configuration produces it; did you mean in.c-main.orders?\n"
)


def warnings(result):
    """What stderr says, without notes."""
    lines = result.stderr.splitlines(keepends=True)
    return "".join(line for line in lines if line.startswith("warning: "))


def test_plan_and_validate_online_warn_with_file_and_line(start_workspace):
    workspace = start_workspace({f"{PLACE}/config.yaml": FILE}, LIVE)
    planned = workspace.kbsync("plan")
    checked = workspace.kbsync("validate", "--online")

    assert (warnings(planned), planned.exit_code) == (WARNING, 0)
    assert (warnings(checked), checked.exit_code) == (WARNING, 0)
    assert checked.stdout == "Valid: 1 configuration, 0 rows; 1 warning.\n"


def test_tables_are_asked_for_once_and_only_when_a_mapping_changes(start_workspace):
    workspace = start_workspace({f"{PLACE}/config.yaml": FILE}, LIVE)
    workspace.kbsync("plan")
    with_change = workspace.requests()
    workspace.kbsync("apply", "--auto-approve")
    workspace.forget_requests()
    workspace.write({f"{PLACE}/config.yaml": FILE.replace("Sum", "Total")})
    workspace.kbsync("plan")

    assert with_change.count("GET branch/default/tables") == 1
    assert [each for each in workspace.requests() if "tables" in each] == []


def test_when_tables_cannot_be_listed_the_plan_stands_and_that_is_said(start_workspace):
    workspace = start_workspace({f"{PLACE}/config.yaml": FILE}, LIVE)
    workspace.fault(method="GET", path="/tables", action="status", status=403)
    planned = workspace.kbsync("plan", "--detailed-exitcode")

    assert planned.exit_code == 2
    assert planned.stderr.startswith("Notice: mappings are not checked against the tables: GET ")
    assert "does not exist" not in planned.stderr


def test_what_a_branch_has_no_copy_of_is_read_from_the_default_branch(start_workspace):
    workspace = start_workspace({f"{PLACE}/config.yaml": FILE.replace(".order", ".orders")}, LIVE)
    made = workspace.storage("POST", "../../dev-branches", {"name": "dev"}).json()["id"]
    job = workspace.storage("GET", f"../../jobs/{made}").json()
    workspace.write(
        {"kbsync.yaml": f"version: 1\nenvironments: {{x: {{branch: {job['results']['id']}}}}}\n"}
    )
    planned = workspace.kbsync("plan")

    assert planned.stderr == ""
    assert "GET branch/default/tables" in workspace.requests()


def test_validate_online_knows_what_the_project_has(start_workspace):
    def referring(config_id):
        return f"name: S\nconfiguration: {{variables_id: '{config_id}'}}\n"

    variables = {"id": "keboola.variables", "configurations": [{"id": "v", "name": "V"}]}
    files = {
        "keboola.ex-http/a/config.yaml": referring("v"),
        "keboola.ex-http/b/config.yaml": referring("w"),
    }
    workspace = start_workspace(files, [variables])
    offline = workspace.kbsync("validate")
    online = workspace.kbsync("validate", "--online")

    assert len(warnings(offline).splitlines()) == 2
    assert warnings(online) == (
        "warning: keboola.ex-http/b/config.yaml:2:17: refers to keboola.variables/w, which is "
        "neither in the files nor in the project; correct the id, or remove the reference\n"
    )


def test_more_warnings_than_anybody_reads_are_counted(start_workspace):
    sources = "".join(f"        - source: in.c-gone.t{number}\n" for number in range(25))
    files = {f"{PLACE}/config.yaml": FILE + sources}
    planned = start_workspace(files, LIVE).kbsync("plan")

    assert planned.stderr.splitlines()[-1] == (
        "warning: 6 more of this kind; see validate --online"
    )


def test_the_plan_is_the_same_with_and_without_warnings(start_workspace):
    workspace = start_workspace({f"{PLACE}/config.yaml": FILE}, LIVE)
    warned = json.loads(workspace.kbsync("plan", "--format", "json").stdout)
    workspace.fault(method="GET", path="/tables", action="status", status=403)
    unwarned = json.loads(workspace.kbsync("plan", "--format", "json").stdout)

    assert warned == unwarned
    assert warned["steps"][0]["changes"][0]["configId"] == Key(PYTHON, "sum").config_id


@pytest.mark.parametrize("format_", ["markdown", "html"])
def test_a_report_for_reviewers_has_the_warnings_too(start_workspace, format_):
    workspace = start_workspace({f"{PLACE}/config.yaml": FILE}, LIVE)
    report = workspace.kbsync("plan", "--format", format_).stdout

    assert "Mappings that do not fit" in report
    assert "config.yaml:6:11: reads in.c-main.order, which does not exist" in report
