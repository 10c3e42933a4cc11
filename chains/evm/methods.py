"""The ways in which a node can be asked for many balances, best first. Pure.

Which of them a node accepts is found out by asking it (`node`); how much fits into one call is
learnt for each way and each token (`bulk`).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol


class Method(StrEnum):
    """A way of asking. The order of the members is the order in which they are tried."""

    OVERRIDE = "override"
    """A packed program, put at an unused address by state override."""
    DEPLOYLESS = "deployless"
    """The same as the init code of a contract creation."""
    STORAGE = "storage-values"
    """eth_getStorageValues, for a token whose balance slots are known."""
    MULTICALL = "multicall3"
    """The deployed Multicall3 contract."""
    SINGLES = "batch"
    """One request for each address, in JSON-RPC batches where they are accepted."""


PACKED = (Method.OVERRIDE, Method.DEPLOYLESS, Method.STORAGE, Method.MULTICALL)
"""The ways that answer many addresses in one request."""


class SlotPattern(Protocol):
    """Where a token keeps the balance of a holder."""

    def slot(self, holder: bytes) -> int:
        """Return the storage slot of a holder's balance."""
        ...

    def decode(self, word: int) -> int:
        """Return the balance that the word in that slot stands for."""
        ...


KnownSlot = Callable[[bytes], SlotPattern | None]
"""The pattern of a token (20 bytes), or None when it is not known; tested before use (`bulk`)."""


def no_known_slot(_: bytes) -> SlotPattern | None:
    """Return None: nothing is known about any token."""
    return None
