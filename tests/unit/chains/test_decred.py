from __future__ import annotations

import pytest

from chains.decred import canonical, verifier
from chains.errors import AddressError
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import row


def test_no_row_is_judged_and_the_reason_is_said() -> None:
    judge = verifier(rule("decred", "bitcoin-message"))
    for material in (row(""), row("not-decodable", "junk"), row("Ds", owner1="x")):
        found = judge(material)
        assert (found.word, found.reason) == ("unsupported", "no-rule")
        assert "BLAKE-256" in found.detail


def test_text_is_kept() -> None:
    assert canonical("DsUZ", {}) == b"DsUZ"
    for text in ("", "1x", "D ", "D" * 65):
        with pytest.raises(AddressError):
            canonical(text, {})
