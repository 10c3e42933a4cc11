"""Sizes and limits of reading balances from Electrum, Esplora and Blockbook servers."""

from __future__ import annotations

from dataclasses import dataclass

from chains.panel import PanelSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings(PanelSettings):
    """How much is asked at once, and how closely the answers are checked."""

    batch: int = 200
    """Requests in one JSON-RPC batch to an Electrum server, or addresses in `getaddressdeltas`."""
    opinions: int = 2
    """Independent servers asked for each balance, where there are so many."""
    rereads: int = 1
    """How often what does not fit together, as after a reorganisation, is read again."""
    whole_history: int = 50
    """Histories of at most so many transactions are replayed whole: more omissions show."""
    most_transactions: int = 20_000
    """Transactions fetched for one address; a balance that needs more is unresolved."""
    most_headers: int = 1_000_000
    """Block headers linked on the way from the snapshot block to a coin's block."""
    most_pages: int = 400
    """Pages of an explorer's transaction list read for one address."""
