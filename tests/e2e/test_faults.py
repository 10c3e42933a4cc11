"""Whatever one call in twenty suffers on its way, a run says the same as without any fault."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest

from chains.adapter import BalanceReader, Unresolved
from chains.evm.balances import EvmBalanceReader
from chains.evm.settings import EvmSettings
from chains.registry import Network
from chains.transport.settings import TransportSettings
from chains.utxo import servers
from chains.utxo.addresses import Address, Form, encode
from chains.utxo.server_settings import ServerSettings
from crawler import cli
from crawler import settings as settings_module
from crawler.assess import ExitCode
from crawler.outcome import Outcome
from crawler.ownership import NoJudgement
from crawler.readings import Reader
from crawler.run import Verifier
from crawler.wallet_list import open_wallet_list
from tests.fakes.electrum_server import ElectrumFake
from tests.fakes.evm_ledger import FakeLedger, FakeToken, abi_string, word
from tests.fakes.evm_node import FakeNode, Faults
from tests.fakes.evm_scene import HEIGHT
from tests.fakes.fault_proxy import OF_BATCHES, Fault, FaultProxy
from tests.fakes.line_fault_proxy import LineFault, LineFaultProxy
from tests.fakes.surroundings import FakeTime
from tests.fakes.utxo_ledger import ANYONE, Ledger, entry, key_hash_unlocking
from tests.fakes.utxo_scene import key, network, p2wpkh
from tests.unit.crawler.lists_of_ours import address, published, row
from tests.unit.crawler.snapshot_lists import BITCOIN
from tests.unit.crawler.test_readings import Quiet

HOLDERS = 120
USDT = bytes.fromhex("dac17f958d2ee523a2206206994597c13d831ec7")
EVM = EvmSettings(native_chunk=4, token_chunk=4, batch_chunk=4, pin_grace_s=0.5)
LIES = frozenset({Fault.STALE_STATE})
"""Faults after which an endpoint is not believed any more: only one endpoint may have them."""

NEVER = frozenset({Fault.NEVER, LineFault.NEVER, LineFault.MEMBER_DROPPED})
"""Faults after which somebody waits for an answer until his time is over."""

PACKED = Faults()
BATCHES = Faults(overrides="refused")

Lines = list[tuple[int, str, str, str]]


def transport(fault: Fault | LineFault | None) -> TransportSettings:
    """Give up soon only what never comes: on a busy machine anything else may take its time."""
    return TransportSettings(
        call_timeout_s=2 if fault in NEVER else 30, connect_timeout_s=30, hedge_least_s=0.2
    )


def book() -> FakeLedger:
    """Most holders have what the list says, every tenth has more and every fifteenth nothing."""
    made = FakeLedger()
    made.tokens[USDT] = FakeToken(symbol=abi_string("USDT"), decimals=word(6))
    for number in range(HOLDERS):
        holder = bytes.fromhex(address(number)[2:])
        units = 0 if number % 15 == 0 else 2 if number % 10 == 0 else 1
        made.fund(holder, HEIGHT - 5, units * 10**18)
        made.fund(holder, HEIGHT + 1, 77)
        made.tokens[USDT].give(holder, HEIGHT - 5, units * 10**6)
        made.tokens[USDT].give(holder, HEIGHT + 1, 78)
    return made


def write(path: Path, holders: Sequence[int], others: int) -> Path:
    """A list with a coin and a token of every holder, and some rows of another network."""
    rows = [row(n, "1", height=HEIGHT) for n in holders]
    rows += [row(n, "1", coin="USDT-ERC20", height=HEIGHT) for n in holders]
    rows += [row(n, "0", coin="ETH-BASE", height=HEIGHT) for n in range(others)]
    path.write_bytes(published(rows))
    return path


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("faults") / "list.csv", range(HOLDERS), 3)


@dataclass
class Result:
    """What a run found, without what may differ: who gave which balance."""

    lines: Lines
    outcome: Outcome

    def totals(self) -> dict[str, list[object]]:
        return {
            name: [getattr(totals, sums).amount() for sums in ("claimed", "observed", "unresolved")]
            for name, totals in self.outcome.aggregate.assets.items()
        }


def verify(path: Path, endpoints: dict[str, Sequence[str]], fault: Fault | None) -> Result:
    """Verify the balances of a list on EVM networks."""
    settings = replace(EVM, transport=transport(fault))

    def make(network: Network) -> BalanceReader | Unresolved:
        surroundings = FakeTime().surroundings()
        return EvmBalanceReader(
            network, endpoints[network.name], settings=settings, surroundings=surroundings
        )

    return verify_with(path, make)


def verify_with(path: Path, make: Reader) -> Result:
    """Verify the balances of a list; a loop of its own, as on the command line."""
    loaded = settings_module.load(environment={})
    wallet_list = open_wallet_list(path, loaded.entity("okx"), loaded.heights)
    with NoJudgement() as engine:
        verifier = Verifier(wallet_list, loaded.networks, engine, Quiet(), make)
        for _ in verifier.judge():
            pass
    verifier.read()
    outcome = verifier.outcome()
    lines = [
        (found.claim.row, found.word.value, found.reason, str(found.observed))
        for found in verifier.findings(outcome)
    ]
    return Result(lines, outcome)


@asynccontextmanager
async def base() -> AsyncIterator[str]:
    """The other network, which has no faults."""
    async with FakeNode(FakeLedger(chain_id=8453)) as node:
        yield node.url


async def run(
    path: Path, node: Faults, fault: Fault | None, *, one_in: int = 20
) -> tuple[Result, list[FaultProxy]]:
    """Verify over two endpoints that both have `fault`; of a lie only the first."""
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(base())
        upstream = (await stack.enter_async_context(FakeNode(book(), node))).url
        second = None if fault in LIES else fault
        proxies = [
            await stack.enter_async_context(FaultProxy(upstream, one, one_in=one_in, seed=seed))
            for seed, one in enumerate((fault, second))
        ]
        endpoints: dict[str, Sequence[str]] = {
            "ethereum": [proxy.url for proxy in proxies],
            "base": [other],
        }
        return await asyncio.to_thread(verify, path, endpoints, fault), proxies


@pytest.fixture(scope="module")
def undisturbed(listed: Path) -> Callable[[], Result]:
    """What a run without any fault finds."""
    known: list[Result] = []

    def result() -> Result:
        if not known:
            known.append(asyncio.run(run(listed, PACKED, None))[0])
        return known[0]

    return result


def test_a_run_without_faults_finds_what_the_ledger_holds(
    undisturbed: Callable[[], Result],
) -> None:
    result = undisturbed()
    words = [word for _, word, _, _ in result.lines]
    assert (words.count("match"), words.count("surplus"), words.count("shortfall")) == (
        2 * (HOLDERS - 16) + 3, 2 * 8, 2 * 8,
    )  # fmt: skip
    assert result.outcome.aggregate.exit_code is ExitCode.DOES_NOT_HOLD


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in OF_BATCHES])
async def test_faults_of_packed_calls(
    fault: Fault, listed: Path, undisturbed: Callable[[], Result]
) -> None:
    due = await asyncio.to_thread(undisturbed)
    found, proxies = await run(listed, PACKED, fault)
    assert sum(proxy.spoiled for proxy in proxies) >= (1 if fault in LIES else 3)
    assert (found.lines, found.totals()) == (due.lines, due.totals())


@pytest.mark.parametrize("fault", list(Fault))
async def test_faults_of_batches(
    fault: Fault, listed: Path, undisturbed: Callable[[], Result]
) -> None:
    due = await asyncio.to_thread(undisturbed)
    found, proxies = await run(listed, BATCHES, fault)
    assert sum(proxy.spoiled for proxy in proxies) >= (1 if fault in LIES else 3)
    assert (found.lines, found.totals()) == (due.lines, due.totals())


async def test_an_endpoint_that_is_down_for_good_leaves_exactly_its_rows_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = write(tmp_path / "list.csv", [1, 2, 3, 4], 3), tmp_path / "out"
    async with AsyncExitStack() as stack:
        good = await stack.enter_async_context(FakeNode(book()))
        down = await stack.enter_async_context(
            FaultProxy(good.url, Fault.CUT_BEFORE_HEAD, one_in=1)
        )
        command = ["verify", str(path), "--out", str(out), "--jobs", "1", "-v"]
        command += ["--endpoint", f"ethereum={good.url}", "--endpoint", f"base={down.url}"]
        assert await asyncio.to_thread(cli.run, command) == 3
    findings = [json.loads(line) for line in (out / "findings.jsonl").read_text().splitlines()]
    assert [(one["finding"], one["reason"]) for one in findings] == [("match", "equal")] * 8 + [
        ("unresolved", "unreachable")
    ] * 3
    told = json.loads((out / "report.json").read_text())["timing"]["endpoints"]
    assert [(one["network"], one["endpoint"], one["standing"]) for one in told] == [
        ("base", down.url, "in use"), ("ethereum", good.url, "in use"),
    ]  # fmt: skip
    assert told[0]["failures"] == {"TransportFailure": down.seen}
    assert told[0]["retries"] == down.seen - 1
    said = "".join(capsys.readouterr().err.split("\n"))
    assert f"base: {down.url}: {down.seen} requests" in said
    assert f"ethereum: {good.url}: {good.http_requests} requests" in said


async def test_endpoints_that_all_lie_are_found_out(listed: Path) -> None:
    async with (
        FakeNode(book()) as node,
        base() as other,
        FaultProxy(node.url, Fault.STALE_STATE, one_in=1) as liar,
    ):
        endpoints: dict[str, Sequence[str]] = {"ethereum": [liar.url], "base": [other]}
        found = await asyncio.to_thread(verify, listed, endpoints, Fault.STALE_STATE)
    words = [(word, reason) for _, word, reason, _ in found.lines]
    assert words == [("unresolved", "wrong-state")] * (2 * HOLDERS) + [("match", "equal")] * 3


# --- Electrum ----------------------------------------------------------------------------

OWNERS = [p2wpkh(number) for number in range(40)]
SERVERS = ServerSettings(batch=2, piece=8)


def coins() -> tuple[Ledger, int]:
    """A chain on which every owner has coins at the returned height, and half of them move on."""
    ledger = Ledger()
    spendable = [ledger.mine() for _ in range(4)]
    paid = [
        entry([(coinbase, 0)], [(1_000 + n, one) for n, one in enumerate(OWNERS)])
        for coinbase in spendable[:2]
    ]
    ledger.mine(*paid)
    height = ledger.height
    ledger.mine(entry([(spendable[2], 0)], [(7, one) for one in OWNERS]))
    spends = [(paid[0].txid, n) for n in range(0, len(OWNERS), 2)]
    unlocking = [key_hash_unlocking(key(n), segwit=True) for n in range(0, len(OWNERS), 2)]
    ledger.mine(entry(spends, [(500, ANYONE)], unlocking=unlocking))
    return ledger, height


def write_coins(path: Path, height: int) -> Path:
    """A list of every owner's coins, of which every fifth states too much."""
    rows = [
        f"BTC,BTC,{height},{encode(Address(Form.P2WPKH, one[2:]), BITCOIN)},"
        f"{Decimal(2 * (1_000 + n) + (n % 5 == 0)).scaleb(-8):f},,,,,,"
        for n, one in enumerate(OWNERS)
    ]
    path.write_bytes(published(rows))
    return path


async def run_electrum(
    path: Path, ledger: Ledger, fault: LineFault | None
) -> tuple[Result, list[LineFaultProxy]]:
    """Verify over two servers that both have `fault`."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(ElectrumFake(ledger, OWNERS))
        proxies = [
            await stack.enter_async_context(LineFaultProxy(server.url, fault, seed=seed))
            for seed in range(2)
        ]
        urls = [proxy.url for proxy in proxies]
        settings = replace(SERVERS, transport=transport(fault))

        def make(_network: Network) -> BalanceReader:
            return servers.reader(network(), urls, settings, FakeTime().surroundings())

        return await asyncio.to_thread(verify_with, path, make), proxies


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ledger, Result]:
    """A list of coins, their chain, and what a run without any fault finds."""
    ledger, height = coins()
    path = write_coins(tmp_path_factory.mktemp("electrum") / "list.csv", height)
    result, proxies = asyncio.run(run_electrum(path, ledger, None))
    assert [proxy.spoiled for proxy in proxies] == [0, 0]
    return path, ledger, result


def test_an_electrum_run_without_faults_finds_what_the_chain_holds(
    calm: tuple[Path, Ledger, Result],
) -> None:
    _, _, result = calm
    words = [word for _, word, _, _ in result.lines]
    assert words == ["shortfall" if n % 5 == 0 else "match" for n in range(len(OWNERS))]


@pytest.mark.parametrize("fault", list(LineFault))
async def test_faults_of_electrum_lines(
    fault: LineFault, calm: tuple[Path, Ledger, Result]
) -> None:
    path, ledger, due = calm
    found, proxies = await run_electrum(path, ledger, fault)
    assert sum(proxy.spoiled for proxy in proxies) >= 2
    assert (found.lines, found.totals()) == (due.lines, due.totals())
