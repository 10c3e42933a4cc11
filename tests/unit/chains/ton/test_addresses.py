from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import AddressError, ForeignAddress
from chains.ton.addresses import canonical, encode

PUBLISHED = "EQA5rifVSCc8qQfpCXvq4zJGJPsA0EPCDoWdtg234INftsWj"


@given(st.binary(min_size=32, max_size=32), st.booleans(), st.sampled_from([b"\0", b"\xff"]))
def test_all_texts_of_an_account_are_one(account: bytes, bounceable: bool, chain: bytes) -> None:
    text = encode(chain + account, bounceable=bounceable)
    number = "0" if chain == b"\0" else "-1"
    for form in (
        text,
        text.replace("-", "+").replace("_", "/"),
        f"{number}:{account.hex()}",
        f"{number}:{account.hex().upper()}",
    ):
        assert canonical(form, {}) == chain + account
    assert text[0] == ("E" if bounceable else "U") or chain == b"\xff"


def test_a_published_address_is_written_as_it_was() -> None:
    assert encode(canonical(PUBLISHED, {}), bounceable=True) == PUBLISHED


def test_test_networks_are_foreign() -> None:
    # One account in all forms, written by @ton/core.
    for text in (
        "kf/8uRo6OBbQ97jCx2EIuKm8Wmt6Vb15+KsQHFLbKSMiYIny",
        "0f_8uRo6OBbQ97jCx2EIuKm8Wmt6Vb15-KsQHFLbKSMiYNQ3",
    ):
        with pytest.raises(ForeignAddress):
            canonical(text, {})
    main = canonical("Ef_8uRo6OBbQ97jCx2EIuKm8Wmt6Vb15-KsQHFLbKSMiYDJ4", {})
    assert main == canonical("Uf/8uRo6OBbQ97jCx2EIuKm8Wmt6Vb15+KsQHFLbKSMiYG+9", {})
    assert main.hex() == "fffcb91a3a3816d0f7b8c2c76108b8a9bc5a6b7a55bd79f8ab101c52db29232260"


@pytest.mark.parametrize(
    "text",
    ["", "0:", "0:" + "ab" * 31, "1:" + "ab" * 32, "0:0x" + "ab" * 31, "00:" + "ab" * 32,
     PUBLISHED.swapcase(), PUBLISHED[:-1] + "k", PUBLISHED[:-1], "é" * 48, "=" * 48, "-+" * 24,
     encode(b"\x01" + bytes(32)), "A" * 48],
)  # fmt: skip
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})
