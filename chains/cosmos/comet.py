"""One CometBFT node: balances of the bank with proofs, at a height.

What must hold of its answers:

1. The node is of the network: its chain id is that of networks.toml.
2. The block after the snapshot names the snapshot block as the one before it. Its header has the
   app hash of the state after the snapshot block.
3. Each balance is asked at the height with a proof, and the answer names that height (another one
   exposes the node, `CaughtStale`).
4. Each proof leads from the balance, or from its absence, to that app hash (`proofs`). So a node
   that lost the state, or never had it, cannot pass for empty accounts.

That the network signed the next block is not checked: the app hash is as good as the node's word,
and the assurance `node`. Delegations are with the staking module, not in the amounts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance
from chains.cosmos.answers import balance_key, header, network_and_tip, proven_balance
from chains.errors import (
    ProviderError,
    RegistryError,
    UnresolvedReason,
    WrongState,
)
from chains.harvesting import Batches, harvested, told
from chains.source import Block, CaughtStale, require_height
from chains.transport.json_rpc import RpcRequest

if TYPE_CHECKING:
    from chains.adapter import HoldingForm, SnapshotPoint
    from chains.cosmos.answers import Header
    from chains.harvesting import Told
    from chains.source import Asked, Harvest
    from chains.transport.endpoint import Endpoint

BATCH = 50
"""Queries in one request; each answer has a proof of a few kilobytes."""


class CometSource:
    """A `chains.source.TokenSource`: tokens are denominations (``ibc/...``, ``factory/...``)."""

    assurance = Assurance.NODE

    def __init__(self, node: Endpoint, chain: str, denom: str) -> None:
        """Ask `node`, of `chain`, whose native coin the bank keeps as `denom`."""
        self.provider = node
        self._chain = chain
        self._denom = denom
        self._batches = Batches(node, BATCH)
        self._app_hashes: dict[str, bytes] = {}
        """Hash of a block -> app hash of the state after it."""

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block at `height`, once there is one after it. Raises ProviderError."""
        chain, tip = network_and_tip(await self.provider.one("status", journal=journal))
        require_chain(self._chain, chain)
        tip -= 1  # the state after the newest block is not known before the next one
        require_height(height, tip)
        found = await self._header(height, journal)
        after = await self._header(height + 1, journal)
        if after.before != found.hash:
            raise WrongState("the block after the snapshot names another one before it")
        self._app_hashes[found.hash] = after.app_hash
        return Block(found.hash, found.time, tip)

    async def _header(self, height: int, journal: list[str]) -> Header:
        asked = {"height": str(height)}
        found = header(await self.provider.one("commit", named=asked, journal=journal))
        require_chain(self._chain, found.chain)
        if found.height != height:
            raise CaughtStale(f"the node was asked for block {height}, it gives {found.height}")
        return found

    async def check_form(
        self,
        form: HoldingForm,
        point: SnapshotPoint,  # noqa: ARG002 (contract)
        journal: list[str],  # noqa: ARG002
    ) -> None:
        """Accept any denomination."""
        require_denom(form)

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances, `BATCH` queries a request. Raises ProviderError."""
        point = asked.point
        if point.block_hash not in self._app_hashes:
            found = await self.block_at(point.height, journal)
            if found.hash != point.block_hash:
                raise WrongState("the node has another block at the snapshot")
        app_hash = self._app_hashes[point.block_hash]
        denom = asked.form.contract or self._denom
        keys = [balance_key(account, denom) for account in asked.accounts]
        requests = [
            RpcRequest(
                "abci_query",
                (),
                {
                    "path": "/store/bank/key",
                    "data": key.hex(),
                    "height": str(point.height),
                    "prove": True,
                },
            )
            for key in keys
        ]
        answers = await self._batches.call(requests, journal)

        def checked(key: bytes, answer: object) -> Told | ProviderError:
            def parse(value: object) -> Told:
                return proven_balance(value, key, point.height, app_hash), ""

            return told(answer, parse)

        return harvested(asked.accounts, list(map(checked, keys, answers)))


def require_denom(form: HoldingForm) -> None:
    """Accept any denomination: its name says what it is, and the bank keeps no decimals."""
    if not form.contract:
        raise RegistryError(f"{form.id} names no denomination")


def require_chain(expected: str, found: str) -> None:
    """Raise WrongState when a server is of another network than networks.toml says."""
    if expected and found != expected:
        raise WrongState(
            f"the server is of another network: {found}", reason=UnresolvedReason.WRONG_CHAIN
        )
