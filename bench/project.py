"""Makes projects of any size: configurations with rows, mappings and SQL, always the same."""

from __future__ import annotations

import random
from typing import Any

_WORDS = ["orders", "users", "refunds", "invoices", "visits", "clicks", "stores", "goods", "prices"]


def project(configurations: int, rows: int, *, edition: int = 0) -> list[dict[str, Any]]:
    """Return a project in the shape of the emulator's seed.

    Every fifth configuration is a transformation with 60 lines of SQL, the others are extractors
    with *rows* rows. Another *edition* has a change in every configuration, rows left as they are.
    """
    dice = random.Random(configurations * 1000 + rows)
    components: dict[str, list[dict[str, Any]]] = {}
    for number in range(configurations):
        word = dice.choice(_WORDS)
        if number % 5 == 4:
            component, config = "keboola.snowflake-transformation", _transformation(number, word)
        else:
            component, config = "keboola.ex-db-mysql", _extractor(number, word, rows)
        config["configuration"]["parameters"]["edition"] = edition
        components.setdefault(component, []).append(config)
    return [{"id": name, "configurations": configs} for name, configs in components.items()]


def objects_in(seed: list[dict[str, Any]]) -> int:
    """How many configurations and rows there are."""
    configs = [config for component in seed for config in component["configurations"]]
    return sum(1 + len(config.get("rows", ())) for config in configs)


def _extractor(number: int, word: str, rows: int) -> dict[str, Any]:
    return {
        "id": f"extractor-{number:05}",
        "name": f"{word.title()} {number}",
        "description": f"Loads {word} from the shop.",
        "configuration": {
            "parameters": {"db": {"host": f"db-{number % 7}.internal", "port": 3306, "user": word}}
        },
        "rows": [
            {
                "id": f"row-{number:05}-{row}",
                "name": f"{word} {row}",
                "configuration": {
                    "parameters": {
                        "table": {"schema": "shop", "tableName": f"{word}_{row}"},
                        "columns": ["id", "created", "changed", "amount", "note"],
                        "incremental": row % 2 == 0,
                        "primaryKey": ["id"],
                        "outputTable": f"in.c-shop-{number}.{word}_{row}",
                    }
                },
            }
            for row in range(rows)
        ],
        "rowsSortOrder": [f"row-{number:05}-{row}" for row in range(rows)],
    }


def _transformation(number: int, word: str) -> dict[str, Any]:
    statement = "\n".join(
        [f'CREATE TABLE "{word}" AS', "SELECT"]
        + [f'    s."{name}_{place}",' for place in range(14) for name in ("id", "total")]
        + ['    s."note"', f'FROM "{word}_raw" s', f"WHERE s.\"shop\" = 'shop-{number}';"]
    )
    return {
        "id": f"transformation-{number:05}",
        "name": f"Daily {word} {number}",
        "configuration": {
            "parameters": {
                "blocks": [
                    {"name": "Prepare", "codes": [{"name": "Load", "script": [statement]}]},
                    {"name": "Finish", "codes": [{"name": "Store", "script": [statement]}]},
                ]
            },
            "storage": {
                "input": {
                    "tables": [
                        {"source": f"in.c-shop-{number - 1}.{word}_0", "destination": f"{word}_raw"}
                    ]
                },
                "output": {
                    "tables": [{"source": word, "destination": f"out.c-daily-{number}.{word}"}]
                },
            },
        },
    }
