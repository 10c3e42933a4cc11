"""OKX's published list: a summary section, then one row per address (form A). Pure.

Layouts A7, A9, A11 and A12 of specs/wallet-lists Part I.1; which one it is, only the header says:

* without a Network column (A7) amounts are integers in base units, and rows have no height: the
  summary line of the same coin gives it;
* with one, amounts are decimal, in whole units, and each row has its height;
* with a Type column (A12) a row may be a staking position, whose address is a validator key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import OwnershipMaterial
from chains.errors import plain_text
from chains.owners import NULL_TOKENS
from crawler.entities import published_name
from crawler.lists.columns import (
    AMOUNT_NAMES,
    COIN_NAMES,
    HEIGHT_NAMES,
    Column,
    has_header,
)
from crawler.lists.damage import (
    SHORT_CELL,
    SHOWN,
    read_amount,
    read_height,
    require_undamaged,
)
from crawler.lists.interface import Brief, MalformedReason
from crawler.lists.lines import RowError
from crawler.lists.sections import (
    RowReader,
    SectionedFormat,
    fit_cells,
    known_cell,
    require_named,
)
from crawler.models import AMOUNT_GRAMMAR, Amount, Claim, ClaimKind, SummaryRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.entities import CoinMapping
    from crawler.lists.columns import Layout
    from crawler.lists.interface import Vocabulary

OKX_COLUMNS = (
    Column("coin", COIN_NAMES, is_required=True),
    Column("type", ("type",)),
    Column("network", ("network", "chain")),
    Column("height", HEIGHT_NAMES),
    Column("address", ("address",), is_required=True),
    Column("amount", AMOUNT_NAMES, is_required=True),
    Column("message", ("message", "msg"), is_required=True),
    # Not "signature": that is HTX's column, in a list whose rows mean other things.
    Column("signature1", ("signature1", "signedmessage", "signedmessage1"), is_required=True),
    Column("signature2", ("signature2", "signedmessage2")),
    Column("key", ("redeemscriptpublickey", "redeemscript", "publickey")),
    Column("owner1", ("eoa1", "owner1"), is_droppable=True),
    Column("owner2", ("eoa2", "owner2"), is_droppable=True),
)

KINDS = {
    "": ClaimKind.WALLET,
    "non staking": ClaimKind.WALLET,
    "native eth staking": ClaimKind.STAKING,
    "eigenlayer staking": ClaimKind.STAKING,
}
"""The Type column, lower case. Another word is refused: it would decide how a row is judged."""

WALLET = (ClaimKind.WALLET, "")

AGGREGATE_MARK = "(ALL)"
LONGEST_NULL = max(map(len, NULL_TOKENS))
"""Characters. A longer cell is no null token."""

CACHE_LIMIT = 4096
"""Names and heights remembered; a list repeats few of them in many rows."""


class Okx(SectionedFormat):
    """The `okx` format."""

    name = "okx"
    example_header = (
        "coin,Type,Network,Snapshot Height,address,amount,message,signature1,signature2,"
        "redeem script/public key,EOA1,EOA2"
    )

    def recognises(self, head: Sequence[str]) -> bool:
        """Return whether one of these lines is a header of layout A7, A9, A11 or A12."""
        return has_header(head, OKX_COLUMNS)

    def reader(self, file: str, vocabulary: Vocabulary) -> RowReader:
        """Return what reads the rows of one pass over `file`."""
        return _Reader(file, vocabulary)


class OkxSummaries:
    """The summary section, which other lists have in the same form: coin, height, amount."""

    def __init__(self, file: str, vocabulary: Vocabulary) -> None:
        """Read lines of `file` in the words of `vocabulary`."""
        self._file = file
        self._vocabulary = vocabulary
        self.heights: dict[str, int] = {}

    def read_summary(self, row: int, cells: list[str]) -> SummaryRow:
        """Return the line of a summary section. Raises RowError."""
        coin, height_text, amount_text = cells
        try:
            height = read_height(height_text)
            amount = read_amount(amount_text)
        except RowError as error:
            detail = f"in the summary, {error.detail}"
            raise RowError(MalformedReason.SUMMARY, detail) from error
        if not known_cell(coin):
            raise RowError(MalformedReason.SUMMARY, "the summary line names no coin")
        name = published_name(coin)
        if height is not None and name in self._vocabulary.coins:
            self.heights[name] = height
        is_aggregate = name.endswith(AGGREGATE_MARK)
        return SummaryRow(self._file, row, coin, height, amount, is_aggregate)


class _Reader(OkxSummaries):
    """One pass over one file."""

    columns = OKX_COLUMNS

    def __init__(self, file: str, vocabulary: Vocabulary) -> None:
        super().__init__(file, vocabulary)
        self._in_base_units = False
        self._has_heights = True
        self._coins: dict[str, tuple[CoinMapping | None, int | None]] = {}
        self._read_heights: dict[str, int] = {}

    def start_section(self, layout: Layout) -> None:
        self._in_base_units = "network" not in layout.fields
        self._has_heights = "height" in layout.fields
        self._coins.clear()  # the heights of the summary may be others now

    def read_claim(self, row: int, cells: list[str], layout: Layout) -> Claim:
        brief = self.read_brief(row, cells, layout)
        amount: Amount | None = read_amount(brief.amount_text)
        gap = ""
        if self._in_base_units:
            amount, gap = _from_base_units(brief.amount_text, brief.mapping)
        return Claim(
            self._file,
            row,
            brief.coin,
            brief.mapping,
            brief.kind,
            brief.network_label,
            brief.height,
            amount,
            brief.material,
            self._vocabulary.entity,
            gap,
        )

    def read_brief(self, row: int, cells: list[str], layout: Layout) -> Brief:
        if len(cells) == layout.width:
            cells.append("")
        else:
            fit_cells(cells, layout)
        (coin, type_text, network, height_text, address, amount_text, message,
         signature1, signature2, key, owner1, owner2) = layout.pick(cells)  # fmt: skip
        kind, staking = _read_type(type_text) if type_text else WALLET
        known = self._coins.get(coin)
        if known is None:
            require_named(coin, "coin")
        height = self._read_heights.get(height_text)
        if (
            len(address) < SHORT_CELL
            or 0 < len(signature1) < SHORT_CELL
            or 0 < len(signature2) < SHORT_CELL
            or 0 < len(key) < SHORT_CELL
        ):  # only short cells can be null tokens, or be damaged
            if not staking:  # a validator key is only displayed; example rows lack it
                require_named(address, "address")
            if height is None and height_text:
                height = self._read_height(height_text)
            require_undamaged(address, signature1, signature2, key)
            address, key = known_cell(address), known_cell(key)
            signature1, signature2 = known_cell(signature1), known_cell(signature2)
        elif height is None and height_text:
            height = self._read_height(height_text)
        mapping, replacement = known or self._learn(coin)
        if AMOUNT_GRAMMAR.fullmatch(amount_text) is None or self._in_base_units:
            self._require_amount(amount_text, mapping)
        return Brief(
            row,
            coin,
            mapping,
            kind,
            network,
            height if replacement is None else replacement,
            amount_text,
            OwnershipMaterial(
                address,
                message if len(message) > LONGEST_NULL else known_cell(message),
                signature1,
                signature2,
                key,
                owner1 and known_cell(owner1),
                owner2 and known_cell(owner2),
                staking,
            ),
        )

    def _require_amount(self, text: str, mapping: CoinMapping | None) -> None:
        """Raise RowError when a cell is no amount by the rules of the layout."""
        read_amount(text)
        if self._in_base_units:
            _from_base_units(text, mapping)

    def _learn(self, coin: str) -> tuple[CoinMapping | None, int | None]:
        """Return a coin's mapping, and the height that replaces the row's own, if any does."""
        name = published_name(coin)
        mapping = self._vocabulary.coins.get(name)
        height = None
        if mapping is not None and mapping.network is not None:
            height = self._vocabulary.heights.get(mapping.network)
        if height is None and not self._has_heights:
            height = self.heights.get(name)
        if len(self._coins) < CACHE_LIMIT:
            self._coins[coin] = (mapping, height)
        return mapping, height

    def _read_height(self, text: str) -> int | None:
        height = read_height(text)
        if height is not None and len(self._read_heights) < CACHE_LIMIT:
            self._read_heights[text] = height
        return height


def _read_type(text: str) -> tuple[ClaimKind, str]:
    """Return what the Type cell says: the kind, and the staking type or nothing."""
    word = " ".join(known_cell(text).lower().split())
    kind = KINDS.get(word)
    if kind is None:
        detail = f"the type '{plain_text(word[:SHOWN])}' is not known, and decides what a row is"
        raise RowError(MalformedReason.TYPE, detail)
    return kind, word if kind is ClaimKind.STAKING else ""


def _from_base_units(text: str, mapping: CoinMapping | None) -> tuple[Amount | None, str]:
    """Return an A7 amount with its decimals, or None and why they are not known."""
    if "." in text:
        detail = "the amount has a point, but this layout gives whole base units"
        raise RowError(MalformedReason.AMOUNT, detail)
    if mapping is not None and mapping.decimals is not None:
        return Amount(int(text), mapping.decimals), ""
    return None, f"{text} base units, of a coin whose decimals are not known here"
