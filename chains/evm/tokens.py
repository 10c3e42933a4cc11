"""Does the chain agree with assets.toml about a token? Asked before its balances are used.

A wrong contract address or wrong decimals in our own tables must never look like a shortfall of
the custodian (design rule 3). At the snapshot block the contract must have code, and decimals()
and symbol() must say what the table says. Some early tokens answer symbol() with 32 bytes of
padded text instead of an ABI string; both are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chains.abi import decode_decimals, decode_symbol
from chains.errors import CallReverted, ChainsError, MalformedAnswer, plain_text
from chains.evm.hexadecimal import data, written
from chains.transport.json_rpc import RpcRequest

if TYPE_CHECKING:
    from chains.adapter import HoldingForm
    from chains.evm.blocks import Block
    from chains.evm.node import Node

_DECIMALS = "0x313ce567"
_SYMBOL = "0x95d89b41"


@dataclass(frozen=True, slots=True)
class TokenDescription:
    """What a contract says of itself at one block. None where it gives no usable answer."""

    has_code: bool
    decimals: int | None
    symbol: str | None


async def describe(
    node: Node, block: Block, contract: bytes, journal: list[str]
) -> TokenDescription:
    """Return what `contract` says of itself at `block`. Raises ProviderError."""
    target = written(contract)
    code, decimals, symbol = await node.ask(
        block,
        [
            RpcRequest("eth_getCode", (target,)),
            RpcRequest("eth_call", ({"to": target, "data": _DECIMALS},)),
            RpcRequest("eth_call", ({"to": target, "data": _SYMBOL},)),
        ],
        journal,
    )
    for answer in (code, decimals, symbol):
        if isinstance(answer, ChainsError) and not isinstance(answer, CallReverted):
            raise answer
    if isinstance(code, ChainsError):
        raise MalformedAnswer("eth_getCode was answered as if it had executed something")
    return TokenDescription(
        has_code=data(code) != b"",
        decimals=None if isinstance(decimals, CallReverted) else decode_decimals(data(decimals)),
        symbol=None if isinstance(symbol, CallReverted) else decode_symbol(data(symbol)),
    )


def disagreement(told: TokenDescription, form: HoldingForm) -> str | None:
    """Return one sentence about what differs between chain and table, or None if nothing does.

    The spelling of the symbol is compared exactly.
    """
    if not told.has_code:
        return f"{form.id}: there is no code at {form.contract} at this block"
    if told.decimals != form.decimals:
        says = "gives no decimals" if told.decimals is None else f"says {told.decimals} decimals"
        return f"{form.id}: the contract {says}, assets.toml {form.decimals}"
    if told.symbol not in form.symbols:
        says = "gives no symbol" if told.symbol is None else f"says {plain_text(told.symbol)!r}"
        accepted = ", ".join(repr(symbol) for symbol in form.symbols) or "no symbol"
        return f"{form.id}: the contract {says}, assets.toml {accepted}"
    return None
