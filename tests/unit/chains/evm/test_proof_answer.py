from __future__ import annotations

from typing import Any

import pytest

from chains.errors import MalformedAnswer
from chains.evm.proof_answer import MOST_NODES, parse_access_list, parse_proof

SLOTS = [bytes(31) + b"\1", bytes(31) + b"\2"]


def answer() -> dict[str, Any]:
    return {
        "accountProof": ["0xc0", "0xc1"],
        "storageProof": [
            {"key": "0x2", "value": "0x5", "proof": ["0xaa"]},
            {"key": "0x" + "00" * 31 + "01", "value": "0x5", "proof": []},
        ],
    }


def test_slots_are_matched_by_number_in_any_order() -> None:
    found = parse_proof(answer(), SLOTS)
    assert found.account == [b"\xc0", b"\xc1"]
    assert found.storage == {SLOTS[1]: [b"\xaa"], SLOTS[0]: []}


def _changed(path: str, value: object) -> object:
    made = answer()
    match path:
        case "whole":
            return value
        case "entry":
            made["storageProof"][0] = value
        case "key":
            made["storageProof"][0]["key"] = value
        case "nodes":
            made["storageProof"][0]["proof"] = value
        case _:
            made[path] = value
    return made


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("whole", None),
        ("whole", []),
        ("accountProof", None),
        ("accountProof", "0xc0"),
        ("accountProof", ["c0"]),
        ("accountProof", [None]),
        ("accountProof", ["0xc0"] * (MOST_NODES + 1)),
        ("storageProof", None),
        ("storageProof", {}),
        ("storageProof", []),
        ("entry", None),
        ("key", "0x1"),
        ("key", "0x3"),
        ("key", 2),
        ("key", None),
        ("nodes", None),
        ("nodes", [5]),
    ],
)
def test_anything_else_is_malformed(path: str, value: object) -> None:
    with pytest.raises(MalformedAnswer):
        parse_proof(_changed(path, value), SLOTS)


def test_access_lists() -> None:
    entry = {"address": "0x" + "da" * 20, "storageKeys": ["0x" + "11" * 32, "0x" + "22" * 32]}
    touched = parse_access_list({"accessList": [entry], "gasUsed": "0x1"})
    assert touched == [(b"\xda" * 20, b"\x11" * 32), (b"\xda" * 20, b"\x22" * 32)]
    assert parse_access_list({"accessList": []}) == []


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"accessList": None},
        {"accessList": [5]},
        {"accessList": [{"address": "0x00", "storageKeys": []}]},
        {"accessList": [{"address": "0x" + "da" * 20, "storageKeys": None}]},
        {"accessList": [{"address": "0x" + "da" * 20, "storageKeys": ["0x1"]}]},
    ],
)
def test_what_is_no_access_list(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        parse_access_list(value)
