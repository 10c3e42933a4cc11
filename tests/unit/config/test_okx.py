"""config/entities/okx.toml says what OKX publishes: every name, with its address rule."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from chains.adapter import OwnershipMaterial
from chains.registry import FAMILIES, family_module
from crawler import settings
from crawler.entities import freshness
from tests.shared_data import SHARED, WITHOUT_SHARED
from tests.unit.config.okx_facts import (
    BECH32,
    BITCOIN,
    CASHADDR,
    HEADERS,
    NAMES,
    PUBLISHED_DIGESTS,
    SS58_PREFIXES,
    UTXO_TYPES,
    PublishedName,
)

if TYPE_CHECKING:
    from chains.adapter import OwnershipRule
    from crawler.entities import CoinMapping, Entity

LOADED = settings.load(environment={})
OKX = LOADED.entity("okx")


def mapped(published: PublishedName) -> CoinMapping:
    mapping = OKX.coin(published.coin)
    assert mapping is not None, f"{published.coin} is not in okx.toml"
    return mapping


def rule_of(published: PublishedName) -> OwnershipRule:
    rule = mapped(published).rule
    assert rule is not None, f"{published.coin} has no ownership rule"
    return rule


def require(expected: dict[str, object], found: dict[str, object]) -> None:
    """Compare by coin, so that a failure lists every coin that differs and no other."""
    assert expected, "nothing was compared"
    assert {coin: found[coin] for coin in expected if found[coin] != expected[coin]} == {}


def of_family(*families: str) -> list[PublishedName]:
    return [name for name in NAMES if name.family in families]


def parameter(names: list[PublishedName], key: str) -> dict[str, object]:
    return {name.coin: rule_of(name).parameters.get(key) for name in names}


def test_there_are_276_distinct_names() -> None:
    assert len(NAMES) == 276
    assert len({name.coin for name in NAMES}) == 276


def test_no_name_is_invented() -> None:
    published = {name.coin.upper() for name in NAMES}
    assert set(OKX.coins) - published == {"AVAX-X"}


def test_every_name_has_a_form_or_says_why_not() -> None:
    for mapping in map(mapped, NAMES):
        assert (mapping.form is None) == bool(mapping.gap), mapping.coin
        if mapping.form is not None:
            assert mapping.asset == mapping.form.asset
            assert mapping.network == mapping.form.network
            assert LOADED.forms[mapping.form.id] is mapping.form


def test_every_name_has_the_published_digests() -> None:
    require(
        {name.coin: PUBLISHED_DIGESTS[name.family] for name in NAMES},
        {name.coin: rule_of(name).digests for name in NAMES},
    )


def test_every_rule_has_the_agreed_statements_and_the_network_of_its_coin() -> None:
    require(
        {name.coin: (OKX.messages, mapped(name).network or "") for name in NAMES},
        {name.coin: (rule_of(name).messages, rule_of(name).network) for name in NAMES},
    )


def test_the_published_units_are_kept() -> None:
    require(
        {name.coin: name.unit for name in NAMES},
        {name.coin: mapped(name).unit for name in NAMES},
    )


def test_the_published_decimals_are_kept() -> None:
    require(
        {name.coin: name.decimals for name in NAMES if name.decimals is not None},
        {name.coin: mapped(name).decimals for name in NAMES},
    )


def test_the_families_of_the_main_job_have_code() -> None:
    ours = {"EVM": "evm", "UTXO": "utxo", "TRX": "tron"}
    without_rule = {"DCR": "decred"}
    require(
        {name.coin: without_rule.get(name.coin, ours[name.family]) for name in of_family(*ours)},
        {name.coin: rule_of(name).family for name in NAMES},
    )
    assert set(ours.values()) <= set(FAMILIES)


def test_every_name_has_a_rule_with_code() -> None:
    """276 names and AVAX-X; what cannot be judged says so itself (DCR)."""
    assert {mapping.rule.family for mapping in OKX.coins.values() if mapping.rule} <= set(FAMILIES)
    assert [mapping.coin for mapping in OKX.coins.values() if mapping.rule is None] == []


def test_the_names_that_lists_never_sign_are_marked() -> None:
    marked = {
        mapping.coin
        for mapping in OKX.coins.values()
        if mapping.rule and mapping.rule.parameters.get("unsigned") == "unsupported"
    }
    assert marked == {"EOS", "A", "RIPPLE", "USDT-ALGO"}


def test_solana_rules_are_for_solana_addresses_only() -> None:
    names = of_family("ED25519")
    require(
        {name.coin: name.address_type == "SOL" for name in names},
        {name.coin: rule_of(name).family == "solana" for name in names},
    )


def test_utxo_addresses_are_as_published() -> None:
    names = [name for name in of_family("UTXO") if name.address_type not in {"ZEN", "DCR"}]
    expected: dict[str, object] = {}
    for name in names:
        cashaddr = {"cashaddr_prefix": CASHADDR[name.coin]} if name.coin in CASHADDR else {}
        expected[name.coin] = {
            **UTXO_TYPES[str(name.address_type)],
            **cashaddr,
            "message_header": HEADERS.get(name.coin, BITCOIN),
        }
    require(expected, {name.coin: rule_of(name).parameters for name in names})


def test_only_filecoin_types_take_f410() -> None:
    names = of_family("EVM")
    found = parameter(names, "f410")
    assert {name.coin for name in names if name.address_type == "FIL"} == {"FIL-EVM", "FEVM"}
    assert {coin for coin, takes in found.items() if takes} == {"FIL-EVM", "FEVM"}


def test_bech32_prefixes_are_as_published() -> None:
    names = of_family("EVM", "ECDSA")
    on_okc = {name.coin: "ex" for name in names if name.coin.endswith(("-OKC20", "-KIP20"))}
    require(
        {name.coin: {**BECH32, **on_okc}.get(name.coin) for name in names},
        parameter(names, "bech32_hrp"),
    )


def test_ss58_prefixes_are_as_published() -> None:
    names = of_family("ED25519")
    require(
        {name.coin: SS58_PREFIXES.get(name.coin) for name in names},
        parameter(names, "ss58_prefix"),
    )


def test_an_ethereum_address_under_the_okx_digest_is_still_evm() -> None:
    names = of_family("ECDSA")
    require(
        {name.coin: name.address_type in {"ETH", "FLOW", "ONE"} for name in names},
        {name.coin: rule_of(name).family == "evm" for name in names},
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("BASE", "ETH-BASE"),
        ("ZKSYNC2", "ETH-ZKSYNC2"),
        ("APTOS", "APTOS-FA"),
        ("USDT", "USDT-OMNI"),
        ("RIPPLE", "XRP"),
        ("TON", "TONCOIN-NEW"),
        ("OKB-X1", "OKB_X1"),
        ("KLAY", "KAIA"),
        ("VAULTA", "Vaulta"),
    ],
)
def test_two_names_of_one_holding_form(one: str, other: str) -> None:
    first, second = OKX.coin(one), OKX.coin(other)
    assert first is not None
    assert second is not None
    assert first.form is not None
    assert first.form is second.form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("USDC-ARBITRUM", "USDC-ARBITRUM-NATIVE"),
        ("LTC", "LTCK-OKC20"),
        ("USDT-ERC20", "USDT-OKC20"),
        ("OKB", "OKB-OKC20"),
        ("ETH", "BETH"),
        ("EOS", "A"),
        ("XEC", "BCHA"),
    ],
)
def test_what_must_not_be_added_up_is_two_assets(one: str, other: str) -> None:
    first, second = OKX.coin(one), OKX.coin(other)
    assert first is not None
    assert second is not None
    assert first.asset != second.asset


def test_everything_okx_issued_on_its_chain_is_marked_so() -> None:
    issued = {
        name.coin for name in NAMES if name.coin.endswith(("-OKC20", "-KIP20"))
    } - {"BABYDOGE-KIP20"}  # fmt: skip
    for coin in issued:
        mapping = OKX.coin(coin)
        assert mapping is not None
        assert mapping.form is not None
        assert mapping.form.kind == "custodian-issued"


def test_no_agreed_statement_counts_as_fresh() -> None:
    assert [message for message in OKX.messages if freshness(message, OKX.fresh) == "fresh"] == []


def test_the_share_of_names_with_a_holding_form_does_not_shrink() -> None:
    assert sum(mapping.form is not None for mapping in OKX.coins.values()) >= 218


@pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)
class TestAgainstTheSampleData:
    """The project's own copy of the facts, and the tables, against the data they came from."""

    @staticmethod
    def read(name: str) -> list[dict[str, object]]:
        assert SHARED is not None
        rows: list[dict[str, object]] = json.loads(
            (SHARED / "data" / "okx" / name).read_text(encoding="utf-8")
        )
        return rows

    def test_the_names_are_those_of_the_data(self) -> None:
        keys = PublishedName._fields
        assert [tuple(row[key] for key in keys) for row in self.read("coins.json")] == NAMES

    def test_the_contracts_are_those_of_the_data(self) -> None:
        rows = self.read("tokens.json")
        assert len(rows) == 37
        for row in rows:
            coin = str(row["coin"])
            mapping = OKX.coin(coin)
            assert mapping is not None
            assert mapping.form is not None, coin
            assert mapping.decimals == row["decimals"], coin
            contract = self.in_our_spelling(row)
            if coin != "OPTIMISM":  # listed as native; its unit shows that the token is meant
                assert mapping.form.contract == contract, coin
            if coin != "USDT-OMNI":  # 6 published; Omni Layer counts divisible properties in 8
                assert mapping.form.decimals == row["decimals"], coin

    @staticmethod
    def in_our_spelling(row: dict[str, object]) -> str | None:
        contract = row["token_contract"]
        if contract is None:
            return None
        if contract == "omni-usdt":
            return "omni:31"
        text = str(contract)
        return text.lower() if text.startswith("0x") else text

    def test_signers_are_proven_and_strangers_fail_under_our_rules(self) -> None:
        assert SHARED is not None
        lines = (SHARED / "data" / "okx" / "derivations.jsonl").read_text(encoding="utf-8")
        judged = 0
        for row in map(json.loads, lines.splitlines()):
            mapping = OKX.coin(row["coin"])
            assert mapping is not None
            assert mapping.rule is not None
            judge = family_module(mapping.rule.family, "ownership").verifier(mapping.rule)
            for key, word in (("address", "proven"), ("foreign_address", "failed")):
                material = OwnershipMaterial(
                    address=row[key],
                    message=row["message"],
                    signature1=row["signature1"],
                    signature2=row["signature2"] or "",
                    key=row["script_or_pubkey"] or "",
                    owner1="",
                    owner2="",
                    staking="",
                )
                found = judge(material).word
                if row["address_bound"]:
                    assert found == word, (row["coin"], row["variant"], key)
                else:  # where the reference binds nothing, we may, and must not for a stranger
                    assert key == "address" or found != "proven", (row["coin"], row["variant"])
            judged += 1
        assert judged == 193

    def test_every_statement_of_the_example_vectors_is_agreed(self) -> None:
        assert SHARED is not None
        lines = (SHARED / "data" / "okx" / "vectors.jsonl").read_text(encoding="utf-8")
        rows = [json.loads(line) for line in lines.splitlines()]
        passing = {row.get("message") for row in rows if row.get("expect") == "pass"} - {None}
        assert passing == set(OKX.messages)


def test_one_agreed_entity_for_the_vectors() -> None:
    entity: Entity = LOADED.entity(" OKX ")
    assert entity is OKX
    assert entity.formats == ("okx", "okx-auditor")
