"""Binance: a customer's path in the accounts' tree. Pure.

1. The assets are filled up with unused ones to the number of the account's tier, and their six
   fields are committed to, three to an element.
2. The leaf is the hash of id, equity, debt, collateral and the commitment.
3. The path of 28 siblings leads to the root.

The exchange's own published example does not follow this rule, so a path that does not lead to
the root could not be checked; it is not said to be wrong. The batches are not read at all.
Source: liabilities spec, section 10.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from crawler.liabilities import bn254_accounts as accounts
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
    passed,
    root_check,
)
from crawler.liabilities.poseidon_bn254 import digest

NAME = "binance"
TIERS = (50, 92, 350, 500)
"""Numbers of assets that accounts are filled up to."""
FIELDS = ("Index", "Equity", "Debt", "Loan", "Margin", "PortfolioMargin")

SCOPE = (
    (
        "A pass means: the assets in the file are committed in a leaf under the root. Only the "
        "customer's path is checked."
    ),
    (
        "Batches, totals and their Groth16 proofs (with commitments) are not read: nothing is "
        "said about what the exchange owes in total."
    ),
    "The root must be the published one: compare it with the page.",
)

_NAMES = accounts.Names(more=("TotalCollateral",))

Holding = tuple[int, ...]
"""The six fields of one asset."""


def parse_holdings(node: Node) -> tuple[Holding, ...]:
    """Return a customer's assets, by index. Raises LiabilitiesError."""
    seen: set[int] = set()
    found = []
    for item in node.items(most=max(TIERS)):
        item.only(*FIELDS)
        amounts = (item.member(name).integer(0, accounts.MOST_AMOUNT) for name in FIELDS[1:])
        found.append((accounts.asset_index(item, seen), *amounts))
    return tuple(sorted(found))


def filled(holdings: Sequence[Holding], tier: int) -> list[Holding]:
    """Return the assets and, up to the tier, the unused ones with the smallest indices.

    >>> filled([(1, 7, 0, 0, 0, 0)], 2)
    [(0, 0, 0, 0, 0, 0), (1, 7, 0, 0, 0, 0)]
    """
    used = {holding[0] for holding in holdings}
    unused = (index for index in range(tier) if index not in used)
    missing = max(0, tier - len(holdings))
    empty = [(index, *[0] * (len(FIELDS) - 1)) for index, _ in zip(unused, range(missing))]  # noqa: B905 - whichever ends first
    return sorted([*holdings, *empty])


def leaf(account: accounts.Account, collateral: int, holdings: Sequence[Holding]) -> int:
    """Return the leaf of an account whose assets are filled up already."""
    commitment = digest(accounts.pack([part for holding in holdings for part in holding]))
    return digest([account.identity, account.equity, account.debt, collateral, commitment])


@dataclass(frozen=True, slots=True)
class Binance:
    """The system ``binance``. File: user_config.json."""

    name: str = NAME
    scope: tuple[str, ...] = SCOPE

    def recognises(self, files: Sequence[ProofFile]) -> bool:
        """Return whether a file is a customer's proof of this system."""
        return any(
            b'"TotalCollateral"' in file.head and b'"AccountIdHash"' in file.head for file in files
        )

    def verify(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Check the customer's file: there is nothing else that is read."""
        if len(files) != 1:
            raise LiabilitiesError("one file was expected: the customer's user_config.json")
        top = document(files[0])
        account = accounts.parse(top, _NAMES)
        collateral = top.member("TotalCollateral").integer(0, accounts.MOST_TOTAL)
        holdings = parse_holdings(top.member(_NAMES.assets))
        checks, path = _path_checks(account, collateral, holdings)
        root = accounts.hex_of(account.root)
        return LiabilitiesResult(
            system=self.name,
            checks=(
                judged(
                    "equity covers debt",
                    holds=account.equity >= account.debt,
                    detail=f"equity {account.equity}, debt {account.debt}",
                ),
                *checks,
                not_possible("batch proofs", "batches and totals are not read"),
                root_check(root, request),
            ),
            totals={},
            grade=Grade.CLAIMED,
            scope=self.scope,
            root=root,
            path=path,
            facts=(
                ("account id", accounts.hex_of(account.identity)),
                ("total collateral", str(collateral)),
                *((f"asset {index}", _shown(amounts)) for index, *amounts in holdings),
            ),
        )

    def include(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Check the customer of the last file."""
        return self.verify(files[-1:], request)

    def find(self, file: ProofFile, wanted: str, request: Request) -> NoReturn:
        """Refuse: this system's file is one customer's."""
        del file, wanted, request
        raise LiabilitiesError(f"{NAME} publishes no list of ids; use include with your own file")


def _shown(amounts: Sequence[int]) -> str:
    named = zip(FIELDS[1:], amounts, strict=True)
    return ", ".join(f"{name} {amount}" for name, amount in named)


def _path_checks(
    account: accounts.Account, collateral: int, holdings: Sequence[Holding]
) -> tuple[list[Check], tuple[PathStep, ...]]:
    for tier in TIERS:
        if len(holdings) > tier:
            continue
        found = leaf(account, collateral, filled(holdings, tier))
        root, path = accounts.climb(found, account.index, account.path)
        if root == account.root:
            detail = f"place {account.index}, assets filled up to {tier}"
            return [passed("path", detail)], path
    detail = "no known rule for the leaf leads to the root: wrong figures, or another rule"
    return [not_possible("path", detail, needed=True)], ()


SYSTEM = Binance()
