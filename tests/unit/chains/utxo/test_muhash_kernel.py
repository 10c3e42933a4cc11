"""The compiled product is the plain one, also where numbers run over."""

from __future__ import annotations

import random

import pytest

from chains.utxo import muhash

np = pytest.importorskip("numpy", reason="the extra `utxo` is not here")
kernel = pytest.importorskip("chains.utxo.muhash_kernel", reason="the extra `utxo` is not here")


@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_it_is_the_plain_product(count: int) -> None:
    keys = random.Random(count).randbytes(32 * count)  # noqa: S311 (a sample)
    assert kernel.product(keys) == muhash.product(keys)


@pytest.mark.parametrize("one", [1, 2**64 - 1, muhash.MODULUS - 1, 2**3072 - 1])
@pytest.mark.parametrize("other", [0, 1, 2**3071, muhash.MODULUS, 2**3072 - 1])
def test_products_that_run_over_are_reduced(one: int, other: int) -> None:
    number, factor = (
        np.frombuffer(n.to_bytes(muhash.NUMBER_SIZE, "little"), np.uint64).copy()
        for n in (one, other)
    )
    kernel._multiply(number, factor, np.empty(2 * kernel.WORDS, np.uint64))
    found = int.from_bytes(number.tobytes(), "little")
    assert found % muhash.MODULUS == one * other % muhash.MODULUS
