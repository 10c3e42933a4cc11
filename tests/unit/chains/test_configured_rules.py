"""The rules of config/ judge as the rules of these tests do."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipWord, Verifier
from chains.registry import FAMILIES, family_module
from crawler import settings
from tests.shared_data import SHARED, WITHOUT_SHARED
from tests.unit.chains.rules import MESSAGE
from tests.unit.chains.test_okx_samples import ADVERSARIAL, DERIVATIONS, SIGNED, of_fields
from tests.vectors import make_ownership

RULES: dict[str, OwnershipRule] = {
    name: mapping.rule
    for name, mapping in settings.load(environment={}).entities["okx"].coins.items()
    if mapping.rule is not None and mapping.rule.family in FAMILIES
}
VECTORS = Path(make_ownership.__file__).with_name("ownership.jsonl")


@cache
def configured(coin: str) -> Verifier:
    rule = RULES[coin.upper()]
    found: Verifier = family_module(rule.family, "ownership").verifier(rule)
    return found


def test_every_configured_rule_can_be_used() -> None:
    assert {rule.family for rule in RULES.values()} == set(FAMILIES)
    for coin in RULES:
        found = configured(coin)(OwnershipMaterial("nowhere", MESSAGE, "", "", "", "", "", ""))
        assert found.reason == "address-undecodable", coin


def test_own_vectors_under_the_configured_rule_of_their_coin() -> None:
    """A configured rule has the same parameters as some vectors; those get the same verdict."""
    judged = 0
    for line in VECTORS.read_text().splitlines():
        vector: dict[str, Any] = json.loads(line)
        rule = vector["rule"]
        for coin, known in RULES.items():
            same = known.family == rule["family"] and list(known.digests) == rule["digests"]
            if same and dict(known.parameters) == rule["parameters"]:
                found = configured(coin)(OwnershipMaterial(**vector["cells"]))
                # OKX agreed to more statements than the vectors' rules name.
                if vector["reason"] != "message-not-agreed":
                    assert found.reason == vector["reason"], (coin, vector["id"])
                judged += 1
                break
    assert judged > 100


@pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)
def test_samples_under_the_configured_rules() -> None:
    for line in SIGNED:
        material = of_fields(line)
        by_owner = material.owner1 or material.staking
        expected = OwnershipWord.KEY_ONLY if by_owner else OwnershipWord.PROVEN
        assert configured(line["coin"])(material).word is expected, line
    for line in DERIVATIONS:
        material = of_fields(line)
        assert configured(line["coin"])(material).word is OwnershipWord.PROVEN, line
        foreign = material._replace(address=line["foreign_address"])
        assert configured(line["coin"])(foreign).word is OwnershipWord.FAILED, line


@pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)
@pytest.mark.parametrize("case", ADVERSARIAL, ids=lambda case: case[0])
def test_deceiving_rows_under_the_configured_rules(
    case: tuple[str, str, OwnershipMaterial, str | None],
) -> None:
    _, coin, material, expected = case
    word = configured(coin)(material).word
    if expected is not None:
        assert word == expected
