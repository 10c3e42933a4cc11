"""The contracts of tests/contracts on a real anvil, put there by real transactions."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import sha3

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.nodes.anvil import Anvil

_ARTIFACT = Path(__file__).parents[1] / "contracts" / "fixtures.json"
CREATION: dict[str, str] = json.loads(_ARTIFACT.read_text())["creation"]
_GAS = hex(15_000_000)


def selector(signature: str) -> bytes:
    digest: bytes = sha3.keccak_256(signature.encode()).digest()
    return digest[:4]


def _word(value: int | bytes) -> bytes:
    return value.to_bytes(32, "big") if isinstance(value, int) else value.rjust(32, b"\0")


def _array(values: Sequence[int | bytes]) -> bytes:
    return _word(len(values)) + b"".join(map(_word, values))


async def _receipt(node: Anvil, transaction: Mapping[str, str]) -> dict[str, str]:
    (sender, *_) = await node.rpc("eth_accounts")
    sent = await node.rpc("eth_sendTransaction", {"from": sender, "gas": _GAS, **transaction})
    while True:
        receipt: dict[str, str] | None = await node.rpc("eth_getTransactionReceipt", sent)
        if receipt is not None:
            assert receipt["status"] == "0x1", transaction
            return receipt
        await asyncio.sleep(0.002)


async def deploy(node: Anvil, name: str, arguments: bytes = b"") -> bytes:
    """The address of a new contract."""
    receipt = await _receipt(node, {"data": CREATION[name] + arguments.hex()})
    return bytes.fromhex(receipt["contractAddress"][2:])


async def deploy_code(node: Anvil, creation: bytes) -> bytes:
    receipt = await _receipt(node, {"data": f"0x{creation.hex()}"})
    return bytes.fromhex(receipt["contractAddress"][2:])


async def send(node: Anvil, to: bytes, data: bytes = b"", value: int = 0) -> int:
    """The height of the block with this transaction."""
    receipt = await _receipt(
        node, {"to": f"0x{to.hex()}", "data": f"0x{data.hex()}", "value": hex(value)}
    )
    return int(receipt["blockNumber"], 16)


async def mint(node: Anvil, token: bytes, balances: Mapping[bytes, int]) -> int:
    """Set balances by real transactions; the height of the last one."""
    height, holders = 0, list(balances)
    for at in range(0, len(holders), 200):
        some = holders[at : at + 200]
        first = _array(some)
        data = (
            selector("mint(address[],uint256[])")
            + _word(64)
            + _word(64 + len(first))
            + first
            + _array([balances[holder] for holder in some])
        )
        height = await send(node, token, data)
    return height


async def proxied(node: Anvil, implementation: bytes) -> bytes:
    return await deploy(node, "Proxy1967", _word(implementation))


async def cloned(node: Anvil, implementation: bytes) -> bytes:
    """An ERC-1167 clone of a contract."""
    runtime = bytes.fromhex("363d3d373d3d3d363d73") + implementation
    runtime += bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
    return await deploy_code(node, bytes.fromhex("3d602d80600a3d3981f3") + runtime)


def owners_and_threshold(owners: Sequence[bytes], threshold: int) -> bytes:
    """The arguments of Multisig's constructor and of its setup()."""
    return _word(64) + _word(threshold) + _array(owners)
