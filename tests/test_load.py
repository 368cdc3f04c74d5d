from __future__ import annotations

from pathlib import Path

import pytest

from kbsync.model import Key, Resource
from kbsync.tree.declared import Origin, PulledIn
from kbsync.tree.load import load_tree
from tests.trees import problems_of, write_tree

CONFIG = "keboola.x/a/config.yaml"
KEY = Key("keboola.x", "a")


def load(tmp_path, files):
    return load_tree(write_tree(tmp_path, files))


def problems(tmp_path, files):
    return problems_of(load_tree, write_tree(tmp_path, files))


def test_a_whole_configuration(tmp_path):
    tree = load(
        tmp_path,
        {
            "kbsync.yaml": "version: 1\n",
            "README.md": "hello\n",
            "keboola.ex-aws-s3/sales/orders-from-s3/config.yaml": (
                'id: "364479526"\nname: Orders\nisDisabled: true\nrowsSortOrder: [users]\n'
                "resetState: backfill\nmetadata: {folder: Sales}\n"
                "configuration: {parameters: {n: 1.0, e: {}, l: []}}\n"
            ),
            "keboola.ex-aws-s3/sales/orders-from-s3/description.md": "# Orders\r\n\n",
            "keboola.ex-aws-s3/sales/orders-from-s3/rows/z.yaml": "id: users\nname: Users\n",
            "keboola.ex-aws-s3/sales/orders-from-s3/rows/b.json": (
                '{"description": "d", "configuration": {"k": [null, 1]}, "resetState": "once"}'
            ),
            "keboola.ex-aws-s3/sales/orders-from-s3/rows/a.yaml": "isDisabled: true\n",
            "keboola.variables/v/config.json": '{"name": "V"}',
        },
    )
    orders, folder = Key("keboola.ex-aws-s3", "364479526"), "keboola.ex-aws-s3/sales/orders-from-s3"
    variables = Key("keboola.variables", "v")

    assert tree.resources == {
        orders: Resource(
            key=orders,
            name="Orders",
            description="# Orders\r\n",
            is_disabled=True,
            rows_sort_order=("users", "a", "b"),
            reset_state="backfill",
            metadata={"folder": "Sales"},
            configuration={"parameters": {"n": 1.0, "e": {}, "l": []}},
        ),
        orders.row("a"): Resource(key=orders.row("a"), name="", configuration={}, is_disabled=True),
        orders.row("b"): Resource(
            key=orders.row("b"),
            name="",
            description="d",
            configuration={"k": [None, 1]},
            reset_state="once",
        ),
        orders.row("users"): Resource(key=orders.row("users"), name="Users", configuration={}),
        variables: Resource(key=variables, name="V", configuration={}),
    }
    assert list(tree.resources) == sorted(tree.resources)
    assert tree.origins == {
        orders: Origin(
            folder=folder,
            file=f"{folder}/config.yaml",
            description_file=f"{folder}/description.md",
        ),
        orders.row("a"): Origin(folder=folder, file=f"{folder}/rows/a.yaml", references=()),
        orders.row("b"): Origin(folder=folder, file=f"{folder}/rows/b.json", references=()),
        orders.row("users"): Origin(folder=folder, file=f"{folder}/rows/z.yaml", references=()),
        variables: Origin(
            folder="keboola.variables/v", file="keboola.variables/v/config.json", references=()
        ),
    }


def test_texts_of_other_files_are_pulled_in_exactly(tmp_path):
    text = "first\r\n second \t\n\n"
    tree = load(
        tmp_path,
        {
            CONFIG: (
                "name: A\nconfiguration:\n  text: !file code/a.txt\n"
                "  shared: [!file ../../shared/b.txt]\n"
            ),
            "keboola.x/a/rows/r.yaml": (
                "configuration: {script: !statements ../code/r.sql, data: !file ../data.json}\n"
            ),
            "keboola.x/a/code/a.txt": text,
            "keboola.x/a/code/r.sql": "SELECT 1;\n\nSELECT ';';\n",
            "keboola.x/a/data.json": "{}",
            "shared/b.txt": "",
        },
    )

    row = KEY.row("r")
    assert tree.resources[KEY].configuration == {"text": text, "shared": [""]}
    assert tree.resources[row].configuration == {
        "script": ["SELECT 1;", "SELECT ';';"],
        "data": "{}",
    }
    assert tree.origins[KEY].references == (
        PulledIn(
            path=("configuration", "text"),
            tag="!file",
            target="code/a.txt",
            file="keboola.x/a/code/a.txt",
        ),
        PulledIn(
            path=("configuration", "shared", 0),
            tag="!file",
            target="../../shared/b.txt",
            file="shared/b.txt",
        ),
    )
    assert [item.file for item in tree.origins[row].references] == [
        "keboola.x/a/code/r.sql",
        "keboola.x/a/data.json",
    ]


@pytest.mark.parametrize(
    ("order", "expanded"),
    [
        pytest.param("", None, id="not managed"),
        pytest.param("rowsSortOrder: [b, a, c]\n", ("b", "a", "c"), id="all"),
        pytest.param("rowsSortOrder: [c]\n", ("c", "b", "a"), id="the rest by file name"),
        pytest.param("rowsSortOrder: []\n", ("b", "a", "c"), id="none, all by file name"),
    ],
)
def test_the_order_of_rows_is_completed(tmp_path, order, expanded):
    tree = load(
        tmp_path,
        {
            CONFIG: f"name: A\n{order}",
            "keboola.x/a/rows/1.yaml": "id: b\n",
            "keboola.x/a/rows/2.yaml": "id: a\n",
            "keboola.x/a/rows/3.yaml": "id: c\n",
        },
    )

    assert tree.resources[KEY].rows_sort_order == expanded


def test_the_file_name_that_orders_rows_is_without_its_ending(tmp_path):
    tree = load(
        tmp_path,
        {
            CONFIG: "name: A\nrowsSortOrder: []\n",
            "keboola.x/a/rows/orders.yaml": "{}\n",
            "keboola.x/a/rows/orders-eu.json": "{}\n",
        },
    )

    assert tree.resources[KEY].rows_sort_order == ("orders", "orders-eu")


@pytest.mark.parametrize(
    ("text", "description"),
    [("", ""), ("\n", ""), ("a", "a"), ("a\n", "a"), ("a\n\n", "a\n"), ("a\r\n", "a\r")],
)
def test_a_description_file_loses_one_final_newline(tmp_path, text, description):
    tree = load(tmp_path, {CONFIG: "name: A\n", "keboola.x/a/description.md": text})

    assert tree.resources[KEY].description == description


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"kbsync.yaml": "version: 1\n", "data.json": "{}"}, id="files of the root"),
        pytest.param({"docs/mkdocs.yaml": "a: 1\n", "scripts/x.sh": ""}, id="other folders"),
        pytest.param({".git/keboola.x/a/config.yaml": "bad", ".ci.yml": ""}, id="hidden"),
        pytest.param({"node_modules/x/config.json": "bad"}, id="tools"),
        pytest.param({"keboola.x/notes.md": "", "keboola.x/empty/": ""}, id="no data"),
    ],
)
def test_what_declares_nothing_is_an_empty_tree(tmp_path, files):
    assert load(tmp_path, files).resources == {}


def test_files_beside_configurations_that_are_no_data_are_left_alone(tmp_path):
    tree = load(
        tmp_path,
        {
            CONFIG: "name: A\n",
            "keboola.x/a/notes.md": "\xff",
            "keboola.x/a/.config.yaml.swp": "bad",
            "keboola.x/a/rows/README.md": "",
            "keboola.x/a/rows/.hidden.yaml": "bad",
            "keboola.x/a/rows/__pycache__/x.yaml": "bad",
            "keboola.x/a/code/config.yaml": "bad: [",
            "keboola.x/a/code/deep/rows/x.yml": "bad: [",
            "keboola.x/README.md": "",
            "docs/config.md": "",
            "config.yaml": "of: another tool\n",
        },
    )

    assert list(tree.resources) == [KEY]


def test_folders_of_components_may_be_percent_encoded(tmp_path):
    tree = load(tmp_path, {"%2E%2E/a/config.yaml": "name: A\n"})

    assert list(tree.resources) == [Key("..", "a")]


def test_a_row_may_be_called_config(tmp_path):
    tree = load(tmp_path, {CONFIG: "name: A\n", "keboola.x/a/rows/config.yaml": "{}\n"})

    assert list(tree.resources) == [KEY, KEY.row("config")]


NOT_READ = (
    "this name is not read; files are called config.yaml, config.json, <row>.yaml, <row>.json"
)
STRAY = (
    "this is no configuration and no row, and no tag pulls it in; "
    "move it to <folder>/config.yaml, to rows/ or to code/, or remove it"
)

BROKEN_LAYOUTS = {
    "configuration without a folder": (
        {"keboola.x/config.yaml": "name: A\n"},
        [
            "keboola.x/config.yaml: a configuration needs a folder of its own below the "
            "component's; move it to keboola.x/<folder>/config.yaml"
        ],
    ),
    "configuration at the top": (
        {"config.yaml": "name: A\n", "rows/a.yaml": "{}"},
        [
            "config.yaml: a configuration at the top of the tree, where folders of components "
            "are expected; check --project-dir, or move the file",
            f"rows/a.yaml: {STRAY}",
        ],
    ),
    "two forms of a configuration": (
        {CONFIG: "name: A\n", "keboola.x/a/config.json": '{"name": "A"}'},
        [
            "keboola.x/a: there is a config.yaml and a config.json; a configuration has one of "
            "them; remove one"
        ],
    ),
    "yml": (
        {"keboola.x/a/config.yml": "name: A\n"},
        [f"keboola.x/a/config.yml: {NOT_READ}; rename it to config.yaml"],
    ),
    "capitals": (
        {"keboola.x/a/Config.YAML": "name: A\n", "keboola.x/b/CONFIG.JSON": "{}"},
        [
            f"keboola.x/a/Config.YAML: {NOT_READ}; rename it to config.yaml",
            f"keboola.x/b/CONFIG.JSON: {NOT_READ}; rename it to config.json",
        ],
    ),
    "rows without a configuration": (
        {"keboola.x/a/rows/r.yaml": "{}\n", "keboola.x/b/config.yaml": "name: B\n"},
        [
            "keboola.x/a/rows: rows without a configuration: there is no config.yaml beside this "
            "folder; bring config.yaml back, or remove the rows"
        ],
    ),
    "only rows in the whole tree": (
        {"writer/a/rows/r.yaml": "{}\n"},
        [
            "writer/a/rows: rows without a configuration: there is no config.yaml beside this "
            "folder; bring config.yaml back, or remove the rows"
        ],
    ),
    "rows as a file": (
        {CONFIG: "name: A\n", "keboola.x/a/rows": "../b/rows"},
        [
            "keboola.x/a/rows: this is a file; expected a folder with a file for each row; "
            "make it a folder"
        ],
    ),
    "misspelt configuration": (
        {"keboola.x/a/conf.yaml": "name: A\n"},
        [f"keboola.x/a/conf.yaml: {STRAY}"],
    ),
    "data files nobody reads": (
        {
            CONFIG: "name: A\n",
            "keboola.x/a/row.yaml": "{}\n",
            "keboola.x/a/Rows/r.yaml": "{}\n",
            "keboola.x/a/other/x.json": "{}",
            "keboola.x/b/x.YML": "{}",
            "keboola.x/y.json": "{}",
        },
        [
            f"keboola.x/a/Rows/r.yaml: {STRAY}",
            f"keboola.x/a/other/x.json: {STRAY}",
            f"keboola.x/a/row.yaml: {STRAY}",
            f"keboola.x/b/x.YML: {STRAY}",
            f"keboola.x/y.json: {STRAY}",
        ],
    ),
    "configuration inside another": (
        {CONFIG: "name: A\n", "keboola.x/a/old/config.yaml": "name: A\n"},
        [
            "keboola.x/a/old/config.yaml: a configuration inside the folder of another one; "
            "move its folder out, beside the other"
        ],
    ),
    "rows in folders": (
        {CONFIG: "name: A\n", "keboola.x/a/rows/eu/r.yaml": "{}\n"},
        [
            "keboola.x/a/rows/eu: a folder inside rows/; every row is a file directly in it; "
            "move row files up, other files to code/"
        ],
    ),
    "rows with other endings": (
        {
            CONFIG: "name: A\n",
            "keboola.x/a/rows/r.yml": "{}\n",
            "keboola.x/a/rows/s.Json": "{}\n",
        },
        [
            f"keboola.x/a/rows/r.yml: {NOT_READ}; rename it to r.yaml",
            f"keboola.x/a/rows/s.Json: {NOT_READ}; rename it to s.json",
        ],
    ),
    "two forms of a row": (
        {
            CONFIG: "name: A\n",
            "keboola.x/a/rows/r.json": "{}",
            "keboola.x/a/rows/r.yaml": "{}\n",
        },
        ["keboola.x/a/rows/r.yaml: there is also r.json; a row has one file; remove one"],
    ),
    "unprintable name": (
        {CONFIG: "name: A\n", "keboola.x/a/\x1b[31m\n.yaml": "{}\n"},
        [f"keboola.x/a/%1B[31m%0A.yaml: {STRAY}"],
    ),
}

BROKEN_CONTENT = {
    "every kind at once": (
        {
            CONFIG: "name: A\nname: B\n",
            "keboola.x/b/config.yaml": "name: B\nisDisbled: true\n",
            "keboola.x/b/rows/r.yaml": "configuration: [\n",
            "keboola.x/c/config.json": '{"id": "c"}',
        },
        [
            "keboola.x/a/config.yaml:2:1: the key 'name' is here a second time; ...",
            "keboola.x/b/config.yaml:2:1: unknown key 'isDisbled'; ...",
            "keboola.x/b/rows/r.yaml:...",
            "keboola.x/c/config.json:1:1: 'name' is missing; ...",
        ],
    ),
    "no mapping": (
        {CONFIG: "- a\n", "keboola.x/a/stray.json": "{}"},
        ["keboola.x/a/config.yaml:1:1: the file is a list; expected a mapping ..."],
    ),
    "conflict marker": (
        {CONFIG: "name: A\n<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n"},
        ["keboola.x/a/config.yaml:2:1: a merge-conflict marker; ..."],
    ),
    "two descriptions": (
        {CONFIG: "name: A\ndescription: ''\n", "keboola.x/a/description.md": "A\n"},
        [
            "keboola.x/a/config.yaml:2:1: there is also keboola.x/a/description.md; "
            "a configuration has one description; remove one of them"
        ],
    ),
    "two configurations of one id": (
        {
            CONFIG: "name: A\n",
            "keboola.x/b/config.yaml": 'name: B\nid: "a"\n',
            "keboola.y/a/config.yaml": "name: A\n",
        },
        [
            "keboola.x/b/config.yaml:2:1: the id 'a' is also that of keboola.x/a/config.yaml; "
            "change one id, or remove one of the files"
        ],
    ),
    "two rows of one id": (
        {
            CONFIG: "name: A\n",
            "keboola.x/a/rows/r.yaml": "{}\n",
            "keboola.x/a/rows/s.yaml": 'name: S\nid: "r"\n',
            "keboola.x/b/config.yaml": "name: B\n",
            "keboola.x/b/rows/r.yaml": "{}\n",
        },
        [
            "keboola.x/a/rows/s.yaml:2:1: the id 'r' is also that of keboola.x/a/rows/r.yaml; "
            "change one id, or remove one of the files"
        ],
    ),
    "duplicates beside other problems": (
        {
            CONFIG: "name: A\nid: one\n",
            "keboola.x/b/config.yaml": "nam: B\nid: one\n",
        },
        [
            "keboola.x/b/config.yaml:1:1: 'name' is missing; ...",
            "keboola.x/b/config.yaml:1:1: unknown key 'nam'; ...",
            "keboola.x/b/config.yaml:2:1: the id 'one' is also that of keboola.x/a/...",
        ],
    ),
    "ids that no address can hold": (
        {CONFIG: 'name: A\nid: ".."\n', "keboola.x/a/rows/r.yaml": 'id: "."\n'},
        [
            "keboola.x/a/config.yaml:2:1: '..' cannot be an id, because no address can hold it; "
            "choose another",
            "keboola.x/a/rows/r.yaml:1:1: '.' cannot be an id, because no address can hold it; "
            "choose another",
        ],
    ),
    "unknown row in the order": (
        {
            CONFIG: "name: A\nrowsSortOrder:\n  - orders\n  - user\n  - nothing\n",
            "keboola.x/a/rows/orders.yaml": "{}\n",
            "keboola.x/a/rows/users.yaml": "{}\n",
        },
        [
            "keboola.x/a/config.yaml:4:5: there is no row 'user'; expected the ids of rows in "
            "rows/; did you mean 'users'?",
            "keboola.x/a/config.yaml:5:5: there is no row 'nothing'; expected the ids of rows in "
            "rows/; remove it or add the row",
        ],
    ),
    "a row that cannot be read is not called unknown": (
        {CONFIG: "name: A\nrowsSortOrder: [r]\n", "keboola.x/a/rows/s.yaml": "id: r\nid: r\n"},
        ["keboola.x/a/rows/s.yaml:2:1: the key 'id' is here a second time; ..."],
    ),
    "a row twice in the order": (
        {CONFIG: "name: A\nrowsSortOrder: [r, r]\n", "keboola.x/a/rows/r.yaml": "{}\n"},
        ["keboola.x/a/config.yaml:2:20: 'r' is in the list twice; remove one"],
    ),
    "plain-text secrets": (
        {
            CONFIG: (
                "name: A\nconfiguration:\n  parameters:\n    '#password': fake-word\n"
                "    '#empty': ''\n    '#good': KBC::ProjectSecure::fake\n"
            ),
            "keboola.x/a/rows/r.json": (
                '{"configuration": {"values": [{"name": "#v",\n"value": "fake-word"}]}}'
            ),
        },
        [
            "keboola.x/a/config.yaml:4:5: plain text under '#password', where a secret belongs; "
            "put ciphertext (KBC::...) or `!env NAME` here",
            "keboola.x/a/rows/r.json:2:1: plain text under 'value', where a secret belongs; "
            "put ciphertext (KBC::...) or `!env NAME` here",
        ],
    ),
    "plain-text secret in a file": (
        {
            CONFIG: "name: A\nconfiguration:\n  '#key': !file code/key.pem\n",
            "keboola.x/a/code/key.pem": "fake-word\n",
        },
        [
            "keboola.x/a/config.yaml:3:3: plain text under '#key', where a secret belongs; "
            "put ciphertext (KBC::...) or `!env NAME` here"
        ],
    ),
    "git-lfs": (
        {
            CONFIG: "version https://git-lfs.github.com/spec/v1\noid sha256:fake\nsize 1\n",
            "keboola.x/b/config.yaml": "name: !file code/a.txt\n",
            "keboola.x/b/code/a.txt": "version https://git-lfs.github.com/spec/v1\nsize 1\n",
        },
        [
            "keboola.x/a/config.yaml: this is a git-lfs pointer; the content was not fetched; "
            "run `git lfs pull`",
            "keboola.x/b/code/a.txt: this is a git-lfs pointer; the content was not fetched; "
            "run `git lfs pull`",
        ],
    ),
    "too big": (
        {CONFIG: "name: A\n#" + "x" * 10_000_000},
        [
            "keboola.x/a/config.yaml: the file has 10,000,009 bytes; at most 10,000,000 are read; "
            "split it or move data out of it"
        ],
    ),
}


def pulling(target, **files):
    text = f"name: A\nconfiguration:\n  x: !file {target}\n"
    return {CONFIG: text} | {name.replace("__", "/"): text for name, text in files.items()}


AT_TAG = "keboola.x/a/config.yaml:3:6: "

BROKEN_REFERENCES = {
    "missing": (
        pulling("code/b.sql", **{"keboola.x/a/code/other.txt": ""}),
        [
            f"{AT_TAG}there is no file 'code/b.sql'; looked for keboola.x/a/code/b.sql; "
            "add it or correct the name"
        ],
    ),
    "misspelt": (
        pulling("code/Orders.sql", **{"keboola.x/a/code/orders.sql": ""}),
        [
            f"{AT_TAG}there is no file 'code/Orders.sql'; looked for keboola.x/a/code/Orders.sql; "
            "did you mean 'orders.sql'?"
        ],
    ),
    "folder": (
        pulling("code", **{"keboola.x/a/code/c.txt": ""}),
        [f"{AT_TAG}'code' is a folder; expected a file; name a file in it"],
    ),
    "out of the tree": (
        pulling("../../../x.sql"),
        [f"{AT_TAG}'../../../x.sql' leads out of the tree; name a file inside the tree"],
    ),
    "absolute": (
        pulling("/etc/passwd"),
        [
            f"{AT_TAG}'/etc/passwd' is an absolute path; expected one relative to this file; "
            "name a file inside the tree"
        ],
    ),
    "drive": (
        pulling("C:/x.sql"),
        [
            f"{AT_TAG}'C:/x.sql' is an absolute path; expected one relative to this file; "
            "name a file inside the tree"
        ],
    ),
    "backslash": (
        pulling("code\\x.sql"),
        [
            f"{AT_TAG}'code\\\\x.sql' has a backslash; folders are separated by /; "
            "name a file inside the tree"
        ],
    ),
    "hidden": (
        pulling("../../.git/config", **{".git/config": "fake-word"}),
        [
            f"{AT_TAG}'../../.git/config' is hidden or in a folder that is skipped; "
            "name a file inside the tree"
        ],
    ),
    "not UTF-8": (
        pulling("code/b.sql") | {"keboola.x/a/code/b.sql": b"ok\nab\xff\n"},
        ["keboola.x/a/code/b.sql:2:3: byte 0xFF is not ..."],
    ),
    "conflict": (
        pulling("code/b.sql", **{"keboola.x/a/code/b.sql": "a\n<<<<<<< HEAD\n=======\n"}),
        ["keboola.x/a/code/b.sql:2:1: a merge-conflict marker; ..."],
    ),
    "conflict in the description": (
        {CONFIG: "name: A\n", "keboola.x/a/description.md": ">>>>>>> other\n"},
        ["keboola.x/a/description.md:1:1: a merge-conflict marker; ..."],
    ),
    "one broken file, named twice": (
        {
            CONFIG: "name: !file code/b.sql\ndescription: !file code/b.sql\n",
            "keboola.x/a/code/b.sql": "\0",
        },
        ["keboola.x/a/code/b.sql:1:1: a NUL character; ..."],
    ),
}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(*case, id=name)
        for table in (BROKEN_LAYOUTS, BROKEN_CONTENT, BROKEN_REFERENCES)
        for name, case in table.items()
    ],
)
def test_every_problem_is_reported_with_its_place(tmp_path, files, expected):
    found = problems(tmp_path, files)

    # The words of the reader and the schemas have tests of their own.
    shortened = [
        line[: len(wanted) - 3] + "..." if wanted.endswith("...") else line
        for line, wanted in zip(found, expected, strict=False)
    ] + found[len(expected) :]
    assert shortened == expected
    assert "fake-word" not in "".join(found)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("missing", "there is no such folder"), ("file", "this is a file; expected the folder of")],
)
def test_a_root_that_is_no_folder_is_refused(tmp_path, name, problem):
    write_tree(tmp_path, {"file": ""})

    (line,) = problems_of(load_tree, tmp_path / name)

    assert line.startswith(f"{tmp_path / name}: {problem}")


def test_a_tree_may_be_reached_through_a_link(tmp_path):
    write_tree(tmp_path / "real", {CONFIG: "name: A\n"})
    (tmp_path / "link").symlink_to("real")

    assert list(load_tree(tmp_path / "link").resources) == [KEY]


def test_loading_depends_on_no_order_of_the_file_system(tmp_path):
    files = {f"keboola.x/{n}/rows/{m}.yaml": "{}\n" for n in "cab" for m in "zxy"}
    files |= {f"keboola.x/{n}/config.yaml": "name: N\nrowsSortOrder: []\n" for n in "cab"}
    one = load(tmp_path / "one", files)
    other = load(tmp_path / "other", dict(reversed(files.items())))

    assert list(one.resources.items()) == list(other.resources.items())
    assert list(one.resources) == sorted(one.resources)
    assert Path(one.origins[KEY].file).as_posix() == CONFIG
