"""Reference section 4.2: everything in one call."""

import pytest

from tests.contract.conftest import COMPONENT

FULL_KEYS = {
    "id", "name", "description", "created", "creatorToken", "version", "changeDescription",
    "isDisabled", "isDeleted", "configuration", "rowsSortOrder", "rows", "state", "currentVersion",
}  # fmt: skip
SHORT_KEYS = FULL_KEYS - {"configuration", "rowsSortOrder", "rows", "state"}
ROW_KEYS = {
    "id", "name", "description", "configuration", "state", "isDisabled", "version", "created",
    "creatorToken", "changeDescription", "versionIdentifier",
}  # fmt: skip


def listed(api, config, **params):
    """The configuration as the listing of all components shows it."""
    config_id = config.rsplit("/", 1)[1]
    for component in api.get("components", **params).json():
        for item in component["configurations"]:
            if (component["id"], item["id"]) == (COMPONENT, config_id):
                return item
    return None


@pytest.mark.parametrize(
    ("include", "keys", "row_keys"),
    [
        ("", SHORT_KEYS, None),
        ("rows", SHORT_KEYS | {"rows", "rowsSortOrder"}, ROW_KEYS - {"configuration", "state"}),
        ("configuration", SHORT_KEYS | {"configuration"}, None),
        (
            "rows,configuration",
            SHORT_KEYS | {"rows", "rowsSortOrder", "configuration"},
            ROW_KEYS - {"state"},
        ),
        (
            "rows,state",
            SHORT_KEYS | {"rows", "rowsSortOrder", "state"},
            ROW_KEYS - {"configuration"},
        ),
        ("configuration,rows,state", FULL_KEYS, ROW_KEYS),
    ],
)
def test_include_decides_what_the_listing_shows(local, include, keys, row_keys):
    path = local.config()
    local.row(path)
    found = listed(local, path, include=include)

    assert set(found) == keys
    assert [set(row) for row in found.get("rows", [])] == ([] if row_keys is None else [row_keys])


def test_the_listing_shows_what_detail_shows(api):
    path = api.config(configuration={"a": {}}, state={"b": []}, isDisabled=True)
    api.row(path, "b", configuration={"c": 1})
    api.row(path, "a", state={"d": 1})

    assert listed(api, path, include="configuration,rows,state") == api.get(path).json()


def test_the_listing_holds_the_component_object(serve):
    api = serve(
        [{"id": "keboola.ex-x", "type": "extractor", "configurations": [{"id": "c", "name": "C"}]}]
    )
    (component,) = api.get("components").json()

    assert (component["id"], component["type"], len(component["configurations"])) == (
        "keboola.ex-x",
        "extractor",
        1,
    )


def test_an_empty_project_lists_nothing(local):
    assert local.get("components", include="configuration,rows,state").json() == []


def test_component_type_filters_the_listing(serve):
    api = serve(
        [
            {"id": "a", "type": "writer", "configurations": [{"id": "c", "name": "C"}]},
            {"id": "b", "type": "extractor", "configurations": [{"id": "c", "name": "C"}]},
        ]
    )

    assert [item["id"] for item in api.get("components", componentType="writer").json()] == ["a"]


def test_an_unknown_include_is_400(api):
    answer = api.get("components", include="invalid")

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("Invalid request")
    assert answer.json()["errors"] == [
        {
            "key": "include",
            "message": 'Invalid include parameters: "invalid". Only following are allowed:'
            " configuration, rows, state.",
        }
    ]


@pytest.mark.parametrize("form", ["/", "/branch/default/", "/branch/{id}/"])
def test_every_path_form_shows_the_same_objects(local, form):
    path = local.config()
    default = next(item for item in local.get("/dev-branches").json() if item["isDefault"])

    assert local.get(form.format(id=default["id"]) + path).json() == local.get(path).json()
