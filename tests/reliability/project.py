"""A project before and after: every kind of write there is, more than sixty of them, in all tiers.

Told twice, as a seed and as files, so that what an apply left can be judged without asking kbsync.
"""

from __future__ import annotations

import json
from copy import deepcopy

EXTRACTOR = "keboola.ex-db-mysql"
HTTP = "keboola.ex-http"
SQL = "keboola.snowflake-transformation"
VARIABLES, SHARED = "keboola.variables", "keboola.shared-code"
FLOW, SCHEDULER = "keboola.flow", "keboola.scheduler"

SETTINGS = "version: 1\nlimits: {deletes: 50, updates: 200, resets: 50}\n"
APPLY = ("apply", "--auto-approve", "--prune")


def config(name, *, rows=(), **fields):
    """A configuration in the shape of a seed; *rows* stand in their order."""
    found = {"name": name, "description": "", "isDisabled": False, "configuration": {}} | fields
    found["rows"] = [dict(row) for row in rows]
    return found


def row(row_id, **fields):
    return {"id": row_id, "name": row_id.title(), "configuration": {}, **fields}


def every_kind():
    """Return what is live and what is wished, each `{component: {config id: configuration}}`."""
    live, wished = {}, {}

    def both(component, config_id, before, after):
        if before:
            live.setdefault(component, {})[config_id] = before
        if after:
            wished.setdefault(component, {})[config_id] = after

    for number in range(1, 5):
        both(EXTRACTOR, f"shop-{number}", *_shop(number))
    for number in range(1, 4):
        rows = [row("b", configuration={"n": number}), row("a", isDisabled=number == 2)]
        fields = {"configuration": {"url": f"https://{number}.test"}, "isDisabled": number == 1}
        made = config(
            f"Feed number {number}", rows=rows, **fields, metadata={"owner": f"o{number}"}
        )
        both(HTTP, f"feed-{number}", None, made)
    for number, hue in enumerate(("amber", "blue", "coral", "dun")):
        code = {
            "parameters": {"blocks": [{"name": hue, "codes": [{"script": [f"SELECT {hue};"]}]}]}
        }
        both(SQL, hue, config(hue), config(hue, configuration=code, isDisabled=number == 3))
    both(SHARED, "common", config("Common"), config("Common", configuration={"code_content": "x"}))
    both(VARIABLES, "days", None, config("Days", rows=[row("default", configuration={"n": 1})]))
    old, new = row("default", configuration={"n": 1}), row("default", configuration={"n": 2})
    both(VARIABLES, "hours", config("Hours", rows=[old]), config("Hours", rows=[new]))
    both(FLOW, "nightly", config("Nightly"), config("Nightly", description="At night."))
    both(FLOW, "weekly", None, config("Weekly", configuration={"phases": [], "tasks": []}))
    both(SCHEDULER, "three", config("At three"), config("At three", configuration={"cron": "0 3"}))
    kept = config("State", state={"since": 1}, configuration={"k": 1})
    both(HTTP, "kept", kept, kept)
    reset = config("Reset", resetState="once more", configuration={"k": 2})
    both(HTTP, "reset", config("Reset", state={"since": 2}, configuration={"k": 2}), reset)
    for component, config_id in ((HTTP, "gone-x"), (SQL, "gone-y"), (FLOW, "gone-z")):
        gone = config(f"Leaves {config_id}", configuration={"only": [config_id, component]})
        both(component, config_id, gone, None)
    for number in (1, 2):
        trashed = config(f"Was {number}", isDeleted=True, configuration={"old": number})
        back = {"isDisabled": number == 2, "configuration": {"back": number}}
        both(HTTP, f"back-{number}", trashed, config(f"Back {number}", rows=[row("r")], **back))
    return live, wished


def _shop(number):
    seen = {"state": {"lastImport": number}}
    users = {} if number in (1, 2) else seen
    orders = {} if number == 1 else seen
    before = [
        row("orders", configuration={"n": 1}, **seen),
        row("users", configuration={"t": ["a"]}, **seen),
        row("old", configuration={"n": 3}),
    ]
    after = [
        row("new", configuration={"n": number}),
        row("users", configuration={"t": ["a", "b"]}, **users),
        row("orders", configuration={"n": 2}, description="Shop", **orders),
        row("last", configuration={"n": number}),
    ]
    text = {"owner": "me"}
    asked = {}
    if number == 1:
        asked["resetState"] = "backfill"
    if number == 2:
        after[1]["resetState"] = "only this row"
    live = config(f"Shop {number}", rows=before, metadata={"owner": "you", "other": "kept"})
    return live, config(
        f"Shop {number}", rows=after, configuration={"db": number}, metadata=text, **asked
    )


def seed_of(project):
    """*project* as the emulator takes it."""
    return [
        {
            "id": component,
            "configurations": [_seed(config_id, each) for config_id, each in configs.items()],
        }
        for component, configs in project.items()
    ]


def _seed(config_id, found):
    order = [each["id"] for each in found["rows"]]
    rows = [{k: v for k, v in each.items() if k != "resetState"} for each in found["rows"]]
    kept = {key: value for key, value in found.items() if key not in ("resetState", "rows")}
    return {"id": config_id, "rowsSortOrder": order, "rows": rows, **deepcopy(kept)}


def files_of(project):
    """*project* as files; JSON is YAML."""
    files = {"kbsync.yaml": SETTINGS}
    for component, configs in project.items():
        for config_id, found in configs.items():
            folder = f"{component}/{config_id}"
            order = [each["id"] for each in found["rows"]]
            said = {"id": config_id, **({"rowsSortOrder": order} if order else {})}
            files[f"{folder}/config.yaml"] = _document(said | found)
            for each in found["rows"]:
                files[f"{folder}/rows/{each['id']}.yaml"] = _document(each)
    return files


def _document(found):
    kept = {key: value for key, value in found.items() if key not in ("rows", "state", "isDeleted")}
    return json.dumps(kept, indent=1)


def contents(project):
    """What people see of *project*, a list in the shape of a seed, by component and id."""
    return {
        (component["id"], found["id"]): _content(found)
        for component in project
        for found in component["configurations"]
        if not found.get("isDeleted")
    }


def _content(found):
    metadata = found.get("metadata", {})
    return _shown(found) | {
        "rows": [{"id": each["id"], **_shown(each)} for each in found.get("rows", [])],
        "metadata": {k: v for k, v in metadata.items() if not k.startswith("KBSYNC.")},
    }


def _shown(item):
    return {
        "name": item.get("name", ""),
        "description": item.get("description", ""),
        "isDisabled": item.get("isDisabled", False),
        "configuration": item.get("configuration", {}),
        "state": item.get("state", {}),
    }


def after(live, wished):
    """What `contents` says once *live* is as *wished*, which says nothing of other metadata."""
    found = contents(seed_of(wished))
    for (component, config_id), content in found.items():
        before = live.get(component, {}).get(config_id, {})
        if not before.get("isDeleted"):
            content["metadata"] = before.get("metadata", {}) | content["metadata"]
    return found
