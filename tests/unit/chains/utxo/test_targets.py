from __future__ import annotations

import pytest

from chains.utxo.addresses import canonical
from chains.utxo.compression import compress_script
from chains.utxo.targets import output_script, target_of
from tests.nodes.regtest import ANCHOR, EVERY_SCRIPT

BITCOIN = {"p2pkh_version": "00", "p2sh_version": "05", "bech32_hrp": "bc"}
CASH = {"p2pkh_version": "00", "p2sh_version": "05", "cashaddr_prefix": "bitcoincash"}


@pytest.mark.parametrize("kind", ["p2pkh", "p2sh", "p2wpkh", "p2wsh", "p2tr"])
def test_a_script_address_is_its_own_script(kind: str) -> None:
    script = EVERY_SCRIPT[kind]
    assert output_script(script) == script
    assert target_of(script) == compress_script(script)


def test_a_later_segwit_version_has_its_script() -> None:
    account = canonical("bc1pfeessrawgf", BITCOIN)
    assert output_script(account) == ANCHOR
    assert target_of(account) == compress_script(ANCHOR)


@pytest.mark.parametrize("account", [b"\x00", b"\x00\x10" + bytes(20), b"\x00\x0b" + bytes(32)])
def test_a_form_without_a_template_has_none(account: bytes) -> None:
    assert output_script(account) is None
    assert target_of(account) is None


def test_a_bare_key_is_another_account_than_its_hash() -> None:
    assert target_of(EVERY_SCRIPT["p2pk-full"]) != target_of(EVERY_SCRIPT["p2pkh"])
