"""The compiled rules of single coins: they say what the plain ones say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.utxo.compression import has_short_form
from chains.utxo.snapshot_file import database_order
from tests.nodes.regtest import EVERY_SCRIPT

np = pytest.importorskip("numpy", reason="the extra `utxo` is not here")
rules = pytest.importorskip("chains.utxo.scan_rules", reason="the extra `utxo` is not here")


def test_the_order_of_output_numbers_is_that_of_the_plain_scanner() -> None:
    for vout in (0, 1, 127, 128, 255, 256, 16_511, 16_512, 2_113_663, 2_113_664, 2**32 - 1):
        assert rules.order_of(vout) == database_order(vout)


@given(st.sampled_from(sorted(EVERY_SCRIPT)), st.integers(0, 70), st.binary(max_size=2))
def test_a_script_has_a_short_form_or_not(name: str, at: int, change: bytes) -> None:
    script = EVERY_SCRIPT[name][:200]
    script = script[:at] + change + script[at + len(change) :]
    form = rules.written_form(np.frombuffer(script + bytes(70), np.uint8), 0, len(script))
    if form == rules.FULL_KEY:
        assert len(script) == 67
    else:
        assert (form == rules.TEMPLATE) == has_short_form(script)
