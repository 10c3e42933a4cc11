"""Does an answer come from the state that was asked for? Pure.

Nodes without archive answer at the latest block, and nodes that are behind execute over an older
state under the right header, both without an error. So every answer must identify its state:

1. The chain id is the network's.
2. The block's number and time are those of the pinned block. On Arbitrum the number is ArbSys's.
3. The hash of the block before is the pinned block's parent: by BLOCKHASH, or by state (4).
4. The word that EIP-2935 keeps in state is the parent's hash: the state is not an older one. Where
   the contract is absent the word is 0: that is allowed, and noted.
5. The slot of that ring where the block's own hash belongs does not hold it yet: the state is not
   a later one.
6. Where the ring is absent and a canary is known (`canary`), its balance is the canary's at this
   block, which is not its balance of today where such an account was found.

A contradiction is WrongState. Where a packed program can show neither 3 nor 4, it cannot identify
the state: Incapable, and the node is asked by batches, which carry the checks of this module too.

Options of networks.toml that are read here: ``number_opcode = "l1"`` (NUMBER and BLOCKHASH speak of
another ledger; ArbSys is asked instead), ``packed_programs = false`` (another virtual machine),
``multicall3`` and ``multicall3_block`` (where that contract is, and since which block).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chains.errors import (
    CallReverted,
    ChainsError,
    Incapable,
    RegistryError,
    UnresolvedReason,
    WrongState,
)
from chains.evm.blocks import Block, parse_block, require_same
from chains.evm.hexadecimal import data, quantity, written
from chains.evm.programs import ADDRESS_LENGTH, HISTORY_CONTRACT, HISTORY_WINDOW, HeaderWords
from chains.transport.json_rpc import RpcRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network

_ARBSYS = f"0x{0x64:040x}"
_ARB_BLOCK_NUMBER = "0xa3b1b31d"
_WORD = 32
_NO_WORD = bytes(_WORD)


@dataclass(frozen=True, slots=True)
class StateRules:
    """What identifies a state on one network."""

    chain_id: int
    arbsys: bool
    packed: bool
    multicall: bytes | None = None
    """Address of Multicall3, if the network has it."""
    multicall_block: int = 0
    """The first block at which it can be called."""


@dataclass(frozen=True, slots=True)
class Canary:
    """An account whose balance at the block is known, and best is another one today."""

    account: bytes
    wei: int
    """At the block."""
    moved: bool = True
    """Whether it holds another amount today. If not, only other states than today's are caught."""


def state_rules(network: Network) -> StateRules:
    """Return the rules of `network`; raises RegistryError when networks.toml lacks them."""
    if network.chain_id is None:
        raise RegistryError(f"{network.name} has no chain_id in networks.toml")
    number_opcode = network.options.get("number_opcode", "l2")
    packed = network.options.get("packed_programs", True)
    if number_opcode not in {"l1", "l2"} or not isinstance(packed, bool):
        raise RegistryError(f"{network.name} has options in networks.toml that are not known")
    multicall = network.options.get("multicall3")
    since = network.options.get("multicall3_block", 0)
    if not isinstance(since, int) or isinstance(since, bool):
        raise RegistryError(f"{network.name} has a multicall3_block that is no height")
    return StateRules(
        network.chain_id,
        arbsys=number_opcode == "l1",
        packed=packed,
        multicall=None if multicall is None else data(multicall, ADDRESS_LENGTH),
        multicall_block=since,
    )


def require_chain(answered: int, rules: StateRules) -> None:
    """Raise WrongState (`wrong-chain`) unless the chain id is the network's; rule 1."""
    if answered != rules.chain_id:
        raise WrongState(
            f"chain id {answered} was answered where {rules.chain_id} is due",
            reason=UnresolvedReason.WRONG_CHAIN,
        )


def require_words(
    words: HeaderWords, block: Block, rules: StateRules, canary: Canary | None = None
) -> bool:
    """Return whether the state holds the word of rule 4, after all rules have held.

    Raises WrongState for a contradiction, Incapable when the state stays unidentified.
    """
    require_chain(words.chain_id, rules)
    has_number = not rules.arbsys or words.number != 0
    if has_number and words.number != block.height:
        raise WrongState(f"the state is of block {words.number}, not of {block.height}")
    if words.time != block.time:
        raise WrongState(f"the state is of time {words.time}, not of {block.time}")
    if canary is not None:
        require_canary(words.canary, canary)
    by_header = words.parent_hash == block.parent_hash
    by_state = words.state_parent_hash == block.parent_hash
    # On a stand-in for Arbitrum without ArbSys, the number is not known to be this ledger's.
    if has_number and not by_state and words.state_parent_hash != _NO_WORD:
        raise _stale(words.state_parent_hash)
    if has_number and words.state_next_slot == block.hash:
        raise _later()
    if not by_header and not (rules.arbsys and by_state):
        raise Incapable(
            "the packed program cannot identify the state: BLOCKHASH is not the parent's hash",
            reason=UnresolvedReason.NO_METHOD,
        )
    return by_state


def require_canary(wei: int, canary: Canary) -> None:
    """Raise WrongState unless `wei` is what the canary held at the block; rule 6."""
    if wei != canary.wei:
        raise WrongState(
            f"the state is not that of the block: {written(canary.account)} holds {wei} wei in it "
            f"instead of {canary.wei}"
        )


def identity_requests(
    block: Block, rules: StateRules, reference: object, canary: Canary | None = None
) -> list[RpcRequest]:
    """Return the requests that go with every batch and identify its state."""
    if rules.arbsys:
        call = {"to": _ARBSYS, "data": _ARB_BLOCK_NUMBER}
        state = [RpcRequest("eth_call", (call, reference))]
    else:
        state = [_ring_word(block.height - 1, reference), _ring_word(block.height, reference)]
    if canary is not None:
        state.append(RpcRequest("eth_getBalance", (written(canary.account), reference)))
    return [
        RpcRequest("eth_chainId", ()),
        RpcRequest("eth_getBlockByHash", (written(block.hash), False)),
        *state,
    ]


def _ring_word(height: int, reference: object) -> RpcRequest:
    """Return the request for the slot of the EIP-2935 ring where the hash of `height` belongs."""
    slot = f"0x{height % HISTORY_WINDOW:064x}"
    return RpcRequest("eth_getStorageAt", (written(HISTORY_CONTRACT), slot, reference))


def require_identity(
    answers: Sequence[object], block: Block, rules: StateRules, canary: Canary | None = None
) -> bool:
    """Return whether the state itself spoke (rule 4, or ArbSys), after nothing contradicted.

    `answers` belong to `identity_requests`. Raises the first of them that is an error, WrongState
    for a contradiction, MalformedAnswer for ill-typed answers.
    """
    chain_id, described, *state = answers
    for answer in (chain_id, described):
        if isinstance(answer, ChainsError):
            raise answer
    require_chain(quantity(chain_id), rules)
    require_same(parse_block(described), block)
    if canary is not None:
        *state, wei = state
        if isinstance(wei, ChainsError):
            raise wei
        require_canary(quantity(wei), canary)
    if rules.arbsys:
        return _require_arbsys(state, block)
    return _require_ring(state, block)


def _require_arbsys(answers: Sequence[object], block: Block) -> bool:
    """Return whether ArbSys answered, and with the right number."""
    (state,) = answers
    if isinstance(state, CallReverted) or state == "0x":
        return False
    if isinstance(state, ChainsError):
        raise state
    number = int.from_bytes(data(state, _WORD), "big")
    if number != block.height:
        raise WrongState(f"the state is of block {number}, not of {block.height}")
    return True


def _require_ring(answers: Sequence[object], block: Block) -> bool:
    """Return whether EIP-2935 keeps a word; rules 4 and 5."""
    before, own = answers
    for answer in answers:
        if isinstance(answer, Incapable) and answer.reason is UnresolvedReason.NO_METHOD:
            return False
        if isinstance(answer, ChainsError):
            raise answer
    word = quantity(before).to_bytes(_WORD, "big")
    if word not in {_NO_WORD, block.parent_hash}:
        raise _stale(word)
    if quantity(own).to_bytes(_WORD, "big") == block.hash:
        raise _later()
    return word != _NO_WORD


def _stale(word: bytes) -> WrongState:
    return WrongState(
        f"the state is not that of the block: it keeps {written(word)} as its parent's hash"
    )


def _later() -> WrongState:
    return WrongState("the state is that of a later block: it keeps the hash of the block itself")
