"""The nodes of a network as givers of proofs: who is asked, for what, and who cannot.

A node that gives no proofs at a block may still read balances there, so its refusal is remembered
here and not in the panel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from chains.adapter import Unproven
from chains.errors import ChainsError, Incapable, ProviderError, WrongState
from chains.evm.headers import Header, header_of
from chains.evm.hexadecimal import written
from chains.evm.proof_answer import parse_proof
from chains.evm.proof_file import block_record, node_record
from chains.evm.proofs import TrieMemo, account_at, storage_at
from chains.transport.json_rpc import RpcRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import Keep
    from chains.evm.blocks import Block
    from chains.evm.node import Node
    from chains.evm.panel import Panel

_BALANCE_OF = "0x70a08231"

Item = TypeVar("Item")


class Anchor(NamedTuple):
    """A pinned block and its header, which hashes to it: what proofs are checked against."""

    block: Block
    header: Header


class ProofNodes:
    """Asks the nodes of a panel for proofs and keeps what was checked once."""

    def __init__(self, network: str, panel: Panel) -> None:
        """Ask nothing yet; `panel` must be open by then."""
        self.network = network
        self.memo = TrieMemo()
        self._panel = panel
        self._headers: dict[bytes, Header] = {}
        self._refused: dict[tuple[str, bytes], ProviderError] = {}
        """(node, block hash) -> why this node gives no proofs there."""

    async def anchor(self, block: Block, keep: Keep) -> Anchor | Unproven:
        """Return `block` with its header, from whichever node describes it so that it hashes."""
        known = self._headers.get(block.hash)
        if known is not None:
            keep(block_record(self.network, known))  # for whoever did not keep it the first time
            return Anchor(block, known)
        journal: list[str] = []
        for node in self.usable(block):
            try:
                described = await node.endpoint.one(
                    "eth_getBlockByHash",
                    (written(block.hash), False),
                    journal=journal,
                )
                header = header_of(described, block.hash)
            except ChainsError as error:
                journal.append(f"{node.label}: {error}")
                continue
            self._headers[block.hash] = header
            keep(block_record(self.network, header))
            return Anchor(block, header)
        return self.why(block, journal)

    async def words(
        self,
        node: Node,
        at: Anchor,
        store: bytes,
        slots: Sequence[bytes],
        journal: list[str],
    ) -> list[int]:
        """Return the proven words of a store's slots, in order. Raises ChainsError."""
        (answer,) = await self.ask(node, at.block, [proof_request(store, slots)], journal)
        proof = parse_proof(answer, slots)
        account = account_at(at.header.state_root, store, proof.account, self.memo)
        return [
            storage_at(account.storage_root, slot, proof.storage[slot], self.memo) for slot in slots
        ]

    async def ask(
        self, node: Node, block: Block, requests: Sequence[RpcRequest], journal: list[str]
    ) -> list[object]:
        """Return the results of `requests`, in order. Raises the first of them that is an error."""
        values = await node.ask(block, requests, journal)
        for value in values:
            if isinstance(value, ChainsError):
                raise value
        return values

    def usable(self, block: Block) -> list[Node]:
        """Return the nodes that may be asked for proofs at `block`, the freest first."""
        return [
            node
            for node in self._panel.usable(block)
            if (node.label, block.hash) not in self._refused
        ]

    def note(self, node: Node, error: ChainsError, block: Block) -> None:
        """Remember what keeps a node from giving proofs; it may still read balances."""
        if isinstance(error, WrongState):
            self._panel.note(node, error, block)
        elif isinstance(error, Incapable):
            self._refused[node.label, block.hash] = error

    def why(self, block: Block, journal: Sequence[str]) -> Unproven:
        """Return why no node gave a proof: the last line of the journal, or an earlier refusal."""
        if journal:
            return Unproven(journal[-1])
        refusals = [
            f"{label}: {error}" for (label, at), error in self._refused.items() if at == block.hash
        ]
        return Unproven(refusals[-1] if refusals else "no endpoint is left to give a proof")


def proof_request(account: bytes, slots: Sequence[bytes]) -> RpcRequest:
    """Return the request for the proof of an account and of slots in its storage."""
    return RpcRequest("eth_getProof", (written(account), [written(slot) for slot in slots]))


def access_list_request(contract: bytes, holder: bytes) -> RpcRequest:
    """Return the request for what balanceOf of `holder` reads."""
    call = {"to": written(contract), "data": balance_of(holder)}
    return RpcRequest("eth_createAccessList", (call,))


def balance_of(holder: bytes) -> str:
    """Return the call data of balanceOf(holder)."""
    return _BALANCE_OF + holder.rjust(32, b"\0").hex()


def keep_nodes(keep: Keep, nodes: Sequence[bytes]) -> None:
    """Keep trie nodes; the writer of the file leaves out those it has."""
    for raw in nodes:
        keep(node_record(raw))


def may_be_less(node: Node, asked: Sequence[bytes]) -> bool:
    """Return whether `node` is worth asking for less than `asked`, which was too much for it.

    One that has failed several times in a row is down, not slow.
    """
    return len(asked) > 1 and node.endpoint.out is None


def halves(asked: Sequence[bytes]) -> list[list[bytes]]:
    """Return both halves, the first one last: for a stack."""
    middle = len(asked) // 2
    return [list(asked[middle:]), list(asked[:middle])]


def pieces(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """Return `items` in slices of at most `size`."""
    return [items[at : at + size] for at in range(0, len(items), size)]
