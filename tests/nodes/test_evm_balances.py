"""The balance reader against a real anvil: the packed programs do what the simulator assumes."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chains.adapter import Observed, SnapshotPoint, Unresolved
from chains.errors import UnresolvedReason as Reason
from chains.evm.balances import EvmBalanceReader
from chains.evm.methods import Method
from chains.evm.probe import probe
from chains.probed import Ability
from tests.fakes.evm_scene import (
    CONTRACT,
    NATIVE,
    TOKEN,
    account,
    accounts,
    amount,
    collect,
    network,
    reader,
    truth,
    unresolved,
)
from tests.fakes.fault_proxy import FaultProxy
from tests.fakes.surroundings import FakeTime
from tests.nodes.anvil import Anvil, binary
from tests.nodes.tokens import (
    ARBSYS_CODE,
    BURNS,
    LONG,
    REVERTS,
    SHORT,
    TOKEN_CODE,
    balance_slot,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.registry import Network

pytestmark = pytest.mark.skipif(
    binary() is None, reason="anvil is not installed: npm ci --prefix tests/nodes"
)
_TOKEN_ADDRESS = f"0x{CONTRACT.hex()}"
_MULTICALL = "0xca11bde05977b3631167028862be2a173976ca11"
_ARBSYS_ADDRESS = f"0x{0x64:040x}"


async def _deploy(node: Anvil, holders: Mapping[bytes, int]) -> None:
    await node.rpc("anvil_setCode", _TOKEN_ADDRESS, f"0x{TOKEN_CODE.hex()}")
    await node.store(_TOKEN_ADDRESS, {balance_slot(h): held for h, held in holders.items()})


async def _pinned(asked: EvmBalanceReader, height: int) -> SnapshotPoint:
    point = await asked.pin(height)
    assert isinstance(point, SnapshotPoint), point
    return point


async def _told(node: Anvil, holder: bytes, height: int) -> int:
    """What the node itself says, asked in the plainest way."""
    return int(await node.rpc("eth_getBalance", f"0x{holder.hex()}", hex(height)), 16)


async def test_native_balances_of_an_old_block() -> None:
    count = 12_000
    async with Anvil() as node:
        await node.fund({account(n): truth(n) for n in range(count)})
        height = await node.seal()
        await node.fund({account(0): 5, account(1): 0})
        await node.seal()
        async with reader([node.url]) as asked:
            point = await _pinned(asked, height)
            counters = asked.panel.nodes[0].endpoint.counters
            before = counters.http_requests
            readings = await collect(asked, NATIVE, point, accounts(count))
            assert counters.http_requests - before == 3  # one per 5,000
            assert asked.panel.nodes[0].state_speaks is True
        assert [amount(readings[account(n)]) for n in range(count)] == [
            truth(n) for n in range(count)
        ]
        for number in (0, 1, 7, count - 1):
            assert await _told(node, account(number), height) == truth(number)
        block = await node.rpc("eth_getBlockByNumber", hex(height), False)  # noqa: FBT003 (JSON)
    assert point.block_hash == block["hash"]
    assert point.block_time is not None
    assert int(point.block_time.timestamp()) == int(block["timestamp"], 16)


async def test_token_balances_of_an_old_block() -> None:
    count = 3_500
    async with Anvil() as node:
        await _deploy(node, {account(n): truth(n) for n in range(count)})
        height = await node.seal()
        await node.store(_TOKEN_ADDRESS, {balance_slot(account(0)): 5})
        await node.seal()
        async with reader([node.url]) as asked:
            point = await _pinned(asked, height)
            assert await asked.check_form(TOKEN, point) is None
            readings = await collect(asked, TOKEN, point, accounts(count))
    assert [amount(readings[account(n)]) for n in range(count)] == [truth(n) for n in range(count)]


async def test_odd_holders_spoil_only_themselves() -> None:
    odd = {account(3): REVERTS, account(50): BURNS, account(51): SHORT, account(299): LONG}
    holders = {account(n): truth(n) for n in range(300)} | odd
    async with Anvil() as node:
        await _deploy(node, holders)
        height = await node.seal()
        async with reader([node.url]) as asked:
            readings = await collect(asked, TOKEN, await _pinned(asked, height), list(holders))
    for number in range(300):
        reading = readings[account(number)]
        if account(number) in odd:
            assert unresolved(reading).reason is Reason.CALL_FAILED
        else:
            assert amount(reading) == truth(number)


async def test_holders_who_burn_all_gas_are_bisected_down_to() -> None:
    burning = {account(n): BURNS for n in range(0, 400, 2)}
    holders = {account(n): truth(n) for n in range(400)} | burning
    async with Anvil() as node:
        await _deploy(node, holders)
        height = await node.seal()
        async with reader([node.url]) as asked:
            readings = await collect(asked, TOKEN, await _pinned(asked, height), list(holders))
            # 200 holders at a million gas each are more than the node allows.
            assert asked.panel.nodes[0].endpoint.counters.failures > 0
    for number in range(400):
        reading = readings[account(number)]
        if account(number) in burning:
            assert unresolved(reading).reason is Reason.CALL_FAILED
        else:
            assert amount(reading) == truth(number)


async def test_packed_call_beyond_the_gas_limit_is_split() -> None:
    async with Anvil(extra=("--gas-limit", "3000000")) as node:
        await node.fund({account(n): truth(n) for n in range(2_000)})
        height = await node.seal()
        async with reader([node.url]) as asked:
            readings = await collect(asked, NATIVE, await _pinned(asked, height), accounts(2_000))
            assert asked.panel.nodes[0].chunk(Method.OVERRIDE, None).limit < 2_000
            assert asked.panel.nodes[0].abilities.packed
    assert [amount(readings[account(n)]) for n in range(2_000)] == [truth(n) for n in range(2_000)]


async def test_balance_that_does_not_fit_the_packed_field() -> None:
    held = {account(0): 2**128 - 2, account(1): 2**128 - 1, account(2): 2**128, account(3): 2**200}
    async with Anvil() as node:
        await node.fund(held)
        height = await node.seal()
        async with reader([node.url]) as asked:
            readings = await collect(asked, NATIVE, await _pinned(asked, height), list(held))
    assert {holder: amount(reading) for holder, reading in readings.items()} == held


@pytest.mark.parametrize("hardfork", ["istanbul", "paris", "shanghai", "cancun", "prague"])
async def test_programs_run_under_every_fork(hardfork: str) -> None:
    async with Anvil(extra=("--hardfork", hardfork)) as node:
        await node.fund({account(n): truth(n) for n in range(50)})
        await _deploy(node, {account(n): truth(n) for n in range(50)})
        height = await node.seal()
        async with reader([node.url]) as asked:
            point = await _pinned(asked, height)
            natives = await collect(asked, NATIVE, point, accounts(50))
            tokens = await collect(asked, TOKEN, point, accounts(50))
            assert asked.panel.nodes[0].abilities.packed
            assert asked.panel.nodes[0].endpoint.counters.failures == 0
            # The history contract came with Prague.
            assert asked.panel.nodes[0].state_speaks is (hardfork == "prague")
    for readings in (natives, tokens):
        assert [amount(readings[account(n)]) for n in range(50)] == [truth(n) for n in range(50)]


@pytest.mark.parametrize("has_arbsys", [True, False])
async def test_programs_for_arbitrum(has_arbsys: bool) -> None:
    arbitrum = network(number_opcode="l1")
    async with Anvil() as node:
        if has_arbsys:
            await node.rpc("anvil_setCode", _ARBSYS_ADDRESS, f"0x{ARBSYS_CODE.hex()}")
        await node.fund({account(n): truth(n) for n in range(50)})
        await _deploy(node, {account(n): truth(n) for n in range(50)})
        height = await node.seal()
        for packed in (True, False):
            on = arbitrum if packed else network(number_opcode="l1", packed_programs=False)
            natives, tokens = await _both(node, on, height)
            for readings in (natives, tokens):
                assert readings == [truth(n) for n in range(50)]


async def _both(node: Anvil, on: Network, height: int) -> tuple[list[int], list[int]]:
    async with reader([node.url], on=on) as asked:
        point = await _pinned(asked, height)
        natives = await collect(asked, NATIVE, point, accounts(50))
        tokens = await collect(asked, TOKEN, point, accounts(50))
        assert asked.panel.nodes[0].endpoint.counters.failures == 0
        assert asked.panel.nodes[0].abilities.packed is on.options.get("packed_programs", True)
    return (
        [amount(natives[account(n)]) for n in range(50)],
        [amount(tokens[account(n)]) for n in range(50)],
    )


async def test_every_way_of_asking_gives_the_same() -> None:
    async with Anvil() as node:
        await node.fund({account(n): truth(n) for n in range(300)})
        await _deploy(node, {account(n): truth(n) + 1 for n in range(300)})
        height = await node.seal()
        for packed, batch in ((True, True), (False, True), (False, False)):
            on = network(packed_programs=packed)
            async with reader([node.url], on=on) as asked:
                if not batch:
                    asked.panel.nodes[0].give_up_batches()
                point = await _pinned(asked, height)
                natives = await collect(asked, NATIVE, point, accounts(300))
                tokens = await collect(asked, TOKEN, point, accounts(300))
                assert asked.panel.nodes[0].abilities.batch is batch
                assert asked.panel.nodes[0].state_speaks is True
            for number in range(300):
                assert amount(natives[account(number)]) == truth(number)
                assert amount(tokens[account(number)]) == truth(number) + 1


async def test_reorg_of_the_snapshot_block_gives_no_number() -> None:
    async with Anvil() as node:
        await node.fund({account(0): 5})
        height = await node.seal()
        async with reader([node.url]) as asked:
            point = await _pinned(asked, height)
            await node.rpc("anvil_reorg", 2, [])
            readings = await collect(asked, NATIVE, point, [account(0)])
    told = unresolved(readings[account(0)])
    assert told.reason is Reason.NO_BLOCK
    assert told.attempts


async def test_height_beyond_the_tip_and_wrong_chain() -> None:
    async with Anvil() as node, Anvil(chain_id=56) as other:
        height = await node.seal()
        async with reader([node.url]) as asked:
            assert unresolved(await asked.pin(height + 1_000)).reason is Reason.NO_BLOCK
        async with reader([other.url]) as asked:
            assert unresolved(await asked.pin(height)).reason is Reason.WRONG_CHAIN
        async with reader([other.url, node.url]) as asked:
            point = await _pinned(asked, height)
            readings = await collect(asked, NATIVE, point, [account(0)])
    reading = readings[account(0)]
    assert isinstance(reading, Observed)
    assert reading.sources == (node.url,)


async def test_two_chains_that_disagree_are_told_apart() -> None:
    async with Anvil() as one, Anvil(timestamp=1_700_000_500) as other:
        height = await one.seal()
        await other.seal()
        async with reader([one.url, other.url]) as asked:
            told = unresolved(await asked.pin(height))
    assert told.reason is Reason.DISAGREEMENT
    assert one.url in told.detail
    assert other.url in told.detail


async def test_registry_that_is_wrong_about_a_token_is_found_out() -> None:
    async with Anvil() as node:
        before = await node.seal()
        await _deploy(node, {})
        height = await node.seal()
        async with reader([node.url]) as asked:
            told = await asked.check_form(TOKEN, await _pinned(asked, before))
            assert unresolved(told).reason is Reason.REGISTRY
            assert "no code" in unresolved(told).detail
            assert await asked.check_form(TOKEN, await _pinned(asked, height)) is None


async def test_probe_tells_what_anvil_can_do() -> None:
    async with Anvil() as node:
        await node.rpc("anvil_mine", hex(70))
        (report,) = await probe(network(), [node.url])
        assert report.latest == await node.height()
    assert report.label == node.url
    assert report.chain_id == 1
    assert report.finalized == (report.latest or 0) - 64
    abilities = (
        report.right_chain,
        report.block_hash_reference,
        report.state_override,
        report.state_word,
        report.batch,
        report.proofs,
    )
    assert {told.ability for told in abilities} == {Ability.YES}


def _only(asked: EvmBalanceReader, way: Method) -> None:
    """Let the only node be asked in one packed way."""
    node = asked.panel.nodes[0]
    node.abilities = replace(node.abilities, methods=frozenset({way}))


@pytest.mark.parametrize("hardfork", ["istanbul", "shanghai", "prague", "osaka"])
@pytest.mark.parametrize("way", [Method.DEPLOYLESS, Method.MULTICALL], ids=lambda way: way.value)
async def test_other_packed_ways_read_the_same(way: Method, hardfork: str) -> None:
    count = 1_600  # more than fit into one deployless call
    odd = {account(3): REVERTS, account(51): SHORT, account(52): LONG}
    holders = {account(n): truth(n) for n in range(count)} | odd
    bundler = json.loads((Path(__file__).parent.parent / "contracts/bundler.json").read_text())
    async with Anvil(extra=("--hardfork", hardfork)) as node:
        await node.rpc("anvil_setCode", _MULTICALL, bundler["runtime"])
        await node.fund({account(n): truth(n) for n in range(count)} | {account(7): 2**130})
        await _deploy(node, holders)
        height = await node.seal()
        async with reader([node.url], on=network(multicall3=_MULTICALL)) as asked:
            point = await _pinned(asked, height)
            _only(asked, way)
            natives = await collect(asked, NATIVE, point, accounts(count))
            tokens = await collect(asked, TOKEN, point, list(holders))
            kept = asked.panel.nodes[0]
            assert kept.abilities.methods == {way}
            assert kept.endpoint.counters.failures == 0
            # two packed calls each, and now and then a batch for those to be looked at again
            assert kept.endpoint.counters.http_requests < 20
    assert amount(natives.pop(account(7))) == 2**130
    assert all(amount(natives[account(n)]) == truth(n) for n in range(count) if n != 7)
    for number in range(count):
        if account(number) in odd:
            assert unresolved(tokens[account(number)]).reason is Reason.CALL_FAILED
        else:
            assert amount(tokens[account(number)]) == truth(number)


async def test_storage_values_read_the_same() -> None:
    count = 1_500  # more than the 1,024 slots of one request
    async with Anvil() as node:
        await _deploy(node, {account(n): truth(n) for n in range(count)})
        height = await node.seal()
        async with reader([node.url]) as asked:
            point = await _pinned(asked, height)
            _only(asked, Method.STORAGE)
            tokens = await collect(asked, replace(TOKEN, slot=0), point, accounts(count))
            assert asked.panel.nodes[0].endpoint.counters.failures == 0
            # one word each; balanceOf only of those that the slot is tested on
            assert asked.panel.nodes[0].endpoint.counters.rpc_requests < 100
            assert asked.notes() == []
    assert [amount(tokens[account(n)]) for n in range(count)] == [truth(n) for n in range(count)]


async def test_block_that_a_real_node_replaces_is_noticed() -> None:
    async with Anvil() as node:
        await node.fund({account(0): 7})
        height = await node.seal()
        await node.rpc("anvil_mine", hex(10))
        async with reader([node.url]) as asked:
            point = await _pinned(asked, height)
            assert point.finality == "age"
            assert await asked.recheck(point) is None
            await node.rpc("anvil_reorg", 12, [])
            told = unresolved(await asked.recheck(point))
            assert told.reason is Reason.NOT_FINAL
            readings = await collect(asked, NATIVE, point, [account(0)])
    assert isinstance(readings[account(0)], Unresolved)


async def test_real_node_finalizes_after_two_epochs() -> None:
    async with Anvil() as node:
        height = await node.seal()
        await node.rpc("anvil_mine", hex(70))
        time = FakeTime()
        time.wall = 0.0  # no block is old
        async with reader([node.url], time=time) as asked:
            assert (await _pinned(asked, height)).finality == "finalized"
            told = unresolved(await asked.pin(await node.height()))
    assert told.reason is Reason.NOT_FINAL


async def test_canary_on_a_real_node_without_the_history_contract() -> None:
    """Before Prague the state does not name its block; transactions tell it apart."""
    async with Anvil(extra=("--hardfork", "cancun")) as node:
        await node.fund({account(0): 7})
        sender = (await node.rpc("eth_accounts"))[0]
        for _ in range(4):
            await node.rpc("eth_sendTransaction", {"from": sender, "to": sender, "value": "0x1"})
            await node.rpc("evm_mine")
        height = await node.height() - 3
        async with reader([node.url]) as asked:
            point = await _pinned(asked, height)
            readings = await collect(asked, NATIVE, point, [account(0)])
            kept = asked.panel.nodes[0]
            (canary,) = kept.canaries.values()
            assert kept.state_speaks is False
            assert asked.notes() == []
    assert amount(readings[account(0)]) == 7
    assert canary is not None
    assert f"0x{canary.account.hex()}" == sender


class Elsewhere(FaultProxy):
    """Answers `methods` from the state of the block at `height`, without saying so."""

    def __init__(self, upstream: str, height: int, methods: frozenset[str]) -> None:
        super().__init__(upstream, None)
        self._height, self._methods = hex(height), methods

    async def _asked(self, body: bytes) -> bytes:
        asked = json.loads(body)
        for one in asked if isinstance(asked, list) else [asked]:
            if one["method"] in self._methods and isinstance(one["params"][-1], dict):
                one["params"][-1] = self._height
        return await super()._asked(json.dumps(asked).encode())


READING = frozenset({"eth_getBalance", "eth_getTransactionCount", "eth_getStorageAt"})


@pytest.mark.parametrize("shift", [-1, 1])
@pytest.mark.parametrize("methods", [READING, READING | {"eth_getProof"}], ids=["read", "proven"])
@pytest.mark.parametrize("fork", ["shanghai", "cancun"])
async def test_other_state_of_a_quiet_real_node_is_caught_by_a_proof(
    fork: str, methods: frozenset[str], shift: int
) -> None:
    """No EIP-2935, no transactions, no EIP-4788 (anvil writes no times), no account moved since."""
    async with Anvil(extra=("--hardfork", fork)) as node:
        heights = []
        for wei in (6, 7, 8):
            await node.fund({account(0): wei})
            heights.append(await node.seal())
        await node.fund({account(0): 7})
        await node.seal()
        height, wrong = heights[1], heights[1 + shift]
        async with Elsewhere(node.url, wrong, methods) as liar, reader([liar.url]) as asked:
            _only(asked, Method.SINGLES)
            told = await collect(asked, NATIVE, await _pinned(asked, height), [account(0)])
            assert asked.distrusted() == {liar.url}
        async with reader([node.url]) as asked:
            right = await collect(asked, NATIVE, await _pinned(asked, height), [account(0)])
            assert asked.panel.nodes[0].unshown == set()
    assert unresolved(told[account(0)]).reason is Reason.WRONG_STATE
    assert amount(right[account(0)]) == 7


async def test_the_block_of_a_moment_and_the_newest_final_one() -> None:
    async with Anvil(number=0) as node:
        for blocks, seconds in ((200, 12), (50, 3_600), (100, 1)):
            await node.rpc("anvil_mine", hex(blocks), hex(seconds))
        tip = await node.height()
        times = []
        for height in range(tip + 1):
            block = await node.rpc("eth_getBlockByNumber", hex(height), False)  # noqa: FBT003 (JSON)
            times.append(int(block["timestamp"], 16))
        async with reader([node.url]) as asked:
            for moment in (times[1], times[150] + 5, times[225] - 1, times[tip - 1]):
                found = await asked.height_at(datetime.fromtimestamp(moment, UTC))
                assert found == bisect_right(times, moment) - 1
            for moment in (times[0] - 1, times[tip]):
                found = await asked.height_at(datetime.fromtimestamp(moment, UTC))
                assert unresolved(found).reason is Reason.NO_BLOCK
            newest = await asked.latest()
            assert isinstance(newest, int)
            assert (await _pinned(asked, newest)).finality == "finalized"
