"""The network of the tests' chain, as networks.toml would describe it."""

from __future__ import annotations

from collections.abc import Sequence

from chains.adapter import BalanceReader, HoldingForm, Reading, SnapshotPoint, Unresolved
from chains.registry import Network
from chains.transport.settings import TransportSettings
from tests.nodes.regtest import GENESIS

OPTIONS = {"magic": "fabfb5da", "genesis": GENESIS, "pow": "sha256d", "retarget": "fixed"}
REGTEST = Network("regtest", "Regtest", "utxo", "BTC", 8, finality="2", options=OPTIONS)
COIN = HoldingForm("BTC@regtest", "BTC", "regtest", None, 8, ())
TOKEN = HoldingForm("USDT@regtest", "USDT", "regtest", "31", 8, ())
FAST = TransportSettings(tries=1, first_wait_s=0.0, longest_wait_s=0.0)


async def readings(
    reader: BalanceReader, height: int, accounts: Sequence[bytes]
) -> tuple[SnapshotPoint | Unresolved, dict[bytes, Reading]]:
    """Pin and read; every account must be answered exactly once."""
    async with reader:
        point = await reader.pin(height)
        if isinstance(point, Unresolved):
            return point, dict.fromkeys(accounts, point)
        found: dict[bytes, Reading] = {}
        async for batch in reader.balances(COIN, point, accounts):
            for account, reading in batch:
                assert account not in found
                found[account] = reading
    assert list(found) == list(accounts)
    return point, found
