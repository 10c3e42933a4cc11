from __future__ import annotations

from bip_utils import AdaByronIcarusAddrEncoder
from hypothesis import given
from hypothesis import strategies as st

from chains.cardano.addresses import canonical, encode, is_byron, is_staked

credentials = st.binary(min_size=28, max_size=28)


@given(st.sampled_from([0, 1, 2, 3]), credentials, credentials)
def test_base_addresses_are_written_and_read(kind: int, payment: bytes, stake: bytes) -> None:
    address = bytes([kind << 4 | 1]) + payment + stake
    assert canonical(encode(address), {}) == address
    assert (is_staked(address), is_byron(address)) == (True, False)


@given(st.sampled_from([6, 7]), credentials)
def test_enterprise_addresses_are_written_and_read(kind: int, payment: bytes) -> None:
    address = bytes([kind << 4 | 1]) + payment
    assert canonical(encode(address), {}) == address
    assert not is_staked(address)


def test_byron_addresses_are_written_and_read() -> None:
    text = AdaByronIcarusAddrEncoder.EncodeKey(bytes(32), chain_code=bytes(32))
    address = canonical(text, {})
    assert encode(address) == text
    assert (is_staked(address), is_byron(address)) == (False, True)
