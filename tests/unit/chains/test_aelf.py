from __future__ import annotations

import hashlib

import pytest
import wallycore
from hypothesis import given

from chains.aelf import canonical
from chains.errors import AddressError, ForeignAddress
from chains.signatures import sha256d
from tests.unit.chains.keys import secp256k1_keys

PUBLISHED = "2XNagboftecQgKRtgG8W5zpdRiZWinUfsfZm62a5NmmEVoZG7X"


@given(secp256k1_keys)
def test_an_address_is_the_double_hash_of_the_long_key(key: bytes) -> None:
    digest = hashlib.sha256(hashlib.sha256(key).digest()).digest()
    assert canonical(wallycore.base58_from_bytes(digest, 1), {}) == digest == sha256d(key)


def test_the_wrapper_names_the_chain() -> None:
    assert canonical(f"ELF_{PUBLISHED}_AELF", {}) == canonical(PUBLISHED, {})
    with pytest.raises(ForeignAddress):
        canonical(f"ELF_{PUBLISHED}_tDVW", {})


@pytest.mark.parametrize(
    "text",
    ["", "ELF", "ELF_", f"_{PUBLISHED}_AELF", f"elf_{PUBLISHED}_AELF", PUBLISHED.lower(),
     PUBLISHED[:-1], "1DcT5Wij5tfb3oVViF8mA8p4WrG98ahZPT"],
)  # fmt: skip
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})
