"""No secret leaves: every command, in every format, with every request logged, sound or failing."""

import base64

import pytest

from tests.commands import every_command

TOKEN = "canary-token-7f3a"
FROM_ENVIRONMENT = {"KEBOOLA_TOKEN": TOKEN, "CANARY": "canary-variable"}
CANARIES = (
    *FROM_ENVIRONMENT.values(),
    *("canary-plain", "canary-list", "canary-value", "canary-state", "canary-old"),
    # What the emulator lends for the bodies of files.
    *("EMULATED-KEY-ID", "emulated-secret", "emulated-session"),
)
COMPONENT = "keboola.ex-http"
LIVE = [
    {
        "id": COMPONENT,
        "configurationSchema": {
            "properties": {"x": {"type": "string"}, "#p": {"enum": [1]}, "values": {"minItems": 9}}
        },
        "emptyConfiguration": {"parameters": {"#p": "canary-plain"}},
        "configurations": [
            {
                "id": "a",
                "name": "A",
                "configuration": {
                    "#p": "canary-plain",
                    "#l": ["canary-list"],
                    "values": [{"name": "#v", "value": "canary-value"}],
                    "x": 1,
                },
                "state": {"#s": "canary-state"},
                "rows": [{"id": "gone", "name": "G", "configuration": {"#o": "canary-old"}}],
            },
            {
                "id": "b",
                "name": "B",
                "configuration": {"#p": "canary-plain"},
                "state": {"#s": "canary-state"},
            },
        ],
    }
]
TABLES = [
    {
        "id": "in.c-main.orders",
        "columns": ["id", "date"],
        "primaryKey": ["id"],
        "rows": [["1", "a"]],
    }
]
FILES = {
    "kbsync.yaml": (
        "version: 1\ndefault_environment: prod\nenvironments:\n  prod: {}\n"
        "  dev: {variables: {host: db}}\n"
    ),
    f"{COMPONENT}/a/config.dev.yaml": "configuration: {'#f': !env CANARY, x: !var host}\n",
    f"{COMPONENT}/a/config.yaml": (
        "name: A\nresetState: once\n"
        "configuration: {'#p': 'KBC::ProjectSecure::new', '#e': !env CANARY, x: 2, values: []}\n"
    ),
}
READS = (
    *(
        [*command, "--format", name]
        for name in ("text", "json")
        for command in (
            ["history"],
            ["history", "--all"],
            ["history", f"{COMPONENT}/a", "--diff"],
            ["history", f"{COMPONENT}/a/gone", "--diff"],
            ["show", f"{COMPONENT}/a@1"],
            ["show", f"{COMPONENT}/a/gone@1"],
            ["diff", f"{COMPONENT}/a"],
            ["diff", f"{COMPONENT}/a", "--from", "files"],
            ["diff", f"{COMPONENT}/a", "--from", "1", "--to", "2"],
            ["effective", f"{COMPONENT}/a"],
            ["effective", f"{COMPONENT}/a@1"],
            ["explain", f"{COMPONENT}/a", "--env", "dev"],
            ["diff", "--env", "prod", "--env", "dev"],
            ["table", "list"],
            ["table", "show", "in.c-main.orders"],
            ["table", "preview", "in.c-main.orders"],
            ["bucket", "list"],
            ["job", "list"],
            ["job", "show", "50001"],
            ["job", "wait", "50001"],
        )
    ),
)
COMMANDS = (
    *(["plan", "--format", name] for name in ("text", "json", "markdown", "html")),
    ["plan", "--prune"],
    ["plan", "-o", "plan.json"],
    *(["show", "plan.json", "--format", name] for name in ("text", "json", "markdown", "html")),
    ["plan", "--check", "plan.json"],
    ["plan", "--reset-state", COMPONENT, "-o", "resets.json"],
    ["show", "resets.json", "--format", "html"],
    *READS,
    *(["graph", "--format", name] for name in ("text", "mermaid", "html", "json")),
    ["graph", f"{COMPONENT}/a"],
    ["drift"],
    ["drift", "--format", "json"],
    ["drift", "--format", "markdown"],
    ["ci", "init", "github", "--print"],
    ["completion", "bash"],
    ["validate"],
    ["validate", "--online"],
    ["table", "preview", "in.c-main.orders", "--format", "csv"],
    ["doctor"],
    ["doctor", "--format", "json"],
    ["fmt", "--check", "--diff"],
    ["table", "create", "in.c-main/new", "orders.csv", "--auto-approve"],
    ["table", "import", "in.c-main.orders", "orders.csv", "--auto-approve"],
    ["table", "export", "in.c-main.orders", "-o", "exported.csv"],
    ["table", "primary-key", "set", "in.c-main.orders", "date", "--auto-approve"],
    ["encrypt"],
    ["init", "--pull"],
    ["pull"],
    ["components"],
    ["components", "--format", "json"],
    ["components", "--schema", COMPONENT],
    ["validate", "--strict"],
    ["new", COMPONENT, "New", "--row", "r"],
    ["schema"],
    ["schema", "--editor"],
    ["fmt", "--diff"],
    ["fmt"],
    ["apply", "--auto-approve", "--format", "json"],
    ["apply", "--auto-approve"],
    ["runs"],
    ["runs", "--format", "json"],
    ["rollback", f"{COMPONENT}/a", "--to-version", "1", "--auto-approve"],
    ["rollback", f"{COMPONENT}/a", "--to-version", "2", "--auto-approve", "--format", "json"],
    ["rollback", "--before", "2100-01-01"],
    ["holds"],
    ["holds", "--format", "json"],
    ["restore", f"{COMPONENT}/b", "--auto-approve"],
    ["restore", f"{COMPONENT}/b", "--auto-approve", "--format", "json"],
    ["copy", f"{COMPONENT}/a", "--name", "Copy", "--auto-approve"],
    ["copy", f"{COMPONENT}/b", "--name", "Copy", "--auto-approve", "--format", "json"],
    ["copy", f"{COMPONENT}/a@1", "--name", "Copy", "--write-tree", "--auto-approve"],
    ["copy", f"{COMPONENT}/a/gone@1", "--name", "Copy", "--auto-approve"],
    ["reset-state", COMPONENT],
    ["reset-state", COMPONENT, "--auto-approve", "--allow", "resets=9"],
    ["reset-state", COMPONENT, "--auto-approve", "--format", "json"],
    ["drift"],
    ["plan", "--format", "html"],
    *READS,
)


@pytest.mark.parametrize(
    "fault",
    [
        None,
        {"method": "PUT", "action": "status", "status": 400, "body": f'{{"error": "{TOKEN}"}}'},
        {"method": "GET", "path": "verify", "action": "status", "status": 401, "body": TOKEN},
        {"method": "GET", "path": "components", "action": "truncate"},
    ],
    ids=["sound", "write refused", "token refused", "cut off"],
)
def test_no_command_in_no_format_shows_a_secret(start_workspace, tmp_path, monkeypatch, fault):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders.csv").write_text("id,date\n1,2026-01-01\n")
    workspace = start_workspace(FILES, {"components": LIVE, "tables": TABLES})
    workspace.kbsync("plan", "-o", "plan.json")
    if fault:
        workspace.fault(**fault)
    said = [workspace.kbsync("-v", *command, **FROM_ENVIRONMENT).output for command in COMMANDS]
    kept = [*tmp_path.rglob("component-states.json")]
    undo = (["reset-state", "--undo", path.parent.name, "--auto-approve"] for path in kept)
    back = [workspace.kbsync("-v", *command, **FROM_ENVIRONMENT).output for command in undo]
    # What a run threw away has to stand somewhere, secrets included, to be put back.
    files = (path for path in tmp_path.rglob("*") if path.is_file())
    written = [path.read_bytes() for path in files if path.name != "component-states.json"]
    everything = "".join([*said, *back]).encode() + b"".join(written)

    for canary in CANARIES:
        assert canary.encode() not in everything
        assert base64.b64encode(canary.encode()).rstrip(b"=") not in everything
    assert len(said) == len(COMMANDS)
    assert b"Traceback" not in everything


def test_every_command_is_tried_in_every_format():
    names = every_command()
    tried = {
        (name, named(command))
        for command in COMMANDS
        for name in names
        if [*name] == command[: len(name)]
    }
    wanted = {(name, each) for name, found in names.items() for each in formats(found)}

    assert {(name, each) for name, each in wanted if name != ("emulator",)} - tried == set()


def formats(command):
    """The formats of a command, `text` first; of one that has none, just that."""
    options = (each for each in command.params if "--format" in each.opts)
    return next((tuple(each.type.choices) for each in options), ("text",))


def named(command):
    return command[command.index("--format") + 1] if "--format" in command else "text"
