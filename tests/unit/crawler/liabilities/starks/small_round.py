"""The small round, made once for all the tests of one process. Nothing of it may be changed."""

from __future__ import annotations

from functools import cache
from typing import Any

from crawler.liabilities.starks.sum_proof import Config
from tests.unit.crawler.liabilities.starks.sum_prover import COINS, MAIN, Round, make_round

CONFIG = Config(COINS, MAIN)


@cache
def small_round() -> Round:
    return make_round()


@cache
def small_files() -> dict[str, Any]:
    return small_round().files()
