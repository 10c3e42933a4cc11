"""Group claims into balance queries and find duplicates. Pure.

A *holding* is one (network, holding form, account); the first row that claims it is its primary
row, every later one is a duplicate and is never looked up or counted (design rule 6).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field

from chains.adapter import HoldingForm, Observed, Reading, Unresolved
from chains.errors import AddressError, UnresolvedReason
from chains.registry import Network, family_module
from crawler.entities import CoinMapping
from crawler.models import NO_HEIGHT, Claim, ClaimKind

Canonical = Callable[[str], bytes]
"""Decodes an address of one network to its canonical bytes; raises AddressError."""

VALIDATOR_KEY_SIZE = 48
"""Bytes of a validator's public key; no account of any family is that long."""

_VALIDATOR_KEY = re.compile(r"(?:0[xX])?([0-9a-fA-F]{96})", re.ASCII)


def canonical_of(
    coins: Mapping[str, CoinMapping], networks: Mapping[str, Network]
) -> Callable[[str, str], bytes]:
    """Return `canonical(coin, text)`: the account bytes by the rules of the coin's network."""
    codecs: dict[str, Callable[[str], bytes]] = {}

    def codec(coin: str) -> Callable[[str], bytes]:
        mapping = coins[coin.upper()]
        if mapping.rule is not None:
            family, parameters = mapping.rule.family, mapping.rule.parameters
        else:
            network = networks[mapping.network or ""]
            family, parameters = network.family, network.address
        decode = family_module(family, "addresses").canonical

        def canonical(text: str) -> bytes:
            account: bytes = decode(text, parameters)
            return account

        return canonical

    def canonical(coin: str, text: str) -> bytes:
        found = codecs.get(coin)
        if found is None:
            found = codecs[coin] = codec(coin)
        return found(text)

    return canonical


@dataclass(frozen=True, slots=True)
class BalanceQuery:
    """All accounts of one holding form that are to be read at one height."""

    network: str
    form: HoldingForm
    height: int
    """NO_HEIGHT when the rows state none and a time stands for it."""
    addresses: list[bytes]
    """Canonical and distinct."""
    stake: bool = False
    """Whether the addresses are public keys of validators, whose balance is on the beacon chain."""


@dataclass(slots=True)
class Holdings:
    """The accounts claimed for one holding form, in order of their first row."""

    network: str
    form: HoldingForm | None
    """None when the coin has no holding form; such accounts are only checked for duplicates."""
    slots: dict[bytes, int] = field(default_factory=dict)
    first: array[int] = field(default_factory=lambda: array("q"))
    """slot -> ordinal of the primary row."""
    heights: array[int] = field(default_factory=lambda: array("q"))
    """slot -> height of the primary row, or NO_HEIGHT."""
    readings: list[Reading | None] = field(default_factory=list)
    """slot -> reading; None until it is answered."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a claim's reading is found; `holdings` is None when it has none."""

    holdings: Holdings | None
    slot: int
    primary: int
    """Ordinal of the row that claims the holding first."""
    problem: Unresolved | None


class Plan:
    """The holdings of a list. Feed every claim in list order; `place` finds it again."""

    def __init__(self, canonical: Callable[[str, str], bytes], *, is_timed: bool = False) -> None:
        """`canonical(coin, text)` decodes an address by the rules of a coin's network.

        `is_timed` says that rows without a height are to be read, at the block of a moment.
        """
        self._canonical = canonical
        self._is_timed = is_timed
        self._holdings: dict[tuple[str, str], Holdings] = {}
        self.repeated: set[int] = set()
        """Ordinals of primary rows whose holding is claimed again later."""

    def add(self, claim: Claim, ordinal: int) -> None:
        """Take in a claim; `ordinal` is its position among all rows of the list."""
        if claim.claims_nothing:
            return
        key, problem = account_of(claim, self._canonical)
        if problem is None and claim.mapping is not None:
            self.put(claim.mapping, key, claim.height, ordinal)

    def put(self, mapping: CoinMapping, account: bytes, height: int | None, ordinal: int) -> bool:
        """Take in a claim whose account is known; return whether an earlier row claims it too."""
        holdings = self._group(mapping)
        if holdings is None:
            return False
        slot = holdings.slots.setdefault(account, len(holdings.first))
        if slot != len(holdings.first):
            self.repeated.add(holdings.first[slot])
            return True
        holdings.first.append(ordinal)
        holdings.heights.append(NO_HEIGHT if height is None else height)
        holdings.readings.append(unreadable(mapping, height, is_timed=self._is_timed))
        return False

    def place(self, claim: Claim, ordinal: int) -> Place:
        """Return where the reading of a claim is that was added before."""
        if claim.claims_nothing:
            return Place(None, 0, ordinal, None)
        key, problem = account_of(claim, self._canonical)
        holdings = None
        if problem is None and claim.mapping is not None:
            holdings = self._group(claim.mapping)
        if holdings is None:
            return Place(None, 0, ordinal, problem)
        slot = holdings.slots[key]
        return Place(holdings, slot, holdings.first[slot], None)

    def queries(self) -> Iterator[BalanceQuery]:
        """Yield what has to be read, grouped by network, form and height; each account once."""
        for holdings in self._holdings.values():
            if holdings.form is None:
                continue
            groups: dict[tuple[int, bool], list[bytes]] = {}
            for account, slot in holdings.slots.items():
                if holdings.readings[slot] is None:
                    group = holdings.heights[slot], len(account) == VALIDATOR_KEY_SIZE
                    groups.setdefault(group, []).append(account)
            for (height, stake), addresses in sorted(groups.items()):
                yield BalanceQuery(holdings.network, holdings.form, height, addresses, stake)

    def answer(self, query: BalanceQuery, account: bytes, reading: Reading) -> None:
        """Store a reading. Raises KeyError for an account that was not asked for, or asked twice.

        Replies are matched by account, so their order never matters.
        """
        holdings = self._holdings[query.network, query.form.id]
        slot = holdings.slots[account]
        if holdings.readings[slot] is not None:
            raise KeyError(f"{query.form.id} {account.hex()} was answered twice")
        holdings.readings[slot] = reading

    def observed(self, query: BalanceQuery) -> dict[bytes, Observed]:
        """Return the readings of a query that are balances, by account."""
        holdings = self._holdings[query.network, query.form.id]
        found = (
            (account, holdings.readings[holdings.slots[account]]) for account in query.addresses
        )
        return {account: reading for account, reading in found if isinstance(reading, Observed)}

    def revise(self, query: BalanceQuery, account: bytes, reading: Observed) -> None:
        """Replace a reading by a better one. Raises KeyError where no balance was read before."""
        holdings = self._holdings[query.network, query.form.id]
        slot = holdings.slots[account]
        if not isinstance(holdings.readings[slot], Observed):
            raise KeyError(f"{query.form.id} {account.hex()} was not read before")
        holdings.readings[slot] = reading

    def unread(
        self, query: BalanceQuery, reasons: Container[UnresolvedReason]
    ) -> dict[bytes, Unresolved]:
        """Return the accounts of a query that are unresolved for one of `reasons`, and why."""
        holdings = self._holdings[query.network, query.form.id]
        found = (
            (account, holdings.readings[holdings.slots[account]]) for account in query.addresses
        )
        return {
            account: reading
            for account, reading in found
            if isinstance(reading, Unresolved) and reading.reason in reasons
        }

    def recall(self, query: BalanceQuery, account: bytes, reading: Observed) -> None:
        """Replace an Unresolved reading by one of another block. Raises KeyError for others."""
        holdings = self._holdings[query.network, query.form.id]
        slot = holdings.slots[account]
        if not isinstance(holdings.readings[slot], Unresolved):
            raise KeyError(f"{query.form.id} {account.hex()} is not unresolved")
        holdings.readings[slot] = reading

    def readings(self) -> Iterator[Reading]:
        """Yield what every account was answered that has a holding form."""
        for holdings in self._holdings.values():
            if holdings.form is not None:
                yield from (reading for reading in holdings.readings if reading is not None)

    def holdings(self) -> Iterator[Holdings]:
        """Yield all holdings, those of a form or of a coin without one together."""
        yield from self._holdings.values()

    def fill(self, query: BalanceQuery, reading: Unresolved) -> list[bytes]:
        """Give `reading` to every account of `query` that has no answer yet; return those."""
        holdings = self._holdings[query.network, query.form.id]
        filled = []
        for account in query.addresses:
            slot = holdings.slots[account]
            if holdings.readings[slot] is None:
                holdings.readings[slot] = reading
                filled.append(account)
        return filled

    def reopen(self, query: BalanceQuery, labels: frozenset[str]) -> BalanceQuery:
        """Take back the readings of `query` that rest on one of `labels`; return what to ask."""
        holdings = self._holdings[query.network, query.form.id]
        taken = []
        for account in query.addresses:
            reading = holdings.readings[holdings.slots[account]]
            if isinstance(reading, Observed) and not labels.isdisjoint(reading.sources):
                holdings.readings[holdings.slots[account]] = None
                taken.append(account)
        return BalanceQuery(query.network, query.form, query.height, taken)

    def discard(self, query: BalanceQuery, reading: Unresolved) -> None:
        """Give `reading` to every account of `query` in place of what was observed."""
        holdings = self._holdings[query.network, query.form.id]
        for account in query.addresses:
            slot = holdings.slots[account]
            if isinstance(holdings.readings[slot], Observed):
                holdings.readings[slot] = reading

    def _group(self, mapping: CoinMapping) -> Holdings | None:
        if mapping.network is None:
            return None
        form = mapping.form
        key = (mapping.network, form.id if form is not None else f"?{mapping.coin}")
        holdings = self._holdings.get(key)
        if holdings is None:
            holdings = self._holdings[key] = Holdings(mapping.network, form)
        return holdings


def account_of(
    claim: Claim, canonical: Callable[[str, str], bytes]
) -> tuple[bytes, Unresolved | None]:
    """Return the account of a claim, or why it has none; nothing where its ledger is not known.

    `canonical(coin, text)` decodes an address by the rules of a coin's network.
    """
    text = claim.material.address
    if claim.kind is ClaimKind.STAKING:
        try:
            return validator_key(text), None
        except AddressError as error:
            return b"", Unresolved(UnresolvedReason.BAD_ADDRESS, str(error))
    if claim.mapping is None or claim.mapping.network is None:
        return b"", None
    try:
        return canonical(claim.mapping.coin, text), None
    except AddressError as error:
        return b"", Unresolved(UnresolvedReason.BAD_ADDRESS, str(error))


def unmapped(claim: Claim) -> Unresolved:
    """Return why nothing is looked up for a claim whose ledger is not known."""
    if claim.mapping is None:
        return Unresolved(
            UnresolvedReason.UNMAPPED_COIN,
            "The entity's table does not know this coin name, so nothing is looked up for it.",
        )
    return Unresolved(UnresolvedReason.NO_HOLDING_FORM, claim.mapping.gap)


def validator_key(text: str) -> bytes:
    """Return the 48 bytes of a validator's public key. Raises AddressError."""
    key = _VALIDATOR_KEY.fullmatch(text.strip())
    if key is None:
        raise AddressError("The row names no validator: a public key has 96 hexadecimal digits.")
    return bytes.fromhex(key[1])


def unreadable(mapping: CoinMapping, height: int | None, *, is_timed: bool) -> Unresolved | None:
    """Return why an account is not looked up at all, or None when it is."""
    if mapping.form is None:
        return Unresolved(UnresolvedReason.NO_HOLDING_FORM, mapping.gap)
    if height is None and not is_timed:
        return Unresolved(
            UnresolvedReason.NO_HEIGHT,
            "The list gives no snapshot height for this row; name one with --height, or the time "
            "of the snapshot with --snapshot-time.",
        )
    return None
