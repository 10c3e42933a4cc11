"""Balances and withdrawal credentials of validators, from beacon nodes.

What must hold of every reading that is `Observed`:

1. The node serves the network's beacon chain: its genesis time, if it tells one, is that of
   networks.toml.
2. The beacon block of the snapshot's slot carries the execution block with the pinned hash; the
   validators are asked of exactly the state of that block: by its root, or, of nodes that know old
   states by their slot only, by that slot, whose state has that root if the node tells it.
3. The node has executed that block, and names each validator at most once.

The state after the block is the right one: what the block withdraws to the execution layer is
debited there, so nothing counts twice. A validator's balance includes pending partial withdrawals;
deposits that still wait in the queue are in no balance. Both are told in the reading's note. A
validator that secures an EigenPod is a validator like any other: its balance is counted once, here,
and never as shares of the pod.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chains.adapter import Assurance, Method, Observed, Reach, Unresolved
from chains.errors import (
    Incapable,
    ProviderError,
    RegistryError,
    UnresolvedReason,
    WrongState,
)
from chains.evm.beacon_answers import (
    KEY_SIZE,
    WEI_PER_GWEI,
    BeaconBlock,
    Validator,
    genesis_time,
    parse_block,
    parse_root,
    parse_validators,
    pending_by_index,
    pending_by_key,
)
from chains.evm.hexadecimal import written
from chains.transport.endpoint import Surroundings
from chains.transport.labels import labels
from chains.transport.rest import RestEndpoint
from chains.transport.settings import TransportSettings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from chains.adapter import BalanceReader, HoldingForm, Reading, SnapshotPoint
    from chains.registry import Network
    from chains.transport.health import EndpointHealth

METHODS = (
    Method(
        Reach.EXACT,
        Assurance.NODE,
        "a beacon node that keeps the state of the slot",
        "Validators in the state of the beacon block that carries the execution block, withdrawals "
        "of that block debited; deposits still in the queue are told apart.",
    ),
)

KEYS_PER_REQUEST = 1_000

_DEFAULTS = TransportSettings()
_SURROUNDINGS = Surroundings()
_STATES = "/eth/v1/beacon/states"
_ABSENT = frozenset({400, 404, 405, 415, 501})


def reader(
    network: Network,
    endpoints: Sequence[str],
    *,
    settings: TransportSettings = _DEFAULTS,
    surroundings: Surroundings = _SURROUNDINGS,
) -> BalanceReader:
    """Return a reader of the validators of `network` over beacon API `endpoints`.

    Raises RegistryError when networks.toml lacks ``genesis_time`` or ``slot_seconds``, and
    ValueError for an endpoint that is no http(s) URL.
    """
    return BeaconReader(network, endpoints, settings=settings, surroundings=surroundings)


@dataclass(frozen=True, slots=True)
class _Answered:
    """Everything one node says of some validators at one block."""

    source: str
    validators: dict[bytes, Validator]
    deposits: dict[bytes, int] | None
    """Gwei waiting by key; None where the node does not tell (before Electra)."""
    withdrawals: dict[int, int] | None


class BeaconReader:
    """A `chains.adapter.BalanceReader` and `StakeReader`; made by `reader`.

    Accounts are the 48-byte public keys of validators. The snapshot point is that of the execution
    network, which is pinned there.
    """

    def __init__(
        self,
        network: Network,
        endpoints: Sequence[str],
        *,
        settings: TransportSettings,
        surroundings: Surroundings,
    ) -> None:
        """Prepare one client per distinct URL."""
        genesis = network.options.get("genesis_time")
        seconds = network.options.get("slot_seconds")
        if not isinstance(genesis, int) or not isinstance(seconds, int):
            raise RegistryError(f"{network.name} has no genesis_time or slot_seconds")
        self._network = network
        self._genesis, self._slot_seconds = genesis, seconds
        distinct = tuple(dict.fromkeys(endpoints))
        self._nodes = tuple(
            _BeaconNode(url, name, settings, surroundings)
            for url, name in zip(distinct, labels(distinct), strict=True)
        )
        self._known: dict[str, dict[bytes, tuple[str, Validator]]] = {}

    async def __aenter__(self) -> Self:
        """Open the sessions."""
        for node in self._nodes:
            await node.open()
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Close the sessions."""
        for node in self._nodes:
            await node.close()

    def health(self) -> list[EndpointHealth]:
        """Return the health of every node, in the order of the configuration."""
        return [node.health() for node in self._nodes]

    async def pin(self, height: int) -> Unresolved:  # noqa: ARG002 (the contract names it)
        """Return Unresolved: slots are found from pinned execution blocks, not from heights."""
        return Unresolved(
            UnresolvedReason.NO_METHOD, f"{self._network.title} is read at execution blocks only"
        )

    async def check_form(
        self,
        form: HoldingForm,
        point: SnapshotPoint,
    ) -> None:
        """Return None: the stake is the native coin, of which there is nothing to check."""

    async def balances(
        self,
        form: HoldingForm,  # noqa: ARG002 (the contract names it)
        point: SnapshotPoint,
        addresses: Sequence[bytes],
    ) -> AsyncGenerator[Sequence[tuple[bytes, Reading]], None]:
        """Yield one batch per thousand validators; together every one exactly once.

        Raises ValueError when an address is no public key or occurs twice.
        """
        if any(len(key) != KEY_SIZE for key in addresses):
            raise ValueError("a validator's public key has 48 bytes")
        if len(set(addresses)) != len(addresses):
            raise ValueError("the validators are not distinct")
        for at in range(0, len(addresses), KEYS_PER_REQUEST):
            keys = addresses[at : at + KEYS_PER_REQUEST]
            answered = await self._answer(point, keys)
            if isinstance(answered, Unresolved):
                yield [(key, answered) for key in keys]
            else:
                yield [(key, _reading(key, answered, point)) for key in keys]

    async def credentials(
        self, point: SnapshotPoint, keys: Sequence[bytes]
    ) -> Mapping[bytes, bytes | Unresolved]:
        """Return the withdrawal credentials of every key at `point`, or why they are unknown."""
        found: dict[bytes, bytes | Unresolved] = {}
        known = self._known.setdefault(point.block_hash, {})
        missing = [key for key in dict.fromkeys(keys) if key not in known]
        for at in range(0, len(missing), KEYS_PER_REQUEST):
            some = missing[at : at + KEYS_PER_REQUEST]
            answered = await self._answer(point, some)
            if isinstance(answered, Unresolved):
                found.update(dict.fromkeys(some, answered))
        for key in keys:
            if key in known:
                found[key] = known[key][1].credentials
            elif key not in found:
                found[key] = _unknown(key, None)
        return found

    async def _answer(self, point: SnapshotPoint, keys: Sequence[bytes]) -> _Answered | Unresolved:
        """Return what the first node that can tell says of `keys`."""
        if not self._nodes:
            return Unresolved(
                UnresolvedReason.NO_ENDPOINT, f"no endpoint is configured for {self._network.name}"
            )
        errors: list[ProviderError] = []
        for node in self._nodes:
            try:
                block = await self._block(node, point)
                answered = await node.answered(block, keys)
            except ProviderError as error:
                error.source = error.source or node.label
                errors.append(error)
                continue
            known = self._known.setdefault(point.block_hash, {})
            known |= {key: (node.label, found) for key, found in answered.validators.items()}
            return answered
        last = errors[-1]
        return Unresolved(
            last.reason,
            f"{last.source}: {last}",
            tuple(f"{error.source}: {error}" for error in errors),
        )

    async def _block(self, node: _BeaconNode, point: SnapshotPoint) -> BeaconBlock:
        """Return the beacon block that carries the pinned execution block; rules 1 and 2."""
        known = node.blocks.get(point.block_hash)
        if known is not None:
            return known
        genesis = await node.genesis()
        if genesis is not None and genesis != self._genesis:
            raise WrongState(
                f"the beacon chain began at {genesis}, not at {self._genesis}",
                reason=UnresolvedReason.WRONG_CHAIN,
            )
        if point.block_time is None:
            raise Incapable("the block has no time", reason=UnresolvedReason.NO_BLOCK)
        since = int(point.block_time.timestamp()) - self._genesis
        slot, rest = divmod(since, self._slot_seconds)
        if rest or slot < 0:
            raise Incapable("the block's time is that of no slot", reason=UnresolvedReason.NO_BLOCK)
        block = await node.block(slot)
        if block.slot != slot or written(block.execution_hash) != point.block_hash:
            raise WrongState(
                f"slot {slot} carries the block {written(block.execution_hash)}, "
                f"not {point.block_hash}"
            )
        node.blocks[point.block_hash] = block
        return block


class _BeaconNode(RestEndpoint):
    """One beacon API endpoint."""

    def __init__(
        self, url: str, label: str, settings: TransportSettings, surroundings: Surroundings
    ) -> None:
        super().__init__(url, label, settings, surroundings)
        self.blocks: dict[str, BeaconBlock] = {}
        self._by_slot: set[int] = set()
        """Slots whose states are not found by their root."""
        self._journal: list[str] = []

    async def genesis(self) -> int | None:
        """Return the time at which the chain began; None where it is not told."""
        try:
            return genesis_time(await self.get("/eth/v1/beacon/genesis"))
        except Incapable as error:
            if error.reason is not UnresolvedReason.NO_STATE:
                raise
            return None

    async def block(self, slot: int) -> BeaconBlock:
        try:
            answer = await self.get(f"/eth/v1/beacon/blinded_blocks/{slot}")
        except Incapable:
            # Not every node serves the short form.
            answer = await self.get(f"/eth/v2/beacon/blocks/{slot}")
        return parse_block(answer)

    async def answered(self, block: BeaconBlock, keys: Sequence[bytes]) -> _Answered:
        """Return what the state after `block` says of `keys`. Raises ProviderError."""
        if block.slot not in self._by_slot:
            try:
                return await self._told(written(block.state_root), keys)
            except Incapable:
                await self._require_root(block)
        told = await self._told(str(block.slot), keys)
        self._by_slot.add(block.slot)
        return told

    async def _require_root(self, block: BeaconBlock) -> None:
        """Raise WrongState when the state of the block's slot has another root than the block."""
        try:
            root = parse_root(await self.get(f"{_STATES}/{block.slot}/root"))
        except Incapable:
            return  # it was this node, too, that gave this block for the slot
        if root != block.state_root:
            raise WrongState(f"the state of slot {block.slot} is not that of its block")

    async def _told(self, name: str, keys: Sequence[bytes]) -> _Answered:
        state = f"{_STATES}/{name}"
        body = {"ids": [written(key) for key in keys]}
        validators = parse_validators(await self.get(f"{state}/validators", body), keys)
        deposits: dict[bytes, int] | None = None
        withdrawals: dict[int, int] | None = None
        try:
            deposits = pending_by_key(await self.get(f"{state}/pending_deposits"))
            withdrawals = pending_by_index(await self.get(f"{state}/pending_partial_withdrawals"))
        except Incapable:
            pass  # before Electra there are no such queues; the note says that they are unknown
        return _Answered(self.label, validators, deposits, withdrawals)

    async def get(self, path: str, body: object = None) -> object:
        """Return the JSON of an answer to a GET, or to a POST of `body` if there is one."""
        answer = await self.ask(path, journal=self._journal, body=body, statuses=_ABSENT)
        if answer.status in _ABSENT:
            what = path.rsplit("/", 1)[-1]
            raise Incapable(
                f"{what}: HTTP status {answer.status}", reason=UnresolvedReason.NO_STATE
            )
        return answer.value


def _reading(key: bytes, answered: _Answered, point: SnapshotPoint) -> Reading:
    found = answered.validators.get(key)
    waiting = None if answered.deposits is None else answered.deposits.get(key, 0)
    if found is None:
        return _unknown(key, waiting)
    return Observed(
        found.balance * WEI_PER_GWEI,
        point,
        Assurance.NODE,
        (answered.source,),
        note=_note(found, waiting, answered.withdrawals),
    )


def _unknown(key: bytes, waiting: int | None) -> Unresolved:
    """Return the reading of a key that the state does not know: no evidence of a zero."""
    queue = f"; {waiting} gwei wait for it in the deposit queue" if waiting else ""
    return Unresolved(
        UnresolvedReason.MISSING_ANSWER,
        f"The beacon state knows no validator {written(key)[:18]}…{queue}.",
    )


def _note(found: Validator, waiting: int | None, withdrawals: Mapping[int, int] | None) -> str:
    """Return what stands beside a validator's balance, in one line."""
    parts = [f"Validator {found.number}, {found.status}."]
    if waiting is None or withdrawals is None:
        parts.append("Pending deposits and partial withdrawals are not known.")
        return " ".join(parts)
    if waiting:
        parts.append(f"Not in the balance: {waiting} gwei in the deposit queue.")
    if leaving := withdrawals.get(found.number, 0):
        parts.append(f"In the balance: {leaving} gwei that wait to be withdrawn.")
    return " ".join(parts)
