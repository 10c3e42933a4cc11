from __future__ import annotations

import pytest
from bip_utils import FilSecp256k1AddrEncoder
from hypothesis import given

from chains.errors import AddressError, ForeignAddress
from chains.filecoin.addresses import canonical, derive
from tests.unit.chains.keys import secp256k1_keys, short

# From the Filecoin specification's address vectors.
SPECIFIED = {
    "f17uoq6tp427uzv7fztkbsnn64iwotfrristwpryy": "01fd1d0f4dfcd7e99afcb99a8326b7dc459d32c628",
    "f24vg6ut43yw2h2jqydgbg2xq7x6f4kub3bg6as6i": "02e54dea4f9bc5b47d261819826d5e1fbf8bc5503b",
    "f01729": "0031373239",
}


@pytest.mark.parametrize(("text", "expected"), SPECIFIED.items())
def test_the_examples_of_the_specification(text: str, expected: str) -> None:
    assert canonical(text, {}).hex() == expected
    with pytest.raises(ForeignAddress):
        canonical("t" + text[1:], {})


@given(secp256k1_keys)
def test_f1_is_the_hash_of_the_long_key(key: bytes) -> None:
    assert canonical(FilSecp256k1AddrEncoder.EncodeKey(short(key)), {}) == derive(key)


def test_f410_is_read() -> None:
    text = "f410fa7sh5u6fvd7vt625dx2akhbu3jt7yvkhgdp55ki"
    assert canonical(text, {}).hex() == "040a07e47ed3c5a8ff59fb5d1df4051c34da67fc5547"


@pytest.mark.parametrize(
    "text",
    ["", "f", "f1", "f5aaaa", "f0", "f0x", "f0" + "9" * 21, "f1foreign", "g1aaaa", "f41f",
     "F17uoq6tp427uzv7fztkbsnn64iwotfrristwpryy", "f17uoq6tp427uzv7fztkbsnn64iwotfrristwpryz"],
)  # fmt: skip
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})
