import json
import shutil
from itertools import count

import pytest

from tests.breaking import breaking

COMPONENT = "keboola.ex-http"
LONG = "".join(f"line {number}\n" for number in range(30))


def live(*configs, component=COMPONENT):
    return [{"id": component, "configurations": list(configs)}]


def config(config_id, name=None, **fields):
    return {"id": config_id, "name": name or config_id.title(), "configuration": {}, **fields}


def plan_is_empty(workspace):
    return workspace.kbsync("plan", "--detailed-exitcode").exit_code == 0


def changed_at(workspace):
    return {path: (workspace.root / path).stat().st_mtime_ns for path in workspace.files()}


def test_a_first_pull_writes_readable_files_and_binds_the_folder_to_the_project(start_workspace):
    workspace = start_workspace(
        live=live(
            config(
                "123",
                "Orders / Main",
                description="Short.",
                metadata={"KBC.configuration.folderName": "Sales"},
                rows=[
                    {"id": "9", "name": "Users", "configuration": {"a": 1.0}, "isDisabled": True},
                    {"id": "8", "name": "Items", "configuration": {}},
                ],
                rowsSortOrder=["9", "8"],
                state={"secret": "state"},
            )
        )
    )
    result = workspace.kbsync("pull")
    files = workspace.files()

    assert result.exit_code == 0, result.output
    assert list(files) == [
        "kbsync.yaml",
        "keboola.ex-http/orders-main/config.yaml",
        "keboola.ex-http/orders-main/rows/items.yaml",
        "keboola.ex-http/orders-main/rows/users.yaml",
    ]
    assert files["keboola.ex-http/orders-main/config.yaml"].decode() == (
        'id: "123"\n'
        "name: Orders / Main\n"
        "description: Short.\n"
        "rowsSortOrder:\n"
        '  - "9"\n'
        '  - "8"\n'
        "metadata:\n"
        "  KBC.configuration.folderName: Sales\n"
        "configuration: {}\n"
    )
    assert b"project: 1234" in files["kbsync.yaml"]
    assert plan_is_empty(workspace)


def test_only_the_files_of_what_changed_are_touched(start_workspace):
    rows = [{"id": "r1", "name": "One", "configuration": {}}, {"id": "r2", "name": "Two"}]
    workspace = start_workspace(live=live(config("a", rows=rows), config("b")))
    workspace.kbsync("pull")
    before = changed_at(workspace)
    workspace.storage(
        "PUT", f"components/{COMPONENT}/configs/a/rows/r2", {"configuration": {"x": 1}}
    )
    workspace.kbsync("pull")
    after = changed_at(workspace)

    assert [path for path in after if after[path] != before[path]] == [
        f"{COMPONENT}/a/rows/two.yaml"
    ]
    assert plan_is_empty(workspace)


def test_a_folder_that_was_renamed_and_a_file_that_was_written_by_hand_stay(start_workspace):
    workspace = start_workspace(live=live(config("a"), config("b")))
    workspace.kbsync("pull")
    folder = workspace.root / COMPONENT
    (folder / "a").rename(folder / "my own name")
    (folder / "my own name" / "config.yaml").write_text("# mine\nname:   A\nid: a\n")
    before = workspace.files()
    workspace.kbsync("pull")

    assert workspace.files() == before


def test_a_file_keeps_its_place_when_its_text_changes(start_workspace):
    query = {"configuration": {"parameters": {"query": LONG}}}
    workspace = start_workspace(
        {
            f"{COMPONENT}/a/config.yaml": (
                "name: A\nconfiguration: {parameters: {query: !file sql/mine.sql}}\n"
            ),
            f"{COMPONENT}/a/sql/mine.sql": LONG,
        },
        live(config("a", **query)),
    )
    new = {"configuration": {"parameters": {"query": LONG + "more\n"}}}
    workspace.storage("PUT", f"components/{COMPONENT}/configs/a", new)
    workspace.kbsync("pull")

    assert workspace.files()[f"{COMPONENT}/a/sql/mine.sql"].decode() == LONG + "more\n"
    assert plan_is_empty(workspace)


def test_a_row_that_is_gone_loses_its_file(start_workspace):
    workspace = start_workspace(live=live(config("a", rows=[{"id": "r", "name": "R"}])))
    workspace.kbsync("pull")
    workspace.storage("DELETE", f"components/{COMPONENT}/configs/a/rows/r")
    result = workspace.kbsync("pull")

    assert list(workspace.files()) == ["kbsync.yaml", f"{COMPONENT}/a/config.yaml"]
    assert f"-  {COMPONENT}/a/r" in result.stdout
    assert plan_is_empty(workspace)


@pytest.mark.parametrize(
    ("file", "new_file"),
    [("orders.yaml", "orders-b.yaml"), ("Orders.yaml", "orders-b.yaml"), ("x.yaml", "orders.yaml")],
    ids=["same name", "other case", "other name"],
)
def test_a_new_row_never_takes_over_the_file_of_one_that_is_gone(start_workspace, file, new_file):
    folder = f"{COMPONENT}/a/rows"
    new = {"id": "b", "name": "Orders", "configuration": {}}
    workspace = start_workspace(
        {f"{COMPONENT}/a/config.yaml": "name: A\n", f"{folder}/{file}": "# mine\nid: a\n"},
        live(config("a", rows=[new])),
    )
    result = workspace.kbsync("pull")

    assert result.exit_code == 0, result.output
    assert [path for path in workspace.files() if "/rows/" in path] == [f"{folder}/{new_file}"]
    assert plan_is_empty(workspace)


def test_a_configuration_in_the_trash_loses_its_files_and_a_new_one_stays(start_workspace):
    workspace = start_workspace(live=live(config("a"), config("b")))
    workspace.kbsync("pull")
    workspace.write({f"{COMPONENT}/new/config.yaml": "name: New\n"})
    workspace.storage("DELETE", f"components/{COMPONENT}/configs/b")
    result = workspace.kbsync("pull")

    assert f"{COMPONENT}/b/config.yaml" not in workspace.files()
    assert f"{COMPONENT}/new/config.yaml" in workspace.files()
    assert f"Only in the files, kept: {COMPONENT}/new" in result.stdout


def test_what_a_pull_replaces_is_kept(start_workspace):
    workspace = start_workspace({f"{COMPONENT}/a/config.yaml": "name: Mine\n"}, live(config("a")))
    result = workspace.kbsync("pull")
    (kept,) = (workspace.root / ".kbsync" / "replaced").rglob("config.yaml")

    assert kept.read_text() == "name: Mine\n"
    assert str(kept.parents[2]) in result.stderr


def test_what_a_file_does_not_manage_stays_unmanaged(start_workspace):
    rows = [{"id": "x", "name": "X"}, {"id": "y", "name": "Y"}]
    files = {
        f"{COMPONENT}/a/config.yaml": "name: Old\n",
        f"{COMPONENT}/a/rows/x.yaml": "name: X\n",
        f"{COMPONENT}/a/rows/y.yaml": "name: Y\n",
    }
    seed = live(config("a", rows=rows, rowsSortOrder=["y", "x"], metadata={"k": "v"}))
    workspace = start_workspace(files, seed)
    workspace.kbsync("pull")

    assert workspace.files()[f"{COMPONENT}/a/config.yaml"].decode() == "name: A\n"


@pytest.mark.parametrize(
    "config_id",
    [
        "..\\x",
        "a/b",
        "../../etc",
        "con",
        "%2e",
        "žluťoučký",
        "日本",
        "a" * 300,
        "-x",
        "a b",
        "x.",
    ],
)
@pytest.mark.parametrize("component", [COMPONENT, "..", "a/../b", "CON", ".git", "kéž"])
def test_any_id_and_name_stays_inside_the_folder(start_workspace, component, config_id):
    seed = live(
        config(config_id, "../../evil", rows=[{"id": config_id, "name": "../r"}]),
        config("same", "../../evil"),
        config("SAME", "../../EVIL"),
        component=component,
    )
    workspace = start_workspace(live=seed)
    result = workspace.kbsync("pull")

    assert result.exit_code == 0, result.output
    assert {path.name for path in workspace.root.parent.iterdir()} == {"project"}
    assert len([path for path in workspace.files() if path.endswith("config.yaml")]) == 3
    assert plan_is_empty(workspace)


def test_a_link_that_leads_out_of_the_tree_is_not_followed(start_workspace, tmp_path):
    workspace = start_workspace(live=live(config("a")))
    outside = tmp_path / "outside"
    outside.mkdir()
    (workspace.root / COMPONENT).symlink_to(outside)
    result = workspace.kbsync("pull")

    assert result.exit_code == 3
    assert list(outside.iterdir()) == []


def test_a_selector_pulls_some_configurations_and_leaves_the_others(start_workspace):
    workspace = start_workspace(live=live(config("a"), config("b")))
    workspace.kbsync("pull", "*/a")

    assert list(workspace.files()) == ["kbsync.yaml", f"{COMPONENT}/a/config.yaml"]


def test_an_empty_project_is_pulled_and_then_in_step(start_workspace):
    workspace = start_workspace()

    assert workspace.kbsync("pull").exit_code == 0
    assert plan_is_empty(workspace)


def test_a_full_disk_is_told_and_leaves_nothing_behind(start_workspace):
    workspace = start_workspace(live=live(config("a"), config("b")))
    with breaking(workspace.root, 8, OSError(28, "No space left on device")):
        result = workspace.kbsync("pull")

    assert result.exit_code == 1
    assert result.stderr == (
        "Error: keboola.ex-http/a/config.yaml: cannot be written (No space left on device)\n"
        "Hint: Mend that and pull again.\n"
        "Nothing was written.\n"
    )
    assert workspace.files() == {}


def rows(*row_ids):
    return [{"id": row_id, "name": row_id.upper(), "configuration": {}} for row_id in row_ids]


def script(text):
    blocks = [{"name": "B", "codes": [{"name": "C", "script": [f"{text};"]}]}]
    return {"parameters": {"blocks": blocks}}


SQL = "keboola.snowflake-transformation"
GONE = config("gone", rows=rows("r", "s"), rowsSortOrder=["s", "r"], description=LONG)
OLD = live(
    config("a", configuration=script("old"), rows=rows("r", "s"), rowsSortOrder=["s", "r"]),
    GONE,
    config("json"),
    config("long", description="short"),
    component=SQL,
)
NEW = live(
    config("a", configuration=script("new"), rows=rows("s", "t"), rowsSortOrder=["t", "s"]),
    GONE | {"isDeleted": True},
    config("json", configuration={"no yaml": "\ud800"}),
    config("long", description=LONG),
    config("new", configuration=script("x"), rows=rows("r", "s"), rowsSortOrder=["s", "r"]),
    component=SQL,
)


def test_wherever_a_pull_is_killed_the_next_one_brings_all_in_step(start_workspace, tmp_path):
    workspace = start_workspace(live=OLD)
    workspace.kbsync("pull")
    workspace.show(NEW)
    before = tmp_path / "before"
    shutil.copytree(workspace.root, before)
    for stop in count(1):
        shutil.rmtree(workspace.root)
        shutil.copytree(before, workspace.root)
        with breaking(workspace.root, stop, OSError("killed"), for_good=True) as broken:
            workspace.kbsync("pull")
        result = workspace.kbsync("pull")

        assert result.exit_code == 0, result.output
        assert plan_is_empty(workspace)
        assert {path.name for path in (workspace.root / ".kbsync").iterdir()} == {
            ".gitignore",
            "cache",
            "replaced",
        }
        if not broken.happened:
            break

    assert stop > 40


def pull_stopped(workspace, at):
    with breaking(workspace.root, at, KeyboardInterrupt()):
        return workspace.kbsync("pull")


def test_ctrl_c_tells_how_much_was_changed_and_what_to_do(start_workspace):
    workspace = start_workspace(live=OLD)
    workspace.kbsync("pull")
    workspace.show(NEW)
    results = (pull_stopped(workspace, at) for at in range(1, 200))
    result = next(each for each in results if "files were changed" in each.stderr)
    again = workspace.kbsync("pull")

    assert result.exit_code == 130
    assert result.stdout == ""
    assert result.stderr == (
        "Error: Interrupted; 1 of 16 files were changed\nHint: Pull again, which finishes it.\n"
    )
    assert again.stderr.startswith(
        "A pull had broken off; what was left of it is done now (15 files).\n"
        f"What was replaced or removed is kept in {workspace.root}/.kbsync/replaced/"
    )
    assert plan_is_empty(workspace)


def test_ctrl_c_while_files_are_read_tells_whether_any_was_changed(start_workspace):
    path = f"{COMPONENT}/a/config.yaml"
    workspace = start_workspace(live=live(config("a")))
    workspace.kbsync("pull")
    told = set()
    for at in count(1):
        workspace.write({path: "name: Mine\n"})
        with breaking(workspace.root / path, at, KeyboardInterrupt(), reading=True) as broken:
            result = workspace.kbsync("pull")
        if not broken.happened:
            break
        is_changed = workspace.files()[path] != b"name: Mine\n"
        told.add((result.exit_code, is_changed, result.stderr.strip().splitlines()[0]))

    assert told == {
        (130, False, "Stopped. Nothing was written to the project."),
        (130, True, "Error: Interrupted; 1 of 1 files were changed"),
    }
    assert plan_is_empty(workspace)


def test_ctrl_c_before_any_file_was_changed_leaves_nothing_behind(start_workspace):
    workspace = start_workspace(live=OLD)
    result = pull_stopped(workspace, at=5)

    assert result.exit_code == 130
    assert "Nothing was written" in result.stderr
    assert [path for path in workspace.root.rglob("*") if path.is_file()] == []


def nested(depth):
    return {"k": nested(depth - 1)} if depth else {}


@pytest.mark.parametrize("depth", [99, 150, 500, 900])
def test_what_is_refused_is_left_as_it_is_and_not_counted(start_workspace, depth):
    seed = live(config("a", rows=rows("r", "s")), config("b", rows=rows("r")))
    workspace = start_workspace(live=seed)
    workspace.kbsync("pull")
    before = workspace.files()
    workspace.show(live(config("a", rows=rows("s"), configuration=nested(depth)), config("b")))
    result = workspace.kbsync("pull")

    assert result.exit_code == 4
    assert result.stdout == (
        '  -  keboola.ex-http/b/r  "R"\n'
        "Pulled: 0 objects added, 0 updated, 1 removed, 1 unchanged. 1 file changed.\n"
        'Not pulled: keboola.ex-http/a  "A" is deeper or larger than a file may be\n'
        "Mend those in the project, then pull again.\n"
    )
    assert workspace.files() == {
        path: data for path, data in before.items() if path != f"{COMPONENT}/b/rows/r.yaml"
    }


@pytest.mark.parametrize("link", [".kbsync", ".kbsync/replaced", ".kbsync/pulling"])
def test_a_link_in_our_own_folder_is_refused_before_anything_is_written(
    start_workspace, tmp_path, link
):
    workspace = start_workspace({f"{COMPONENT}/a/config.yaml": "name: Mine\n"}, live(config("a")))
    outside = tmp_path / "outside"
    outside.mkdir()
    (workspace.root / link).parent.mkdir(exist_ok=True)
    (workspace.root / link).symlink_to(outside)
    before = workspace.files()
    result = workspace.kbsync("pull")

    assert result.exit_code == 4
    assert result.stderr == (
        f"Error: {link}: is a link, which may lead out of the tree\n"
        "Hint: Put a folder there instead.\n"
        "Nothing was written.\n"
    )
    assert list(outside.iterdir()) == []
    assert workspace.files() == before


def test_a_file_outside_the_folder_of_its_configuration_is_not_removed(start_workspace):
    files = {
        "README.md": "About all.\n",
        f"{COMPONENT}/a/config.yaml": "name: A\ndescription: !file ../../README.md\n",
    }
    workspace = start_workspace(files, live(config("a", description="Short.")))
    result = workspace.kbsync("pull")

    assert result.exit_code == 0, result.output
    assert workspace.files()["README.md"] == b"About all.\n"
    assert plan_is_empty(workspace)


def test_what_is_out_of_scope_is_neither_pulled_nor_listed(start_workspace):
    files = {
        "kbsync.yaml": f"version: 1\nscope: {{exclude: ['{COMPONENT}/b']}}\n",
        f"{COMPONENT}/a/config.yaml": "name: A\n",
        f"{COMPONENT}/b/config.yaml": "name: Mine\n",
        f"{COMPONENT}/c/config.yaml": "name: New\n",
    }
    workspace = start_workspace(files, live(config("a"), config("b")))
    result = workspace.kbsync("pull")

    assert result.stdout == (
        "Pulled: 0 objects added, 0 updated, 0 removed, 1 unchanged. 0 files changed.\n"
        f'Only in the files, kept: {COMPONENT}/c  "New"\n'
    )
    assert workspace.files()[f"{COMPONENT}/b/config.yaml"] == b"name: Mine\n"
    assert workspace.kbsync("pull", "*/b").exit_code == 64


@pytest.mark.parametrize("is_deleted", [False, True], ids=["changed", "deleted"])
@pytest.mark.parametrize("a_changes", [False, True], ids=["alone", "both"])
def test_a_link_to_the_file_of_another_configuration_says_what_it_should(
    start_workspace, is_deleted, a_changes
):
    owner = "name: B\nconfiguration: {q: !file code/x.txt}\n"
    files = {
        f"{COMPONENT}/a/code/": "",
        f"{COMPONENT}/a/config.yaml": owner.replace("B", "A"),
        f"{COMPONENT}/b/config.yaml": owner,
        f"{COMPONENT}/b/code/x.txt": "old",
    }
    a = config("a", "New" if a_changes else "A", configuration={"q": "old"})
    b = config("b", configuration={"q": "new"}, isDeleted=is_deleted)
    workspace = start_workspace(files, live(a, b))
    (workspace.root / COMPONENT / "a/code/x.txt").symlink_to("../../b/code/x.txt")
    result = workspace.kbsync("pull")

    assert result.exit_code == 0, result.output
    assert plan_is_empty(workspace)


def test_a_text_nobody_needs_any_more_outside_the_folder_is_told(start_workspace):
    files = {
        f"{COMPONENT}/a/config.yaml": "name: A\nconfiguration: {q: !file ../shared/q.json}\n",
        f"{COMPONENT}/shared/q.json": "old",
    }
    workspace = start_workspace(files, live(config("a", configuration={"q": "new"})))
    result = workspace.kbsync("pull")

    assert result.exit_code == 1
    assert result.stderr == (
        "Error: The files were written, but are not valid:\n"
        f"{COMPONENT}/shared/q.json: this is no configuration and no row, and no tag pulls it in; "
        "move it to <folder>/config.yaml, to rows/ or to code/, or remove it\n"
    )


def test_until_a_pull_that_broke_off_is_finished_the_other_commands_refuse(start_workspace):
    workspace = start_workspace({f"{COMPONENT}/a/config.yaml": "name: Mine\n"}, live(config("a")))
    workspace.write({".kbsync/pulling/todo.json": '{"files": [], "removals": []}'})
    results = [workspace.kbsync(name) for name in ("validate", "plan", "apply", "drift")]

    assert [result.exit_code for result in results] == [4, 4, 4, 4]
    assert "kbsync pull" in results[0].stderr
    assert workspace.requests() == []


EDITED = """\
# yaml-language-server: $schema=somewhere
# Owned by the sales team.
name: A
id: a

configuration:
    # where it comes from
    parameters:
        db:
            host: 'db-1'  # moved in May
            port: 5432
        tables:
        # the big one
        - {name: orders, columns: [id, "no"]}

        - name: users    # no rows before 2020
          query: |  # as agreed
             SELECT 1;
             SELECT 2;
    storage: {}
"""


def parameters(host="db-1", query="SELECT 1;\nSELECT 2;\n", *, first=True):
    orders = [{"name": "orders", "columns": ["id", "no"]}] if first else []
    users = {"name": "users", "query": query}
    database = {"port": 5432, "host": host}
    return {"parameters": {"tables": [*orders, users], "db": database}, "storage": {}}


def pulled_over(start_workspace, text, configuration, *, file="config.yaml", **fields):
    """What a pull makes of a document that somebody wrote."""
    files = {f"{COMPONENT}/a/{file}": text}
    workspace = start_workspace(
        files, live(config("a", configuration=configuration, **fields)), folder="edited"
    )
    result = workspace.kbsync("pull")
    after = workspace.files()
    workspace.kbsync("pull")

    assert result.exit_code == 0, result.output
    assert workspace.files() == after
    assert plan_is_empty(workspace)
    return after[f"{COMPONENT}/a/{file}"].decode()


@pytest.mark.parametrize(
    ("configuration", "before", "after"),
    [
        pytest.param(parameters(), "", "", id="nothing new, keys in another order"),
        pytest.param(parameters("db-2"), "'db-1'", "'db-2'", id="a value"),
        pytest.param(
            parameters(query="SELECT 1;\nSELECT 3;\n"),
            "SELECT 2",
            "SELECT 3",
            id="a line of a text",
        ),
        pytest.param(
            parameters(first=False),
            EDITED[EDITED.index("        # the big") : EDITED.index("        - name: users")],
            "",
            id="an item less",
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_of_a_file_that_somebody_edited_only_what_differs_is_changed(
    start_workspace, configuration, before, after, newline
):
    text = EDITED.replace("\n", newline)
    expected = EDITED.replace(before, after).replace("\n", newline) if before else text

    assert pulled_over(start_workspace, text, configuration) == expected


def test_a_json_file_stays_one_and_keeps_its_layout(start_workspace):
    text = (
        '{\n    "name": "A",\n'
        '    "configuration": {"z": [1, 2], "a": {\n        "k": 1\n    }}\n}\n'
    )
    configuration = {"a": {"k": 2, "l": LONG}, "z": [1, 2]}
    after = pulled_over(start_workspace, text, configuration, file="config.json")

    assert after == text.replace('"k": 1', f'"k": 2,\n        "l": {json.dumps(LONG)}')


def test_what_somebody_put_into_the_document_stays_in_it(start_workspace):
    body = "".join(f"    line {number}\n" for number in range(40))
    text = f"name: A\ndescription: {'d' * 300} # d\nconfiguration:\n  q: | # q\n{body}"
    query = "".join(f"line {number}\n" for number in range(39)) + "line 40\n"
    after = pulled_over(start_workspace, text, {"q": query}, description="e" * 300)

    assert after == text.replace("line 39", "line 40").replace("d" * 300, "e" * 300)


def test_a_text_that_became_long_leaves_the_document(start_workspace):
    text = "name: A\nconfiguration:\n  # of q\n  q: short # q\n  z: 1 # z\n"
    after = pulled_over(start_workspace, text, {"q": LONG, "z": 1}, description=LONG)

    assert after == text.replace("q: short", "q: !file code/q.txt")


def test_an_edit_that_reads_back_as_something_else_is_not_used(start_workspace):
    text = "name: A\nconfiguration:\n  a: &x 1\n  b: *x # b\n"

    assert pulled_over(start_workspace, text, {"b": 1}) == text.replace("  a: &x 1\n", "").replace(
        "*x", "1"
    )


def test_a_document_that_cannot_be_edited_is_written_anew(start_workspace):
    text = "# lost\nname: A\n? configuration\n: {a: 1}\n"

    assert pulled_over(start_workspace, text, {"a": 2}) == (
        'id: a\nname: A\ndescription: ""\nconfiguration:\n  a: 2\n'
    )


def test_a_description_stays_in_its_file(start_workspace):
    files = {
        f"{COMPONENT}/a/config.yaml": "name: A # the name\n",
        f"{COMPONENT}/a/description.md": "long\n" * 30,
    }
    workspace = start_workspace(files, live(config("a", description="Short.")))
    workspace.kbsync("pull")

    assert workspace.files()[f"{COMPONENT}/a/description.md"] == b"Short.\n"
    assert workspace.files()[f"{COMPONENT}/a/config.yaml"] == b"name: A # the name\n"
    assert plan_is_empty(workspace)


def test_an_order_that_names_some_rows_stays_while_it_means_the_same(start_workspace):
    rows = [{"id": each, "name": each.upper(), "configuration": {}} for each in "xyz"]
    files = {
        f"{COMPONENT}/a/config.yaml": "name: Old\nrowsSortOrder: [z] # first\n",
        **{f"{COMPONENT}/a/rows/{each}.yaml": f"name: {each.upper()}\n" for each in "xyz"},
    }
    workspace = start_workspace(files, live(config("a", rows=rows, rowsSortOrder=["z", "x", "y"])))
    workspace.kbsync("pull")

    assert workspace.files()[f"{COMPONENT}/a/config.yaml"] == (
        b"name: A\nrowsSortOrder: [z] # first\n"
    )
    assert plan_is_empty(workspace)


def test_a_file_of_statements_keeps_its_blank_lines_and_line_ends(start_workspace):
    component = "keboola.snowflake-transformation"
    document = "parameters: {blocks: [{codes: [{script: !statements sql/x.sql}]}]}"
    files = {
        f"{component}/a/config.yaml": f"name: A\nconfiguration: # mine\n  {document}\n",
        f"{component}/a/sql/x.sql": "SELECT 1;\r\nSELECT 2;\r\n\r\n\r\nSELECT 3;",
    }
    script = ["SELECT 1;", "SELECT 22;", "SELECT 3;"]
    code = {"parameters": {"blocks": [{"codes": [{"script": script}]}]}}
    workspace = start_workspace(files, live(config("a", configuration=code), component=component))
    workspace.kbsync("pull")

    assert (
        workspace.files()[f"{component}/a/config.yaml"].decode()
        == (files[f"{component}/a/config.yaml"])
    )
    assert workspace.files()[f"{component}/a/sql/x.sql"] == (
        b"SELECT 1;\r\nSELECT 22;\r\n\r\n\r\nSELECT 3;"
    )
    assert plan_is_empty(workspace)
