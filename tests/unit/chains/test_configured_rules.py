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
from tests.unit.chains.test_okx_samples import adversarial, lines, of_fields
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
    """Text that is no address: failed, or left to the chain, and never more than that."""
    assert {rule.family for rule in RULES.values()} == set(FAMILIES)
    seen = set()
    for coin in RULES:
        found = configured(coin)(OwnershipMaterial("NO WHERE", MESSAGE, "", "", "", "", "", ""))
        seen.add(found.reason)
        assert found.word in ("failed", "unsigned", "unsupported"), coin
    assert seen == {
        "address-undecodable", "no-signature", "silent-name", "address-form", "no-rule"
    }  # fmt: skip


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
    signed = [
        line
        for line in lines("vectors.jsonl")
        if line.get("coin") and "signature1" in line and line["kind"] != "recover-pubkey"
    ]
    for line in signed:
        material = of_fields(line)
        is_open = material.owner1 or material.staking or line["family"] == "EOS"
        expected = OwnershipWord.KEY_ONLY if is_open else OwnershipWord.PROVEN
        assert configured(line["coin"])(material).word is expected, line
    assert len(signed) >= 70


UNBOUND = {
    "NEAR": ("proven", "key-only"),
    "ZEC": ("proven", "failed"),
    "ZCASH": ("proven", "failed"),
    "DGB": ("proven", "failed"),
    "ZEN": ("unsupported", "unsupported"),
    "DCR": ("unsupported", "unsupported"),
}
"""Verdicts on the signer's and the stranger's address where the reference binds nothing; for all
other such names both are `key-only`."""


@pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)
def test_derivations_under_the_configured_rules() -> None:
    found = lines("derivations.jsonl")
    for line in found:
        own = of_fields(line)
        foreign = own._replace(address=line["foreign_address"])
        words = tuple(configured(line["coin"])(row).word for row in (own, foreign))
        expected = ("proven", "failed")
        if not line["address_bound"]:
            expected = UNBOUND.get(line["coin"], ("key-only", "key-only"))
        assert words == expected, line
    assert len(found) >= 193


@pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)
@pytest.mark.parametrize("case", adversarial(), ids=lambda case: case[0])
def test_deceiving_rows_under_the_configured_rules(
    case: tuple[str, str, OwnershipMaterial, str | None],
) -> None:
    _, coin, material, expected = case
    if coin == "NO-SUCH-CHAIN":  # not in the table: the batch engine calls it `unsupported`
        assert settings.load(environment={}).entities["okx"].coin(coin) is None
        return
    word = configured(coin)(material).word
    if expected is not None:
        assert word == expected
