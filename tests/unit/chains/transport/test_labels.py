from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.transport.labels import label, labels

SECRET = st.text(alphabet="abcdefghijkXYZ0123456789-_", min_size=8, max_size=40).map("S3".__add__)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://node.example", "https://node.example"),
        ("https://node.example/v3/KEY", "https://node.example"),
        ("http://127.0.0.1:8545/?key=KEY", "http://127.0.0.1:8545"),
        ("https://user:pass@node.example:444/#KEY", "https://node.example:444"),
        ("http://[::1]:8545/KEY", "http://[::1]:8545"),
        ("HTTPS://Node.Example/KEY", "https://node.example"),
    ],
)
def test_label_is_scheme_host_and_port(url: str, shown: str) -> None:
    assert label(url) == shown


def test_other_schemes_can_be_asked_for() -> None:
    assert label("ssl://user:key@node.example:1/key", ("tcp", "ssl")) == "ssl://node.example:1"
    with pytest.raises(ValueError, match="tcp or ssl"):
        label("https://node.example", ("tcp", "ssl"))


@pytest.mark.parametrize(
    "url",
    ["", "node.example", "ftp://node.example", "https://", "http://:80", "https://a:b", "ws://x"],
)
def test_what_is_no_http_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="an endpoint must be") as caught:
        label(url)
    assert caught.value.__cause__ is None


@given(user=SECRET, password=SECRET, path=SECRET, query=SECRET)
def test_no_secret_survives(user: str, password: str, path: str, query: str) -> None:
    shown = label(f"https://{user}:{password}@node.example/{path}?{query}#{path}")
    assert shown == "https://node.example"


def test_equal_labels_are_numbered() -> None:
    urls = ["https://a.example/1", "https://b.example", "https://a.example/2", "https://a.example"]
    assert labels(urls) == (
        "https://a.example",
        "https://b.example",
        "https://a.example (2)",
        "https://a.example (3)",
    )
