from __future__ import annotations

import pytest

from chains.errors import AddressError
from chains.hedera.addresses import canonical, is_numbered


@pytest.mark.parametrize(
    ("text", "numbered"),
    [("0.0.0", True), ("0.0.98", True), ("0.0.098", False), ("0.1.98", False), ("0xab", False)],
)
def test_accounts_by_number(text: str, *, numbered: bool) -> None:
    assert is_numbered(canonical(text, {})) is numbered


@pytest.mark.parametrize("text", ["", "\u0660.0.98", "0.0.98\n", "x" * 257])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})
