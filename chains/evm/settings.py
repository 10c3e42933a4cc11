"""Sizes and limits of reading EVM balances."""

from __future__ import annotations

from dataclasses import dataclass, field

from chains.transport.settings import TransportSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class EvmSettings:
    """How much is asked at once, and how much at the same time."""

    native_chunk: int = 5_000
    """Addresses in one packed call: about 3,000 gas each, so 15 of the usual 30 to 50 million."""
    token_chunk: int = 3_000
    """Holders in one packed call: 2,500 gas each for a plain token, about 7,000 for USDC."""
    batch_chunk: int = 200
    """Balances in one JSON-RPC batch; its identification comes on top."""
    pieces_per_endpoint: int = 4
    """Pieces of one query that are under way at the same time."""
    pin_grace_s: float = 5.0
    """How long slower endpoints are waited for once one has described the snapshot block."""
    transport: TransportSettings = field(default_factory=TransportSettings)
