"""One rippled or Clio server: accounts as a validated ledger has them.

What must hold of every balance:

1. The server is of the network whose number networks.toml names, or, where it states none, has its
   first ledger; and the ledger is validated.
2. The answer names the ledger that was asked for, by hash, and is of the account asked for.
3. The account was last changed in that ledger or before it.
4. "No such account" counts as 0 only from the ledger that was asked for. Clio does not say of which
   ledger it speaks then: it must know the ledger's first account there (the canary).

A server that does not have the ledger any more still has every account that did not change since:
its entry in the newest validated ledger, which must be a later one, says when it was last changed.
Others are unresolved there.

Amounts are liquid XRP, reserve included; escrows, payment channels and trust lines are told apart,
for which accounts that own anything in the ledger are asked about once more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Control, ControlWord
from chains.answers import count, rows, table
from chains.errors import Incapable, MalformedAnswer, ProviderError, UnresolvedReason, WrongState
from chains.source import (
    Asked,
    Block,
    CaughtStale,
    Harvest,
    require_height,
    require_landmark,
)
from chains.transport.together import together
from chains.xrpl import answers, control
from chains.xrpl.addresses import canonical, encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chains.adapter import ControlQuery, SnapshotPoint
    from chains.source import Landmark
    from chains.transport.rest import RestEndpoint
    from chains.xrpl.answers import Root

CANARY = canonical("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", {})
"""The account that held all XRP in the first ledger; it is in every ledger."""

PAGE = 400
"""Objects in one answer; the most that servers give."""
MOST_PAGES = 25


class RippledSource:
    """A `chains.source.ControlSource`."""

    assurance = Assurance.NODE

    def __init__(self, server: RestEndpoint, network_id: int, mark: Landmark) -> None:
        """Ask `server`, by JSON-RPC over HTTP; it must be of network `network_id`."""
        self.provider = server
        self._network_id = network_id
        self._mark = mark
        self._is_of_network = False
        self._lacking: set[str] = set()
        self._checked: set[str] = set()
        """Hashes of ledgers that the server does not have, and of those where it has the canary."""

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the validated ledger at `height`. Raises ProviderError."""
        await self._require_network(journal)
        tip = answers.header(await self._ask("ledger", {"ledger_index": "validated"}, journal))
        require_height(height, tip.height)
        ledger = await self._ledger(height, journal)
        return Block(ledger.hash, ledger.time, tip.height, tip.height)

    async def _require_network(self, journal: list[str]) -> None:
        found = answers.network_id(await self._ask("server_info", {}, journal))
        if found is None:
            first = await self._ledger(self._mark.height, journal)
            require_landmark(self._mark, first.hash.lower())
        elif found != self._network_id:
            raise WrongState(
                f"the server is of network {found}, not of {self._network_id}",
                reason=UnresolvedReason.WRONG_CHAIN,
            )
        self._is_of_network = True

    async def _ledger(self, height: int, journal: list[str]) -> answers.Header:
        try:
            ledger = answers.header(await self._ask("ledger", {"ledger_index": height}, journal))
        except answers.Refused as refused:
            raise _without_ledger(refused, height) from refused
        if ledger.height != height:
            raise CaughtStale(f"ledger {ledger.height} was answered where {height} was asked")
        return ledger

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the XRP of accounts, in drops. Raises ProviderError."""
        _, point, accounts = asked
        harvest = Harvest()
        found = await together(*(self._settled(point, one, journal) for one in accounts))
        for account, answer in zip(accounts, found, strict=True):
            if isinstance(answer, CaughtStale):
                raise answer
            if isinstance(answer, ProviderError):
                harvest.failed[account] = answer
                continue
            amount, note = answer
            harvest.amounts[account] = amount
            if note:
                harvest.notes[account] = note
        return harvest

    async def _settled(
        self, point: SnapshotPoint, account: bytes, journal: list[str]
    ) -> tuple[int, str] | ProviderError:
        try:
            root, at = await self._root(point, account, journal)
        except ProviderError as error:
            return error
        if root is None:
            return 0, ""
        notes = ["The master key is disabled."] if root.master_disabled else []
        if root.owned:
            notes.append(await self._apart(at, account, journal))
        return root.balance, " ".join(note for note in notes if note)

    async def _root(
        self, point: SnapshotPoint, account: bytes, journal: list[str], *, signers: bool = False
    ) -> tuple[Root | None, str]:
        """Return the account, None where the ledger has none, and the ledger it was read from."""
        if point.block_hash not in self._lacking:
            try:
                return await self._at(point, account, journal, signers=signers), point.block_hash
            except answers.Refused as refused:
                if refused.token != answers.NO_LEDGER:
                    raise
                self._lacking.add(point.block_hash)
        return await self._unchanged(point, account, journal, signers=signers)

    async def _at(
        self, point: SnapshotPoint, account: bytes, journal: list[str], *, signers: bool
    ) -> Root | None:
        query = {"ledger_hash": point.block_hash, "signer_lists": signers}
        try:
            members = await self._account(account, query, journal)
        except answers.Refused as refused:
            if refused.token != answers.NO_ACCOUNT:
                raise
            if answers.names_ledger(refused.members):
                answers.require_ledger(refused.members, point)
            else:
                await self._require_canary(point, journal)
            return None
        answers.require_ledger(members, point)
        root = answers.root(members, account)
        if root.changed_at > point.height:
            raise CaughtStale(
                f"an account of ledger {point.height} was changed in ledger {root.changed_at}"
            )
        return root

    async def _require_canary(self, point: SnapshotPoint, journal: list[str]) -> None:
        if point.block_hash in self._checked:
            return
        members = await self._account(CANARY, {"ledger_hash": point.block_hash}, journal)
        answers.require_ledger(members, point)
        answers.root(members, CANARY)
        self._checked.add(point.block_hash)

    async def _unchanged(
        self, point: SnapshotPoint, account: bytes, journal: list[str], *, signers: bool
    ) -> tuple[Root, str]:
        """Return an account that has not changed since, from the newest validated ledger."""
        if not self._is_of_network:
            await self._require_network(journal)  # no hash says so here
        query = {"ledger_index": "validated", "signer_lists": signers}
        try:
            members = await self._account(account, query, journal)
        except answers.Refused as refused:
            raise _without_ledger(refused, point.height) from refused
        if members.get("validated") is not True:
            raise CaughtStale("the server shows a ledger that is not validated")
        # A server that has not got there yet does not have the ledger either.
        require_height(point.height, count(members.get("ledger_index")))
        root = answers.root(members, account)
        if root.changed_at > point.height:
            raise Incapable(
                f"the server does not have ledger {point.height} any more, and the account was "
                f"changed in ledger {root.changed_at}; a server with full history is needed"
            )
        return root, answers.ledger_hash(members.get("ledger_hash"))

    async def _apart(self, at: str, account: bytes, journal: list[str]) -> str:
        """Return a sentence about what is not in the balance, or why there is none."""
        belongings = answers.Belongings(account)
        query: dict[str, object] = {
            "account": encode(account), "ledger_hash": at, "limit": PAGE
        }  # fmt: skip
        markers: list[object] = []
        try:
            for _ in range(MOST_PAGES):
                page = answers.result(await self._ask("account_objects", query, journal))
                if page.get("validated") is not True or page.get("ledger_hash") != at:
                    raise MalformedAnswer("objects of another ledger were answered")
                belongings.add(rows(page.get("account_objects")))
                marker = page.get("marker")
                if marker is None:
                    return belongings.told()
                if marker in markers:
                    raise MalformedAnswer("the pages of objects go round in a circle")
                markers.append(marker)
                query["marker"] = marker
        except ProviderError as error:
            return f"Escrows and trust lines of the account could not be read: {error}."
        return f"The account owns more than {MOST_PAGES * PAGE} objects, which were not read."

    async def control(
        self, point: SnapshotPoint, queries: Sequence[ControlQuery], journal: list[str]
    ) -> Sequence[Control]:
        """Return one answer per query, in order. Raises ProviderError."""
        return await together(*(self._controlled(point, one, journal) for one in queries))

    async def _controlled(
        self, point: SnapshotPoint, query: ControlQuery, journal: list[str]
    ) -> Control:
        try:
            root, _ = await self._root(point, query.account, journal, signers=True)
        except CaughtStale:
            raise
        except ProviderError as error:
            return Control(ControlWord.UNSETTLED, error.reason.value, str(error))
        if root is None:
            return Control(
                ControlWord.UNSETTLED, "no-account", "The ledger has no such account yet."
            )
        return control.settle(query, root)

    async def _account(
        self, account: bytes, query: Mapping[str, object], journal: list[str]
    ) -> Mapping[str, object]:
        asked = {"account": encode(account), "strict": True} | dict(query)
        return answers.result(await self._ask("account_info", asked, journal))

    async def _ask(
        self, method: str, query: Mapping[str, object], journal: list[str]
    ) -> Mapping[str, object]:
        body = {"method": method, "params": [dict(query)]}
        answer = await self.provider.ask("", journal=journal, body=body, check=answers.check)
        return table(answer.value)


def _without_ledger(refused: answers.Refused, height: int) -> ProviderError:
    if refused.token == answers.NO_LEDGER:
        return Incapable(
            f"the server does not have ledger {height}; one with full history is needed"
        )
    if refused.token == answers.NO_ACCOUNT:
        return Incapable(
            f"the server does not have ledger {height}, and no such account today; it may have "
            "been deleted since"
        )
    return refused
