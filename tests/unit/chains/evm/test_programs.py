from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer
from chains.evm import programs
from chains.evm.programs import call_data, program, unpack

ALL = {
    "NATIVE": programs.NATIVE,
    "TOKEN": programs.TOKEN,
    "NATIVE_ARBSYS": programs.NATIVE_ARBSYS,
    "TOKEN_ARBSYS": programs.TOKEN_ARBSYS,
}
WORDS = [bytes([n]) * 32 for n in range(1, 7)]


def _output(of: programs.Program, values: list[int]) -> bytes:
    header = b"".join(WORDS).ljust(of.first_field, b"\xee")
    return header + b"".join(value.to_bytes(of.field, "big") for value in values)


@pytest.mark.parametrize("name", ALL)
def test_program_avoids_instructions_of_later_forks(name: str) -> None:
    code, at, instructions = ALL[name].code, 0, []
    while at < len(code):
        instructions.append(code[at])
        at += 1 + max(0, code[at] - 0x5F) * (0x60 <= code[at] <= 0x7F)
    # Of Shanghai: PUSH0. Of Cancun: transient storage, MCOPY, blobs. Of London: BASEFEE.
    # And nothing that writes, creates, or calls with value.
    later = {0x5F, 0x5C, 0x5D, 0x5E, 0x49, 0x4A, 0x48}
    writes = {0x55, 0xF0, 0xF1, 0xF2, 0xF4, 0xF5, 0xFF, *range(0xA0, 0xA5)}
    assert not set(instructions) & (later | writes)


@pytest.mark.parametrize("name", ALL)
def test_programs_fit_a_contract(name: str) -> None:
    assert len(ALL[name].code) < 300


def test_programs_are_frozen() -> None:
    """A change of the programs is a decision: the real-node tests must be run with it."""
    assert programs.NATIVE.code.hex() == FROZEN_NATIVE
    assert programs.TOKEN.code.hex() == FROZEN_ERC20


def test_program_of_a_holding_and_a_ledger() -> None:
    assert program(token=False, arbsys=False) is programs.NATIVE
    assert program(token=True, arbsys=False) is programs.TOKEN
    assert program(token=False, arbsys=True) is programs.NATIVE_ARBSYS
    assert program(token=True, arbsys=True) is programs.TOKEN_ARBSYS


def test_call_data_is_packed() -> None:
    assert call_data(None, [b"a" * 20, b"b" * 20]) == b"a" * 20 + b"b" * 20
    assert call_data(b"t" * 20, [b"a" * 20]) == b"t" * 20 + b"a" * 20


@given(data=st.data(), name=st.sampled_from(sorted(ALL)))
def test_unpack_returns_header_and_values_in_order(data: st.DataObject, name: str) -> None:
    chosen = ALL[name]
    values = data.draw(st.lists(st.integers(0, chosen.sentinel), max_size=20))
    header, read = unpack(chosen, _output(chosen, values), len(values))
    assert read == values
    assert header.chain_id == int.from_bytes(WORDS[0], "big")
    assert header.number == int.from_bytes(WORDS[1], "big")
    assert header.time == int.from_bytes(WORDS[2], "big")
    assert header.parent_hash == WORDS[3]
    assert header.state_parent_hash == WORDS[4]
    assert header.state_next_slot == WORDS[5]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("change", [-32, -1, 1, 16, 32])
def test_output_of_another_length_is_refused(name: str, change: int) -> None:
    output = _output(ALL[name], [5, 6, 7])
    changed = output[:change] if change < 0 else output + bytes(change)
    with pytest.raises(MalformedAnswer, match="are due"):
        unpack(ALL[name], changed, 3)


@pytest.mark.parametrize("name", ALL)
def test_empty_output_is_refused(name: str) -> None:
    """What a node answers that ignores the override: the account has no code."""
    with pytest.raises(MalformedAnswer):
        unpack(ALL[name], b"", 0)


FROZEN_NATIVE = (
    "46600052426040524360205260014303804060605280608052611ffe900360a05260206080602060"
    "8071f90827f1c53a10cb7a02335b1753200029355afa3d6020141660805102608052602060a06020"
    "60a071f90827f1c53a10cb7a02335b1753200029355afa3d6020141660a0510260a052600060c05b"
    "368210156100a157813560601c318060801c15156000031760801b81526010019060140190610077"
    "565b6000f3"
)
FROZEN_ERC20 = (
    "46600052426040524360205260014303804060605280608052611ffe900360a05260206080602060"
    "8071f90827f1c53a10cb7a02335b1753200029355afa3d6020141660805102608052602060a06020"
    "60a071f90827f1c53a10cb7a02335b1753200029355afa3d6020141660a0510260a0526370a08231"
    "60e01b60c05260003560601c60146101205b368210156100c257813560601c60c452602081602460"
    "c086620f4240fa3d602014166100b55760001981525b6020019060140190610089565b6000f3"
)
