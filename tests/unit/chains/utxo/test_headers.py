from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer, RegistryError, WrongState
from chains.utxo.headers import Form, Rules, Work, require_linked, rules, split, target
from tests.fakes.utxo_ledger import ANYONE, Ledger, compact, entry, reversed_hex, sha256d

# Blocks 0 and 1 of Bitcoin.
GENESIS = bytes.fromhex(
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e"
    "67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c"
)
FIRST = bytes.fromhex(
    "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e"
    "1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299"
)
GENESIS_HASH = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"
# Block 0 of Litecoin, whose work is scrypt's.
LITECOIN = bytes.fromhex(
    "010000000000000000000000000000000000000000000000000000000000000000000000d9ced4ed1130f7b7faad9be2"
    "5323ffafa33232a17c3edf6cfd97bee6bafbdd97b9aa8e4ef0ff0f1ecd513f7c"
)
LITECOIN_HASH = "12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2"
SHA256D = Rules(Form.PLAIN, Work.SHA256D)


def test_the_first_blocks_of_bitcoin_are_linked_and_worked_for() -> None:
    headers = split(GENESIS + FIRST, 2, SHA256D)
    assert headers[0].hash == GENESIS_HASH
    assert headers[0].time == 1231006505
    assert headers[0].merkle_root.startswith("4a5e1e4b")
    require_linked(headers, after="00" * 32, upto=headers[1].hash)


def test_litecoins_work_is_scrypt() -> None:
    (header,) = split(LITECOIN, 1, Rules(Form.PLAIN, Work.SCRYPT))
    assert header.hash == LITECOIN_HASH
    with pytest.raises(MalformedAnswer, match="work"):
        split(LITECOIN, 1, SHA256D)


@given(st.integers(0, 8 * 80 - 1))
def test_no_bit_of_a_header_can_change(bit: int) -> None:
    changed = bytearray(GENESIS)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises((MalformedAnswer, WrongState)):
        require_linked(split(bytes(changed), 1, SHA256D), after=None, upto=GENESIS_HASH)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_headers_fill_their_bytes_exactly(count: int) -> None:
    with pytest.raises(MalformedAnswer):
        split(GENESIS + FIRST, count, SHA256D)


def test_links_are_checked_at_both_ends() -> None:
    headers = split(GENESIS + FIRST, 2, SHA256D)
    for broken in ([headers[0], headers[0]], [headers[1], headers[0]]):
        with pytest.raises(WrongState, match="one chain"):
            require_linked(broken, after=None, upto=None)
    with pytest.raises(WrongState, match="one chain"):
        require_linked(headers, after=GENESIS_HASH, upto=None)
    with pytest.raises(WrongState, match="snapshot"):
        require_linked(headers, after=None, upto=GENESIS_HASH)


@pytest.mark.parametrize(
    ("bits", "number"),
    [
        (0x1D00FFFF, 0xFFFF << 208),
        (0x207FFFFF, 0x7FFFFF << 232),
        (0x05009234, 0x92340000),
        (0x03123456, 0x123456),
        (0x02123456, 0x1234),
        (0x01123456, 0x12),
        (0x00123456, 0),
        (0x04923456, 0),  # the sign bit: a negative target, which nothing meets
    ],
)
def test_compact_targets(bits: int, number: int) -> None:
    # Cases of Bitcoin Core's arith_uint256_tests for SetCompact, and mainnet's first target.
    assert target(bits) == number


def test_a_merge_mining_proof_is_passed_over() -> None:
    plain = GENESIS[:4] + GENESIS[4:]
    marked = (0x00620102).to_bytes(4, "little") + GENESIS[4:]
    coinbase = entry([("00" * 32, 0xFFFFFFFF)], [(1, ANYONE)]).raw
    branches = compact(2) + bytes(64 + 4) + compact(0) + bytes(4)
    proof = coinbase + bytes(32) + branches + bytes(80)
    headers = split(marked + proof + plain, 2, Rules(Form.AUXPOW))
    assert headers[0].hash == reversed_hex(sha256d(marked))
    assert headers[1].hash == GENESIS_HASH
    with pytest.raises(MalformedAnswer):
        split((marked + proof)[:-1], 1, Rules(Form.AUXPOW))


def test_an_equihash_header_holds_its_solution() -> None:
    begin = (4).to_bytes(4, "little") + bytes(32) + b"\x11" * 32 + bytes(32)
    raw = begin + (77).to_bytes(4, "little") + bytes(4) + bytes(32) + b"\xfd\x40\x05" + b"s" * 1344
    (header,) = split(raw, 1, Rules(Form.EQUIHASH))
    assert (header.time, header.merkle_root) == (77, "11" * 32)
    assert header.hash == reversed_hex(sha256d(raw))
    assert len(raw) == 1487  # a Zcash header


def test_a_qtum_header_holds_its_stake() -> None:
    raw = GENESIS + bytes(32 + 32 + 36) + b"\x02ab"
    (header,) = split(raw, 1, Rules(Form.QTUM))
    assert header.hash == reversed_hex(sha256d(raw))


def test_an_opaque_header_has_no_hash() -> None:
    (header,) = split(GENESIS + bytes(40), 1, Rules(Form.OPAQUE))
    assert header.hash == ""
    assert header.merkle_root.startswith("4a5e1e4b")
    with pytest.raises(ValueError, match="one by one"):
        split(GENESIS + FIRST, 2, Rules(Form.OPAQUE))


def test_rules_come_from_the_options_of_a_network() -> None:
    assert rules({}) == Rules(Form.PLAIN, Work.UNCHECKED)
    assert rules({"header": "auxpow", "pow": "scrypt"}) == Rules(Form.AUXPOW, Work.SCRYPT)
    for wrong in ({"header": "long"}, {"pow": "x11"}):
        with pytest.raises(RegistryError):
            rules(wrong)


def test_the_ledger_of_the_tests_is_worked_for() -> None:
    ledger = Ledger()
    for _ in range(4):
        ledger.mine()
    raw = b"".join(block.header for block in ledger.blocks)
    headers = split(raw, 5, SHA256D)
    require_linked(headers, after="00" * 32, upto=ledger.blocks[-1].hash)
