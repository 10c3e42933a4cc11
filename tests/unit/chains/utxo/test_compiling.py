"""Compiled functions work where nothing can be kept, too."""

from __future__ import annotations

import pytest

numba = pytest.importorskip("numba", reason="the extra `utxo` is not here")
compiling = pytest.importorskip("chains.utxo.compiling", reason="the extra `utxo` is not here")


def test_a_function_is_compiled_without_a_folder_to_keep_it_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bool] = []

    def njit(**options: bool) -> object:
        asked.append(options.get("cache", False))
        if asked[-1]:
            raise RuntimeError("cannot cache function: no locator available")
        return numba.njit(**options)

    monkeypatch.setattr(compiling, "njit", njit)
    doubled = compiling.compiled()(lambda number: 2 * number)
    assert doubled(21) == 42
    assert asked == [True, False]
