"""The project's own signed rows get the verdict that their maker says they deserve."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chains.adapter import OwnershipMaterial, OwnershipRule
from chains.registry import family_module
from tests.unit.chains.rules import MESSAGE
from tests.vectors import make_ownership

FILE = Path(make_ownership.__file__).with_name("ownership.jsonl")
VECTORS: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text().splitlines()]


def test_the_file_is_what_its_script_makes() -> None:
    assert FILE.read_text() == make_ownership.render()


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in VECTORS])
def test_verdict(vector: dict[str, Any]) -> None:
    rule = vector["rule"]
    verifier = family_module(rule["family"], "ownership").verifier(
        OwnershipRule(
            "test", rule["family"], tuple(rule["digests"]), (MESSAGE,), rule["parameters"]
        )
    )
    found = verifier(OwnershipMaterial(**vector["cells"]))
    assert (found.word, found.reason) == (vector["word"], vector["reason"])
    assert found.digest == vector["digest"]
    assert found.message == (MESSAGE if vector["digest"] else "")
