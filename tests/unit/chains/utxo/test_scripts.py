from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.utxo.scripts import is_multisig_like, parse_multisig, witness_key_hash
from tests.vectors.signing import compressed, uncompressed
from tests.vectors.utxo_rows import multisig

KEYS = [compressed(number) for number in range(1, 17)]


@given(st.integers(1, 16), st.integers(1, 16), st.sets(st.integers(0, 15)))
def test_what_is_composed_is_read_back(required: int, count: int, long: set[int]) -> None:
    keys = [uncompressed(n + 1) if n in long else KEYS[n] for n in range(count)]
    parsed = parse_multisig(multisig(required, keys))
    if required > count:
        assert parsed is None
    else:
        assert parsed == (required, tuple(keys))


@pytest.mark.parametrize("damage", range(105))
def test_no_truncated_script_is_a_multisig(damage: int) -> None:
    assert parse_multisig(multisig(2, KEYS[:3])[:damage]) is None


@pytest.mark.parametrize(
    "script",
    [
        b"",
        b"\xae",
        b"\x51\xae",
        b"\x51\x51\xae",
        multisig(0, KEYS[:2]),
        multisig(3, KEYS[:2]),
        multisig(1, KEYS[:2]) + b"\xae",
        b"\x51" + multisig(1, KEYS[:2]),
        b"\x4f" + multisig(1, KEYS[:2])[1:],
        multisig(1, [KEYS[0][:32]]),
        multisig(1, [KEYS[0] + b"\0"]),
        multisig(1, KEYS[:2])[:-2] + b"\x53\xae",
        multisig(1, KEYS[:2])[:-2] + b"\x02\xae",
        multisig(1, KEYS[:2])[:-1] + b"\xaf",
        b"\x51\x4c\x21" + KEYS[0] + b"\x51\xae",
        b"\x51" + (b"\x21" + KEYS[0]) * 17 + b"\x61\xae",
    ],
)
def test_what_is_no_strict_multisig(script: bytes) -> None:
    assert parse_multisig(script) is None


def test_damaged_multisigs_are_told_from_other_scripts() -> None:
    assert is_multisig_like(multisig(0, KEYS[:2]))
    assert not is_multisig_like(b"\xa8\x20" + bytes(32) + b"\x87")
    assert not is_multisig_like(b"\xae")


@given(st.binary(max_size=300))
def test_parsing_is_total(script: bytes) -> None:
    parsed = parse_multisig(script)
    assert parsed is None or 1 <= parsed.required <= len(parsed.keys) <= 16


def test_a_witness_key_hash() -> None:
    assert witness_key_hash(b"\0\x14" + b"x" * 20) == b"x" * 20
    for script in (b"", b"\0\x14" + b"x" * 19, b"\0\x14" + b"x" * 21, b"\1\x14" + b"x" * 20):
        assert witness_key_hash(script) is None
