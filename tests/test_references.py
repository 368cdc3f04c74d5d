"""References in plans and warnings, from the files and the project to what a person reads."""

import json

import pytest

from kbsync.change import Create, Delete, Rollback
from kbsync.graph.links import Dangling, Link
from kbsync.model import Key
from kbsync.plans.plan import deleted_by
from kbsync.tree.declared import Origin
from kbsync.tree.places import placed
from tests.builders import config, row

HTTP, FLOW = "keboola.ex-http", "keboola.flow"
TABLE = "in.c-main.orders"
WRITES = {"storage": {"output": {"tables": [{"source": "o.csv", "destination": TABLE}]}}}
READS = {"storage": {"input": {"tables": [{"source": TABLE}]}}}


def tasks(*config_ids):
    return {
        "phases": [],
        "tasks": [{"task": {"componentId": HTTP, "configId": each}} for each in config_ids],
    }


def file(name, configuration):
    return json.dumps({"name": name, "configuration": configuration}, indent=1)


LIVE = [
    {
        "id": HTTP,
        "configurations": [{"id": "orders", "name": "Orders", "configuration": WRITES}],
    },
    {
        "id": "keboola.snowflake-transformation",
        "configurations": [{"id": "revenue", "name": "Revenue", "configuration": READS}],
    },
    {
        "id": FLOW,
        "configurations": [{"id": "nightly", "name": "Nightly", "configuration": tasks("orders")}],
    },
]
FILES = {f"{HTTP}/orders/config.json": file("Orders 2", WRITES)}
IMPACT = {
    "readers": {
        TABLE: [
            {
                "componentId": "keboola.snowflake-transformation",
                "configId": "revenue",
                "name": "Revenue",
            }
        ]
    },
    "writers": {},
    "usedBy": [],
    "runBy": [{"componentId": FLOW, "configId": "nightly", "name": "Nightly"}],
    "schedules": [],
}


def planned(workspace, *arguments):
    return json.loads(workspace.kbsync("plan", "--format", "json", *arguments).stdout)


def test_the_impact_of_a_change_takes_no_more_requests(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    workspace.kbsync("apply", "--auto-approve")
    workspace.forget_requests()
    planned(workspace)
    without_changes = len(workspace.requests())
    workspace.write({f"{HTTP}/orders/config.json": file("Orders 3", WRITES)})
    workspace.forget_requests()
    (step,) = planned(workspace)["steps"]

    assert step["impact"] == IMPACT
    assert len(workspace.requests()) <= without_changes + 1


def test_what_is_out_of_scope_is_there_and_is_touched_all_the_same(start_workspace):
    flow = {f"{FLOW}/other/config.json": file("Other", tasks("orders"))}
    scope = {"kbsync.yaml": "version: 1\nscope: {include: ['keboola.flow/other']}\n"}
    workspace = start_workspace({**flow, **scope}, LIVE)
    found = planned(workspace)

    assert (found["dangling"], len(found["steps"])) == ([], 1)


def test_a_plan_for_some_objects_tells_of_their_references_only(start_workspace):
    flow = {f"{FLOW}/other/config.json": file("Other", tasks("gone"))}
    workspace = start_workspace({**FILES, **flow}, LIVE)

    assert planned(workspace, f"{HTTP}/*")["dangling"] == []
    assert [each["configId"] for each in planned(workspace)["dangling"]] == ["other"]


def test_json_tells_where_a_lost_reference_stands(start_workspace):
    flow = {f"{FLOW}/other/config.json": file("Other", tasks("gone"))}

    assert planned(start_workspace(flow, LIVE))["dangling"] == [
        {
            "componentId": FLOW,
            "configId": "other",
            "path": ["tasks", 0, "task", "configId"],
            "target": {"componentId": HTTP, "configId": "gone"},
            "isDeleted": False,
            "file": f"{FLOW}/other/config.json",
            "line": 9,
            "column": 6,
        }
    ]


def test_a_rollback_has_an_impact_and_lost_references(start_workspace):
    workspace = start_workspace({}, LIVE)
    old = {"configuration": json.dumps(tasks("gone"))}
    new = {"configuration": json.dumps(tasks("orders"))}
    for body in (old, new):
        answer = workspace.storage("PUT", f"components/{FLOW}/configs/nightly", body)
        assert answer.ok
    workspace.forget_requests()
    result = workspace.kbsync("rollback", f"{FLOW}/nightly", "--to-version", "2", "--auto-approve")

    assert result.exit_code == 0, result.output
    assert f"warning: {FLOW}/nightly: refers to {HTTP}/gone, which is neither" in result.stderr


@pytest.mark.parametrize(("count", "more"), [(20, 0), (21, 1)])
def test_not_more_warnings_than_a_person_reads(start_workspace, count, more):
    lost = [f"gone-{number}" for number in range(count)]
    flow = {f"{FLOW}/other/config.json": file("Other", tasks(*lost))}
    told = start_workspace(flow, LIVE).kbsync("plan").stderr.splitlines()
    warnings = [line for line in told if line.startswith("warning: ")]

    assert len(warnings) == 20 + more
    assert (warnings[-1] == "warning: 1 more of this kind; see --format json") is bool(more)


def test_what_a_tag_pulls_in_does_not_hide_where_a_reference_stands(start_workspace):
    text = "name: T\nconfiguration:\n  x: !file code/a.sql\n  variables_id: gone\n"
    component = "keboola.snowflake-transformation"
    files = {f"{component}/t/config.yaml": text, f"{component}/t/code/a.sql": "SELECT 1"}
    result = start_workspace(files).kbsync("validate")

    assert (result.exit_code, result.stdout) == (
        0,
        "Valid: 1 configuration, 0 rows; 1 warning.\n",
    )
    assert f"\nwarning: {component}/t/config.yaml:4:3: refers to " in result.stderr


def test_a_place_is_not_known_when_the_file_has_gone(tmp_path):
    key = Key(FLOW, "f")
    lost = Dangling(link=Link(key, ("x",), Key(HTTP, "gone")))
    origins = {key: Origin(folder=f"{FLOW}/f", file=f"{FLOW}/f/config.yaml")}

    (found,) = placed([lost], origins, tmp_path)
    assert (found.file, found.line, found.column) == (f"{FLOW}/f/config.yaml", 0, 0)


def test_what_changes_delete_includes_rows_and_what_a_rollback_deletes():
    gone, lost, new = config("gone"), row("lost"), config("new")
    own_row = gone.key.row("r")
    rollback = Rollback(lost.key.config, 2, (Delete(lost),))

    assert deleted_by([Delete(gone, (own_row,)), rollback, Create(new)]) == {
        gone.key,
        own_row,
        lost.key,
    }
