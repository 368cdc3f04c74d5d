"""Nothing that a client can send makes the emulator fail."""

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
    "components": [
        {"id": "x", "configurations": [{"id": "c", "name": "C", "rows": [{"id": "r"}]}]},
        {"id": "keboola.scheduler", "configurations": [{"id": "c", "name": "S"}]},
    ],
    "branches": [{"id": 5, "name": "dev"}],
}
HEADERS = {"X-StorageApi-Token": "t"}

KNOWN = {
    "component": ["x"],
    "config": ["c"],
    "row": ["r"],
    "version": ["1", "2"],
    "branch": ["default", "5"],
    "branch_id": ["default", "5"],
}
IDS = st.sampled_from(["c", "r", "1", "5", "0", "99", "x", "é/", "%", "9" * 40, "-1", "١"])
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "c", "1", "{}", "[", "\ud800"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=4,
)
FIELDS = [
    "name", "description", "configuration", "state", "isDisabled", "rowsSortOrder",
    "configurationId", "rowId", "changeDescription", "metadata", "version", "rows", "diff",
    "branchFromId", "branchIntoId", "title", "reason", "component", "config", "configData", "mode",
    "branchId", "configurationVersionId", "event", "recipient", "action", "message", "params",
    "expiresIn", "componentAccess", "bucketPermissions", "tableIds", "targetConfigId",
]  # fmt: skip
PARAMETERS = ["include", "limit", "offset", "isDeleted", "query", "metadataKeys[]", "exclude"]
BODIES = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4)
QUERIES = st.dictionaries(
    st.sampled_from(
        ["include", "limit", "offset", "isDeleted", "query", "metadataKeys[]", "exclude"]
    ),
    st.sampled_from(["", "1", "-1", "x", "rows", "true", "9" * 40]),
)


def routes():
    """Every route with its methods, but for the control endpoints."""
    with closing(Store()) as store:
        app = create_app(store)
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("control."):
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield method, rule.rule


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), body=BODIES, query=QUERIES)
@pytest.mark.parametrize(("method", "rule"), sorted(set(routes())))
def test_no_request_is_an_application_error(method, rule, data, body, query):
    store = Store()
    with store.transaction() as db:
        replace_project(db, check_seed(SEED))
    client = create_app(store).test_client()

    def segment(match):
        known = st.sampled_from(KNOWN.get(match[1], ["1"]))
        return quote(data.draw(known | known | IDS), safe="")

    path = re.sub(r"<id:(\w+)>", segment, rule)
    answer = client.open(path, method=method, json=body, query_string=query, headers=HEADERS)
    store.close()

    assert answer.status_code < 500 or answer.status_code == 501, answer.text
    assert answer.status_code != 501 or "does not serve" not in answer.text
