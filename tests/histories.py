"""Long histories of a configuration, made by chance, and what each version recorded."""

from __future__ import annotations

COMPONENT = "keboola.ex-http"
CONFIG = f"components/{COMPONENT}/configs/orders"
OBJECT = f"{COMPONENT}/orders"


def seed():
    rows = [
        {"id": row_id, "name": row_id.upper(), "configuration": {"n": 0}, "state": {"s": row_id}}
        for row_id in ("a", "b", "c")
    ]
    config = {
        "id": "orders",
        "name": "Orders",
        "configuration": {"x": 0},
        "state": {"own": 1},
        "rows": rows,
    }
    return [{"id": COMPONENT, "configurations": [config]}]


def grow(workspace, random, *, versions):
    """Let people work on the configuration until it has so many versions."""
    number = 0
    while newest(workspace) < versions:
        number += 1
        now = workspace.storage("GET", CONFIG).json()
        _change(workspace, random, number, [row["id"] for row in now["rows"]])


def _change(workspace, random, number, rows):
    row = random.choice([*rows, "a"])
    free = [each for each in "abcdefg" if each not in rows]
    kind = random.choice(["content", "rename", "disable", "order", "row", "add", "remove"])
    if kind == "add" and free:
        row_id = random.choice(free)  # often one that was there before
        body = {"rowId": row_id, "name": f"N{number}", "configuration": {"n": number}}
        workspace.storage("POST", f"{CONFIG}/rows", body)
    elif kind == "remove" and rows:
        workspace.storage("DELETE", f"{CONFIG}/rows/{row}")
    elif kind == "row" and rows:
        body = {"configuration": {"n": number}, "isDisabled": random.random() < 0.5}
        workspace.storage("PUT", f"{CONFIG}/rows/{row}", body)
    elif kind == "order" and rows:
        workspace.storage("PUT", CONFIG, {"rowsSortOrder": random.sample(rows, len(rows))})
    elif kind == "rename":
        workspace.storage("PUT", CONFIG, {"name": f"Orders {number}", "description": f"d{number}"})
    elif kind == "disable":
        workspace.storage("PUT", CONFIG, {"isDisabled": random.random() < 0.5})
    else:
        workspace.storage("PUT", CONFIG, {"configuration": {"x": number, "list": [1, {}, []]}})


def newest(workspace):
    return workspace.storage("GET", CONFIG).json()["version"]


def recorded(workspace, number):
    return content(workspace.storage("GET", f"{CONFIG}/versions/{number}").json())


def live(workspace):
    return content(workspace.storage("GET", CONFIG).json())


def content(config):
    """What a version records, in the order of rows."""
    names = ("name", "description", "isDisabled", "configuration")
    rows = [{name: row[name] for name in ("id", *names)} for row in config["rows"]]
    own = {name: config[name] for name in (*names, "rowsSortOrder")}
    return own | {"rows": rows}


def states(workspace):
    """The component state of whatever is there, by row; `""` for the configuration's own."""
    config = workspace.storage("GET", CONFIG).json()
    return {"": config["state"]} | {row["id"]: row["state"] for row in config["rows"]}
