from __future__ import annotations

from typing import Any

import py_ecc.bls
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.bls12381 import CIPHERSUITE, is_signature, read_key, read_signature, sign

POP: Any = vars(py_ecc.bls)["G2ProofOfPossession"]
MESSAGE = b"\x5a" * 32


def test_it_signs_and_reads_as_another_library_does() -> None:
    key, signature = sign(4711, MESSAGE)
    assert key == POP.SkToPk(4711)
    assert signature == POP.Sign(4711, MESSAGE)
    assert POP.DST == CIPHERSUITE


@given(st.integers(1, 2**200), st.integers(1, 2**200), st.binary(max_size=64))
def test_a_signature_is_of_one_key_and_one_message(one: int, other: int, message: bytes) -> None:
    key, signature = sign(one, message)
    point, proof = read_key(key), read_signature(signature)
    assert point is not None
    assert proof is not None
    assert is_signature(point, proof, message)
    assert not is_signature(point, proof, message + b"\0")
    stranger = read_key(sign(other, message)[0])
    assert stranger is not None
    assert is_signature(stranger, proof, message) == (one == other)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(48),
        b"\xc0" + bytes(47),                # infinity
        b"\xe0" + bytes(47),                # infinity with the sign bit, which arkworks reads
        b"\xc0" + bytes(46) + b"\x01",      # infinity with surplus bytes, which arkworks reads
        b"\x80" + bytes(47),                # (0, 2): on the curve, outside the subgroup
        b"\xff" * 48,
        bytes.fromhex("9a" + "ff" * 47),    # x not below the field's prime
    ],
)  # fmt: skip
def test_keys_that_are_none(data: bytes) -> None:
    assert read_key(data) is None


@pytest.mark.parametrize(
    "data",
    [b"", bytes(96), b"\xc0" + bytes(95), b"\xe0" + bytes(95), b"\xc0" + bytes(94) + b"\x01",
     b"\xff" * 96, b"\x80" + bytes(94) + b"\x02"],
)  # fmt: skip
def test_signatures_that_are_none(data: bytes) -> None:
    assert read_signature(data) is None


@given(st.binary(min_size=48, max_size=48))
def test_what_is_read_as_a_key_is_written_the_same(data: bytes) -> None:
    point = read_key(bytes([0x80 | data[0] & 0x3F]) + data[1:])
    assert point is None or point.is_in_subgroup()


def test_a_key_outside_the_subgroup_is_refused() -> None:
    """Of all points of the curve about one in 2^125 is in the subgroup: the first few are not."""
    seen = 0
    for x in range(4, 40):
        data = bytearray(x.to_bytes(48, "big"))
        data[0] |= 0x80
        assert read_key(bytes(data)) is None
        seen += 1
    assert seen == 36
