"""Whatever is written in whatever order, the history stays true."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kbsync.emulator.app import create_app
from kbsync.emulator.store import Store

BASE = "/v2/storage/components/x/configs"
CONFIGS = st.sampled_from(["a", "b"])
ROWS = st.sampled_from(["1", "2", "3"])
CONTENTS = st.sampled_from([{}, {"k": []}, {"k": {}}, {"k": 1}, {"k": 1.0}, {"k": "1"}])
PLAIN = ("name", "description", "isDisabled", "configuration", "rowsSortOrder")


def content_of(config):
    """What a rollback has to bring back."""
    rows = [(row["id"], row["name"], row["configuration"]) for row in config["rows"]]
    return {key: config[key] for key in PLAIN} | {"rows": rows}


class History(RuleBasedStateMachine):
    """Writes to two configurations, and remembers the content of every version seen."""

    def __init__(self):
        super().__init__()
        self.store = Store()
        self.client = create_app(self.store).test_client()
        self.seen = {"a": {}, "b": {}}
        self.row_versions = {}
        self.trash = set()

    def teardown(self):
        self.store.close()

    def call(self, method, path, body=None):
        answer = self.client.open(
            BASE + path, method=method, json=body, headers={"X-StorageApi-Token": "t"}
        )
        assert answer.status_code < 500, answer.text
        return answer

    def live(self, config):
        return bool(self.seen[config]) and config not in self.trash

    def look(self, config):
        """Remember the version that is live now."""
        found = self.call("GET", f"/{config}").get_json()
        newest = max(self.seen[config], default=0)
        assert found["version"] >= newest
        if found["version"] == newest:
            assert content_of(found) == self.seen[config][newest]
        for row in found["rows"]:
            key = (config, row["id"])
            assert row["version"] >= self.row_versions.get(key, 0)
            self.row_versions[key] = row["version"]
        self.seen[config][found["version"]] = content_of(found)

    def write(self, config, method, path, body=None, *, versions):
        """Write, and check how many versions that made."""
        before = max(self.seen[config], default=0)
        answer = self.call(method, f"/{config}{path}", body)
        if answer.status_code < 400:
            self.look(config)
            assert max(self.seen[config]) - before in versions
        else:
            assert self.call("GET", f"/{config}").get_json()["version"] == before
        return answer

    @rule(config=CONFIGS, content=CONTENTS)
    def create(self, config, content):
        body = {"name": "N", "configurationId": config, "configuration": content}
        answer = self.call("POST", "", body)

        assert answer.status_code == (400 if self.live(config) else 201)
        if answer.status_code == 201:
            self.trash.discard(config)
            self.look(config)

    @rule(config=CONFIGS, content=CONTENTS, is_disabled=st.booleans())
    def update(self, config, content, is_disabled):
        if self.live(config):
            body = {"configuration": content, "isDisabled": is_disabled}
            self.write(config, "PUT", "", body, versions=(0, 1))

    @rule(config=CONFIGS, order=st.permutations(["1", "2", "3"]))
    def sort(self, config, order):
        if self.live(config):
            self.write(config, "PUT", "", {"rowsSortOrder": order}, versions=(0, 1))

    @rule(config=CONFIGS, row=ROWS, content=CONTENTS)
    def create_row(self, config, row, content):
        if self.live(config):
            body = {"rowId": row, "configuration": content}
            self.write(config, "POST", "/rows", body, versions=(1,))

    @rule(config=CONFIGS, row=ROWS, content=CONTENTS)
    def update_row(self, config, row, content):
        if self.live(config):
            body = {"configuration": content}
            self.write(config, "PUT", f"/rows/{row}", body, versions=(0, 1))

    @rule(config=CONFIGS, row=ROWS)
    def rename_row(self, config, row):
        if self.live(config):
            self.write(config, "PUT", f"/rows/{row}", {"name": "R"}, versions=(1,))

    @rule(config=CONFIGS, row=ROWS)
    def delete_row(self, config, row):
        if self.live(config):
            self.write(config, "DELETE", f"/rows/{row}", versions=(1,))

    @rule(config=CONFIGS, content=CONTENTS)
    def put_state(self, config, content):
        if self.live(config):
            self.write(config, "PUT", "/state", {"state": content}, versions=(0,))

    @rule(config=CONFIGS, data=st.data())
    def roll_back(self, config, data):
        if self.live(config):
            number = data.draw(st.sampled_from(sorted(self.seen[config])))
            self.write(config, "POST", f"/versions/{number}/rollback", {}, versions=(1,))

            assert self.seen[config][max(self.seen[config])] == self.seen[config][number]

    @rule(config=CONFIGS, data=st.data())
    def copy(self, config, data):
        if self.live(config):
            number = data.draw(st.sampled_from(sorted(self.seen[config])))
            body = {"name": self.seen[config][number]["name"]}
            answer = self.call("POST", f"/{config}/versions/{number}/create", body)
            copy = self.call("GET", f"/{answer.get_json()['id']}").get_json()

            assert content_of(copy) == self.seen[config][number]
            self.call("DELETE", f"/{copy['id']}")
            self.call("DELETE", f"/{copy['id']}")

    @rule(config=CONFIGS)
    def delete(self, config):
        if self.live(config):
            self.call("DELETE", f"/{config}")
            self.trash.add(config)

    @precondition(lambda self: self.trash)
    @rule(config=CONFIGS)
    def restore(self, config):
        if config in self.trash:
            before = max(self.seen[config])
            answer = self.call("POST", f"/{config}/restore")
            self.trash.discard(config)
            self.look(config)

            assert answer.get_json()["version"] == before + 2
            assert self.seen[config][before + 2] == self.seen[config][before]

    @precondition(lambda self: self.trash)
    @rule(config=CONFIGS)
    def purge(self, config):
        if config in self.trash:
            self.call("DELETE", f"/{config}")
            self.trash.discard(config)
            self.seen[config] = {}
            self.row_versions = {k: v for k, v in self.row_versions.items() if k[0] != config}

    @invariant()
    def every_version_still_says_what_was_live_then(self):
        for config, versions in self.seen.items():
            if self.live(config):
                recorded = {
                    number: content_of(self.call("GET", f"/{config}/versions/{number}").get_json())
                    for number in versions
                }
                assert recorded == versions

    @invariant()
    def the_trash_never_leaks_into_lists(self):
        live = {config for config in self.seen if self.live(config)}
        listed = self.call("GET", "").get_json()
        trashed = self.call("GET", "?isDeleted=true").get_json()
        everything = self.client.get(
            "/v2/storage/components", headers={"X-StorageApi-Token": "t"}
        ).get_json()

        assert {item["id"] for item in listed} == live
        assert {item["id"] for item in trashed} == self.trash
        assert {item["id"] for one in everything for item in one["configurations"]} == live


TestHistory = History.TestCase
TestHistory.settings = settings(
    max_examples=20,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
