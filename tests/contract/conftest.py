"""The API under test: the emulator, or a real project when one is named in the environment.

`KBC_STACK_URL`, `KBC_TOKEN` and `KBC_BRANCH_ID` (a scratch branch) name a real project. Tests that
use `api` run on both; those that use `local` or `serve` need a project of their own and are then
skipped.
"""

from __future__ import annotations

import os
import uuid

import pytest
import requests

_REAL = {name: os.environ.get(name, "") for name in ("KBC_STACK_URL", "KBC_TOKEN", "KBC_BRANCH_ID")}
_IS_REAL = all(_REAL.values())

COMPONENT = "ex-generic-v2"


if _IS_REAL:

    @pytest.fixture(autouse=True)
    def loopback_only():
        """Instead of the guard against leaving this machine: here that is asked for."""


class Api:
    """A few words for requests that nearly every fact needs."""

    def __init__(self, url, token, branch):
        self.url = url.rstrip("/")
        self.storage = f"{self.url}/v2/storage"
        self.branch = branch
        self.session = requests.Session()
        self.session.headers["X-StorageApi-Token"] = token
        self.made = []

    def call(self, method, path, **options):
        """*path* starts after the branch; a leading slash means after `/v2/storage`, and a whole
        URL is taken as it is."""
        if path.startswith("/"):
            url = self.storage + path
        elif path.startswith("http"):
            url = path
        else:
            url = f"{self.storage}/branch/{self.branch}/{path}"
        return self.session.request(method, url, timeout=30, **options)

    def get(self, path, **params):
        return self.call("GET", path, params=params)

    def post(self, path, body=None, **options):
        return self.call("POST", path, json={} if body is None else body, **options)

    def put(self, path, body=None, **options):
        return self.call("PUT", path, json={} if body is None else body, **options)

    def delete(self, path, body=None):
        return self.call("DELETE", path, json=body)

    def config(self, **body):
        """Create a configuration and return its path."""
        body = {"name": "A", "configurationId": f"c-{uuid.uuid4().hex}"} | body
        answer = self.post(f"components/{COMPONENT}/configs", body)
        assert answer.status_code == 201, answer.text
        self.made.append(f"components/{COMPONENT}/configs/{answer.json()['id']}")
        return self.made[-1]

    def row(self, config, row_id="r1", **body):
        """Create a row and return its path."""
        answer = self.post(f"{config}/rows", {"rowId": row_id, **body})
        assert answer.status_code == 201, answer.text
        return f"{config}/rows/{row_id}"

    def version(self, path):
        return self.get(path).json()["version"]

    def close(self):
        for path in self.made if _IS_REAL else ():
            self.delete(path)
        self.session.close()


@pytest.fixture
def api(request):
    """An API that may be a real one: nothing outside the test's own configurations is looked at."""
    if _IS_REAL:
        found = Api(_REAL["KBC_STACK_URL"], _REAL["KBC_TOKEN"], _REAL["KBC_BRANCH_ID"])
    else:
        found = Api(request.getfixturevalue("emulator").url, "test-token", "default")
    yield found
    found.close()


@pytest.fixture
def serve(start_emulator):
    """A function that serves a seed and returns an Api with the token given."""
    if _IS_REAL:
        pytest.skip("needs a project of its own")
    opened = []

    def serve_one(seed=None, token="test-token", branch="default", **options):
        url = seed.url if hasattr(seed, "url") else start_emulator(seed, **options).url
        opened.append(Api(url, token, branch))
        return opened[-1]

    yield serve_one
    for one in opened:
        one.close()


@pytest.fixture
def local(serve):
    """An empty emulated project."""
    return serve()


def problem(answer):
    """Status and code of an error."""
    return answer.status_code, answer.json()["code"]
