"""The figures of OKX's proof-of-reserves page (`auditRootInfo`), recomputed and compared. Pure.

The page as saved from a browser (HTML with the page's state in a script), its state as JSON, or
`auditRootInfo` alone. What must hold:

1. Every asset has a ratio, liabilities and reserves; reserves = exchange + third-party custody.
2. ratio = reserves / liabilities, to the digits that are published (as a fraction or in percent).
3. The liabilities root is that of the zk proof, when its file is given (public inputs 2 to 5, four
   64-bit numbers in little-endian order).
4. The exchange's own reserves are the totals of the wallet list, when it is given.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from crawler.errors import ListError
from crawler.liabilities.blocks import text_blocks
from crawler.liabilities.documents import SMALL_DOCUMENT, Node, parse
from crawler.liabilities.interface import (
    Check,
    Grade,
    LiabilitiesError,
    LiabilitiesResult,
    ProofFile,
    Request,
    failed,
    judged,
    not_possible,
    passed,
    root_check,
)
from crawler.liabilities.sums import trimmed
from crawler.lists.detect import find_format
from crawler.lists.interface import Census, Vocabulary
from crawler.models import Amount, Claim, SummaryRow, parse_amount

KEY = "auditRootInfo"
ASSETS = 1000
LIMB_COUNT = 4
PROOF_LIMIT = 256 * 1024 * 1024
HEAD_LINES = 200
OFF_BY = 5
"""Assets that a check names; the rest is counted."""

_HEX_ROOT = re.compile(r"(?:0x)?([0-9a-fA-F]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Line:
    """What the page says of one asset."""

    asset: str
    ratio: str
    owed: Amount
    reserves: Amount
    exchange: Amount
    custody: Amount


def find_info(data: bytes, name: str) -> Node:
    """Return `auditRootInfo` wherever it stands in a page or document. Raises LiabilitiesError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LiabilitiesError(f"{name}: not UTF-8 text") from error
    if text.lstrip()[:1] == "{":
        found = _inside(parse(text, name))
        if found is None:
            raise LiabilitiesError(f"{name}: there is no {KEY} in it")
        return Node(found, f"{name}: {KEY}")
    for page in (text, html.unescape(text)):
        place = page.find(f'"{KEY}"')
        if place >= 0:
            start = page.find("{", place)
            return Node(parse(_balanced(page, start, name), name), f"{name}: {KEY}")
    hint = "save the detail page of OKX's proof of reserves, as HTML"
    raise LiabilitiesError(f"{name}: there is no {KEY} in it", hint=hint)


def _balanced(page: str, start: int, name: str) -> str:
    """Return the text of the object that begins at `start`."""
    try:
        _, end = json.JSONDecoder().raw_decode(page, start)
    except (ValueError, RecursionError) as error:
        raise LiabilitiesError(f"{name}: {KEY} is not JSON") from error
    return page[start:end]


def _inside(value: object) -> object | None:
    """Return the member called `auditRootInfo` at any depth, or the value if it is one itself."""
    if isinstance(value, dict):
        if "liabilityBalances" in value and "reserveBalances" in value:
            return value
        if KEY in value:
            inner: object = value[KEY]
            return inner
        return next((found for item in value.values() if (found := _inside(item))), None)
    if isinstance(value, list):
        return next((found for item in value if (found := _inside(item))), None)
    return None


def read_lines(info: Node) -> list[Line]:
    """Return what the page says of each asset, sorted. Raises LiabilitiesError."""
    maps = {
        key: info.member(key)
        for key in (
            "capitalRatio",
            "liabilityBalances",
            "reserveBalances",
            "exchangeReserveBalances",
            "custodyReserveBalances",
        )
    }
    assets = sorted(maps["liabilityBalances"].members())
    if not 1 <= len(assets) <= ASSETS:
        info.refuse(f"liabilities of 1 to {ASSETS} assets were expected")
    listed = info.maybe("liabilityCurrencies")
    if listed is not None:
        names = sorted(item.text() for item in listed.items(most=ASSETS))
        if names != assets:
            info.refuse("liabilityCurrencies does not name the assets of liabilityBalances")
    lines = []
    for asset in assets:
        custody = maps["custodyReserveBalances"].maybe(asset)
        exchange = maps["exchangeReserveBalances"].maybe(asset)
        lines.append(
            Line(
                asset=asset,
                ratio=maps["capitalRatio"].member(asset).amount_text(),
                owed=maps["liabilityBalances"].member(asset).amount(),
                reserves=maps["reserveBalances"].member(asset).amount(),
                exchange=exchange.amount() if exchange is not None else Amount(0, 0),
                custody=custody.amount() if custody is not None else Amount(0, 0),
            )
        )
    return lines


def _fraction(amount: Amount) -> Fraction:
    return Fraction(amount.units, 10**amount.decimals)


def ratio_holds(line: Line) -> bool:
    """Return whether the published ratio is reserves over liabilities, to its last digit.

    Where nothing is owed there is no ratio, and 0 is expected.

    >>> line = Line("BTC", "1.05", Amount(100, 0), Amount(1054, 1), Amount(0, 0), Amount(0, 0))
    >>> ratio_holds(line), ratio_holds(Line("BTC", "1.07", *(line.owed, line.reserves) * 2))
    (True, False)
    """
    stated = parse_amount(line.ratio)
    if stated is None:
        return False
    if line.owed.units == 0:
        return stated.units == 0
    unit = Fraction(1, 10**stated.decimals)
    computed = _fraction(line.reserves) / _fraction(line.owed)
    return any(abs(scale * computed - _fraction(stated)) < unit for scale in (1, 100))


class OkxSummary:
    """The system ``okx-summary``."""

    name = "okx-summary"
    scope = (
        "Shown: the figures of the page agree with one another.",
        (
            "Not proven: the liabilities per asset. The zk proof commits to one total in a common "
            "unit only; third-party custody is a figure without addresses."
        ),
        "With the zk proof's file: the root on the page is the one that the proof is about.",
        "With the wallet list: the exchange's own reserves are the totals of that list.",
    )

    def recognises(self, files: Sequence[ProofFile]) -> bool:
        """Return whether the first file holds the page's figures."""
        if not files:
            return False
        head = files[0].head
        if KEY.encode() in head or b'"liabilityBalances"' in head:
            return True
        if head.lstrip()[:1] != b"<":
            return False
        try:
            return KEY.encode() in files[0].read(SMALL_DOCUMENT)
        except LiabilitiesError:
            return False

    def verify(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Recompute the first file; further files are the zk proof and the wallet list."""
        if not files:
            raise LiabilitiesError("okx-summary needs the saved page")
        info = find_info(files[0].read(SMALL_DOCUMENT), files[0].name)
        lines = read_lines(info)
        root = _root(info)
        checks = [_custody_check(lines), _ratio_check(lines)]
        proofs = [file for file in files[1:] if file.head.lstrip()[:1] == b"{"]
        lists = [file for file in files[1:] if file.head.lstrip()[:1] != b"{"]
        checks.extend(_zk_check(root, zk_root(file)) for file in proofs)
        if not proofs:
            checks.append(not_possible("zk root", "give sum_proof_data.json to compare the root"))
        if lists:
            checks.append(_list_check(lines, lists))
        else:
            checks.append(not_possible("wallet list", "give the wallet list to compare its totals"))
        checks.append(root_check(root, request))
        return LiabilitiesResult(
            system=self.name,
            checks=tuple(checks),
            totals={line.asset: trimmed(line.owed) for line in lines},
            grade=Grade.CLAIMED,
            scope=self.scope,
            root=root,
            facts=(("audit", _audit(info)), *_facts(lines)),
        )

    def include(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Raise LiabilitiesError: no customer is named on the page."""
        del files, request
        raise LiabilitiesError(
            "the page's figures name no customer",
            hint="check your inclusion proof: assay liabilities include okx-zk-v2 PROOF FILE",
        )

    def find(self, file: ProofFile, wanted: str, request: Request) -> LiabilitiesResult:
        """Raise LiabilitiesError: no customer is named on the page."""
        del file, wanted
        return self.include((), request)


def _root(info: Node) -> str:
    match = _HEX_ROOT.fullmatch(info.member("merkleHash").text())
    if match is None:
        info.refuse("merkleHash should be 64 hex digits")
    return match.group(1).lower()


def _audit(info: Node) -> str:
    audit = info.maybe("auditId")
    if audit is None:
        return "unnamed"
    return str(audit.integer(0, 10**30)) if isinstance(audit.value, int) else audit.text()


def _facts(lines: list[Line]) -> list[tuple[str, str]]:
    return [
        (
            line.asset,
            (
                f"owed {line.owed.text()}, exchange {line.exchange.text()}, "
                f"custody {line.custody.text()}, ratio {line.ratio}"
            ),
        )
        for line in lines
    ]


def _custody_check(lines: list[Line]) -> Check:
    wrong = [
        f"{line.asset}: {line.exchange.text()} + {line.custody.text()} is not "
        f"{line.reserves.text()}"
        for line in lines
        if trimmed(line.exchange.plus(line.custody)) != trimmed(line.reserves)
    ]
    return _listed("exchange + custody", wrong, f"adds up to the reserves of {len(lines)} assets")


def _ratio_check(lines: list[Line]) -> Check:
    wrong = [
        f"{line.asset}: {line.reserves.text()} / {line.owed.text()} is not {line.ratio}"
        for line in lines
        if not ratio_holds(line)
    ]
    return _listed("ratios", wrong, f"{len(lines)} ratios recomputed")


def _listed(name: str, wrong: list[str], detail: str) -> Check:
    if not wrong:
        return passed(name, detail)
    more = f"; and {len(wrong) - OFF_BY} more" if len(wrong) > OFF_BY else ""
    return failed(name, "; ".join(wrong[:OFF_BY]) + more)


def zk_root(file: ProofFile) -> str:
    """Return the root in the public inputs of a zk proof's file, as hex. Raises LiabilitiesError.

    Also taken: a file with ``{"root_hash": "<hex>"}``.
    """
    top = Node(parse(file.read(PROOF_LIMIT), file.name), file.name)
    stated = top.maybe("root_hash")
    if stated is not None:
        return stated.text(longest=66).lower().removeprefix("0x")
    inputs = top.member("proof").member("public_inputs").items(least=6, most=6)
    limbs = [limb.integer(0, 2**64 - 1) for limb in inputs[2 : 2 + LIMB_COUNT]]
    return b"".join(limb.to_bytes(8, "little") for limb in limbs).hex()


def _zk_check(root: str, proven: str) -> Check:
    wrong = f"the page says {root}, the zk proof is about {proven}"
    return judged("zk root", holds=root == proven, detail=f"{root} on both", wrong=wrong)


def list_totals(file: ProofFile) -> dict[str, Amount]:
    """Return what the summary section of a wallet list says, by coin name in upper case.

    Reads up to the first detail row. Raises LiabilitiesError when the file is no wallet list.
    """
    head = [line.strip() for line in islice(_lines(file), HEAD_LINES)]
    found = find_format(head)
    if found is None:
        raise LiabilitiesError(f"{file.name} is neither a zk proof nor a wallet list")
    totals: dict[str, Amount] = {}
    lines = (line.encode() for line in _lines(file))
    vocabulary = Vocabulary(entity="okx", coins={})
    try:
        for entry in found.parse(lines, file=file.name, vocabulary=vocabulary, census=Census()):
            if isinstance(entry, Claim):
                break
            if isinstance(entry, SummaryRow):
                totals[entry.coin.upper()] = trimmed(entry.amount)
    except ListError as error:
        raise LiabilitiesError(f"{file.name}: {error}") from error
    return totals


def _lines(file: ProofFile) -> Iterator[str]:
    for block in text_blocks(file):
        yield from block.splitlines(keepends=True)


def total_of(asset: str, totals: dict[str, Amount]) -> Amount | None:
    """Return an asset's total: its ``(ALL)`` line, else the sum over its networks."""
    name = asset.upper()
    if f"{name}(ALL)" in totals:
        return totals[f"{name}(ALL)"]
    parts = [
        amount
        for coin, amount in totals.items()
        if coin == name or coin.startswith((f"{name}-", f"{name}("))
    ]
    if not parts:
        return None
    total = Amount(0, 0)
    for part in parts:
        total = total.plus(part)
    return trimmed(total)


def _list_check(lines: list[Line], files: list[ProofFile]) -> Check:
    """Return the comparison with the lists; a staking list has no summary section of its own."""
    totals = {coin: amount for file in files for coin, amount in list_totals(file).items()}
    if not totals:
        return not_possible("wallet list", "it has no summary section", needed=True)
    wrong, compared = [], 0
    for line in lines:
        listed = total_of(line.asset, totals)
        if listed is None:
            if line.exchange.units:
                wrong.append(f"{line.asset}: the list has none of {line.exchange.text()}")
            continue
        compared += 1
        if listed != trimmed(line.exchange):
            wrong.append(f"{line.asset}: {listed.text()} in the list, {line.exchange.text()} here")
    return _listed("wallet list", wrong, f"{compared} totals agree with the list's")
