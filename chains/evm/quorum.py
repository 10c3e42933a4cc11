"""Balances on which several independent endpoints agree.

Each endpoint reads everything for itself, in another order and with another cutting, so that a
fault that goes with a request does not repeat itself. What is compared are balances, address by
address. Only where they differ the endpoints are asked again; where they still differ, every other
independent endpoint is asked too, for the record, and an arbiter decides if there is one: a state
proof. A majority decides nothing: without proof the balance is Unresolved, and the reading names
who said what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from chains.adapter import Assurance, Observed, Unresolved
from chains.errors import ProviderError, UnresolvedReason
from chains.evm.bulk import BulkRead
from chains.evm.panel import attempts
from chains.transport.labels import host, independent
from chains.transport.together import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import HoldingForm, Reading, SnapshotPoint
    from chains.evm.blocks import Block
    from chains.evm.node import Node
    from chains.evm.panel import Panel

Arbiter = Callable[
    [bytes, "HoldingForm", "SnapshotPoint", Mapping[bytes, int]], Awaitable["Reading"]
]
"""Decides what an address holds, by proof; Unresolved when it cannot.

It is told what the endpoints agree on for other addresses: that tells where a token keeps balances.
"""


class Quorum:
    """Agreement of `size` independent endpoints. Keeps count of who differed."""

    def __init__(self, panel: Panel, size: int) -> None:
        """Nothing is asked yet. `arbiter` may be set at any time."""
        self.panel = panel
        self.size = size
        self.arbiter: Arbiter | None = None
        self.disputed: Counter[tuple[str, str]] = Counter()
        """(label, holding form) -> balances in which the endpoint differed from others."""
        self.refuted: Counter[tuple[str, str]] = Counter()
        """(label, holding form) -> balances that a proof refuted."""

    def shortage(self) -> Unresolved | None:
        """Return why no quorum can come about with the endpoints that are configured."""
        names = independent([node.label for node in self.panel.nodes])
        if not self.panel.nodes or len(names) >= self.size:
            return None
        return Unresolved(
            UnresolvedReason.NO_ENDPOINT,
            f"a quorum of {self.size} independent endpoints was asked for; there is only "
            f"{', '.join(names)}",
        )

    def notes(self) -> list[str]:
        """Return one sentence for each endpoint that differed from others, or from a proof."""
        return [
            f"{name} differed from other endpoints in {count:,} balances of {form}"
            for (name, form), count in sorted(self.disputed.items())
        ] + [
            f"{name} gave {count:,} balances of {form} that a state proof refutes"
            for (name, form), count in sorted(self.refuted.items())
        ]

    async def settle(
        self,
        form: HoldingForm,
        point: SnapshotPoint,
        block: Block,
        contract: bytes | None,
        addresses: Sequence[bytes],
    ) -> list[tuple[bytes, Reading]]:
        """Answer every one of `addresses`, in order."""
        ballot = _Ballot(self, form, point, block, contract)
        await ballot.first_round(addresses)
        return [(address, await ballot.verdict(address)) for address in addresses]


class _Ballot:
    """The votes about some addresses."""

    def __init__(
        self,
        quorum: Quorum,
        form: HoldingForm,
        point: SnapshotPoint,
        block: Block,
        contract: bytes | None,
    ) -> None:
        self._quorum = quorum
        self._form = form
        self._point = point
        self._block = block
        self._contract = contract
        self._votes: dict[bytes, dict[str, int]] = {}
        self._failures: dict[bytes, list[str]] = {}
        self._errors: list[ProviderError] = []
        self._journal: list[str] = []
        self._hosts: set[str] = set()
        self._asked: list[Node] = []

    async def first_round(self, addresses: Sequence[bytes]) -> None:
        """Ask until every address has its votes, and once more where they differ."""
        self._votes = {address: {} for address in addresses}
        size = self._quorum.size
        first = [node for _ in range(size) if (node := self._next()) is not None]
        await together(*(self._consult(node, addresses) for node in first))
        while lacking := [one for one in addresses if len(self._standing(one)) < size]:
            node = self._next()
            if node is None:
                break
            await self._consult(node, lacking)
        disputed = [one for one in addresses if self._differ(one)]
        if not disputed:
            return
        self._journal.append(f"{len(disputed):,} balances differ and are asked for again")
        # One after the other, and only these: what passed by itself is gone now.
        for node in list(self._asked):
            if node.endpoint.out is None:
                await self._consult(node, disputed)
        while disputed := [one for one in disputed if self._differ(one)]:
            node = self._next()
            if node is None:
                break
            await self._consult(node, disputed)

    async def verdict(self, address: bytes) -> Reading:
        """Return what the votes about `address` amount to."""
        votes = self._standing(address)
        if self._differ(address):
            return await self._decide(address, votes)
        if len(votes) >= self._quorum.size:
            amount = next(iter(votes.values()))
            return Observed(amount, self._point, Assurance.QUORUM, tuple(votes))
        if lines := self._failures.get(address):
            return Unresolved(UnresolvedReason.CALL_FAILED, lines[-1], attempts(lines))
        why = self._quorum.panel.unresolved(self._errors, self._journal, self._block)
        return Unresolved(
            why.reason,
            f"{len(votes)} of the {self._quorum.size} independent endpoints that were asked for "
            f"gave this balance; {why.detail}",
            why.attempts,
        )

    async def _decide(self, address: bytes, votes: dict[str, int]) -> Reading:
        lines = [f"{name}: {amount}" for name, amount in votes.items()]
        if self._quorum.arbiter is not None:
            decided = await self._quorum.arbiter(address, self._form, self._point, self._agreed())
            if isinstance(decided, Observed):
                for name, amount in votes.items():
                    if amount != decided.amount:
                        self._quorum.refuted[name, self._form.id] += 1
                return decided
            lines.append(f"no proof: {decided.detail}")
        for name in votes:
            self._quorum.disputed[name, self._form.id] += 1
        return Unresolved(
            UnresolvedReason.DISAGREEMENT,
            "independent endpoints give different balances: " + "; ".join(lines),
            attempts(lines),
        )

    def _next(self) -> Node | None:
        """Return a node of a host that was not asked yet, and count it as asked."""
        for node in self._quorum.panel.usable(self._block):
            if host(node.label) not in self._hosts:
                self._hosts.add(host(node.label))
                self._asked.append(node)
                return node
        return None

    def _standing(self, address: bytes) -> dict[str, int]:
        """Return the votes of the nodes that were not found to answer from a wrong state."""
        out = self._quorum.panel.distrusted()
        votes = self._votes[address]
        return {name: vote for name, vote in votes.items() if name not in out} if out else votes

    def _agreed(self) -> dict[bytes, int]:
        return {
            address: next(iter(votes.values()))
            for address in self._votes
            if (votes := self._standing(address)) and not self._differ(address)
        }

    def _differ(self, address: bytes) -> bool:
        return len(set(self._standing(address).values())) > 1

    async def _consult(self, node: Node, addresses: Sequence[bytes]) -> None:
        """Add what `node` says about `addresses` to the votes."""
        rank = self._asked.index(node)
        turn = rank * len(addresses) // (self._quorum.size + 1)
        turned = [*addresses[turn:], *addresses[:turn]]
        most = None if rank == 0 else max(1, 2 * len(turned) // 3)
        bulk = BulkRead(node, self._block, self._contract, self._journal, most=most)
        harvest = await bulk.read(turned)
        for address, amount in harvest.amounts.items():
            self._votes[address][node.label] = amount
        for address, why in harvest.failed.items():
            self._failures.setdefault(address, []).append(f"{node.label}: {why}")
        if harvest.error is not None:
            self._errors.append(self._quorum.panel.note(node, harvest.error, self._block))
