"""One node with Bitcoin Core's JSON-RPC: what is asked of it, and how its answers are checked.

Making a snapshot and hashing the UTXO set take minutes to hours, so those calls have no time limit
of their own and are never sent twice. Source: Bitcoin Core's RPC documentation, versions 27 to 32.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chains.errors import (
    ChainsError,
    Incapable,
    MalformedAnswer,
    TransportFailure,
    UnresolvedReason,
    WrongState,
)
from chains.transport.endpoint import Endpoint, Surroundings
from chains.transport.labels import labels
from chains.utxo.blocks import BlockHeader, parse_block_header

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chains.transport.health import EndpointHealth
    from chains.transport.json_rpc import RpcError
    from chains.transport.settings import TransportSettings

HEX_HASH = 64
NO_TIME_LIMIT_S = 30 * 24 * 3600.0
"""A month: no rollback takes that long, and the transport wants a number."""
ROLLBACK_VERSION = 290_000
"""From here on `dumptxoutset` rolls back by itself."""
COPY_VERSION = 320_000
"""From here on it does so on a temporary copy, while the node goes on with its work."""
HASH_VERSION = 260_000
"""From here on what `dumptxoutset` calls the set's hash is `hash_serialized_3`."""
PROGRESS_S = 30.0

_METHOD_NOT_FOUND, _NOT_FOUND, _INVALID, _WARMING_UP = -32601, -5, -8, -28


@dataclass(frozen=True, slots=True)
class Dump:
    """A snapshot that a node has written."""

    path: str
    """As the node sees it."""
    block_hash: str
    height: int
    hash_serialized: str
    """Empty from a node that is too old to tell it."""


class CoreNode:
    """One endpoint. An async context."""

    def __init__(
        self, url: str, label: str, settings: TransportSettings, surroundings: Surroundings
    ) -> None:
        """Prepare; nothing is sent."""
        quick = replace(settings, decimals=True)
        slow = replace(
            quick, call_timeout_s=NO_TIME_LIMIT_S, deadline_s=None, tries=1, throttle_tries=1
        )
        self.label = label
        self.journal: list[str] = []
        self._quick = Endpoint(url, label, quick, classify, surroundings)
        self._slow = Endpoint(url, label, slow, classify, surroundings)
        self._slow.counters = self._quick.counters  # one server: what passes is counted together
        self._sleep = surroundings.sleep

    async def open(self) -> None:
        """Make the sessions."""
        await self._quick.open()
        await self._slow.open()

    async def close(self) -> None:
        """Close the sessions."""
        await self._quick.close()
        await self._slow.close()

    def health(self) -> EndpointHealth:
        """Return what there is to be said of the node now; hours of dumping are no latency."""
        return self._quick.health()

    async def version(self) -> int:
        """Return the node's version, 290000 for 29.0. Raises ProviderError, as all of these do."""
        return _integer(await self._member("getnetworkinfo", "version"))

    async def dump_version(self, version: int) -> int:
        """Return the version by which `dump` may treat a node of `version`: that, or a lower one.

        Forks count in their own way; a rollback must be named in the node's help.
        """
        try:
            told = str(await self._ask("help", "dumptxoutset"))
        except Incapable:
            return version
        names_none = "dumptxoutset" in told and "rollback" not in told
        return min(version, ROLLBACK_VERSION - 1) if names_none else version

    async def block_count(self) -> int:
        """Return the height of the node's tip."""
        return _integer(await self._ask("getblockcount"))

    async def block_hash(self, height: int) -> str:
        """Return the hash of the node's block at `height`, as nodes write it."""
        return _hash(await self._ask("getblockhash", height))

    async def height_of(self, block_hash: str) -> int:
        """Return the height of a block of the node's best chain.

        Raises WrongState for a block that is on a branch.
        """
        height = _integer(await self._member("getblockheader", "height", block_hash, True))  # noqa: FBT003
        if await self.block_hash(height) != block_hash:
            raise WrongState(f"block {block_hash} is not on the node's best chain")
        return height

    async def indexes(self) -> dict[str, bool]:
        """Return the node's optional indexes, and whether each is complete."""
        return {
            name: _members(state).get("synced") is True
            for name, state in _members(await self._ask("getindexinfo")).items()
        }

    async def header(self, block_hash: str) -> BlockHeader:
        """Return the header of a block; its bytes must hash to `block_hash`."""
        raw = _bytes(await self._ask("getblockheader", block_hash, False))  # noqa: FBT003
        header = parse_block_header(raw)
        if header.hash_hex != block_hash:
            raise WrongState("the node's header is not that of the block that was asked for")
        return header

    async def time_of(self, block_hash: str) -> int:
        """Return the time of a block whose hash is not computed here: seconds since 1970, UTC."""
        members = _members(await self._ask("getblockheader", block_hash, True))  # noqa: FBT003
        if members.get("hash") != block_hash:
            raise WrongState("the node's header is not that of the block that was asked for")
        return _integer(members.get("time"))

    async def block(self, block_hash: str) -> bytes:
        """Return a raw block; whether it is the right one is for the caller to check."""
        return _bytes(await self._ask("getblock", block_hash, 0))

    async def hash_of_set(self, block_hash: str) -> str | None:
        """Return `hash_serialized_3` of the set after a block, None unless it is the node's tip.

        A node can only hash the set it has; one that does not know this hash gives None, too.
        """
        if await self._ask("getbestblockhash") != block_hash:
            return None
        try:
            answer = await self._slow.one(
                "gettxoutsetinfo", ("hash_serialized_3",), journal=self.journal
            )
        except Incapable:  # before version 26; the journal has its words
            return None
        members = _members(answer)
        if members.get("bestblock") != block_hash:
            return None  # a block came in between
        return _hash(members.get("hash_serialized_3"))

    async def muhash(self, block_hash: str) -> str | None:
        """Return the `muhash` of the set after a block; None from a node that does not keep it."""
        try:
            answer = await self._slow.one(
                "gettxoutsetinfo", ("muhash", block_hash), journal=self.journal
            )
        except Incapable:  # without -coinstatsindex; the journal has its words
            return None
        members = _members(answer)
        if members.get("bestblock") != block_hash:
            raise WrongState("the node hashed the set of another block")
        return _hash(members.get("muhash"))

    async def dump(
        self, height: int, path: str, *, version: int, say: Callable[[str], None]
    ) -> Dump:
        """Have the node write the UTXO set after block `height` to `path`, and wait for it."""
        # Before it knew of rolling back, the path was all that it took.
        parameters: tuple[object, ...] = (path, "latest")[: 2 if version >= ROLLBACK_VERSION else 1]
        if await self.block_count() != height:
            options: dict[str, object] = {"rollback": height}
            if version >= COPY_VERSION:
                options["in_memory"] = True
            parameters = (path, "rollback", options)
        writing = asyncio.create_task(
            self._slow.one("dumptxoutset", parameters, journal=self.journal)
        )
        try:
            answer = await self._watch(writing, say)
        finally:
            writing.cancel()
        members = _members(answer)
        written = members.get("path")
        if not isinstance(written, str):
            raise MalformedAnswer("the node does not say where it wrote the snapshot")
        return Dump(
            written,
            _hash(members.get("base_hash")),
            _integer(members.get("base_height")),
            _hash(members.get("txoutset_hash")) if version >= HASH_VERSION else "",
        )

    async def _watch(self, writing: asyncio.Task[object], say: Callable[[str], None]) -> object:
        """Return what the node answers in the end; tell now and then that it is still at it."""
        seconds = 0.0
        while True:
            pause = asyncio.ensure_future(self._sleep(PROGRESS_S))
            try:
                await asyncio.wait({writing, pause}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                pause.cancel()
            if writing.done():
                return writing.result()
            seconds += PROGRESS_S
            say(f"{self.label} is making the snapshot, {seconds / 60:.1f} minutes so far.")

    async def _member(self, method: str, member: str, *parameters: object) -> object:
        return _members(await self._ask(method, *parameters)).get(member)

    async def _ask(self, method: str, *parameters: object) -> object:
        return await self._quick.one(method, parameters, journal=self.journal)


def core_nodes(
    urls: Sequence[str], settings: TransportSettings, surroundings: Surroundings
) -> list[CoreNode]:
    """Return what asks the nodes at `urls`, in their order; nothing is opened or sent."""
    return [
        CoreNode(url, name, settings, surroundings)
        for url, name in zip(urls, labels(urls), strict=True)
    ]


def classify(error: RpcError) -> ChainsError:
    """Return the error that a node's own one stands for (Bitcoin Core, src/rpc/protocol.h)."""
    match error.code:
        case code if code == _METHOD_NOT_FOUND:
            return Incapable(error.message, reason=UnresolvedReason.NO_METHOD)
        case code if code in {_NOT_FOUND, _INVALID}:
            return Incapable(error.message, reason=UnresolvedReason.NO_BLOCK)
        case code if code == _WARMING_UP:
            return TransportFailure(error.message)
        case _:
            return Incapable(error.message, reason=UnresolvedReason.CALL_FAILED)


def _members(answer: object) -> dict[str, object]:
    if not isinstance(answer, dict):
        raise MalformedAnswer("the node's answer is not an object")
    return answer


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise MalformedAnswer("the node's answer lacks a whole number")
    return value


def _hash(value: object) -> str:
    if not isinstance(value, str) or len(_bytes(value)) * 2 != HEX_HASH:
        raise MalformedAnswer("the node's answer lacks a hash")
    return value.lower()


def _bytes(value: object) -> bytes:
    if not isinstance(value, str):
        raise MalformedAnswer("the node's answer is not hex")
    try:
        return bytes.fromhex(value)
    except ValueError:
        raise MalformedAnswer("the node's answer is not hex") from None
