"""Arithmetic of the Goldilocks field, its quadratic extension, and the algebra over that extension.

The field is F = Z/P with P = 2^64 - 2^32 + 1. `Ext` is F[X]/(X^2 - 7), where Plonky2 draws its
challenges; `Algebra` is Ext[Y]/(Y^2 - 7), which gates use for pairs of wires.
Source: liabilities spec, section 4.6.

>>> Ext(0, 1) * Ext(0, 1)
Ext(7, 0)
>>> Ext(3, 4) * Ext(3, 4).inverse()
Ext(1, 0)
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

P = 2**64 - 2**32 + 1
NON_RESIDUE = 7
"""Square of the extension's X, and of the algebra's Y."""
COSET_SHIFT = 7
"""Generator of the multiplicative group; the commitments are made on the coset it shifts to."""
TWO_ADICITY = 32
_TOP_ROOT = 1753635133440165772


class Ext:
    """An element `a + b*X` of F[X]/(X^2 - 7), with both coordinates in [0, P)."""

    __slots__ = ("a", "b")

    def __init__(self, a: int, b: int = 0) -> None:
        self.a = a
        self.b = b

    def __repr__(self) -> str:
        return f"Ext({self.a}, {self.b})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ext):
            return NotImplemented
        return self.a == other.a and self.b == other.b

    def __hash__(self) -> int:
        return hash((self.a, self.b))

    def __add__(self, other: "Ext") -> "Ext":
        return Ext((self.a + other.a) % P, (self.b + other.b) % P)

    def __sub__(self, other: "Ext") -> "Ext":
        return Ext((self.a - other.a) % P, (self.b - other.b) % P)

    def __mul__(self, other: "Ext") -> "Ext":
        a, b, c, d = self.a, self.b, other.a, other.b
        return Ext((a * c + NON_RESIDUE * b * d) % P, (a * d + b * c) % P)

    def scaled(self, factor: int) -> "Ext":
        """Return the product with an element of F."""
        return Ext(self.a * factor % P, self.b * factor % P)

    def inverse(self) -> "Ext":
        """Return the inverse; ZeroDivisionError for zero."""
        norm = (self.a * self.a - NON_RESIDUE * self.b * self.b) % P
        if norm == 0:
            raise ZeroDivisionError("zero has no inverse")
        inverted = pow(norm, -1, P)
        return Ext(self.a * inverted % P, -self.b * inverted % P)

    def power(self, exponent: int) -> "Ext":
        """Return the power for an exponent of zero or more."""
        result, square = ONE, self
        while exponent:
            if exponent & 1:
                result *= square
            square *= square
            exponent >>= 1
        return result


ZERO = Ext(0)
ONE = Ext(1)


class Algebra:
    """An element `x + y*Y` of Ext[Y]/(Y^2 - 7); in a gate, a pair of neighbouring wires."""

    __slots__ = ("x", "y")

    def __init__(self, x: Ext, y: Ext = ZERO) -> None:
        self.x = x
        self.y = y

    def __add__(self, other: "Algebra") -> "Algebra":
        return Algebra(self.x + other.x, self.y + other.y)

    def __sub__(self, other: "Algebra") -> "Algebra":
        return Algebra(self.x - other.x, self.y - other.y)

    def __mul__(self, other: "Algebra") -> "Algebra":
        return Algebra(
            self.x * other.x + (self.y * other.y).scaled(NON_RESIDUE),
            self.x * other.y + self.y * other.x,
        )

    def times(self, factor: Ext) -> "Algebra":
        """Return the product with an element of Ext."""
        return Algebra(self.x * factor, self.y * factor)


@lru_cache(maxsize=TWO_ADICITY + 1)
def root_of_unity(bits: int) -> int:
    """Return the generator of the subgroup of order 2^bits, for 0 <= bits <= 32."""
    if not 0 <= bits <= TWO_ADICITY:
        raise ValueError(f"no subgroup of order 2^{bits}")
    return pow(_TOP_ROOT, 1 << (TWO_ADICITY - bits), P)


def powers(base: Ext, count: int) -> list[Ext]:
    """Return base^0 .. base^(count-1)."""
    result, power = [], ONE
    for _ in range(count):
        result.append(power)
        power *= base
    return result


def horner(coefficients: Iterable[Ext], point: Ext) -> Ext:
    """Return the sum of coefficients[k] * point^k."""
    result = ZERO
    for coefficient in reversed(list(coefficients)):
        result = result * point + coefficient
    return result


def interpolate_on_coset(start: int, values: Sequence[Ext], point: Ext) -> Ext:
    """Return, at a point, the polynomial of lowest degree through (start * g^j, values[j]).

    The number of values is a power of two and g the root of unity of that order.
    """
    size = len(values)
    step = root_of_unity(size.bit_length() - 1)
    total, node = ZERO, start
    for value in values:
        distance = point - Ext(node)
        if distance == ZERO:
            return value
        total += value * distance.inverse().scaled(node)
        node = node * step % P
    top = pow(start, size, P)
    return total * (point.power(size) - Ext(top)).scaled(pow(size * top, -1, P))


def reverse_bits(index: int, width: int) -> int:
    """Return the number whose `width` lowest bits are those of `index` in reverse.

    >>> reverse_bits(0b0011, 4)
    12
    """
    return int(format(index, f"0{width}b")[::-1], 2) if width else 0
