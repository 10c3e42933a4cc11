"""A canary: an account whose balance at the snapshot block is not its balance of today.

Where the state cannot name its block (no EIP-2935), an endpoint might answer from another state
under the right header. Four things are held against that:

1. Senders of transactions. In the state after block n, the nonce of who sent a transaction in n is
   above that transaction's, and the nonce of who sends in n + 1 is not above that one's. A state
   that breaks this is older or later: WrongState. Only ordinary transactions count (types 0 to 4);
   layer 2 systems number their own in other ways. EIP-7702 lets nonces rise faster, hence the
   inequalities.
2. The times of the beacon roots contract, where the network has it (`beacon_roots`).
3. Where neither shows both that the state is not older and that it is not later: state proofs of
   the accounts of 4 against the header's state root (`state_root`). What they show must be what was
   read.
4. The canary. Of those senders, the block's proposer and some of the accounts that are asked about,
   one that holds something and holds another amount today. Its balance, read together with the
   nonces, must come back with every further chunk. Where none has moved since, one that has not
   goes along: a chunk from a state in which it held another amount is caught still.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chains.errors import ChainsError, Incapable, MalformedAnswer, TooLarge, WrongState
from chains.evm.beacon_roots import names_beacon_root, require_times, time_requests
from chains.evm.hexadecimal import data, quantity, written
from chains.evm.identification import Canary, require_canary
from chains.evm.programs import ADDRESS_LENGTH
from chains.evm.state_root import proven_balances
from chains.transport.json_rpc import RpcRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.evm.blocks import Block
    from chains.evm.node import Node

SENDERS = 8
"""Senders of each of the two blocks that are looked at."""
HINTS = 16
"""Accounts of the question that are looked at."""

_ORDINARY = range(5)
_NOBODY = bytes(ADDRESS_LENGTH)
"""The sender of calls: some nodes give it wei to call with, so it is no canary."""


class Search(NamedTuple):
    """What a search has found."""

    canary: Canary | None
    """None when no account tried holds anything."""
    is_shown: bool
    """Whether anything has shown that the state is the block's."""


async def find(
    node: Node, block: Block, reference: object, hints: Sequence[bytes], journal: list[str]
) -> Search:
    """Return a canary of `block` as `node` sees it, and whether its state was shown to be right.

    Raises WrongState when the state is shown to be another one, and ProviderError.
    """
    own = await _described(node, ("eth_getBlockByHash", (written(block.hash), True)), journal)
    after = await _described(node, ("eth_getBlockByNumber", (hex(block.height + 1), True)), journal)
    sent, sending = _nonces(own), _nonces(after)
    past = {sender: max(nonces) for sender, nonces in list(sent.items())[:SENDERS]}
    coming = {sender: min(nonces) for sender, nonces in list(sending.items())[:SENDERS]}
    senders = list({**coming, **past})
    accounts = list(dict.fromkeys([*senders, *_proposer(own), *hints[:HINTS]]))
    times = [block.time, *_time(after)]
    ring = time_requests(times, reference)
    counts = [RpcRequest("eth_getTransactionCount", (written(s), reference)) for s in senders]
    held = [RpcRequest("eth_getBalance", (written(a), reference)) for a in accounts]
    values = await node.plain([*ring, *counts, *held], journal)
    answers = _numbers(values[len(ring) :])
    for sender, count in zip(senders, answers, strict=False):
        if sender in past and count <= past[sender]:
            raise WrongState(f"the state is older than the block: {written(sender)} has sent less")
        if sender in coming and count > coming[sender]:
            raise WrongState(f"the state is later than the block: {written(sender)} has sent more")
    bounds = require_times(values[: len(ring)], times, is_due=names_beacon_root(own))
    read = dict(zip(accounts, answers[len(senders) :], strict=True))
    is_shown = (bool(past) or bounds.not_older) and (bool(coming) or bounds.not_later)
    if not is_shown:
        proven = await proven_balances(node, block, reference, own, accounts, journal=journal)
        for account, wei in proven.items():
            require_canary(read[account], Canary(account, wei))
        is_shown = bool(proven)
    now = [RpcRequest("eth_getBalance", (written(account), "latest")) for account in accounts]
    today = _numbers(await node.plain(now, journal) if now else [])
    still: Canary | None = None
    for (account, then), wei in zip(read.items(), today, strict=True):
        if then == 0 or account == _NOBODY:
            continue
        if then != wei:
            return Search(Canary(account, then), is_shown)
        still = still or Canary(account, then, moved=False)
    return Search(still, is_shown)


async def _described(
    node: Node, request: tuple[str, Sequence[object]], journal: list[str]
) -> dict[str, object]:
    """Return a block with its transactions; an empty one when the node does not give it."""
    try:
        answer = await node.endpoint.one(*request, journal=journal)
    except (Incapable, MalformedAnswer, TooLarge):
        return {}
    return answer if isinstance(answer, dict) else {}


def _nonces(described: dict[str, object]) -> dict[bytes, list[int]]:
    """Return the nonces of the ordinary transactions of a block, by sender."""
    found: dict[bytes, list[int]] = {}
    transactions = described.get("transactions")
    for one in transactions if isinstance(transactions, list) else ():
        try:
            if quantity(one.get("type", "0x0")) in _ORDINARY:
                sender = data(one.get("from"), ADDRESS_LENGTH)
                found.setdefault(sender, []).append(quantity(one.get("nonce")))
        except (MalformedAnswer, AttributeError):
            continue  # not a transaction that could show anything
    return found


def _proposer(described: dict[str, object]) -> list[bytes]:
    try:
        return [data(described.get("miner"), ADDRESS_LENGTH)]
    except MalformedAnswer:
        return []


def _time(described: dict[str, object]) -> list[int]:
    try:
        return [quantity(described.get("timestamp"))]
    except MalformedAnswer:
        return []


def _numbers(answers: Sequence[object]) -> list[int]:
    for answer in answers:
        if isinstance(answer, ChainsError):
            raise answer
    return [quantity(answer) for answer in answers]
