"""A list of what is owed, as anybody writes it: asset and amount. Grade claimed. Pure.

CSV with a header that names an asset and an amount column, or JSON: ``{"BTC": "12.5"}``, or a list
of ``{"asset": "BTC", "amount": "12.5"}``, or either of them under ``liabilities``. Amounts are
decimals without sign and exponent; in JSON as strings or whole numbers.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from crawler.liabilities.documents import Node, NumberText, parse
from crawler.liabilities.interface import (
    Check,
    Grade,
    LiabilitiesError,
    LiabilitiesResult,
    ProofFile,
    Request,
    judged,
    not_possible,
    passed,
)
from crawler.liabilities.sums import trimmed
from crawler.models import Amount, parse_amount

ASSET_COLUMNS = frozenset({"asset", "coin", "currency", "symbol", "token"})
AMOUNT_COLUMNS = frozenset({"amount", "liabilities", "liability", "owed", "balance", "total"})
LIMIT = 16 * 1024 * 1024
ASSETS = 10_000

_ASSET = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.$ ()/-]{0,39}", re.ASCII)


def read_amounts(file: ProofFile) -> dict[str, Amount]:
    """Return the amount of each asset, in file order. Raises LiabilitiesError.

    An asset that stands there twice is refused.
    """
    data = file.read(LIMIT)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
        pairs = _from_json(Node(parse(data, file.name), file.name))
    else:
        pairs = _from_csv(data, file.name)
    amounts: dict[str, Amount] = {}
    for asset, text in pairs:
        if _ASSET.fullmatch(asset) is None:
            raise LiabilitiesError(f"{file.name}: {asset[:40]!r} is no name of an asset")
        amount = parse_amount(text)
        if amount is None:
            raise LiabilitiesError(
                f"{file.name}: {text[:40]!r} is no amount of {asset}",
                hint="plain digits, without sign, exponent and thousands separators",
            )
        if asset in amounts:
            raise LiabilitiesError(f"{file.name}: {asset} stands there twice")
        amounts[asset] = trimmed(amount)
        if len(amounts) > ASSETS:
            raise LiabilitiesError(f"{file.name}: over {ASSETS} assets")
    if not amounts:
        raise LiabilitiesError(f"{file.name} names no asset")
    return amounts


def _from_json(top: Node) -> list[tuple[str, str]]:
    if isinstance(top.value, dict) and set(top.value) == {"liabilities"}:
        top = top.member("liabilities")
    if isinstance(top.value, dict):
        return [(asset, _text(top.member(asset))) for asset in top.value]
    pairs = []
    for item in top.items(most=ASSETS):
        keys = {key.lower(): key for key in item.members()}
        asset = next((keys[key] for key in keys if key in ASSET_COLUMNS), None)
        amount = next((keys[key] for key in keys if key in AMOUNT_COLUMNS), None)
        if asset is None or amount is None:
            item.refuse("an asset and an amount were expected")
        pairs.append((item.member(asset).text(), _text(item.member(amount))))
    return pairs


def _text(node: Node) -> str:
    match node.value:
        case NumberText(text):
            return text
        case int() if not isinstance(node.value, bool):
            return str(node.value)
        case _:
            return node.text()


def _from_csv(data: bytes, name: str) -> list[tuple[str, str]]:
    try:
        text = data.decode("utf-8-sig")
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise LiabilitiesError(f"{name} is neither CSV nor JSON in UTF-8") from error
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    asset = next((place for place, cell in enumerate(header) if cell in ASSET_COLUMNS), None)
    amount = next((place for place, cell in enumerate(header) if cell in AMOUNT_COLUMNS), None)
    if asset is None or amount is None:
        raise LiabilitiesError(
            f"{name}: the first line does not name an asset and an amount column",
            hint="for example: asset,amount",
        )
    pairs = []
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise LiabilitiesError(f"{name}: row {number} has {len(row)} cells")
        pairs.append((row[asset].strip(), row[amount].strip()))
    return pairs


class Generic:
    """The system ``generic``."""

    name = "generic"
    scope = (
        "Nothing is proven: these amounts are what somebody wrote down.",
        "They are read exactly, no asset stands there twice, and none is negative.",
    )

    def recognises(self, files: Sequence[ProofFile]) -> bool:
        """Return whether the one file is such a list."""
        if len(files) != 1:
            return False
        try:
            read_amounts(files[0])
        except LiabilitiesError:
            return False
        return True

    def verify(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Read the list."""
        del request
        if len(files) != 1:
            raise LiabilitiesError("generic takes one file: asset, amount")
        return self._result(read_amounts(files[0]), ())

    def include(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Raise LiabilitiesError: no customer is named in such a list."""
        del files, request
        raise LiabilitiesError("a list of assets and amounts names no customer")

    def find(self, file: ProofFile, wanted: str, request: Request) -> LiabilitiesResult:
        """Look the amount of an asset up."""
        del request
        amounts = read_amounts(file)
        there = wanted in amounts
        check = judged("found", holds=there, wrong=f"{wanted} does not stand in the list")
        found = ((wanted, amounts[wanted].text()),) if there else ()
        return self._result(amounts, (check,), found)

    def _result(
        self,
        amounts: dict[str, Amount],
        checks: tuple[Check, ...],
        found: tuple[tuple[str, str], ...] = (),
    ) -> LiabilitiesResult:
        read = passed("amounts", f"{len(amounts)} assets, none twice, none negative")
        proof = not_possible("proof", "the list comes without one")
        checks = (read, proof, *checks)
        return LiabilitiesResult(self.name, checks, amounts, Grade.CLAIMED, self.scope, found=found)
