"""The compiled look-up: a target is found by its bytes, whatever its fingerprint."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

np = pytest.importorskip("numpy", reason="the extra `utxo` is not here")
kernel = pytest.importorskip("chains.utxo.scan_kernel", reason="the extra `utxo` is not here")


def filled(scripts: list[bytes], keys: list[int]) -> tuple[bool, object]:
    sizes = np.array([*map(len, scripts)], np.uint64)
    blob = np.frombuffer(b"".join(scripts) + bytes(8 * kernel.WORDS), np.uint8)
    near, index = np.zeros(64, np.uint64), np.zeros(256, np.uint64)
    targets = np.zeros((sizes.size, kernel.TARGET_WORDS), np.uint64)
    targets[:, kernel.SCRIPT] = (np.cumsum(sizes) - sizes) << np.uint64(16) | sizes
    is_filled = kernel.fill_table(blob, np.array(keys, np.uint64), near, index, targets)
    return is_filled, index


@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=60, unique=True))
def test_every_target_gets_its_own_slot_even_if_all_fingerprints_are_equal(
    scripts: list[bytes],
) -> None:
    # With keys of zero every fingerprint is zero: nothing but the bytes tells scripts apart.
    is_filled, index = filled(scripts, [0] * (kernel.WORDS + 1))
    assert is_filled
    used = index[index > 0]  # type: ignore[index, operator]
    assert sorted((used & np.uint64(0xFFFFFFFF)).tolist()) == list(range(1, len(scripts) + 1))
    marks = set((used >> np.uint64(32)).tolist())
    assert len(marks) <= 1 + sum(len(script) > 40 for script in scripts)


def test_a_target_that_is_there_twice_is_told() -> None:
    keys = list(range(1, 2 * kernel.WORDS + 3, 2))
    assert filled([b"one", b"two"], keys)[0]
    assert not filled([b"one", b"two", b"one"], keys)[0]
