"""`kbsync encrypt`: plain secrets in files become ciphertext where they stand."""

import re

import pytest

FOLDER = "keboola.ex-http/a"
FILE = f"{FOLDER}/config.yaml"
ROW = f"{FOLDER}/rows/r.json"
TEXT = """\
# who asks: the shop
name: A
configuration:
  '#token': "fake-token" # from the vault
  note: 'kept as it is'
  '#key': |
    fake line 1
    fake line 2
  '#done': KBC::ProjectSecure::fake-one
  '#named': !env A_SECRET
  '#empty': ''
  code: !file code/main.txt
  values:
    - {name: "#v", value: fake-value}
"""
FILES = {
    FILE: TEXT,
    f"{FOLDER}/code/main.txt": "text\n",
    ROW: '{\n  "configuration": {"#p": "fake-\\u00e9", "n": 1.50}\n}\n',
}
PLAIN = ("fake-token", "fake line", "fake-value", "fake-\\u00e9")


def test_only_the_secrets_change(start_workspace):
    workspace = start_workspace(FILES)
    result = workspace.kbsync("encrypt")
    text = workspace.files()[FILE].decode()
    row = workspace.files()[ROW].decode()

    assert result.exit_code == 0, result.output
    assert re.sub(r"KBC::ProjectSecure::[\w-]{43}", "C", text) == TEXT.replace(
        "fake-token", "C"
    ).replace("|\n    fake line 1\n    fake line 2\n", "C\n").replace(
        "value: fake-value", "value: C"
    )
    assert re.sub(r"KBC::ProjectSecure::[\w-]{43}", "C", row) == FILES[ROW].replace(
        "fake-\\u00e9", "C"
    )
    assert result.stdout == (
        f"{FILE}:4:3: '#token'\n{FILE}:6:3: '#key'\n{FILE}:14:20: 'value'\n{ROW}:2:21: '#p'\n"
        "Encrypted 4 secrets in 2 files.\n"
    )
    assert not any(plain in result.output for plain in PLAIN)
    assert workspace.kbsync("validate").exit_code == 0


def test_encrypting_again_does_nothing(start_workspace):
    workspace = start_workspace(FILES)
    workspace.kbsync("encrypt")
    before = workspace.files()
    workspace.forget_requests()
    result = workspace.kbsync("encrypt")

    assert result.stdout == "0 secrets in plain text.\n"
    assert workspace.files() == before
    assert workspace.requests() == []


def test_a_check_tells_where_and_sends_nothing(start_workspace):
    workspace = start_workspace(FILES)
    before = workspace.files()
    result = workspace.kbsync("encrypt", "--check", KEBOOLA_TOKEN="")

    assert result.exit_code == 2
    assert result.stdout.endswith("4 secrets in plain text.\n")
    assert workspace.files() == before
    assert workspace.requests() == []


def test_only_the_named_files_are_encrypted(start_workspace):
    workspace = start_workspace(FILES)
    result = workspace.kbsync("encrypt", str(workspace.root / ROW))

    assert result.exit_code == 0, result.output
    assert workspace.files()[FILE].decode() == TEXT


@pytest.mark.parametrize("file", [f"{FOLDER}/code/main.txt", "missing.yaml", "../other.yaml"])
def test_a_file_that_declares_nothing_is_no_choice(start_workspace, file):
    workspace = start_workspace(FILES)
    result = workspace.kbsync("encrypt", str(workspace.root / file))

    assert result.exit_code == 64
    assert "declares nothing in this tree" in result.stderr


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"action": "status", "status": 500, "body": "fake-token"}, 8),
        ({"action": "status", "status": 200, "body": {"#0": "fake-token"}}, 8),
        ({"action": "reset", "skip": 1}, 8),
    ],
    ids=["fails", "plain text", "breaks off after the first file"],
)
def test_without_ciphertext_no_file_is_touched(start_workspace, rule, code):
    workspace = start_workspace(FILES)
    before = workspace.files()
    workspace.fault(method="POST", path="/encrypt", **rule)
    result = workspace.kbsync("encrypt")

    assert result.exit_code == code, result.output
    assert "Nothing was written." in result.stderr
    assert "fake-token" not in result.output
    assert workspace.files() == before


def test_a_number_is_refused_with_its_place(start_workspace):
    workspace = start_workspace({FILE: "name: A\nconfiguration: {'#pin': 1234, '#p': fake}\n"})
    result = workspace.kbsync("encrypt")

    assert result.exit_code == 3
    assert f"{FILE}:2:17: a number under '#pin', where a secret belongs" in result.stderr
    assert "1234" not in result.output
    assert workspace.requests() == []


def test_a_file_that_cannot_be_read_stops_all(start_workspace):
    workspace = start_workspace({**FILES, FILE: "name: [\n"})
    result = workspace.kbsync("encrypt")

    assert result.exit_code == 3
    assert workspace.requests() == []


def test_one_value_used_twice_is_encrypted_once_and_stays_one(start_workspace):
    text = "name: A\nconfiguration:\n  a: &x {'#p': fake}\n  b: *x\n"
    workspace = start_workspace({FILE: text})
    result = workspace.kbsync("encrypt")

    assert result.exit_code == 0, result.output
    found = workspace.files()[FILE].decode()
    assert re.sub(r"KBC::ProjectSecure::[\w-]{43}", "fake", found) == text
