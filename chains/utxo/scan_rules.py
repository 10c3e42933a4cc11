"""Rules of single coins for `scan_kernel`, compiled. Extra `utxo`."""
# As in scan_kernel: numba infers the types.
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, PLR2004

from __future__ import annotations

import numpy as np

from chains.utxo.compiling import compiled

TEMPLATE, FULL_KEY = 1, 2
"""What a script that is written out may be: one with a short form; or one that has a short form if
the key in it is a point."""


@compiled()
def order_of(vout):
    """Return the place of an output number in the database's order, as `database_order` does."""
    digits = np.empty(5, np.int64)
    size = 0
    while True:
        digits[size] = vout & 0x7F | (0x80 if size else 0)
        size += 1
        if vout <= 0x7F:
            break
        vout = (vout >> 7) - 1
    place = np.int64(0)
    for n in range(5):
        place = place << 8 | (digits[size - 1 - n] if n < size else 0)
    return place


@compiled(inline="always")
def written_form(data, at, size):
    """Return TEMPLATE, FULL_KEY, or 0 for the script of `size` bytes at `at`, written out."""
    if size == 25:
        if (
            data[at] == 0x76 and data[at + 1] == 0xA9 and data[at + 2] == 0x14
            and data[at + 23] == 0x88 and data[at + 24] == 0xAC
        ):  # fmt: skip
            return TEMPLATE
    elif size == 23:
        if data[at] == 0xA9 and data[at + 1] == 0x14 and data[at + 22] == 0x87:
            return TEMPLATE
    elif size == 35:
        if data[at] == 33 and data[at + 1] | 1 == 3 and data[at + 34] == 0xAC:
            return TEMPLATE
    elif size == 67 and data[at] == 65 and data[at + 1] == 4 and data[at + 66] == 0xAC:
        return FULL_KEY
    return 0
