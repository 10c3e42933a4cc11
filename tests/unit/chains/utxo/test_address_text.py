from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import AddressError, UnresolvedReason
from chains.utxo.address_text import address_text, by_address
from chains.utxo.addresses import Address, Form, canonical, script_pubkey

BITCOIN = {"p2pkh_version": "00", "p2sh_version": "05", "bech32_hrp": "bc"}
CASH = {"p2pkh_version": "00", "p2sh_version": "05", "cashaddr_prefix": "bitcoincash"}
SIZES = {Form.P2PKH: 20, Form.P2SH: 20, Form.P2WPKH: 20, Form.P2WSH: 32, Form.P2TR: 32}


@given(st.sampled_from(list(SIZES)), st.binary(min_size=32, max_size=32))
def test_there_and_back(form: Form, payload: bytes) -> None:
    script = script_pubkey(Address(form, payload[: SIZES[form]]))
    assert canonical(address_text(script, BITCOIN), BITCOIN) == script
    if form in (Form.P2PKH, Form.P2SH):
        assert canonical(address_text(script, CASH), CASH) == script
    else:
        with pytest.raises(AddressError):
            address_text(script, CASH)


@given(st.binary(max_size=40))
def test_other_scripts_have_none(script: bytes) -> None:
    try:
        assert canonical(address_text(script, BITCOIN), BITCOIN) == script
    except AddressError:
        return


def test_scripts_without_an_address_are_told_apart() -> None:
    script = script_pubkey(Address(Form.P2PKH, bytes(20)))
    named, failed = by_address([b"\x51", script], BITCOIN)
    assert named == {address_text(script, BITCOIN): script}
    assert {one: error.reason for one, error in failed.items()} == {
        b"\x51": UnresolvedReason.NO_METHOD
    }
