"""`muhash.product`, compiled: some microseconds a coin. Extra `utxo`.

A number is 48 words of 64 bits, lowest first. ChaCha20 makes its six blocks side by side, so that
the compiler can use the processor's vectors.
"""
# numba infers the types here: mypy stands back.
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN202, ARG001

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from chains.utxo.compiling import compiled
from chains.utxo.muhash import EXCESS, MODULUS, NUMBER_SIZE

WORDS = NUMBER_SIZE // 8
BLOCKS = 8
"""Lanes; the six that are needed, and two that make a vector full."""

_U0, _U1, _S32 = np.uint64(0), np.uint64(1), np.uint64(32)
_EXCESS = np.uint64(EXCESS)
_START = np.frombuffer(b"expand 32-byte k", np.uint32)
_QUARTERS = np.array(
    [
        (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
        (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
    ],
    np.int64,
)  # fmt: skip


@intrinsic
def _high(_typing, one, other):
    """Return the upper 64 bits of a product."""

    def generate(_context, builder, _signature, values):
        wide = ir.IntType(128)
        whole = builder.mul(builder.zext(values[0], wide), builder.zext(values[1], wide))
        return builder.trunc(builder.lshr(whole, ir.Constant(wide, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), generate


@compiled()
def _turn(x, to, by, bits):
    """XOR row `by` into row `to` and rotate it."""
    for lane in range(BLOCKS):
        word = x[to, lane] ^ x[by, lane]
        x[to, lane] = word << np.uint32(bits) | word >> np.uint32(32 - bits)


@compiled()
def _add(x, to, by):
    for lane in range(BLOCKS):
        x[to, lane] += x[by, lane]


@compiled()
def _number(key, x, start, number):
    """Write the number of a key (8 words) to `number`."""
    for row in range(16):
        word = np.uint32(0)
        if row < 4:  # noqa: PLR2004
            word = _START[row]
        elif row < 12:  # noqa: PLR2004
            word = key[row - 4]
        for lane in range(BLOCKS):
            start[row, lane] = np.uint32(lane) if row == 12 else word  # noqa: PLR2004
            x[row, lane] = start[row, lane]
    for _ in range(10):
        for quarter in range(8):
            a, b, c, d = _QUARTERS[quarter]
            _add(x, a, b)
            _turn(x, d, a, 16)
            _add(x, c, d)
            _turn(x, b, c, 12)
            _add(x, a, b)
            _turn(x, d, a, 8)
            _add(x, c, d)
            _turn(x, b, c, 7)
    for n in range(WORDS):
        lane, row = n // 8, n % 8 * 2
        low = np.uint64(np.uint32(x[row, lane] + start[row, lane]))
        high = np.uint64(np.uint32(x[row + 1, lane] + start[row + 1, lane]))
        number[n] = low | high << _S32


@compiled()
def _multiply(number, other, double):
    """Replace `number` by its product with `other`, below 2**3072 but perhaps not reduced."""
    double[:] = _U0
    for n in range(WORDS):
        carry = _U0
        factor = number[n]
        for m in range(WORDS):
            low, high = factor * other[m], _high(factor, other[m])
            low += carry
            high += np.uint64(low < carry)
            low += double[n + m]
            high += np.uint64(low < double[n + m])
            double[n + m] = low
            carry = high
        double[n + WORDS] = carry
    # 2**3072 is EXCESS, so the upper half counts that often; what runs over, once more.
    carry = _U0
    for n in range(WORDS):
        upper = double[n + WORDS]
        low, high = upper * _EXCESS, _high(upper, _EXCESS)
        low += carry
        high += np.uint64(low < carry)
        low += double[n]
        high += np.uint64(low < double[n])
        number[n] = low
        carry = high
    while carry:
        carry *= _EXCESS
        for n in range(WORDS):
            number[n] += carry
            carry = np.uint64(number[n] < carry)
            if not carry:
                break


@compiled()
def _product(keys):
    x, start = np.empty((16, BLOCKS), np.uint32), np.empty((16, BLOCKS), np.uint32)
    result, number = np.zeros(WORDS, np.uint64), np.empty(WORDS, np.uint64)
    double = np.empty(2 * WORDS, np.uint64)
    result[0] = _U1
    for place in range(keys.shape[0]):
        _number(keys[place], x, start, number)
        _multiply(result, number, double)
    return result


def product(keys: bytes) -> int:
    """Return the product of the numbers of all keys (32 bytes each), as `muhash.product` does."""
    words = _product(np.frombuffer(keys, np.uint32).reshape(-1, 8))
    return int.from_bytes(words.tobytes(), "little") % MODULUS
