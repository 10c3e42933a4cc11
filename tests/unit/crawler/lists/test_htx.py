from __future__ import annotations

import pytest

from crawler.lists.detect import detect
from crawler.lists.htx import Htx
from crawler.models import Amount
from tests.unit.crawler.lists.samples import ADDRESS, OWNER, claim, malformed, parse, summary

HEADER = "coin,address,snapshot height,balance,message,signature"
SIGNED = "BTC,143gLvWYUojXaWZRrxquRKpVNTkhmr415B,934496,6983.70,huobi,H5uVlAKs"
CONTRACT = f"ETH,{ADDRESS},24355911,10180.09,-,-"
OWNER_ROW = f"ETH,{OWNER},-,-,htx,{'0c' * 65}"
LIST = f"""\ufeffcoin,snapshot height,balance
BTC(ALL),-,6983.70
ETH,24355911,10180.09

{HEADER}
{SIGNED}
{CONTRACT}
{OWNER_ROW}
"""


def test_a_whole_list() -> None:
    entries, census = parse(LIST, form=Htx())
    assert (census.summary, census.claims, census.malformed) == (2, 3, 0)
    total, ether = summary(entries[0]), summary(entries[1])
    assert (total.is_aggregate, total.height, total.amount) == (True, None, Amount(698370, 2))
    assert (ether.is_aggregate, ether.height) == (False, 24355911)
    signed = claim(entries[2])
    assert (signed.coin, signed.height, signed.amount) == ("BTC", 934496, Amount(698370, 2))
    assert signed.rounding == Amount(5, 3)
    assert signed.material.message == "huobi"
    assert signed.material.signature1 == "H5uVlAKs"


def test_a_contract_row_is_unsigned_and_its_owner_claims_nothing() -> None:
    contract, owner = (claim(one) for one in parse(LIST, form=Htx())[0][3:])
    assert contract.amount == Amount(1018009, 2)
    assert (contract.material.message, contract.material.signature1) == ("", "")
    assert (owner.amount, owner.rounding, owner.height, owner.amount_gap) == (None, None, None, "")
    assert owner.material.message == "htx"
    assert owner.material.address == OWNER


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (SIGNED.replace("6983.70", "6,983.70"), "cells"),
        (SIGNED.replace("6983.70", "-1"), "amount"),
        (SIGNED.replace("6983.70", "1.2E+30"), "spreadsheet"),
        (SIGNED.replace("934496", "0x10"), "height"),
        (SIGNED.replace("BTC,", "-,"), "coin"),
        (SIGNED.replace("143gLvWYUojXaWZRrxquRKpVNTkhmr415B", "-"), "address"),
        (SIGNED.rpartition(",")[0], "cells"),
    ],
)
def test_a_damaged_row_costs_itself_and_nothing_else(row: str, reason: str) -> None:
    entries, _ = parse(f"{HEADER}\n{row}\n{CONTRACT}\n", form=Htx())
    assert (malformed(entries[0]).reason, malformed(entries[0]).row) == (reason, 2)
    assert claim(entries[1]).row == 3


def test_a_height_of_the_command_line_replaces_the_row_s() -> None:
    entries, _ = parse(f"{HEADER}\n{CONTRACT}\n", form=Htx(), heights={"ethereum": 7})
    assert claim(entries[0]).height == 7


def test_it_is_told_from_other_lists_by_its_header() -> None:
    assert detect(["\ufeffcoin,snapshot height,balance", "BTC(ALL),-,1", HEADER]).name == "htx"
    assert not Htx().recognises(["coin,address,amount,message,signature1,signature2"])
