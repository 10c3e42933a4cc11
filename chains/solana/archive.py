"""Old states of Solana from a node that keeps them (Helius, in beta): the best method there is.

Each account says at which slot it was last written, which must not be after the slot. Whatever the
node does not say, or says in another form than documented, is left to the transactions; so is an
account that did not exist, because nothing shows of which state that was said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.answers import rows, table
from chains.errors import MalformedAnswer, ProviderError, UnresolvedReason, WrongState
from chains.solana.addresses import canonical, encode
from chains.solana.answers import context, held, known, written_by
from chains.solana.present import MOST, require_own
from chains.transport.json_rpc import RpcRequest

if TYPE_CHECKING:
    from chains.solana.calls import Calls
    from chains.source import Asked

ACCOUNT = "getHistoricalAccountInfo"
TOKEN_ACCOUNTS = "getHistoricalTokenAccountsByOwner"  # noqa: S105 (the name of a method)
_NO_DATA = {"offset": 0, "length": 0}


class Archive:
    """The old states of one node, if it has any."""

    def __init__(self, calls: Calls) -> None:
        """Nothing is asked yet."""
        self._calls = calls
        self._is_offered = True
        """Until the node says that it does not know the method."""

    async def balances(self, asked: Asked, journal: list[str]) -> dict[bytes, int]:
        """Return the balances that the node knows. Raises CaughtStale when it is of another state.

        All other failures are in `journal`, and leave the account out.
        """
        found: dict[bytes, int] = {}
        for owner, answer in (await self._answers(asked, journal)).items():
            try:
                amount = _amount(answer, owner, asked)
            except WrongState:
                raise
            except ProviderError as error:
                journal.append(f"{encode(owner)}: {error}")
            else:
                if amount is not None:
                    found[owner] = amount
        return found

    async def _answers(self, asked: Asked, journal: list[str]) -> dict[bytes, object]:
        """Return one answer or ProviderError for each account; none where nothing is kept."""
        form, point, owners = asked
        if not self._is_offered:
            return {}
        config: dict[str, object] = {"encoding": "base64"}
        if form.contract is None:
            method = ACCOUNT
            config["dataSlice"] = _NO_DATA
        else:
            method = TOKEN_ACCOUNTS
            config |= {"mint": form.contract, "limit": MOST}
        requests = [
            RpcRequest(method, [encode(owner), {"slot": point.height}, config]) for owner in owners
        ]
        try:
            first = await self._calls.one(requests[0], journal)
        except ProviderError as error:
            # Servers refuse an unknown method in many words; a slot before the archive in one.
            self._is_offered = error.reason is UnresolvedReason.NO_STATE
            return {}
        rest = await self._calls.many(requests[1:], journal)
        return dict(zip(owners, [first, *rest], strict=True))


def _amount(answer: object, owner: bytes, asked: Asked) -> int | None:
    """Return a balance; None where there was no account. Raises ProviderError."""
    if isinstance(answer, ProviderError):
        raise answer
    _, value = context(answer)
    slot = asked.point.height
    if asked.form.contract is None:
        account = known(value)
        if account is None:
            return None
        written_by(value, slot)
        return account.lamports
    page = table(value)
    accounts = held(page.get("accounts"))
    if page.get("paginationKey") is not None:
        raise MalformedAnswer("the owner has more token accounts than come at once")
    for line in rows(page.get("accounts")):
        written_by(table(line).get("account"), slot)
    mint = canonical(asked.form.contract, {})
    amounts = [require_own(account, mint, owner).amount for _, account in accounts]
    return sum(amounts) if amounts else None
