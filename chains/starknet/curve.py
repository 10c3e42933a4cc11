"""The Stark curve: Pedersen hashes and signatures by a key's x-coordinate. Pure.

y^2 = x^3 + x + b over the field of P elements, of prime order N. Plain integers: the packaged C++
(crypto-cpp-py) takes as long per hash, half again as long per row, and 1.6 s to import.

What makes it fast enough: sums of fixed points come from tables of signed 10-bit windows, made on
first use, and the sums of one step share one inversion. A key needs no square root, which takes
4 ms in this field, because P - 1 is divisible by 2^192. Instead, with c = x^3 + x + b, the point
(cx, c^2) lies on y^2 = x^3 + c^2 x + c^3 b: this curve, seen through a square root of c. The x of a
sum or a difference follows from squares only.

Constants: the Starknet documentation (STARK curve, Pedersen hash).
"""

from __future__ import annotations

from functools import lru_cache

P = (1 << 251) + 17 * (1 << 192) + 1
"""The field."""
N = 0x800000000000010FFFFFFFFFFFFFFFFB781126DCAE7B2321E66A241ADC64D2F
"""The order of the curve."""
B = 0x6F21413EFBE40DE150E596D72F7A8C5609AD26C15C915C1F4CDFCB99CEE9E89
G = (
    0x1EF15C18599971B7BECED415A40F0C7DEACFD9B0D1819E03D723D8BC943CFCA,
    0x5668060AA49730B7BE4801DF46EC62DE53ECD11ABE43A32873000C36E8DC1F,
)
HASH_LIMIT = 1 << 251
"""Messages and the r of a signature are smaller than this."""

_SHIFT = (
    0x49EE3EBA8C1600700EE1B87EB599F16716B0B1022947733551FDE4050CA6804,
    0x3CA0CFE4B3BC6DDF346D49D06EA0ED34E621062C0E056C1D0405D266E10268A,
)
_HASHED = (
    (
        0x234287DCBAFFE7F969C748655FCA9E58FA8120B6D56EB0C1080D17957EBE47B,
        0x3B056F100F96FB21E889527D41F4E39940135DD7A6C94CC6ED0268EE89E5615,
    ),
    (
        0x4FA56F376C83DB33F9DAB2656558F3399099EC1DE5E3018B7A6932DBA8AA378,
        0x3FA0984C931C9E38113E0C0E47E4401562761F92A7A23B45168F4E80FF5B54D,
    ),
    (
        0x4BA4CC166BE8DEC764910F75B45F74B40C690C74709E90F3AA372F0BD2D6997,
        0x40301CF5C1751F4B971E46C4EDE85FCAC5C59A5CE5AE7C48151F27B24B219C,
    ),
    (
        0x54302DCB0E6CC1C6E44CCA8F61A63BB2CA65048D53FB325D36FF12C49A58202,
        0x1B77B3E37D13504B348046268D8AE25CE98AD783C25561A879DCC77E99C2426,
    ),
)
_LOW_BITS = 248
_DIGIT = 5
_WINDOW = 10
_HALF = 1 << _WINDOW - 1
_MASK = (1 << _WINDOW) - 1
_WINDOWS = 26
"""Of ten bits, with a sign: enough for the 252 bits of a scalar and the carry."""
_OFFSET = sum(_HALF << _WINDOW * place for place in range(_WINDOWS))
"""Added to a scalar, it makes every window the value it stands for, plus _HALF."""

Point = tuple[int, int]
Jacobian = tuple[int, int, int]
"""x = X / Z^2, y = Y / Z^3; Z is 0 for the point at infinity."""

Row = list[Point]
"""By value, 0 to at most _HALF: the multiples of a fixed point (the first is never used)."""
Table = list[Row]
"""By window: the multiples of 2^(10 windows) times a fixed point."""

_INFINITY: Jacobian = (1, 1, 0)


def pedersen(left: int, right: int) -> int:
    """Return the Pedersen hash of two field elements (0 to P - 1, ValueError otherwise).

    >>> hex(pedersen(0, 0))[:12]
    '0x49ee3eba8c'
    """
    return _x(_with_right(_with_left(left), right))


def after_each(lefts: tuple[int, ...], right: int) -> list[int]:
    """Return ``pedersen(left, right)`` for each of some constants, for the price of one."""
    end = _with_right(_INFINITY, right)
    return _xs([_add(end, _left_half(left)) for left in lefts])


def before_each(left: int, rights: tuple[int, ...]) -> list[int]:
    """Return ``pedersen(left, right)`` for each of some constants other than 0, as `after_each`."""
    start = _with_left(left)
    return _xs([_add(start, _right_half(right)) for right in rights])


@lru_cache(maxsize=64)
def _left_half(constant: int) -> Point:
    return _normalise([_with_left(constant)])[0]


@lru_cache(maxsize=256)
def _right_half(constant: int) -> Point:
    return _normalise([_with_right(_INFINITY, constant)])[0]


def pedersen_chain(items: list[int]) -> int:
    """Return the hash of `items`, one after the other, beginning with 0."""
    found = 0
    for item in items:
        found = pedersen(found, item)
    return found


def _with_left(value: int) -> Jacobian:
    return _add_halves((*_SHIFT, 1), value, *_tables()[:2])


def _with_right(point: Jacobian, value: int) -> Jacobian:
    return _add_halves(point, value, *_tables()[2:])


def _add_halves(point: Jacobian, value: int, low: Table, high: Table) -> Jacobian:
    if not 0 <= value < P:
        raise ValueError("a field element is 0 to P - 1")
    point = _add_windows(point, value & ((1 << _LOW_BITS) - 1), low)
    top = value >> _LOW_BITS
    return _add(point, high[0][top]) if top else point


@lru_cache(maxsize=4096)
def is_key(x: int) -> bool:
    """Return whether `x` is that of a point of the curve."""
    return 0 <= x < P and pow(_right_side(x), (P - 1) // 2, P) == 1


def is_signature(key: int, hashed: int, r: int, s: int) -> bool:
    """Return whether (r, s) signs `hashed` by one of the two points with the x-coordinate `key`.

    That is x((hashed / s) G + (r / s) Q) = r, with 0 < hashed, r < 2^251 and 0 < s < N. False also
    when `key` is no x of a point, or a number is out of range.
    """
    in_range = 0 < hashed < HASH_LIMIT and 0 < r < HASH_LIMIT and 0 < s < N
    if not (in_range and 0 <= key < P):
        return False
    inverse = pow(s, -1, N)
    multiple = _multiple_of_key(key, r * inverse % N)
    if multiple is None:
        return False
    fixed = _add_windows(_INFINITY, hashed * inverse % N, _generator_table())
    return _is_sum(fixed, multiple, _right_side(key), r)


def _right_side(x: int) -> int:
    return (x * x * x + x + B) % P


def _is_sum(fixed: Jacobian, multiple: Jacobian, c: int, r: int) -> bool:
    """Return whether r is the x of fixed + K or fixed - K, K the multiple seen through c's root.

    With dx the difference of the x, (r + x1 + x2) dx^2 - y1^2 - y2^2 = -+ 2 y1 y2, squared. This
    holds for no K of the twist: there y2^2 is no square (nor 0: no point has order 2).
    """
    z2_fixed = fixed[2] * fixed[2] % P
    z2_key = c * multiple[2] * multiple[2] % P
    inverse_fixed, inverse_key = _inverses([z2_fixed, z2_key])
    x, x_key = fixed[0] * inverse_fixed % P, multiple[0] * inverse_key % P
    difference = x - x_key
    if not difference:
        return False  # K is the fixed point or its negative: nobody signs so
    y_fixed, y_squared = _right_side(x), _right_side(x_key)
    side = ((r + x + x_key) * difference * difference - y_fixed - y_squared) % P
    return side * side % P == 4 * y_fixed * y_squared % P


def _multiple_of_key(key: int, scalar: int) -> Jacobian | None:
    """Return scalar * (key, y) on the curve through the root of c; None if that is infinity.

    Its X is c times too large: (X / (c Z^2)) is the x on the Stark curve. Infinity is met only
    with a number that is no key, and so is a point of the twist, which has another order.
    """
    c = _right_side(key)
    a = c * c % P
    return _multiple((key * c % P, a), scalar, a)


def _multiple(point: Point, scalar: int, a: int) -> Jacobian | None:
    """Return scalar * point on y^2 = x^3 + a x + ..., 0 < scalar < N; None at infinity.

    The digits are odd, between -15 and 15, and at least five places apart. None also if an odd
    multiple of the point up to the 15th is at infinity.
    """
    # Seen at the scale of twice the point, both that and the point itself have Z = 1.
    x, y, z = _double((*point, 1), a)
    square = z * z % P
    double, a = (x, y), a * square % P * square % P
    multiples: list[Jacobian] = [(point[0] * square % P, point[1] * square * z % P, 1)]
    while len(multiples) < 1 << _DIGIT - 2:
        multiples.append(_add(multiples[-1], double, a))
    if not all(multiple[2] for multiple in multiples):
        return None
    affine = _normalise(multiples)
    (gap, digit), *digits = reversed(_digits(scalar))
    found: Jacobian = (*affine[digit >> 1], 1)  # the first is positive
    for next_gap, digit in digits:
        found = _doubled(found, gap, a)
        other = affine[abs(digit) >> 1]
        found = _add(found, other if digit > 0 else (other[0], -other[1]), a)
        gap = next_gap
    x, y, last = _doubled(found, gap, a)
    return (x, y, last * z % P) if last else None


def _digits(scalar: int) -> list[tuple[int, int]]:
    """Return (places since the digit before, odd digit), the least first."""
    found: list[tuple[int, int]] = []
    while scalar:
        gap = (scalar & -scalar).bit_length() - 1
        scalar >>= gap
        digit = scalar & (1 << _DIGIT) - 1
        if digit >> _DIGIT - 1:
            digit -= 1 << _DIGIT
        scalar -= digit
        found.append((gap, digit))
    return found


def _doubled(point: Jacobian, times: int, a: int) -> Jacobian:
    """Return the point doubled, carrying a Z^4 along (no point has order 2: Y is not 0)."""
    x, y, z = point
    if not z:
        return point
    square = z * z % P
    weight = a * (square * square % P) % P
    for _ in range(times):
        y2 = y * y % P
        s = 4 * x * y2 % P
        m = (3 * x * x + weight) % P
        y4 = 8 * y2 * y2 % P
        z = 2 * y * z % P
        x = (m * m - 2 * s) % P
        y = (m * (s - x) - y4) % P
        weight = 2 * y4 * weight % P
    return x, y, z


def _double(point: Jacobian, a: int) -> Jacobian:
    x, y, z = point
    if not y or not z:
        return _INFINITY
    y2 = y * y % P
    z2 = z * z % P
    s = 4 * x * y2 % P
    m = (3 * x * x + a * (z2 * z2 % P)) % P
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * y2 * y2) % P, 2 * y * z % P


def _add(point: Jacobian, other: Point, a: int = 1) -> Jacobian:
    x, y, z = point
    if not z:
        return (*other, 1)
    z2 = z * z % P
    h = (other[0] * z2 - x) % P
    m = (other[1] * z2 * z - y) % P
    if not h:
        return _INFINITY if m else _double(point, a)
    h2 = h * h % P
    h3 = h * h2 % P
    v = x * h2 % P
    x3 = (m * m - h3 - 2 * v) % P
    return x3, (m * (v - x3) - y * h3) % P, z * h % P


def _x(point: Jacobian) -> int:
    inverse = pow(point[2], -1, P)
    return point[0] * inverse * inverse % P


def _xs(points: list[Jacobian]) -> list[int]:
    return [x for x, _ in _normalise(points)]


def _normalise(points: list[Jacobian]) -> list[Point]:
    """Return the points with Z = 1; one inversion for all of them. None may be at infinity."""
    found: list[Point] = []
    for (x, y, _), inverse in zip(points, _inverses([z for _, _, z in points]), strict=True):
        square = inverse * inverse % P
        found.append((x * square % P, y * square * inverse % P))
    return found


def _inverses(numbers: list[int]) -> list[int]:
    """Return the inverse of each, none of them 0, for one inversion and three products each."""
    products = [1]
    for number in numbers:
        products.append(products[-1] * number % P)
    inverse = pow(products.pop(), -1, P)
    found: list[int] = []
    for number, before in zip(reversed(numbers), reversed(products), strict=True):
        found.append(inverse * before % P)
        inverse = inverse * number % P
    return found[::-1]


def _add_windows(point: Jacobian, scalar: int, table: Table) -> Jacobian:
    """Return point + scalar * (the point of `table`)."""
    shifted = scalar + _OFFSET
    x, y, z = point
    for row in table:
        window = (shifted & _MASK) - _HALF
        shifted >>= _WINDOW
        if not window:
            continue
        x2, y2 = row[abs(window)]
        if window < 0:
            y2 = -y2
        # As _add, written out: most of the time of a row is spent here.
        square = z * z % P
        h = (x2 * square - x) % P
        if not (h and z):
            x, y, z = _add((x, y, z), (x2, y2 % P))
            continue
        m = (y2 * (square * z % P) - y) % P
        z = z * h % P
        square = h * h % P
        v = x * square % P
        cube = h * square % P
        x = (m * m - cube - 2 * v) % P
        y = (m * (v - x) - y * cube) % P
    return x, y, z


def _table(point: Point, bits: int) -> Table:
    """Return the multiples of `point` for scalars of so many bits; short ones have one window."""
    if bits < _WINDOW:
        return _rows([point], 1 << bits - 1)
    bases: list[Jacobian] = [(*point, 1)]
    for _ in range(bits // _WINDOW):
        base = bases[-1]
        for _ in range(_WINDOW):
            base = _double(base, 1)
        bases.append(base)
    return _rows(_normalise(bases), _HALF)


def _rows(bases: list[Point], size: int) -> Table:
    """Return the multiples 0 to `size`, a power of 2, of each base.

    From those up to k follow those up to 2k, by adding the k-th; all in one go, so that they share
    an inversion. None is at infinity, and only the last of a go is a doubling.
    """
    rows = [[base, base] for base in bases]
    while len(rows[0]) <= size:
        below: list[int] = []
        for row in rows:
            x, y = row[-1]
            below += [other - x for other, _ in row[1:-1]]
            below.append(2 * y)
        inverses = iter(_inverses(below))
        for row in rows:
            x, y = row[-1]
            above = [other - y for _, other in row[1:-1]]
            above.append(3 * x * x + 1)
            for (other, _), rise, inverse in zip(row[1:], above, inverses, strict=False):
                slope = rise * inverse % P
                total = (slope * slope - x - other) % P
                row.append((total, (slope * (x - total) - y) % P))
    return rows


@lru_cache(maxsize=1)
def _tables() -> tuple[Table, Table, Table, Table]:
    left, left_high, right, right_high = _HASHED
    return (
        _table(left, _LOW_BITS),
        _table(left_high, 4),
        _table(right, _LOW_BITS),
        _table(right_high, 4),
    )


@lru_cache(maxsize=1)
def _generator_table() -> Table:
    return _table(G, N.bit_length())
