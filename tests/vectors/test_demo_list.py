"""The generator makes the bundled files, and the list is what it says of itself."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import pytest
import wallycore
from eth_account import Account
from eth_account.messages import encode_defunct

from crawler.resources import config_dir
from tests.vectors import demo_keys, make_demo_list

BUNDLED = Path(str(config_dir() / "demo"))


@pytest.fixture(scope="module")
def summary() -> list[list[str]]:
    return _section(0)


@pytest.fixture(scope="module")
def detail() -> list[list[str]]:
    return _section(1)


def _section(number: int) -> list[list[str]]:
    text = (BUNDLED / "okx_demo.csv").read_text("utf-8").split("\n\n")[number]
    return list(csv.reader(text.splitlines()))[1:]


@pytest.mark.parametrize("name", ["okx_demo.csv", "scene.json"])
def test_the_bundled_files_are_what_the_generator_makes(tmp_path: Path, name: str) -> None:
    make_demo_list.write(tmp_path)
    assert (BUNDLED / name).read_bytes() == (tmp_path / name).read_bytes()


def test_the_summary_agrees_with_the_detail(
    summary: list[list[str]], detail: list[list[str]]
) -> None:
    sums: dict[str, Fraction] = defaultdict(Fraction)
    for row in detail:
        sums[row[0]] += Fraction(row[4])
        sums[f"{make_demo_list.COINS[row[0]].asset}(ALL)"] += Fraction(row[4])
    assert {row[0]: Fraction(row[2]) for row in summary} == sums


def test_rows_are_cut_short_as_published(detail: list[list[str]]) -> None:
    lengths = Counter(len(row) for row in detail)
    assert lengths == {9: len(detail) - 1, 11: 1}
    assert 190 <= len(detail) <= 220


def test_every_coin_has_rows(detail: list[list[str]]) -> None:
    assert {row[0] for row in detail} == set(make_demo_list.COINS)


def test_only_the_planted_row_claims_a_holding_twice(detail: list[list[str]]) -> None:
    seen = Counter((row[0], row[3].lower() if row[3][:2] == "0x" else row[3]) for row in detail)
    assert [count for count in seen.values() if count > 1] == [2]


def test_an_account_library_finds_the_same_signers(detail: list[list[str]]) -> None:
    message = encode_defunct(primitive=demo_keys.keccak(demo_keys.MESSAGE.encode()))
    foreign = [
        row[3]
        for row in detail
        if row[3].startswith("0x") and row[6] and len(row) == 9
        if Account.recover_message(message, signature=row[6]).lower() != row[3].lower()
    ]
    assert foreign == [demo_keys.evm_address(102)]


def test_a_wallet_library_writes_the_same_addresses() -> None:
    key = demo_keys.bitcoin_key(5)
    script = sha256(key).digest()
    legacy = wallycore.base58check_from_bytes(b"\x00" + wallycore.hash160(key))
    assert demo_keys.p2pkh(5).address == legacy
    for program in (wallycore.hash160(key), script):
        push = b"\x00" + bytes([len(program)]) + program
        assert demo_keys.segwit_v0(program) == wallycore.addr_segwit_from_bytes(push, "bc", 0)


def test_a_wallet_library_makes_the_same_bitcoin_digest() -> None:
    digest = wallycore.format_bitcoin_message(
        demo_keys.MESSAGE.encode(), wallycore.BITCOIN_MESSAGE_FLAG_HASH
    )
    assert digest == demo_keys.bitcoin_digest(demo_keys.MESSAGE)


def test_the_digests_are_the_published_ones() -> None:
    # intermediate values of the wallet-list specification, for "I am an OKX address"
    assert demo_keys.evm_digest(demo_keys.MESSAGE).hex() == (
        "2c5ade6d905fda46ee20b58294772d2bdbee68c92ba5c54f38c325bae1326e2f"
    )
    assert demo_keys.tron_v2_digest(demo_keys.MESSAGE).hex() == (
        "5b7b165a9285bdd124ff61a92c7aa8bd11c90e38143aa5ee0182d2b262249fb4"
    )
    assert demo_keys.bitcoin_digest(demo_keys.MESSAGE).hex() == (
        "801daa6c71eff63c5f821bdfccc89054ac070e454811bdd4145ac92cf5cf3132"
    )


def test_a_text_that_needs_a_longer_length_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        demo_keys.compact("x" * 253)
