from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings

from kbsync.canonical import verbatim
from kbsync.documents.document import parse
from kbsync.documents.statements import resolve_reference
from kbsync.model import Key, Resource
from kbsync.tree.encode import encode
from kbsync.tree.naming import assign
from tests.strategies import configurations_with_rows

CORPORA = Path(__file__).parents[1].parent / "shared" / "corpora"
PROJECTS = sorted(CORPORA.glob("*-v*.json"))

KEY = Key("keboola.ex-db-mysql", "orders")
SNOWFLAKE = Key("keboola.snowflake-transformation", "orders")
PYTHON = Key("keboola.python-transformation-v2", "orders")
LONG = "line\n" * 21


def config(configuration=None, *, key=KEY, **fields):
    return Resource(key=key, name="Orders", configuration=configuration or {}, **fields)


def row(row_id, configuration=None, *, key=KEY, **fields):
    return Resource(key=key.row(row_id), name=row_id, configuration=configuration or {}, **fields)


def files_of(config, rows=(), **options):
    stems = assign([(item.key.row_id, item.name) for item in rows])
    return encode(config, rows, row_stems=stems, **options).files


def texts_of(config, rows=(), **options):
    return {name: data.decode() for name, data in files_of(config, rows, **options).items()}


def decode(files, key):
    """Read the files again, as someone would who knows only the format of the tree."""
    found = {}
    for name in files:
        stem = PurePosixPath(name)
        if stem.suffix in (".yaml", ".json") and str(stem.parent) in (".", "rows"):
            item = _decode_document(files, name, key)
            found[item.key] = item
    return found


def _decode_document(files, name, key):
    folder = PurePosixPath("x", name).parent

    def resolve(reference):
        parts = []
        for part in (folder / reference.target).parts[1:]:
            parts = parts[:-1] if part == ".." else [*parts, part]
        return resolve_reference(reference.tag, reference.target, files["/".join(parts)].decode())

    document = parse(files[name], name, resolve)
    assert document.problems == ()
    value = dict(document.value)
    is_row = name.startswith("rows/")
    if not is_row and "description.md" in files:
        value["description"] = files["description.md"].decode().removesuffix("\n")
    order = value.get("rowsSortOrder")
    return Resource(
        key=key.row(value["id"]) if is_row else key,
        name=value["name"],
        configuration=value["configuration"],
        description=value["description"],
        is_disabled=value.get("isDisabled", False),
        rows_sort_order=None if order is None else tuple(order),
        metadata=value.get("metadata", {}),
        reset_state=value.get("resetState"),
    )


def exact(resources):
    return {
        key: (replace(item, configuration={}), verbatim(item.configuration))
        for key, item in resources.items()
    }


def by_key(config, rows):
    return {item.key: item for item in (config, *rows)}


@settings(max_examples=300)
@given(configurations_with_rows())
def test_what_is_encoded_reads_back_exactly(both):
    config, rows = both
    files = files_of(config, rows)

    assert exact(decode(files, config.key)) == exact(by_key(config, rows))
    assert list(files_of(config, rows[::-1]).items()) == list(files.items())


@pytest.mark.skipif(not PROJECTS, reason="the real projects are not here")
@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.stem)
def test_real_projects_read_back_exactly(path):
    for component in json.loads(path.read_text("utf-8")):
        for item in component["configurations"]:
            key = Key(component["id"], item["id"])
            rows = [_live(key.row(entry["id"]), entry) for entry in item["rows"]]
            config = replace(
                _live(key, item),
                rows_sort_order=tuple(item["rowsSortOrder"]) or None,
                metadata=item["metadata"] or {},
            )
            files = files_of(config, rows)

            assert exact(decode(files, key)) == exact(by_key(config, rows))
            assert not [name for name in files if name.endswith(".json")]


def _live(key, item):
    return Resource(
        key=key,
        name=item["name"],
        configuration=item["configuration"] or {},
        description=item["description"],
        is_disabled=item["isDisabled"],
    )


def test_a_configuration_is_one_file_with_its_properties_in_order():
    item = config(
        {"parameters": {"b": 1, "a": []}},
        description="All orders",
        is_disabled=True,
        rows_sort_order=("2", "1"),
        metadata={"KBC.configuration.folderName": "Sales"},
        reset_state="backfill",
    )

    assert texts_of(item) == {
        "config.yaml": (
            "id: orders\n"
            "name: Orders\n"
            "description: All orders\n"
            "isDisabled: true\n"
            "rowsSortOrder:\n"
            '  - "2"\n'
            '  - "1"\n'
            "resetState: backfill\n"
            "metadata:\n"
            "  KBC.configuration.folderName: Sales\n"
            "configuration:\n"
            "  parameters:\n"
            "    b: 1\n"
            "    a: []\n"
        )
    }


def test_what_has_its_default_is_left_out():
    item = config(rows_sort_order=(), key=Key("c", "364479526"))

    assert texts_of(item, [row("7", key=item.key)]) == {
        "config.yaml": 'id: "364479526"\nname: Orders\ndescription: ""\nconfiguration: {}\n',
        "rows/7.yaml": 'id: "7"\nname: "7"\ndescription: ""\nconfiguration: {}\n',
    }


@pytest.mark.parametrize(
    ("description", "is_apart"),
    [
        ("one\ntwo", False),
        ("x" * 200, False),
        ("one\ntwo\nthree", True),
        ("one\ntwo\n", True),
        ("x" * 201, True),
        ("one\ntwo\r\nthree\r", True),
        ("\ufeffone\ntwo\nthree", False),
        ("<<<<<<< a\n=======\n>>>>>>> b\n", False),
        ("one\0\ntwo\nthree", False),
    ],
)
def test_a_long_description_has_a_file_of_its_own(description, is_apart):
    files = files_of(config(description=description))

    assert files.get("description.md") == (f"{description}\n".encode() if is_apart else None)
    assert decode(files, KEY)[KEY].description == description


def test_the_description_of_a_row_stays_with_it():
    assert list(files_of(config(), [row("r", description=LONG)])) == ["config.yaml", "rows/r.yaml"]


def transformation(*scripts, key=SNOWFLAKE):
    codes = [{"name": f"Code {n}", "script": script} for n, script in enumerate(scripts, start=1)]
    blocks = [{"name": "Block: čáp", "codes": codes}, {"name": "🎉", "codes": [{"script": ["x;"]}]}]
    return config({"parameters": {"blocks": blocks}}, key=key)


def test_sql_of_a_transformation_is_in_files_of_statements():
    files = texts_of(transformation(["SELECT 1;", "SELECT 2;"], ["{{dump}}"], [], "SELECT 3;"))

    assert files.pop("config.yaml").partition("configuration:\n")[2] == (
        "  parameters:\n"
        "    blocks:\n"
        '      - name: "Block: čáp"\n'
        "        codes:\n"
        "          - name: Code 1\n"
        "            script: !statements code/01-block-čáp/01-code-1.sql\n"
        "          - name: Code 2\n"
        "            script: !statements code/01-block-čáp/02-code-2.sql\n"
        "          - name: Code 3\n"
        "            script: []\n"
        "          - name: Code 4\n"
        "            script: !file code/01-block-čáp/04-code-4.sql\n"
        '      - name: "🎉"\n'
        "        codes:\n"
        "          - script: !statements code/02/01.sql\n"
    )
    assert files == {
        "code/01-block-čáp/01-code-1.sql": "SELECT 1;\n\nSELECT 2;\n",
        "code/01-block-čáp/02-code-2.sql": "{{dump}}\n",
        "code/01-block-čáp/04-code-4.sql": "SELECT 3;",
        "code/02/01.sql": "x;\n",
    }


def test_a_long_statement_is_in_no_second_file():
    assert set(files_of(transformation([LONG + ";", "b;"], [LONG], key=SNOWFLAKE))) == {
        "code/01-block-čáp/01-code-1.sql",
        "code/01-block-čáp/02-code-2.sql",
        "code/02/01.sql",
        "config.yaml",
    }


@pytest.mark.parametrize(
    ("component_id", "extension"),
    [
        ("keboola.python-transformation-v2", "py"),
        ("keboola.r-transformation-v2", "r"),
        ("keboola.julia-transformation", "jl"),
        ("keboola.google-bigquery-transformation", "sql"),
    ],
)
def test_the_component_says_the_language_of_its_code(component_id, extension):
    files = files_of(transformation(["a"], key=Key(component_id, "orders")))

    assert f"code/01-block-čáp/01-code-1.{extension}" in files


def test_python_of_one_element_is_a_plain_file():
    files = texts_of(transformation(["import a\n"], ["a", "b"], key=PYTHON))

    assert "script:\n              - !file code/01-block-čáp/01-code-1.py\n" in files["config.yaml"]
    assert "script: !statements code/01-block-čáp/02-code-2.py\n" in files["config.yaml"]
    assert files["code/01-block-čáp/01-code-1.py"] == "import a\n"
    assert files["code/01-block-čáp/02-code-2.py"] == (
        "# kbsync: separator\na\n# kbsync: separator\nb\n"
    )


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(["-- kbsync: separator", "a"], id="cannot be joined"),
        pytest.param(["\ufeffSELECT 1;"], id="BOM"),
        pytest.param(["a\n<<<<<<< x\n;"], id="conflict marker"),
        pytest.param(["version https://git-lfs.github.com/spec/v1;"], id="LFS pointer"),
        pytest.param(["a\0;"], id="NUL"),
        pytest.param(["a;", 1], id="not only text"),
        pytest.param(["", " "], id="blank"),
        pytest.param({"a": 1}, id="no list"),
    ],
)
def test_what_a_file_could_not_hold_stays_in_the_document(script):
    item = transformation(script)
    files = files_of(item)

    assert list(files) == ["code/02/01.sql", "config.yaml"]
    assert decode(files, SNOWFLAKE) == {SNOWFLAKE: item}


@pytest.mark.parametrize(
    ("component_id", "content", "line", "extension"),
    [
        ("keboola.snowflake-transformation", ["a;", "b;"], "code_content: !statements", "sql"),
        ("keboola.python-transformation-v2", ["a"], "code_content:\n    - !file", "py"),
        ("keboola.python-transformation-v2", "a", "code_content: !file", "py"),
        (None, ["a", "b"], "code_content: !statements", "txt"),
        ("keboola.other", "a", "code_content: !file", "txt"),
    ],
)
def test_shared_code_is_a_file_for_each_row(component_id, content, line, extension):
    key = Key("keboola.shared-code", "shared")
    item = config({} if component_id is None else {"componentId": component_id}, key=key)
    files = texts_of(item, [row("Dump", {"code_content": content}, key=key)])

    assert f"  {line} ../code/rows/dump.{extension}\n" in files["rows/dump.yaml"]
    assert set(files) == {"config.yaml", "rows/dump.yaml", f"code/rows/dump.{extension}"}


@pytest.mark.parametrize(
    ("configuration", "file"),
    [
        ({"parameters": {"query": LONG}}, "code/query.sql"),
        ({"parameters": {"queries": ["", LONG]}}, "code/queries-2.sql"),
        ({"parameters": {"a": {"b": {"SQL": LONG}}}}, "code/a-b-sql.sql"),
        ({"templateJson": LONG}, "code/templatejson.json"),
        ({"readme": LONG}, "code/readme.md"),
        ({"code": LONG}, "code/main.txt"),
        ({"🎉": LONG}, "code/e828a9e0.txt"),
    ],
)
def test_a_text_of_more_than_20_lines_has_a_file_of_its_own(configuration, file):
    item = config(configuration)
    files = files_of(item)

    assert files[file] == LONG.encode()
    assert decode(files, KEY) == {KEY: item}


def test_code_of_a_data_app_is_python():
    item = config({"parameters": {"script": [LONG]}}, key=Key("keboola.data-apps", "app"))

    assert "code/script-1.py" in files_of(item)


@pytest.mark.parametrize(
    "configuration",
    [
        pytest.param({"a": "x\n" * 20}, id="20 lines"),
        pytest.param({"a": "x\n" * 19 + "x"}, id="20 lines, the last without newline"),
        pytest.param({"#key": LONG}, id="a secret"),
        pytest.param({"#key": {"a": [LONG]}}, id="below a secret"),
    ],
)
def test_short_text_and_secrets_stay_in_the_document(configuration):
    assert list(files_of(config(configuration))) == ["config.yaml"]


def test_texts_with_names_alike_have_different_files():
    item = config({"a b": LONG, "a-b": LONG + "2"})
    rows = [row("a", {"b": LONG}), row("b", {"b": LONG})]
    files = files_of(item, rows)

    assert len(files) == 7
    assert decode(files, KEY) == by_key(item, rows)


@pytest.mark.parametrize(
    ("tag", "target"),
    [
        ("!statements", "code/mine.sql"),
        ("!statements", "./sql/../mine.txt"),
        ("!statements", "rows/mine.sql"),
    ],
)
def test_a_file_that_is_there_keeps_its_name(tag, target):
    path = ("configuration", "parameters", "blocks", 0, "codes", 0, "script")
    item = transformation(["a;", "b;"])
    files = files_of(item, keep={SNOWFLAKE: {path: (tag, target)}})

    assert f"script: {tag} {target}\n" in files["config.yaml"].decode()
    assert "code/01-block-čáp/01-code-1.sql" not in files
    assert decode(files, SNOWFLAKE) == {SNOWFLAKE: item}


def test_a_file_of_a_row_keeps_its_name_too():
    rows = [row("r", {"query": "SELECT 1"})]
    keep = {KEY.row("r"): {("configuration", "query"): ("!file", "r.sql")}}
    files = texts_of(config(), rows, keep=keep)

    assert files["rows/r.sql"] == "SELECT 1"
    assert "query: !file r.sql\n" in files["rows/r.yaml"]


def test_elements_in_files_of_their_own_stay_there():
    path = ("configuration", "parameters", "blocks", 0, "codes", 0, "script", 1)
    item = transformation(["a;", "b;"])
    files = texts_of(item, keep={SNOWFLAKE: {path: ("!file", "code/b.sql")}})

    assert "script:\n              - a;\n              - !file code/b.sql\n" in files["config.yaml"]
    assert {name: files[name] for name in files if name.startswith("code/")} == {
        "code/b.sql": "b;",
        "code/02/01.sql": "x;\n",
    }


def test_a_description_keeps_the_file_it_is_in():
    keep = {KEY: {("description",): ("!file", "about.md")}}

    assert texts_of(config(description=LONG), keep=keep) == {
        "about.md": LONG,
        "config.yaml": "id: orders\nname: Orders\ndescription: !file about.md\nconfiguration: {}\n",
    }


@pytest.mark.parametrize(
    ("path", "tag", "target"),
    [
        pytest.param(("configuration", "a"), "!file", "../../x.sql", id="outside"),
        pytest.param(("configuration", "a"), "!file", "/x.sql", id="absolute"),
        pytest.param(("configuration", "a"), "!file", "Config.YAML", id="the document itself"),
        pytest.param(("configuration", "a"), "!file", "rows/r.json", id="another document"),
        pytest.param(("configuration", "a"), "!file", "description.md", id="the description"),
        pytest.param(("configuration", "a"), "!file", "rows", id="a folder"),
        pytest.param(("configuration", "a"), "!file", "config.yaml/x", id="below a file"),
        pytest.param(("configuration", "a"), "!env", "NAME", id="another tag"),
        pytest.param(("configuration", "a"), "!statements", "a.sql", id="not a list"),
        pytest.param(("configuration", "b"), "!file", "b.sql", id="not there any more"),
        pytest.param(("configuration", "c"), "!file", "c.sql", id="not text any more"),
        pytest.param(("configuration", "c", 9), "!file", "c.sql", id="not that many any more"),
        pytest.param(("configuration", "c"), "!statements", "c.sql", id="empty now"),
        pytest.param(("configuration", "a", "x"), "!file", "a.sql", id="no mapping any more"),
    ],
)
def test_a_name_that_cannot_be_kept_is_not(path, tag, target):
    item, rows = config({"a": "x", "c": []}), [row("r")]
    files = files_of(item, rows, keep={KEY: {path: (tag, target)}})

    assert list(files) == ["config.yaml", "rows/r.yaml"]
    assert decode(files, KEY) == by_key(item, rows)


def test_a_value_that_stands_elsewhere_stays_there_and_is_not_written():
    item = config({"q": LONG, "s": ["a;", "b;"], "t": LONG})
    elsewhere = {
        ("configuration", "q"): ("!file", "../other/code/q.sql"),
        ("configuration", "s"): ("!statements", "../../s.sql"),
    }
    files = texts_of(item, elsewhere={KEY: elsewhere})

    assert list(files) == ["code/t.txt", "config.yaml"]
    assert files["config.yaml"].partition("configuration:\n")[2] == (
        "  q: !file ../other/code/q.sql\n  s: !statements ../../s.sql\n  t: !file code/t.txt\n"
    )


def test_another_tag_does_not_cost_the_other_values_their_files():
    item = config({"names": ["x"], "query": LONG})
    keep = {KEY: {("configuration", "names"): ("!env", "NAMES")}}

    assert list(files_of(item, keep=keep)) == ["code/query.sql", "config.yaml"]


def test_two_values_share_a_file_only_as_long_as_they_are_the_same():
    keep = {
        KEY.row(name): {("configuration", "q"): ("!file", "../code/q.sql")} for name in ("1", "2")
    }
    same = [row("1", {"q": "a"}), row("2", {"q": "a"})]
    different = [row("1", {"q": "a"}), row("2", {"q": "b"})]

    shared, parted = files_of(config(), same, keep=keep), files_of(config(), different, keep=keep)

    assert (
        list(shared)
        == list(parted)
        == [*("code/q.sql", "config.yaml", "rows/1.yaml", "rows/2.yaml")]
    )
    assert b"q: !file ../code/q.sql" in shared["rows/1.yaml"]
    assert b"q: !file ../code/q.sql" in shared["rows/2.yaml"]
    assert b"q: !file ../code/q.sql" in parted["rows/1.yaml"]
    assert b"q: b" in parted["rows/2.yaml"]
    assert files_of(config(), different[::-1], keep=keep) == parted
    assert decode(shared, KEY) == by_key(config(), same)
    assert decode(parted, KEY) == by_key(config(), different)


def test_a_mangled_row_does_not_force_json_on_the_others():
    item = config({"query": LONG})
    rows = [row("1", {"q": "\ud800", "query": LONG}), row("2")]
    files = files_of(item, rows)

    assert list(files) == ["code/query.sql", "config.yaml", "rows/1.json", "rows/2.yaml"]
    assert b"\\ud800" in files["rows/1.json"]
    assert decode(files, KEY) == by_key(item, rows)


def test_code_that_yaml_cannot_say_is_in_json():
    item = transformation(["\ud800;"], ["b;"])
    files = files_of(item)

    assert list(files) == ["config.json"]
    assert decode(files, SNOWFLAKE) == {SNOWFLAKE: item}


def test_json_is_written_for_people_too():
    item = replace(config({"a": "ž"}), name="\ud800")

    assert texts_of(item)["config.json"].splitlines()[:3] == [
        "{",
        '  "id": "orders",',
        '  "name": "\\ud800",',
    ]


def test_what_no_file_could_be_read_as_is_refused():
    deep = json.loads("[" * 98 + "]" * 98)
    too_deep = json.loads("[" * 99 + "]" * 99)

    assert list(files_of(config({"a": deep}))) == ["config.yaml"]
    with pytest.raises(
        ValueError, match=r"keboola\.ex-db-mysql/orders cannot be written as a file"
    ):
        files_of(config({"a": too_deep}))


@pytest.mark.parametrize("depth", [200, 500, 900])
def test_what_python_could_not_walk_is_refused_alike(depth):
    value = json.loads('{"a":' * depth + "1" + "}" * depth)

    with pytest.raises(
        ValueError, match=r"keboola\.ex-db-mysql/orders cannot be written as a file"
    ):
        files_of(config({"a": value}))
