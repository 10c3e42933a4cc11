"""What accounts held after every block: the truth that simulators of account ledgers serve."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FIRST_TIME = 1_700_000_000
BLOCK_S = 10


@dataclass
class History:
    """States by height, from `first` on. An account that is not in a state does not exist."""

    first: int = 100
    states: list[dict[bytes, int]] = field(default_factory=lambda: [{}])
    changed: list[dict[bytes, int]] = field(default_factory=lambda: [{}])
    """For every state the height at which each account last changed."""

    @property
    def tip(self) -> int:
        return self.first + len(self.states) - 1

    def state(self, height: int) -> dict[bytes, int]:
        """Raises LookupError for a height that the ledger does not have."""
        if not self.first <= height <= self.tip:
            raise LookupError(height)
        return self.states[height - self.first]

    def balance(self, account: bytes, height: int) -> int:
        return self.state(height).get(account, 0)

    def changed_at(self, account: bytes, height: int) -> int:
        return self.changed[height - self.first][account]

    def time(self, height: int) -> int:
        return FIRST_TIME + BLOCK_S * height

    def advance(self, amounts: Mapping[bytes, int | None] | None = None, blocks: int = 1) -> int:
        """Set balances in the next block, None closes an account; then mine empty blocks."""
        for number in range(blocks):
            state, changed = dict(self.states[-1]), dict(self.changed[-1])
            for account, amount in (amounts or {}).items() if not number else ():
                changed[account] = self.tip + 1
                if amount is None:
                    del state[account]
                else:
                    state[account] = amount
            self.states.append(state)
            self.changed.append(changed)
        return self.tip


@dataclass
class Scene:
    """A short history in which everything happens that a reader must get right."""

    history: History
    still: bytes
    moving: bytes
    rich: bytes
    closed: bytes
    later: bytes
    unknown: bytes
    heights: tuple[int, int, int]
    """Before, at and after a change of `moving`; the middle one is the snapshot."""

    @property
    def height(self) -> int:
        return self.heights[1]

    @property
    def accounts(self) -> list[bytes]:
        return [self.still, self.moving, self.rich, self.closed, self.later, self.unknown]

    def truth(self, height: int | None = None) -> dict[bytes, int]:
        at = self.height if height is None else height
        return {one: self.history.balance(one, at) for one in self.accounts}


def scene(account: Callable[[int], bytes], *, first: int = 100, blocks_after: int = 30) -> Scene:
    """The history that every family's trials are run over; `account` makes its accounts."""
    one, two, three, four, five, six = (account(number) for number in range(1, 7))
    told = Scene(History(first), one, two, three, four, five, six, heights=(0, 0, 0))
    history = told.history
    history.advance(
        {
            told.still: 7_000_000,
            told.moving: 1_000_000,
            told.rich: 2**53 + 1,
            told.closed: 5_000_000,
        }
    )
    before = history.advance(blocks=3)
    snapshot = history.advance({told.moving: 1_500_000})
    told.heights = (before, snapshot, history.advance({told.moving: 250_000, told.closed: None}))
    history.advance({told.later: 3_000_000})
    history.advance({told.moving: 900_000})
    history.advance(blocks=blocks_after)
    return told


def crowd(account: Callable[[int], bytes], count: int) -> tuple[Scene, list[bytes]]:
    """The same scene with `count` accounts more, every tenth of which changes after it."""
    told = scene(account)
    accounts = [account(1_000 + number) for number in range(count)]
    first = told.history.states[0]
    for number, one in enumerate(accounts):
        first[one] = 1_000_000 + number
        told.history.changed[0][one] = told.history.first
    for state, changed in zip(told.history.states[1:], told.history.changed[1:], strict=True):
        state |= {one: amount for one, amount in first.items() if one not in state}
        changed |= {one: told.history.first for one in first if one not in changed}
    told.history.advance(dict.fromkeys(accounts[::10], 5))
    told.history.advance(blocks=30)
    return told, accounts
