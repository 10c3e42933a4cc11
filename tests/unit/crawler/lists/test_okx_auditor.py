from __future__ import annotations

import json

import pytest

from crawler.lists import okx_auditor
from crawler.lists.okx_auditor import OkxAuditor
from tests.shared_data import SHARED, WITHOUT_SHARED
from tests.unit.crawler.lists.samples import (
    A12,
    ADDRESS,
    COINS,
    FORM_B,
    OWNER,
    ROW_B,
    SIGNATURE,
    claim,
    malformed,
    only,
    parse_b,
)

KEYS = '{"publicKey1":"EOS7nG","publicKey2":"EOS8zW"}'


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"USDT,ETH,{ADDRESS},{SIGNATURE},null,M", "cells"),
        (f"{ROW_B},5,6", "cells"),
        (f"{ROW_B},five", "cells"),
        (ROW_B.replace("USDT", "null"), "coin"),
        (ROW_B.replace("ETH", ""), "coin"),
        (ROW_B.replace(ADDRESS, "\\N"), "address"),
        (ROW_B.replace(SIGNATURE, "1.2E+30"), "spreadsheet"),
        (f'ETH,Vaulta,a,{SIGNATURE},,M,{{"publicKey1":"E","publicKey2":"F",,', "brackets"),
    ],
)
def test_a_damaged_row_costs_itself_and_nothing_else(row: str, reason: str) -> None:
    entries, _ = parse_b(f"{FORM_B}\n{row}\n{ROW_B}\n")
    assert (malformed(entries[0]).reason, malformed(entries[0]).row) == (reason, 2)
    assert claim(entries[1]).row == 3


def test_the_rule_follows_from_the_network_not_from_the_asset() -> None:
    entries, _ = parse_b(f"{FORM_B}\n{ROW_B.replace('USDT,ETH', 'ETC,okc')}\n")
    row = claim(only(entries))
    assert (row.coin, row.network_label) == ("ETC", "okc")
    assert row.mapping is not None
    assert row.mapping.network == COINS["OKC"].network
    assert row.mapping.rule is COINS["OKC"].rule
    assert (row.amount, row.height) == (None, None)
    assert row.amount_gap == "this list publishes no amounts"


def test_the_mapping_of_the_network_lends_its_rule_but_not_its_holding_form() -> None:
    entries, _ = parse_b(f"{FORM_B}\n{ROW_B}\n")
    row = claim(only(entries))
    assert row.mapping is not None
    assert (row.mapping.asset, row.mapping.form, row.mapping.decimals) == (None, None, None)
    assert row.mapping.gap


def test_an_unknown_network_is_a_claim_that_no_rule_fits() -> None:
    entries, _ = parse_b(f"{FORM_B}\n{ROW_B.replace('ETH', 'NO-SUCH-CHAIN')}\n")
    assert claim(only(entries)).mapping is None


@pytest.mark.parametrize("header", [FORM_B, f"{FORM_B},status"])
def test_no_status_skips_a_row(header: str) -> None:
    rows = "\n".join(f"{ROW_B},{status}" for status in ("5", "4", "", "null"))
    entries, census = parse_b(f"{header}\n{rows}\n{ROW_B}\n")
    assert [claim(entry).row for entry in entries] == [2, 3, 4, 5, 6]
    assert census.unknown_columns == []


@pytest.mark.parametrize("published", [KEYS, '"' + KEYS.replace('"', '""') + '"', f" {KEYS} "])
def test_two_keys_come_as_json_quoted_or_raw(published: str) -> None:
    entries, _ = parse_b(f"{FORM_B}\nEOS,Vaulta,okb,{SIGNATURE},,M,{published},,\n")
    row = claim(only(entries))
    assert row.material.key == KEYS
    assert (row.material.owner1, row.material.owner2) == ("", "")


def test_null_tokens_are_empty_everywhere() -> None:
    entries, _ = parse_b(f"{FORM_B}\nETH,ETH,{ADDRESS},\\N,null,NULL,\\N,null,{OWNER}\n")
    assert claim(only(entries)).material == (ADDRESS, "", "", "", "", "", OWNER, "")


def test_owners_may_be_missing() -> None:
    entries, _ = parse_b(f"{FORM_B}\nETH,ETH,{ADDRESS},{SIGNATURE},,M,\n")
    assert claim(only(entries)).material.owner1 == ""


def test_there_is_no_summary_section() -> None:
    entries, census = parse_b(f"ETH,1,5\n{FORM_B}\n{ROW_B}\n{FORM_B}\n{ROW_B}\n")
    assert malformed(entries[0]).reason == "summary"
    assert (census.header, census.claims) == (2, 2)


def test_a_form_a_header_is_recognised_by_form_a_first() -> None:
    assert OkxAuditor().recognises([FORM_B])
    assert not OkxAuditor().recognises(["coin,address,amount", "I am an OKX address"])
    assert OkxAuditor().recognises([A12]), "a superset: detection asks form A first"


@pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)
def test_every_adversarial_row_of_form_b_is_judged_not_skipped() -> None:
    assert SHARED is not None
    lines = (SHARED / "data" / "okx" / "adversarial.jsonl").read_text(encoding="utf-8")
    fields = ("signedMessage", "signedMessage2", "message", "publicKey", "owner1", "owner2")
    seen = 0
    for case in map(json.loads, lines.splitlines()):
        if "row" not in case:
            cells = ["X", case["network"], case["address"], *(case[field] for field in fields)]
            entries, _ = parse_b(f"{FORM_B}\n{','.join(cells)}\n")
            assert claim(only(entries)).material.address == case["address"]
            seen += 1
    assert seen >= 20


def test_what_is_remembered_is_bounded_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = "\n".join(ROW_B.replace("ETH", network) for network in ("A", "OKC", "B", "ETH", "OKC"))
    unbounded = parse_b(f"{FORM_B}\n{rows}\n")
    monkeypatch.setattr(okx_auditor, "CACHE_LIMIT", 1)
    assert parse_b(f"{FORM_B}\n{rows}\n") == unbounded
