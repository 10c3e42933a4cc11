"""HTX's published list: a summary section, then one row per address. Pure.

Specs/wallet-lists Part II, 3.4. One signature a row, no network column: the coin name says it all.
Amounts are rounded to two decimals, so a balance within half a unit of the last published digit
equals its claim. A row without amount and height, under a contract's row, names an owner of that
contract: it shows that the owner holds a key, and claims nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import OwnershipMaterial
from crawler.entities import published_name
from crawler.lists.columns import AMOUNT_NAMES, COIN_NAMES, HEIGHT_NAMES, Column, has_header
from crawler.lists.damage import read_amount, read_height, require_undamaged
from crawler.lists.interface import Brief
from crawler.lists.okx import OkxSummaries
from crawler.lists.sections import (
    RowReader,
    SectionedFormat,
    fit_cells,
    known_cell,
    require_named,
)
from crawler.models import Amount, Claim, ClaimKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.lists.columns import Layout
    from crawler.lists.interface import Vocabulary

HTX_COLUMNS = (
    Column("coin", COIN_NAMES, is_required=True),
    Column("address", ("address",), is_required=True),
    Column("height", HEIGHT_NAMES, is_required=True),
    Column("amount", AMOUNT_NAMES, is_required=True),
    Column("message", ("message", "msg"), is_required=True),
    # Other lists number their signatures.
    Column("signature", ("signature",), is_required=True),
)

NO_CLAIM = ""
"""An owner's row: nothing is claimed, and nothing is lacking."""


class Htx(SectionedFormat):
    """The `htx` format."""

    name = "htx"
    example_header = "coin,address,snapshot height,balance,message,signature"

    def recognises(self, head: Sequence[str]) -> bool:
        """Return whether one of these lines is a header of this format."""
        return has_header(head, HTX_COLUMNS)

    def reader(self, file: str, vocabulary: Vocabulary) -> RowReader:
        """Return what reads the rows of one pass over `file`."""
        return _Reader(file, vocabulary)


class _Reader(OkxSummaries):
    """One pass over one file."""

    columns = HTX_COLUMNS

    def start_section(self, layout: Layout) -> None:
        del layout  # every row has all cells

    def read_claim(self, row: int, cells: list[str], layout: Layout) -> Claim:
        brief = self.read_brief(row, cells, layout)
        amount = read_amount(brief.amount_text) if brief.amount_text else None
        return Claim(
            file=self._file,
            row=row,
            coin=brief.coin,
            mapping=brief.mapping,
            kind=brief.kind,
            network_label=brief.network_label,
            height=brief.height,
            amount=amount,
            material=brief.material,
            custodian=self._vocabulary.entity,
            amount_gap=NO_CLAIM,
            rounding=None if amount is None else half_of_last_digit(amount),
        )

    def read_brief(self, row: int, cells: list[str], layout: Layout) -> Brief:
        fit_cells(cells, layout)
        coin, address, height_text, amount_text, message, signature = layout.pick(cells)
        require_named(coin, "coin")
        require_named(address, "address")
        require_undamaged(address, signature, "", "")
        amount_text = known_cell(amount_text)
        if amount_text:
            read_amount(amount_text)
        mapping = self._vocabulary.coins.get(published_name(coin))
        height = read_height(height_text)
        if mapping is not None and mapping.network is not None:
            height = self._vocabulary.heights.get(mapping.network, height)
        return Brief(
            row=row,
            coin=coin,
            mapping=mapping,
            kind=ClaimKind.WALLET,
            network_label="",
            height=height,
            amount_text=amount_text,
            material=OwnershipMaterial(
                address=address,
                message=known_cell(message),
                signature1=known_cell(signature),
                signature2="",
                key="",
                owner1="",
                owner2="",
                staking="",
            ),
        )


def half_of_last_digit(amount: Amount) -> Amount:
    """Return by how much a rounded amount may differ from the exact one.

    >>> half_of_last_digit(Amount(698370, 2))
    Amount(units=5, decimals=3)
    """
    return Amount(5, amount.decimals + 1)
