"""The inner loop of `scan_numba`, compiled. Arrays in, status out; knows no files.

It reads records from a buffer as long as a whole one is certain to be there, so that no byte needs
a check of its own: after each record the position is compared with the end of the file.

Accounts are found by a 64-bit fingerprint of the compressed script: a bit array that fits the
processor's cache turns almost every coin away, then a table of fingerprints, then the bytes
themselves are compared. The fingerprint is keyed with a random number, so that nobody can choose
scripts that collide; if some did, they would cost time and nothing else.
"""
# mypy: disable-error-code="no-untyped-call, untyped-decorator, no-untyped-def"
# ruff: noqa: ANN001, ANN202, PLR0914, PLR0915, C901, PLR0912, PLR0917 (one compiled loop)

from __future__ import annotations

import numpy as np
from numba import njit

from chains.utxo.compression import MAX_AMOUNT, MAX_SCRIPT, SPECIAL_SCRIPTS
from chains.utxo.snapshot_file import FIRST_UNORDERED, LONGEST_RECORD, MAX_HEIGHT, Fault

# Slots of the state array.
AT, LEFT, COINS, TOTAL, HIGHEST, ORDER, OUT, GROUP, UNSORTED, FIXES, HITS, FAULT = range(12)
STATE_SIZE = 12

MORE, OUT_FULL, FIXES_FULL, HITS_FULL, SORT, DONE, FAILED = range(7)
"""What `scan_chunk` returns: it wants more bytes, or room in one of its outputs; or a group of
coins was written that has to be sorted; or all coins were read; or state[FAULT] says why not."""

LONGEST_ELEMENT = LONGEST_RECORD + 128
"""Bytes, more than one coin ever takes in the hash."""

_U7F = np.uint64(0x7F)
_U7, _U1, _U9, _U10 = (np.uint64(n) for n in (7, 1, 9, 10))
_U64_TOP = np.uint64((2**64 - 1) >> 7)
_POWERS = np.array([10**n for n in range(10)], np.uint64)
_LIMITS = np.array([MAX_AMOUNT // 10**n for n in range(10)], np.uint64)
_MAX_AMOUNT = np.uint64(MAX_AMOUNT)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_MIX2 = np.uint64(0xD6E8FEB86659FD93)
_S32 = np.uint64(32)
_OVERFLOW = -1


@njit(nogil=True, cache=True, inline="always")
def _word(data, at):
    """Return 8 bytes, little endian; compiled to one load."""
    return (
        np.uint64(data[at])
        | np.uint64(data[at + 1]) << np.uint64(8)
        | np.uint64(data[at + 2]) << np.uint64(16)
        | np.uint64(data[at + 3]) << np.uint64(24)
        | np.uint64(data[at + 4]) << np.uint64(32)
        | np.uint64(data[at + 5]) << np.uint64(40)
        | np.uint64(data[at + 6]) << np.uint64(48)
        | np.uint64(data[at + 7]) << np.uint64(56)
    )


@njit(nogil=True, cache=True, inline="always")
def _varint(data, at):
    """Return a VARINT and the position after it, which is negative for an overflow."""
    byte = np.uint64(data[at])
    at += 1
    value = byte & _U7F
    while byte > _U7F:
        if value == np.uint64(2**64 - 1):
            return value, _OVERFLOW
        value += _U1
        if value > _U64_TOP:
            return value, _OVERFLOW
        byte = np.uint64(data[at])
        at += 1
        value = value << _U7 | byte & _U7F
    return value, at


@njit(nogil=True, cache=True)
def _long_compact_size(data, at):
    """Return a CompactSize of more than one byte, and the position after it, negative if bad."""
    first = data[at]
    size = 2 << (first - 0xFD)
    value = np.uint64(0)
    for n in range(size):
        value |= np.uint64(data[at + 1 + n]) << np.uint64(8 * n)
    least = np.uint64(0xFD)
    if size == 4:  # noqa: PLR2004
        least = np.uint64(1 << 16)
    elif size == 8:  # noqa: PLR2004
        least = np.uint64(1 << 32)
    if value < least:
        return value, _OVERFLOW
    return value, at + 1 + size


@njit(nogil=True, cache=True, inline="always")
def _compare(data, at, txid):
    """Return 1, 0 or -1: whether the txid at `at` is larger than, equal to or below `txid`."""
    for n in range(32):
        if data[at + n] != txid[n]:
            return 1 if data[at + n] > txid[n] else -1
    return 0


@njit(nogil=True, cache=True)
def _order(vout):
    """Return the place of an output number in the database's order, as `database_order` does."""
    digits = np.empty(5, np.int64)
    size = 0
    while True:
        digits[size] = vout & 0x7F | (0x80 if size else 0)
        size += 1
        if vout <= 0x7F:  # noqa: PLR2004
            break
        vout = (vout >> 7) - 1
    place = np.int64(0)
    for n in range(5):
        place = place << 8 | (digits[size - 1 - n] if n < size else 0)
    return place


@njit(nogil=True, cache=True, inline="always")
def fingerprint(data, at, size, key):
    """Return 64 bits that depend on `key` and on the `size` bytes at `at` (8 more are there)."""
    mixed = key ^ np.uint64(size)
    end = at + size
    while at + 8 <= end:
        mixed = (mixed ^ _word(data, at)) * _MIX
        mixed ^= mixed >> _S32
        at += 8
    rest = end - at
    if rest > 0:
        last = _word(data, at) << np.uint64(8 * (8 - rest))
        mixed = (mixed ^ last) * _MIX
        mixed ^= mixed >> _S32
    mixed *= _MIX2
    return mixed ^ (mixed >> _S32)


@njit(nogil=True, cache=True)
def fill_table(blob, starts, key, filter_bits, prints, places):
    """Enter every script of `blob` into the filter and the table (open addressing)."""
    filter_mask = np.uint64(filter_bits.size * 64 - 1)
    mask = prints.size - 1
    for place in range(starts.size - 1):
        start = starts[place]
        mark = fingerprint(blob, start, starts[place + 1] - start, key)
        bit = mark & filter_mask
        filter_bits[np.int64(bit >> np.uint64(6))] |= _U1 << (bit & np.uint64(63))
        slot = np.int64(mark >> _S32) & mask
        while places[slot] >= 0:
            slot = (slot + 1) & mask
        prints[slot] = mark
        places[slot] = place


@njit(nogil=True, cache=True)
def _find(mark, data, at, size, blob, starts, prints, places):
    """Return the place of the target with exactly these bytes, -1 if there is none."""
    mask = prints.size - 1
    slot = np.int64(mark >> _S32) & mask
    while places[slot] >= 0:
        if prints[slot] == mark:
            place = places[slot]
            start = starts[place]
            if starts[place + 1] - start == size:
                same = True
                for n in range(size):
                    if blob[start + n] != data[at + n]:
                        same = False
                        break
                if same:
                    return place
        slot = (slot + 1) & mask
    return -1


@njit(nogil=True, cache=True)
def _write_element(out, to, txid, vout, code, amount, data, at, kind, size, fixes, state):
    """Write what is hashed of one coin; returns the position after it."""
    for n in range(32):
        out[to + n] = txid[n]
    for n in range(4):
        out[to + 32 + n] = (vout >> (8 * n)) & 0xFF
        out[to + 36 + n] = (np.int64(code) >> (8 * n)) & 0xFF
    for n in range(8):
        out[to + 40 + n] = (np.int64(amount) >> (8 * n)) & 0xFF
    to += 48
    if kind == 0:
        out[to] = 25
        out[to + 1] = 0x76
        out[to + 2] = 0xA9
        out[to + 3] = 0x14
        for n in range(20):
            out[to + 4 + n] = data[at + n]
        out[to + 24] = 0x88
        out[to + 25] = 0xAC
        return to + 26
    if kind == 1:
        out[to] = 23
        out[to + 1] = 0xA9
        out[to + 2] = 0x14
        for n in range(20):
            out[to + 3 + n] = data[at + n]
        out[to + 23] = 0x87
        return to + 24
    if kind < 4:  # noqa: PLR2004 (a compressed key)
        out[to] = 35
        out[to + 1] = 33
        out[to + 2] = kind
        for n in range(32):
            out[to + 3 + n] = data[at + n]
        out[to + 35] = 0xAC
        return to + 36
    if kind < SPECIAL_SCRIPTS:  # a full key, whose y is filled in by the caller
        out[to] = 67
        out[to + 1] = 65
        out[to + 2] = kind
        for n in range(32):
            out[to + 3 + n] = data[at + n]
        out[to + 67] = 0xAC
        fixes[state[FIXES]] = to + 2
        state[FIXES] += 1
        return to + 68
    if size < 0xFD:  # noqa: PLR2004
        out[to] = size
        to += 1
    else:
        out[to] = 0xFD
        out[to + 1] = size & 0xFF
        out[to + 2] = size >> 8
        to += 3
    for n in range(size):
        out[to + n] = data[at + n]
    return to + size


@njit(nogil=True, cache=True)
def scan_chunk(
    data, available, real_end, coins, grouped, state, txid,
    key, filter_bits, prints, places, blob, starts, amounts,
    emit, out, fixes, keep, hit_places, hit_outpoints, hit_amounts,
):  # fmt: skip
    """Read records from `data` until one of the reasons above; the state says how far it got.

    `available` bytes may be touched; the file ends at `real_end` if that is not negative, and the
    bytes from there to `available` are padding.
    """
    filter_mask = np.uint64(filter_bits.size * 64 - 1)
    while True:
        at = state[AT]
        is_done = state[COINS] == coins
        compared = 1
        if not is_done:
            if at + LONGEST_RECORD > available:
                if real_end < 0:
                    return MORE
                state[FAULT] = Fault.TRUNCATED
                return FAILED
            if state[LEFT] == 0 and state[COINS] > 0:
                compared = _compare(data, at, txid)
        # In the old format every coin has its txid: a group is the coins that share one.
        is_new = is_done or (state[LEFT] == 0 and (grouped or compared != 0))
        if is_new:
            if state[UNSORTED]:
                return SORT
            state[GROUP] = state[OUT]
            if is_done:
                return DONE
        if emit:
            if state[OUT] + LONGEST_ELEMENT > out.size:
                return OUT_FULL
            if state[FIXES] == fixes.size:
                return FIXES_FULL
        if keep and state[HITS] == hit_places.size:
            return HITS_FULL
        if is_new:
            if compared <= 0:
                state[FAULT] = Fault.TXID_ORDER
                if real_end >= 0 and at + 32 > real_end:
                    state[FAULT] = Fault.TRUNCATED
                return FAILED
            for n in range(32):
                txid[n] = data[at + n]
            state[ORDER] = -1
            if grouped:
                count = np.uint64(data[at + 32])
                if count < np.uint64(0xFD):
                    at += 33
                else:
                    count, at = _long_compact_size(data, at + 32)
                    if at < 0:
                        state[FAULT] = Fault.COMPACT_SIZE
                        return FAILED
                if real_end >= 0 and at > real_end:
                    state[FAULT] = Fault.TRUNCATED
                    return FAILED
                if count == np.uint64(0) or count > np.uint64(coins - state[COINS]):
                    state[FAULT] = Fault.GROUP_SIZE
                    return FAILED
                state[LEFT] = np.int64(count)
                state[AT] = at
                if at + LONGEST_RECORD > available:
                    continue
        if not grouped:
            at += 32
        # One coin.
        if grouped:
            wide = np.uint64(data[at])
            if wide < np.uint64(0xFD):
                at += 1
            else:
                wide, at = _long_compact_size(data, at)
                if at < 0:
                    state[FAULT] = Fault.COMPACT_SIZE
                    return FAILED
            if wide >> _S32:
                state[FAULT] = Fault.VOUT
                return FAILED
            vout = np.int64(wide)
        else:
            vout = np.int64(_word(data, at) & np.uint64(0xFFFFFFFF))
            at += 4
        place = vout << 32 if vout < 128 else _order(vout)  # noqa: PLR2004
        if place <= state[ORDER]:
            state[FAULT] = Fault.VOUT_ORDER
            return FAILED
        code, at = _varint(data, at)
        if at < 0:
            state[FAULT] = Fault.VARINT
            return FAILED
        height = code >> _U1
        if height > np.uint64(MAX_HEIGHT):
            state[FAULT] = Fault.HEIGHT
            return FAILED
        compressed, at = _varint(data, at)
        if at < 0:
            state[FAULT] = Fault.VARINT
            return FAILED
        amount = np.uint64(0)
        if compressed:
            compressed -= _U1
            exponent = np.int64(compressed % _U10)
            compressed //= _U10
            if exponent < 9:  # noqa: PLR2004
                number = compressed // _U9 * _U10 + compressed % _U9 + _U1
            else:
                number = compressed + _U1
            if number > _LIMITS[exponent]:
                state[FAULT] = Fault.AMOUNT
                return FAILED
            amount = number * _POWERS[exponent]
        total = np.uint64(state[TOTAL]) + amount
        if total > _MAX_AMOUNT:
            state[FAULT] = Fault.TOTAL
            return FAILED
        start = at
        kind, at = _varint(data, at)
        if at < 0:
            state[FAULT] = Fault.VARINT
            return FAILED
        if kind < np.uint64(2):
            size = 20
        elif kind < np.uint64(SPECIAL_SCRIPTS):
            size = 32
        elif kind > np.uint64(MAX_SCRIPT + SPECIAL_SCRIPTS):
            state[FAULT] = Fault.SCRIPT_SIZE
            return FAILED
        else:
            size = np.int64(kind) - SPECIAL_SCRIPTS
        end = at + size
        if real_end >= 0 and end > real_end:
            state[FAULT] = Fault.TRUNCATED
            return FAILED
        mark = fingerprint(data, start, end - start, key)
        bit = mark & filter_mask
        if filter_bits[np.int64(bit >> np.uint64(6))] >> (bit & np.uint64(63)) & _U1:
            found = _find(mark, data, start, end - start, blob, starts, prints, places)
            if found >= 0:
                amounts[found] += amount
                if keep:
                    hit = state[HITS]
                    hit_places[hit] = found
                    hit_amounts[hit] = amount
                    for n in range(32):
                        hit_outpoints[hit, n] = txid[n]
                    for n in range(4):
                        hit_outpoints[hit, 32 + n] = (vout >> (8 * n)) & 0xFF
                    state[HITS] += 1
        if emit:
            state[OUT] = _write_element(
                out, state[OUT], txid, vout, code, amount,
                data, at, np.int64(min(kind, np.uint64(SPECIAL_SCRIPTS))), size, fixes, state,
            )  # fmt: skip
            if vout >= FIRST_UNORDERED:
                state[UNSORTED] = 1
        state[TOTAL] = np.int64(total)
        state[HIGHEST] = max(state[HIGHEST], np.int64(height))
        state[ORDER] = place
        if grouped:
            state[LEFT] -= 1
        state[COINS] += 1
        state[AT] = end
