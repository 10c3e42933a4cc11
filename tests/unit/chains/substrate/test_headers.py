from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer
from chains.substrate.headers import header
from crawler import settings
from tests.fakes.substrate_node import DIGEST, header_hash

ZERO = f"0x{bytes(32).hex()}"
POLKADOT: dict[str, object] = {
    "parentHash": ZERO,
    "number": "0x0",
    "stateRoot": "0x29d0d972cd27cbc511e9589fcb7a4506d5eb6a9e8df205f00472e5ab354a4e17",
    "extrinsicsRoot": "0x03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314",
    "digest": {"logs": []},
}
"""The first block of Polkadot, as its nodes describe it."""


@pytest.mark.parametrize(
    ("network", "state_root"),
    [
        ("polkadot", "29d0d972cd27cbc511e9589fcb7a4506d5eb6a9e8df205f00472e5ab354a4e17"),
        ("polkadot-asset-hub", "c1ef26b567de07159e4ecd415fbbb0340c56a09c4d72c82516d0f3bc2b782c80"),
        ("kusama", "b0006203c3a6e6bd2c6a17b1d4ae8ca49a31da0f4579da950b127774b44aef6b"),
        ("kusama-asset-hub", "299ac939ea4722d1fcf7f4873675040ebc83d144620c76206dbeb7468cf30cdf"),
    ],
)
def test_the_first_blocks_of_real_chains(network: str, state_root: str) -> None:
    """Roots: the chain specifications of @substrate/connect-known-chains."""
    found = header(POLKADOT | {"stateRoot": f"0x{state_root}"})
    genesis = settings.load(environment={}).networks[network].options["genesis"]
    assert (found.number, found.hash) == (0, f"0x{genesis}")


@given(st.integers(0, 2**29), st.lists(st.sampled_from(DIGEST), max_size=5))
def test_a_hash_covers_number_and_digest(number: int, logs: list[str]) -> None:
    answer = POLKADOT | {"number": hex(number), "digest": {"logs": logs}}
    found = header(answer)
    assert (found.number, found.hash) == (number, header_hash(answer))
    assert (found.hash == header(POLKADOT).hash) == (not number and not logs)


@pytest.mark.parametrize("member", ["parentHash", "stateRoot", "extrinsicsRoot"])
def test_a_hash_covers_every_root(member: str) -> None:
    changed = POLKADOT | {member: f"0x{b'1'.hex() * 32}"}
    assert header(changed).hash != header(POLKADOT).hash


@pytest.mark.parametrize("member", list(POLKADOT))
@pytest.mark.parametrize("value", [None, 7, "0x", "0xzz", {}, {"logs": [7]}, {"logs": None}])
def test_incomplete_headers_are_refused(member: str, value: object) -> None:
    answer = copy.deepcopy(POLKADOT)
    answer[member] = value
    with pytest.raises(MalformedAnswer):
        header(answer)


@pytest.mark.parametrize("answer", [None, [], "0x00", 7])
def test_what_is_no_header(answer: object) -> None:
    with pytest.raises(MalformedAnswer):
        header(answer)
