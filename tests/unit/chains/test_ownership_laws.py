"""Laws of every verifier: total, and never `proven` for anything but what was signed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipVerdict, OwnershipWord
from chains.encodings import base64_bytes, hex_bytes
from chains.registry import family_module
from tests.unit.chains.rules import MESSAGE
from tests.vectors import make_ownership

FILE = Path(make_ownership.__file__).with_name("ownership.jsonl")
VECTORS: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text().splitlines()]
SIGNED = [vector for vector in VECTORS if vector["word"] in ("proven", "partial")]
CELLS = OwnershipMaterial._fields

UNJUDGED = {
    ("utxo-p2pkh-with-script", "key"),
    ("evm-null-tokens", "key"),
    ("solana-null-key", "key"),
}
"""Cells that the rules do not look at in these rows."""


def judge_of(vector: dict[str, Any]) -> Any:  # noqa: ANN401 (a Verifier out of a module)
    rule = vector["rule"]
    return family_module(rule["family"], "ownership").verifier(
        OwnershipRule(
            "test", rule["family"], tuple(rule["digests"]), (MESSAGE,), rule["parameters"]
        )
    )


JUDGES = {vector["id"]: judge_of(vector) for vector in VECTORS}

cell_text = st.one_of(
    st.text(st.characters(exclude_categories=[]), max_size=150),
    st.sampled_from(["", "null", "\\N", "\0", "0x", "0", "\n", "\ud800", "x" * 1_000_000]),
    st.binary(max_size=70).map(bytes.hex),
    st.sampled_from([text for vector in VECTORS for text in vector["cells"].values()]),
)


@settings(max_examples=400)
@given(st.sampled_from(VECTORS), st.lists(cell_text, min_size=8, max_size=8))
def test_any_text_in_any_cell_gives_a_verdict(vector: dict[str, Any], cells: list[str]) -> None:
    assert isinstance(JUDGES[vector["id"]](OwnershipMaterial(*cells)), OwnershipVerdict)


@settings(max_examples=400)
@given(st.sampled_from(VECTORS), st.sampled_from(CELLS), cell_text)
def test_any_text_in_one_cell_of_a_sound_row_gives_a_verdict(
    vector: dict[str, Any], cell: str, text: str
) -> None:
    material = OwnershipMaterial(**(vector["cells"] | {cell: text}))
    assert isinstance(JUDGES[vector["id"]](material), OwnershipVerdict)


def is_same(cell: str, before: str, after: str) -> bool:
    """Return whether two texts say the same by the stated rules: hex case, and some marks."""
    if before.lower().removeprefix("0x") == after.lower().removeprefix("0x"):
        return HEX.fullmatch(before) is not None
    if not cell.startswith("signature"):
        return False
    if before[:2] in ("0x", "0X"):  # v of 27 and 31, and so on, is one recovery id
        old, new = hex_bytes(before, 65), hex_bytes(after, 65)
        return bool(
            old and new and old[:64] == new[:64]
            and old[64] >= 27 and new[64] >= 27 and (old[64] - new[64]) % 4 == 0
        )  # fmt: skip
    old, new = base64_bytes(before, 65), base64_bytes(after, 65)
    return bool(  # in a segwit address, heads 31, 35 and 39 speak of the same key
        old and new and old[1:] == new[1:]
        and min(old[0], new[0]) >= 31 and (old[0] - new[0]) % 4 == 0
    )  # fmt: skip


HEX = re.compile(r"(0[xX]|0:)?[0-9a-fA-F]{40,}")
"""What is read in either letter case: an account, a key, a signature, TON's raw form."""


def flips(text: str) -> list[str]:
    """Return every text that differs from `text` in one bit of one character."""
    return [
        text[:place] + chr(ord(character) ^ 1 << bit) + text[place + 1 :]
        for place, character in enumerate(text)
        for bit in range(7)
    ]


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in SIGNED])
def test_no_flipped_bit_is_proven(vector: dict[str, Any]) -> None:
    judge, cells = JUDGES[vector["id"]], vector["cells"]
    assert judge(OwnershipMaterial(**cells)).word == vector["word"]
    tried = 0
    for cell in ("address", "message", "signature1", "signature2", "key"):
        if (vector["id"], cell) in UNJUDGED:
            continue
        for text in flips(cells[cell]):
            if is_same(cell, cells[cell], text):
                continue
            tried += 1
            found = judge(OwnershipMaterial(**(cells | {cell: text})))
            assert found.word is not OwnershipWord.PROVEN, (cell, text)
    assert tried > 500


KEY_ONLY = [vector for vector in VECTORS if vector["reason"] == "key-signature"]


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in KEY_ONLY])
def test_no_flipped_bit_shows_a_key(vector: dict[str, Any]) -> None:
    """Where nothing binds the address, signature, message and key still hold together."""
    judge, cells = JUDGES[vector["id"]], vector["cells"]
    assert judge(OwnershipMaterial(**cells)).word == "key-only"
    for cell in ("message", "signature1", "signature2", "key"):
        for text in flips(cells[cell])[:: 1 if vector["rule"]["family"] == "eos" else 3]:
            if not is_same(cell, cells[cell], text):
                found = judge(OwnershipMaterial(**(cells | {cell: text})))
                assert found.word in ("failed", "unsupported"), (cell, text)


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in SIGNED])
def test_an_owner_or_a_staking_type_is_never_proven(vector: dict[str, Any]) -> None:
    judge, cells = JUDGES[vector["id"]], vector["cells"]
    for more in (
        {"owner1": cells["address"]},
        {"owner2": cells["address"]},
        {"staking": "native eth staking"},
        {"owner1": cells["address"], "staking": "eigenlayer staking"},
    ):
        found = judge(OwnershipMaterial(**(cells | more)))
        assert found.word in (OwnershipWord.KEY_ONLY, OwnershipWord.FAILED), more


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in VECTORS])
def test_the_order_of_rows_does_not_matter(vector: dict[str, Any]) -> None:
    same_rule = [other for other in VECTORS if other["rule"] == vector["rule"]]
    fresh = judge_of(vector)
    for other in reversed(same_rule):
        fresh(OwnershipMaterial(**other["cells"]))
    material = OwnershipMaterial(**vector["cells"])
    assert fresh(material) == judge_of(vector)(material) == fresh(material)


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in SIGNED])
def test_nobody_elses_row_proves_this_address(vector: dict[str, Any]) -> None:
    judge, cells = JUDGES[vector["id"]], vector["cells"]
    for other in VECTORS:
        if other["rule"]["family"] != vector["rule"]["family"]:
            continue
        material = OwnershipMaterial(**(other["cells"] | {"address": cells["address"]}))
        if material.signature1 == cells["signature1"]:
            continue
        found = judge(material)
        # Rows of the same throw-away key may prove it in another signature form.
        if found.word is OwnershipWord.PROVEN:
            own = judge(OwnershipMaterial(**cells))
            assert own.word is OwnershipWord.PROVEN or found.reason == "threshold-met"
