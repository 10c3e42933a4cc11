from __future__ import annotations

import asyncio
import hashlib
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest

from chains.errors import (
    Incapable,
    MalformedAnswer,
    ProviderError,
    Throttled,
    TimedOut,
    TooLarge,
    TransportFailure,
)
from chains.errors import UnresolvedReason as Reason
from chains.transport.json_rpc import RpcError, RpcRequest
from chains.transport.provider import Surroundings
from chains.transport.settings import TransportSettings
from chains.utxo.electrum import ElectrumServer, classify
from tests.fakes.electrum_server import ElectrumFake
from tests.fakes.surroundings import FakeTime
from tests.fakes.utxo_ledger import Ledger
from tests.fakes.utxo_scene import p2pkh

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

from contextlib import asynccontextmanager

HEADER = RpcRequest("blockchain.block.header", (0,))


def connecting(
    url: str, *, patience: Surroundings | None = None, **limits: float
) -> AbstractAsyncContextManager[ElectrumServer]:
    settings = TransportSettings(**{"tries": 2, "call_timeout_s": 5, **limits})  # type: ignore[arg-type]

    @asynccontextmanager
    async def opened() -> AsyncIterator[ElectrumServer]:
        server = ElectrumServer(url, "the server", settings, patience or FakeTime().surroundings())
        try:
            yield server
        finally:
            await server.close()

    return opened()


def fake() -> ElectrumFake:
    ledger = Ledger()
    for _ in range(3):
        ledger.mine()
    return ElectrumFake(ledger, [p2pkh(1)])


async def test_values_come_in_the_order_of_the_requests() -> None:
    async with fake() as told, connecting(told.url) as server:
        requests = [RpcRequest("blockchain.block.header", (at % 4,)) for at in range(50)]
        values = await server.many(requests, journal=[], batch=7)
        assert values == [told.ledger.blocks[at % 4].header.hex() for at in range(50)]
        assert told.lines == 1 + 8
        assert await server.many([], journal=[]) == []


async def test_the_servers_own_errors_stand_in_their_place() -> None:
    async with fake() as told, connecting(told.url) as server:
        journal: list[str] = []
        far = RpcRequest("blockchain.block.header", (9,))
        good, bad = await server.many([HEADER, far], journal=journal)
        assert isinstance(good, str)
        assert isinstance(bad, ProviderError)
        assert bad.reason is Reason.CALL_FAILED
        assert journal == []
        with pytest.raises(ProviderError, match="out of range"):
            await server.one("blockchain.block.header", 9, journal=journal)
        assert len(journal) == 1


async def test_a_refused_batch_is_sent_line_by_line_from_then_on() -> None:
    async with fake() as told, connecting(told.url) as server:
        told.takes_batches = False
        journal: list[str] = []
        assert len(await server.many([HEADER] * 3, journal=journal)) == 3
        before = told.lines
        assert len(await server.many([HEADER] * 3, journal=journal)) == 3
        assert told.lines - before == 3
        assert journal == []


async def test_a_single_request_that_is_refused_without_its_name_is_no_crash() -> None:
    async with fake() as told, connecting(told.url) as server:
        told.takes_batches = False
        await server.many([HEADER], journal=[])
        told.noise = b'{"jsonrpc": "2.0", "id": null, "error": {"code": -32600, "message": "no"}}\n'
        journal: list[str] = []
        await server.close()
        with pytest.raises(TransportFailure, match="a request was refused"):
            await server.one("blockchain.block.header", 0, journal=journal)
        assert journal


async def test_a_server_that_is_busy_is_asked_again() -> None:
    async with fake() as told:
        refuse = {"blockchain.block.header": (-102, "server busy")}
        told.refuse = refuse
        time = FakeTime()

        def calm(_method: str, before: int) -> None:
            if before >= 2:
                told.refuse = {}

        told.on_call = calm
        async with connecting(told.url, patience=time.surroundings()) as server:
            journal: list[str] = []
            assert isinstance(await server.one("blockchain.block.header", 0, journal=journal), str)
            assert len(journal) == 2
            assert time.slept


async def test_a_server_that_never_answers_times_out() -> None:
    async with fake() as told, connecting(told.url, call_timeout_s=0.05) as server:
        told.silent = True
        history = "blockchain.scripthash.get_history"
        with pytest.raises(TimedOut):
            await server.one(history, "ab" * 32, journal=[])
        # What was given up may still be answered; others are served on the same connection.
        told.silent = False
        assert await server.one(history, "ab" * 32, journal=[]) == []
        assert told.calls.count("server.version") == 1


async def test_a_lost_connection_is_made_again() -> None:
    async with fake() as told, connecting(told.url) as server:
        told.drops = 1
        journal: list[str] = []
        history = "blockchain.scripthash.get_history"
        assert await server.one(history, "ab" * 32, journal=journal) == []
        assert journal == ["the server: the connection was lost"]
        assert told.calls.count("server.version") == 2


@pytest.mark.parametrize(
    ("noise", "kind"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", TransportFailure),
        (b'{"jsonrpc": "2.0", "id": 99, "result": 1}\n', MalformedAnswer),
        (b'{"jsonrpc": "2.0", "id": "1", "result": 1}\n', MalformedAnswer),
        (b'{"jsonrpc": "2.0", "id": 1}\n', MalformedAnswer),
        (b'{"jsonrpc": "2.0", "id": null, "error": {"code": 1, "message": "no"}}\n', ProviderError),
        (b"[1]\n", MalformedAnswer),
        (b"x" * 5_000 + b"\n", TooLarge),
    ],
)
async def test_what_is_no_answer_breaks_the_connection(
    noise: bytes, kind: type[ProviderError]
) -> None:
    async with fake() as told, connecting(told.url, body_limit=2_000) as server:
        told.noise = noise
        with pytest.raises(kind):
            await server.one("blockchain.block.header", 0, journal=[])


async def test_notifications_are_passed_over() -> None:
    async with fake() as told, connecting(told.url) as server:
        told.noise = b'{"jsonrpc": "2.0", "method": "blockchain.headers.subscribe", "params": []}\n'
        assert isinstance(await server.one("blockchain.block.header", 0, journal=[]), str)


async def test_a_server_of_another_protocol_is_left() -> None:
    async with fake() as told, connecting(told.url) as server:
        told.refuse = {"server.version": (1, "unsupported protocol version")}
        with pytest.raises(Incapable, match="unsupported protocol"):
            await server.one("blockchain.block.header", 0, journal=[])


async def test_nobody_there() -> None:
    async with connecting("tcp://127.0.0.1:1") as server:
        with pytest.raises(TransportFailure, match="cannot connect"):
            await server.one("blockchain.block.header", 0, journal=[])


async def test_the_deadline_of_the_run_is_kept() -> None:
    time = FakeTime()
    async with (
        fake() as told,
        connecting(told.url, patience=time.surroundings(), deadline_s=10) as server,
    ):
        time.now += 11
        with pytest.raises(ProviderError) as caught:
            await server.one("blockchain.block.header", 0, journal=[])
        assert caught.value.reason is Reason.DEADLINE


async def test_who_stops_waiting_disturbs_nobody() -> None:
    async with fake() as told, connecting(told.url) as server:
        told.silent = True
        history = "blockchain.scripthash.get_history"
        first = asyncio.create_task(server.one(history, "ab" * 32, journal=[]))
        while history not in told.calls:  # noqa: ASYNC110 (a loop turn, not a time)
            await asyncio.sleep(0)
        second = asyncio.create_task(server.one("blockchain.block.header", 1, journal=[]))
        first.cancel()
        assert await second == told.ledger.blocks[1].header.hex()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert told.calls.count("server.version") == 1


def test_errors_are_told_apart() -> None:
    def kind(code: int, message: str) -> type[ProviderError]:
        return type(classify(RpcError(code, message)))

    assert kind(1, "history too large") is TooLarge
    assert kind(-32603, "Too many history entries") is TooLarge
    assert kind(-101, "excessive resource usage") is Throttled
    assert kind(-102, "server busy - request timed out") is Throttled
    assert kind(-32601, "unknown method") is Incapable
    assert kind(2, "daemon error: no such mempool or blockchain transaction") is ProviderError


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that the server signed itself; key and certificate in one file."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    both = folder / "both.pem"
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return both


def fingerprint(certificate: Path) -> str:
    pem = certificate.read_text()
    der = ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN CERT") :])
    return hashlib.sha256(der).hexdigest()


async def test_certificates_are_verified_or_named(certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    name = fingerprint(certificate)
    told = fake()
    told.tls = context
    async with told:
        async with connecting(told.url) as server:
            with pytest.raises(TransportFailure, match="TLS"):
                await server.one("blockchain.block.header", 0, journal=[])
        async with connecting(f"{told.url}?certificate={name}") as server:
            assert isinstance(await server.one("blockchain.block.header", 0, journal=[]), str)
        async with connecting(f"{told.url}?certificate={'ab' * 32}") as server:
            with pytest.raises(TransportFailure, match="another certificate"):
                await server.one("blockchain.block.header", 0, journal=[])


def test_a_certificate_hash_is_a_hash() -> None:
    with pytest.raises(ValueError, match="64 hex digits"):
        ElectrumServer(
            "ssl://secret.example?certificate=abc", "x", TransportSettings(), Surroundings()
        )
