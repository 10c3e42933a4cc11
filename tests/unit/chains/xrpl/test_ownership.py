from __future__ import annotations

import pytest

from chains.adapter import OwnershipRule, OwnershipWord
from chains.signatures import hash160
from chains.xrpl.addresses import encode
from chains.xrpl.ownership import account_of, verifier
from tests.unit.chains.rules import MESSAGES, row
from tests.vectors.signing import OKX_KECCAK, compressed, hex_signature, uncompressed

RULE = OwnershipRule("xrpl", "xrpl", ("okx-keccak",), MESSAGES, {})
SIGNED = hex_signature(1, OKX_KECCAK)


def test_an_account_is_the_hash_of_its_key() -> None:
    assert account_of(uncompressed(1)) == hash160(compressed(1))


@pytest.mark.parametrize(
    ("address", "word"),
    [
        (encode(hash160(compressed(1))), OwnershipWord.PROVEN),
        (encode(bytes(20)), OwnershipWord.KEY_ONLY),
        # An X-address is its account, and that is another one than the key's.
        ("XVLhHMPHU98es4dbozjVtdWzVrDjtV8AqEL4xcZj5whKbmc", OwnershipWord.KEY_ONLY),
        ("T719a5UwUCnEs54UsxG9CJYYDhwmFCqkr7wxCcNcfZ6p5GZ", OwnershipWord.FAILED),
    ],
)
def test_a_key_that_is_not_the_address_s_own_is_left_to_the_ledger(
    address: str, word: OwnershipWord
) -> None:
    judged = verifier(RULE)(row(address, SIGNED, key=compressed(1).hex()))
    assert judged.word is word
