from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer
from chains.evm import programs
from chains.evm.programs import call_data, program, unpack

NAMES = [
    f"{kind}{ledger}{form}"
    for kind in ("NATIVE", "TOKEN")
    for ledger in ("", "_ARBSYS")
    for form in ("", "_DEPLOYLESS")
]
ALL: dict[str, programs.Program] = {name: getattr(programs, name) for name in NAMES}
WORDS = [bytes([n]) * 32 for n in range(1, 8)]


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
    assert len(ALL[name].code) < 400


def test_programs_are_frozen() -> None:
    """A change of the programs is a decision: the real-node tests must be run with it."""
    assert programs.NATIVE.code.hex() == FROZEN_NATIVE
    assert programs.TOKEN.code.hex() == FROZEN_ERC20
    assert programs.NATIVE_DEPLOYLESS.code.hex() == FROZEN_NATIVE_DEPLOYLESS
    assert programs.TOKEN_DEPLOYLESS.code.hex() == FROZEN_ERC20_DEPLOYLESS


def test_program_of_a_holding_and_a_ledger() -> None:
    assert program(token=False, arbsys=False) is programs.NATIVE
    assert program(token=True, arbsys=False) is programs.TOKEN
    assert program(token=False, arbsys=True) is programs.NATIVE_ARBSYS
    assert program(token=True, arbsys=True) is programs.TOKEN_ARBSYS


def test_deployless_program_of_a_holding_and_a_ledger() -> None:
    for token, kind in ((False, "NATIVE"), (True, "TOKEN")):
        for arbsys, ledger in ((False, ""), (True, "_ARBSYS")):
            chosen = program(token=token, arbsys=arbsys, deployless=True)
            assert chosen is ALL[f"{kind}{ledger}_DEPLOYLESS"]


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("DEPLOYLESS")])
def test_deployless_limits(name: str) -> None:
    """EIP-3860 bounds what is sent, EIP-170 what is returned."""
    count = programs.MOST_DEPLOYLESS
    sent = ALL[name].code + call_data(b"t" * 20, [b"a" * 20] * count)
    assert len(sent) <= 49_152
    returned = ALL[name].first_field + count * ALL[name].field
    assert returned <= 24_576 < returned + ALL[name].field
    assert ALL[name].code[-1] == 0x5B  # the addresses begin behind it


def test_call_data_is_packed() -> None:
    nobody = bytes(20)
    assert call_data(None, [b"a" * 20, b"b" * 20]) == nobody + b"a" * 20 + b"b" * 20
    assert call_data(b"t" * 20, [b"a" * 20]) == nobody + b"t" * 20 + b"a" * 20
    assert call_data(None, [b"a" * 20], b"c" * 20) == b"c" * 20 + b"a" * 20


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
    assert header.canary == int.from_bytes(WORDS[6], "big")


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
    "60a071f90827f1c53a10cb7a02335b1753200029355afa3d6020141660a0510260a0526000803560"
    "601c3160c05260140160e05b368210156100ad57813560601c318060801c15156000031760801b81"
    "526010019060140190610083565b6000f3"
)
FROZEN_ERC20 = (
    "46600052426040524360205260014303804060605280608052611ffe900360a05260206080602060"
    "8071f90827f1c53a10cb7a02335b1753200029355afa3d6020141660805102608052602060a06020"
    "60a071f90827f1c53a10cb7a02335b1753200029355afa3d6020141660a0510260a0526000803560"
    "601c3160c0526014016370a0823160e01b60e052803560601c906014016101405b368210156100d1"
    "57813560601c60e452602081602460e086620f4240fa3d602014166100c45760001981525b602001"
    "9060140190610098565b6000f3"
)
FROZEN_NATIVE_DEPLOYLESS = (
    "46600052426040524360205260014303804060605280608052611ffe900360a05260206080602060"
    "8071f90827f1c53a10cb7a02335b1753200029355afa3d6020141660805102608052602060a06020"
    "60a071f90827f1c53a10cb7a02335b1753200029355afa3d6020141660a0510260a05260016100ca"
    "0180602090610120396101205160601c3160c0526014016101405b388210156100c6578160209061"
    "0120396101205160601c318060801c15156000031760801b81526010019060140190610092565b60"
    "00f35b"
)
FROZEN_ERC20_DEPLOYLESS = (
    "46600052426040524360205260014303804060605280608052611ffe900360a05260206080602060"
    "8071f90827f1c53a10cb7a02335b1753200029355afa3d6020141660805102608052602060a06020"
    "60a071f90827f1c53a10cb7a02335b1753200029355afa3d6020141660a0510260a052600161010e"
    "0180602090610120396101205160601c3160c0526014016370a0823160e01b60e052806020906101"
    "20396101205160601c906014016101405b3882101561010a5781602090610120396101205160601c"
    "60e4526020610120602460e086620f4240fa3d602014166100ea57600019610120525b6101205180"
    "60801c15156000031760801b815260100190601401906100b0565b6000f35b"
)
