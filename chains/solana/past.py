"""What is known of one address around a slot, and the balance that follows from it. Pure.

The rules are those of `history`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from chains.errors import Incapable, MalformedAnswer, ProviderError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chains.solana.answers import Entry

ENTERED = (
    "It is what the last transaction up to the slot left; later ones were too many to be compared."
)
UNCHECKED = "The node no longer keeps the last transaction up to the slot to compare with."


class Found(NamedTuple):
    """A balance, and one sentence about how far it can be wrong, or nothing."""

    amount: int
    note: str = ""


@dataclass(slots=True)
class Past:
    """The transactions of one address around a slot, newest first."""

    after: list[Entry] = field(default_factory=list)
    before: list[Entry] = field(default_factory=list)
    """Of the newest slot up to the one asked for, and perhaps older ones."""
    entered: bool = False
    """Whether the history was entered in the middle: `after` is not whole then."""
    cursor: str = ""
    ended: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether all transactions of the slots that matter are known."""
        return self.ended or (bool(self.before) and self.before[-1].slot < self.before[0].slot)

    def take(self, page: Sequence[Entry], slot: int, most: int) -> None:
        """Add the next page, of up to `most` lines."""
        seen = {entry.signature for entry in (*self.after, *self.before)}
        last = (self.before or self.after)[-1:]
        if any(entry.signature in seen for entry in page) or (
            last and page and page[0].slot > last[0].slot
        ):
            raise MalformedAnswer("the pages of transactions repeat themselves")
        for entry in page:
            (self.after if entry.slot > slot else self.before).append(entry)
        self.ended = len(page) < most
        if page:
            self.cursor = page[-1].signature

    def enter(self, page: Sequence[Entry], slot: int, most: int) -> bool:
        """Take a page that begins at the slot; return whether it is one."""
        if not page or page[0].slot > slot:
            return False
        self.before, self.entered, self.cursor = list(page), True, page[-1].signature
        self.ended = len(page) < most
        return True


def group(entries: Sequence[Entry], at: int) -> list[Entry]:
    """Return the entries of the same slot as the one at `at`."""
    return [entry for entry in entries if entry.slot == entries[at].slot]


def in_order(
    group: Sequence[Entry], orders: Mapping[int, list[str] | ProviderError], at: int
) -> Entry | None:
    """Return the first (0) or last (-1) of the entries of one slot, as its block has them."""
    if len(group) < 2:  # noqa: PLR2004 (one has no order)
        return group[0] if group else None
    order = orders[group[0].slot]
    if isinstance(order, ProviderError):
        raise order
    places = {signature: place for place, signature in enumerate(order)}
    if any(entry.signature not in places for entry in group):
        raise MalformedAnswer("a block lacks a transaction that the history has in it")
    return sorted(group, key=lambda entry: places[entry.signature])[at]


def balance_between(past: Past, ends: Sequence[tuple[int, int] | None], now: int) -> Found:
    """Return the balance between the last transaction and the first after: rules 2 and 3.

    `ends` are what each of the two found and left behind, where the node keeps it.
    """
    last, first = ends
    if past.entered:
        if last is None:
            raise Incapable("the node does not keep the last transaction up to the slot")
        return Found(last[1], ENTERED)
    if past.after and first is None:
        raise Incapable("the node does not keep the first transaction after the slot")
    if now and not (past.after or past.before):
        raise Incapable("the node knows no transaction of an account that exists")
    amount = now if first is None else first[0]
    if last is None:
        return Found(amount, UNCHECKED if past.before else "")
    if last[1] != amount:
        until = f"slot {past.after[-1].slot}" if past.after else "now"
        raise Incapable(
            f"the account went from {last[1]} to {amount} without a transaction between slot "
            f"{past.before[0].slot} and {until}, as with rewards; nobody says when"
        )
    return Found(amount)
