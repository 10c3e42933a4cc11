"""What accounts of Solana hold now, and at which slot the node says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chains.errors import MalformedAnswer, ProviderError, RegistryError, WrongState
from chains.solana.answers import Known, accounts
from chains.solana.token_accounts import PROGRAMS, TokenAccount, token_account
from chains.transport.json_rpc import RpcRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chains.solana.calls import Calls

MOST = 100
"""Accounts in one `getMultipleAccounts`; nodes take no more."""

_NO_DATA = {"offset": 0, "length": 0}


class Present(NamedTuple):
    """Accounts as they are now; None for one that does not exist."""

    slot: int
    """The earliest slot that one of the answers belongs to."""
    accounts: dict[str, Known | None]


async def present(
    calls: Calls, names: Iterable[str], slot: int, journal: list[str], *, dataless: bool = False
) -> Present:
    """Return what accounts hold now, which must be at or after `slot`. Raises ProviderError."""
    listed = list(names)
    parts = [listed[at : at + MOST] for at in range(0, len(listed), MOST)]
    config: dict[str, object] = {
        "encoding": "base64",
        "commitment": "finalized",
        "minContextSlot": slot,
    }
    if dataless:
        config["dataSlice"] = _NO_DATA
    answers = await calls.many(
        [RpcRequest("getMultipleAccounts", [part, config]) for part in parts], journal
    )
    reached = []
    found: dict[str, Known | None] = {}
    for part, answer in zip(parts, answers, strict=True):
        if isinstance(answer, ProviderError):
            raise answer
        at, values = accounts(answer, len(part))
        reached.append(require_reached(at, slot))
        found.update(zip(part, values, strict=True))
    return Present(min(reached, default=slot), found)


def require_reached(at: int, slot: int) -> int:
    """Return `at`, the slot of an answer. Raises WrongState when it lies before `slot`."""
    if at < slot:
        raise WrongState(f"the node answers of slot {at}, before slot {slot}")
    return at


async def mint(calls: Calls, name: str, slot: int, journal: list[str]) -> Known:
    """Return the account of a mint of one of the token programs.

    Raises RegistryError when it is none, ProviderError when it cannot be asked.
    """
    found = (await present(calls, [name], slot, journal)).accounts[name]
    if found is None or found.program not in PROGRAMS:
        raise RegistryError(f"{name} is no mint of a token program")
    return found


def amount_of(account: Known | None, minted: bytes, owner: bytes) -> int:
    """Return what an account holds of a token for `owner`: nothing unless it is theirs."""
    if account is None or account.program not in PROGRAMS or not any(account.data):
        return 0
    told = token_account(account.data)
    return told.amount if (told.mint, told.owner) == (minted, owner) else 0


def require_own(account: Known, minted: bytes, owner: bytes) -> TokenAccount:
    """Return a token account of a list. Raises MalformedAnswer when it does not belong there."""
    told = token_account(account.data)
    if account.program not in PROGRAMS or (told.mint, told.owner) != (minted, owner):
        raise MalformedAnswer("a list of token accounts holds one of somebody or something else")
    return told
