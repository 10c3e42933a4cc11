from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawler.entities import published_name
from crawler.lists import okx
from crawler.lists.okx import Okx
from crawler.models import Amount, ClaimKind
from tests.shared_data import SHARED, WITHOUT_SHARED
from tests.unit.crawler.lists.samples import (
    A7,
    A9,
    A11,
    A12,
    ADDRESS,
    COINS,
    FORM_B,
    MESSAGE,
    OWNER,
    ROW7,
    ROW9,
    ROW11,
    ROW12,
    SIGNATURE,
    SUMMARY,
    claim,
    malformed,
    only,
    parse,
)

# --- what must not become a claim --------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "reason", "word"),
    [
        ("-5", "amount", "sign"),
        ("+5", "amount", "sign"),
        ("1e30", "spreadsheet", "exponent"),
        ("1.23E+17", "spreadsheet", "exponent"),
        (".5", "spreadsheet", "zero"),
        ("#####", "spreadsheet", "error word"),
        ("5.", "amount", "point"),
        ('"1,234.5"', "amount", "thousands"),
        ("1 234", "amount", "thousands"),
        ("١٢", "amount", "ASCII"),
        ("N/A", "amount", "digits"),
        ("0x10", "amount", "digits"),
        ("", "amount", "no amount"),
        ("-", "amount", "no amount"),
        ("9" * 5000, "amount", "100 digits"),
        ("0." + "9" * 5000, "amount", "100 digits"),
    ],
    ids=lambda value: value[:12],
)
def test_an_amount_outside_the_grammar_is_refused_by_name(
    amount: str, reason: str, word: str
) -> None:
    entries, _ = parse(f"{A9}\nETH,ETH,1,{ADDRESS},{amount},{MESSAGE},{SIGNATURE},,\n")
    row = malformed(only(entries))
    assert (row.reason, row.row, row.coin, row.address) == (reason, 2, "ETH", ADDRESS)
    assert word in row.detail
    assert len(row.detail) < 200


@pytest.mark.parametrize(
    ("height", "reason"),
    [
        ("0x10", "height"),
        ("-1", "height"),
        ("20914735.0", "height"),
        ("1" * 21, "height"),
        ("latest", "height"),
        ("2.09E+07", "spreadsheet"),
    ],
)
def test_a_height_that_is_no_number_fails_the_row(height: str, reason: str) -> None:
    entries, _ = parse(f"{A9}\nETH,ETH,{height},{ADDRESS},1,{MESSAGE},{SIGNATURE},,\n")
    assert malformed(only(entries)).reason == reason


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("ETH,ETH,1", "cells"),
        (ROW9.removesuffix(","), "cells"),
        (ROW9 + ",,,surplus", "cells"),
        (f",ETH,1,{ADDRESS},1,{MESSAGE},{SIGNATURE},,", "coin"),
        (f"ETH,ETH,1,,1,{MESSAGE},{SIGNATURE},,", "address"),
        (f"ETH,ETH,1,null,1,{MESSAGE},{SIGNATURE},,", "address"),
        (f'"ETH"x,ETH,1,{ADDRESS},1,{MESSAGE},{SIGNATURE},,', "quote"),
        (f"ETH,ETH,1,{ADDRESS},1,[{MESSAGE},{SIGNATURE},,", "brackets"),
        (f"ETH,ETH,1,{ADDRESS},1,{MESSAGE},“{SIGNATURE}”,,", "spreadsheet"),
        (f"ETH,ETH,1,{ADDRESS},1,{MESSAGE},1.23E+17,,", "spreadsheet"),
        (f"ETH,ETH,1,1.23457E+47,1,{MESSAGE},{SIGNATURE},,", "spreadsheet"),
        (f"ETH,ETH,1,{ADDRESS},1,{MESSAGE},{SIGNATURE},#NAME?,", "spreadsheet"),
        (f"ETH,ETH,1,{ADDRESS},1,{MESSAGE},{SIGNATURE},,12345", "spreadsheet"),
        (f"ETH,ETH,1,{ADDRESS},1,{MESSAGE},{SIGNATURE},\u200b,", "encoding"),
        (f"ETH,ETH,1,{ADDRESS},1,{MESSAGE}\x1b[31m,{SIGNATURE},,", "encoding"),
    ],
)
def test_a_damaged_row_costs_itself_and_nothing_else(row: str, reason: str) -> None:
    entries, census = parse(f"{A9}\n{ROW9}\n{row}\n{ROW9}\n")
    assert claim(entries[0]).row == 2
    assert (malformed(entries[1]).row, malformed(entries[1]).reason) == (3, reason)
    assert claim(entries[2]).row == 4
    assert (census.claims, census.malformed, census.detail_rows()) == (2, 1, 3)


def test_bytes_that_are_not_utf8_cost_their_own_row() -> None:
    content = f"{A9}\n{ROW9}\n".encode() + b"ETH,ETH\xff,1\n" + b"ETH,\x00,1\n" + ROW9.encode()
    entries, _ = parse(content)
    assert [malformed(entry).reason for entry in entries[1:3]] == ["encoding", "encoding"]
    assert "0xff at position 8" in malformed(entries[1]).detail
    assert "U+0000" in malformed(entries[2]).detail
    assert claim(entries[3]).row == 5


def test_a_form_b_header_is_not_one_of_form_a() -> None:
    assert not Okx().recognises([FORM_B])
    assert not Okx().recognises(["coin,address,snapshot height,balance,message,signature"])
    assert not Okx().recognises([f"{A9},address"]), "two address columns: which one is meant?"


def test_an_unknown_type_is_refused_since_it_decides_how_a_row_is_judged() -> None:
    entries, _ = parse(f"{A12}\n{ROW12.replace('Non Staking', 'Liquid Staking')}\n")
    row = malformed(only(entries))
    assert row.reason == "type"
    assert "liquid staking" in row.detail


# --- layouts ------------------------------------------------------------------------


def test_layout_a7_gives_base_units_and_takes_the_height_of_the_summary() -> None:
    entries, _ = parse(
        f"{SUMMARY}\nUSDT-TRC20,46095694,111\nETH,16005122, 5.2834\n\n{A7}\n{ROW7}\n"
    )
    row = claim(entries[2])
    assert row.amount == Amount(90054645707027360, 18)
    assert row.height == 16005122
    assert row.network_label == ""
    assert row.material.signature2 == ""


def test_layout_a7_without_a_summary_has_no_height() -> None:
    entries, _ = parse(f"{A7}\n{ROW7}\n")
    assert claim(only(entries)).height is None


@pytest.mark.parametrize("coin", ["PI", "NOBODY-KNOWS"])
def test_base_units_of_unknown_decimals_are_a_gap_of_ours_not_a_bad_row(coin: str) -> None:
    entries, _ = parse(f"{A7}\n{coin},{ADDRESS},111000000,{MESSAGE},{SIGNATURE},,\n")
    row = claim(only(entries))
    assert row.amount is None
    assert row.amount_gap == "111000000 base units, of a coin whose decimals are not known here"


def test_base_units_with_a_point_contradict_their_header() -> None:
    entries, _ = parse(f"{A7}\nETH,{ADDRESS},1.5,{MESSAGE},{SIGNATURE},,\n")
    row = malformed(only(entries))
    assert (row.reason, "base units" in row.detail) == ("amount", True)


def test_layout_a9_gives_whole_units_with_all_digits() -> None:
    entries, _ = parse(
        f"{A9}\nETH,ETH,7,{ADDRESS}, 0.058959708849230320 ,{MESSAGE},{SIGNATURE},,\n"
    )
    row = claim(only(entries))
    assert row.amount == Amount(58959708849230320, 18)
    assert (row.height, row.network_label, row.kind) == (7, "ETH", ClaimKind.WALLET)
    assert (row.mapping, row.custodian, row.file) == (COINS["ETH"], "okx", "list.csv")


def test_layout_a11_has_owners_and_shorter_rows() -> None:
    entries, _ = parse(f"{A11}\n{ROW11}\n{ROW9}\n{ROW9},{OWNER}\n")
    full, short, one = (claim(entry).material for entry in entries)
    assert (full.owner1, full.owner2, full.signature2) == (OWNER, ADDRESS, SIGNATURE)
    assert (short.owner1, short.owner2) == ("", "")
    assert (one.owner1, one.owner2) == (OWNER, "")


@pytest.mark.parametrize(
    ("text", "kind", "staking"),
    [
        ("Non Staking", ClaimKind.WALLET, ""),
        ("", ClaimKind.WALLET, ""),
        ("null", ClaimKind.WALLET, ""),
        ("\\N", ClaimKind.WALLET, ""),
        ("Native ETH Staking", ClaimKind.STAKING, "native eth staking"),
        (" eigenlayer  STAKING ", ClaimKind.STAKING, "eigenlayer staking"),
    ],
)
def test_layout_a12_tells_staking_rows_by_their_type(
    text: str, kind: ClaimKind, staking: str
) -> None:
    entries, _ = parse(f"{A12}\n{ROW12.replace('Non Staking', text)}\n")
    row = claim(only(entries))
    assert (row.kind, row.material.staking) == (kind, staking)


def test_a_staking_row_may_lack_the_address_that_it_only_displays() -> None:
    row = ROW12.replace(ADDRESS, "").replace("Non Staking", "Native ETH Staking")
    entries, _ = parse(f"{A12}\n{row}\n{ROW12.replace(ADDRESS, '')}\n")
    assert claim(entries[0]).material.address == ""
    assert malformed(entries[1]).reason == "address"


def test_columns_are_found_by_name_in_any_order_and_spelling() -> None:
    header = "Message,MSG_ID,ADDRESS:,Balance,signature 1,Coin,chain,Block Height,Signature-2"
    entries, census = parse(f"{header}\n{MESSAGE},9,{ADDRESS},1.50,{SIGNATURE},BTC,X,8,\\N\n")
    row = claim(only(entries))
    assert (row.coin, row.amount, row.height) == ("BTC", Amount(150, 2), 8)
    assert row.material == (ADDRESS, MESSAGE, SIGNATURE, "", "", "", "", "")
    assert census.unknown_columns == ["MSG_ID"]


def test_null_tokens_and_blanks_become_empty_cells() -> None:
    entries, _ = parse(f"{A11}\nETH, - ,NULL,{ADDRESS}\t,1,{MESSAGE} ,\\N,null, - ,Null,null\n")
    row = claim(only(entries))
    assert row.height is None
    assert row.material == (ADDRESS, MESSAGE, "", "", "", "", "", "")


def test_coins_are_looked_up_without_regard_to_case_or_blanks() -> None:
    entries, _ = parse(f"{A9}\n{ROW9.replace('ETH,ETH', ' eth ,ETH', 1)}\n")
    row = claim(only(entries))
    assert (row.coin, row.mapping) == ("eth", COINS["ETH"])
    assert published_name(" Usdt - Trc20") == "USDT-TRC20"


def test_an_unknown_coin_is_a_claim_without_mapping() -> None:
    entries, census = parse(f"{A9}\n{ROW9.replace('ETH', 'NEWCOIN', 1)}\n")
    assert claim(only(entries)).mapping is None
    assert census.claims == 1


def test_a_given_height_replaces_those_of_its_network_only() -> None:
    bitcoin = f"BTC,BTC,763861,{ADDRESS},1,{MESSAGE},{SIGNATURE},,"
    entries, _ = parse(f"{A9}\n{ROW9}\n{bitcoin}\n{ROW9}\n", heights={"ethereum": 42})
    assert [claim(entry).height for entry in entries] == [42, 763861, 42]


# --- sections -----------------------------------------------------------------------


@pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)
def test_the_published_example_rows_are_read() -> None:
    assert SHARED is not None
    vectors = (SHARED / "data" / "okx" / "vectors.jsonl").read_text(encoding="utf-8")
    headers = {7: A7, 9: A9, 11: A11, 12: A12}
    seen = 0
    for vector in map(json.loads, vectors.splitlines()):
        if "raw_row" not in vector:
            continue
        entries, _ = parse(f"{headers.get(vector['n_columns'], A12)}\n{vector['raw_row']}\n")
        if vector["expect"] == "pass":
            assert claim(only(entries)).material.signature1 == vector["signature1"]
        else:
            assert malformed(only(entries)).reason == "cells"
        seen += 1
    assert seen >= 4


@pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)
def test_adversarial_rows_that_are_format_errors_are_malformed_and_no_others() -> None:
    assert SHARED is not None
    lines = Path(SHARED / "data" / "okx" / "adversarial.jsonl").read_text(encoding="utf-8")
    headers = {11: A11, 12: A12}
    outcomes = {}
    for case in map(json.loads, lines.splitlines()):
        if "row" in case:
            entries, _ = parse(f"{headers[case['columns']]}\n{case['row']}\n")
            outcomes[case["id"]] = getattr(only(entries), "reason", "claim")
    assert outcomes.pop("amount-exp") == "spreadsheet"
    assert set(outcomes.values()) == {"claim"}


def test_what_is_remembered_is_bounded_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = "\n".join(ROW9.replace("ETH,ETH,20914735", f"C{n},X,{n}", 1) for n in range(9))
    unbounded = parse(f"{A9}\n{rows}\n{ROW9}\n{rows}\n")
    monkeypatch.setattr(okx, "CACHE_LIMIT", 2)
    assert parse(f"{A9}\n{rows}\n{ROW9}\n{rows}\n") == unbounded
