"""The nodes of one network: who may be asked, who may not any more, and why nobody could answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Unresolved
from chains.errors import (
    ChainsError,
    Incapable,
    ProviderError,
    UnresolvedReason,
    WrongState,
)
from chains.evm.identification import state_rules
from chains.evm.node import Node
from chains.evm.refusals import classify
from chains.transport.pool import EndpointPool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.evm.blocks import Block
    from chains.evm.settings import EvmSettings
    from chains.registry import Network
    from chains.transport.endpoint import Surroundings
    from chains.transport.health import EndpointHealth

MOST_TELLING = (
    UnresolvedReason.WRONG_STATE,
    UnresolvedReason.WRONG_CHAIN,
    UnresolvedReason.NO_BLOCK,
    UnresolvedReason.NO_STATE,
    UnresolvedReason.MISSING_ANSWER,
    UnresolvedReason.MALFORMED_ANSWER,
    UnresolvedReason.TOO_LARGE,
    UnresolvedReason.NO_METHOD,
    UnresolvedReason.THROTTLED,
    UnresolvedReason.DEADLINE,
    UnresolvedReason.UNREACHABLE,
)
"""Of several endpoints' reasons, the first of these is the reading's; all are in its attempts."""
_RANK = {reason: rank for rank, reason in enumerate(MOST_TELLING)}

ATTEMPTS_KEPT = 20
"""Lines of attempts in one reading: the first half and the last half of them."""


class Panel:
    """Nodes over one endpoint pool. Open it before asking and close it afterwards."""

    def __init__(
        self,
        network: Network,
        urls: Sequence[str],
        settings: EvmSettings,
        surroundings: Surroundings,
    ) -> None:
        """Prepare one node per distinct URL. Raises RegistryError and ValueError."""
        rules = state_rules(network)
        self._network = network
        self._pool = EndpointPool(urls, settings.transport, classify, surroundings)
        self.nodes = tuple(Node(endpoint, rules, settings) for endpoint in self._pool.endpoints)

    async def open(self) -> None:
        """Make the sessions."""
        await self._pool.open()

    async def close(self) -> None:
        """Close the sessions."""
        await self._pool.close()

    def usable(self, block: Block | None = None) -> list[Node]:
        """Return the nodes that may be asked (about `block`), the freest first."""
        places = {id(endpoint): place for place, endpoint in enumerate(self._pool.usable())}
        nodes = [
            node
            for node in self.nodes
            if id(node.endpoint) in places and (block is None or block.hash not in node.blind)
        ]
        return sorted(nodes, key=lambda node: places[id(node.endpoint)])

    def note(self, node: Node, error: ChainsError, block: Block | None = None) -> ProviderError:
        """Return `error` as a failure of `node`, which is not asked again what it cannot answer.

        A node that answered from a wrong state is not asked anything any more.
        """
        failure = _failure(error, node)
        if isinstance(failure, WrongState):
            node.endpoint.leave(failure)
        elif isinstance(failure, Incapable):
            if failure.reason is UnresolvedReason.UNREACHABLE:
                node.endpoint.leave(failure)
            elif block is not None:
                node.blind.setdefault(block.hash, failure)
        return failure

    def health(self) -> list[EndpointHealth]:
        """Return the health of every endpoint, in the order of the configuration."""
        return [node.endpoint.health() for node in self.nodes]

    def distrusted(self) -> frozenset[str]:
        """Return the labels of the endpoints that answered from a wrong state or ledger.

        They are out for the run, and nothing they gave before is believed either.
        """
        return frozenset(
            node.label for node in self.nodes if isinstance(node.endpoint.out, WrongState)
        )

    def unresolved(
        self,
        errors: Sequence[ProviderError],
        journal: Sequence[str],
        block: Block | None = None,
    ) -> Unresolved:
        """Return why nobody could answer: the most telling reason, and the tries.

        Without `errors`, because nobody was left to be asked, the reason is why nobody was left.
        """
        if not self.nodes:
            return Unresolved(
                UnresolvedReason.NO_ENDPOINT, f"no endpoint is configured for {self._network.name}"
            )
        known = list(errors) or self._why_out(block)
        if not known:
            # Who was cooling off when it was looked for may be asked again by now.
            names = ", ".join(node.label for node in self.nodes)
            return Unresolved(
                UnresolvedReason.UNREACHABLE,
                f"too few of {names} could be asked",
                attempts(journal),
            )
        telling = min(known, key=lambda error: _RANK.get(error.reason, len(_RANK)))
        lines = journal or [f"{error.source}: {error}" for error in known]
        return Unresolved(telling.reason, f"{telling.source}: {telling}", attempts(lines))

    def _why_out(self, block: Block | None) -> list[ProviderError]:
        out = [node.endpoint.out for node in self.nodes if node.endpoint.out is not None]
        if block is not None:
            out += [node.blind[block.hash] for node in self.nodes if block.hash in node.blind]
        return out


def attempts(lines: Sequence[str]) -> tuple[str, ...]:
    """Return `lines`, or their beginning and end when there are many."""
    if len(lines) <= ATTEMPTS_KEPT:
        return tuple(lines)
    half = ATTEMPTS_KEPT // 2
    return (*lines[:half], f"... {len(lines) - 2 * half} more ...", *lines[-half:])


def _failure(error: ChainsError, node: Node) -> ProviderError:
    if isinstance(error, ProviderError):
        error.source = error.source or node.label
        return error
    # A revert where nothing was executed on behalf of a holder: the node makes no sense.
    return ProviderError(str(error), source=node.label, reason=UnresolvedReason.MALFORMED_ANSWER)
