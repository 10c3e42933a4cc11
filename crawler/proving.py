"""Which balances are proven, and what that shows: the policy of ``--prove``. Pure.

Amounts of different assets have no common unit here, so the policy is applied to each holding form
at each snapshot block by itself, weighing accounts by the balance that was read:

* ``all``: every account, also those without a balance.
* ``value:99%``: the largest accounts that together hold that share of what was read. A form's
  total cannot be overstated by more than the rest without being found.
* ``sample:460``: so many draws, each account as likely as its share of the value. Balances that are
  overstated by the fraction f of the total escape m draws with probability (1 - f) ** m.

Draws come from hashes of the block hash, the list's digest and the form: nobody chooses them, and
anybody can repeat them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256, sha512
from itertools import accumulate
from typing import NamedTuple

from chains.adapter import Assurance, Observed, Proven, SnapshotPoint
from crawler.errors import ConfigurationError

STATED_FRACTION = Fraction(1, 100)
"""The overstated part of a form's value for which the detection probability is stated."""

MOST_DRAWS = 1_000_000

_POLICY = re.compile(r"all|value:(\d{1,3}(?:\.\d{1,4})?)%|sample:(\d{1,7})", re.ASCII)


class PolicyKind(StrEnum):
    """How accounts are chosen for a proof."""

    ALL = "all"
    VALUE = "value"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class ProvePolicy:
    """A parsed ``--prove``; `text` is what was written."""

    kind: PolicyKind
    text: str
    share: Fraction = Fraction(1)
    """Of the value, for `PolicyKind.VALUE`; above 0, at most 1."""
    draws: int = 0
    """For `PolicyKind.SAMPLE`; above 0."""

    def detection(self) -> Fraction | None:
        """Return the probability that overstating a form by 1 % of its value is found.

        None for ``value``, where the answer is not one number: what is certain to be found is
        said by the share itself.
        """
        match self.kind:
            case PolicyKind.ALL:
                return Fraction(1)
            case PolicyKind.SAMPLE:
                return 1 - (1 - STATED_FRACTION) ** self.draws
            case PolicyKind.VALUE:
                return None


def parse_policy(text: str) -> ProvePolicy:
    """Return the policy that `text` writes. Raises ConfigurationError.

    >>> parse_policy("value:99.5%").share, parse_policy("sample:460").draws
    (Fraction(199, 200), 460)
    """
    found = _POLICY.fullmatch(text.strip())
    if found is None:
        raise ConfigurationError(
            [f"--prove: {text!r} is none of all, value:99%, sample:460"],
        )
    share, draws = found.groups()
    if share is not None:
        part = Fraction(share) / 100
        if not 0 < part <= 1:
            raise ConfigurationError(["--prove: a share of the value lies above 0% and up to 100%"])
        return ProvePolicy(PolicyKind.VALUE, text.strip(), share=part)
    if draws is not None:
        if not 0 < int(draws) <= MOST_DRAWS:
            raise ConfigurationError([f"--prove: between 1 and {MOST_DRAWS:,} draws"])
        return ProvePolicy(PolicyKind.SAMPLE, text.strip(), draws=int(draws))
    return ProvePolicy(PolicyKind.ALL, "all")


def seed_of(point: SnapshotPoint, list_digest: str, form: str) -> bytes:
    """Return the seed of the draws for one form at one block in one list."""
    return sha256(f"{point.block_hash}\n{list_digest}\n{form}".encode()).digest()


def choose(policy: ProvePolicy, readings: Mapping[bytes, int], seed: bytes) -> list[bytes]:
    """Return the accounts to prove, distinct and in the order of their bytes.

    `readings` are balances, none negative. Depends on nothing but its arguments.
    """
    accounts = sorted(readings)
    match policy.kind:
        case PolicyKind.ALL:
            return accounts
        case PolicyKind.VALUE:
            return sorted(_largest(readings, policy.share))
        case PolicyKind.SAMPLE:
            return sorted(_drawn([(one, readings[one]) for one in accounts], policy.draws, seed))


def _largest(readings: Mapping[bytes, int], share: Fraction) -> list[bytes]:
    due = share * sum(readings.values())
    chosen: list[bytes] = []
    held = 0
    for account, amount in sorted(readings.items(), key=lambda item: (-item[1], item[0])):
        if held >= due:
            break
        chosen.append(account)
        held += amount
    return chosen


def _drawn(readings: list[tuple[bytes, int]], draws: int, seed: bytes) -> set[bytes]:
    ends = list(accumulate(amount for _, amount in readings))
    if not ends or not ends[-1]:
        return set()
    chosen = set()
    for draw in range(draws):
        digest = sha512(seed + draw.to_bytes(4, "big")).digest()
        # 512 bits over less than 260: no place is likelier than its share by any visible amount.
        place = int.from_bytes(digest, "big") % ends[-1]
        chosen.add(readings[bisect_right(ends, place)][0])
    return chosen


class Contradiction(NamedTuple):
    """A reading that a proof replaced."""

    account: bytes
    said: int
    proven: int
    sources: tuple[str, ...]
    """Labels of the endpoints that said it."""


@dataclass(slots=True)
class FormProofs:
    """What became of the proofs of one holding form at one block. Amounts in base units."""

    form: str
    network: str
    height: int
    decimals: int
    read: int
    chosen: int
    proven: int = 0
    value_read: int = 0
    value_proven: int = 0
    """Of the readings, as they were before any was replaced."""
    contradicted: list[Contradiction] = field(default_factory=list)
    unproven: Counter[str] = field(default_factory=Counter)
    """Reason -> accounts."""
    layout: str = ""
    """How a token's balances were found in its storage; empty for the native coin."""
    tested: int = 0
    """Holders on which that layout was tested."""


@dataclass(slots=True)
class ProvingResult:
    """What ``--prove`` did in one run."""

    policy: ProvePolicy
    forms: list[FormProofs] = field(default_factory=list)
    file: str = ""
    """Name of the file of proofs; empty when none was written."""


def proven_reading(
    account: bytes, reading: Observed, proof: Proven, counted: FormProofs
) -> Observed:
    """Return the reading that a proof makes of `reading`, counting it into `counted`.

    A proof that agrees adds its source; one that contradicts replaces the amount, and the
    endpoints that had given another are named.
    """
    counted.proven += 1
    counted.value_proven += reading.amount
    if proof.amount == reading.amount:
        sources = tuple(dict.fromkeys((*reading.sources, proof.source)))
        return replace(reading, assurance=Assurance.PROOF, sources=sources)
    counted.contradicted.append(
        Contradiction(account, reading.amount, proof.amount, reading.sources)
    )
    said = f"{', '.join(reading.sources)} said {reading.amount} base units"
    note = f"{reading.note} {said}; the state proof shows {proof.amount}.".strip()
    return replace(
        reading,
        amount=proof.amount,
        assurance=Assurance.PROOF,
        sources=(proof.source,),
        note=note,
    )
