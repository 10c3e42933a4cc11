from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from crawler.demo.chain import Anvil, NodeError
from crawler.demo.scene import (
    BLOCK_SECONDS,
    BLOCKS_AFTER,
    BLOCKS_BEFORE,
    TOKEN_SUPPLY,
    Chain,
    Coin,
    TokenCode,
    balance_at,
    block_hash,
    load_scene,
    load_token,
    set_up,
)
from tests.vectors.demo_keys import keccak

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALICE, BOB = "0x" + "a1" * 20, "0x" + "b0" * 20
COIN = Coin(None, "", "XYZ", 18)
TOKEN = Coin("0x" + "c0" * 20, "A token with a name of more than one word of bytes", "TKN", 6)
SMALL = Chain(
    "somewhere",
    4_242,
    5_000,
    1_700_000_000,
    {"XYZ": COIN, "TKN": TOKEN},
    ((COIN, ALICE, 7), (TOKEN, ALICE, 250), (TOKEN, BOB, 11), (COIN, BOB, 10**24)),
    ((TOKEN, BOB),),
)


@pytest.fixture
def node(anvil: Path, tmp_path: Path) -> Iterator[Anvil]:
    with Anvil(
        anvil,
        tmp_path,
        chain_id=SMALL.chain_id,
        height=SMALL.height - BLOCKS_BEFORE,
        timestamp=SMALL.timestamp - BLOCKS_BEFORE * BLOCK_SECONDS,
    ) as started:
        yield started


@pytest.fixture(scope="module")
def token(bundled: Path) -> TokenCode:
    return load_token(bundled)


def read(node: Anvil, token: TokenCode, signature: str) -> bytes:
    call = {"to": TOKEN.contract, "data": token.call(signature)}
    return bytes.fromhex(str(node.ask("eth_call", call, hex(SMALL.height)))[2:])


# --- the bundled scene -----------------------------------------------------------


def test_every_case_that_the_issue_names_is_planted(bundled: Path) -> None:
    cases = {case.name: case.rows for case in load_scene(bundled).cases}
    named = {"surplus", "shortfall", "wrong-signature", "duplicate", "unreachable"}
    assert named <= set(cases)
    rows = Counter(row for planted in cases.values() for row in planted)
    assert all(cases.values())
    assert set(rows.values()) == {1}


def test_every_network_of_the_list_is_played_or_unreachable(bundled: Path) -> None:
    scene = load_scene(bundled)
    played = {chain.network: chain for chain in scene.chains}
    assert set(played) == {"ethereum", "arbitrum", "optimism"}
    assert set(scene.unreachable) == {"base", "bitcoin", "solana", "tron"}
    assert len({chain.chain_id for chain in scene.chains}) == 3


def test_a_holding_is_there_once(bundled: Path) -> None:
    for chain in load_scene(bundled).chains:
        held = [(coin, address) for coin, address, _ in chain.holdings]
        assert len(set(held)) == len(held) > 20
        assert all(units > 0 for _, _, units in chain.holdings)
        assert set(chain.spent_later) <= set(held)


# --- call data -------------------------------------------------------------------


@given(st.text(max_size=80), st.text(max_size=80), st.integers(min_value=0, max_value=255))
def test_opening_a_token_is_encoded_as_the_abi_says(name: str, symbol: str, decimals: int) -> None:
    code = TokenCode("0x", {"open(string,string,uint8,uint256)": "01020304"})
    expected = encode(
        ["string", "string", "uint8", "uint256"], [name, symbol, decimals, TOKEN_SUPPLY]
    )
    assert code.open(Coin(None, name, symbol, decimals)) == "0x01020304" + expected.hex()


# --- on a real node --------------------------------------------------------------


def test_the_snapshot_block_holds_what_the_scene_says(node: Anvil, token: TokenCode) -> None:
    pinned = set_up(node, SMALL, token)
    assert pinned == block_hash(node, SMALL.height)
    held = [
        balance_at(node, token, coin, address, SMALL.height) for coin, address, _ in SMALL.holdings
    ]
    assert held == [units for _, _, units in SMALL.holdings]
    before = [
        balance_at(node, token, coin, address, SMALL.height - 1)
        for coin, address, _ in SMALL.holdings
    ]
    assert before == [0, 0, 0, 0]


def test_what_is_spent_later_is_gone_one_block_later(node: Anvil, token: TokenCode) -> None:
    set_up(node, SMALL, token)
    assert balance_at(node, token, TOKEN, BOB, SMALL.height + 1) == 0
    assert balance_at(node, token, COIN, BOB, SMALL.height + 1) == 10**24  # moving cost nothing
    assert balance_at(node, token, TOKEN, ALICE, SMALL.height + 1) == 250


def test_the_snapshot_block_is_final(node: Anvil, token: TokenCode) -> None:
    set_up(node, SMALL, token)
    final = node.ask("eth_getBlockByNumber", "finalized", False)  # noqa: FBT003
    assert isinstance(final, dict)
    assert int(final["number"], 16) >= SMALL.height
    assert node.ask_number("eth_blockNumber") == SMALL.height + 1 + BLOCKS_AFTER


def test_the_snapshot_block_has_the_planned_time_and_an_honest_state_root(
    node: Anvil, token: TokenCode
) -> None:
    set_up(node, SMALL, token)
    block, proof = node.ask_all(
        [
            ("eth_getBlockByNumber", (hex(SMALL.height), False)),
            ("eth_getProof", (ALICE, [], hex(SMALL.height))),
        ]
    )
    assert isinstance(block, dict)
    assert isinstance(proof, dict)
    assert int(block["timestamp"], 16) == SMALL.timestamp
    assert "0x" + keccak(bytes.fromhex(proof["accountProof"][0][2:])).hex() == block["stateRoot"]


def test_the_token_says_what_it_is(node: Anvil, token: TokenCode) -> None:
    set_up(node, SMALL, token)
    assert read(node, token, "symbol()") == encode(["string"], ["TKN"])
    assert read(node, token, "name()") == encode(["string"], [TOKEN.name])
    assert read(node, token, "decimals()") == encode(["uint8"], [6])
    assert read(node, token, "totalSupply()") == encode(["uint256"], [TOKEN_SUPPLY])


def test_a_transaction_that_fails_stops_the_demo(node: Anvil, token: TokenCode) -> None:
    greedy = replace(SMALL, holdings=((TOKEN, ALICE, TOKEN_SUPPLY + 1),), spent_later=())
    with pytest.raises(NodeError, match="not carried out"):
        set_up(node, greedy, token)


def test_a_snapshot_at_another_height_stops_the_demo(node: Anvil, token: TokenCode) -> None:
    with pytest.raises(NodeError, match="came out at 5000, not 5001"):
        set_up(node, replace(SMALL, height=5_001), token)


def test_a_block_that_is_not_there_has_no_hash(node: Anvil) -> None:
    with pytest.raises(NodeError):
        block_hash(node, 6_000)
