from __future__ import annotations

import pytest
from eth_utils.crypto import keccak
from hypothesis import given

from chains.conflux import canonical, derive
from chains.errors import AddressError, ForeignAddress
from tests.unit.chains.keys import secp256k1_keys
from tests.vectors.text_forms import conflux

# CIP-37's own examples: one account, all forms.
CIP37 = bytes.fromhex("1a2f80341409639ea6a35bbcab8299066109aa55")
CIP37_TEXT = "cfx:aarc9abycue0hhzgyrr53m6cxedgccrmmyybjgh4xg"


def test_the_examples_of_cip_37() -> None:
    for text in (
        CIP37_TEXT,
        CIP37_TEXT.upper(),
        CIP37_TEXT.replace("cfx:", "cfx:type.user:"),
        CIP37_TEXT.replace("cfx:", "CFX:TYPE.USER:").upper(),
    ):
        assert canonical(text, {}) == CIP37
    with pytest.raises(ForeignAddress):
        canonical("cfxtest:aarc9abycue0hhzgyrr53m6cxedgccrmmy8m50bu1p", {})


@given(secp256k1_keys)
def test_an_account_is_of_the_user_type(key: bytes) -> None:
    expected = bytes.fromhex("1" + keccak(key[1:])[12:].hex()[1:])
    assert derive(key) == expected == canonical(conflux("cfx", b"\0" + expected), {})


@pytest.mark.parametrize(
    "text",
    ["", ":", "cfx", "cfx:", CIP37_TEXT[4:], CIP37_TEXT[:-1], CIP37_TEXT[:-1] + "G",
     CIP37_TEXT.replace("cfx:", "cfx:type.contract:"), CIP37_TEXT.replace("cfx:", "cfx:a:b:"),
     conflux("cfx", b"\x01" + CIP37), conflux("cfx", b"\0" + CIP37[:-1]), "cfx:\u0130"],
)  # fmt: skip
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})
