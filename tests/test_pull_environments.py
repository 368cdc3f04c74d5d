"""Pulls of one environment of several: where what differs goes, and what the others still say."""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from functools import partial
from itertools import count

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from kbsync.canonical import canonical
from kbsync.documents.yaml_writer import dump
from kbsync.errors import InvalidFilesError, RefusedError
from kbsync.model import Json, Key
from kbsync.problems import ProblemError
from kbsync.pull import Literal, plan_pull
from kbsync.settings import load_settings
from kbsync.tree.files import read_text
from kbsync.tree.load import load_tree
from kbsync.tree.write import change_files
from tests.trees import write_tree

SETTINGS = """\
version: 1
default_environment: prod
environments:
  prod:
    variables: {host: db-2, tables: [a, b]}
  dev:
    variables: {host: db-dev, tables: [c]}
"""
ONE = "version: 1\nenvironments: {prod: {variables: {host: db-2, tables: [a, b]}}}\n"
FOLDER = "keboola.x/a"
KEY = Key("keboola.x", "a")


def environments_of(root, environment):
    return load_settings(root, environment=environment, environ={}).environments


def load(root, environment):
    return load_tree(root, environments=environments_of(root, environment))


def text_of(root, file):
    try:
        return read_text(root, file)
    except ProblemError:
        return None


def pull(root, environment, live, deleted=frozenset()):
    """Do what a pull does to the files; return it and what they say then."""
    tree, environments = load(root, environment), environments_of(root, environment)
    found = plan_pull(
        tree, live, deleted, {}, text_of=partial(text_of, root), environments=environments
    )
    change_files(root, found.files, found.removals, backup="run")
    return found, load(root, environment).resources


def edited(root, environment, edit, key=KEY, **fields):
    """What is live when somebody has done *edit* to a configuration."""
    resources = load(root, environment).resources
    configuration = edit(resources[key].configuration) if edit else resources[key].configuration
    return {**resources, key: replace(resources[key], configuration=configuration, **fields)}


@pytest.fixture
def tree(tmp_path):
    def write(files, settings_text=SETTINGS):
        return write_tree(tmp_path, {"kbsync.yaml": settings_text, **files})

    return write


def read(root, file):
    return (root / FOLDER / file).read_text()


BASE = """\
# why this is here
name: A
configuration:
  host: !var host # not the old one
  url: !format https://${host}/x
  num: 1
  list:
    - {name: one, host: !var host}
    - {name: two, num: 2}
"""


def test_what_is_the_same_already_is_left_alone(tree):
    root = tree({f"{FOLDER}/config.yaml": BASE, f"{FOLDER}/config.dev.yaml": "name: D\n"})

    for environment in ("prod", "dev"):
        found, _ = pull(root, environment, load(root, environment).resources)
        assert (found.files, found.removals) == ({}, ())


@pytest.mark.parametrize("settings_text", [SETTINGS, ONE], ids=["of several", "of one"])
def test_the_default_environment_is_what_the_files_are_about(tree, settings_text):
    root = tree({f"{FOLDER}/config.yaml": BASE}, settings_text)
    live = edited(
        root,
        None,
        lambda found: {**found, "num": 2, "list": [{"name": "new"}, *found["list"]]},
    )
    _, said = pull(root, None, live)

    assert said == live
    assert read(root, "config.yaml") == BASE.replace("num: 1", "num: 2").replace(
        "list:\n", "list:\n    - {name: new}\n"
    ).replace("- {name: new}", "- name: new")


def test_alone_a_value_takes_the_place_of_a_variable(tree):
    root = tree({f"{FOLDER}/config.yaml": BASE}, ONE)
    live = edited(root, None, lambda found: {**found, "host": "other", "url": "x"})
    found, said = pull(root, None, live)

    assert said == live
    assert read(root, "config.yaml") == BASE.replace("!var host #", "other #").replace(
        "!format https://${host}/x", "x"
    )
    assert found.literals == (
        Literal(key=KEY, tag="!var host", file=f"{FOLDER}/config.yaml"),
        Literal(key=KEY, tag="!format https://${host}/x", file=f"{FOLDER}/config.yaml"),
    )


def test_among_several_it_goes_over_the_variable(tree):
    root = tree({f"{FOLDER}/config.yaml": BASE})
    dev = load(root, "dev").resources
    live = edited(root, None, lambda found: {**found, "host": "other", "num": 5})
    found, said = pull(root, None, live)

    assert said == live
    assert read(root, "config.yaml") == BASE.replace("num: 1", "num: 5")
    assert read(root, "config.prod.yaml") == "configuration:\n  host: other\n"
    assert [each.file for each in found.literals] == [f"{FOLDER}/config.prod.yaml"]
    assert load(root, "dev").resources[KEY].configuration["host"] == "db-dev"
    assert dev[KEY].name == "A"


def test_another_environment_gets_an_overlay_with_what_differs(tree):
    root = tree({f"{FOLDER}/config.yaml": BASE})
    prod = load(root, None).resources
    live = edited(
        root,
        "dev",
        lambda found: {
            "host": "other",
            "url": found["url"],
            "list": [*found["list"], {"name": "new"}],
            "more": {"a": [1]},
        },
        name="Dev",
        description="of dev",
        is_disabled=True,
    )
    found, said = pull(root, "dev", live)

    assert said == live
    assert load(root, None).resources == prod
    assert read(root, "config.yaml") == BASE
    assert read(root, "config.dev.yaml") == (
        "name: Dev\n"
        "description: of dev\n"
        "configuration:\n"
        "  host: other\n"
        "  num: !remove\n"
        "  list:\n"
        "    - name: one\n"
        "      host: !var host\n"
        "    - name: two\n"
        "      num: 2\n"
        "    - name: new\n"
        "  more:\n"
        "    a:\n"
        "      - 1\n"
        "isDisabled: true\n"
    )
    assert found.literals == (Literal(key=KEY, tag="!var host", file=f"{FOLDER}/config.dev.yaml"),)


OVER = """\
# only here
configuration:
  host: fixed # not the variable
  gone: !remove # nobody needs it
  deep:
    kept: !var host
    a: 1
"""
DEEP = "name: A\nconfiguration: {host: !var host, gone: 1, deep: {a: 0, b: 0}}\n"


@pytest.mark.parametrize("environment", ["prod", "dev"])
def test_what_the_overlay_says_it_says_anew(tree, environment):
    overlay = f"config.{environment}.yaml"
    root = tree({f"{FOLDER}/config.yaml": DEEP, f"{FOLDER}/{overlay}": OVER})
    live = edited(
        root,
        environment,
        lambda found: {**found, "host": "new", "deep": {**found["deep"], "a": 2}},
    )
    _, said = pull(root, environment, live)

    assert said == live
    assert read(root, "config.yaml") == DEEP
    assert read(root, overlay) == OVER.replace("fixed", "new").replace("a: 1", "a: 2")


def test_what_was_taken_away_may_come_back(tree):
    root = tree({f"{FOLDER}/config.yaml": DEEP, f"{FOLDER}/config.dev.yaml": OVER})
    live = edited(root, "dev", lambda found: {**found, "gone": 1, "deep": {"a": 1, "b": 0}})
    _, said = pull(root, "dev", live)

    assert said == live
    assert read(root, "config.dev.yaml") == (
        "# only here\nconfiguration:\n  host: fixed # not the variable\n  deep:\n    a: 1\n"
    )


def test_an_overlay_with_nothing_left_to_say_goes(tree):
    root = tree(
        {
            f"{FOLDER}/config.yaml": DEEP,
            f"{FOLDER}/config.dev.yaml": "configuration: {gone: !remove }\n",
        }
    )
    live = edited(root, "dev", lambda found: {**found, "gone": 1})
    _, said = pull(root, "dev", live)

    assert said == live
    assert not (root / FOLDER / "config.dev.yaml").exists()


def test_what_only_the_file_says_goes_there_in_the_default_environment(tree):
    root = tree({f"{FOLDER}/config.yaml": DEEP, f"{FOLDER}/config.prod.yaml": OVER})
    live = edited(root, None, lambda found: {**found, "deep": {**found["deep"], "b": 9}})
    _, said = pull(root, None, live)

    assert said == live
    assert read(root, "config.yaml") == DEEP.replace("b: 0", "b: 9")
    assert read(root, "config.prod.yaml") == OVER


SQL = {
    f"{FOLDER}/config.yaml": (
        "name: A\nconfiguration:\n  list:\n"
        "    - {name: one, script: !statements code/one.sql}\n"
        "    - {name: two, script: !statements code/two.sql}\n"
    ),
    f"{FOLDER}/code/one.sql": "SELECT 1;\n\n\nSELECT 2;\n",
    f"{FOLDER}/code/two.sql": "SELECT 3;\n",
}


def with_script(found, *statements):
    return {"list": [{"name": "one", "script": [*statements]}, *found["list"][1:]]}


def test_a_text_that_differs_gets_a_file_of_its_own(tree):
    root = tree(SQL)
    prod = load(root, None).resources
    live = edited(root, "dev", lambda found: with_script(found, "SELECT 1;", "SELECT 9;"))
    _, said = pull(root, "dev", live)

    assert said == live
    assert load(root, None).resources == prod
    assert read(root, "code/one.dev.sql") == "SELECT 1;\n\n\nSELECT 9;\n"
    assert read(root, "config.dev.yaml") == (
        "configuration:\n  list:\n"
        "    - name: one\n      script: !statements code/one.dev.sql\n"
        "    - name: two\n      script: !statements code/two.sql\n"
    )


def test_a_text_of_the_overlay_alone_changes_where_it_is(tree):
    root = tree(SQL)
    pull(root, "dev", edited(root, "dev", lambda found: with_script(found, "SELECT 9;")))
    live = edited(root, "dev", lambda found: with_script(found, "SELECT 10;"))
    _, said = pull(root, "dev", live)

    assert said == live
    assert read(root, "code/one.dev.sql") == "SELECT 10;\n"
    assert "code/one.dev.sql" in read(root, "config.dev.yaml")


def test_a_text_that_nobody_needs_any_more_goes(tree):
    root = tree(SQL)
    before = load(root, "dev").resources
    pull(root, "dev", edited(root, "dev", lambda found: with_script(found, "SELECT 9;")))
    _, said = pull(root, "dev", {KEY: replace(load(root, "dev").resources[KEY], configuration={})})

    assert said[KEY].configuration == {}
    assert not (root / FOLDER / "code/one.dev.sql").exists()
    assert load(root, None).resources[KEY].configuration == before[KEY].configuration


def test_an_overlay_keeps_its_meaning_when_a_text_it_shares_changes(tree):
    over = "configuration:\n  mine: !statements code/one.sql\n"
    root = tree({**SQL, f"{FOLDER}/config.prod.yaml": over})
    live = edited(root, None, lambda found: {**found, **with_script(found, "SELECT 9;")})
    _, said = pull(root, None, live)

    assert said == live
    assert read(root, "code/one.sql") == "SELECT 9;\n"
    assert read(root, "config.prod.yaml") == (
        "configuration:\n  mine: !statements code/one.prod.sql\n"
    )


def test_a_text_that_an_overlay_still_needs_stays(tree):
    over = "configuration: {mine: !statements code/one.sql}\n"
    root = tree({**SQL, f"{FOLDER}/config.dev.yaml": over})
    live = edited(root, None, lambda found: {"list": found["list"][1:]})
    _, said = pull(root, None, live)

    assert said == live
    assert load(root, "dev").resources[KEY].configuration["mine"] == ["SELECT 1;", "SELECT 2;"]


ROWS = {
    f"{FOLDER}/config.yaml": "name: A\nrowsSortOrder: [r, s]\n",
    f"{FOLDER}/rows/r.yaml": "name: R\nconfiguration: {a: !var host}\n",
    f"{FOLDER}/rows/r.dev.yaml": "configuration: {b: 1, c: !file ../code/c.txt}\n",
    f"{FOLDER}/rows/s.yaml": "name: S\n",
    f"{FOLDER}/code/c.txt": "c",
}


def test_rows_have_overlays_and_an_order_of_their_own(tree):
    root = tree(ROWS)
    prod = load(root, None).resources
    row = KEY.row("r")
    live = edited(root, "dev", lambda found: {**found, "a": "x", "c": "C"}, row)
    live[KEY] = replace(live[KEY], rows_sort_order=("s", "r"))
    _, said = pull(root, "dev", live)

    assert said == live
    assert load(root, None).resources == prod
    assert read(root, "rows/r.dev.yaml") == (
        "configuration: {b: 1, c: !file ../code/c.txt, a: x}\n"
    )
    assert read(root, "code/c.txt") == "C"
    assert read(root, "config.dev.yaml") == "rowsSortOrder:\n  - s\n  - r\n"


def test_a_new_row_counts_everywhere(tree):
    root = tree(ROWS)
    live = dict(load(root, "dev").resources)
    live[KEY.row("n")] = replace(live[KEY.row("s")], key=KEY.row("n"), name="New")
    live[KEY] = replace(live[KEY], rows_sort_order=("r", "s", "n"))
    found, said = pull(root, "dev", live)

    assert said == live
    assert found.added == (KEY.row("n"),)
    assert KEY.row("n") in load(root, None).resources


def test_a_row_that_another_environment_lacks_is_kept_and_told(tree):
    root = tree(ROWS)
    before = load(root, "dev").resources
    live = {key: item for key, item in before.items() if key != KEY.row("s")}
    live[KEY] = replace(live[KEY], rows_sort_order=("r",), name="New")
    found, said = pull(root, "dev", live)

    assert said == before
    assert found.refused == {
        KEY: "lacks row 's', whose files count in every environment; remove or create it first"
    }


def test_a_row_that_goes_takes_its_overlays_along(tree):
    root = tree(ROWS)
    live = dict(load(root, None).resources)
    del live[KEY.row("r")]
    live[KEY] = replace(live[KEY], rows_sort_order=("s",))
    found, said = pull(root, None, live)

    assert said == live
    assert found.removals == (
        f"{FOLDER}/rows/r.dev.yaml",
        f"{FOLDER}/rows/r.yaml",
        f"{FOLDER}/code/c.txt",
    )


def test_as_json_nothing_can_be_taken_away(tree):
    root = tree({f"{FOLDER}/config.yaml": DEEP, f"{FOLDER}/config.dev.json": '{"name": "D"}'})
    live = edited(root, "dev", lambda found: {"deep": found["deep"]})
    with pytest.raises(RefusedError) as caught:
        pull(root, "dev", live)

    assert str(caught.value) == f"{FOLDER}/config.dev.json cannot say what is live"


def test_json_overlays_say_other_values(tree):
    root = tree({f"{FOLDER}/config.yaml": DEEP, f"{FOLDER}/config.dev.json": '{"name": "D"}'})
    live = edited(root, "dev", lambda found: {**found, "gone": 2}, name="E")
    _, said = pull(root, "dev", live)

    assert said == live
    assert read(root, "config.yaml") == DEEP


LEAVES: list[Json] = [None, True, 1, 1.0, "", "x", "!env A", "db-2", "db-dev", [], {}, "a\nb\n"]
TAGS = ["!var host", "!var tables", "!format ${host}!", "!file code/t.txt"]
keys = st.sampled_from(["aa", "bb", "cc", "#d"])


def nested(*leaves):
    return st.dictionaries(
        keys,
        st.recursive(
            st.sampled_from([*leaves]),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
            max_leaves=8,
        ),
        max_size=4,
    )


def secrets_apart(value, *, is_secret=False):
    """*value* without plain text where a secret belongs."""
    if isinstance(value, dict):
        return {
            key: secrets_apart(item, is_secret=is_secret or key.startswith("#"))
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [secrets_apart(item, is_secret=is_secret) for item in value]
    plain = value not in (None, "") and not isinstance(value, bool)
    return "!env A" if is_secret and plain else value


def as_yaml(value):
    """*value* as a document in which texts that look like tags are some."""
    return dump(value, dict(tagged(value)))


def tagged(value, path=()):
    if isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from tagged(item, (*path, step))
    elif value in (*TAGS, "!remove"):
        tag, _, argument = value.partition(" ")
        yield path, (tag, argument)


WORDS = ["", "x", "a\nb\nc\nd\n", "!var host", "!format ${host}!"]
properties = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(WORDS),
        "description": st.sampled_from(WORDS),
        "isDisabled": st.booleans(),
        "metadata": st.dictionaries(keys, st.sampled_from(WORDS), max_size=2),
    },
)
fields = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["", "x", "db-2"]),
        "description": st.sampled_from(["", "y", "a\nb\nc\nd\n"]),
        "is_disabled": st.booleans(),
    },
)


@st.composite
def layers(draw):
    """A configuration, and what lies over it in an environment."""
    base = draw(nested(*LEAVES, *TAGS).map(secrets_apart))
    over = draw(nested(*LEAVES, *TAGS).map(secrets_apart))
    taken = draw(st.sets(st.sampled_from(sorted(base)))) if base else set()
    over |= dict.fromkeys(taken - over.keys(), "!remove")
    return (
        {"name": "A", **draw(properties), "configuration": base},
        {**draw(properties), "configuration": over},
    )


ROOTS = count()


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    layers=layers(),
    with_overlay=st.booleans(),
    edits=st.lists(nested(*LEAVES).map(secrets_apart), min_size=1, max_size=2),
    environment=st.sampled_from(["prod", "dev"]),
    settings_text=st.sampled_from([SETTINGS, SETTINGS.replace("default_environment: prod\n", "")]),
    keeps=st.booleans(),
    fields=fields,
    with_text=st.booleans(),
)
def test_any_pull_says_what_is_live_and_leaves_other_environments_alone(
    tmp_path, layers, with_overlay, edits, environment, settings_text, keeps, fields, with_text
):
    base, over = layers
    root = tmp_path / str(next(ROOTS))
    files = {
        "kbsync.yaml": settings_text,
        f"{FOLDER}/config.yaml": as_yaml(base),
        f"{FOLDER}/code/t.txt": "text",
        f"{FOLDER}/rows/r.yaml": "name: R\nconfiguration: {x: !var host}\n",
    }
    if with_text and "description" not in base:
        files[f"{FOLDER}/description.md"] = "text\n"
    if with_overlay:
        files[f"{FOLDER}/config.{environment}.yaml"] = as_yaml(over)
    write_tree(root, files)
    try:
        before = {name: load(root, name).resources for name in ("prod", "dev")}
    except InvalidFilesError:
        reject()
    is_default = settings_text is SETTINGS and environment == "prod"

    for edit in edits:
        here = load(root, environment).resources
        configuration = {**here[KEY].configuration, **edit} if keeps else edit
        metadata = dict.fromkeys(here[KEY].metadata, "new") if keeps else here[KEY].metadata
        new = {"configuration": configuration, "metadata": metadata, **fields}
        live = {**here, KEY: replace(here[KEY], **new)}
        _, said = pull(root, environment, live)

        assert texts_of(said) == texts_of(live)
        found, _ = pull(root, environment, live)
        assert (found.files, found.removals) == ({}, ())
    if not is_default:
        other = "dev" if environment == "prod" else "prod"

        assert texts_of(load(root, other).resources) == texts_of(before[other])
    shutil.rmtree(root)


def texts_of(resources):
    """What must be the same to a JSON reader."""
    return {key: canonical(asdict(item)) for key, item in resources.items()}


@pytest.mark.parametrize("environment", ["prod", "dev"])
def test_after_a_pull_of_any_environment_its_plan_is_empty(start_workspace, environment):
    workspace = start_workspace({"kbsync.yaml": SETTINGS, f"{FOLDER}/config.yaml": BASE})
    named = ("--env", environment)
    assert workspace.kbsync("apply", "--auto-approve", *named).exit_code == 0
    workspace.storage("PUT", "components/keboola.x/configs/a", {"configuration": {"host": "x"}})
    pulled = workspace.kbsync("pull", *named)
    plan = workspace.kbsync("plan", *named)

    assert pulled.exit_code == 0, pulled.output
    assert (
        f"No longer `!var host`: keboola.x/a has another value there, now in "
        f"{FOLDER}/config.{environment}.yaml. Or correct the variable."
    ) in pulled.stdout.splitlines()
    assert "No changes" in plan.stdout


def test_a_rollback_brings_the_files_of_its_environment_in_step(start_workspace):
    workspace = start_workspace({"kbsync.yaml": SETTINGS, f"{FOLDER}/config.yaml": BASE})
    assert workspace.kbsync("apply", "--auto-approve", "--env", "dev").exit_code == 0
    workspace.write({f"{FOLDER}/config.dev.yaml": "configuration: {num: 2}\n"})
    assert workspace.kbsync("apply", "--auto-approve", "--env", "dev").exit_code == 0
    back = ("rollback", "keboola.x/a", "--to-version", "1", "--write-tree", "--auto-approve")
    result = workspace.kbsync(*back, "--env", "dev")

    assert result.exit_code == 0, result.output
    assert "No changes" in workspace.kbsync("plan", "--env", "dev").stdout
    assert workspace.files()[f"{FOLDER}/config.yaml"].decode() == BASE


def test_a_row_that_only_another_environment_lacks_is_refused_and_told(start_workspace):
    workspace = start_workspace({"kbsync.yaml": SETTINGS, **ROWS})
    assert workspace.kbsync("apply", "--auto-approve", "--env", "dev").exit_code == 0
    workspace.storage("DELETE", "components/keboola.x/configs/a/rows/s")
    before = workspace.files()
    result = workspace.kbsync("pull", "--env", "dev")

    assert (result.exit_code, workspace.files()) == (4, before)
    assert "lacks row 's'" in result.output


def test_a_configuration_that_only_another_environment_lacks_stays(start_workspace):
    other = "keboola.x/b/config.yaml"
    workspace = start_workspace(
        {"kbsync.yaml": SETTINGS, f"{FOLDER}/config.yaml": BASE, other: "name: B\n"}
    )
    assert workspace.kbsync("apply", "--auto-approve", "--env", "dev").exit_code == 0
    workspace.storage("DELETE", "components/keboola.x/configs/b")
    result = workspace.kbsync("pull", "--env", "dev")

    assert result.exit_code == 0, result.output
    assert 'Only in the files, kept: keboola.x/b  "B"' in result.stdout.splitlines()
    assert other in workspace.files()


def test_of_two_places_that_share_a_text_only_the_changed_one_gets_another(tree):
    over = "configuration:\n  one: !file code/t.txt\n  two: !file code/t.txt\n"
    root = tree(
        {
            f"{FOLDER}/config.yaml": "name: A\n",
            f"{FOLDER}/config.dev.yaml": over,
            f"{FOLDER}/code/t.txt": "text",
        }
    )
    live = edited(root, "dev", lambda found: {**found, "two": "new"})
    _, said = pull(root, "dev", live)

    assert said == live
    assert read(root, "config.dev.yaml") == over.replace(
        "two: !file code/t", "two: !file code/t.dev"
    )
    assert read(root, "code/t.dev.txt") == "new"


def test_a_new_text_never_takes_the_file_of_an_overlay(tree):
    script = "parameters: {blocks: [{name: b, codes: [{name: c, script: %s}]}]}"
    folder = "keboola.snowflake-transformation/t"
    file = "code/01-b/01-c.sql"
    root = tree(
        {
            f"{folder}/config.yaml": "name: T\n",
            f"{folder}/config.dev.yaml": "configuration: {%s}\n" % (script % f"!statements {file}"),
            f"{folder}/{file}": "SELECT 'dev';\n",
        }
    )
    key = Key("keboola.snowflake-transformation", "t")
    dev = load(root, "dev").resources
    live = edited(
        root,
        None,
        lambda found: {
            "parameters": {
                "blocks": [{"name": "b", "codes": [{"name": "c", "script": ["SELECT 1;"]}]}]
            }
        },
        key,
    )
    _, said = pull(root, None, live)

    assert said == live
    assert load(root, "dev").resources == dev
