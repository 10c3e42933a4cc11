"""How the inner loops of this family are compiled. Extra `utxo`."""
# The types of compiled functions are inferred by numba, so a decorator of theirs has none to tell.
# mypy: ignore-errors
# ruff: noqa: ANN003, ANN201

from __future__ import annotations

from numba import njit


def compiled(**options):
    """Return a decorator that compiles a function, and keeps the result where that is possible.

    `options` are those of `numba.njit`.
    """

    def compile_(function):  # noqa: ANN001, ANN202
        try:
            return njit(nogil=True, cache=True, **options)(function)
        except RuntimeError:  # there is no folder to keep it in: compile it in every run
            return njit(nogil=True, **options)(function)

    return compile_
