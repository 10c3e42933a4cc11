"""Gate: a customer's path in the accounts' tree, and the published batches around it. Pure.

What must hold of a customer's file:

1. the commitment is over equity and debt of every asset the exchange knows, three to an element;
2. the leaf is the hash of id, total equity, total debt and the commitment;
3. the path of 28 siblings leads to the root; debt is not over equity.

And of the published side: the table of batches is a chain from the empty tree and the empty totals
to the root and to the totals in `CexAssetsInfo`. How many assets there are is a constant of each
round's program, so it is found by trying. The Groth16 proofs are not verified. Source:
liabilities spec, section 10.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from crawler.liabilities import batch_table
from crawler.liabilities import bn254_accounts as accounts
from crawler.liabilities.documents import Node, document
from crawler.liabilities.interface import (
    Check,
    Grade,
    LiabilitiesError,
    LiabilitiesResult,
    Outcome,
    PathStep,
    ProofFile,
    Request,
    judged,
    not_possible,
    root_check,
)
from crawler.liabilities.poseidon_bn254 import digest, prefix_digests
from crawler.models import Amount

NAME = "gate"
ASSET_COUNTS = (350, 400, 450, 500, 550, 600, 650, 700, 750, 800, 850, 900, 950, 1000)
"""How many assets the rounds' programs may know: 350 and 800 were seen."""
MOST_TRIED = 1000
"""Numbers of assets that are tried for a batch table that comes without its totals."""
VALUE_DECIMALS = 16
"""An amount times its price has this many, whatever the decimals of the asset."""

SCOPE = (
    (
        "A pass for a customer means: equity and debt of every asset, as shown in the file, are"
        " committed in a leaf under the root."
    ),
    (
        "The Groth16 proofs of the batches are not verified: the chain of roots and totals is "
        "consistent, not proven. Their key comes from the exchange's own set-up."
    ),
    (
        "A customer's equity is held against debt at the exchange's own prices: invented "
        "customers with worthless coins and real debts can lower the net totals."
    ),
    "The root must be the published one: compare it with the page or the batch table.",
    "What is owed of an asset is equity less debt, shown as value at the exchange's own price.",
)

_NOW = accounts.Names(
    index="Arrangement",
    identity="UniqueIdentification",
    equity="TotalAssetEquity",
    debt="TotalAssetDebt",
    assets="AssetDetails",
    root="TreeRootHash",
    path="MerkleProofEncode",
)
_FORMERLY = accounts.Names()


@dataclass(frozen=True, slots=True)
class Holding:
    """What a customer has of one asset."""

    index: int
    equity: int
    debt: int


@dataclass(frozen=True, slots=True)
class AssetTotal:
    """What the exchange says all customers have of one asset."""

    symbol: str
    equity: int
    debt: int
    price: int


@dataclass(slots=True)
class _Findings:
    """What is known so far."""

    checks: list[Check] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    totals: dict[str, Amount] = field(default_factory=dict)
    root: int | None = None
    path: tuple[PathStep, ...] = ()

    def judge(self, name: str, faults: Sequence[str], detail: str = "") -> None:
        """Take in a check that holds when there are no faults."""
        wrong = "; ".join(faults[:5])
        self.checks.append(judged(name, holds=not faults, detail=detail, wrong=wrong))


def parse_holdings(node: Node) -> tuple[Holding, ...]:
    """Return a customer's assets, by index. Raises LiabilitiesError."""
    seen: set[int] = set()
    found = []
    for item in node.items(most=accounts.MOST_ASSETS):
        item.only("Index", "Equity", "Debt")
        equity, debt = (
            item.member(name).integer(0, accounts.MOST_AMOUNT) for name in ("Equity", "Debt")
        )
        found.append(Holding(accounts.asset_index(item, seen), equity, debt))
    return tuple(sorted(found, key=lambda holding: holding.index))


def parse_totals(node: Node) -> tuple[AssetTotal, ...]:
    """Return the exchange's totals, by index from 0 without a gap. Raises LiabilitiesError."""
    found: dict[int, AssetTotal] = {}
    seen: set[int] = set()
    for item in node.items(least=1, most=accounts.MOST_ASSETS):
        item.only("TotalEquity", "TotalDebt", "BasePrice", "Symbol", "Index")
        equity, debt, price = (
            item.member(name).integer(0, accounts.MOST_AMOUNT)
            for name in ("TotalEquity", "TotalDebt", "BasePrice")
        )
        symbol = item.member("Symbol").text(longest=100)
        found[accounts.asset_index(item, seen)] = AssetTotal(symbol, equity, debt, price)
    if seen != set(range(len(seen))):
        node.refuse("the assets are not numbered 0, 1, 2, ...")
    return tuple(found[index] for index in range(len(found)))


def _element_counts(counts: Iterable[int]) -> dict[int, int]:
    """Return, by number of packed elements, the (smallest) number of assets they hold."""
    lengths: dict[int, int] = {}
    for count in counts:
        lengths.setdefault((2 * count + 2) // 3, count)
    return lengths


def _packed(holdings: Sequence[Holding], assets: int) -> list[int]:
    values = [0] * (2 * assets)
    for holding in holdings:
        values[2 * holding.index] = holding.equity
        values[2 * holding.index + 1] = holding.debt
    return accounts.pack(values)


def totals_commitment(totals: Sequence[AssetTotal], assets: int) -> int:
    """Return the commitment to the exchange's totals, filled up to a number of assets."""
    packed = accounts.pack([part for total in totals for part in _parts(total)])
    return digest([*packed, *[0] * (assets - len(packed))])


def _parts(total: AssetTotal) -> tuple[int, int, int]:
    return total.equity, total.debt, total.price


def _counts_from(least: int) -> list[int]:
    """Return the numbers of assets to try, growing: as many as there are, and the known ones."""
    return sorted({max(1, least), *(count for count in ASSET_COUNTS if count >= least)})


def _empty_count(start: int, counts: Sequence[int], *, all_else: bool) -> int | None:
    """Return the (smallest) number of assets whose empty tree has this root.

    With `all_else`, every number up to `MOST_TRIED` is tried after `counts`.
    """
    rest = [range(1, MOST_TRIED + 1)] if all_else else []
    for tried in (counts, *rest):
        lengths = _element_counts(tried)
        for length, commitment in prefix_digests([], sorted(lengths)):
            if accounts.empty_root(commitment) == start:
                return lengths[length]
    return None


def _check_table(
    found: _Findings, batches: Sequence[batch_table.Batch], totals: Sequence[AssetTotal]
) -> int:
    """Check the batches and the totals; return the number of assets, 0 when it is not known."""
    found.judge("public inputs", batch_table.input_faults(batches), f"{len(batches)} batches")
    found.judge("chain", batch_table.chain_faults(batches), "each starts where one ended")
    found.root = batches[-1].roots[1]
    start, first = batches[0].roots[0], batches[0].assets[0]
    counts = _counts_from(len(totals))
    count = _empty_count(start, counts, all_else=not totals)
    detail = f"the first batch starts from the empty tree of {count} assets"
    found.judge(
        "empty tree", [] if count else ["the first batch starts from no empty tree"], detail
    )
    found.checks.append(
        not_possible("batch proofs", "the Groth16 equation of the batches is not checked")
    )
    if not totals:
        detail = "no CexAssetsInfo was given: the totals are not known"
        found.checks.append(not_possible("asset totals", detail, needed=True))
        return count or 0
    cleared = [AssetTotal(total.symbol, 0, 0, total.price) for total in totals]
    tried = [count] if count else counts
    opens = [size for size in tried if totals_commitment(cleared, size) == first]
    ends = [size for size in tried if totals_commitment(totals, size) == batches[-1].assets[1]]
    found.judge(
        "first totals",
        [] if opens else ["the first commitment is not that of zero totals at these prices"],
        "the first commitment is that of zero totals at the given prices",
    )
    found.judge(
        "asset totals",
        [] if ends else ["the last commitment is not that of CexAssetsInfo"],
        f"the last commitment is that of {len(totals)} assets' totals",
    )
    return count or 0


def _add_totals(found: _Findings, totals: Sequence[AssetTotal]) -> None:
    short = [
        f"{total.symbol}: equity {total.equity} is less than debt {total.debt}"
        for total in totals
        if total.equity < total.debt
    ]
    found.judge("equity and debt", short, "no asset has more debt than equity")
    for total in totals:
        if total.equity or total.debt:
            value = Amount((total.equity - total.debt) * total.price, VALUE_DECIMALS)
            before = found.totals.get(total.symbol, Amount(0, VALUE_DECIMALS))
            found.totals[total.symbol] = before.plus(value)


def _matching_count(
    account: accounts.Account, holdings: Sequence[Holding], given: int
) -> tuple[int, int] | None:
    """Return the number of assets, and the leaf, with which the path leads to the root.

    `given` is how many the batch table or the exchange's totals have, 0 when there are none.
    """
    least = holdings[-1].index + 1 if holdings else 1
    lengths = _element_counts(sorted({*_counts_from(least), max(least, given)}))
    packed = _packed(holdings, least)
    for length, commitment in prefix_digests(packed, sorted(lengths)):
        leaf = digest([account.identity, account.equity, account.debt, commitment])
        if accounts.root_of(leaf, account.index, account.path) == account.root:
            return lengths[length], leaf
    return None


def _check_user(found: _Findings, top: Node, totals: Sequence[AssetTotal], count: int) -> None:
    names = _NOW if _NOW.path in top.members() else _FORMERLY
    account = accounts.parse(top, names)
    holdings = parse_holdings(top.member(names.assets))
    found.facts += [
        ("account id", accounts.hex_of(account.identity)),
        ("total equity", str(account.equity)),
        ("total debt", str(account.debt)),
    ]
    found.facts += [
        (f"asset {holding.index}", f"equity {holding.equity}, debt {holding.debt}")
        for holding in holdings
    ]
    matching = _matching_count(account, holdings, count or len(totals))
    detail = ""
    if matching is not None:
        count, leaf = matching
        _, found.path = accounts.climb(leaf, account.index, account.path)
        detail = f"place {account.index} of a tree for {count} assets"
    wrong = "the path does not lead to the root, for any number of assets that was tried"
    found.judge("path", [] if matching else [wrong], detail)
    covered = account.equity >= account.debt
    found.judge("equity covers debt", [] if covered else ["the debt is over the equity"])
    if totals:
        found.judge("total value", _value_faults(account, holdings, totals), "as at the prices")
    if found.root is not None:
        same = account.root == found.root
        wrong = "the root is not the one at which the batches end"
        found.judge("inclusion", [] if same else [wrong], "the root is the batches' last")
        return
    found.root = account.root
    detail = f"no batch table was given to compare the root {accounts.hex_of(account.root)} with"
    found.checks.append(not_possible("inclusion", detail))


def _value_faults(
    account: accounts.Account, holdings: Sequence[Holding], totals: Sequence[AssetTotal]
) -> list[str]:
    """Return where a customer's totals are not the sums of amount times price."""
    if holdings and holdings[-1].index >= len(totals):
        return [f"there is no asset {holdings[-1].index}"]
    sums = (
        ("equity", account.equity, sum(h.equity * totals[h.index].price for h in holdings)),
        ("debt", account.debt, sum(h.debt * totals[h.index].price for h in holdings)),
    )
    return [
        f"the total {name} is {claimed}, amounts and prices give {value}"
        for name, claimed, value in sums
        if claimed != value
    ]


@dataclass(frozen=True, slots=True)
class Gate:
    """The system ``gate``. Files: proof.csv, cex_config.json, then user_config.json."""

    name: str = NAME
    scope: tuple[str, ...] = SCOPE

    def recognises(self, files: Sequence[ProofFile]) -> bool:
        """Return whether a file is a customer's or the totals of this system."""
        return any(
            b'"MerkleProofEncode"' in file.head
            or b'"CexAssetsInfo"' in file.head
            or (b'"AccountIdHash"' in file.head and b'"Debt"' in file.head)
            for file in files
            if b'"TotalCollateral"' not in file.head
        )

    def verify(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Check the batches and the totals, and customers' files that are given too."""
        if not files:
            raise LiabilitiesError("a batch table, CexAssetsInfo or a customer's file was expected")
        return self._judge(files, request)

    def include(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Check the customer of the last file."""
        if not files or batch_table.MARK in files[-1].head.split(b"\n", 1)[0]:
            raise LiabilitiesError("the last file is not a customer's proof")
        if "CexAssetsInfo" in document(files[-1]).members():
            raise LiabilitiesError("the last file is not a customer's proof")
        return self._judge(files, request)

    def find(self, file: ProofFile, wanted: str, request: Request) -> NoReturn:
        """Refuse: the published side of this system has no ids."""
        del file, wanted, request
        raise LiabilitiesError(f"{NAME} publishes no list of ids; use include with your own file")

    def _judge(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        tables, configs, users = _sorted_out(files)
        found = _Findings()
        totals: tuple[AssetTotal, ...] = ()
        for config in configs:
            totals = parse_totals(config.member("CexAssetsInfo"))
            _add_totals(found, totals)
        count = 0
        for table in tables:
            count = _check_table(found, batch_table.parse(table), totals)
        for user in users:
            _check_user(found, user, totals, count)
        root = "" if found.root is None else accounts.hex_of(found.root)
        if root:
            found.checks.append(root_check(root, request))
        holds = not any(check.outcome is Outcome.FAILED for check in found.checks)
        known = tables and totals
        return LiabilitiesResult(
            system=self.name,
            checks=tuple(found.checks),
            totals=found.totals,
            grade=Grade.CONSISTENT if holds and known else Grade.CLAIMED,
            scope=self.scope,
            root=root,
            path=found.path,
            facts=tuple(found.facts),
            unit="USD" if found.totals else "",
        )


def _sorted_out(files: Sequence[ProofFile]) -> tuple[list[ProofFile], list[Node], list[Node]]:
    """Return the batch tables, the totals and the customers' files: at most one of the first."""
    tables: list[ProofFile] = []
    configs: list[Node] = []
    users: list[Node] = []
    for file in files:
        if batch_table.MARK in file.head.split(b"\n", 1)[0]:
            tables.append(file)
            continue
        top = document(file)
        (configs if "CexAssetsInfo" in top.members() else users).append(top)
    if len(tables) > 1 or len(configs) > 1:
        raise LiabilitiesError("more than one batch table or CexAssetsInfo was given")
    return tables, configs, users


SYSTEM = Gate()
