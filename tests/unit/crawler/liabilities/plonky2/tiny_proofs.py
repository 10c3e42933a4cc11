"""The tiny proof, made once for all the tests of one process."""

from __future__ import annotations

from functools import cache
from typing import Any

from crawler.liabilities.plonky2.proof import Proof, parse
from crawler.liabilities.plonky2.verifier_data import VerifierData
from tests.unit.crawler.liabilities.plonky2.tiny_prover import Prover
from tests.unit.crawler.liabilities.zk_documents import node


@cache
def written(*, hiding: bool = False) -> tuple[VerifierData, Any]:
    """Return the verifier data and the proof as JSON, which must not be changed in place."""
    prover = Prover(hiding=hiding)
    return prover.data, prover.prove()


def parsed(*, hiding: bool = False) -> tuple[VerifierData, Proof]:
    data, document = written(hiding=hiding)
    return data, parse(node(document), data.common)
