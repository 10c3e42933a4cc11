"""HTX (zk): a customer's path in the accounts' tree, and the chain of published batches. Pure.

1. The commitment is over the balance of every asset the exchange knows, one to an element.
2. The leaf is the hash of id, total equity, total debt and the commitment.
3. The path of 28 siblings leads to the root.
4. The batches form a chain from one root to the next, with the public inputs that belong to them.

How many assets there are is a constant of each round's program, so it is found by trying. The
Groth16 proofs are not verified. Source: liabilities spec, section 10.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from crawler.liabilities import batch_table
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
    root_check,
)
from crawler.liabilities.poseidon_bn254 import digest, prefix_digests

NAME = "htx-zk"
MOST_TRIED = 400
"""Numbers of assets that are tried; 168 and 174 were seen."""
LEAST_BALANCE = -(2**63)

SCOPE = (
    (
        "A pass for a customer means: the balances of every asset, as shown in the file, are "
        "committed in a leaf under the root."
    ),
    (
        "The Groth16 proofs of the batches are not verified: the chain of roots is consistent, "
        "not proven. Their key comes from the exchange's own set-up."
    ),
    (
        "By reading of the published circuit, balances have no range check and total equity and"
        " debt are not linked to balances or prices: balances of invented customers can be "
        "negative."
    ),
    "No totals are taken from the batches: how the exchange commits to them is not checked.",
    "The root must be the published one: compare it with the page or the batch table.",
)

_NAMES = accounts.Names()


def parse_balances(node: Node) -> dict[int, int]:
    """Return a customer's balances by the asset's index. Raises LiabilitiesError."""
    seen: set[int] = set()
    found = {}
    for item in node.items(most=accounts.MOST_ASSETS):
        item.only("Index", "Balance")
        balance = item.member("Balance").integer(LEAST_BALANCE, accounts.MOST_AMOUNT)
        found[accounts.asset_index(item, seen)] = balance
    return found


def leaf(account: accounts.Account, commitment: int) -> int:
    """Return the leaf of an account."""
    return digest([account.identity, account.equity, account.debt, commitment])


def _matching_count(account: accounts.Account, balances: dict[int, int]) -> tuple[int, int] | None:
    """Return the number of assets, and the leaf, with which the path leads to the root."""
    least = max(balances, default=0) + 1
    values = [balances.get(index, 0) for index in range(least)]
    for count, commitment in prefix_digests(values, range(least, max(MOST_TRIED, least) + 1)):
        found = leaf(account, commitment)
        if accounts.root_of(found, account.index, account.path) == account.root:
            return count, found
    return None


@dataclass(frozen=True, slots=True)
class HtxZk:
    """The system ``htx-zk``. Files: proof.csv, then user_config.json."""

    name: str = NAME
    scope: tuple[str, ...] = SCOPE

    def recognises(self, files: Sequence[ProofFile]) -> bool:
        """Return whether a file is a customer's proof of this system."""
        return any(b'"AccountIdHash"' in file.head and b'"Balance"' in file.head for file in files)

    def verify(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Check the batches, and customers' files that are given too."""
        tables = [file for file in files if _is_table(file)]
        users = [document(file) for file in files if not _is_table(file)]
        if len(tables) > 1 or not files:
            raise LiabilitiesError("one batch table or customers' files were expected")
        checks: list[Check] = []
        facts: list[tuple[str, str]] = []
        path: tuple[PathStep, ...] = ()
        root: int | None = None
        for table in tables:
            batches = batch_table.parse(table)
            root = batches[-1].roots[1]
            checks += _table_checks(batches)
        for top in users:
            account = accounts.parse(top, _NAMES)
            balances = parse_balances(top.member(_NAMES.assets))
            facts += [("account id", accounts.hex_of(account.identity))]
            facts += [(f"asset {index}", str(balances[index])) for index in sorted(balances)]
            found, path = _user_checks(account, balances)
            checks += found
            checks.append(_root_of_batches(account.root, root))
            root = account.root if root is None else root
        shown = "" if root is None else accounts.hex_of(root)
        return LiabilitiesResult(
            system=self.name,
            checks=(*checks, root_check(shown, request)),
            totals={},
            grade=Grade.CLAIMED,
            scope=self.scope,
            root=shown,
            path=path,
            facts=tuple(facts),
        )

    def include(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Check the customer of the last file."""
        if not files or _is_table(files[-1]):
            raise LiabilitiesError("the last file is not a customer's proof")
        return self.verify(files, request)

    def find(self, file: ProofFile, wanted: str, request: Request) -> NoReturn:
        """Refuse: the published side of this system has no ids."""
        del file, wanted, request
        raise LiabilitiesError(f"{NAME} publishes no list of ids; use include with your own file")


def _is_table(file: ProofFile) -> bool:
    return batch_table.MARK in file.head.split(b"\n", 1)[0]


def _table_checks(batches: Sequence[batch_table.Batch]) -> list[Check]:
    inputs, chain = batch_table.input_faults(batches), batch_table.chain_faults(batches)
    start = batches[0].roots[0]
    empty = (
        count
        for count, commitment in prefix_digests([], range(1, MOST_TRIED + 1))
        if accounts.empty_root(commitment) == start
    )
    count = next(empty, None)
    # the rule for empty places was seen with another exchange only: no fit is no fault
    first = (
        not_possible("empty tree", "no known rule gives the root that the first batch starts from")
        if count is None
        else judged("empty tree", holds=True, detail=f"the empty tree of {count} assets")
    )
    size = f"{len(batches)} batches"
    return [
        judged("public inputs", holds=not inputs, detail=size, wrong="; ".join(inputs[:5])),
        judged("chain", holds=not chain, detail=size, wrong="; ".join(chain[:5])),
        first,
        not_possible("batch proofs", "the Groth16 equation of the batches is not checked"),
    ]


def _user_checks(
    account: accounts.Account, balances: dict[int, int]
) -> tuple[list[Check], tuple[PathStep, ...]]:
    negative = [str(index) for index, balance in balances.items() if balance < 0]
    wrong = f"negative balances of assets {', '.join(negative[:5])}"
    checks = [
        judged("balances", holds=not negative, detail="none is negative", wrong=wrong),
        judged(
            "equity covers debt",
            holds=account.equity >= account.debt,
            detail=f"equity {account.equity}, debt {account.debt}",
        ),
    ]
    matching = None if negative else _matching_count(account, balances)
    if matching is None:
        wrong = "the path does not lead to the root"
        return [*checks, judged("path", holds=False, wrong=wrong)], ()
    detail = f"place {account.index} of a tree for {matching[0]} assets"
    path = accounts.climb(matching[1], account.index, account.path)[1]
    return [*checks, judged("path", holds=True, detail=detail)], path


def _root_of_batches(own: int, last: int | None) -> Check:
    if last is None:
        detail = f"no batch table was given to compare the root {accounts.hex_of(own)} with"
        return not_possible("inclusion", detail)
    return judged(
        "inclusion",
        holds=own == last,
        detail="the root is the one at which the batches end",
        wrong="the root is not the one at which the batches end",
    )


SYSTEM = HtxZk()
