from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer, WrongState
from chains.utxo.blocks import (
    RETARGET_SECONDS,
    BlockHeader,
    HeaderChain,
    TargetCoins,
    bits_of,
    merkle_root,
    parse_block_header,
    target_of,
    transactions,
)
from tests.nodes.regtest import (
    EASY_BITS,
    EVERY_SCRIPT,
    P2SH_ANYONE,
    Chain,
    accepted_by_core,
    chain,
    merkle,
    mined,
    sha256d,
)


def test_core_accepts_the_chain_of_these_tests() -> None:
    assert accepted_by_core(chain()) == chain().height == 112


def test_blocks_are_read_as_they_were_made() -> None:
    for height in (1, 102, 104, 106):
        block = chain().block(height)
        header = parse_block_header(block)
        assert header.hash == chain().hashes[height]
        assert merkle_root([one.txid for one in transactions(block)]) == header.merkle_root


def base(height: int) -> HeaderChain:
    return HeaderChain(height, parse_block_header(chain().block(height)), "sha256d", "fixed")


def coins_at(height: int) -> TargetCoins:
    scripts = [*EVERY_SCRIPT.values()]
    places = {script: place for place, script in enumerate(scripts)}
    held = {
        outpoint: (places[coin.script], coin.amount)
        for outpoint, coin in chain().coins[height].items() if coin.script in places
    }  # fmt: skip
    return TargetCoins(places, [chain().balance(script, height) for script in scripts], held)


@pytest.mark.parametrize("start", [1, 50, 101, 103])
def test_balances_follow_the_blocks(start: int) -> None:
    headers, coins = base(start), coins_at(start)
    for height in range(start + 1, chain().height + 1):
        block = chain().block(height)
        headers.append(parse_block_header(block))
        coins.apply(block, headers.last)
        if height in {102, 104, 106, 112}:
            assert coins.amounts == [
                chain().balance(script, height) for script in EVERY_SCRIPT.values()
            ]
    assert headers.is_proof
    assert headers.height == 112


def test_a_block_left_out_is_noticed() -> None:
    headers = base(3)
    with pytest.raises(WrongState, match="does not follow"):
        headers.append(parse_block_header(chain().block(5)))


def test_a_block_without_work_is_noticed() -> None:
    raw = bytearray(chain().block(4)[:80])
    while sha256d(bytes(raw))[31] < 0x80:
        raw[76] = (raw[76] + 1) % 256
    with pytest.raises(WrongState, match="proof of work"):
        base(3).append(parse_block_header(bytes(raw)))


def test_an_easier_target_is_noticed() -> None:
    previous = HeaderChain(7, _header(0x1D00FFFF), "sha256d", "bitcoin")
    forged = mined(previous.last.hash, 0, [], bytes(32), EASY_BITS)
    with pytest.raises(WrongState, match="target"):
        previous.append(parse_block_header(forged))


def _header(bits: int, time: int = 1_300_000_000, previous: bytes = bytes(32)) -> BlockHeader:
    """A header that needs no work: only what follows it is judged."""
    return BlockHeader(
        b"", sha256d(previous + bytes([time % 251])), previous, bytes(32), time, bits
    )


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (RETARGET_SECONDS, 0x1B0404CB),
        (1, bits_of(target_of(0x1B0404CB) // 4)),
        (RETARGET_SECONDS * 40, bits_of(target_of(0x1B0404CB) * 4)),
    ],
)
def test_the_target_changes_by_the_rule(
    span: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chains.utxo.blocks.require_work", lambda _header: None)
    headers = HeaderChain(2016, _header(0x1B0404CB, 1_000), "sha256d", "bitcoin")
    for _ in range(2015):
        headers.append(_header(0x1B0404CB, 1_000 + span, headers.last.hash))
    with pytest.raises(WrongState, match="not the one"):
        headers.append(_header(expected - 1, 0, headers.last.hash))
    headers.append(_header(expected, 0, headers.last.hash))
    with pytest.raises(WrongState, match="not the one"):
        headers.append(_header(0x1D00FFFF, 0, headers.last.hash))


def test_without_the_period_s_first_block_a_factor_of_four_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chains.utxo.blocks.require_work", lambda _header: None)
    old = target_of(0x1B0404CB)
    for factor, is_allowed in ((4, True), (5, False)):
        headers = HeaderChain(4031, _header(0x1B0404CB), "sha256d", "bitcoin")
        following = _header(bits_of(old * factor), 0, headers.last.hash)
        if is_allowed:
            headers.append(following)
        else:
            with pytest.raises(WrongState, match="four times"):
                headers.append(following)


def test_work_that_is_not_checked_is_no_proof() -> None:
    header = parse_block_header(chain().block(1))
    assert not HeaderChain(1, header, "", "").is_proof
    assert not HeaderChain(1, header, "sha256d", "").is_proof


def test_a_changed_transaction_is_noticed_and_changes_nothing() -> None:
    coins = coins_at(1)
    before = list(coins.amounts)
    block = bytearray(chain().block(2))
    block[-60] ^= 1
    with pytest.raises((WrongState, MalformedAnswer)):
        coins.apply(bytes(block), parse_block_header(bytes(block)))
    assert coins.amounts == before


@pytest.mark.parametrize("cut", [80, 81, 100, 150])
def test_a_block_that_is_cut_is_refused(cut: int) -> None:
    with pytest.raises(MalformedAnswer):
        list(transactions(chain().block(1)[:cut]))


def test_a_transaction_with_parts_of_another_ledger_is_refused() -> None:
    # Litecoin's flag 8 (LIP-3), in the last transaction of each of its blocks.
    block = chain().block(1)[:80] + b"\1" + bytes([2, 0, 0, 0, 0, 8, 1]) + bytes(200)
    with pytest.raises(MalformedAnswer, match="MWEB"):
        list(transactions(block))


def test_bytes_after_a_block_are_refused() -> None:
    with pytest.raises(MalformedAnswer, match="after the last"):
        list(transactions(chain().block(1) + b"\0"))


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=20, unique=True))
def test_the_merkle_root_and_its_repeated_end(leaves: list[bytes]) -> None:
    assert merkle_root(leaves) == merkle(list(leaves))
    if len(leaves) % 2 and len(leaves) > 1:  # CVE-2012-2459: same root, other transactions
        assert merkle([*leaves, leaves[-1]]) == merkle(list(leaves))
        with pytest.raises(MalformedAnswer, match="twice"):
            merkle_root([*leaves, leaves[-1]])


def test_no_transactions_have_no_root() -> None:
    with pytest.raises(MalformedAnswer):
        merkle_root([])


@pytest.mark.parametrize("bits", [0, 0x01003456, 0x04923456, 0xFF123456])
def test_bits_that_state_no_target_are_refused(bits: int) -> None:
    with pytest.raises(MalformedAnswer):
        target_of(bits)


@pytest.mark.parametrize("bits", [0x1D00FFFF, 0x1B0404CB, 0x207FFFFF, 0x05009234, 0x02008000])
def test_bits_come_back(bits: int) -> None:
    assert bits_of(target_of(bits)) == bits


def test_a_coin_made_and_spent_in_one_block_leaves_nothing() -> None:
    small = Chain()
    small.add()
    assert small.balance(P2SH_ANYONE, 1) == 50 * 10**8


def test_a_coin_that_is_made_again_takes_the_place_of_the_first() -> None:
    # As two coinbases of 2010 did (BIP-30): the ledger holds one coin of them, not two.
    block = chain().block(1)
    coins = TargetCoins({P2SH_ANYONE: 0}, [0], {})
    for _ in range(2):
        coins.apply(block, parse_block_header(block))
        assert coins.amounts == [chain().balance(P2SH_ANYONE, 1)] != [0]
