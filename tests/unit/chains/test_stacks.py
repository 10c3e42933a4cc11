from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chains.errors import AddressError, ForeignAddress
from chains.stacks import canonical
from tests.vectors.recovered_rows import stacks

# SIP-005's examples of c32check addresses.
SPECIFIED = {
    "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7": (22, "a46ff88886c2ef9762d970b4d2c63678835bd39d"),
    "SP000000000000000000002Q6VF78": (22, "00" * 20),
}


@pytest.mark.parametrize(("text", "expected"), SPECIFIED.items())
def test_the_examples_of_sip_005(text: str, expected: tuple[int, str]) -> None:
    version, digest = expected
    assert canonical(text, {}) == bytes([version]) + bytes.fromhex(digest)


@given(st.binary(min_size=20, max_size=20))
@example(bytes(20))
@example(bytes(3) + b"\x01" * 17)
def test_what_is_written_is_read(digest: bytes) -> None:
    assert canonical(stacks(22, digest), {}) == b"\x16" + digest
    assert canonical(stacks(20, digest), {}) == b"\x14" + digest
    for version in (21, 26):
        with pytest.raises(ForeignAddress):
            canonical(stacks(version, digest), {})
    with pytest.raises(AddressError):
        canonical(stacks(1, digest), {})


@pytest.mark.parametrize(
    "text",
    ["", "S", "SP", "P2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7", "S" * 41, "SPZZ" + "Z" * 37,
     "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ8", "sp2j6zy48gv1ez5v2v5rb9mp66sw86pykknrv9ej7",
     "SP0000000000000000000002Q6VF78", "SP00000000000000000002Q6VF78",
     "SPO00000000000000000002Q6VF78"],
)  # fmt: skip
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})
