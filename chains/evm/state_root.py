"""What a node proves of some accounts against the header's state root, when nothing else speaks.

A node that executes over another state gives whole proofs of that state: they lead to another root
than the header's. So does nothing that an honest node can give, save where the state is no
Merkle-Patricia trie: those proofs are not read at all, and show nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.errors import ChainsError, Incapable, MalformedAnswer, TimedOut, TooLarge, WrongState
from chains.evm.headers import header_of
from chains.evm.hexadecimal import written
from chains.evm.proof_answer import parse_proof
from chains.evm.proof_nodes import proof_request
from chains.evm.proofs import EMPTY_ROOT, TrieMemo, account_at
from chains.signatures import keccak256
from chains.transport.json_rpc import RpcRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chains.evm.blocks import Block
    from chains.evm.node import Node


async def proven_balances(
    node: Node,
    block: Block,
    reference: object,
    described: Mapping[str, object],
    accounts: Sequence[bytes],
    *,
    journal: list[str],
) -> dict[bytes, int]:
    """Return account -> wei as proven against the state root of `described`, which is `block`.

    Empty where the header has no known layout or the node gives no proofs; the first account is
    asked about alone to see that. Raises WrongState when the node proves another state, and
    ProviderError.
    """
    try:
        root = header_of(described, block.hash).state_root
    except (Incapable, MalformedAnswer):
        return {}
    if root == EMPTY_ROOT:  # what anvil writes for a genesis that does hold accounts
        return {}
    memo, proven = TrieMemo(), dict[bytes, int]()
    for piece in (accounts[:1], accounts[1:]):
        requests = [
            RpcRequest(asked.method, (*asked.params, reference))
            for asked in (proof_request(account, ()) for account in piece)
        ]
        try:
            answers = await node.plain(requests, journal) if requests else []
        except (Incapable, MalformedAnswer, TimedOut, TooLarge):
            return proven
        for account, answer in zip(piece, answers, strict=True):
            wei = _proven(root, account, answer, memo)
            if wei is None:
                return proven
            proven[account] = wei
    return proven


def _proven(root: bytes, account: bytes, answer: object, memo: TrieMemo) -> int | None:
    """Return the wei that `answer` proves, None when it proves nothing. Raises WrongState."""
    try:
        nodes = parse_proof(answer, ()).account
    except MalformedAnswer:
        return None
    try:
        return account_at(root, account, nodes, memo).balance
    except ChainsError:
        if not nodes or not _is_whole(account, nodes):
            return None
    raise WrongState(
        "the state is not that of the block: the proof of "
        f"{written(account)} leads to another state root than the header's"
    )


def _is_whole(account: bytes, nodes: Sequence[bytes]) -> bool:
    """Return whether `nodes` are a proof of `account` in the state that the first of them names."""
    top = keccak256(nodes[0])
    try:
        account_at(top, account, nodes, TrieMemo())
    except ChainsError:
        return False
    return True
