"""Sizes and limits of reading EVM balances."""

from __future__ import annotations

from dataclasses import dataclass, field

from chains.evm.methods import Method
from chains.evm.programs import MOST_DEPLOYLESS
from chains.transport.settings import TransportSettings

MOST_SLOTS = 1024
"""Slots in one request of eth_getStorageValues (execution-apis 756)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvmSettings:
    """How much is asked at once, and how much at the same time."""

    native_chunk: int = 5_000
    """Addresses in one packed call: about 3,000 gas each, so 15 of the usual 30 to 50 million."""
    token_chunk: int = 3_000
    """Holders in one packed call: 2,500 gas each for a plain token, about 7,000 for USDC."""
    multicall_chunk: int = 1_000
    """Calls in one bundle of Multicall3: about 200 bytes each way."""
    batch_chunk: int = 200
    """Balances in one JSON-RPC batch; its identification comes on top."""
    pieces_per_endpoint: int = 4
    """Pieces of one query that are under way at the same time."""
    pin_grace_s: float = 5.0
    """How long slower endpoints are waited for once one has described the snapshot block."""
    quorum: int = 1
    """Independent endpoints that must give the same balance."""
    final_age_s: int = 86_400
    """A block older than this by its own time counts as final where the tag is missing or behind.

    Longer than any reorganisation that a ledger has recovered from on its own.
    """
    confirmations: int = 64
    """Blocks on top of a final one, where nodes lack the tag and networks.toml a number.

    Two epochs of Ethereum.
    """
    transport: TransportSettings = field(default_factory=TransportSettings)

    def most(self, method: Method, *, token: bool) -> int:
        """Return how many balances go into one call of `method` at most."""
        packed = self.token_chunk if token else self.native_chunk
        match method:
            case Method.OVERRIDE:
                return packed
            case Method.DEPLOYLESS:
                return min(packed, MOST_DEPLOYLESS)
            case Method.STORAGE:
                return min(packed, MOST_SLOTS)
            case Method.MULTICALL:
                return min(packed, self.multicall_chunk)
            case Method.SINGLES:
                return self.batch_chunk
