"""A light proof of work, as the tests' prover does it, for every test of these folders."""

from __future__ import annotations

import pytest

from crawler.liabilities.starks import sum_proof
from tests.unit.crawler.liabilities.starks import sum_prover


@pytest.fixture(autouse=True)
def light_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sum_proof, "POW_BITS", sum_prover.POW_BITS)
