from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import RegistryError
from chains.registry import FAMILIES, Network, Networks, family_module, label_key


def network(name: str, *aliases: str) -> Network:
    return Network(
        name=name,
        title=name,
        family="evm",
        native_asset="ETH",
        native_decimals=18,
        aliases=aliases,
    )


def test_an_unknown_family_is_named_with_the_known_ones() -> None:
    with pytest.raises(RegistryError, match=r"'evn'; known: aelf, .*, evm, .*, xrpl"):
        family_module("evn", "ownership")


@pytest.mark.parametrize("missing", ["chains.evm", "chains.evm.control"])
def test_a_family_without_a_concept_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    def fail(name: str) -> None:
        raise ModuleNotFoundError(f"no module named {name!r}", name=missing)

    monkeypatch.setattr("chains.registry.import_module", fail)
    with pytest.raises(RegistryError, match="family 'evm' has no control"):
        family_module("evm", "control")


def test_a_broken_module_is_not_taken_for_a_missing_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(name: str) -> None:
        raise ModuleNotFoundError(f"{name} needs left_out", name="left_out")

    monkeypatch.setattr("chains.registry.import_module", fail)
    with pytest.raises(ModuleNotFoundError, match="left_out"):
        family_module("evm", "ownership")


def test_a_family_has_the_name_of_its_package_or_shares_a_module() -> None:
    shared = {name for name, package in FAMILIES.items() if package == "chains.key_only"}
    assert len(shared) == 12
    assert {
        name: f"chains.{name.replace('-', '_')}" for name in FAMILIES if name not in shared
    } == {name: package for name, package in FAMILIES.items() if name not in shared}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_decodes_addresses_and_judges_rows(family: str) -> None:
    assert callable(family_module(family, "addresses").canonical)
    assert callable(family_module(family, "ownership").verifier)


@pytest.mark.parametrize("family", ["siacoin", "decred"])
def test_a_small_family_without_a_concept_is_named(family: str) -> None:
    with pytest.raises(RegistryError, match=f"family '{family}' has no balances"):
        family_module(family, "balances")


class Installed(NamedTuple):
    """An entry point, as far as the registry looks at one."""

    name: str
    value: str


def test_a_family_may_be_brought_by_another_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    brought = [Installed("spare", "chains.xrpl"), Installed("evm", "chains.utxo")]
    monkeypatch.setattr("chains.registry.entry_points", lambda group: brought if group else [])
    assert family_module("spare", "addresses").__name__ == "chains.xrpl.addresses"
    with pytest.raises(RegistryError, match=r"no family named 'other'; known: .*, spare, "):
        family_module("other", "addresses")


def test_a_family_of_the_table_cannot_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    brought = [Installed("evm", "chains.utxo")]
    monkeypatch.setattr("chains.registry.entry_points", lambda group: brought if group else [])
    assert family_module("evm", "addresses").__name__ == "chains.evm.addresses"


def test_a_family_that_two_distributions_bring_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    brought = [Installed("twice", "chains.xrpl"), Installed("twice", "chains.evm")]
    monkeypatch.setattr("chains.registry.entry_points", lambda group: brought if group else [])
    with pytest.raises(RegistryError, match=r"brought by chains\.evm and by chains\.xrpl"):
        family_module("twice", "addresses")


def test_two_networks_with_one_label_are_refused_together() -> None:
    with pytest.raises(RegistryError) as caught:
        Networks([network("one", "eth"), network("two", "ETH"), network("two")])
    assert str(caught.value) == "'ETH' names both one and two; 'two' is there twice"


def test_an_alias_may_not_be_the_name_of_another() -> None:
    with pytest.raises(RegistryError, match="'base' names both op and base"):
        Networks([network("op", "base"), network("base")])


def test_a_network_may_repeat_its_own_label() -> None:
    assert len(Networks([network("base", "BASE", "base")])) == 1


def test_find_ignores_case_blanks_and_underscores() -> None:
    networks = Networks([network("arbitrum-nova", "nova")])
    for label in ("ARBITRUM_NOVA", " arbitrum nova ", "Nova", "arbitrum-nova"):
        assert networks.find(label) is networks["arbitrum-nova"]


def test_find_knows_nothing_else() -> None:
    networks = Networks([network("base")])
    for label in ("", " ", "bas", "base mainnet", "base\0", "b\u0430se"):  # a Cyrillic a
        assert networks.find(label) is None


def test_the_nearest_label() -> None:
    networks = Networks([network("ethereum", "eth"), network("base")])
    assert networks.nearest("etherium") == "ethereum"
    assert networks.nearest("Bse") == "base"
    assert networks.nearest("zzzz") is None


def test_networks_are_a_mapping_in_table_order() -> None:
    networks = Networks([network("b"), network("a")])
    assert list(networks) == ["b", "a"]
    assert [n.name for n in networks.values()] == ["b", "a"]
    assert len(networks) == 2
    assert "c" not in networks


@given(st.text())
def test_label_keys_are_stable(label: str) -> None:
    key = label_key(label)
    assert label_key(key) == key
    assert label_key(label.replace("-", "_")) == label_key(label.replace("_", "-"))
