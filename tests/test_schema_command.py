"""`kbsync schema`: what is published, and what editors are told."""

import json
import re

import pytest
from jsonschema import Draft7Validator

from kbsync.documents.published import schema_names, schema_text
from kbsync.documents.tags import ENV, FORMAT, REMOVE, TAGS, VAR
from kbsync.editing import FOLDER

FTP = "keboola.ex-ftp"
LIVE = [
    {
        "id": FTP,
        "name": "Files",
        "configurationSchema": {
            "type": "object",
            "required": ["port"],
            "properties": {
                "port": {"type": "integer", "title": "Port"},
                "required": {"type": "string"},
                "test": {"type": "button"},
                "next": {"$ref": "#/definitions/hop"},
                "when": {"anyOf": [{"required": ["day"]}, {"type": "null"}]},
            },
            "definitions": {"hop": {"properties": {"next": {"$ref": "#"}}}, "any": {}},
        },
        "configurations": [],
    }
]
FILES = {f"{FTP}/f/config.yaml": "name: F\n", "keboola.ex-http/h/config.yaml": "name: H\n"}


@pytest.fixture
def workspace(start_workspace):
    return start_workspace(FILES, LIVE)


@pytest.mark.parametrize("name", schema_names())
def test_a_schema_is_shown_as_it_is_published(workspace, name):
    assert workspace.kbsync("schema", name).stdout == schema_text(name)


def test_without_a_name_all_are_listed(workspace):
    listed = workspace.kbsync("schema").stdout.splitlines()[1:]

    assert [line.split()[0] for line in listed] == schema_names()
    assert all(len(line.split()) > 3 for line in listed)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["projct"], "Error: There is no schema 'projct'\nHint: Did you mean project?\n"),
        (["zzz"], "Hint: There are: comparison, components, "),
        (["row", "--editor"], "--editor is for all schemas"),
    ],
)
def test_what_cannot_be_meant_is_a_wrong_usage(workspace, arguments, message):
    result = workspace.kbsync("schema", *arguments)

    assert message in result.stderr
    assert (result.exit_code, result.stdout) == (64, "")


def settings_of(workspace):
    return json.loads(workspace.kbsync("schema", "--editor").stdout)


def test_editors_get_files_for_each_glob_and_know_every_tag(workspace):
    workspace.kbsync("components")
    settings = settings_of(workspace)
    written = {f"./{FOLDER}/{path.name}" for path in (workspace.root / FOLDER).iterdir()}

    assert settings["yaml.schemas"].keys() == written
    assert settings["yaml.schemas"][f"./{FOLDER}/{FTP}.configuration.schema.json"] == (
        f"{FTP}/**/config.yaml"
    )
    assert settings["yaml.customTags"] == [
        f"{tag} scalar" for tag in (*TAGS, ENV, VAR, FORMAT, REMOVE)
    ]


def test_the_schema_of_a_component_is_there_for_the_editor_without_what_a_row_may_give(workspace):
    workspace.kbsync("components")
    settings_of(workspace)
    schema = json.loads((workspace.root / FOLDER / f"{FTP}.configuration.schema.json").read_text())
    at = "#/properties/configuration/properties/parameters"

    assert schema == {
        "title": "Files: configuration",
        "properties": {
            "configuration": {
                "properties": {
                    "parameters": {
                        "type": "object",
                        "required": [],
                        "properties": {
                            "port": {"type": "integer", "title": "Port"},
                            "required": {"type": "string"},
                            "next": {"$ref": f"{at}/definitions/hop"},
                            "when": {"anyOf": [{"required": []}, {"type": "null"}]},
                        },
                        "definitions": {"hop": {"properties": {"next": {"$ref": at}}}, "any": {}},
                    }
                }
            }
        },
    }


@pytest.mark.parametrize(
    ("parameters", "is_valid"),
    [({}, True), ({"port": "x"}, False), ({"next": {"next": {"port": "x"}}}, False)],
)
def test_an_editor_sees_what_is_wrong_in_parameters(workspace, parameters, is_valid):
    workspace.kbsync("components")
    settings_of(workspace)
    schema = json.loads((workspace.root / FOLDER / f"{FTP}.configuration.schema.json").read_text())
    document = {"name": "F", "configuration": {"parameters": parameters}}

    assert Draft7Validator(schema).is_valid(document) == is_valid


def test_no_schema_for_editors_has_an_address_to_look_at(workspace):
    settings_of(workspace)
    texts = [path.read_text() for path in (workspace.root / FOLDER).iterdir()]

    assert [text for text in texts if "$id" in json.loads(text)] == []
    assert set(re.findall(r"https?://[^\"]*schema[^\"]*", "".join(texts))) == {
        "http://json-schema.org/draft-07/schema#"
    }


def test_what_is_there_is_replaced_and_the_rest_of_the_folder_is_left(workspace):
    settings_of(workspace)
    row = workspace.root / FOLDER / "row.schema.json"
    good = row.read_text()
    row.write_text("old")
    (row.parent / "mine").write_text("mine")
    settings_of(workspace)

    assert (row.read_text(), (row.parent / "mine").read_text()) == (good, "mine")


def test_a_link_that_leads_out_of_the_tree_is_refused(workspace, tmp_path):
    (tmp_path / "outside").mkdir()
    (workspace.root / ".kbsync").mkdir(exist_ok=True)
    (workspace.root / FOLDER).symlink_to(tmp_path / "outside")
    result = workspace.kbsync("schema", "--editor")

    assert result.exit_code == 4
    assert [*(tmp_path / "outside").iterdir()] == []


def test_a_disk_that_refuses_is_told(workspace):
    (workspace.root / ".kbsync").mkdir(exist_ok=True)
    (workspace.root / FOLDER).write_text("a file")
    result = workspace.kbsync("schema", "--editor")

    assert f"Error: {FOLDER}: cannot be written (File exists)" in result.stderr
    assert result.exit_code == 1


PUBLIC = ("project", "configuration", "row")


def described(schema, path=()):
    """Every property of a schema with what is said of it."""
    for name, field in schema.get("properties", {}).items():
        yield (*path, name), field
        yield from described(field, (*path, name))
    for name, field in schema.get("definitions", {}).items():
        yield from described(field, (*path, name))


@pytest.mark.parametrize("name", PUBLIC)
def test_every_property_tells_what_it_does_and_what_its_absence_means(name):
    schema = json.loads(schema_text(name))
    silent = [
        ".".join(path)
        for path, field in described(schema)
        if len(field.get("description", "").split()) < 3
        or not (
            "default" in field or "examples" in field or "const" in field or "type" not in field
        )
    ]

    assert silent == []
