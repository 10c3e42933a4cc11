"""One Starknet node: token balances at a block.

What must hold of its answers:

1. The node is of the network: its chain id is that of networks.toml.
2. Balances are called at the hash of the snapshot block, many in a batch.
3. With every batch the node shows from which state it speaks: contract 0x1 keeps the hashes of
   earlier blocks, and while block N is executed, that of N - 10 is put there. So at N the entry of
   N - 10 is there, and that of N - 9 is not. Another state exposes the node (`CaughtStale`), or is
   refused.
4. A balance is what `balanceOf` returned. Any failure is a failure; 0 only where it said 0.

Final is what Ethereum accepted (tag `l1_accepted`, RPC 0.9; before, the block's own status). The
native coin is a token contract too, named by networks.toml. Staked tokens lie in staking contracts
and are not in the amounts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Control
from chains.errors import (
    CallReverted,
    ChainsError,
    Incapable,
    MalformedAnswer,
    ProviderError,
    RegistryError,
    UnresolvedReason,
    WrongState,
)
from chains.harvesting import Batches, harvested, told
from chains.source import Block, CaughtStale, require_height
from chains.starknet import control
from chains.starknet.addresses import canonical
from chains.starknet.answers import NoContractError, amount, felts, header, number, symbol
from chains.starknet.ownership import truncated_keccak
from chains.transport.json_rpc import RpcRequest
from chains.transport.together import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import ControlQuery, HoldingForm, SnapshotPoint
    from chains.harvesting import Told
    from chains.source import Asked, Harvest
    from chains.starknet.answers import Header
    from chains.transport.endpoint import Endpoint

BATCH = 100
"""Calls in one request."""
CANARY = 2
"""Questions about the state that go with them."""
BUFFER = 10
"""How many blocks earlier the block is whose hash a block stores in contract 0x1."""


class StarknetSource:
    """A `chains.source.ControlSource` and `TokenSource`."""

    assurance = Assurance.NODE

    def __init__(self, node: Endpoint, chain: str, native: str) -> None:
        """Ask `node`, of `chain` (a short string); `native` is the contract of the native coin."""
        self.provider = node
        self._chain = chain
        self._native = native
        self._batches = Batches(node, BATCH + CANARY)

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block at `height`. Raises ProviderError."""
        chain = number(await self.provider.one("starknet_chainId", journal=journal))
        named = chain.to_bytes(32, "big").lstrip(b"\0").decode("ascii", "replace")
        if self._chain and named != self._chain:
            raise WrongState(
                f"the server is of another network: {named}", reason=UnresolvedReason.WRONG_CHAIN
            )
        tip = header(await self._block("latest", journal))
        require_height(height, tip.height)
        found = header(await self._block({"block_number": height}, journal))
        if found.height != height:
            raise CaughtStale(f"the node was asked for block {height}, it gives {found.height}")
        final = await self._last_final(found, journal)
        return Block(found.hash, found.time, tip.height, final)

    async def _last_final(self, found: Header, journal: list[str]) -> int:
        """Return the last block that Ethereum accepted, or the last that `found` shows to be so."""
        try:
            final = header(await self._block("l1_accepted", journal))
        except Incapable:  # a node from before RPC 0.9, which says it of each block only
            return found.height if found.on_l1 else found.height - 1
        if not final.on_l1 or (found.on_l1 is False and found.height <= final.height):
            raise MalformedAnswer("the node contradicts itself about what Ethereum accepted")
        return final.height

    async def _block(self, reference: object, journal: list[str]) -> object:
        return await self.provider.one(
            "starknet_getBlockWithTxHashes", (reference,), journal=journal
        )

    async def check_form(self, form: HoldingForm, point: SnapshotPoint, journal: list[str]) -> None:
        """Compare the token's decimals and symbol with the table."""
        contract = self._contract(form)
        asked = [call(point, contract, name) for name in ("decimals", "symbol")]
        decimals, said = await self._identified(point, asked, journal)
        for answer in (decimals, said):
            if isinstance(answer, CallReverted):
                raise RegistryError(f"{contract} is no token contract at block {point.height}")
            if isinstance(answer, ChainsError):
                raise answer
        if felts(decimals) != [form.decimals]:
            raise RegistryError(f"{contract} has {felts(decimals)} decimals, not {form.decimals}")
        named = symbol(said)
        if form.symbols and named not in form.symbols:
            raise RegistryError(f"{contract} calls itself {named!r}")

    def _contract(self, form: HoldingForm) -> str:
        contract = form.contract or self._native
        if not contract:
            raise RegistryError(f"networks.toml names no token contract of {form.asset}")
        return f"{int.from_bytes(canonical(contract, {}), 'big'):#x}"

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances, `BATCH` calls a request. Raises ProviderError."""
        contract = self._contract(asked.form)
        parts = [asked.accounts[at : at + BATCH] for at in range(0, len(asked.accounts), BATCH)]

        async def read_part(accounts: Sequence[bytes]) -> list[object]:
            calls = [call(asked.point, contract, "balanceOf", account) for account in accounts]
            return await self._identified(asked.point, calls, journal)

        found = [answer for part in await together(*map(read_part, parts)) for answer in part]
        return harvested(asked.accounts, [told(answer, _amount) for answer in found])

    async def _identified(
        self, point: SnapshotPoint, calls: Sequence[RpcRequest], journal: list[str]
    ) -> list[object]:
        """Return the answers to `calls` by a node that showed, beside them, its state; rule 3."""
        stored = [
            RpcRequest(
                "starknet_getStorageAt", ("0x1", f"{entry:#x}", {"block_hash": point.block_hash})
            )
            for entry in (point.height - BUFFER, point.height - BUFFER + 1)
            if entry >= 0
        ]
        answers = await self._batches.call([*calls, *stored], journal)
        marks = answers[len(calls) :]
        for mark in marks:
            if isinstance(mark, ProviderError):
                return [mark] * len(calls)
        if point.height >= BUFFER:
            values = [_stored(mark) for mark in marks]
            if values[1]:
                raise CaughtStale(
                    f"the node answers from a later state than that of {point.height}"
                )
            if not values[0]:
                raise WrongState(
                    f"the node does not show that it answers from the state of {point.height}"
                )
        return answers[: len(calls)]

    async def control(
        self, point: SnapshotPoint, queries: Sequence[ControlQuery], journal: list[str]
    ) -> Sequence[Control]:
        """Ask each account contract, by the functions its class may have, for its owner's key."""

        async def one(query: ControlQuery) -> Control:
            asked = _questions(point, query.account)
            of_class, *said = await self._identified(point, asked, journal)
            return control.settled(query, of_class, said)

        return await together(*map(one, queries))


def call(point: SnapshotPoint, contract: str, function: str, *arguments: bytes) -> RpcRequest:
    """Return the call of a view function at the block of `point`."""
    asked = {
        "contract_address": contract,
        "entry_point_selector": f"{truncated_keccak(function):#x}",
        "calldata": [f"{int.from_bytes(one, 'big'):#x}" for one in arguments],
    }
    return RpcRequest("starknet_call", (asked, {"block_hash": point.block_hash}))


def _questions(point: SnapshotPoint, account: bytes) -> list[RpcRequest]:
    address = f"{int.from_bytes(account, 'big'):#x}"
    of_class = RpcRequest("starknet_getClassHashAt", ({"block_hash": point.block_hash}, address))
    return [of_class, *(call(point, address, getter) for getter in control.GETTERS)]


def _stored(answer: object) -> int:
    """Return an entry of contract 0x1; before its first entry it is no contract."""
    if isinstance(answer, NoContractError):
        return 0
    if isinstance(answer, ChainsError):
        raise answer
    return number(answer)


def _amount(answer: object) -> Told:
    return amount(answer), ""
