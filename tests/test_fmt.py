"""`kbsync fmt`: files look as pull writes them and say what they said."""

import json

import pytest

from tests.breaking import breaking

FOLDER = "keboola.ex-http/a"
FILE = f"{FOLDER}/config.yaml"
ROW = f"{FOLDER}/rows/r.json"
UNTIDY = """\
configuration:
    b: 'x'   # stays
    a: [1,2]
name: A
"""
TIDY = """\
name: A
configuration:
  b: x   # stays
  a: [1, 2]
"""
SETTINGS = "environments: {prod: {project: 1}}\nversion: 1\n"
TIDY_SETTINGS = "version: 1\nenvironments: {prod: {project: 1}}\n"
FILES = {
    "kbsync.yaml": SETTINGS,
    FILE: UNTIDY,
    ROW: '{"configuration": {"b": 1}, "name": "R"}',
    f"{FOLDER}/rows/s.yaml": "name: S\n",
    f"{FOLDER}/code/x.yaml": "a:    1\n",
}


def test_every_file_that_declares_something_is_laid_out_as_pull_writes_it(start_workspace):
    workspace = start_workspace(FILES)
    result = workspace.kbsync("fmt")

    assert result.exit_code == 0, result.output
    assert result.stdout == (
        f"kbsync.yaml\n{FILE}\n{ROW}\n3 files laid out anew, 1 as they should be.\n"
    )
    assert workspace.files() == {
        "kbsync.yaml": TIDY_SETTINGS.encode(),
        FILE: TIDY.encode(),
        ROW: b'{\n  "name": "R",\n  "configuration": {\n    "b": 1\n  }\n}\n',
        f"{FOLDER}/rows/s.yaml": b"name: S\n",
        f"{FOLDER}/code/x.yaml": b"a:    1\n",
    }
    assert workspace.kbsync("fmt", "--check").exit_code == 0
    assert workspace.requests() == []


def test_a_check_writes_nothing_and_tells_which_files(start_workspace):
    workspace = start_workspace(FILES)
    before = workspace.files()
    result = workspace.kbsync("fmt", "--check")

    assert result.exit_code == 2
    assert result.stdout == (
        f"kbsync.yaml\n{FILE}\n{ROW}\n3 files to be laid out anew, 1 as they should be.\n"
    )
    assert workspace.files() == before


def test_a_diff_shows_what_would_change(start_workspace):
    workspace = start_workspace({FILE: UNTIDY})
    result = workspace.kbsync("fmt", "--diff")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[:4] == [
        f"--- {FILE}",
        f"+++ {FILE}",
        "@@ -1,5 +1,5 @@",
        "+name: A",
    ]
    assert workspace.files()[FILE].decode() == UNTIDY
    assert workspace.kbsync("fmt", "--diff", "--check").exit_code == 2


def test_a_diff_of_line_breaks_says_so(start_workspace):
    workspace = start_workspace({FILE: TIDY.replace("\n", "\r\n")})

    assert "only line breaks" in workspace.kbsync("fmt", "--diff").stdout


@pytest.mark.parametrize(
    "secret",
    [
        "'#p': fake-value",
        "'values': [{name: '#p', value: fake-value}]",
        'j: \'{"#p": "fake-value"}\'',
        "'#p': !format fake-value-${host}",
        'j: !format \'{"#p": "fake-value"}\'',
        "'values': [{name: !format '#p', value: fake-value}]",
    ],
)
def test_a_diff_shows_no_secret(start_workspace, secret):
    workspace = start_workspace({FILE: f"name: A\nconfiguration:\n    {secret}\n"})
    result = workspace.kbsync("fmt", "--diff")

    assert f"{FILE}: not shown, for it holds secrets in plain text" in result.stderr
    assert "fake-value" not in result.output
    assert workspace.kbsync("fmt").exit_code == 0


def test_a_diff_shows_a_ciphertext_as_its_fingerprint(start_workspace):
    workspace = start_workspace(
        {FILE: "name: A\nconfiguration:\n    '#p': KBC::ProjectSecure::fake-one\n"}
    )
    result = workspace.kbsync("fmt", "--diff")

    assert '+  "#p": (secret) c:' in result.stdout
    assert "fake-one" not in result.output


def test_only_the_named_files_are_laid_out(start_workspace):
    workspace = start_workspace(FILES)
    result = workspace.kbsync("fmt", str(workspace.root / FILE))

    assert result.stdout == f"{FILE}\n1 file laid out anew, 0 as they should be.\n"
    assert workspace.files()["kbsync.yaml"].decode() == SETTINGS


@pytest.mark.parametrize("file", [f"{FOLDER}/code/x.yaml", "missing.yaml", "../other.yaml"])
def test_a_file_that_declares_nothing_is_no_choice(start_workspace, file):
    workspace = start_workspace(FILES)
    result = workspace.kbsync("fmt", str(workspace.root / file))

    assert result.exit_code == 64
    assert "declares nothing in this tree" in result.stderr


def test_one_file_that_cannot_be_read_stops_all(start_workspace):
    workspace = start_workspace(
        FILES | {f"{FOLDER}/rows/t.yaml": "name: [\n", "kbsync.yaml": "a: !x\n"}
    )
    before = workspace.files()
    result = workspace.kbsync("fmt")

    assert result.exit_code == 3
    assert "keboola.ex-http/a/rows/t.yaml:2:1: " in result.stderr
    assert "kbsync.yaml:1:4: " in result.stderr
    assert "Error: 2 problems." in result.stderr
    assert workspace.files() == before


def test_a_form_that_is_not_known_is_left_alone_and_told(start_workspace):
    workspace = start_workspace({FILE: "? name\n: A\n"})
    result = workspace.kbsync("fmt", "--check")

    assert result.exit_code == 0
    assert f"{FILE}: left alone" in result.stderr
    assert result.stdout == "0 files to be laid out anew, 0 as they should be.\n"


@pytest.mark.parametrize(
    ("error", "code"), [(OSError(28, "No space left"), 1), (KeyboardInterrupt(), 130)]
)
def test_no_file_is_ever_half_written(start_workspace, error, code):
    workspace = start_workspace({FILE: UNTIDY, "kbsync.yaml": SETTINGS})
    for at in range(1, 20):
        workspace.write({FILE: UNTIDY, "kbsync.yaml": SETTINGS})
        with breaking(workspace.root, at, error) as broken:
            result = workspace.kbsync("fmt")
        if not broken.happened:
            break

        found = workspace.files()
        is_done = (found[FILE], found["kbsync.yaml"]) == (TIDY.encode(), TIDY_SETTINGS.encode())

        assert result.exit_code == (0 if is_done else code)
        assert found[FILE].decode() in (UNTIDY, TIDY)
        assert {*found} == {FILE, "kbsync.yaml"}
    assert at > 2


def test_two_settings_files_are_told(start_workspace):
    workspace = start_workspace({"kbsync.yaml": SETTINGS, "kbsync.json": "{}"})

    assert workspace.kbsync("fmt").exit_code == 3


def test_a_half_pulled_tree_is_refused(start_workspace):
    workspace = start_workspace({**FILES, ".kbsync/pulling/todo.json": "{}"})

    assert workspace.kbsync("fmt").exit_code == 4


def test_overlays_are_laid_out_too_and_their_tags_stay(start_workspace):
    overlay = f"{FOLDER}/config.dev.yaml"
    settings = "version: 1\nenvironments:\n  dev: {}\n  prod: {}\n"
    workspace = start_workspace(
        {
            "kbsync.yaml": settings,
            FILE: TIDY,
            overlay: (
                "configuration:\n    b:   !var  x\n    a: !remove # gone\n    c: !format  '${x}'\n"
            ),
        }
    )

    assert workspace.kbsync("fmt").exit_code == 0
    assert workspace.files()[overlay].decode() == (
        "configuration:\n  b: !var x\n  a: !remove # gone\n  c: !format ${x}\n"
    )


LIVE = [
    {
        "id": "keboola.snowflake-transformation",
        "configurations": [
            {
                "id": "a",
                "name": "A: b # c",
                "description": "one\ntwo\n",
                "isDisabled": True,
                "configuration": {
                    "z": "no",
                    "a": {"": [], "b": [[1], {"k": "x\n\n"}, {}]},
                    "parameters": {
                        "blocks": [{"name": "B", "codes": [{"name": "C", "script": ["SELECT 1;"]}]}]
                    },
                },
                "rows": [
                    {"id": "r", "name": "R", "configuration": {"#p": "KBC::ProjectSecure::fake"}},
                    {"id": "s", "name": "S", "configuration": {"t": "\ud800"}},
                ],
                "rowsSortOrder": ["s", "r"],
            }
        ],
    }
]


def test_what_pull_wrote_is_as_it_should_be(start_workspace):
    workspace = start_workspace(live=json.loads(json.dumps(LIVE)))
    assert workspace.kbsync("pull").exit_code == 0
    result = workspace.kbsync("fmt", "--check")

    assert result.exit_code == 0, result.output
    assert result.stdout == "0 files to be laid out anew, 4 as they should be.\n"
