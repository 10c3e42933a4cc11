"""The list that OKX gave its auditor: one section, no amounts, no heights (form B). Pure.

The ownership rule follows from the *network* column alone (specs/wallet-lists Part I.2): USDT on
ETH is judged as ETH, ETC on OKC as OKC. So a claim's mapping is the one of its network's name,
stripped of asset and holding form: this list says nothing that a balance could be compared with.
A status column exists in some files; here it skips no row.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chains.adapter import OwnershipMaterial
from chains.owners import NULL_TOKENS
from crawler.entities import published_name
from crawler.lists.columns import Column, has_header
from crawler.lists.damage import require_undamaged
from crawler.lists.interface import Brief, MalformedReason
from crawler.lists.lines import RowError
from crawler.lists.okx import CACHE_LIMIT
from crawler.lists.sections import (
    RowReader,
    SectionedFormat,
    fit_cells,
    known_cell,
    require_named,
)
from crawler.models import Claim, ClaimKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.entities import CoinMapping
    from crawler.lists.columns import Layout
    from crawler.lists.interface import Vocabulary
    from crawler.models import SummaryRow

AUDITOR_COLUMNS = (
    Column("coin", ("digitalasset", "asset", "coin", "token"), is_required=True),
    Column("network", ("network", "chain"), is_required=True),
    Column("address", ("address",), is_required=True),
    Column("signature1", ("signedmessage", "signedmessage1", "signature1"), is_required=True),
    Column("signature2", ("signedmessage2", "signature2")),
    Column("message", ("message", "msg"), is_required=True),
    Column("key", ("publickey", "redeemscriptpublickey", "redeemscript")),
    Column("owner1", ("owner1", "eoa1"), is_droppable=True),
    Column("owner2", ("owner2", "eoa2"), is_droppable=True),
    Column("status", ("status",), is_droppable=True),
)

NO_AMOUNTS = "this list publishes no amounts"
RULE_ONLY = "the network column of this list chooses the ownership rule, and nothing else"


class OkxAuditor(SectionedFormat):
    """The `okx-auditor` format."""

    name = "okx-auditor"
    example_header = (
        "digitalAsset,network,address,signedMessage,signedMessage2,message,publicKey,owner1,owner2"
    )

    def recognises(self, head: Sequence[str]) -> bool:
        """Return whether one of these lines is a header of form B."""
        return has_header(head, AUDITOR_COLUMNS)

    def reader(self, file: str, vocabulary: Vocabulary) -> RowReader:
        """Return what reads the rows of one pass over `file`."""
        return _Reader(file, vocabulary)


class _Reader:
    """One pass over one file."""

    columns = AUDITOR_COLUMNS

    def __init__(self, file: str, vocabulary: Vocabulary) -> None:
        self._file = file
        self._vocabulary = vocabulary
        self._has_status = False
        self.heights: dict[str, int] = {}
        self._rules: dict[str, CoinMapping | None] = {}

    def start_section(self, layout: Layout) -> None:
        self._has_status = "status" in layout.fields

    def read_claim(self, row: int, cells: list[str], layout: Layout) -> Claim:
        brief = self.read_brief(row, cells, layout)
        return Claim(
            file=self._file,
            row=row,
            coin=brief.coin,
            mapping=brief.mapping,
            kind=brief.kind,
            network_label=brief.network_label,
            height=None,
            amount=None,
            material=brief.material,
            custodian=self._vocabulary.entity,
            amount_gap=NO_AMOUNTS,
        )

    def read_brief(self, row: int, cells: list[str], layout: Layout) -> Brief:
        if len(cells) == layout.width + 1 and not self._has_status and _is_status(cells[-1]):
            cells.pop()  # some files have the status, but not its column name
        fit_cells(cells, layout)
        (coin, network, address, signature1, signature2, message,
         key, owner1, owner2, _) = layout.pick(cells)  # fmt: skip
        require_named(coin, "asset")
        require_named(network, "network")
        require_named(address, "address")
        require_undamaged(address, signature1, signature2, key)
        return Brief(
            row=row,
            coin=coin,
            mapping=self._rules[network] if network in self._rules else self._learn(network),
            kind=ClaimKind.WALLET,
            network_label=network,
            height=None,
            amount_text="",
            material=OwnershipMaterial(
                address=address,
                message=known_cell(message),
                signature1=known_cell(signature1),
                signature2=known_cell(signature2),
                key=known_cell(key),
                owner1=known_cell(owner1),
                owner2=known_cell(owner2),
                staking="",
            ),
        )

    def read_summary(self, row: int, cells: list[str]) -> SummaryRow:
        del row, cells
        raise RowError(MalformedReason.SUMMARY, "this format has no summary section")

    def _learn(self, network: str) -> CoinMapping | None:
        mapping = self._vocabulary.coins.get(published_name(network))
        if mapping is not None:
            mapping = replace(mapping, asset=None, form=None, decimals=None, gap=RULE_ONLY)
        if len(self._rules) < CACHE_LIMIT:
            self._rules[network] = mapping
        return mapping


def _is_status(text: str) -> bool:
    return text.isdecimal() or text in NULL_TOKENS
