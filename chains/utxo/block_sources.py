"""Where raw blocks come from: a node's RPC, a node's REST interface, or files. Nothing is trusted.

Whoever asks checks what comes (`blocks`); a source only has to find it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import aiohttp

from chains.errors import (
    Incapable,
    MalformedAnswer,
    TransportFailure,
    UnresolvedReason,
    WrongState,
)
from chains.transport.labels import label
from chains.utxo.blocks import HEADER_SIZE, BlockHeader, parse_block_header

if TYPE_CHECKING:
    from chains.utxo.core_rpc import CoreNode

LARGEST_BLOCK = 64 * 1024 * 1024
FRAME_HEAD = 8
"""Bytes before a block in a node's own files: network magic and length."""


class BlockSource(Protocol):
    """Finds blocks of one network."""

    label: str
    """For reports: never a URL with credentials."""

    async def header(self, block_hash: str) -> BlockHeader:
        """Return the header of a block. Raises ProviderError."""
        ...

    async def next_block(self, header: BlockHeader, height: int) -> bytes:
        """Return the raw block at `height`, which follows `header`. Raises ProviderError."""
        ...

    async def close(self) -> None:
        """Release what is held."""
        ...


class RpcBlocks:
    """Blocks from a node's JSON-RPC. The node is not closed with it."""

    def __init__(self, node: CoreNode) -> None:
        self.label = node.label
        self._node = node

    async def header(self, block_hash: str) -> BlockHeader:
        """Return the header of a block. Raises ProviderError."""
        return await self._node.header(block_hash)

    async def next_block(self, header: BlockHeader, height: int) -> bytes:  # noqa: ARG002
        """Return the raw block at `height`. Raises ProviderError."""
        return await self._node.block(await self._node.block_hash(height))

    async def close(self) -> None:
        """Release nothing."""


class RestBlocks:
    """Blocks from a node's REST interface (Bitcoin Core's ``-rest``), by its base URL."""

    def __init__(self, url: str, *, timeout_s: float) -> None:
        self.label = label(url)
        self._url = url.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def header(self, block_hash: str) -> BlockHeader:
        """Return the header of a block. Raises ProviderError."""
        return parse_block_header(await self._get(f"headers/1/{block_hash}.bin"))

    async def next_block(self, header: BlockHeader, height: int) -> bytes:  # noqa: ARG002
        """Return the raw block at `height`. Raises ProviderError."""
        found = (await self._get(f"blockhashbyheight/{height}.bin"))[:32]
        return await self._get(f"block/{found[::-1].hex()}.bin")

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _get(self, path: str) -> bytes:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout, trust_env=False, headers={"User-Agent": "assay"}
            )
        # As in chains.transport.http: texts of aiohttp's exceptions may hold the URL.
        try:
            async with self._session.get(
                f"{self._url}/rest/{path}", allow_redirects=False
            ) as response:
                if response.status != 200:  # noqa: PLR2004
                    raise Incapable(
                        f"HTTP status {response.status} for {path}",
                        source=self.label,
                        reason=UnresolvedReason.NO_BLOCK,
                    )
                body = bytearray()
                async for piece in response.content.iter_chunked(1 << 16):
                    body += piece
                    if len(body) > LARGEST_BLOCK:
                        raise MalformedAnswer("a block is larger than any", source=self.label)
                return bytes(body)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TransportFailure(
                f"no usable answer ({type(error).__name__})", source=self.label
            ) from None


class FileBlocks:
    """Blocks from a file or a folder of files: one raw block each, or a node's ``blk*.dat``."""

    def __init__(self, path: Path, magic: bytes) -> None:
        self.label = path.name
        self._path = path
        self._magic = magic
        # Of a whole ledger, so no more than is needed of each block.
        self._places: dict[bytes, tuple[Path, int, int]] = {}
        self._children: dict[bytes, list[bytes]] = {}
        self._is_indexed = False

    async def header(self, block_hash: str) -> BlockHeader:
        """Return the header of a block. Raises ProviderError."""
        await self._index()
        place = self._places.get(bytes.fromhex(block_hash)[::-1])
        if place is None:
            raise Incapable(
                f"the files do not hold block {block_hash}", reason=UnresolvedReason.NO_BLOCK
            )
        return parse_block_header(_read(place))

    async def next_block(self, header: BlockHeader, height: int) -> bytes:
        """Return the block that follows `header`: of several, that with most blocks after it.

        Raises WrongState where several have as many: which is the ledger's is not to be seen.
        """
        await self._index()
        children = self._children.get(header.hash, [])
        if not children:
            raise Incapable(
                f"the files do not hold block {height:,}", reason=UnresolvedReason.NO_BLOCK
            )
        if len(children) > 1:  # only then: it takes a look at every block up to the tip
            lengths = [self._length(child) for child in children]
            children = [
                child
                for child, length in zip(children, lengths, strict=True)
                if length == max(lengths)
            ]
        if len(children) > 1:
            raise WrongState(
                f"the files hold {len(children)} blocks {height:,}, each with as many after it"
            )
        return _read(self._places[children[0]])

    async def close(self) -> None:
        """Release nothing."""

    def _length(self, block: bytes) -> int:
        """Return how many blocks in a row follow a block, on its longest branch."""
        length, level = 0, [block]
        while level := [child for one in level for child in self._children.get(one, ())]:
            length += 1
        return length

    async def _index(self) -> None:
        if not self._is_indexed:
            try:
                await asyncio.to_thread(self._read_index)
            except OSError as error:
                raise TransportFailure(
                    f"the blocks cannot be read: {error.strerror or type(error).__name__}"
                ) from error
            self._is_indexed = True

    def _read_index(self) -> None:
        folder = self._path
        files = (
            sorted(one for one in folder.iterdir() if one.is_file())
            if folder.is_dir()
            else [folder]
        )
        if any(one.name == "xor.dat" and one.read_bytes().strip(b"\0") for one in files):
            raise Incapable(
                "the node's block files are obfuscated (xor.dat); start it with -blocksxor=0",
                reason=UnresolvedReason.NO_METHOD,
            )
        for path in files:
            with path.open("rb") as file:
                head = file.read(FRAME_HEAD + HEADER_SIZE)
                at = 0
                if head[:4] != self._magic:
                    if len(head) >= HEADER_SIZE and path.name != "xor.dat":
                        self._add(head[:HEADER_SIZE], path, 0, path.stat().st_size)
                    continue
                while head[:4] == self._magic and len(head) == FRAME_HEAD + HEADER_SIZE:
                    size = int.from_bytes(head[4:8], "little")
                    self._add(head[FRAME_HEAD:], path, at + FRAME_HEAD, size)
                    at += FRAME_HEAD + size
                    file.seek(at)
                    head = file.read(FRAME_HEAD + HEADER_SIZE)

    def _add(self, raw: bytes, path: Path, start: int, size: int) -> None:
        header = parse_block_header(raw)
        if header.hash in self._places or size > LARGEST_BLOCK:
            return
        self._places[header.hash] = (path, start, size)
        self._children.setdefault(header.previous, []).append(header.hash)


def _read(place: tuple[Path, int, int]) -> bytes:
    """Return the block at a place, or what is left of it. Raises TransportFailure."""
    path, start, size = place
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(size)
    except OSError as error:
        raise TransportFailure(
            f"the blocks cannot be read: {error.strerror or type(error).__name__}"
        ) from error


def block_source(where: str, *, magic: bytes, timeout_s: float) -> BlockSource:
    """Return the source that `where` names: an http(s) URL, a folder or a file."""
    if where.startswith(("http://", "https://")):
        return RestBlocks(where, timeout_s=timeout_s)
    return FileBlocks(Path(where), magic)
