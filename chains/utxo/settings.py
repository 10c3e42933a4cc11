"""What reading balances of the UTXO family may do. Pure values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from chains.transport.settings import TransportSettings


def _silent(_text: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UtxoSettings:
    """How one network of the family is read."""

    transport: TransportSettings = field(default_factory=TransportSettings)
    quorum: int = 1
    """Independent servers that must agree on a balance, where servers are asked."""
    snapshot: Path | None = None
    """A `dumptxoutset` file of this network; None: none was given."""
    snapshot_hash: str = ""
    """The hash that the caller trusts for `snapshot`, as `parse_set_hash` has it; or empty."""
    blocks: str = ""
    """Where the blocks after `snapshot` come from: a folder, a file or a REST URL; may be empty."""
    dump_to: str = ""
    """Where the node is to write a snapshot that it makes itself; as the node sees the path."""
    may_roll_back: bool = False
    """Whether a node may be asked for work that takes its network down for minutes."""
    say: Callable[[str], None] = _silent
    """Told what is going on, one sentence at a time."""
