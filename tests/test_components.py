"""`kbsync components`, `kbsync new`, and what `kbsync validate` makes of schemas."""

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator

from kbsync.documents.validate import load_schema
from kbsync.tree.catalog import FOLDER

HTTP = "keboola.ex-http"
FTP = "keboola.ex-ftp"
PAGES = {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}}}
LIVE: list[dict[str, Any]] = [
    {
        "id": HTTP,
        "name": "Web pages",
        "type": "extractor",
        "version": 7,
        "configurationSchema": PAGES,
        "emptyConfiguration": {"parameters": {"url": "https://a.test"}},
        "configurations": [
            {"id": "a", "name": "A", "configuration": {"parameters": {"url": "https://a.test"}}}
        ],
    },
    {
        "id": FTP,
        "name": "Files",
        "flags": ["genericDockerUI-rows", "deprecated"],
        "documentationUrl": "https://docs.a.test/ftp",
        "configurationSchema": {"properties": {"port": {"type": "integer"}}},
        "configurationRowSchema": {"properties": {"mode": {"enum": ["full"]}}},
        "emptyConfigurationRow": {
            "parameters": {"mode": "full", "#key": "fake-suggestion", "#other": "!env HOME"}
        },
        "configurations": [],
    },
]
TWO_ENVIRONMENTS = "version: 1\ndefault_environment: prod\nenvironments: {prod: {}, dev: {}}\n"
NO_TOKEN = {"KEBOOLA_TOKEN": ""}


@pytest.fixture
def workspace(start_workspace):
    return start_workspace({f"{HTTP}/b/config.yaml": "name: B\n"}, LIVE)


def test_the_components_of_the_stack_are_listed_with_their_use(workspace):
    result = workspace.kbsync("components")

    assert result.stdout == (
        "component        name       type       flags                   in files  in project\n"
        "keboola.ex-ftp   Files      extractor  rows,schema,deprecated  -         -\n"
        "keboola.ex-http  Web pages  extractor  schema                  1         1\n"
    )
    assert workspace.requests() == ["GET ", "GET branch/default/components"]


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        (["HTTP"], [HTTP]),
        (["pages"], [HTTP]),
        (["ex-"], [FTP, HTTP]),
        (["--used"], [HTTP]),
        (["ftp", "--used"], []),
    ],
)
def test_the_list_is_limited_by_text_and_by_use(workspace, arguments, ids):
    listed = json.loads(workspace.kbsync("components", *arguments, "--format", "json").stdout)

    assert [each["id"] for each in listed["components"]] == ids


def test_a_list_of_none_says_so(workspace):
    result = workspace.kbsync("components", "ftp", "--used")

    assert result.stdout == "None of them is used, neither in the files nor in the project.\n"


def test_json_tells_all_that_a_program_may_ask_for(workspace):
    listed = json.loads(workspace.kbsync("components", "http", "--format", "json").stdout)

    assert listed == {
        "formatVersion": 1,
        "components": [
            {
                "id": HTTP,
                "name": "Web pages",
                "type": "extractor",
                "version": 7,
                "description": "",
                "documentationUrl": "",
                "flags": [],
                "inFiles": 1,
                "inProject": 1,
            }
        ],
    }


@pytest.mark.parametrize(
    ("arguments", "schema"),
    [([HTTP], PAGES), ([FTP, "--row"], LIVE[1]["configurationRowSchema"]), ([HTTP, "--row"], {})],
)
def test_a_schema_is_shown_as_it_was_published(workspace, arguments, schema):
    result = workspace.kbsync("components", "--schema", *arguments)

    assert json.loads(result.stdout) == schema
    assert ("publishes no such schema" in result.stderr) == (not schema)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ex-htp"], "Error: The stack has no component 'ex-htp'\nHint: Did you mean keb"),
        (["--schema", "zzz"], "component 'zzz'\nHint: kbsync components lists them all.\n"),
        (["--row"], "--row says which schema --schema shows"),
        (["http", "--schema", HTTP], "--schema shows one component"),
    ],
)
def test_what_cannot_be_meant_is_a_wrong_usage(workspace, arguments, message):
    result = workspace.kbsync("components", *arguments)

    assert message in result.stderr
    assert (result.exit_code, result.stdout) == (64, "")


@pytest.mark.parametrize("environment", [{}, NO_TOKEN], ids=["asked", "offline"])
def test_what_programs_get_is_as_the_published_schema_says(workspace, environment):
    workspace.kbsync("components")
    listed = json.loads(workspace.kbsync("components", "--format", "json", **environment).stdout)

    assert len(listed["components"]) == len(LIVE)
    Draft7Validator(load_schema("components")).validate(listed)


def test_offline_it_tells_what_the_stack_told_before(workspace):
    online = workspace.kbsync("components", "--format", "json").stdout
    workspace.forget_requests()
    result = workspace.kbsync("components", "--format", "json", **NO_TOKEN)

    assert result.stdout == online.replace('"inProject": 1', '"inProject": null').replace(
        '"inProject": 0', '"inProject": null'
    )
    assert "This is what the stack told before." in result.stderr
    assert workspace.requests() == []


def test_a_stack_that_fails_is_answered_for_by_what_it_told_before(workspace):
    workspace.kbsync("components")
    workspace.fault(method="GET", path=".*", action="status", status=500)
    result = workspace.kbsync("components", "http")

    assert "Not answered: " in result.stderr
    assert result.stdout.endswith("schema  1         ?\n")


@pytest.mark.parametrize(
    ("fault", "environment", "code"),
    [
        pytest.param({}, NO_TOKEN, 7, id="no token"),
        pytest.param({"action": "status", "status": 500}, {}, 8, id="the stack fails"),
        pytest.param({"action": "status", "status": 200, "body": "{}"}, {}, 8, id="no components"),
    ],
)
def test_without_anything_told_before_that_is_an_error(workspace, fault, environment, code):
    if fault:
        workspace.fault(method="GET", path=".*", **fault)

    assert workspace.kbsync("components", **environment).exit_code == code
    assert workspace.kbsync("new", FTP, "Orders", **environment).exit_code == code
    assert [*workspace.files()] == [f"{HTTP}/b/config.yaml"]


def test_files_that_are_not_valid_are_not_counted(workspace):
    workspace.write({f"{HTTP}/c/config.yaml": "nme: C\n"})
    result = workspace.kbsync("components", "http")

    assert "The files are not counted: 2 problems in them." in result.stderr
    assert result.stdout.endswith("schema  -         1\n")


# validate


def test_a_pull_gets_to_know_what_is_used_without_another_request(workspace):
    workspace.write({f"{HTTP}/b/config.yaml": "name: B\nconfiguration: {parameters: {url: 5}}\n"})
    before = workspace.kbsync("validate")
    workspace.kbsync("pull")
    requests = workspace.requests()
    after = workspace.kbsync("validate")

    assert before.stderr == (
        f"note: parameters of {HTTP} not checked: no schema here; `kbsync components` gets them\n"
    )
    assert after.stderr == (
        f"warning: {HTTP}/b/config.yaml:2:30: 'url' is the number 5; expected text, says the "
        f'schema of {HTTP}; write url: "5"\n'
    )
    assert after.stdout == "Valid: 2 configurations, 0 rows; 1 warning.\n"
    assert "GET " not in requests
    assert workspace.requests() == requests


def test_validate_strict_takes_warnings_for_problems(workspace):
    workspace.kbsync("components")
    result = workspace.kbsync("validate", "--strict")

    assert result.stderr == (
        f"{HTTP}/b/config.yaml:1:1: 'url' is missing, says the schema of {HTTP}; add it\n"
        "Error: 1 problem. Mend it and run this again.\nNothing was written.\n"
    )
    assert (result.exit_code, result.stdout) == (3, "")


def test_the_place_is_in_the_file_that_says_it(workspace):
    workspace.kbsync("components")
    workspace.write(
        {
            f"{FTP}/f/config.yaml": "name: F\nconfiguration:\n  parameters:\n    port: x\n",
            f"{FTP}/f/rows/r.yaml": "configuration:\n  parameters:\n\n    mode: part\n",
            f"{HTTP}/b/config.json": '{"name": "B",\n "configuration": {"parameters": {"url": 1}}}',
        }
    )
    (workspace.root / HTTP / "b" / "config.yaml").unlink()
    lines = workspace.kbsync("validate").stderr.splitlines()

    assert [line.partition(": ")[2].partition(": ")[0] for line in lines] == [
        f"{FTP}/f/config.yaml:4:5",
        f"{FTP}/f/rows/r.yaml:4:5",
        f"{HTTP}/b/config.json:2:35",
    ]


def test_the_place_is_in_the_overlay_that_says_it(workspace):
    workspace.kbsync("components")
    workspace.write(
        {
            "kbsync.yaml": TWO_ENVIRONMENTS,
            f"{HTTP}/b/config.yaml": "name: B\nconfiguration: {parameters: {url: u}}\n",
            f"{HTTP}/b/config.dev.yaml": "configuration:\n  parameters:\n    url: 5\n",
        }
    )
    prod, dev = (workspace.kbsync("validate", "--env", name).stderr for name in ("prod", "dev"))

    assert prod == ""
    assert workspace.kbsync("validate", "--all-envs").stderr == dev
    assert dev.startswith(f"warning: {HTTP}/b/config.dev.yaml:3:5: 'url' is the number 5;")


def test_a_schema_that_finds_fault_everywhere_is_told_three_times(workspace):
    workspace.kbsync("components")
    workspace.write({f"{HTTP}/c{n}/config.yaml": "name: C\n" for n in range(5)})
    result = workspace.kbsync("validate")

    assert len(result.stderr.splitlines()) == 3
    assert "; add it (3 more objects like this)\n" in result.stderr
    assert result.stdout == "Valid: 6 configurations, 0 rows; 3 warnings.\n"


def test_what_is_not_used_of_a_schema_is_noted_once(start_workspace):
    live = [{**LIVE[0], "configurationSchema": {"$ref": "https://a.test/"}}]
    workspace = start_workspace({f"{HTTP}/{n}/config.yaml": "name: B\n" for n in "bc"}, live)
    workspace.kbsync("components")

    assert workspace.kbsync("validate").stderr == (
        f"note: the schema of {HTTP} is not used as a whole: the reference 'https://a.test/' is "
        "not followed\n"
    )


# new


def test_a_new_configuration_starts_as_the_component_says(workspace):
    result = workspace.kbsync("new", FTP, "Orders, daily", "--row", "All of them", "--row", "Rest")
    files = {name: text.decode() for name, text in workspace.files().items() if FTP in name}

    assert files == {
        f"{FTP}/orders-daily/config.yaml": (
            "# Files: what `parameters` may hold is told by\n"
            "# kbsync components --schema keboola.ex-ftp\n"
            "# https://docs.a.test/ftp\n"
            "id: orders-daily\nname: Orders, daily\n"
            'description: ""\nconfiguration:\n  parameters: {}\n'
        ),
        **{
            f"{FTP}/orders-daily/rows/{id_}.yaml": (
                f'id: {id_}\nname: {name}\ndescription: ""\nconfiguration:\n'
                '  parameters:\n    mode: full\n    "#key": ""\n    "#other": ""\n'
            )
            for id_, name in (("all-of-them", "All of them"), ("rest", "Rest"))
        },
    }
    assert result.stdout.splitlines() == [f"  +  {name}" for name in files]
    assert f"Note: {FTP} is deprecated" in result.stderr
    assert workspace.kbsync("validate").exit_code == 0
    assert "Plan: 4 creates." in workspace.kbsync("plan").stdout


def test_a_new_configuration_can_be_applied(workspace):
    workspace.kbsync("new", HTTP, "Rates", "--folder", "exchange")
    workspace.kbsync("apply", "--auto-approve")
    made = workspace.storage("GET", f"components/{HTTP}/configs/exchange").json()

    assert made["name"] == "Rates"
    assert made["configuration"] == {"parameters": {"url": "https://a.test"}}


def test_what_is_known_needs_neither_stack_nor_token(workspace):
    workspace.kbsync("components")
    workspace.forget_requests()
    result = workspace.kbsync("new", HTTP, "Orders", **NO_TOKEN)

    assert (result.exit_code, workspace.requests()) == (0, [])
    assert f"{HTTP}/orders/config.yaml" in workspace.files()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param([HTTP, "B"], 4, f"There is already {HTTP}/b\n", id="a folder that is there"),
        pytest.param([HTTP, "x", "--folder", "B"], 4, f"already {HTTP}/B\n", id="in other case"),
        pytest.param([HTTP, "Own Id"], 4, f"There is already {HTTP}/elsewhere\n", id="an id"),
        pytest.param([HTTP, "?!"], 64, "No folder can be named after that", id="no name"),
        pytest.param([HTTP, "x", "--folder", "../x"], 64, "can be no folder", id="a way out"),
        pytest.param([HTTP, "x", "--folder", ".x"], 64, "can be no folder", id="hidden"),
        pytest.param([HTTP, "x", "--folder", "rows"], 64, "can be no folder", id="a word"),
        pytest.param(["keboola.ex-fttp", "x"], 64, f"Did you mean {FTP}", id="no component"),
    ],
)
def test_nothing_is_started_where_it_cannot_be(workspace, arguments, code, message):
    workspace.write({f"{HTTP}/elsewhere/config.yaml": "id: own-id\nname: E\n"})
    before = workspace.files()
    result = workspace.kbsync("new", *arguments)

    assert message in result.stderr
    assert (result.exit_code, workspace.files()) == (code, before)


def test_what_no_file_can_hold_is_refused(start_workspace):
    deep = {}
    for _ in range(150):
        deep = {"a": deep}
    workspace = start_workspace({}, [{**LIVE[0], "emptyConfiguration": deep}])
    result = workspace.kbsync("new", HTTP, "Orders")

    assert (result.exit_code, workspace.files()) == (4, {})


def test_rows_are_spoken_of_where_the_component_knows_none_or_needs_some(workspace):
    with_row = workspace.kbsync("new", HTTP, "Orders", "--row", "r").stderr
    without = workspace.kbsync("new", FTP, "Orders").stderr

    assert f"{HTTP} does not say that it has rows" in with_row
    assert f"what {FTP} does is said in rows" in without


def test_what_is_known_is_kept_out_of_git(workspace):
    workspace.kbsync("components")
    kept = [path.name for path in (workspace.root / FOLDER).iterdir()]

    assert len(kept) == 1
    assert (workspace.root / ".kbsync" / ".gitignore").read_text() == "*\n"
