"""The duplex sponge from which prover and verifier draw the same challenges.

Observed elements overwrite the first lanes, eight at a time; challenges are taken from the end of
the rate, lane 7 first, and any observation throws away what was not taken. Source: liabilities
spec, section 4.6.
"""

from collections.abc import Iterable

from crawler.liabilities.plonky2.goldilocks import Ext
from crawler.liabilities.plonky2.poseidon import RATE, permute
from crawler.liabilities.plonky2.poseidon_constants import WIDTH


class Challenger:
    """The transcript so far; starts at zero."""

    def __init__(self) -> None:
        self._state = [0] * WIDTH
        self._pending: list[int] = []
        self._outputs: list[int] = []

    def observe(self, elements: Iterable[int]) -> None:
        """Take in elements of the field, in order."""
        for element in elements:
            self._outputs.clear()
            self._pending.append(element)
            if len(self._pending) == RATE:
                self._duplex()

    def observe_ext(self, elements: Iterable[Ext]) -> None:
        """Take in elements of the extension, each as its two coordinates."""
        for element in elements:
            self.observe((element.a, element.b))

    def observe_cap(self, cap: Iterable[Iterable[int]]) -> None:
        """Take in the digests of a Merkle cap, in order."""
        for digest in cap:
            self.observe(digest)

    def challenge(self) -> int:
        """Return the next challenge, an element of the field."""
        if self._pending or not self._outputs:
            self._duplex()
        return self._outputs.pop()

    def challenges(self, count: int) -> list[int]:
        """Return the next challenges, in the order drawn."""
        return [self.challenge() for _ in range(count)]

    def ext_challenge(self) -> Ext:
        """Return the next challenge from the extension: two draws."""
        first = self.challenge()
        return Ext(first, self.challenge())

    def _duplex(self) -> None:
        self._state[: len(self._pending)] = self._pending
        self._pending.clear()
        self._state = permute(self._state)
        self._outputs = self._state[:RATE]
