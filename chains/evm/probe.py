"""What one endpoint of an EVM network can do: for `assay networks check`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chains.errors import ChainsError, Incapable
from chains.evm.blocks import Block, Reference, block_reference, parse_block
from chains.evm.hexadecimal import quantity, written
from chains.evm.identification import state_rules
from chains.evm.methods import Method
from chains.evm.node import Node
from chains.evm.programs import ADDRESS_LENGTH
from chains.evm.refusals import GasCapped, classify, is_refusal
from chains.evm.settings import EvmSettings
from chains.probed import UNKNOWN, Ability, Probed
from chains.transport.endpoint import Surroundings
from chains.transport.json_rpc import RpcRequest
from chains.transport.pool import EndpointPool
from chains.transport.together import together

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from chains.registry import Network

DEPTHS = (1_000, 100_000, 1_000_000, 10_000_000)
"""Blocks behind the latest at which a state is asked for, besides block 1."""

_NOBODY = written(bytes(ADDRESS_LENGTH))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointReport:
    """What an endpoint showed. Heights are None where it gave none."""

    label: str
    network: str
    right_chain: Probed
    """NO: it is on another chain. UNKNOWN: it could not be reached or made no sense."""
    chain_id: int | None = None
    latest: int | None = None
    finalized: int | None = None
    oldest_state: int | None = None
    """The lowest height, of those tried, at which it could tell a balance."""
    block_hash_reference: Probed = UNKNOWN
    state_override: Probed = UNKNOWN
    """Whether the packed programs run and identify their state."""
    deployless: Probed = UNKNOWN
    """The same as init code of a contract creation."""
    storage_values: Probed = UNKNOWN
    """eth_getStorageValues."""
    multicall: Probed = UNKNOWN
    """Whether the Multicall3 of networks.toml answers."""
    state_word: Probed = UNKNOWN
    """Whether state keeps the parent's hash (EIP-2935), or ArbSys answers."""
    batch: Probed = UNKNOWN
    proofs: Probed = UNKNOWN
    """eth_getProof at the latest block."""


async def probe(
    network: Network,
    endpoints: Sequence[str],
    *,
    settings: EvmSettings | None = None,
    surroundings: Surroundings | None = None,
) -> tuple[EndpointReport, ...]:
    """Return one report for each distinct endpoint, in order. Never raises a ProviderError.

    Raises RegistryError and ValueError like `balances.reader`.
    """
    settings = settings or EvmSettings()
    rules = state_rules(network)
    pool = EndpointPool(endpoints, settings.transport, classify, surroundings or Surroundings())
    await pool.open()
    try:
        nodes = [Node(endpoint, rules, settings) for endpoint in pool.endpoints]
        return tuple(await together(*(_probe(network, node) for node in nodes)))
    finally:
        await pool.close()


async def _probe(network: Network, node: Node) -> EndpointReport:
    journal: list[str] = []
    label = node.label
    try:
        chain_id = quantity(await node.endpoint.one("eth_chainId", journal=journal))
    except ChainsError as error:
        told = Probed(Ability.UNKNOWN, str(error))
        return EndpointReport(label=label, network=network.name, right_chain=told)
    if chain_id != node.rules.chain_id:
        told = Probed(Ability.NO, f"chain id {chain_id} instead of {node.rules.chain_id}")
        return EndpointReport(
            label=label, network=network.name, right_chain=told, chain_id=chain_id
        )
    latest = await _tagged(node, "latest", journal)
    if latest is None:
        why = Probed(Ability.YES, "but it gives no latest block")
        return EndpointReport(label=label, network=network.name, right_chain=why, chain_id=chain_id)
    finalized = await _tagged(node, "finalized", journal)
    by_hash = await _ability(_balance(node, latest, Reference.HASH, journal))
    reference = Reference.HASH if by_hash.ability is Ability.YES else Reference.NUMBER
    packed = await _programmed(node, Method.OVERRIDE, latest, journal)
    deployless = await _programmed(node, Method.DEPLOYLESS, latest, journal)
    slots = {_NOBODY: [f"0x{0:064x}"]}
    stored = node.endpoint.one(
        "eth_getStorageValues", (slots, block_reference(latest, reference)), journal=journal
    )
    batch, word = await _batch(node, latest, journal)
    heedless = await _heedless(node, latest, journal)
    proof = node.endpoint.one(
        "eth_getProof", (_NOBODY, [], block_reference(latest, reference)), journal=journal
    )
    return EndpointReport(
        label=label,
        network=network.name,
        right_chain=Probed(Ability.YES, heedless),
        chain_id=chain_id,
        latest=latest.height,
        finalized=None if finalized is None else finalized.height,
        oldest_state=None if heedless else await _oldest_state(node, latest, journal),
        block_hash_reference=by_hash,
        state_override=packed,
        deployless=deployless,
        storage_values=await _ability(stored),
        multicall=await _multicall(node, latest, journal),
        state_word=word,
        batch=batch,
        proofs=await _ability(proof),
    )


async def _tagged(node: Node, tag: str, journal: list[str]) -> Block | None:
    """Return the block of a tag; None when the endpoint gives none."""
    try:
        answer = await node.endpoint.one("eth_getBlockByNumber", (tag, False), journal=journal)
        return parse_block(answer)
    except ChainsError:
        return None


async def _balance(node: Node, block: Block, reference: Reference, journal: list[str]) -> int:
    argument = block_reference(block, reference)
    answer = await node.endpoint.one("eth_getBalance", (_NOBODY, argument), journal=journal)
    return quantity(answer)


async def _heedless(node: Node, latest: Block, journal: list[str]) -> str:
    """Return that the endpoint tells balances at a block that is not there yet, or nothing.

    Then it heeds no block at all, and whatever it tells of older states is none of them.
    """
    try:
        answer = await node.endpoint.one(
            "eth_getBalance", (_NOBODY, hex(latest.height + DEPTHS[-1])), journal=journal
        )
        quantity(answer)
    except ChainsError:
        return ""
    return "but it tells balances at blocks that are not there yet: it heeds no block"


async def _oldest_state(node: Node, latest: Block, journal: list[str]) -> int | None:
    """Return the lowest of the heights tried that has a state, going down until one has not."""
    oldest = None
    heights = [latest.height - depth for depth in DEPTHS if depth < latest.height]
    for height in [latest.height, *heights, 1]:
        try:
            answer = await node.endpoint.one(
                "eth_getBalance", (_NOBODY, hex(height)), journal=journal
            )
            quantity(answer)
        except ChainsError:
            break
        oldest = height
    return oldest


async def _programmed(node: Node, way: Method, latest: Block, journal: list[str]) -> Probed:
    if not node.rules.packed:
        return Probed(Ability.NO, "another virtual machine: packed programs do not run here")
    told = Probed(Ability.UNKNOWN)
    for reference in Reference:
        node.abilities = replace(node.abilities, reference=reference)
        told = await _ability(_read(node, way, latest, journal))
        if told.ability is Ability.YES:
            break
    return told


async def _multicall(node: Node, latest: Block, journal: list[str]) -> Probed:
    if node.rules.multicall is None:
        return Probed(Ability.NO, "networks.toml names none for this network")
    return await _ability(_read(node, Method.MULTICALL, latest, journal))


async def _read(node: Node, way: Method, latest: Block, journal: list[str]) -> None:
    """Read one balance in a packed way, as `bulk` would. Raises ChainsError."""
    try:
        await node.read(way, latest, None, [bytes(ADDRESS_LENGTH)], journal)
    except GasCapped:
        if not node.cap_gas():
            raise
        await node.read(way, latest, None, [bytes(ADDRESS_LENGTH)], journal)


async def _batch(node: Node, latest: Block, journal: list[str]) -> tuple[Probed, Probed]:
    request = RpcRequest("eth_getBalance", (_NOBODY,))
    told = await _ability(node.ask(latest, [request], journal))
    if told.ability is Ability.YES and not node.abilities.batch:
        told = Probed(Ability.NO, "batches are refused")
    if node.state_speaks is None:
        word = Probed(Ability.UNKNOWN)
    else:
        word = Probed(Ability.YES if node.state_speaks else Ability.NO)
    return told, word


async def _ability(attempt: Awaitable[object]) -> Probed:
    """Return whether `attempt` ends well; a refusal is a NO, other failures say nothing."""
    try:
        await attempt
    except ChainsError as error:
        refused = is_refusal(error) or isinstance(error, Incapable)
        return Probed(Ability.NO if refused else Ability.UNKNOWN, str(error))
    return Probed(Ability.YES)
