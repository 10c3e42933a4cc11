"""Serialisation and signature hashes, on the example of BIP-143 and on laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.messages import sized
from chains.utxo.message_transactions import (
    MAX_SIZE,
    Input,
    Output,
    Transaction,
    TransactionError,
    decode,
    decode_witness,
    segwit_hash,
    tagged_hash,
)

# BIP-143, "P2SH-P2WPKH": the unsigned transaction, its script code, value and signature hash.
UNSIGNED = (
    "0100000001db6b1b20aa0fd7b23880be2ecbd4a98130974cf4748fb66092ac4d3ceb1a54770100000000feffffff"
    "02b8b4eb0b000000001976a914a457b684d7f0d539a46a45bbc043f35b59d0d96388ac0008af2f00000000"
    "1976a914fd270b1ee6abcaea97fea7ad0402e8bd8ad6d77c88ac92040000"
)
CODE = bytes.fromhex("76a91479091972186c449eb1ded22b78e40d009bdf008988ac")
SIGHASH = "64f3b0f4dd2bb3aa1ce8566d220cc74dda9df97d8490cc81d89d735c92e59fb6"


def test_the_example_of_bip_143() -> None:
    spending = decode(bytes.fromhex(UNSIGNED))
    assert spending.encode().hex() == UNSIGNED
    assert segwit_hash(spending, CODE, 1_000_000_000).hex() == SIGHASH


SCRIPTS = st.binary(max_size=300)
INPUTS = st.builds(
    Input, st.binary(min_size=36, max_size=36), SCRIPTS, st.integers(0, 2**32 - 1), st.just(())
)
OUTPUTS = st.builds(Output, st.integers(0, 2**64 - 1), SCRIPTS)
TRANSACTIONS = st.builds(
    Transaction,
    st.integers(-(2**31), 2**31 - 1),
    st.lists(INPUTS, min_size=1, max_size=3).map(tuple),
    st.lists(OUTPUTS, max_size=3).map(tuple),
    st.integers(0, 2**32 - 1),
)


@given(TRANSACTIONS)
def test_encode_and_decode_are_inverse(transaction: Transaction) -> None:
    assert decode(transaction.encode()) == transaction


@given(TRANSACTIONS, st.data())
def test_what_is_cut_or_has_more_is_no_transaction(
    transaction: Transaction, data: st.DataObject
) -> None:
    whole = transaction.encode()
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(TransactionError):
        decode(whole[:cut])
    with pytest.raises(TransactionError):
        decode(whole + b"\x00")


@given(st.lists(SCRIPTS, max_size=4).map(tuple), SCRIPTS)
def test_witnesses(stack: tuple[bytes, ...], more: bytes) -> None:
    text = bytes([len(stack)]) + b"".join(map(sized, stack))
    assert decode_witness(text) == stack
    if more:
        with pytest.raises(TransactionError):
            decode_witness(text + more)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_transaction_or_refused(data: bytes) -> None:
    for read in (decode, decode_witness):
        try:
            read(data)
        except TransactionError:
            continue


@pytest.mark.parametrize("length", ["fd1000", "fe00000100", "ff" + "00" * 7 + "01", "feffffffff"])
def test_lengths_are_short_and_bounded(length: str) -> None:
    with pytest.raises(TransactionError):
        decode_witness(bytes.fromhex("01" + length) + bytes(MAX_SIZE))


def test_a_mark_that_is_not_that_of_segwit() -> None:
    with pytest.raises(TransactionError, match="mark"):
        decode(bytes(4) + b"\x00\x02" + bytes(60))


def test_the_tag_counts() -> None:
    assert tagged_hash("a", b"") != tagged_hash("b", b"")
