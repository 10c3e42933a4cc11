from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import Assurance
from chains.errors import UnresolvedReason as Reason
from chains.utxo.electrum_source import script_hash
from tests.fakes.electrum_server import ElectrumFake, scripthash
from tests.fakes.readings import observed, pinned, unresolved
from tests.fakes.utxo_ledger import ANYONE, SUBSIDY, Ledger, entry
from tests.fakes.utxo_scene import Scene, collect, network, p2pkh, p2wpkh, reading, scene, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chains.adapter import Reading


async def read(
    server: ElectrumFake, told: Scene, *, height: int | None = None, **limits: int
) -> Mapping[bytes, Reading]:
    async with reading([server.url], limits=settings(**limits)) as asked:
        point = await pinned(asked, told.height if height is None else height)
        return await collect(asked, point, told.owners)


def test_the_name_of_a_script_is_its_hash_reversed() -> None:
    assert script_hash(ANYONE) == scripthash(ANYONE)


async def test_balances_at_every_height_are_those_of_a_naive_replay() -> None:
    told = scene()
    async with ElectrumFake(told.ledger, told.owners) as server:
        for height in range(told.ledger.height + 1):
            found = await read(server, told, height=height)
            assert {owner: observed(value).amount for owner, value in found.items()} == {
                owner: told.ledger.balance(owner, height) for owner in told.owners
            }
            assert {observed(value).assurance for value in found.values()} == {Assurance.REPLAYED}


@given(st.data())
def test_balances_of_random_chains_are_those_of_a_naive_replay(data: st.DataObject) -> None:
    owners = [p2pkh(0), p2wpkh(1), p2wpkh(2)]
    ledger = Ledger()
    free = [(ledger.mine(), 0, SUBSIDY) for _ in range(4)]
    for _ in range(data.draw(st.integers(1, 6))):
        entries = []
        for _ in range(data.draw(st.integers(0, 2))):
            spent = free.pop(data.draw(st.integers(0, len(free) - 1)))
            shares = data.draw(st.lists(st.sampled_from([*owners, ANYONE]), min_size=1, max_size=4))
            part = spent[2] // len(shares)
            entries.append(entry([spent[:2]], [(part, owner) for owner in shares]))
            free += [(entries[-1].txid, index, part) for index in range(len(shares))]
        free.append((ledger.mine(*entries), 0, SUBSIDY))
    height = data.draw(st.integers(0, ledger.height))
    whole = data.draw(st.sampled_from([0, 2, 50]))

    async def check() -> None:
        async with (
            ElectrumFake(ledger, owners) as server,
            reading([server.url], limits=settings(whole_history=whole, piece=2)) as asked,
        ):
            found = await collect(asked, await pinned(asked, height), owners)
        assert {owner: observed(value).amount for owner, value in found.items()} == {
            owner: ledger.balance(owner, height) for owner in owners
        }

    asyncio.run(check())


async def test_replies_that_are_held_back_and_padded_do_not_slow_a_reading_down() -> None:
    told = scene()
    async with ElectrumFake(told.ledger, told.owners, hold_back_s=0.05) as server:
        found = await read(server, told)
        # One line of requests for each kind of question, however many addresses.
        assert server.lines < 20
    assert {owner: observed(value).amount for owner, value in found.items()} == told.truth


async def test_a_server_without_batches_is_asked_line_by_line() -> None:
    told = scene()
    async with ElectrumFake(told.ledger, told.owners, takes_batches=False) as server:
        found = await read(server, told)
    assert {owner: observed(value).amount for owner, value in found.items()} == told.truth


LEFT_OUT = ["first", "more", "before", "after", "swept", "again"]


@pytest.mark.parametrize("name", LEFT_OUT)
async def test_a_transaction_left_out_of_the_history_is_noticed(name: str) -> None:
    told = scene()
    left_out = {told.named[name].txid}
    async with ElectrumFake(told.ledger, told.owners, left_out_of_history=left_out) as server:
        found = await read(server, told)
    touched = [
        owner
        for owner in told.owners
        if any(txid in left_out for txid, _ in told.ledger.history(owner))
    ]
    assert touched
    for owner in touched:
        assert unresolved(found[owner]).reason is Reason.MISSING_ANSWER
    for owner in set(told.owners) - set(touched):
        assert observed(found[owner]).amount == told.truth[owner]


async def test_a_spent_coin_left_out_everywhere_is_noticed_by_its_spender() -> None:
    told = scene()
    left_out = {told.named["first"].txid}
    async with ElectrumFake(told.ledger, told.owners, left_out=left_out) as server:
        found = await read(server, told)
    # Owner 1 spent it; owner 0 never did, and no single server's answers can show that.
    assert unresolved(found[told.owners[1]]).reason is Reason.MISSING_ANSWER
    assert unresolved(found[told.owners[3]]).reason is Reason.MISSING_ANSWER
    assert observed(found[told.owners[0]]).amount == told.truth[told.owners[0]] - 1_000


@pytest.mark.parametrize("whole", [0, 50])
async def test_a_lie_about_a_height_fails_its_proof(whole: int) -> None:
    told = scene()
    late = told.named["late"].txid
    heights = {late: told.height - 1}
    async with ElectrumFake(told.ledger, told.owners, heights=heights) as server:
        found = await read(server, told, whole_history=whole)
    value = unresolved(found[told.owners[2]])
    assert value.reason is Reason.WRONG_STATE
    assert "is not in the block" in value.detail
    assert observed(found[told.owners[0]]).amount == told.truth[told.owners[0]]


async def test_a_height_without_a_proof_is_no_height() -> None:
    told = scene()
    refuse = {"blockchain.transaction.get_merkle": (1, "not in block")}
    async with ElectrumFake(told.ledger, told.owners, refuse=refuse) as server:
        found = await read(server, told)
    for owner in (told.owners[0], told.owners[1], told.owners[3]):
        assert unresolved(found[owner]).reason is Reason.WRONG_STATE


async def test_a_lie_about_a_value_is_noticed() -> None:
    told = scene()
    values = {told.named["first"].txid: 10_000}
    async with ElectrumFake(told.ledger, told.owners, values=values) as server:
        found = await read(server, told)
    assert unresolved(found[told.owners[0]]).reason is Reason.WRONG_STATE


async def test_another_transaction_in_the_place_of_one_is_noticed() -> None:
    told = scene()
    raws = {told.named["more"].txid: told.named["first"].raw.hex()}
    async with ElectrumFake(told.ledger, told.owners, raws=raws) as server:
        found = await read(server, told)
    assert unresolved(found[told.owners[0]]).reason is Reason.MALFORMED_ANSWER


async def test_a_history_that_is_too_large_is_unresolved_and_the_others_are_not() -> None:
    told = scene()
    hot = told.owners[1]
    refuse = {scripthash(hot): (1, "history too large")}
    async with ElectrumFake(told.ledger, told.owners, refuse=refuse) as server:
        found = await read(server, told)
    value = unresolved(found[hot])
    assert value.reason is Reason.TOO_LARGE
    assert "history too large" in value.detail
    assert {owner: observed(found[owner]).amount for owner in told.owners if owner != hot} == {
        owner: amount for owner, amount in told.truth.items() if owner != hot
    }


async def test_our_own_limit_of_transactions_is_kept() -> None:
    told = scene()
    async with ElectrumFake(told.ledger, told.owners) as server:
        found = await read(server, told, most_transactions=1)
    assert unresolved(found[told.owners[1]]).reason is Reason.TOO_LARGE
    assert observed(found[told.owners[4]]).amount == 0


async def test_a_dropped_line_is_taken_up_again() -> None:
    told = scene()
    async with ElectrumFake(told.ledger, told.owners, drops=1) as server:
        found = await read(server, told)
    assert {owner: observed(value).amount for owner, value in found.items()} == told.truth


async def test_a_line_that_keeps_dropping_is_unresolved() -> None:
    told = scene()
    async with ElectrumFake(told.ledger, told.owners, drops=1_000) as server:
        found = await read(server, told)
    for value in found.values():
        assert unresolved(value).reason is Reason.UNREACHABLE
        assert "the connection was lost" in unresolved(value).detail


class _Miner:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __call__(self) -> None:
        self._ledger.mine()


def _once(told: Scene, method: str, act: Callable[[], None]) -> Callable[[str, int], None]:
    done: list[str] = []

    def on_call(called: str, _before: int) -> None:
        if called == method and not done:
            done.append(called)
            act()

    return on_call


async def test_a_reorganisation_during_the_reading_is_read_again() -> None:
    told = scene()

    def reorganise() -> None:
        after = told.named["after"]
        told.ledger.cut(told.height)
        told.ledger.waiting.clear()
        for _ in range(6):
            told.ledger.mine()
        told.ledger.mine(after)

    act = _once(told, "blockchain.transaction.get_merkle", reorganise)
    async with ElectrumFake(told.ledger, told.owners, on_call=act) as server:
        found = await read(server, told)
    assert {owner: observed(value).amount for owner, value in found.items()} == told.truth


@pytest.mark.parametrize("depth", [0, 3])
async def test_a_reorganisation_of_the_snapshot_block_is_unresolved(depth: int) -> None:
    told = scene()

    def reorganise() -> None:
        told.ledger.cut(told.height - 1 - depth)
        told.ledger.waiting.clear()
        for _ in range(9):
            told.ledger.mine()

    act = _once(told, "blockchain.scripthash.get_history", reorganise)
    async with ElectrumFake(told.ledger, told.owners, on_call=act) as server:
        found = await read(server, told)
    for value in found.values():
        assert unresolved(value).reason is Reason.WRONG_STATE


async def test_a_new_block_during_the_reading_does_no_harm() -> None:
    told = scene()
    act = _once(told, "blockchain.scripthash.get_history", _Miner(told.ledger))
    async with ElectrumFake(told.ledger, told.owners, on_call=act) as server:
        found = await read(server, told)
    assert {owner: observed(value).amount for owner, value in found.items()} == told.truth


async def test_the_point_is_the_block_with_its_own_hash_and_time() -> None:
    told = scene()
    async with ElectrumFake(told.ledger, told.owners) as server, reading([server.url]) as asked:
        point = await pinned(asked, told.height)
        assert point.block_hash == told.ledger.blocks[told.height].hash
        assert point.block_time is not None
        assert point.block_time.timestamp() == told.ledger.genesis_time + 600 * told.height
        far = unresolved(await asked.pin(told.ledger.height + 1))
        assert far.reason is Reason.NO_BLOCK


async def test_a_server_of_another_network_is_told_by_its_landmark() -> None:
    told = scene()
    genesis = told.ledger.blocks[0].hash
    async with ElectrumFake(told.ledger, told.owners) as server:
        right = network(options={"checkpoint_hash": genesis, "pow": "sha256d"})
        async with reading([server.url], net=right) as asked:
            await pinned(asked, told.height)
        wrong = network(options={"checkpoint_hash": "ab" * 32, "pow": "sha256d"})
        async with reading([server.url], net=wrong) as asked:
            value = unresolved(await asked.pin(told.height))
            assert value.reason is Reason.WRONG_CHAIN
            assert unresolved(await asked.pin(told.height)).reason is Reason.WRONG_CHAIN
            assert server.calls.count("blockchain.headers.subscribe") == 2  # one for each reader


async def test_headers_without_their_work_are_refused() -> None:
    told = scene()
    # The chain's work is double SHA-256; as scrypt, about every second header has too little.
    net = network(options={"pow": "scrypt"})
    async with (
        ElectrumFake(told.ledger, told.owners) as server,
        reading([server.url], net=net) as asked,
    ):
        points = [await asked.pin(height) for height in range(told.ledger.height + 1)]
    refused = [unresolved(point) for point in points if not hasattr(point, "block_hash")]
    assert refused
    assert {point.reason for point in refused} == {Reason.MALFORMED_ANSWER}


async def test_where_hashes_are_opaque_the_next_header_tells_them() -> None:
    told = scene()
    net = network(options={"header": "opaque"})
    async with (
        ElectrumFake(told.ledger, told.owners) as server,
        reading([server.url], net=net) as asked,
    ):
        point = await pinned(asked, told.height)
        assert point.block_hash == told.ledger.blocks[told.height].hash
        found = await collect(asked, point, told.owners)
        assert {owner: observed(value).amount for owner, value in found.items()} == told.truth
        assert unresolved(await asked.pin(told.ledger.height)).reason is Reason.NO_BLOCK
        # The proof of a wrong height fails here too.
        server.heights = {told.named["late"].txid: told.height - 1}
        found = await collect(asked, point, [told.owners[2]])
        assert unresolved(found[told.owners[2]]).reason is Reason.WRONG_STATE


async def test_pieces_at_the_same_time_do_not_lose_each_others_transactions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chains.utxo.electrum_source._MOST_CACHED", 0)
    told = scene()
    async with ElectrumFake(told.ledger, told.owners, hold_back_s=0.01) as server:
        found = await read(server, told, piece=1, pieces=6)
    assert {owner: observed(value).amount for owner, value in found.items()} == told.truth


async def test_a_chain_that_got_shorter_is_read_again() -> None:
    told = scene()

    def cut() -> None:
        told.ledger.waiting.clear()
        told.ledger.cut(told.height)

    act = _once(told, "blockchain.transaction.get_merkle", cut)
    async with ElectrumFake(told.ledger, told.owners, on_call=act) as server:
        found = await read(server, told)
    assert {owner: observed(value).amount for owner, value in found.items()} == told.truth
