from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import HoldingForm
from chains.registry import Network
from crawler.entities import CoinMapping, Entity, freshness

OKC = Network(
    name="okc",
    title="OKT Chain",
    family="evm",
    native_asset="OKT",
    native_decimals=18,
    address={"bech32_hrp": "ex", "f410": True},
)
BARE = CoinMapping(
    coin="Vaulta", asset=None, network=None, form=None, rule=None, gap="unknown", decimals=None
)
ENTITY = Entity(
    name="example",
    title="Example",
    formats=("okx",),
    messages=("I own this",),
    fresh=(r"block [0-9]+", r"I own this on \d{4}-\d{2}-\d{2}"),
    digests={"evm": ("evm-okx",), "substrate": ("okx-raw",)},
    network_digests={"okc": ("okx-keccak",)},
    coins={"VAULTA": BARE},
)


def test_a_rule_is_composed_of_network_and_entity() -> None:
    rule = ENTITY.rule(replace(OKC, name="ethereum"))
    assert rule is not None
    assert (rule.network, rule.family) == ("ethereum", "evm")
    assert rule.digests == ("evm-okx",)
    assert rule.messages == ("I own this",)
    assert rule.parameters == {"bech32_hrp": "ex", "f410": True}


def test_a_network_may_have_digests_of_its_own() -> None:
    rule = ENTITY.rule(OKC)
    assert rule is not None
    assert rule.digests == ("okx-keccak",)


def test_single_address_parameters_can_be_replaced() -> None:
    rule = ENTITY.rule(OKC, address={"f410": False})
    assert rule is not None
    assert rule.parameters == {"bech32_hrp": "ex", "f410": False}
    assert OKC.address["f410"] is True


def test_a_family_alone_makes_a_rule_without_a_network() -> None:
    rule = ENTITY.rule(None, family="substrate", address={"ss58_prefix": 1110})
    assert rule is not None
    assert (rule.network, rule.family) == ("", "substrate")
    assert rule.parameters == {"ss58_prefix": 1110}


def test_a_family_can_replace_the_networks_own() -> None:
    rule = ENTITY.rule(replace(OKC, name="other"), family="substrate")
    assert rule is not None
    assert (rule.network, rule.family, rule.digests) == ("other", "substrate", ("okx-raw",))


def test_no_agreed_digest_means_no_rule() -> None:
    assert ENTITY.rule(replace(OKC, name="other", family="utxo")) is None
    assert ENTITY.rule(None) is None


def test_coins_are_found_by_any_case_and_with_blanks() -> None:
    for published in ("Vaulta", "VAULTA", " vaulta\t"):
        assert ENTITY.coin(published) is BARE
    assert ENTITY.coin("VAULT") is None
    assert ENTITY.coin("") is None


def test_a_statement_is_fresh_only_when_a_pattern_matches_it_whole() -> None:
    assert freshness("block 17", ENTITY.fresh) == "fresh"
    assert freshness("I own this on 2026-11-21", ENTITY.fresh) == "fresh"
    assert freshness("I own this", ENTITY.fresh) == "static"
    assert freshness("I own this on 2026-11-21, or not", ENTITY.fresh) == "static"
    assert freshness("block 17\n", ENTITY.fresh) == "static"


@given(st.text())
def test_without_patterns_nothing_is_fresh(message: str) -> None:
    assert freshness(message, ()) == "static"


def test_every_rule_is_listed_once() -> None:
    rule = ENTITY.rule(OKC)
    other = ENTITY.rule(OKC, address={"f410": False})
    coins = {
        "A": replace(BARE, rule=rule),
        "B": replace(BARE, rule=rule),
        "C": replace(BARE, rule=other),
        "D": BARE,
    }
    assert replace(ENTITY, coins=coins).rules() == [rule, other]


def test_the_unit_of_an_aggregate_line() -> None:
    entity = replace(
        ENTITY, coins={"ETH-BASE": replace(BARE, unit="ETH"), "ETH": replace(BARE, unit="eth")}
    )
    assert entity.unit_of("ETH(ALL)") == "ETH"
    assert entity.unit_of(" eth-base ") == "ETH"
    assert entity.unit_of("usdt(ALL)") == "USDT"


def test_the_other_names_of_one_form() -> None:
    form = HoldingForm("ETH@base", "ETH", "base", None, 18, ())
    known = replace(BARE, form=form)
    coins = {"ETH-BASE": known, "BASE": known, "ETH": BARE, "ETH2": BARE}
    entity = replace(ENTITY, coins=coins)
    assert entity.other_names("BASE") == ["ETH-BASE"]
    assert entity.other_names("ETH") == []
    assert entity.other_names("NO-SUCH-COIN") == []
