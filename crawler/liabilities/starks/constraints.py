"""The constraints of OKX's zk V1 at one point, and the combination tested for low degree. Pure.

Source: liabilities spec, sections 3.3 and 3.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crawler.liabilities.starks import field
from crawler.liabilities.starks.field import BLOW_UP, P
from crawler.liabilities.starks.tree import StarkRefusedError

DIGITS = 4
"""A net value is written out in digits of base 4, one row each."""


@dataclass(frozen=True, slots=True)
class Trace:
    """The sizes of a trace and the points its constraints single out."""

    steps: int
    """Rows."""
    rows: int
    """Rows of one user's block."""

    @property
    def points(self) -> int:
        """Return the size of the evaluation domain."""
        return BLOW_UP * self.steps

    @property
    def blocks(self) -> int:
        """Return the number of users' blocks, the empty first one among them."""
        return self.steps // self.rows


@dataclass(frozen=True, slots=True)
class Sums:
    """The claimed totals: net value and the main coins."""

    total: int
    coins: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """The columns' values at one point, and where the constraints look besides."""

    position: int
    net: int
    coins: tuple[int, ...]
    identity: int
    net_quotients: tuple[int, int, int, int]
    coin_quotients: tuple[int, ...]
    """Two for each main coin."""
    net_next: int
    """One row further."""
    net_total: int
    """At the block's last row, from here."""
    net_following: int
    """One block further."""
    coins_total: tuple[int, ...]
    coins_following: tuple[int, ...]


class Constraints:
    """The constraints of one trace with its claimed sums."""

    def __init__(self, trace: Trace, sums: Sums) -> None:
        self._trace = trace
        self._sums = sums
        self._generator = field.root_of_unity(trace.points)
        self._first = pow(self._generator, BLOW_UP * (trace.rows - 1), P)
        self._last = pow(self._generator, BLOW_UP * (trace.steps - 1), P)
        self._total_rows = pow(self._first, trace.blocks, P)
        self._value_rows = pow(self._generator, BLOW_UP * (trace.rows - 2) * trace.blocks, P)
        self._span = pow(self._last - self._first, -1, P)

    def check(self, point: Point) -> None:
        """Check every constraint at a point off the trace. Raises StarkRefusedError."""
        x = pow(self._generator, point.position, P)
        x_blocks = pow(x, self._trace.blocks, P)
        zero, digits, adding, ends = point.net_quotients
        if (point.net - zero * (x_blocks - 1)) % P:
            raise StarkRefusedError("constraints: a block's first net value is not zero")
        step = point.net_next - DIGITS * point.net
        left = step * (step - 1) * (step - 2) * (step - 3)
        left = left * (x_blocks - self._value_rows) * (x_blocks - self._total_rows)
        if (left - digits * (pow(x, self._trace.steps, P) - 1)) % P:
            raise StarkRefusedError("constraints: the digits of a net value")
        sums = (self._sums.total, *self._sums.coins)
        values = (point.net, *point.coins[: len(self._sums.coins)])
        totals = (point.net_total, *point.coins_total)
        following = (point.net_following, *point.coins_following)
        quotients = (adding, ends, *point.coin_quotients)
        for column, (claimed, value) in enumerate(zip(sums, values, strict=True)):
            name = f"coin {column - 1}" if column else "net value"
            grown = following[column] - totals[column] - value
            behind, at_ends = x - self._first, x - self._last
            quotient = quotients[2 * column]
            if (grown * at_ends - quotient * (x_blocks - self._total_rows)) % P:
                raise StarkRefusedError(f"constraints: the running total of the {name}")
            line = claimed * behind * self._span
            if (value - line - quotients[2 * column + 1] * behind * at_ends) % P:
                raise StarkRefusedError(f"constraints: the claimed total of the {name}")

    def combination(self, point: Point, factors: Sequence[int]) -> int:
        """Return the value of the linear combination, with two factors for each column."""
        x = pow(self._generator, point.position, P)
        raised = pow(x, 3 * self._trace.steps, P)
        zero, digits, adding, ends = point.net_quotients
        columns = (
            point.net,
            *point.coins,
            point.identity,
            zero,
            adding,
            ends,
            *point.coin_quotients,
        )
        total = digits
        for place, value in enumerate(columns):
            total += (factors[2 * place] + factors[2 * place + 1] * raised) * value
        return total % P


def factor_count(coins: int, main_coins: int) -> int:
    """Return how many factors a combination takes."""
    return 10 + 2 * coins + 4 * main_coins
