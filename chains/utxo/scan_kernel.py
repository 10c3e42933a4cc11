"""The inner loop of `scan_numba`, compiled. Arrays in, status out; knows no files.

It reads records from a buffer as long as a whole one is certain to be there, so that no byte needs
a check of its own: after each record the position is compared with the end of the file.

Accounts are found by a 64-bit fingerprint of the compressed script. Before that is computed, a bit
array that fits the processor's near cache turns almost every coin away by 8 of its bytes. The
others wait until there are a few hundred of them and are looked up together, so that they wait for
the far memory together too: first in a table of fingerprints, then by their bytes. Therefore a
million targets cost little more than ten.
The fingerprint is keyed with random numbers, so that nobody can choose scripts that collide; if
some did, they would cost time and nothing else.
"""
# numba infers the types here, and one loop is one function: mypy and the size rules stand back.
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, ANN202, ARG001, C901, PLR0912, PLR0915, PLR0917, SIM109, SIM110

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from chains.utxo.compiling import compiled
from chains.utxo.compression import (
    FULL_KEY_EVEN,
    FULL_KEY_ODD,
    MAX_AMOUNT,
    MAX_SCRIPT,
    SPECIAL_SCRIPTS,
)
from chains.utxo.scan_rules import TEMPLATE, order_of, written_form
from chains.utxo.snapshot_file import FIRST_UNORDERED, LONGEST_RECORD, MAX_HEIGHT, Fault

# Slots of the state array.
AT, LEFT, COINS, TOTAL, HIGHEST, ORDER, OUT, GROUP, UNSORTED, FIXES, HITS, FAULT = range(12)
STATE_SIZE = 12

MORE, OUT_FULL, FIXES_FULL, HITS_FULL, SORT, FULL_KEY, DONE, FAILED = range(8)
"""What `scan_chunk` returns: it wants more bytes, or room in one of its outputs; or a group of
coins was written that has to be sorted; or the last coin's script, written out, may pay to a public
key; or all coins were read; or state[FAULT] says why not."""

# A slot of the index holds the low half of a fingerprint, and below it the number of the target,
# from 1 on; 0: the slot is empty. What is known of the target itself stands in `targets`:
SCRIPT, AMOUNT_HELD = range(2)
TARGET_WORDS = 2
_SIZE_BITS, _SIZE_MASK = np.uint64(16), np.uint64(0xFFFF)
"""SCRIPT is where the script starts in the blob, and its size in the low bits."""

# Members of a coin that waits for its look-up.
_MARK, _START, _SIZE, _AMOUNT, _FOUND, _SCRIPT, _FIRST = range(7)
WAITING_WORDS = 7
_TOGETHER = 256
"""Targets that are entered together."""

LONGEST_ELEMENT = LONGEST_RECORD + 128
"""Bytes, more than one coin ever takes in the hash."""

_U7F = np.uint64(0x7F)
_U7, _U1, _U9, _U10 = (np.uint64(n) for n in (7, 1, 9, 10))
_U64_TOP = np.uint64((2**64 - 1) >> 7)
_POWERS = np.array([10**n for n in range(10)], np.uint64)
_LIMITS = np.array([MAX_AMOUNT // 10**n for n in range(10)], np.uint64)
_U64_MAX = np.uint64(2**64 - 1)
_S32 = np.uint64(32)
_U0, _U2, _U3, _U4, _U6, _U12, _U18 = (np.uint64(n) for n in (0, 2, 3, 4, 6, 12, 18))
_LOW_HALF = np.uint64(2**32 - 1)
_U63, _U64 = np.uint64(63), np.uint64(64)

# Groups of 7 bits are drawn together in pairs: 8 of 7, 4 of 14, 2 of 28.
_HIGH_BITS = np.uint64(0x8080808080808080)
_LOW_14, _HIGH_14 = np.uint64(0x007F007F007F007F), np.uint64(0x7F007F007F007F00)
_LOW_28, _HIGH_28 = np.uint64(0x00003FFF00003FFF), np.uint64(0x3FFF00003FFF0000)
_LOW_56, _HIGH_56 = np.uint64(0x000000000FFFFFFF), np.uint64(0x0FFFFFFF00000000)
_OFFSETS = np.array([sum(128**k for k in range(1, size)) for size in range(9)], np.uint64)
"""Length of a VARINT -> what its "+1 for each continued byte" adds up to."""

WORDS = 5
"""8-byte words of a script that are mixed without a loop; almost all scripts are no longer."""
_MASKS = np.array(
    [
        [(1 << 8 * min(8, max(0, size - 8 * n))) - 1 for n in range(WORDS)]
        for size in range(8 * WORDS + 1)
    ],
    np.uint64,
)
"""Length of a script, number of a word -> which of its bits belong to the script."""
_HINT = 3
"""Where the 8 bytes stand in a script by which the filter knows it."""
_LONG = np.uint64(0xFD)
_SPECIAL = np.uint64(SPECIAL_SCRIPTS)
_FULL_EVEN, _FULL_ODD = np.uint64(FULL_KEY_EVEN), np.uint64(FULL_KEY_ODD)
_LONGEST_KIND = np.uint64(MAX_SCRIPT + SPECIAL_SCRIPTS)
_MAX_HEIGHT = np.uint64(MAX_HEIGHT)
_OVERFLOW = -1

TRUNCATED, VARINT, COMPACT_SIZE = int(Fault.TRUNCATED), int(Fault.VARINT), int(Fault.COMPACT_SIZE)
AMOUNT, TOTAL_AMOUNT, SCRIPT_SIZE = int(Fault.AMOUNT), int(Fault.TOTAL), int(Fault.SCRIPT_SIZE)
HEIGHT, TXID_ORDER, VOUT_ORDER = int(Fault.HEIGHT), int(Fault.TXID_ORDER), int(Fault.VOUT_ORDER)
GROUP_SIZE, VOUT, SCRIPT_FORM = int(Fault.GROUP_SIZE), int(Fault.VOUT), int(Fault.SCRIPT_FORM)


@intrinsic
def _word(_typing, data, at):
    """Return the 8 bytes at `at` as one little-endian number: one load, wherever they lie."""

    def generate(context, builder, signature, values):
        array = context.make_array(signature.args[0])(context, builder, values[0])
        place = builder.gep(array.data, [values[1]])
        return builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()), align=1)

    return types.uint64(data, at), generate


@intrinsic
def _put_word(_typing, data, at, word):
    """Write 8 bytes at `at`: one store."""

    def generate(context, builder, signature, values):
        array = context.make_array(signature.args[0])(context, builder, values[0])
        place = builder.gep(array.data, [values[1]])
        builder.store(values[2], builder.bitcast(place, ir.IntType(64).as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(data, at, types.uint64), generate


@compiled(inline="always")
def _copy(out, to, data, at, size):
    """Copy `size` bytes, and up to 7 more, which are overwritten by what follows."""
    done = 0
    while done < size:
        _put_word(out, to + done, _word(data, at + done))
        done += 8


@intrinsic
def _swapped(_typing, word):
    """Return the 8 bytes of `word` in the other order."""

    def generate(_context, builder, _signature, values):
        return builder.bswap(values[0])

    return types.uint64(types.uint64), generate


@intrinsic
def _zeros_below(_typing, word):
    """Return how many zero bits stand below the lowest one bit; 64 if there is none."""

    def generate(_context, builder, _signature, values):
        return builder.cttz(values[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate


@compiled()
def _long_varint(data, at):
    """Return a VARINT of any length and the position after it, negative if it overflows."""
    byte = np.uint64(data[at])
    at += 1
    value = byte & _U7F
    while byte > _U7F:
        if value == _U64_MAX:
            return value, _OVERFLOW
        value += _U1
        if value > _U64_TOP:
            return value, _OVERFLOW
        byte = np.uint64(data[at])
        at += 1
        value = value << _U7 | byte & _U7F
    return value, at


@compiled(inline="always")
def _varint(data, at):
    """Return a VARINT and the position after it, which is negative if it overflows.

    Up to 8 bytes are decoded without a branch: how long coins' numbers are cannot be predicted.
    """
    word = _word(data, at)
    bits = _zeros_below(~word & _HIGH_BITS) + _U1  # 8 times the length
    if bits > _U64:
        return _long_varint(data, at)
    digits = (_swapped(word) & ~_HIGH_BITS) >> (_U64 - bits)
    digits = (digits & _LOW_14) | (digits & _HIGH_14) >> _U1
    digits = (digits & _LOW_28) | (digits & _HIGH_28) >> _U2
    digits = (digits & _LOW_56) | (digits & _HIGH_56) >> _U4
    return digits + _OFFSETS[bits >> _U3], at + np.int64(bits >> _U3)


@compiled()
def _long_compact_size(data, at):
    """Return a CompactSize of more than one byte, and the position after it: negated if bad."""
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
        return value, -(at + 1 + size)
    return value, at + 1 + size


@compiled(inline="always")
def _compare(data, at, txid):
    """Return 1, 0 or -1: whether the txid at `at` is larger than, equal to or below `txid`."""
    for n in range(32):
        if data[at + n] != txid[n]:
            return 1 if data[at + n] > txid[n] else -1
    return 0


@compiled(inline="always")
def _fingerprint(data, at, size, keys):
    """Return 64 bits that depend on `keys` and on the `size` bytes at `at` (40 may be touched)."""
    if size <= WORDS * 8:
        row = np.uint64(size)
        mixed = keys[WORDS] + row
        for n in range(WORDS):
            mixed += (_word(data, at + 8 * n) & _MASKS[row, n]) * keys[n]
            mixed ^= mixed >> _S32
    else:
        mixed = keys[WORDS] + np.uint64(size)
        for n in range(size):
            mixed = (mixed ^ np.uint64(data[at + n])) * keys[0]
            mixed ^= mixed >> _S32
    mixed *= keys[0]
    return mixed ^ mixed >> _S32


@compiled(inline="always")
def _hint(data, at, size, keys):
    """Return 64 bits that depend on `keys` and on 8 bytes of the script, which are never alike.

    Every common script has its hash or its key there. Those who choose alike ones make the filter
    let them pass, and gain nothing by it.
    """
    if size < _HINT + 8:
        return _fingerprint(data, at, size, keys)
    mixed = _word(data, at + _HINT) * keys[0]
    mixed = (mixed ^ mixed >> _S32) * keys[1]
    return mixed ^ mixed >> _S32


@compiled(inline="always")
def _pattern(mark):
    """Return the three bits of its word that stand for a hint in the filter."""
    return _U1 << (mark & _U63) | _U1 << (mark >> _U6 & _U63) | _U1 << (mark >> _U12 & _U63)


@compiled(inline="always")
def _may_hold(words, mask, mark):
    """Return False when no target has this hint."""
    pattern = _pattern(mark)
    return words[mark >> _U18 & mask] & pattern == pattern


@compiled()
def _same(target, blob, data, at, size):
    """Return whether a target is the script of `size` bytes at `at`."""
    if np.int64(target & _SIZE_MASK) != size:
        return False
    start = np.int64(target >> _SIZE_BITS)
    for n in range(size):
        if blob[start + n] != data[at + n]:
            return False
    return True


@compiled()
def fill_table(blob, keys, near, index, targets):
    """Enter every target, whose SCRIPT is set, into the filter and the index (open addressing).

    Returns False when a script is there twice.
    """
    near_mask, mask = np.uint64(near.size - 1), np.uint64(index.size - 1)
    marks, hints = np.empty(_TOGETHER, np.uint64), np.empty(_TOGETHER, np.uint64)
    for first in range(0, targets.shape[0], _TOGETHER):
        count = min(_TOGETHER, targets.shape[0] - first)
        for n in range(count):
            start = np.int64(targets[first + n, SCRIPT] >> _SIZE_BITS)
            size = np.int64(targets[first + n, SCRIPT] & _SIZE_MASK)
            marks[n] = _fingerprint(blob, start, size, keys)
            hints[n] = _hint(blob, start, size, keys)
        for n in range(count):
            mark, script = marks[n], targets[first + n, SCRIPT]
            slot = mark >> _S32 & mask
            while index[slot]:
                if index[slot] >> _S32 == mark & _LOW_HALF:
                    other = targets[np.int64(index[slot] & _LOW_HALF) - 1, SCRIPT]
                    size = np.int64(script & _SIZE_MASK)
                    if _same(other, blob, blob, np.int64(script >> _SIZE_BITS), size):
                        return False
                slot = slot + _U1 & mask
            near[hints[n] >> _U18 & near_mask] |= _pattern(hints[n])
            index[slot] = mark << _S32 | np.uint64(first + n + 1)
    return True


@compiled()
def _look_up(
    data, waiting, waiting_outpoints, count, blob, index, targets,
    keep, hit_places, hit_outpoints, hit_amounts, hits,
):  # fmt: skip
    """Credit the coins that wait to the targets that hold them; returns the new number of hits.

    One short loop for each step: its turns do not depend on one another, so the processor waits
    for the memory of many of them at a time.
    """
    mask = np.uint64(index.size - 1)
    for n in range(count):
        waiting[n, _FOUND] = index[waiting[n, _MARK] >> _S32 & mask]
    for n in range(count):
        waiting[n, _SCRIPT] = _U0
        if waiting[n, _FOUND] >> _S32 == waiting[n, _MARK] & _LOW_HALF:
            place = np.int64(waiting[n, _FOUND] & _LOW_HALF) - 1
            if place >= 0:
                waiting[n, _SCRIPT] = targets[place, SCRIPT]
    for n in range(count):
        if waiting[n, _SCRIPT]:
            waiting[n, _FIRST] = _word(blob, np.int64(waiting[n, _SCRIPT] >> _SIZE_BITS))
    for n in range(count):
        mark = waiting[n, _MARK]
        slot = mark >> _S32 & mask
        found = waiting[n, _FOUND]
        while found:
            if found >> _S32 == mark & _LOW_HALF:
                place = np.int64(found & _LOW_HALF) - 1
                at, size = np.int64(waiting[n, _START]), np.int64(waiting[n, _SIZE])
                if _same(targets[place, SCRIPT], blob, data, at, size):
                    targets[place, AMOUNT_HELD] += waiting[n, _AMOUNT]
                    if keep:
                        hit_places[hits] = place
                        hit_amounts[hits] = waiting[n, _AMOUNT]
                        hit_outpoints[hits] = waiting_outpoints[n]
                        hits += 1
                    break
            slot = slot + _U1 & mask
            found = index[slot]
    return hits


@compiled()
def _write_element(out, to, txid, vout, code, amount, data, at, kind, size):
    """Write what is hashed of one coin; returns the position after it.

    Of an uncompressed key only x is written, after a mark of the parity of its y.
    """
    _copy(out, to, txid, 0, 32)
    _put_word(out, to + 32, np.uint64(vout) | code << _S32)
    _put_word(out, to + 40, amount)
    to += 48
    if kind == 0:
        _put_word(out, to, np.uint64(0x14A97619))
        _copy(out, to + 4, data, at, 20)
        out[to + 24] = 0x88
        out[to + 25] = 0xAC
        return to + 26
    if kind == 1:
        _put_word(out, to, np.uint64(0x14A917))
        _copy(out, to + 3, data, at, 20)
        out[to + 23] = 0x87
        return to + 24
    if kind < 4:  # noqa: PLR2004 (a compressed key)
        out[to] = 35
        out[to + 1] = 33
        out[to + 2] = kind
        _copy(out, to + 3, data, at, 32)
        out[to + 35] = 0xAC
        return to + 36
    if kind < SPECIAL_SCRIPTS:
        out[to] = 67
        out[to + 1] = 65
        out[to + 2] = kind
        _copy(out, to + 3, data, at, 32)
        out[to + 67] = 0xAC
        return to + 68
    if size < 0xFD:  # noqa: PLR2004
        out[to] = size
        to += 1
    else:
        out[to] = 0xFD
        out[to + 1] = size & 0xFF
        out[to + 2] = size >> 8
        to += 3
    _copy(out, to, data, at, size)
    return to + size


@compiled()
def scan_chunk(
    data, available, real_end, coins, grouped, code_bits, state, txid,
    keys, near, index, targets, blob, waiting, waiting_outpoints,
    emit, out, fixes, keep, hit_places, hit_outpoints, hit_amounts,
):  # fmt: skip
    """Read records from `data` until one of the reasons above; the state says how far it got.

    `available` bytes may be touched; the file ends at `real_end` if that is not negative, and the
    bytes from there to `available` are padding. `code_bits` are those of a coin's code that count.
    """
    near_mask = np.uint64(near.size - 1)
    last_start = available - LONGEST_RECORD
    last_out = out.size - LONGEST_ELEMENT
    file_end = real_end if real_end >= 0 else available
    at, left, done, order = state[AT], state[LEFT], state[COINS], state[ORDER]
    total, highest = np.uint64(state[TOTAL]), np.uint64(state[HIGHEST])
    written, group, unsorted = state[OUT], state[GROUP], state[UNSORTED]
    fixed, hits = state[FIXES], state[HITS]
    count_waiting = 0
    status, fault, record = FAILED, 0, at
    while True:
        record = at
        is_done = done == coins
        compared = 1
        if not is_done:
            if at > last_start:
                status = MORE
                if real_end >= 0:
                    status, fault = FAILED, TRUNCATED
                break
            if left == 0 and done > 0:
                compared = _compare(data, at, txid)
        # In the old format every coin has its txid: a group is the coins that share one.
        is_new = is_done or (left == 0 and (grouped or compared != 0))
        if is_new:
            if unsorted:
                status = SORT
                break
            group = written
            if is_done:
                status = DONE
                break
        if emit:
            if written > last_out:
                status = OUT_FULL
                break
            if fixed == fixes.size:
                status = FIXES_FULL
                break
        if keep and hits + count_waiting == hit_places.size:
            status = HITS_FULL
            break
        if is_new:
            if compared <= 0:
                fault = TXID_ORDER
                if at + 32 > file_end:
                    fault = TRUNCATED
                break
            _copy(txid, 0, data, at, 32)
            order = -1
            if grouped:
                count = np.uint64(data[at + 32])
                at += 33
                if count >= _LONG:
                    count, at = _long_compact_size(data, at - 1)
                    if at < 0:
                        fault = COMPACT_SIZE
                        break
                if at > file_end:
                    fault = TRUNCATED
                    break
                if count == _U0 or count > np.uint64(coins - done):
                    fault = GROUP_SIZE
                    break
                left = np.int64(count)
                if at > last_start:
                    continue
        if not grouped:
            at += 32
        # One coin.
        if grouped:
            wide = np.uint64(data[at])
            at += 1
            if wide >= _LONG:
                wide, at = _long_compact_size(data, at - 1)
                if at < 0:
                    fault = COMPACT_SIZE
                    break
            if wide >> _S32:
                fault = VOUT
                break
            vout = np.int64(wide)
        else:
            vout = np.int64(_word(data, at) & np.uint64(0xFFFFFFFF))
            at += 4
        place = vout << 32 if vout < 128 else order_of(vout)  # noqa: PLR2004
        if place <= order:
            fault = VOUT_ORDER
            break
        code, at = _varint(data, at)
        if at < 0:
            fault = VARINT
            break
        code &= code_bits
        height = code >> _U1
        if height > _MAX_HEIGHT:
            fault = HEIGHT
            break
        compressed, at = _varint(data, at)
        if at < 0:
            fault = VARINT
            break
        amount = _U0
        if compressed:
            compressed -= _U1
            exponent = compressed % _U10
            compressed //= _U10
            if exponent < _U9:
                number = compressed // _U9 * _U10 + compressed % _U9 + _U1
            else:
                number = compressed + _U1
            if number > _LIMITS[exponent]:
                fault = AMOUNT
                break
            amount = number * _POWERS[exponent]
        total += amount
        if total < amount:  # 64 bits, MAX_TOTAL, and it began anew
            fault = TOTAL_AMOUNT
            break
        start = at
        kind, at = _varint(data, at)
        if at < 0:
            fault = VARINT
            break
        if kind >= _SPECIAL:
            if kind > _LONGEST_KIND:
                fault = SCRIPT_SIZE
                break
            size = np.int64(kind) - SPECIAL_SCRIPTS
            form = written_form(data, at, size)
        else:
            size = 20 if kind < _U2 else 32
            form = 0
        end = at + size
        if end > file_end:
            fault = TRUNCATED
            break
        if form == TEMPLATE:
            fault = SCRIPT_FORM
            break
        if _may_hold(near, near_mask, _hint(data, start, end - start, keys)):
            if count_waiting == waiting.shape[0]:
                hits = _look_up(
                    data, waiting, waiting_outpoints, count_waiting, blob, index, targets,
                    keep, hit_places, hit_outpoints, hit_amounts, hits,
                )  # fmt: skip
                count_waiting = 0
            waiting[count_waiting, _MARK] = _fingerprint(data, start, end - start, keys)
            waiting[count_waiting, _START] = start
            waiting[count_waiting, _SIZE] = end - start
            waiting[count_waiting, _AMOUNT] = amount
            if keep:
                for n in range(32):
                    waiting_outpoints[count_waiting, n] = txid[n]
                for n in range(4):
                    waiting_outpoints[count_waiting, 32 + n] = (vout >> (8 * n)) & 0xFF
            count_waiting += 1
        if emit:
            if kind == _FULL_EVEN or kind == _FULL_ODD:  # noqa: PLR1714
                fixes[fixed] = written + 50
                fixed += 1
            written = _write_element(
                out, written, txid, vout, code, amount, data, at, kind, size
            )  # fmt: skip
            if vout >= FIRST_UNORDERED:
                unsorted = 1
        highest = max(highest, height)
        order = place
        if grouped:
            left -= 1
        done += 1
        at = end
        if form:
            status = FULL_KEY
            break
    hits = _look_up(
        data, waiting, waiting_outpoints, count_waiting, blob, index, targets,
        keep, hit_places, hit_outpoints, hit_amounts, hits,
    )  # fmt: skip
    if fault and abs(at) > file_end:  # whatever it is, it was found in the padding
        fault = TRUNCATED
    state[AT] = at if status != FAILED else record
    state[LEFT], state[COINS], state[ORDER] = left, done, order
    state[TOTAL], state[HIGHEST] = np.int64(total), np.int64(highest)
    state[OUT], state[GROUP], state[UNSORTED] = written, group, unsorted
    state[FIXES], state[HITS], state[FAULT] = fixed, hits, fault
    return status
