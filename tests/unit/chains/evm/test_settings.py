from __future__ import annotations

import pytest

from chains.evm import programs
from chains.evm.settings import EvmSettings


@pytest.mark.parametrize("kind", ["native", "token"])
def test_answer_of_a_full_chunk_fits_the_body_limit(kind: str) -> None:
    settings = EvmSettings()
    count = settings.native_chunk if kind == "native" else settings.token_chunk
    chosen = programs.program(token=kind == "token", arbsys=False)
    octets = chosen.first_field + count * chosen.field
    assert 2 * octets + 100 < settings.transport.body_limit


def test_full_chunk_stays_below_common_gas_limits() -> None:
    settings = EvmSettings()
    # 2,600 for a cold account, 320 for its address in the input, and the loop.
    assert settings.native_chunk * 3_100 < 30_000_000
    assert settings.token_chunk * 8_000 < 30_000_000


def test_ten_thousand_balances_take_at_most_four_requests() -> None:
    settings = EvmSettings()
    assert 4 * settings.native_chunk >= 10_000
    assert 4 * settings.token_chunk >= 10_000
