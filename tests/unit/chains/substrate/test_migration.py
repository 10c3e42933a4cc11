from __future__ import annotations

import pytest

from chains.errors import RegistryError
from chains.registry import Network
from chains.substrate.migration import Migration
from crawler import settings

SPAN = {"migration_start": 10, "migration_end": 20}


def network(**options: str | int) -> Network:
    return Network("here", "Here", "substrate", "DOT", 10, options=options)


def migration(**options: str | int) -> Migration:
    found = Migration.of(network(**SPAN, **options))
    assert found is not None
    return found


def test_most_networks_have_none() -> None:
    assert Migration.of(network(genesis="aa")) is None


@pytest.mark.parametrize(("height", "is_here"), [(9, True), (10, False), (20, False), (99, False)])
def test_the_relay_chain_has_balances_until_they_begin_to_move(
    height: int, *, is_here: bool
) -> None:
    why = migration(migrated_to="hub").why_not(height)
    assert (why == "") == is_here
    assert is_here or "are on hub" in why


@pytest.mark.parametrize(
    ("height", "is_settled"), [(9, True), (10, False), (19, False), (20, True)]
)
def test_the_asset_hub_is_unsettled_while_they_arrive(height: int, *, is_settled: bool) -> None:
    assert (migration(migrated_from="relay").why_not(height) == "") == is_settled


@pytest.mark.parametrize(("height", "is_zero"), [(9, False), (20, True)])
def test_before_the_migration_an_absent_account_is_not_zero(height: int, *, is_zero: bool) -> None:
    why = migration(migrated_from="relay").why_no_zero(height)
    assert (why == "") == is_zero
    assert is_zero or "relay" in why
    assert migration(migrated_to="hub").why_no_zero(height) == ""


@pytest.mark.parametrize(
    "options",
    [
        SPAN,
        {"migrated_to": "hub"},
        {"migration_start": 10, "migrated_to": "hub"},
        SPAN | {"migrated_to": "hub", "migrated_from": "relay"},
        {"migration_start": 21, "migration_end": 20, "migrated_to": "hub"},
    ],
)
def test_half_a_migration_is_a_mistake_in_the_table(options: dict[str, str | int]) -> None:
    with pytest.raises(RegistryError, match="here"):
        Migration.of(network(**options))


def test_the_configured_migrations_name_one_another() -> None:
    networks = settings.load(environment={}).networks
    found = {name: Migration.of(one) for name, one in networks.items() if one.family == "substrate"}
    moved = {name: one for name, one in found.items() if one is not None}
    assert set(moved) == {"polkadot", "polkadot-asset-hub", "kusama", "kusama-asset-hub"}
    for name, one in moved.items():
        assert moved[one.other].other == name
        assert moved[one.other].has_left != one.has_left
