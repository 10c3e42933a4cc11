"""exchanges.jsonl.gz: what was asked and answered over HTTP, each body once, without any key.

Line by line: ``{"body": n, "sha256": ..., "text": ...}`` (or ``base64``; neither when the body is
over `LONGEST` or the file is full: then only digest and ``size`` are kept), and
``{"time": ..., "endpoint": ..., "path": ..., "sent": n, "status": ..., "answer": n}``. ``sent`` is
null for a GET. Requests for state proofs are left out: the proofs stand in proofs.jsonl.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from chains.transport.labels import label, secrets

LONGEST = 4 * 2**20
"""Bytes of a body that are kept."""

FULL = 48 * 2**20
"""Compressed bytes of the file after which only digests are added."""

HIDDEN = b"[hidden]"
PROOF_METHOD = b'"eth_getProof"'
_GZIP = 16 + zlib.MAX_WBITS


def secrets_of(url: str) -> list[bytes]:
    """Return the parts of an endpoint's URL that may be keys, longest first.

    >>> secrets_of("https://user:hunter22@node.example/v3/0123456789?apikey=abcdefgh")
    [b'0123456789', b'abcdefgh', b'hunter22']
    """
    return [text.encode() for text in secrets(url)]


def asked_path(base: str, url: str) -> str:
    """Return what `url` asks for below the endpoint `base`, without the endpoint's own query.

    >>> asked_path("https://a.example/key?k=v", "https://a.example/key/tx/1?page=2&k=v")
    '/tx/1?page=2'
    """
    address, _, query = base.partition("?")
    path = url.removeprefix(address.rstrip("/"))
    if query:
        path = re.sub(rf"[?&]{re.escape(query)}$", "", path)
    return path


class ExchangeWriter:
    """A `chains.transport.settings.Witness` that writes into a gzip stream as it goes."""

    def __init__(
        self, write: Callable[[bytes], object], *, now: Callable[[], datetime] | None = None
    ) -> None:
        """Write through `write`."""
        self._write = write
        self._packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
        self._now = now or (lambda: datetime.now(UTC))
        self._bodies: dict[bytes, int] = {}
        self._secrets: dict[str, list[bytes]] = {}
        self.exchanges = 0
        self._written = 0

    def __call__(self, base: str, url: str, sent: bytes | None, status: int, answer: bytes) -> None:
        """Note one exchange."""
        if sent is not None and PROOF_METHOD in sent:
            return
        secrets = self._secrets.get(base)
        if secrets is None:
            secrets = self._secrets[base] = secrets_of(base)
        path = asked_path(base, url)
        self.exchanges += 1
        self._put({
            "sent": None if sent is None else self._body(sent, secrets),
            "answer": self._body(answer, secrets),
            "time": self._now().isoformat(timespec="milliseconds"),
            "endpoint": label(base),
            "path": _hidden(path.encode(), secrets).decode(),
            "status": status,
        })  # fmt: skip

    def finish(self) -> None:
        """Write what is left in the packer."""
        self._emit(self._packer.flush())

    def _body(self, body: bytes, secrets: list[bytes]) -> int:
        body = _hidden(body, secrets)
        digest = hashlib.sha256(body).digest()
        number = self._bodies.get(digest)
        if number is not None:
            return number
        number = self._bodies[digest] = len(self._bodies)
        line: dict[str, object] = {"body": number, "sha256": digest.hex(), "size": len(body)}
        if len(body) <= LONGEST and self._written < FULL:
            try:
                line["text"] = body.decode()
            except UnicodeDecodeError:
                line["base64"] = base64.b64encode(body).decode()
        self._put(line)
        return number

    def _put(self, line: dict[str, object]) -> None:
        self._emit(self._packer.compress(msgspec.json.encode(line) + b"\n"))

    def _emit(self, packed: bytes) -> None:
        self._written += len(packed)
        self._write(packed)


def _hidden(body: bytes, secrets: list[bytes]) -> bytes:
    for secret in secrets:
        body = body.replace(secret, HIDDEN)
    return body
