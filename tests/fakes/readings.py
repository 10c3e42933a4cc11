"""What tests of balance readers say again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Observed, SnapshotPoint, Unresolved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import BalanceReader, HoldingForm, Reading


async def collect(
    asked: BalanceReader, form: HoldingForm, point: SnapshotPoint, accounts: Sequence[bytes]
) -> dict[bytes, Reading]:
    """Return every reading, after checking that each account was answered exactly once."""
    found: dict[bytes, Reading] = {}
    async for batch in asked.balances(form, point, accounts):
        for account, value in batch:
            assert account not in found
            found[account] = value
    assert found.keys() == set(accounts)
    return found


async def pinned(asked: BalanceReader, height: int) -> SnapshotPoint:
    point = await asked.pin(height)
    assert isinstance(point, SnapshotPoint), point
    return point


def observed(value: object) -> Observed:
    assert isinstance(value, Observed), value
    return value


def unresolved(value: object) -> Unresolved:
    assert isinstance(value, Unresolved), value
    return value
