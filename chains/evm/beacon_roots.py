"""EIP-4788: the ring in which the state keeps the times of its ledger's blocks. Pure.

When a block of time t begins, slot t % 8191 of the beacon roots contract is set to t. So in the
state after a block:

1. The slot of the block's time holds that time. In an older state it holds an earlier one, or 0.
2. The slot of the next block's time does not hold that time yet. In a later state it does.

Where the contract is absent or nobody calls it (some networks took the header field of Cancun
without a beacon chain; anvil writes neither), the slots hold 0, which shows nothing and contradicts
nothing. An earlier time contradicts only where the block names a beacon root: there it was due to
be written. Blocks of the same second are not told apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chains.errors import ChainsError, Incapable, MalformedAnswer, UnresolvedReason, WrongState
from chains.evm.hexadecimal import quantity, written
from chains.transport.json_rpc import RpcRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BEACON_ROOTS_CONTRACT = bytes.fromhex("000f3df6d732807ef1319fb7b8bb8522d0beac02")
BEACON_ROOTS_WINDOW = 8191


class Bounds(NamedTuple):
    """Of which other states it is shown that this is not one of them."""

    not_older: bool
    not_later: bool


def time_requests(times: Sequence[int], reference: object) -> list[RpcRequest]:
    """Return the requests for the slots of `times`, in order."""
    return [
        RpcRequest(
            "eth_getStorageAt",
            (written(BEACON_ROOTS_CONTRACT), f"0x{time % BEACON_ROOTS_WINDOW:064x}", reference),
        )
        for time in times
    ]


def names_beacon_root(described: Mapping[str, object]) -> bool:
    """Return whether a block that a node describes names a beacon root other than 0."""
    try:
        return quantity(described.get("parentBeaconBlockRoot")) != 0
    except MalformedAnswer:
        return False


def require_times(answers: Sequence[object], times: Sequence[int], *, is_due: bool) -> Bounds:
    """Return what the slots show; `is_due`: the block's own time was to be written.

    `times` are the block's and, if it is known, the next block's; `answers` belong to
    `time_requests`. Raises WrongState for a contradiction, the first answer that is an error
    (a node without eth_getStorageAt shows nothing), and MalformedAnswer.
    """
    words: list[int] = []
    for answer in answers:
        if isinstance(answer, Incapable) and answer.reason is UnresolvedReason.NO_METHOD:
            return Bounds(not_older=False, not_later=False)
        if isinstance(answer, ChainsError):
            raise answer
        words.append(quantity(answer))
    own, *following = times
    kept, *coming = (
        # What does not belong into its slot is no time: another contract is there.
        word if word % BEACON_ROOTS_WINDOW == time % BEACON_ROOTS_WINDOW else 0
        for word, time in zip(words, times, strict=True)
    )
    if kept > own:
        raise WrongState(f"the state is that of a later block: it keeps the time {kept}")
    if 0 < kept < own and is_due:
        raise WrongState(f"the state is older than the block: it keeps {kept} for its time, {own}")
    for time, word in zip(following, coming, strict=True):
        if time > own and word >= time:
            raise WrongState(f"the state is that of a later block: it keeps the time {word}")
    is_kept = kept == own
    return Bounds(is_kept, is_kept and any(time > own for time in following))
