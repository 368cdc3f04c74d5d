"""One plan that holds most of what a plan can say, for people to look at."""

from __future__ import annotations

from dataclasses import replace

from kbsync.change import Create, Delete, Reorder, ResetState, SetMetadata, Update
from kbsync.graph.impact import Impact, Peer, Schedule
from kbsync.graph.links import Dangling, Link
from kbsync.model import Key, Version
from kbsync.plans.attribution import Attribution, Whose
from kbsync.plans.plan import Plan, Step, Target
from tests.builders import config, row

SNOWFLAKE = "keboola.snowflake-transformation"
FLOW = Peer(Key("keboola.flow", "nightly"), "Nightly load")
BOARD = Peer(Key("keboola.wr-google-sheets", "board-pack"), "Board pack")
REPORT = Peer(Key("keboola.wr-db-snowflake", "report"), "Report")
NIGHTLY = Schedule(
    Peer(Key("keboola.scheduler", "nightly"), "Every night"), "0 6 * * *", "Europe/Prague", True
)
PAUSED = replace(NIGHTLY, peer=Peer(Key("keboola.scheduler", "hourly"), ""), enabled=False)

REVENUE = """-- Revenue by day
CREATE OR REPLACE TABLE "daily" AS
SELECT "day", SUM("amount") AS "revenue"
FROM "orders"
WHERE "amount" > 0 AND "state" = 'paid'
GROUP BY "day";"""
PYTHON = 'import csv\n\nwith open("in.csv") as file:\n    rows = list(csv.reader(file))\n'

FILES = {
    (
        Key(SNOWFLAKE, "daily-kpi"),
        ("configuration", "script"),
    ): f"{SNOWFLAKE}/daily-kpi/code/revenue.sql",
    (
        Key("keboola.python-transformation-v2", "clean"),
        ("configuration", "script"),
    ): "keboola.python-transformation-v2/clean/code/main.py",
}

REFUSALS = (
    "keboola.ex-db-mysql/orders was edited since kbsync wrote it; this would overwrite that. Keep "
    "the edit: kbsync pull keboola.ex-db-mysql/orders. Overwrite it: --overwrite-drift "
    "keboola.ex-db-mysql/orders",
    "3 state resets are over the limit of 2. If you mean it: --allow resets=3",
)


def rich():
    return Plan(
        target=Target(
            stack="https://connection.shop.test",
            project_id=8341,
            project_name="Shop analytics",
            branch="default",
        ),
        steps=(
            _edited(),
            _deleted(),
            _code(),
            _python(),
            _webhook(),
            _reset(),
            _created(),
            *(_tagged(f"shop-{number:02}", number) for number in range(1, 15)),
            *(_rows(f"region-{number}") for number in range(1, 4)),
        ),
        unchanged=193,
        not_managed=(Key("keboola.ex-http", "try-out"),),
        ignored=2,
        dangling=(
            Dangling(
                link=Link(
                    FLOW.key,
                    ("tasks", 2, "task", "configId"),
                    Key("keboola.ex-db-mysql", "old-report"),
                ),
                is_deleted=True,
                file="keboola.flow/nightly/config.yaml",
                line=31,
                column=21,
            ),
        ),
    )


def _step(key, name, version, *changes, **fields):
    base = version and Version(number=version, identifier=f"ID-{version}")
    return Step(key=key, name=name, base=base, changes=changes, **fields)


def _edited():
    key = Key("keboola.ex-db-mysql", "orders")
    live, wanted = (
        config("orders", configuration={"parameters": {"db": {"host": host}, "incremental": full}})
        for host, full in (("db-9.internal", True), ("db-2.internal", False))
    )
    edit = Version(
        number=42,
        identifier="ID-42",
        created="2026-11-21T08:11:03+0100",
        author="petr@shop.test",
        message="hotfix #771",
    )
    known = Attribution(
        base=Version(number=41, identifier="ID-41"),
        edits=(edit,),
        whose={key: {"parameters.incremental": Whose.DRIFT, "parameters.db.host": Whose.CONFLICT}},
        wrote={key: {"parameters.db.host": "db-1.internal"}},
    )
    return _step(key, "Orders", 42, Update(live, wanted), attribution=known)


def _deleted():
    gone = config("old-report", name="Old report")
    impact = Impact(
        readers={"in.c-shop.report": (BOARD, REPORT)}, run_by=(FLOW,), schedules=(NIGHTLY,)
    )
    delete = Delete(gone, (gone.key.row("a"), gone.key.row("b")))
    return _step(gone.key, "Old report", 9, delete, impact=impact)


def _code():
    key = Key(SNOWFLAKE, "daily-kpi")
    changed = REVENUE.replace('SUM("amount")', 'SUM("amount" - "discount")')
    old, new = (
        config(
            "daily-kpi",
            component=SNOWFLAKE,
            configuration={"script": ["DROP TABLE IF EXISTS t;", text], "#password": secret},
        )
        for text, secret in (
            (REVENUE, "KBC::ProjectSecure::fake-one"),
            (changed, "KBC::ProjectSecure::fake-two"),
        )
    )
    impact = Impact(
        readers={
            "out.c-kpi.daily": (BOARD, REPORT),
            "out.c-kpi.monthly": (BOARD, REPORT),
            "out.c-kpi.users": (REPORT,),
        },
        writers={"out.c-kpi.daily": (Peer(Key(SNOWFLAKE, "backfill"), "Backfill"),)},
        run_by=(FLOW,),
        schedules=(NIGHTLY, PAUSED),
    )
    order = Reorder(key, ("a", "b", "c"), ("c", "a", "b"))
    return _step(key, "Daily KPI", 17, Update(old, new), order, impact=impact)


def _python():
    component = "keboola.python-transformation-v2"
    old, new = (
        config("clean", component=component, configuration={"script": [PYTHON, f"limit = {n}\n"]})
        for n in (10, 20)
    )
    return _step(old.key, "Clean", 3, Update(old, new))


def _webhook():
    texts = (
        '{"user": {"name": "ann", "#token": "fake-one"}, "retries": 3, "tags": ["a", "b"]}',
        '{"user": {"name": "bob", "#token": "fake-two"}, "retries": 5, "tags": ["b"]}',
    )
    spaced = ('{"a":1,"b":[2]}', '{"a": 1, "b": [2]}')
    old, new = (
        config(
            "hook",
            component="keboola.app-webhook",
            name="Call the shop",
            configuration={"parameters": {"body": body, "headers": headers}},
        )
        for body, headers in zip(texts, spaced, strict=True)
    )
    return _step(old.key, "Call the shop", 5, Update(old, new))


def _reset():
    key = Key("keboola.ex-salesforce", "accounts")
    states = {key.row(name): {"since": "2026-11-20"} for name in ("a", "b", "c")}
    return _step(key, "Accounts", 8, ResetState(key, "backfill 2026-11", states))


def _created():
    new = config(
        "board-pack-2",
        component="keboola.wr-google-sheets",
        name="Board pack, new",
        configuration={"parameters": {"sheet": "Board", "tabs": ["kpi", "users"]}},
    )
    folder = SetMetadata(new.key, {}, {"KBC.configuration.folderName": "Board"})
    return _step(new.key, new.name, None, Create(new), folder)


def _tagged(name, number):
    old, new = (
        config(
            name,
            component="keboola.ex-aws-s3",
            name=f"Shop {number}",
            configuration={"processors": {"after": [{"definition": {"tag": tag}}]}},
        )
        for tag in ("1.4.2", "1.5.0")
    )
    impact = Impact(run_by=(FLOW,)) if number % 3 == 1 else Impact()
    base = Version(number=number, identifier="I", created="2026-11-01T10:00:00+0100", author="ann")
    known = Attribution(base=None) if number == 2 else None
    return replace(
        _step(old.key, old.name, number, Update(old, new), attribution=known, impact=impact),
        base=base,
    )


def _rows(name):
    rows = [
        (row(each, name, name=each.title(), configuration={"limit": limit}))
        for each in ("users", "orders")
        for limit in (100, 500)
    ]
    updates = [Update(old, new) for old, new in zip(rows[::2], rows[1::2], strict=True)]
    old, new = (config(name, configuration={"host": host}) for host in ("a", name))
    return _step(old.key, name.title(), 4, Update(old, new), *updates)
