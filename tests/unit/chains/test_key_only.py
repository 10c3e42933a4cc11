from __future__ import annotations

import pytest

from chains.errors import AddressError
from chains.key_only import canonical, verifier
from chains.registry import FAMILIES
from chains.verdicts import KEY_FACTS
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import row
from tests.vectors.listed_key_rows import KEY, SIGNED, STRANGER

SHARED = sorted(name for name, module in FAMILIES.items() if module == "chains.key_only")


@pytest.mark.parametrize("family", SHARED)
def test_any_text_shows_the_key_and_no_more(family: str) -> None:
    judge = verifier(rule(family, "okx-raw"))
    for text in ("0.0.98", "foreign address", "", KEY.hex()):
        found = judge(row(text, SIGNED, key=KEY.hex()))
        assert (found.word, found.digest) == ("key-only", "okx-raw")
        assert found.detail.endswith(f"{KEY_FACTS[family]}.")
        assert judge(row(text, SIGNED, key=STRANGER.hex())).reason == "signature-invalid"


def test_every_shared_family_has_its_fact() -> None:
    assert set(SHARED) <= set(KEY_FACTS)


def test_text_is_kept() -> None:
    assert canonical("a party::1220ab", {}) == b"a party::1220ab"
    for text in ("", "a\nb", "\u00e9", "x" * 257):
        with pytest.raises(AddressError):
            canonical(text, {})
