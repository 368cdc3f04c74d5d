from __future__ import annotations

import pytest

from kbsync.errors import UsageError
from kbsync.policy import IgnoreRule, Limits, Scope
from kbsync.selectors import parse
from kbsync.settings import Settings, load_settings
from kbsync.tree.environments import NO_ENVIRONMENTS, Environments, Home
from tests.trees import problems_of, write_tree

FULL = """\
version: 1
default_environment: prod
environments:
  prod:
    stack: connection.keboola.com
    project: 8341
    variables: {db_host: db-2.internal}
  dev:
    stack: http://127.0.0.1:8080/
    branch: 1234
    token_env: DEV_TOKEN
scope: {include: ["keboola.*"], exclude: ["keboola.sandboxes/*"]}
protect: ["keboola.wr-db-snowflake/*"]
ignore:
  - {in: "keboola.ex-*/*", path: parameters.lastRun}
limits: {deletes: 0}
"""


def load(root, *, environment=None, **environ):
    return load_settings(root, environment=environment, environ=environ)


def settings_problems(tmp_path, text, *, name="kbsync.yaml", environment=None, **environ):
    write_tree(tmp_path, {name: text})
    return problems_of(load, tmp_path, environment=environment, **environ)


def test_without_a_settings_file_all_are_defaults(tmp_path):
    settings = load(tmp_path)

    assert settings == Settings(
        root=tmp_path,
        environment="",
        stack="",
        project_id=None,
        branch="default",
        token_env="KEBOOLA_TOKEN",
        environments=NO_ENVIRONMENTS,
        scope=Scope(include=(parse("*"),), exclude=()),
        protect=(),
        ignore=(),
        limits=Limits(deletes=5, updates=200, resets=3),
    )


def test_everything_a_settings_file_can_say(tmp_path):
    write_tree(tmp_path, {"kbsync.yaml": FULL})

    assert load(tmp_path) == Settings(
        root=tmp_path,
        environment="prod",
        stack="https://connection.keboola.com",
        project_id=8341,
        branch="default",
        token_env="KEBOOLA_TOKEN",
        environments=Environments(
            chosen="prod",
            default="prod",
            variables={"prod": {"db_host": "db-2.internal"}, "dev": {}},
            homes={
                "prod": Home(stack="https://connection.keboola.com", project_id=8341),
                "dev": Home(stack="http://127.0.0.1:8080"),
            },
        ),
        scope=Scope(include=(parse("keboola.*"),), exclude=(parse("keboola.sandboxes/*"),)),
        protect=(parse("keboola.wr-db-snowflake/*"),),
        ignore=(IgnoreRule(selector=parse("keboola.ex-*/*"), path=("parameters", "lastRun")),),
        limits=Limits(deletes=0, updates=200, resets=3),
    )


def test_the_environment_of_the_command_line_wins(tmp_path):
    write_tree(tmp_path, {"kbsync.yaml": FULL})

    settings = load(tmp_path, environment="dev")

    assert (settings.environment, settings.stack) == ("dev", "http://127.0.0.1:8080")
    assert (settings.project_id, settings.branch, settings.token_env) == (None, "1234", "DEV_TOKEN")


@pytest.mark.parametrize("text", ["version: 1\n", FULL])
def test_the_stack_of_the_process_environment_wins(tmp_path, text):
    write_tree(tmp_path, {"kbsync.yaml": text})

    settings = load(tmp_path, KEBOOLA_STACK_URL="other.keboola.com/v2/storage/")

    assert settings.stack == "https://other.keboola.com"
    assert settings.required_stack() == "https://other.keboola.com"


def test_a_stack_variable_that_is_empty_says_nothing(tmp_path):
    write_tree(tmp_path, {"kbsync.yaml": FULL})

    assert load(tmp_path, KEBOOLA_STACK_URL=" ").stack == "https://connection.keboola.com"


def test_the_only_environment_needs_no_default(tmp_path):
    write_tree(tmp_path, {"kbsync.yaml": "version: 1\nenvironments: {only: {branch: default}}\n"})

    assert load(tmp_path).environment == "only"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("kbsync.yml", "version: 1\nlimits: {deletes: 7}\n"),
        ("kbsync.json", '{"version": 1, "limits": {"deletes": 7.0}}'),
    ],
)
def test_other_endings_are_read_too(tmp_path, name, text):
    write_tree(tmp_path, {name: text})

    deletes = load(tmp_path).limits.deletes

    assert (deletes, type(deletes)) == (7, int)


def test_a_stack_is_only_required_when_it_is_needed(tmp_path):
    write_tree(tmp_path, {"kbsync.yaml": "version: 1\nenvironments: {dev: {project: 1}}\n"})

    assert problems_of(load(tmp_path).required_stack) == [
        "kbsync.yaml: no stack is set; expected an address such as https://connection.keboola.com; "
        "write it under environments.dev.stack, or set $KEBOOLA_STACK_URL"
    ]


ENVIRONMENT_KEYS = "stack, project, branch, token_env, variables"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        pytest.param("", ["1:1: the file is empty"], id="empty file"),
        pytest.param("a: [\n", ["2:1: "], id="not YAML"),
        pytest.param(
            "- 1",
            [
                "1:1: the file is a list; expected a mapping (key: value); "
                "start it with a line such as `version: 1`"
            ],
            id="a list",
        ),
        pytest.param(
            "protect: []\n", ["1:1: 'version' is missing; add version: 1"], id="no version"
        ),
        pytest.param(
            "version: 2\n", ["1:1: 'version' is the number 2; expected 1; "], id="later version"
        ),
        pytest.param(
            "version: 1\nprotext: []\n",
            ["2:1: unknown key 'protext'; expected one of version, "],
            id="unknown key",
        ),
        pytest.param(
            "version: 1\nstack: a.test\n",
            ["2:1: 'stack' does not belong here; belongs to an environment: put it under "],
            id="key of an environment",
        ),
        pytest.param(
            "version: 1\nenvironments: {a: {stac: a.test}}\n",
            [
                f"2:20: unknown key 'stac'; expected one of {ENVIRONMENT_KEYS}; "
                "did you mean 'stack'?"
            ],
            id="typo in an environment",
        ),
        pytest.param(
            "version: 1\nenvironments: {a: {project: '12', branch: main}}\n",
            [
                "2:20: 'project' is text; expected a whole number; write project: 12",
                "2:35: 'branch' has not the form that is expected; write this: `default`, or",
            ],
            id="wrong types",
        ),
        pytest.param(
            "version: 1\nlimits: {deletes: -1, resets: 1.5}\n",
            [
                "2:10: 'deletes' is -1; expected 0 or more; write a greater number",
                "2:23: 'resets' is the number 1.5; expected a whole number; correct it",
            ],
            id="limits",
        ),
        pytest.param(
            "version: 1\nprotect: [a/b/c/d, '']\nscope: {include: [a//b], exclude: [a/b/c]}\n",
            ["2:20: item 2 of 'protect' is empty; fill it, or remove it"],
            id="empty selector",
        ),
        pytest.param(
            "version: 1\nprotect: [a/b/c/d]\nscope: {include: [a//b], exclude: [x, a/b/c]}\n",
            [
                "2:11: the selector 'a/b/c/d' has 4 parts; expected component[/config[/row]]; ",
                "3:19: the selector 'a//b' has an empty part; expected component",
                "3:39: the selector 'a/b/c' names rows; rows go with their configuration; "
                "write component/config",
            ],
            id="selectors",
        ),
        pytest.param(
            "version: 1\nignore:\n  - {in: a/, path: a..b}\n  - {}\n",
            [
                "4:5: 'in' is missing; add it: a selector of the objects the rule is for, such",
                "4:5: 'path' is missing; add it: the field inside `configuration`",
            ],
            id="rule without anything",
        ),
        pytest.param(
            "version: 1\nignore:\n  - {in: a/, path: a..b}\n",
            [
                "3:6: the selector 'a/' has an empty part; expected component",
                "3:14: 'a..b' is not a path; expected one such as parameters.lastRun",
            ],
            id="rule",
        ),
        pytest.param(
            "version: 1\nenvironments: {a: {stack: 'http://a.test'}, b: {stack: 'u:p@b.test'}}\n"
            "default_environment: b\n",
            [
                "2:20: not a stack: http would send the token in clear; write https; correct it",
                "2:49: not a stack: an address must not hold a user or password; leave them out; ",
            ],
            id="stacks",
        ),
        pytest.param(
            "version: 1\ndefault_environment: prd\nenvironments: {prod: {}, dev: {}}\n",
            [
                "2:1: unknown environment 'prd'; expected one of prod, dev; did you mean 'prod'?",
            ],
            id="unknown default",
        ),
        pytest.param(
            "version: 1\ndefault_environment: prod\n",
            ["2:1: unknown environment 'prod'; none is defined here; define it under"],
            id="default of none",
        ),
        pytest.param(
            "version: 1\nenvironments: {prod: {}, dev: {}}\n",
            [
                "2:1: there are several environments: prod, dev; "
                "add default_environment, or choose with --env"
            ],
            id="no default",
        ),
        pytest.param("version: !file x\n", ["1:10: "], id="nothing is pulled in"),
    ],
)
def test_each_problem_of_the_settings_has_its_place(tmp_path, text, problems):
    found = settings_problems(tmp_path, text)

    assert len(found) == len(problems), found
    for line, start in zip(found, problems, strict=True):
        assert line.startswith(f"kbsync.yaml:{start}")


def test_an_unknown_environment_of_the_command_line_names_the_known_ones(tmp_path):
    assert settings_problems(tmp_path, FULL, environment="staging") == [
        "kbsync.yaml:3:1: unknown environment 'staging'; expected one of prod, dev; "
        "define it under environments"
    ]


def test_an_environment_without_a_settings_file_is_unknown(tmp_path):
    assert problems_of(load, tmp_path, environment="prod") == [
        "kbsync.yaml: there is no such file, so there is no environment 'prod'; "
        "write it, or leave --env out"
    ]


@pytest.mark.parametrize(
    "folder", ["keboola.ex-http", "keboola.ex-http/orders", "keboola.ex-http/orders/rows"]
)
@pytest.mark.parametrize("file", ["kbsync.yaml", "kbsync.json"])
def test_a_part_of_a_tree_is_told_where_the_tree_is(tmp_path, folder, file):
    (tmp_path / folder).mkdir(parents=True)
    write_tree(tmp_path, {file: '{"version": 1}'})

    with pytest.raises(UsageError) as refused:
        load(tmp_path / folder)

    assert str(refused.value) == f"This folder is a part of the tree in {tmp_path}, where {file} is"
    assert refused.value.hint == f"Run it there, or add --project-dir {tmp_path}"


@pytest.mark.parametrize(
    "folder", ["other", "work/keboola.ex-http", ".cache/tree", "a.b/.kbsync/tree", "a.b/own"]
)
def test_a_folder_that_is_no_part_of_a_tree_stands_alone(tmp_path, folder):
    (tmp_path / folder).mkdir(parents=True)
    write_tree(tmp_path, {"kbsync.yaml": "version: 1\n"})
    if folder == "a.b/own":
        write_tree(tmp_path / folder, {"kbsync.yaml": "version: 1\n"})

    assert load(tmp_path / folder).root == tmp_path / folder


@pytest.mark.parametrize("key", ["token", "KBC_TOKEN", "api-token", "password", "clientSecret"])
@pytest.mark.parametrize(
    "text",
    ["version: 1\n{key}: fake-word\n", "version: 1\nenvironments: {{a: {{{key}: fake-word}}}}\n"],
)
def test_a_token_in_the_file_is_refused_and_never_shown(tmp_path, key, text):
    (problem,) = settings_problems(tmp_path, text.format(key=key))

    assert f"'{key}' does not belong here; tokens are read from the environment" in problem
    assert "fake-word" not in problem


def test_a_token_in_the_place_of_its_variable_is_never_shown(tmp_path):
    text = "version: 1\nenvironments: {a: {token_env: 123-fake-word}}\n"

    assert settings_problems(tmp_path, text) == [
        "kbsync.yaml:2:20: 'token_env' has not the form that is expected; write this: "
        "name of the environment variable that holds the token. Never the token itself"
    ]


def test_a_bad_stack_variable_is_reported_beside_the_problems_of_the_file(tmp_path):
    found = settings_problems(tmp_path, "version: 2\n", KEBOOLA_STACK_URL="http://u:fake@a.test")

    assert found[0] == (
        "$KEBOOLA_STACK_URL: not a stack: "
        "an address must not hold a user or password; leave them out; correct it"
    )
    assert found[1].startswith("kbsync.yaml:1:1: 'version' is the number 2")


def test_two_settings_files_are_one_too_many(tmp_path):
    write_tree(tmp_path, {"kbsync.yml": "version: 1\n"})

    assert settings_problems(tmp_path, "version: 1\n") == [
        "kbsync.yaml: there is also kbsync.yml; a tree has one settings file; keep one of them"
    ]


def test_a_settings_file_in_capitals_is_not_overlooked(tmp_path):
    assert settings_problems(tmp_path, "version: 1\n", name="Kbsync.YAML") == [
        "Kbsync.YAML: this name is not read; rename it to kbsync.yaml"
    ]


@pytest.mark.parametrize(
    ("name", "problem"),
    [("missing", "there is no such folder"), ("file", "this is a file; expected the folder of")],
)
def test_a_root_that_is_no_folder_is_refused(tmp_path, name, problem):
    write_tree(tmp_path, {"file": ""})

    (line,) = problems_of(load, tmp_path / name)

    assert line.startswith(f"{tmp_path / name}: {problem}")
