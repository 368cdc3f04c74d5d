"""From what people type to the one object they mean."""

import pytest

from kbsync.api.client import StorageClient
from kbsync.api.retry import RetryPolicy
from kbsync.api.transport import Transport
from kbsync.errors import UsageError
from kbsync.model import Key
from kbsync.past.resolve import resolve
from kbsync.planning import names_of
from tests.builders import COMPONENT, config, live_with, row

LIVE = live_with(
    config("1", name="2"),
    config("2", name="Two"),
    config("a*", name="Star"),
    config("ab", name="me@acme.example"),
    row("r1", "2", name="r2"),
    row("r2", "2", name="Second"),
    row("x*", "2"),
    row("xy", "2", name="A row"),
)
NAMES = names_of(LIVE.resources)


@pytest.fixture
def resolved(emulator):
    """A function that resolves a text after the component; the trash is empty."""
    client = StorageClient(Transport(emulator.url, "fake", policy=RetryPolicy(max_wait_s=0)))
    yield lambda text: resolve(f"{COMPONENT}{text}", LIVE, NAMES, client)
    client.close()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("2", ("2",), id="an id before a name"),
        pytest.param("Two", ("2",), id="a name"),
        pytest.param("a*", ("a*",), id="an id that is a glob"),
        pytest.param("?b", ("ab",), id="a glob that matches one"),
        pytest.param("me@acme.example", ("ab",), id="a name with an at"),
        pytest.param("2/r2", ("2", "r2"), id="the id of a row before a name"),
        pytest.param("Two/Second", ("2", "r2"), id="both by name"),
        pytest.param("2/x*", ("2", "x*"), id="the id of a row that is a glob"),
        pytest.param("2/A*", ("2", "xy"), id="a glob on the name of a row"),
    ],
)
def test_one_object_is_found_by_id_name_or_glob(resolved, text, found):
    assert resolved(f"/{text}") == Key(COMPONENT, *found)


@pytest.mark.parametrize(
    ("text", "told", "hint"),
    [
        pytest.param("3", "There is no configuration", "", id="unknown"),
        pytest.param(
            "Twoo", "There is no configuration", f"Did you mean {COMPONENT}/2 ", id="nearly"
        ),
        pytest.param("3/r1", f"configuration '{COMPONENT}/3'", "", id="row of an unknown one"),
        pytest.param("*", "is 4 configurations; one at a time", "One of: ", id="several"),
        pytest.param("2/*", "is 4 rows; one at a time", f"{COMPONENT}/2/r1, ", id="several rows"),
        pytest.param("2/secnd", "There is no row 'secnd'", f"{COMPONENT}/2/r2?", id="nearly a row"),
        pytest.param("2/zzz", "There is no row 'zzz'", "Its rows: r1, r2, x*, xy.", id="no row"),
        pytest.param("ab/r1", "There is no row 'r1'", "It has no rows.", id="without rows"),
    ],
)
def test_anything_else_is_a_slip_with_the_nearest_right_thing(resolved, text, told, hint):
    with pytest.raises(UsageError) as caught:
        resolved(f"/{text}")

    assert told in str(caught.value)
    assert hint in caught.value.hint


def test_a_component_is_not_one_object(resolved):
    with pytest.raises(UsageError, match="is not one object"):
        resolved("")
