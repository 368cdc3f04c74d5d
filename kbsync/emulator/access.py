"""The buckets and tables of the current call, as far as its token may use them."""

from __future__ import annotations

from kbsync.emulator.calls import Call, current
from kbsync.emulator.catalog import Bucket, Table, find_bucket, find_table
from kbsync.emulator.errors import access_denied


def read_bucket(bucket_id: str) -> tuple[Call, Bucket]:
    call = current()
    bucket = find_bucket(call.db, call.branch.id, bucket_id)
    _require(call, bucket, writes=False)
    return call, bucket


def write_bucket(bucket_id: str) -> tuple[Call, Bucket]:
    call = current()
    call.token.require_write()
    bucket = find_bucket(call.db, call.branch.id, bucket_id)
    _require(call, bucket, writes=True)
    return call, bucket


def read_table(table_id: str) -> tuple[Call, Table]:
    call = current()
    table = find_table(call.db, call.branch.id, table_id)
    _require(call, table.bucket, writes=False)
    return call, table


def write_table(table_id: str) -> tuple[Call, Table]:
    call = current()
    call.token.require_write()
    table = find_table(call.db, call.branch.id, table_id)
    _require(call, table.bucket, writes=True)
    return call, table


def manage_buckets() -> Call:
    """The current call, if its token may make and remove buckets."""
    call = current()
    call.token.require_write()
    if not call.token.is_master:
        call.token.require("canManageBuckets")
    return call


def _require(call: Call, bucket: Bucket, *, writes: bool) -> None:
    if not call.token.may_use_bucket(bucket.id, writes=writes):
        raise access_denied()
