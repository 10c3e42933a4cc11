"""config/networks.toml and assets.toml: facts that can be checked without asking a chain."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from chains.registry import FAMILIES
from crawler import settings
from crawler.registries import endpoint_problem

LOADED = settings.load(environment={})
NETWORKS = LOADED.networks
EVM = [network for network in NETWORKS.values() if network.family == "evm"]


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("eth", "ethereum"),
        ("ETH", "ethereum"),
        ("mainnet", "ethereum"),
        ("ETH_ARBITRUM", "arbitrum"),
        ("Arbitrum One", "arbitrum"),
        ("ETH-OPTIMISM", "optimism"),
        ("ZKSYNC2", "zksync"),
        ("POLY", "polygon"),
        ("AVAXC", "avalanche"),
        ("BNB_BSC", "bsc"),
        ("X Layer", "xlayer"),
        ("OKB-X1", "xlayer"),
        ("OKC", "okc"),
        ("ETC", "ethereum-classic"),
        ("FEVM", "filecoin-evm"),
        ("BTC", "bitcoin"),
        ("BCHN", "bitcoin-cash"),
        ("TRON", "tron"),
        ("SPL", "solana"),
        ("TONCOIN_NEW", "ton"),
        ("APTOS", "aptos"),
        ("RIPPLE", "xrpl"),
        ("Vaulta", "vaulta"),
    ],
)
def test_published_labels_resolve(label: str, name: str) -> None:
    network = NETWORKS.find(label)
    assert network is not None
    assert network.name == name


def test_well_known_chain_ids() -> None:
    # EIP-155 identifiers, each from the network's own documentation.
    known = {
        "ethereum": 1, "optimism": 10, "cronos": 25, "bsc": 56, "ethereum-classic": 61, "okc": 66,
        "polygon": 137, "xlayer": 196, "fantom": 250, "filecoin-evm": 314, "zksync": 324,
        "polygon-zkevm": 1101, "base": 8453, "arbitrum": 42161, "arbitrum-nova": 42170,
        "celo": 42220, "avalanche": 43114, "linea": 59144, "scroll": 534352,
        "harmony": 1666600000,
    }  # fmt: skip
    assert {name: NETWORKS[name].chain_id for name in known} == known


def test_chain_ids_are_distinct() -> None:
    counted = Counter(network.chain_id for network in EVM)
    assert [chain_id for chain_id, times in counted.items() if times > 1] == []
    assert None not in counted


def test_every_evm_network_counts_in_18_decimals() -> None:
    assert {network.native_decimals for network in EVM} == {18}


def test_layer_2_heights_are_not_compared_with_the_parents() -> None:
    parents = {n.name for n in EVM if n.options.get("number_opcode") == "l1"}
    assert {"arbitrum", "arbitrum-nova"} <= parents
    assert parents.isdisjoint({"ethereum", "optimism", "base", "linea", "polygon", "bsc"})


def test_packed_programs_are_kept_from_other_virtual_machines() -> None:
    without = {n.name for n in EVM if n.options.get("packed_programs") is False}
    assert without == {"zksync", "abstract", "sophon"}


def test_endpoints_are_public_and_need_no_key() -> None:
    for network in NETWORKS.values():
        for url in network.endpoints:
            assert endpoint_problem(url) is None
            assert url.startswith("https://")
            assert not any(sign in url for sign in "@?#${")
            assert re.search(r"[0-9a-zA-Z]{24,}", url) is None, "looks like an access key"


def test_the_networks_that_matter_most_have_two_endpoints() -> None:
    for name in ("ethereum", "arbitrum", "optimism", "base", "polygon", "bsc", "avalanche"):
        assert len(NETWORKS[name].endpoints) >= 2, name


def test_no_endpoint_serves_two_networks() -> None:
    counted = Counter(url for network in NETWORKS.values() for url in network.endpoints)
    assert [url for url, times in counted.items() if times > 1] == []


def test_every_utxo_network_has_its_address_parameters() -> None:
    for network in NETWORKS.values():
        if network.family == "utxo":
            assert {"p2pkh_version", "p2sh_version", "message_header"} <= set(network.address)
            assert str(network.address["message_header"]).endswith("Signed Message:\n")


def test_only_evm_networks_have_chain_ids() -> None:
    assert {one.family for one in NETWORKS.values() if one.chain_id is not None} == {"evm"}
    assert all(one.chain_id is not None for one in NETWORKS.values() if one.family == "evm")


def test_validators_of_ethereum_are_asked_of_its_beacon_chain() -> None:
    # Mainnet's genesis: 2020-12-01T12:00:23Z, 12 seconds a slot (consensus specs).
    assert NETWORKS["ethereum"].options["beacon"] == "beacon"
    beacon = NETWORKS.find("ethereum-beacon")
    assert beacon is not None
    assert beacon.options == {"genesis_time": 1606824023, "slot_seconds": 12}


def test_every_family_with_code_has_a_network() -> None:
    of_coins = {"canton", "iota", "klayr"}  # names whose network is not identified
    assert set(FAMILIES) - of_coins == {network.family for network in NETWORKS.values()}


def test_every_native_coin_is_a_form() -> None:
    for network in NETWORKS.values():
        form = LOADED.forms[f"{network.native_asset}@{network.name}"]
        assert form.contract is None
        assert form.kind == "native"
        assert form.decimals == network.native_decimals


def test_evm_contracts_are_20_bytes_in_one_spelling() -> None:
    evm = {network.name for network in EVM}
    contracts = [f.contract for f in LOADED.forms.values() if f.network in evm and f.contract]
    assert len(contracts) > 30
    for contract in contracts:
        assert re.fullmatch(r"0x[0-9a-f]{40}", contract)
        assert len(bytes.fromhex(contract[2:])) == 20


def test_every_token_on_evm_and_tron_says_what_symbol_may_answer() -> None:
    for form in LOADED.forms.values():
        if form.contract and NETWORKS[form.network].family in {"evm", "tron"}:
            assert form.symbols, form.id


def test_both_spellings_of_the_renamed_tether() -> None:
    assert LOADED.forms["USDT@arbitrum"].symbols == ("USDT", "USD₮0")


def test_kinds_keep_claims_on_an_asset_from_the_asset() -> None:
    separate = {"wrapped", "custodian-issued", "staked", "lent"}
    plain = {f.asset for f in LOADED.forms.values() if f.kind not in separate}
    claims = {f.asset for f in LOADED.forms.values() if f.kind in separate}
    assert claims
    assert plain.isdisjoint(claims)


def test_known_slots_are_those_of_public_tables() -> None:
    """USDT and USDC as in synthetix-sdk-ts; USDC marks the blacklisted in bit 255."""
    slots = {
        name: (form.slot, form.slot_bits)
        for name, form in LOADED.forms.items()
        if form.slot is not None
    }
    assert slots == {
        "USDT@ethereum": (2, 256),
        "USDC@ethereum": (9, 255),
        "USDC@base": (9, 255),
    }
