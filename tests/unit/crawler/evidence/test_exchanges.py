from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from crawler.evidence import exchanges
from crawler.evidence.exchanges import ExchangeWriter, asked_path, secrets_of

URL = "https://user:hunter22@node.example/v3/0123456789abcdef?apikey=zyxwvuts"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def lines_of(*told: tuple[str, str, bytes | None, int, bytes]) -> list[dict[str, Any]]:
    stream = io.BytesIO()
    writer = ExchangeWriter(stream.write, now=lambda: NOON)
    for one in told:
        writer(*one)
    writer.finish()
    return [json.loads(line) for line in gzip.decompress(stream.getvalue()).splitlines()]


def test_every_body_stands_once_and_exchanges_name_them() -> None:
    lines = lines_of((URL, URL, b"ask", 200, b"yes"), (URL, URL, b"ask", 429, b"\xff"))
    bodies = {line["body"]: line for line in lines if "body" in line}
    asked = [line for line in lines if "sent" in line]
    assert [bodies[one["sent"]]["text"] for one in asked] == ["ask", "ask"]
    assert bodies[asked[0]["answer"]]["text"] == "yes"
    assert bodies[asked[1]["answer"]]["base64"] == "/w=="
    assert len(bodies) == 3
    assert [one["status"] for one in asked] == [200, 429]
    assert asked[0]["time"].startswith("2026-01-01T12:00:00")
    assert asked[0]["endpoint"] == "https://node.example"


def test_no_part_of_the_url_that_may_be_a_key_is_kept() -> None:
    below = URL.replace("?", "/tx/0123456789abcdef?page=1&")
    echo = b"bad key 0123456789abcdef for user:hunter22, zyxwvuts"
    text = json.dumps(lines_of((URL, below, b"hunter22", 401, echo)))
    for secret in ("hunter22", "0123456789abcdef", "zyxwvuts"):
        assert secret not in text
    assert "/tx/[hidden]?page=1" in text


def test_escaped_secrets_are_hidden_in_both_spellings() -> None:
    assert secrets_of("https://a%2Fbcdefg@h/") == [b"a%2Fbcdefg", b"a/bcdefg"]


def test_requests_for_proofs_are_left_out() -> None:
    assert lines_of((URL, URL, b'{"method":"eth_getProof"}', 200, b"long")) == []


def test_a_get_sends_nothing() -> None:
    *_, last = lines_of((URL, URL, None, 200, b"{}"))
    assert last["sent"] is None
    assert last["path"] == ""


def test_long_bodies_and_a_full_file_leave_only_digests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "LONGEST", 4)
    bodies = [line for line in lines_of((URL, URL, b"long one", 200, b"no")) if "body" in line]
    assert [sorted(line) for line in bodies] == [
        ["body", "sha256", "size"], ["body", "sha256", "size", "text"],
    ]  # fmt: skip
    monkeypatch.setattr(exchanges, "FULL", 0)
    assert all("text" not in line for line in lines_of((URL, URL, b"a", 200, b"no")))


@pytest.mark.parametrize(
    ("base", "url", "path"),
    [
        ("http://h/", "http://h/", "/"),
        ("http://h", "http://h", ""),
        ("http://h/k", "http://h/k/a/b", "/a/b"),
        ("http://h/k?q=1", "http://h/k/a?q=1", "/a"),
        ("http://h/k?q=1", "http://h/k/a?b=2&q=1", "/a?b=2"),
    ],
)
def test_the_path_is_what_stands_below_the_endpoint(base: str, url: str, path: str) -> None:
    assert asked_path(base, url) == path
