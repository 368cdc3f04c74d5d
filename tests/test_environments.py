"""One tree for several projects: variables, and files that lie over others."""

from __future__ import annotations

import json

import pytest

from kbsync.documents.validate import load_schema
from kbsync.model import Key, Resource
from kbsync.settings import load_settings
from kbsync.tree.load import load_tree
from tests.trees import problems_of, write_tree

SETTINGS = """\
version: 1
default_environment: prod
environments:
  prod:
    variables: {host: db-2, port: 5432, is_on: true, tables: [a, b], empty: null}
  dev:
    variables:
      host: db-dev
      only_dev: 1
      rate: 0.5
      password: fake plain text
      deep: {"#key": fake plain text}
"""
CONFIG = "keboola.x/a/config.yaml"
DEV = "keboola.x/a/config.dev.yaml"
ROW = "keboola.x/a/rows/r.yaml"
ROW_DEV = "keboola.x/a/rows/r.dev.yaml"
KEY = Key("keboola.x", "a")


def load(root, environment=None):
    settings = load_settings(root, environment=environment, environ={})
    return load_tree(root, environments=settings.environments)


def loaded(tmp_path, files, environment=None):
    return load(write_tree(tmp_path, {"kbsync.yaml": SETTINGS, **files}), environment)


def problems(tmp_path, files, environment=None):
    write_tree(tmp_path, {"kbsync.yaml": SETTINGS, **files})
    return problems_of(load, tmp_path, environment)


def test_a_variable_is_any_value_of_the_environment(tmp_path):
    text = (
        "name: !var host\ndescription: !format 'On ${host}'\nmetadata: {k: !var host}\n"
        "configuration: {port: !var port, list: [!var tables], on: !var is_on, none: !var empty}\n"
    )

    assert loaded(tmp_path, {CONFIG: text}).resources == {
        KEY: Resource(
            key=KEY,
            name="db-2",
            description="On db-2",
            metadata={"k": "db-2"},
            configuration={"port": 5432, "list": [["a", "b"]], "on": True, "none": None},
        )
    }


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("https://${host}:${port}/x", "https://db-2:5432/x"),
        ("${is_on}${host}", "truedb-2"),
        ("$${host} $host {{ host }} {host} $", "${host} $host {{ host }} {host} $"),
        ("$$${host}", "$${host}"),
        ("", ""),
    ],
)
def test_only_names_in_braces_are_filled_in(tmp_path, text, filled):
    tree = loaded(tmp_path, {CONFIG: f'name: A\nconfiguration: {{a: !format "{text}"}}\n'})

    assert tree.resources[KEY].configuration == {"a": filled}


def test_nothing_is_filled_in_without_a_tag(tmp_path):
    tree = loaded(
        tmp_path,
        {
            CONFIG: 'name: A\nconfiguration: {a: "${host}", b: !file code/b.txt}\n',
            "keboola.x/a/code/b.txt": "${host}",
        },
    )

    assert tree.resources[KEY].configuration == {"a": "${host}", "b": "${host}"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            "a: !var hots",
            "the environment 'prod' has no variable 'hots'; did you mean 'host'?",
            id="a slip",
        ),
        pytest.param(
            "a: !var only_dev",
            "the environment 'prod' has no variable 'only_dev'; "
            "define it under environments.prod.variables",
            id="of another environment",
        ),
        pytest.param(
            "a: !format '${hots}/x'",
            "the environment 'prod' has no variable 'hots'; did you mean 'host'?",
            id="a slip in a text",
        ),
        pytest.param(
            "a: !format '${tables}'",
            "the variable 'tables' is no text and no number, which a text can hold; "
            "use !var, or another variable",
            id="a list in a text",
        ),
        pytest.param(
            "a: !format '${empty}'",
            "the variable 'empty' is no text and no number, which a text can hold; "
            "use !var, or another variable",
            id="null in a text",
        ),
        pytest.param(
            "a: !format 'x ${host'",
            "`${` without a `}` behind it; close it, or write $${ for ${",
            id="not closed",
        ),
    ],
)
def test_a_variable_without_a_value_is_told_where_it_is_used(tmp_path, text, problem):
    assert problems(tmp_path, {CONFIG: f"name: A\nconfiguration:\n  {text}\n"}) == [
        f"{CONFIG}:3:6: {problem}"
    ]


def test_where_a_variable_has_no_value_nothing_else_is_wrong(tmp_path):
    text = "name: A\nisDisabled: !var off\nmetadata: !var x\nresetstate: x\n"

    assert [each.partition(";")[0] for each in problems(tmp_path, {CONFIG: text})] == [
        f"{CONFIG}:2:13: the environment 'prod' has no variable 'off'",
        f"{CONFIG}:3:11: the environment 'prod' has no variable 'x'",
        f"{CONFIG}:4:1: unknown key 'resetstate'",
    ]


def test_a_value_of_a_variable_is_checked_as_any_other(tmp_path):
    assert problems(tmp_path, {CONFIG: "name: !var port\n"}) == [
        f"{CONFIG}:1:1: 'name' is the number 5432; expected text; write name: \"5432\""
    ]


def test_without_environments_there_are_no_variables(tmp_path):
    write_tree(tmp_path, {CONFIG: "name: !var host\n"})

    assert problems_of(load_tree, tmp_path) == [
        f"{CONFIG}:1:7: there is no variable 'host', because no environment is defined; "
        "define one in kbsync.yaml, or write the value here"
    ]


@pytest.mark.parametrize(
    ("text", "place", "variable"),
    [
        ('"#p": !var password', "3:3: plain text under '#p'", "'password' (kbsync.yaml:11)"),
        ('"#p": !format "x${host}"', "3:3: plain text under '#p'", "'host' (kbsync.yaml:8)"),
        ("a: !var deep", "3:3: plain text under '#key'", "'deep' (kbsync.yaml:12)"),
    ],
)
def test_a_plain_secret_in_a_variable_is_refused_where_it_is_used(tmp_path, text, place, variable):
    files = {CONFIG: f"name: A\nconfiguration:\n  {text}\n"}

    assert problems(tmp_path, files, "dev") == [
        f"{CONFIG}:{place}, where a secret belongs; it comes from the variable {variable}; "
        "put ciphertext (KBC::...) or `!env NAME` here"
    ]


def test_variables_hold_no_tags(tmp_path):
    text = SETTINGS.replace("host: db-dev", "host: !var x")

    assert problems(tmp_path, {"kbsync.yaml": text}) == [
        "kbsync.yaml:8:13: !var is not possible in this file; write the value here"
    ]


@pytest.mark.parametrize(
    ("text", "place"), [("id: !var host", "2:5"), ("rowsSortOrder: [!var host]", "2:17")]
)
def test_ids_are_the_same_in_all_environments(tmp_path, text, place):
    found = problems(tmp_path, {CONFIG: f"name: A\n{text}\n", "keboola.x/a/rows/db-2.yaml": "{}"})

    assert found == [
        f"{CONFIG}:{place}: `!var` where objects are named; they are the same in all "
        "environments; write the id here"
    ]


BASE = """\
id: "7"
name: A
description: base
isDisabled: true
rowsSortOrder: [r]
metadata: {k: base, m: base}
configuration:
  parameters:
    db: {host: prod, port: 1}
    list: [1, 2]
    gone: 1
  runtime: {a: 1}
"""
OVER = """\
description: dev
metadata: {k: dev}
isDisabled: false
configuration:
  parameters:
    db: {host: !var host}
    list: [3]
    gone: !remove
    new: !format "${host}/x"
  runtime: []
"""


def test_an_overlay_counts_in_its_environment_only(tmp_path):
    files = {CONFIG: BASE, DEV: OVER, ROW: "name: R\n", ROW_DEV: "name: R of dev\n"}
    key = Key("keboola.x", "7")

    assert loaded(tmp_path, files).resources[key].configuration["runtime"] == {"a": 1}
    assert loaded(tmp_path, files, "dev").resources == {
        key: Resource(
            key=key,
            name="A",
            description="dev",
            rows_sort_order=("r",),
            metadata={"k": "dev", "m": "base"},
            configuration={
                "parameters": {
                    "db": {"host": "db-dev", "port": 1},
                    "list": [3],
                    "new": "db-dev/x",
                },
                "runtime": [],
            },
        ),
        key.row("r"): Resource(key=key.row("r"), name="R of dev", configuration={}),
    }


def test_both_may_be_json_or_yaml(tmp_path):
    files = {
        "keboola.x/a/config.json": '{"name": "A", "configuration": {"a": {"b": 1, "c": 1}}}',
        "keboola.x/a/config.dev.json": '{"configuration": {"a": {"b": 2}}}',
        "keboola.x/a/rows/r.json": "{}",
        ROW_DEV: "configuration: {a: !var host}\n",
    }
    found = loaded(tmp_path, files, "dev").resources

    assert found[KEY].configuration == {"a": {"b": 2, "c": 1}}
    assert found[KEY.row("r")].configuration == {"a": "db-dev"}


def test_texts_may_be_other_ones(tmp_path):
    tree = loaded(
        tmp_path,
        {
            CONFIG: "name: A\nconfiguration: {a: !file code/a.txt, b: !file code/b.txt}\n",
            DEV: "configuration: {a: !file code/a.dev.txt}\n",
            "keboola.x/a/config.prod.yaml": "configuration: {b: !file code/b.prod.txt}\n",
            "keboola.x/a/code/a.txt": "a",
            "keboola.x/a/code/a.dev.txt": "dev",
            "keboola.x/a/code/b.txt": "b",
            "keboola.x/a/code/b.prod.txt": "prod",
        },
        "dev",
    )

    assert tree.resources[KEY].configuration == {"a": "dev", "b": "b"}
    assert [each.file for each in tree.origins[KEY].references] == [
        "keboola.x/a/code/b.txt",
        "keboola.x/a/code/a.dev.txt",
    ]
    assert tree.overlaid == {
        DEV: {"keboola.x/a/code/a.dev.txt"},
        "keboola.x/a/config.prod.yaml": {"keboola.x/a/code/b.prod.txt"},
    }


def test_the_description_of_an_overlay_wins_over_the_file(tmp_path):
    files = {CONFIG: "name: A\n", DEV: "description: dev\n", "keboola.x/a/description.md": "md\n"}

    assert loaded(tmp_path, files).resources[KEY].description == "md"
    assert loaded(tmp_path, files, "dev").resources[KEY].description == "dev"


def test_a_row_without_one_to_lie_over_is_a_row_if_it_says_so(tmp_path):
    files = {CONFIG: "name: A\n", ROW_DEV: "id: x\n", "keboola.x/a/rows/r.old.yaml": "{}"}

    assert [*loaded(tmp_path, files, "dev").resources] == [KEY, KEY.row("r.old"), KEY.row("x")]


ENDS = "correct the name; if this is a row of its own, give it an `id`"
BROKEN = {
    "a row that may have been meant as an overlay": (
        {ROW_DEV: "{}", "keboola.x/a/rows/s.yaml": "{}"},
        [
            f"{ROW_DEV}:1:1: 'dev' is an environment, and there is no row file r.yaml for this to "
            f"lie over; {ENDS}"
        ],
    ),
    "a row that may be a slip": (
        {ROW: "{}", "keboola.x/a/rows/r.dve.yaml": "{}", "keboola.x/a/rows/r.old.yaml": "{}"},
        [
            "keboola.x/a/rows/r.dve.yaml:1:1: 'dve' is no environment, so this is a row of its "
            "own; did you mean r.dev.yaml? If not, give it an `id`"
        ],
    ),
    "an overlay with an id": (
        {DEV: 'id: "8"\n', ROW: "{}", ROW_DEV: "id: x\n"},
        [
            f"{file}:1:1: 'id' does not belong here; objects have the same id in every "
            "environment: leave it out, or rename this file if it is an object of its own"
            for file in (DEV, ROW_DEV)
        ],
    ),
    "an environment that is misspelt": (
        {"keboola.x/a/config.dve.yaml": "name: A\n"},
        [
            "keboola.x/a/config.dve.yaml: this would be for the environment 'dve', which is not "
            "defined; did you mean 'dev'?"
        ],
    ),
    "names that are not read": (
        {"keboola.x/a/config.dev.yml": "", "keboola.x/a/Config.prod.YAML": ""},
        [
            f"keboola.x/a/{name}: this name is not read; files are called config.yaml, "
            f"config.json, <row>.yaml, <row>.json; rename it to {right}"
            for name, right in (
                ("Config.prod.YAML", "config.prod.yaml"),
                ("config.dev.yml", "config.dev.yaml"),
            )
        ],
    ),
    "two for one environment": (
        {DEV: "name: A\n", "keboola.x/a/config.dev.json": '{"name": "A"}'},
        [
            f"{DEV}: there is also keboola.x/a/config.dev.json; an environment has one of them; "
            "remove one"
        ],
    ),
    "nothing to lie over": (
        {"keboola.x/b/config.dev.yaml": "name: B\n"},
        [
            "keboola.x/b/config.dev.yaml: this lies over a config.yaml, and there is none beside "
            "it; add that, or let this be it, which counts in every environment"
        ],
    ),
    "nothing to take away": (
        {DEV: "configuration: {a: {b: !remove }, c: !remove }\n"},
        [
            f"{DEV}:1:{column}: `!remove` of '{key}', which {CONFIG} does not have; remove this "
            "line, or correct the key"
            for column, key in ((24, "b"), (38, "c"))
        ],
    ),
    "a name that is taken away": (
        {DEV: "name: !remove\n"},
        [f"{DEV}:1:1: 'name' is missing; add it: what people call it"],
    ),
    "taking away without anything below": (
        {CONFIG: "name: A\nconfiguration: {a: !remove }\n"},
        [f"{CONFIG}:2:20: `!remove` in a file that lies over no other; remove the key itself"],
    ),
    "a row that is not there": (
        {DEV: "rowsSortOrder: [s]\n", ROW: "{}"},
        [
            f"{DEV}:1:17: there is no row 's'; expected the ids of rows in rows/; "
            "remove it or add the row"
        ],
    ),
    "a secret that only both together show": (
        {
            CONFIG: 'name: A\nconfiguration: {v: {name: "#x", value: "!env DB"}}\n',
            DEV: "configuration: {v: {value: fake plain text}}\n",
        },
        [
            f"{DEV}:1:21: plain text under 'value', where a secret belongs; "
            "put ciphertext (KBC::...) or `!env NAME` here"
        ],
    ),
    "no secret to be named": (
        {DEV: "configuration: {v: !env DB}\n"},
        [
            f"{DEV}:1:20: `!env` where no secret belongs; in a configuration it may stand under a "
            "`#key`; write the value here, or let the key start with `#`"
        ],
    ),
    "no mapping": (
        {DEV: "[1]\n"},
        [
            f"{DEV}:1:1: the file is a list; expected a mapping (key: value); "
            "start it with a line such as `name: Orders`"
        ],
    ),
}


@pytest.mark.parametrize(("files", "expected"), BROKEN.values(), ids=BROKEN)
def test_what_is_wrong_with_an_overlay_is_told(tmp_path, files, expected):
    assert problems(tmp_path, {CONFIG: "name: A\n", **files}, "dev") == sorted(expected)


def test_overlays_of_other_environments_are_checked_as_far_as_they_go_alone(tmp_path):
    files = {
        CONFIG: "name: A\n",
        DEV: "nmae: A\nconfiguration: {'#p': fake plain text, a: !var hots, b: !remove }\n",
    }

    assert problems(tmp_path, files) == [
        f"{DEV}:1:1: unknown key 'nmae'; expected one of name, description, isDisabled, "
        "rowsSortOrder, resetState, metadata, configuration; did you mean 'name'?",
        f"{DEV}:2:17: plain text under '#p', where a secret belongs; "
        "put ciphertext (KBC::...) or `!env NAME` here",
        f"{DEV}:2:43: the environment 'dev' has no variable 'hots'; did you mean 'host'?",
    ]


def test_a_variable_that_an_overlay_replaces_need_not_have_a_value(tmp_path):
    files = {
        CONFIG: "name: A\nconfiguration: {a: !var only_prod, b: !var tables}\n",
        DEV: "configuration: {a: 1, b: !remove }\n",
    }

    assert loaded(tmp_path, files, "dev").resources[KEY].configuration == {"a": 1}


def test_secrets_may_be_split_between_both(tmp_path):
    files = {
        CONFIG: 'name: A\nconfiguration: {v: {name: "#x", value: "!env DB"}}\n',
        DEV: "configuration: {v: {value: !env DB}}\n",
    }

    assert loaded(tmp_path, files, "dev").resources[KEY].configuration == {
        "v": {"name": "#x", "value": "!env DB"}
    }


def test_a_data_file_that_looks_like_an_overlay_may_be_pulled_in(tmp_path):
    files = {
        CONFIG: "name: A\nconfiguration: {a: !file config.sample.json}\n",
        "keboola.x/a/config.sample.json": "{}",
    }

    assert loaded(tmp_path, files).resources[KEY].configuration == {"a": "{}"}


def test_where_the_settings_are_broken_nothing_is_said_of_environments(start_workspace):
    workspace = start_workspace(
        {
            "kbsync.yaml": "version: 1\nenviroments: {}\n",
            CONFIG: "name: !var host\n",
            DEV: "nmae: x\n",
            ROW: "naem: x\n",
            ROW_DEV: "nmae: x\n",
        }
    )
    result = workspace.kbsync("validate")

    assert [line.split(";")[0] for line in result.stderr.splitlines()[:3]] == [
        "kbsync.yaml:2:1: unknown key 'enviroments'",
        f"{ROW}:1:1: unknown key 'naem'",
        "Error: 2 problems. Mend them and run this again.",
    ]


def test_the_name_of_an_environment_can_be_part_of_a_file_name(tmp_path):
    text = "version: 1\nenvironments:\n  eu/prod: {}\n  a.b: {}\n"

    assert problems(
        tmp_path, {"kbsync.yaml": text.replace("1\n", "1\ndefault_environment: a.b\n")}
    ) == [
        f"kbsync.yaml:{line}:3: '{name}' cannot name an environment, because it is part of file "
        "names; use letters, digits, - and _"
        for line, name in ((4, "eu/prod"), (5, "a.b"))
    ]


def test_environments_have_names_that_every_file_system_tells_apart(tmp_path):
    text = "version: 1\ndefault_environment: prod\nenvironments:\n  prod: {}\n  Prod: {}\n"

    assert problems(tmp_path, {"kbsync.yaml": text}) == [
        "kbsync.yaml:5:3: for many file systems 'Prod' is the same name as 'prod'; "
        "choose another one"
    ]


def test_the_environment_may_be_named_before_or_behind_the_command(start_workspace):
    workspace = start_workspace(
        {"kbsync.yaml": SETTINGS, CONFIG: "name: A\nconfiguration: {a: !var only_dev}\n"}
    )
    codes = [
        workspace.kbsync(*arguments).exit_code
        for arguments in (
            ("validate",),
            ("validate", "--env", "dev"),
            ("--env", "dev", "validate"),
            ("--env", "dev", "validate", "--env", "dev"),
            ("--env", "prod", "validate", "--env", "dev"),
        )
    ]

    assert codes == [3, 0, 0, 0, 64]


def test_the_files_may_be_checked_for_all_environments_at_once(start_workspace):
    workspace = start_workspace(
        {"kbsync.yaml": SETTINGS, CONFIG: "name: A\nconfiguration: {a: !var only_dev}\n"}
    )
    chosen, every = (
        workspace.kbsync("validate", "--env", "dev", *more) for more in ((), ("--all-envs",))
    )
    workspace.write({CONFIG: "name: !var host\n"})

    assert (chosen.exit_code, every.exit_code) == (0, 3)
    assert "the environment 'prod' has no variable 'only_dev'" in every.stderr
    assert workspace.kbsync("validate", "--all-envs").stdout == (
        "Valid for prod, dev: 1 configuration, 0 rows.\n"
    )


def test_encrypting_takes_the_overlays_of_the_environment_along(start_workspace):
    plain = 'configuration: {"#p": fake plain text, b: !remove , c: !var host}\n'
    workspace = start_workspace(
        {
            "kbsync.yaml": SETTINGS,
            CONFIG: "name: A\nconfiguration: {b: 1}\n",
            DEV: plain,
            "keboola.x/a/config.prod.yaml": plain,
        }
    )
    result = workspace.kbsync("encrypt", "--env", "dev")

    assert result.stdout == f"{DEV}:1:17: '#p'\nEncrypted 1 secret in 1 file.\n"
    assert workspace.files()["keboola.x/a/config.prod.yaml"].decode() == plain
    assert workspace.files()[DEV].decode().startswith('configuration: {"#p": KBC::')
    assert workspace.files()[DEV].decode().endswith(", b: !remove , c: !var host}\n")


def test_a_check_finds_plain_text_in_the_overlays_of_every_environment(start_workspace):
    plain = 'configuration: {"#p": fake plain text}\n'
    workspace = start_workspace({"kbsync.yaml": SETTINGS, CONFIG: "name: A\n", DEV: plain})
    result = workspace.kbsync("encrypt", "--check")

    assert (result.exit_code, result.stdout) == (
        2,
        f"{DEV}:1:17: '#p'\n1 secret in plain text.\n",
    )


def test_a_plan_says_which_of_several_environments_it_is_for(start_workspace):
    workspace = start_workspace({"kbsync.yaml": SETTINGS, CONFIG: "name: A\n"})

    assert workspace.kbsync("plan", "--env", "dev").stdout.splitlines()[1] == (
        "Files    project, not in git, environment dev"
    )


@pytest.mark.parametrize("kind", ["configuration", "row"])
def test_an_overlay_may_say_what_its_file_may_but_for_the_id(kind):
    own, over = load_schema(kind), load_schema(f"{kind}-overlay")

    assert rules(over["properties"]) == rules(own["properties"]) - rules(
        {"id": own["properties"]["id"]}
    )
    assert rules(over["patternProperties"]) - rules(own["patternProperties"]) == {
        '^id$: {"not": {}}'
    }
    assert "required" not in over


ID, NO_ID = 'id: {"type": "string", "minLength": 1}', '^id$: {"not": {}}'


def rules(schemas):
    """The rules for each key, without the words for people."""
    told = ("default", "description", "examples")
    return {
        f"{key}: {json.dumps({word: rule for word, rule in schema.items() if word not in told})}"
        for key, schema in schemas.items()
    }


def test_a_reference_is_told_where_it_stands_in_either_file(start_workspace):
    component = "keboola.snowflake-transformation"
    workspace = start_workspace(
        {
            "kbsync.yaml": SETTINGS,
            f"{component}/t/config.yaml": (
                "name: T\nconfiguration:\n  variables_id: one\n  shared_code_id: two\n"
            ),
            f"{component}/t/config.dev.yaml": "configuration:\n  shared_code_id: three\n",
        }
    )
    said = workspace.kbsync("validate", "--env", "dev").stderr

    assert [line.split(",")[0] for line in said.splitlines() if line.startswith("warning")] == [
        f"warning: {component}/t/config.dev.yaml:2:3: refers to keboola.shared-code/three",
        f"warning: {component}/t/config.yaml:3:3: refers to keboola.variables/one",
    ]


def test_a_plan_shows_the_lines_of_the_text_that_the_overlay_pulls_in(start_workspace):
    files = {
        "kbsync.yaml": SETTINGS,
        CONFIG: "name: A\nconfiguration: {sql: !file code/a.sql}\n",
        DEV: "configuration: {sql: !file code/a.dev.sql}\n",
        "keboola.x/a/code/a.sql": "SELECT 1;\nSELECT 2;\n",
        "keboola.x/a/code/a.dev.sql": "-- dev\nSELECT 1;\nSELECT 2;\n",
    }
    workspace = start_workspace(files)
    workspace.kbsync("apply", "--auto-approve", "--env", "dev")
    workspace.write({"keboola.x/a/code/a.dev.sql": "-- dev\nSELECT 1;\nSELECT 3;\n"})
    shown = [line.strip() for line in workspace.kbsync("plan", "--env", "dev").stdout.splitlines()]
    start = shown.index("sql   keboola.x/a/code/a.dev.sql")

    assert shown[start + 1 : start + 6] == [
        "@@ -1,3 +1,3 @@",
        "-- dev",
        "SELECT 1;",
        "-SELECT 2;",
        "+SELECT 3;",
    ]
