import pytest

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

    assert workspace.files()[f"{COMPONENT}/a/config.yaml"].decode() == (
        'id: a\nname: A\ndescription: ""\nconfiguration: {}\n'
    )


def test_a_plain_text_secret_never_reaches_the_disk_and_the_rest_is_pulled(start_workspace):
    workspace = start_workspace(
        live=live(config("a", configuration={"#p": "hunter2"}), config("b"))
    )
    result = workspace.kbsync("pull")
    everything = b"".join(path.read_bytes() for path in workspace.root.rglob("*") if path.is_file())

    assert result.exit_code == 4
    assert f"Not pulled: {COMPONENT}/a" in result.stdout
    assert f"{COMPONENT}/b/config.yaml" in workspace.files()
    assert b"hunter2" not in everything + result.output.encode()


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


def test_a_full_disk_is_told_and_leaves_no_half_file(start_workspace, monkeypatch):
    workspace = start_workspace(live=live(config("a"), config("b")))

    def no_space(path, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", no_space)
    result = workspace.kbsync("pull")

    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    assert [path for path in workspace.root.rglob("*") if path.is_file()] == []
