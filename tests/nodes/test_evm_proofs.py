"""State proofs of a real anvil: real tokens, real transactions, old blocks, tampering."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from aiohttp import ClientSession, web

from chains.adapter import HoldingForm, Observed, Proven, SnapshotPoint, Unproven
from chains.evm.proof_file import end_record, start_record, verify_proof_file
from tests.fakes.evm_scene import NATIVE, account, collect, reader
from tests.nodes.anvil import Anvil, binary
from tests.nodes.deployed import deploy, mint, proxied, selector, send

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from chains.evm.balances import EvmBalanceReader

pytestmark = pytest.mark.skipif(
    binary() is None, reason="anvil is not installed: npm ci --prefix tests/nodes"
)


def form_of(contract: bytes) -> HoldingForm:
    return HoldingForm("USDT@ethereum", "USDT", "ethereum", f"0x{contract.hex()}", 6, ("USDT",))


def held(number: int) -> int:
    return 10**9 + 7 * number


HOLDERS = {account(number): held(number) for number in range(30)}


class Book:
    """Keeps the lines of a proof file, each once, as the crawler's writer does."""

    def __init__(self) -> None:
        self.lines: dict[bytes, None] = {}

    def keep(self, record: Mapping[str, str | int | None]) -> None:
        self.lines[msgspec.json.encode(record)] = None

    def texts(self) -> list[str]:
        records = [msgspec.json.decode(line) for line in self.lines]
        return [record["text"] for record in records if record["kind"] == "layout"]

    def file(self) -> list[bytes]:
        balances = sum(b'"kind":"balance"' in line for line in self.lines)
        start, end = start_record(), end_record(balances)
        return [msgspec.json.encode(start), *self.lines, msgspec.json.encode(end)]


async def proofs(
    asked: EvmBalanceReader,
    form: HoldingForm,
    point: SnapshotPoint,
    readings: Mapping[bytes, int],
    book: Book,
) -> dict[bytes, Proven | Unproven]:
    found: dict[bytes, Proven | Unproven] = {}
    async for batch in asked.prove(form, point, readings, list(readings), book.keep):
        for holder, proof in batch:
            assert holder not in found
            found[holder] = proof
    assert set(found) == set(readings)
    return found


async def pinned(asked: EvmBalanceReader, height: int) -> SnapshotPoint:
    point = await asked.pin(height)
    assert isinstance(point, SnapshotPoint), point
    return point


async def prove_token(
    urls: Sequence[str],
    contract: bytes,
    height: int,
    holders: Mapping[bytes, int] = HOLDERS,
    lies: Mapping[bytes, int] | None = None,
) -> tuple[dict[bytes, Proven | Unproven], Book]:
    book = Book()
    async with reader(urls) as asked:
        point = await pinned(asked, height)
        read = await collect(asked, form_of(contract), point, list(holders))
        readings = {h: r.amount for h, r in read.items() if isinstance(r, Observed)}
        assert readings == {**holders, **(lies or {})}
        return await proofs(asked, form_of(contract), point, readings, book), book


def amounts(found: Mapping[bytes, Proven | Unproven]) -> dict[bytes, int | str]:
    return {h: p.amount if isinstance(p, Proven) else p.detail for h, p in found.items()}


@pytest.mark.parametrize(
    ("contract", "layout"),
    [
        ("SolidityToken", "solidity mapping 9"),
        ("VyperOrderToken", "vyper mapping 3"),
        ("SoladyToken", "solady"),
        ("PackedToken", "solidity mapping 9"),
        ("HalfWordToken", "solidity mapping 0, low 128 bits"),
        ("LedgerToken", "solidity mapping 0"),
        (
            "NamespacedToken",
            "solidity mapping 0x52c63247e1f47db19d5ce0460030c497f067ca4cebf71ba98eeadabe20bace00",
        ),
    ],
)
async def test_a_token_of_each_layout_is_proven_at_an_old_block(contract: str, layout: str) -> None:
    async with Anvil() as node:
        token = await deploy(node, contract)
        height = await mint(node, token, HOLDERS)
        await mint(node, token, {account(0): 5, account(1): 0})
        zero = {account(99): 0}
        found, book = await prove_token([node.url], token, height, {**HOLDERS, **zero})
    assert amounts(found) == {**HOLDERS, **zero}
    assert book.texts() == [layout]
    checked = list(verify_proof_file(book.file()))
    assert {line.problem for line in checked} == {""}
    assert {line.account: line.amount for line in checked} == {
        f"0x{holder.hex()}": amount for holder, amount in {**HOLDERS, **zero}.items()
    }


async def test_a_holder_who_gave_everything_away_has_a_proven_nothing() -> None:
    async with Anvil() as node:
        token = await deploy(node, "SolidityToken")
        await mint(node, token, HOLDERS)
        height = await mint(node, token, {account(1): 0})
        emptied = {**HOLDERS, account(1): 0}
        found, book = await prove_token([node.url], token, height, emptied)
    assert amounts(found) == emptied
    assert {line.problem for line in verify_proof_file(book.file())} == {""}


async def test_a_proxy_keeps_balances_in_its_own_storage() -> None:
    async with Anvil() as node:
        token = await proxied(node, await deploy(node, "SolidityToken"))
        height = await mint(node, token, HOLDERS)
        found, book = await prove_token([node.url], token, height)
    assert amounts(found) == HOLDERS
    assert book.texts() == ["solidity mapping 9"]


@pytest.mark.parametrize("marked", [1, 30])
async def test_the_flag_of_usdc_is_no_balance(marked: int) -> None:
    async with Anvil() as node:
        token = await deploy(node, "PackedToken")
        await mint(node, token, HOLDERS)
        height = 0
        for holder in list(HOLDERS)[:marked]:
            data = selector("mark(address)") + holder.rjust(32, b"\0")
            height = await send(node, token, data)
        found, book = await prove_token([node.url], token, height)
    assert amounts(found) == HOLDERS
    assert {line.problem for line in verify_proof_file(book.file())} == {""}


async def test_a_rebasing_token_is_read_and_not_proven() -> None:
    async with Anvil() as node:
        token = await deploy(node, "RebasingToken")
        height = await mint(node, token, HOLDERS)
        shown = {holder: 3 * amount + 1 for holder, amount in HOLDERS.items()}
        found, _ = await prove_token([node.url], token, height, shown)
    assert set(map(type, found.values())) == {Unproven}
    assert all("no known layout" in str(detail) for detail in amounts(found).values())


async def test_native_balances_are_proven_also_where_there_is_no_account() -> None:
    funded = {account(number): held(number) for number in range(120)}
    async with Anvil() as node:
        height = 0
        for holder, wei in funded.items():
            height = await send(node, holder, value=wei)
        await send(node, account(0), value=1)
        book = Book()
        async with reader([node.url]) as asked:
            point = await pinned(asked, height)
            readings = {**funded, account(500): 0}
            found = await proofs(asked, NATIVE, point, readings, book)
    assert amounts(found) == readings
    checked = list(verify_proof_file(book.file()))
    assert [line.problem for line in checked] == [""] * 121
    assert len([line for line in book.lines if b'"node"' in line]) < 300


async def test_a_block_whose_state_was_edited_is_not_proven() -> None:
    async with Anvil() as node:
        await node.rpc("evm_mine")
        height = await node.height()
        await node.fund(HOLDERS)  # changes the block that is there already
        await node.rpc("evm_mine")
        async with reader([node.url]) as asked:
            point = await pinned(asked, height)
            found = await proofs(asked, NATIVE, point, HOLDERS, Book())
    assert set(map(type, found.values())) == {Unproven}


# --- a node that lies: a proxy before anvil --------------------------------------------


@asynccontextmanager
async def tampered(url: str, change: Callable[[str, Any], Any]) -> AsyncIterator[str]:
    """A node that answers what `change(method, result)` makes of the real one's results."""

    async def serve(request: web.Request) -> web.Response:
        body = await request.json()
        async with ClientSession() as session, session.post(url, json=body) as reply:
            answer = await reply.json()
        single = isinstance(body, dict)
        asked, answers = ([body], [answer]) if single else (body, answer)
        methods = {one["id"]: one["method"] for one in asked}
        for one in answers:
            if "result" in one:
                one["result"] = change(methods[one["id"]], one["result"])
        return web.json_response(answers[0] if single else answers)

    application = web.Application(client_max_size=10**8)
    application.router.add_post("/", serve)
    runner = web.AppRunner(application, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def _flip(node: str) -> str:
    return node[:-1] + ("0" if node[-1] != "0" else "1")


def _damage_account(method: str, result: Any) -> Any:  # noqa: ANN401 (JSON)
    if method == "eth_getProof":
        result["accountProof"][-1] = _flip(result["accountProof"][-1])
    return result


def _lie_in_proof(method: str, result: Any) -> Any:  # noqa: ANN401 (JSON)
    if method == "eth_getProof":
        result["balance"] = "0xffffffff"
        for entry in result["storageProof"]:
            entry["value"] = "0xffffffff"
    return result


def _drop_slot(method: str, result: Any) -> Any:  # noqa: ANN401 (JSON)
    if method == "eth_getProof" and len(result["storageProof"]) > 1:
        result["storageProof"].pop()
    return result


def _damage_state_root(method: str, result: Any) -> Any:  # noqa: ANN401 (JSON)
    if method == "eth_getBlockByHash":
        result["stateRoot"] = _flip(result["stateRoot"])
    return result


@pytest.mark.parametrize("change", [_damage_account, _drop_slot, _damage_state_root])
async def test_a_tampered_proof_proves_nothing(change: Callable[[str, Any], Any]) -> None:
    async with Anvil() as node:
        token = await deploy(node, "SolidityToken")
        height = await mint(node, token, HOLDERS)
        async with tampered(node.url, change) as liar:
            found, book = await prove_token([liar], token, height)
            assert set(map(type, found.values())) == {Unproven}
            assert b'"balance"' not in b"".join(book.lines)
            # another endpoint can prove what this one could not
            found, _ = await prove_token([liar, node.url], token, height)
    assert amounts(found) == HOLDERS


async def test_the_figures_beside_the_nodes_are_not_believed() -> None:
    async with Anvil() as node:
        token = await deploy(node, "SolidityToken")
        height = await mint(node, token, HOLDERS)
        async with tampered(node.url, _lie_in_proof) as liar:
            found, _ = await prove_token([liar], token, height)
    assert amounts(found) == HOLDERS


@pytest.mark.parametrize("has_access_lists", [True, False])
async def test_a_proof_overrules_a_balance_that_is_wrong(*, has_access_lists: bool) -> None:
    """The packed answer lies about the last holder by one unit; the state does not."""
    victim = account(29)
    true_word, false_word = f"{held(29):064x}", f"{held(29) + 1:064x}"

    def change(method: str, result: Any) -> Any:  # noqa: ANN401 (JSON)
        if method == "eth_call" and len(result) > 66:
            return result.replace(true_word, false_word)
        if method == "eth_createAccessList" and not has_access_lists:
            return {"error": "none"}
        return result

    async with Anvil() as node:
        token = await deploy(node, "SolidityToken")
        height = await mint(node, token, HOLDERS)
        async with tampered(node.url, change) as liar:
            found, book = await prove_token([liar], token, height, lies={victim: held(29) + 1})
    assert amounts(found) == HOLDERS
    assert {line.problem for line in verify_proof_file(book.file())} == {""}


async def test_with_few_holders_a_lie_hides_the_layout_and_nothing_is_replaced() -> None:
    few = {account(n): held(n) for n in range(3)}
    async with Anvil() as node:
        token = await deploy(node, "SolidityToken")
        height = await mint(node, token, few)
        async with reader([node.url]) as asked:
            point = await pinned(asked, height)
            wrong = {**few, account(0): 1}
            found = await proofs(asked, form_of(token), point, wrong, Book())
            assert set(map(type, found.values())) == {Unproven}
            book = Book()
            assert amounts(await proofs(asked, form_of(token), point, few, book)) == few
    assert any(b'"tested":3' in line for line in book.lines)


async def test_a_network_with_an_empty_form_is_not_guessed_at() -> None:
    async with Anvil() as node:
        token = await deploy(node, "SolidityToken")
        height = await node.height()
        found, _ = await prove_token([node.url], token, height, {account(1): 0})
    (only,) = found.values()
    assert isinstance(only, Unproven)
    assert "no holder" in only.detail
