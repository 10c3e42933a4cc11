"""Many balances from one request to one node, in each of the packed ways, state identified.

Every answer carries the words that tell which state it came from; they are checked before a value
is returned. When the state does not name its block, a canary is looked for and the question asked
again with it (`canary`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from chains.errors import ChainsError, MalformedAnswer
from chains.evm.blocks import block_reference
from chains.evm.hexadecimal import data, quantity, written
from chains.evm.identification import require_words
from chains.evm.methods import Method
from chains.evm.multicall import bundle, unbundle
from chains.evm.programs import ADDRESS_LENGTH, HeaderWords, call_data, program, unpack
from chains.transport.json_rpc import RpcRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chains.evm.blocks import Block
    from chains.evm.node import Node

PROGRAM_ADDRESS = "0xa55a00000000000000000000000000000000a55a"
"""Where programs are put for the time of a call; nobody is known to use it."""

_NOBODY = bytes(ADDRESS_LENGTH)
_NO_BALANCE = (1 << 256) - 1
_PLAUSIBLE = 1 << 128


async def read_packed(
    node: Node,
    way: Method,
    block: Block,
    contract: bytes | None,
    addresses: Sequence[bytes],
    *,
    journal: list[str],
) -> list[int | None]:
    """Return one balance per address, in order; None: it has to be looked at by itself.

    Raises ChainsError, and ValueError for a way that the node or the token does not have.
    """
    match way:
        case Method.OVERRIDE | Method.DEPLOYLESS:
            make, read = _by_program(node, way, block, contract, addresses)
        case Method.MULTICALL:
            make, read = _by_multicall(node, block, contract, addresses)
        case Method.STORAGE:
            return await _stored(node, block, contract, addresses, journal)
        case Method.SINGLES:
            raise ValueError("single requests are not packed")
        case _:
            assert_never(way)
    while True:
        known = node.canaries.get(block.hash)
        params = make(_NOBODY if known is None else known.account)
        answer = await node.endpoint.one("eth_call", params, journal=journal)
        with node.blamed(journal):
            words, values = read(data(answer))
            node.state_speaks = require_words(words, block, node.rules, known)
        if not await node.lacked_canary(block, known, addresses, journal):
            return values


def _by_program(
    node: Node, way: Method, block: Block, contract: bytes | None, addresses: Sequence[bytes]
) -> tuple[
    Callable[[bytes], tuple[object, ...]],
    Callable[[bytes], tuple[HeaderWords, list[int | None]]],
]:
    """Return what makes the parameters for a canary, and what reads the output."""
    deployless = way is Method.DEPLOYLESS
    chosen = program(token=contract is not None, arbsys=node.rules.arbsys, deployless=deployless)

    def make(canary: bytes) -> tuple[object, ...]:
        sent = call_data(contract, addresses, canary)
        if deployless:
            return _call(node, block, None, chosen.code + sent)
        code = {PROGRAM_ADDRESS: {"code": written(chosen.code)}}
        return (*_call(node, block, PROGRAM_ADDRESS, sent), code)

    def read(output: bytes) -> tuple[HeaderWords, list[int | None]]:
        words, values = unpack(chosen, output, len(addresses))
        sentinel = chosen.sentinel
        return words, [None if value == sentinel else value for value in values]

    return make, read


def _by_multicall(
    node: Node, block: Block, contract: bytes | None, addresses: Sequence[bytes]
) -> tuple[
    Callable[[bytes], tuple[object, ...]],
    Callable[[bytes], tuple[HeaderWords, list[int | None]]],
]:
    """Return what makes the parameters for a canary, and what reads the output."""
    target = node.rules.multicall
    if target is None:
        raise ValueError("the network has no Multicall3")

    def make(canary: bytes) -> tuple[object, ...]:
        sent = bundle(target, block, contract, addresses, canary, arbsys=node.rules.arbsys)
        return _call(node, block, written(target), sent)

    def read(output: bytes) -> tuple[HeaderWords, list[int | None]]:
        words, values = unbundle(output, len(addresses))
        return words, [None if value == _NO_BALANCE else value for value in values]

    return make, read


async def _stored(
    node: Node,
    block: Block,
    contract: bytes | None,
    addresses: Sequence[bytes],
    journal: list[str],
) -> list[int | None]:
    """Read the balance slots of a token; the identification comes in the same batch."""
    pattern = None if contract is None else node.known_slot(contract)
    if contract is None or pattern is None:
        raise ValueError("the slots of this token are not known")
    token = written(contract)
    slots = {token: [f"0x{pattern.slot(holder):064x}" for holder in addresses]}
    request = RpcRequest("eth_getStorageValues", (slots,))
    (answer,) = await node.ask(block, [request], journal, hints=addresses)
    if isinstance(answer, ChainsError):
        raise answer
    with node.blamed(journal):
        words = answer.get(token) if isinstance(answer, dict) else None
        if not isinstance(words, list) or len(words) != len(addresses):
            raise MalformedAnswer("eth_getStorageValues answers another number of slots")
        amounts = [pattern.decode(quantity(word)) for word in words]
    # A word that was never written reads as 0 too, and one that is huge may hold something beside
    # the balance: balanceOf says what they mean.
    return [amount if 0 < amount < _PLAUSIBLE else None for amount in amounts]


def _call(node: Node, block: Block, target: str | None, sent: bytes) -> tuple[object, ...]:
    """Return the parameters of eth_call; without `target` it is a contract creation."""
    call = {"data": written(sent)}
    if target is not None:
        call["to"] = target
    if node.gas is not None:
        call["gas"] = hex(node.gas)
    return call, block_reference(block, node.abilities.reference)
