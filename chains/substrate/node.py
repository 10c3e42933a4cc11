"""One Substrate node, asked for many storage keys at one block.

What must hold:

1. Its block 0 is the one of networks.toml.
2. A header hashes to the block's hash; with the option ``header = "opaque"`` that is not known, and
   nothing is proven.
3. `state_getReadProof` answers from that block, and its nodes lead from the header's state root to
   every key, or show that it is not there (assurance `proof`).
4. Where a node has no such method: `state_queryStorageAt` answers every key that was asked exactly
   once, from that block (assurance `node`).
5. Either way the number of the block, which the runtime keeps in its own state, is among the keys.
   A node that answers from another state is caught, and an empty state is no zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chains.adapter import Assurance
from chains.errors import (
    Incapable,
    MalformedAnswer,
    ProviderError,
    RegistryError,
    TooLarge,
    UnresolvedReason,
    WrongState,
)
from chains.source import (
    Asked,
    Block,
    CaughtStale,
    Harvest,
    Landmark,
    require_height,
    require_landmark,
)
from chains.substrate import storage
from chains.substrate.headers import HASH_SIZE, Header, header
from chains.substrate.proofs import StateProof
from chains.substrate.scale import from_hex
from chains.transport.together import together

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chains.adapter import HoldingForm, SnapshotPoint
    from chains.registry import Network
    from chains.substrate.migration import Migration
    from chains.transport.endpoint import Endpoint

KEYS_AT_ONCE = 250
"""Storage keys in one request; half as many after an answer that was too large."""
MOST_BLOCKS = 2**32 - 1
"""Numbers of blocks have 32 bits: nodes refuse a larger one, they do not answer "no such block"."""

_NUMBER_SIZE = 4
_TIME_SIZE, _MILLISECONDS = 8, 1000

Found = bytes | None | ProviderError
"""What a state holds at a key, that it holds nothing, or why that is not known."""


class State(NamedTuple):
    """Values of one state, by key."""

    values: Mapping[bytes, Found]
    assurance: Assurance


class SubstrateNode:
    """A `chains.source.TokenSource`."""

    assurance = Assurance.NODE

    def __init__(self, node: Endpoint, network: Network, migration: Migration | None) -> None:
        """Ask `node`. Raises RegistryError when networks.toml does not say which chain it is."""
        genesis = network.options.get("genesis")
        if not isinstance(genesis, str):
            raise RegistryError(f"{network.name}: its first block (options.genesis) is not known")
        self.provider = node
        self._mark = Landmark(0, f"0x{genesis}")
        self._is_opaque = network.options.get("header") == "opaque"
        self._migration = migration
        self._proves = not self._is_opaque
        self._headers: dict[str, Header] = {}

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    # --- blocks

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block at `height`. Raises ProviderError."""
        asked = min(height, MOST_BLOCKS)
        first, found, finalized, best = await together(
            self.provider.one("chain_getBlockHash", (0,), journal=journal),
            self.provider.one("chain_getBlockHash", (asked,), journal=journal),
            self.provider.one("chain_getFinalizedHead", journal=journal),
            self.provider.one("chain_getHeader", journal=journal),
        )
        require_landmark(self._mark, _hash(first))
        tip = header(best).number
        if found is None:
            require_height(height, tip)
            raise Incapable(f"the node names no block {height}", reason=UnresolvedReason.NO_BLOCK)
        block, final = _hash(found), _hash(finalized)
        described, last = await together(self._header(block, journal), self._header(final, journal))
        if described.number != height:
            raise WrongState(f"the node names block {described.number} for height {height}")
        return Block(block, await self._time(block, journal), tip, last.number)

    async def _header(self, block: str, journal: list[str]) -> Header:
        known = self._headers.get(block)
        if known is None:
            answer = await self.provider.one("chain_getHeader", (block,), journal=journal)
            if answer is None:
                raise Incapable(f"the node has no block {block}", reason=UnresolvedReason.NO_BLOCK)
            known = header(answer)
            if self._is_opaque:
                known = known._replace(hash=block)
            if known.hash != block:
                raise WrongState(f"the node describes block {block} with another block's header")
            self._headers[block] = known
        return known

    async def _time(self, block: str, journal: list[str]) -> int | None:
        """Return the time that the runtime kept, in seconds, or None when its state is gone."""
        asked = (f"0x{storage.TIMESTAMP_NOW.hex()}", block)
        try:
            value = await self.provider.one("state_getStorage", asked, journal=journal)
        except Incapable:
            return None
        if value is None:
            return None
        return int.from_bytes(from_hex(value, _TIME_SIZE), "little") // _MILLISECONDS

    # --- balances

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances of accounts of 32 bytes. Raises ProviderError."""
        form, point, accounts = asked
        asset = None if form.contract is None else _asset(form.contract)
        if asset is None:
            self._require_home(point)
            keys = {account: storage.account_key(account) for account in accounts}
        else:
            keys = {account: storage.asset_account_key(asset, account) for account in accounts}
        state = await self._values(point, list(keys.values()), journal)
        harvest = Harvest()
        for account, key in keys.items():
            try:
                value = _sure(state.values[key])
                if asset is None and value is None:
                    self._require_zero(point)
                total = storage.native_total if asset is None else storage.asset_total
                harvest.amounts[account] = total(value)
            except ProviderError as error:
                harvest.failed[account] = error
            else:
                harvest.assurance[account] = state.assurance
        return harvest

    async def check_form(self, form: HoldingForm, point: SnapshotPoint, journal: list[str]) -> None:
        """Compare symbol and decimals of an asset with assets.toml.

        Raises RegistryError when they differ or there is no such asset, ProviderError otherwise.
        """
        if form.contract is None:
            return
        key = storage.metadata_key(_asset(form.contract))
        value = _sure((await self._values(point, [key], journal)).values[key])
        if value is None:
            raise RegistryError(f"there is no asset {form.contract} at block {point.height}")
        said = storage.metadata(value)
        if said.decimals != form.decimals or (form.symbols and said.symbol not in form.symbols):
            raise RegistryError(
                f"asset {form.contract} is {said.symbol} with {said.decimals} decimals, "
                f"assets.toml says {' or '.join(form.symbols)} with {form.decimals}"
            )

    def _require_home(self, point: SnapshotPoint) -> None:
        why = "" if self._migration is None else self._migration.why_not(point.height)
        if why:
            raise Incapable(why, reason=UnresolvedReason.WRONG_CHAIN)

    def _require_zero(self, point: SnapshotPoint) -> None:
        why = "" if self._migration is None else self._migration.why_no_zero(point.height)
        if why:
            raise Incapable(why, reason=UnresolvedReason.WRONG_CHAIN)

    # --- storage

    async def _values(
        self, point: SnapshotPoint, keys: Sequence[bytes], journal: list[str]
    ) -> State:
        described = await self._header(point.block_hash, journal)
        if described.number != point.height:
            raise WrongState(f"block {point.block_hash} is not at height {point.height}")
        parts = [keys[at : at + KEYS_AT_ONCE] for at in range(0, len(keys), KEYS_AT_ONCE)]
        states = await together(*(self._part(described, part, journal) for part in parts))
        values = {key: value for state in states for key, value in state.values.items()}
        # A node may say in the middle that it has no proofs: then nothing counts as proven.
        proven = all(state.assurance is Assurance.PROOF for state in states)
        return State(values, Assurance.PROOF if proven else Assurance.NODE)

    async def _part(self, block: Header, keys: Sequence[bytes], journal: list[str]) -> State:
        """Return what the state of `block` holds at `keys`; in halves when that is too large."""
        try:
            values = await self._ask(block, [storage.SYSTEM_NUMBER, *keys], journal)
        except TooLarge:
            if len(keys) == 1:
                raise
            half = len(keys) // 2
            one = await self._part(block, keys[:half], journal)
            other = await self._part(block, keys[half:], journal)
            worse = one.assurance if one.assurance is not Assurance.PROOF else other.assurance
            return State({**one.values, **other.values}, worse)
        number = _sure(values.values[storage.SYSTEM_NUMBER])
        if number is None:
            raise Incapable("the node's state does not even hold its block number")
        if len(number) != _NUMBER_SIZE or int.from_bytes(number, "little") != block.number:
            raise CaughtStale(
                f"the node answers from another state than that of block {block.number}"
            )
        return values

    async def _ask(self, block: Header, keys: Sequence[bytes], journal: list[str]) -> State:
        if self._proves:
            try:
                return State(await self._proven(block, keys, journal), Assurance.PROOF)
            except Incapable as error:
                if error.reason is not UnresolvedReason.NO_METHOD:
                    raise
                self._proves = False
        return State(await self._told(block, keys, journal), Assurance.NODE)

    async def _proven(
        self, block: Header, keys: Sequence[bytes], journal: list[str]
    ) -> dict[bytes, Found]:
        asked = ([f"0x{key.hex()}" for key in keys], block.hash)
        answer = await self.provider.one("state_getReadProof", asked, journal=journal)
        if not isinstance(answer, dict) or not isinstance(answer.get("proof"), list):
            raise MalformedAnswer("an answer is not a proof")
        if answer.get("at") != block.hash:
            raise CaughtStale("the node proves another block's state")
        proof = StateProof(block.state_root, map(from_hex, answer["proof"]))
        found: dict[bytes, Found] = {}
        for key in keys:
            try:
                found[key] = proof.value(key)
            except MalformedAnswer as error:
                found[key] = error
        return found

    async def _told(
        self, block: Header, keys: Sequence[bytes], journal: list[str]
    ) -> dict[bytes, Found]:
        written = {f"0x{key.hex()}": key for key in keys}
        answer = await self.provider.one(
            "state_queryStorageAt", (list(written), block.hash), journal=journal
        )
        if not isinstance(answer, list) or len(answer) != 1 or not isinstance(answer[0], dict):
            raise MalformedAnswer("an answer is not one set of changes")
        changes = answer[0].get("changes")
        if answer[0].get("block") != block.hash:
            raise CaughtStale("the node answers for another block than the one asked for")
        if not isinstance(changes, list):
            raise MalformedAnswer("an answer lacks its changes")
        found: dict[bytes, Found] = {}
        for change in changes:
            match change:
                case [str(name), value] if name in written and written[name] not in found:
                    found[written[name]] = None if value is None else from_hex(value)
                case _:
                    raise MalformedAnswer("an answer names a key twice, or one not asked for")
        missing = MalformedAnswer("the node left out a key", reason=UnresolvedReason.MISSING_ANSWER)
        return dict.fromkeys(keys, missing) | found


def _sure(found: Found) -> bytes | None:
    if isinstance(found, ProviderError):
        raise found
    return found


def _hash(value: object) -> str:
    return f"0x{from_hex(value, HASH_SIZE).hex()}"


def _asset(contract: str) -> int:
    number = storage.asset_number(contract)
    if number is None:
        raise RegistryError(f"{contract!r} is not the number of an asset")
    return number
