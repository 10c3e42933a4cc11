"""How balances of each family are read, best first, or why they cannot be.

A family says so itself, in `balances.METHODS`; here stand the families that have no balances, each
with what its ledger would ask for. A family is in one place or the other, never in both.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.errors import RegistryError
from chains.registry import family_module

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ELSEWHERE = {"beth": "chains.evm.beacon"}
"""Families whose balances another family's module reads -> that module."""

_NO_CODE = "No reader: "

WITHOUT: Mapping[str, tuple[str, str]] = {
    "aelf": (
        "an archive of every block since the snapshot",
        "a node's GetBalance is a view of the newest state; replay would take all transfers since.",
    ),
    "avalanche-x": (
        "an indexing node (index-enabled) of the X-Chain",
        "avm.getBalance and avm.getUTXOs know the newest state only, and no reader replays it.",
    ),
    "canton": (
        "a validator of the synchronizer that hosts the party",
        "balances are private to the parties of a contract; no public server can state them.",
    ),
    "casper": (
        "a node that keeps the global state of the block",
        (
            "query_balance takes a state root hash, and the main purse is found by account or key; "
            "no reader exists yet."
        ),
    ),
    "conflux": (
        "an archive node of the core space",
        "cfx_getBalance takes an epoch, and no reader of core-space epochs exists yet.",
    ),
    "decred": (
        "a dcrdata server or a node with its address index",
        "the UTXO reader does not know Decred's transactions; its addresses and hashes differ.",
    ),
    "icon": (
        "a node with history that takes a height in icx_getBalance",
        "an answer does not say which state it came from, and no reader that checks it exists yet.",
    ),
    "icp": (
        "the ledger's blocks from its archives, up to the block of the snapshot",
        (
            "the ledger canister certifies its newest block only; balances then are a replay of "
            "all blocks, which no reader does."
        ),
    ),
    "iost": (
        "an archive node",
        "getAccount knows the newest or the last irreversible block, not a height.",
    ),
    "iota": (
        "a GraphQL server or an archive of checkpoints",
        "balances are consistent for recent checkpoints only, and no reader of IOTA exists yet.",
    ),
    "kadena": (
        "a chainweb node with history",
        "an account has a balance on each of the braided chains, and no reader of them exists yet.",
    ),
    "klayr": (
        "an indexing service with history",
        "a node's balances are of the newest state, and no reader replays transfers.",
    ),
    "lisk-legacy": (
        "a node or an index of the old chain",
        "the chain ended with the move to Ethereum, and no reader of what is left of it exists.",
    ),
    "multiversx": (
        "a deep-history observing squad",
        (
            "only deep-history observers answer for an old block, each for one shard, and no "
            "reader of them exists yet."
        ),
    ),
    "nuls": (
        "an index of all transactions",
        "a node's balances are of the newest state, and no reader replays transfers.",
    ),
    "pocket": (
        "an archive node of Pocket",
        "query/balance takes a height, and no reader of this form of it exists yet.",
    ),
    "siacoin": (
        "an index of all outputs",
        "a node knows outputs of its own wallet only, and no reader of an index exists yet.",
    ),
    "stacks": (
        "an indexing API with history",
        "an account's state at a block needs its index hash, and no reader of it exists yet.",
    ),
    "venom": (
        "a lite server or a GraphQL server with history",
        (
            "an account's state at a masterchain block needs a server with history, and no reader "
            "exists yet."
        ),
    ),
}
"""Family -> what a reader of its balances would need, and why there is none."""


def methods(family: str) -> Sequence[Method]:
    """Return the ways to read balances of a family, best first; at least one.

    One of reach NONE says why there is no way. Raises RegistryError for an unknown family.

    >>> [method.reach.value for method in methods("siacoin")]
    ['not-possible']
    """
    if family in WITHOUT:
        needs, why = WITHOUT[family]
        return (Method(Reach.NONE, Assurance.LIVE, needs, f"{_NO_CODE}{why}"),)
    elsewhere = ELSEWHERE.get(family)
    module = import_module(elsewhere) if elsewhere else family_module(family, "balances")
    found: Sequence[Method] = getattr(module, "METHODS", ())
    if not found:
        raise RegistryError(f"family {family!r} does not say how it reads balances (METHODS)")
    return found


def best(found: Sequence[Method]) -> Method:
    """Return the method of the widest reach, the first of several."""
    order = list(Reach)
    return min(found, key=lambda method: order.index(method.reach))
