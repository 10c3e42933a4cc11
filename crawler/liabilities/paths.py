"""What the systems have in common that give each customer a path and publish only the root. Pure.

Such a proof shows that one leaf lies under one root. The root must be compared with the public
page; two customers must have been given the same one. So FILES may be several: before the
customer's proof may stand other customers' proofs, and a file with the published root,
``{"root": "<hex>"}`` or ``{"root": {"hash": "<hex>"}}``.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from crawler.liabilities.documents import Node, document
from crawler.liabilities.interface import (
    Check,
    Grade,
    LiabilitiesError,
    LiabilitiesResult,
    PathStep,
    ProofFile,
    Request,
    judged,
    not_possible,
    root_check,
)
from crawler.liabilities.sums import trimmed, units
from crawler.models import Amount

LEVELS = 64
"""More levels than any tree of customers has."""

AMOUNT_RULE = "a balance, not negative, in plain digits with at most 8 decimals,"

COINS = 2000
"""More coins than any exchange lists in a proof."""

FLAW = (
    "A parent commits only to the sum of its children, not to each of them: different customers "
    "can be shown different neighbours, so the total may be too low."
)

_KEY = re.compile(rb'"(\w{1,64})"\s*:', re.ASCII)


def keys_in(head: bytes) -> frozenset[str]:
    """Return the JSON member names in the first part of a file.

    >>> sorted(keys_in(b'{"self": {"hash": "x"}, "path": []}'))
    ['hash', 'path', 'self']
    """
    return frozenset(key.decode() for key in _KEY.findall(head))


def amounts_in(node: Node) -> dict[str, Node]:
    """Return the members of an object of balances: at least one, at most `COINS`."""
    members = node.members()
    if not 1 <= len(members) <= COINS:
        node.refuse(f"1 to {COINS} balances were expected")
    return {coin: node.member(coin) for coin in members}


def units_of(node: Node) -> int:
    """Return the balance that a string writes, in units of 10**-8."""
    found = units(node.text())
    if found is None:
        node.refuse(f"{AMOUNT_RULE} was expected")
    return found


@dataclass(frozen=True, slots=True)
class Climb:
    """Where one customer's proof leads."""

    checks: tuple[Check, ...]
    root: str
    totals: dict[str, Amount]
    """The sums at the root; empty when the system has none there."""
    path: tuple[PathStep, ...]
    found: tuple[tuple[str, str], ...] = ()
    """What the proof says about the customer."""
    facts: tuple[tuple[str, str], ...] = ()


def hash_check(name: str, computed: str, stated: str) -> Check:
    """Return the comparison of a hash that was computed with the one in the file."""
    return judged(
        name,
        holds=computed == stated,
        detail=computed,
        wrong=f"computed {computed}, the file says {stated}",
    )


def sums_check(computed: Mapping[str, str], stated: Mapping[str, str]) -> Check:
    """Return the comparison of the sums that a path adds up to with those at the root."""
    differing = [coin for coin in computed if computed[coin] != stated.get(coin)]
    if not differing and len(computed) == len(stated):
        return judged("root sums", holds=True, detail=f"{len(computed)} sums agree")
    coin = (differing or sorted(set(stated) - set(computed)))[0]
    added_up, said = computed.get(coin, "nothing"), stated.get(coin, "nothing")
    wrong = f"the path adds up to {added_up} {coin}, the root says {said}"
    return judged("root sums", holds=False, wrong=wrong)


class PathSystem(ABC):
    """A system of customers' proofs without a published tree."""

    name: str
    scope: tuple[str, ...]

    @abstractmethod
    def climb(self, proof: Node) -> Climb:
        """Return where the proof leads. Raises LiabilitiesError when it is not of this form."""

    @abstractmethod
    def has_form(self, keys: frozenset[str]) -> bool:
        """Return whether these are member names of a proof of this system."""

    def recognises(self, files: Sequence[ProofFile]) -> bool:
        """Return whether the customer's file looks like a proof of this system."""
        return bool(files) and self.has_form(keys_in(files[-1].head))

    def verify(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Check the proofs: there is nothing else to check in this system."""
        return self.include(files, request)

    def include(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Check the customer's proof; proofs and roots in files before it must agree with it."""
        if not files:
            raise LiabilitiesError(f"{self.name} needs the customer's proof")
        climb = self.climb(document(files[-1]))
        checks = list(climb.checks)
        for file in files[:-1]:
            top = document(file)
            published = _published_root(top)
            if published is not None:
                checks.extend(_compare_root(published, climb, request))
                continue
            other = self.climb(top)
            checks.extend(
                replace(check, name=f"{file.name}: {check.name}") for check in other.checks
            )
            checks.append(_same_root(file, other, climb))
        if request.root or not any(check.name == "published root" for check in checks):
            checks.append(root_check(climb.root, request))
        checks.append(
            not_possible("completeness", "a path shows nothing of the customers beside it")
        )
        return LiabilitiesResult(
            system=self.name,
            checks=tuple(checks),
            totals=climb.totals,
            grade=Grade.CLAIMED,
            scope=self.scope,
            root=climb.root,
            path=climb.path,
            found=climb.found,
            facts=climb.facts,
        )

    def find(self, file: ProofFile, wanted: str, request: Request) -> LiabilitiesResult:
        """Raise LiabilitiesError: there is no published list to look anything up in."""
        del file, wanted, request
        raise LiabilitiesError(
            f"{self.name} publishes no list of customers to look an id up in",
            hint=f"check your own proof: assay liabilities include {self.name} FILE",
        )


def _published_root(top: Node) -> Node | None:
    """Return the root that a file with nothing but a root states; None for a proof."""
    members = top.members()
    if "root" not in members or "self" in members or "path" in members:
        return None
    return top.member("root")


def _compare_root(published: Node, climb: Climb, request: Request) -> list[Check]:
    if isinstance(published.value, str):
        return [root_check(climb.root, replace(request, root=published.text(longest=66)))]
    stated = published.member("hash").text(longest=66)
    checks = [root_check(climb.root, replace(request, root=stated))]
    balances = published.maybe("balances")
    if balances is not None and climb.totals:
        sums = {coin: trimmed(entry.amount()) for coin, entry in amounts_in(balances).items()}
        wrong = "the sums at the root are not the published ones"
        checks.append(judged("published sums", holds=sums == climb.totals, wrong=wrong))
    return checks


def _same_root(file: ProofFile, other: Climb, climb: Climb) -> Check:
    return judged(
        f"{file.name}: same root",
        holds=(other.root, other.totals) == (climb.root, climb.totals),
        detail="both proofs lead to the same root and sums",
        wrong=f"that proof leads to {other.root}, the customer's to {climb.root}",
    )
