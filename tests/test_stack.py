from __future__ import annotations

import pytest

from kbsync.stack import normalize_stack


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("connection.keboola.com", "https://connection.keboola.com"),
        ("https://connection.keboola.com", "https://connection.keboola.com"),
        ("https://connection.keboola.com/", "https://connection.keboola.com"),
        ("https://Connection.Keboola.COM/v2/storage", "https://connection.keboola.com"),
        ("HTTPS://connection.keboola.com/v2/storage/", "https://connection.keboola.com"),
        (" connection.eu-central-1.keboola.com\n", "https://connection.eu-central-1.keboola.com"),
        ("stack.example.test:8443", "https://stack.example.test:8443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("[2001:db8::1]", "https://[2001:db8::1]"),
    ],
)
def test_a_host_or_url_becomes_the_base_url(text, url):
    assert normalize_stack(text) == url


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("http://connection.keboola.com", "http would send the token in clear"),
        ("http://localhost.example.test", "http would send the token in clear"),
        ("http://127.0.0.1.example.test", "http would send the token in clear"),
        ("http://10.0.0.1", "http would send the token in clear"),
        ("http://0.0.0.0", "http would send the token in clear"),
        ("ftp://connection.keboola.com", "a stack is reached by https"),
        ("https://fake-user:fake-word@connection.keboola.com", "must not hold a user or password"),
        ("fake-user@connection.keboola.com", "must not hold a user or password"),
        ("https://connection.keboola.com?fake-word=1", "without [?] and #"),
        ("https://connection.keboola.com/#fake-word", "without [?] and #"),
        ("https://connection.keboola.com/admin/projects/1", "without a path"),
        ("https://connection.keboola.com/v2", "without a path"),
        ("", "expected an address"),
        ("https://", "expected an address"),
        ("https://connection keboola.com", "expected an address"),
        ("https://connection.keboola.com\\fake-word", "expected an address"),
        ("fake-user:fake-word", "expected an address"),
        ("https://connection.\tkeboola.com", "expected an address"),
        ("https://-x.test", "expected an address"),
        ("https://stack.test:0", "expected an address"),
        ("https://stack.test:80x", "expected an address"),
        ("https://stack.test:99999", "expected an address"),
        ("https://[::1", "expected an address"),
        ("https://[fe80::1%eth0]", "expected an address"),
        ("https://[not-an-address]", "expected an address"),
        ("https://čau.test", "expected an address"),
    ],
)
def test_what_is_no_stack_is_refused_without_repeating_it(text, message):
    with pytest.raises(ValueError, match=message) as caught:
        normalize_stack(text)

    assert "fake" not in str(caught.value)
