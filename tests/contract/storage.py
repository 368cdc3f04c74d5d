"""Buckets, tables and files for the contract tests of section 11."""

from __future__ import annotations

import requests

BUCKET = "in.c-main"


class Storage:
    """A few words for what nearly every fact about Storage needs."""

    def __init__(self, api):
        self.api = api

    def bucket(self, name="main", **body):
        """Create a bucket and return its id."""
        answer = self.api.post("/buckets", {"name": name, "stage": "in", **body})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def table(self, text="id,name\n1,one\n2,two\n", name="words", bucket=BUCKET, **form):
        """Create a table from CSV in the request, its bucket too if need be; return its path."""
        if self.api.get(f"/buckets/{bucket}").status_code == 404:
            self.bucket(bucket.partition("c-")[2])
        answer = self.form(f"/buckets/{bucket}/tables", name=name, dataString=text, **form)
        assert answer.status_code == 201, answer.text
        return f"/tables/{bucket}.{name}"

    def form(self, path, **form):
        return self.api.call("POST", path, data=form)

    def upload(self, data, name="data.csv", **body):
        """Prepare and upload a file; return its id."""
        file = self.prepare(name=name, **body)
        self.put(file["uploadParams"]["key"], data)
        return file["id"]

    def upload_slices(self, slices, name="data.csv"):
        """Upload a sliced file with its manifest; return its id."""
        file = self.prepare(name=name, isSliced=True)
        key = file["uploadParams"]["key"]
        bucket = file["uploadParams"]["bucket"]
        entries = []
        for number, data in enumerate(slices):
            self.put(f"{key}part{number}", data)
            entries.append({"url": f"s3://{bucket}/{key}part{number}"})
        self.put(f"{key}manifest", {"entries": entries})
        return file["id"]

    def prepare(self, **body):
        answer = self.api.post("/files/prepare", {"federationToken": True, **body})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def object_url(self, key):
        return f"{self.api.url}/s3/kbsync-emulator-files/{key}"

    def put(self, key, data):
        body = {"json": data} if isinstance(data, dict) else {"data": data}
        answer = requests.put(self.object_url(key), timeout=30, **body)
        assert answer.status_code == 200, answer.text
        return answer

    def job(self, answer):
        """The finished job behind a 202 answer."""
        assert answer.status_code == 202, answer.text
        return self.api.get(answer.json()["url"]).json()

    def rows(self, table):
        """The rows of a table as texts, in order, without the header."""
        preview = self.api.get(f"{table}/data-preview").text
        return [line.replace('"', "") for line in preview.splitlines()[1:]]
