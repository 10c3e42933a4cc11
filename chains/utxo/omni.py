"""Tokens of the Omni Layer (USDT on Bitcoin) from one Omni Core node.

The node knows balances at its own tip only. So what must hold of every balance:

1. The node's tip is the snapshot block, by hash, before and after the balances were read, and its
   Omni state is of that block. A node can be stopped there (``-stopatheight``), or be taken back.
2. The property has as many decimals as assets.toml says.
3. The amount is what is available, reserved for offers and frozen together: all of it is held.

The node's word is all there is: nothing is proven. Source: Omni Core, src/omnicore/doc/rpc-api.md.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chains.adapter import Assurance
from chains.errors import (
    ChainsError,
    Incapable,
    MalformedAnswer,
    ProviderError,
    RegistryError,
    UnresolvedReason,
    WrongState,
)
from chains.source import Asked, Block, Harvest, Landmark, require_unmoved
from chains.transport.json_rpc import RpcRequest
from chains.utxo.address_deltas import AddressDeltasSource
from chains.utxo.address_text import by_address
from chains.utxo.answers import block_hash, number, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import HoldingForm, Parameter, SnapshotPoint
    from chains.transport.endpoint import Endpoint
    from chains.utxo.server_settings import ServerSettings

MARK = "omni:"
"""What a contract of this layer begins with in assets.toml; its property's number follows."""
DIVISIBLE = 8
"""Decimals of a divisible property; others have none."""
_PARTS = ("balance", "reserved", "frozen")
_AMOUNT = re.compile(r"(\d{1,19})(?:\.(\d{8}))?", re.ASCII)


class OmniSource:
    """A `chains.source.TokenSource`. Of coins it knows nothing."""

    assurance = Assurance.NODE

    def __init__(
        self,
        node: Endpoint,
        parameters: Mapping[str, Parameter],
        mark: Landmark,
        settings: ServerSettings,
    ) -> None:
        """Ask `node` for addresses with `parameters`."""
        self.provider = node
        self._parameters = parameters
        self._settings = settings
        self._blocks = AddressDeltasSource(node, parameters, mark, settings)

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block at `height`. Raises ProviderError."""
        return await self._blocks.block_at(height, journal)

    async def check_form(
        self,
        form: HoldingForm,
        point: SnapshotPoint,  # noqa: ARG002 (a property's decimals never change)
        journal: list[str],
    ) -> None:
        """Return when the property has the decimals of assets.toml.

        Raises RegistryError when it has others, ProviderError when the node cannot tell.
        """
        property_id = _property_id(form)
        found = table(await self.provider.one("omni_getproperty", (property_id,), journal=journal))
        divisible = found.get("divisible")
        if found.get("propertyid") != property_id or not isinstance(divisible, bool):
            raise MalformedAnswer("the node describes another property than the one asked for")
        decimals = DIVISIBLE if divisible else 0
        if decimals != form.decimals:
            raise RegistryError(f"{form.id} has {decimals} decimals, not {form.decimals}")

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances of scripts in units of a property. Raises ProviderError."""
        form, point, scripts = asked
        harvest = Harvest()
        if form.contract is None:
            error = Incapable(
                "an Omni node is asked for tokens only", reason=UnresolvedReason.NO_METHOD
            )
            harvest.failed |= dict.fromkeys(scripts, error)
            return harvest
        before = await self._state(point, journal)
        named, harvest.failed = by_address(scripts, self._parameters)
        names, property_id = list(named), _property_id(form)
        for at in range(0, len(names), self._settings.batch):
            some = names[at : at + self._settings.batch]
            answers = await self.provider.call(
                [RpcRequest("omni_getbalance", (name, property_id)) for name in some],
                batch=True,
                journal=journal,
            )
            for name, answer in zip(some, answers, strict=True):
                try:
                    harvest.amounts[named[name]] = _held(answer, form.decimals)
                except ProviderError as error:
                    harvest.failed[named[name]] = error
        require_unmoved(before, await self._state(point, journal))
        return harvest

    async def _state(self, point: SnapshotPoint, journal: list[str]) -> str:
        """Return the hash of the node's tip, which must be the snapshot block."""
        info = table(await self.provider.one("omni_getinfo", journal=journal))
        tip = number(await self.provider.one("getblockcount", journal=journal))
        applied = number(info.get("block"))
        if not tip == applied == point.height:
            raise Incapable(
                f"Omni Core knows balances at its tip only, which is block {min(tip, applied):,}; "
                f"stop it at block {point.height:,} (-stopatheight)",
                reason=UnresolvedReason.NO_STATE,
            )
        found = block_hash(await self.provider.one("getblockhash", (tip,), journal=journal))
        if found != point.block_hash:
            raise WrongState("the node has another block than the snapshot block at its height")
        return found


def _property_id(form: HoldingForm) -> int:
    written = form.contract or ""
    digits = written.removeprefix(MARK)
    if not written.startswith(MARK) or not (digits.isascii() and digits.isdecimal()):
        raise RegistryError(f"{form.id}: {written} is no property of the Omni Layer")
    return int(digits)


def _held(answer: object, decimals: int) -> int:
    """Return all that an address holds, in units of the property. Raises ProviderError."""
    if isinstance(answer, ChainsError):
        if isinstance(answer, ProviderError):
            raise answer
        raise ProviderError(str(answer), reason=UnresolvedReason.CALL_FAILED)
    members = table(answer)
    total = 0
    for part in _PARTS:
        if part == "frozen" and part not in members:
            continue  # a node from before properties could be frozen
        text = members.get(part)
        match = _AMOUNT.fullmatch(text) if isinstance(text, str) else None
        if match is None or (match[2] is None) != (decimals == 0):
            raise MalformedAnswer("the node's answer lacks an amount")
        total += int(match[1] + (match[2] or ""))
    return total
