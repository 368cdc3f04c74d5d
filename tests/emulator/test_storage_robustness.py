"""Nothing that a client can send to buckets, tables and files makes the emulator fail."""

import re
from contextlib import closing
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbsync.emulator.app import create_app
from kbsync.emulator.project import replace_project
from kbsync.emulator.seed import check_seed
from kbsync.emulator.store import Store

SEED = {
    "tables": [
        {
            "id": "in.c-main.words",
            "columns": ["id", "name"],
            "primaryKey": ["id"],
            "rows": [["1", "one"], ["2", None]],
        },
        {"id": "in.c-main.typed", "columns": [{"name": "id"}], "rows": [["1"]]},
    ]
}
HEADERS = {"X-StorageApi-Token": "t"}
FILE = "700001"
KNOWN = {
    "bucket": ["in.c-main"],
    "table": ["in.c-main.words", "in.c-main.typed"],
    "column": ["name", "in.c-main.words.id"],
    "file": [FILE],
}
IDS = st.sampled_from(["c", "1", "0", "x.y", "é/", "%", "9" * 40, "-1", "١", "in.c-main"])
VALUES = st.sampled_from(
    ["", "id", "name", "1", "-1", "x", "id,name", "\\", ";", "true", "9" * 40, "\ud800", "-1 day"]
)
SCALARS = st.none() | st.booleans() | st.integers() | VALUES | st.just(int(FILE))
FILTER = st.dictionaries(
    st.sampled_from(["column", "operator", "values", "dataType", "order", "key", "value", "name"]),
    SCALARS | st.lists(SCALARS, max_size=2),
    max_size=4,
)
JSON = SCALARS | st.lists(SCALARS | FILTER, max_size=2) | FILTER
FIELDS = [
    "name", "stage", "displayName", "color", "backend", "description", "dataFileId", "primaryKey",
    "delimiter", "enclosure", "escapedBy", "columns", "withoutHeaders", "ignoredLinesCount",
    "incremental", "treatValuesAsNull", "dataString", "primaryKeysNames", "whereFilters",
    "whereColumn", "whereValues", "whereOperator", "orderBy", "changedSince", "changedUntil",
    "limit", "format", "gzip", "fileType", "allowTruncate", "definition", "basetype", "provider",
    "metadata", "columnsMetadata", "tag", "tags", "federationToken", "sizeBytes", "isSliced",
]  # fmt: skip
BODIES = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5)
QUERIES = st.dictionaries(
    st.sampled_from(
        ["include", "limit", "offset", "async", "force", "tags[]", "q", "sinceId", "runId",
         "whereColumn", "whereValues[]", "orderBy[0][column]", "changedSince", "columns", "format"]
    ),
    VALUES.filter(lambda text: text.isprintable()),
    max_size=3,
)  # fmt: skip
AREAS = ("buckets", "tables", "columns", "files")


def routes():
    """Every route of Storage, in the path form without a branch."""
    with closing(Store()) as store:
        app = create_app(store)
    for rule in app.url_map.iter_rules():
        if rule.rule.split("/")[3:4] and rule.rule.split("/")[3] in AREAS:
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield method, rule.rule


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), body=BODIES, query=QUERIES)
@pytest.mark.parametrize(("method", "rule"), sorted(set(routes())))
def test_no_request_is_an_application_error(method, rule, data, body, query):
    def segment(match):
        known = st.sampled_from(KNOWN.get(match[1], ["1"]))
        return quote(data.draw(known | known | IDS), safe="")

    path = re.sub(r"<id:(\w+)>", segment, rule)
    store = Store()
    with store.transaction() as db:
        replace_project(db, check_seed(SEED))
    client = create_app(store).test_client()
    prepared = {"name": "a.csv", "federationToken": 1}
    file = client.post("/v2/storage/files/prepare", json=prepared, headers=HEADERS).json
    client.put(f"/s3/{file['uploadParams']['bucket']}/{file['uploadParams']['key']}", data="id\n3")
    answer = client.open(path, method=method, json=body, query_string=query, headers=HEADERS)
    store.close()

    assert answer.status_code < 500 or answer.status_code == 501, answer.text
    assert answer.status_code != 501 or "does not serve" not in answer.text
