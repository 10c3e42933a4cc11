"""One server with the HTTP API of TON, version 2, asked for account states at a masterchain block.

What must hold:

1. Its first state of all is the one of networks.toml.
2. Every account state names the snapshot block, by number and hash: a server that leaves out the
   number it was asked for answers from its newest block, and is caught.
3. Where an account is not there, a contract that always was (the one that keeps the network's
   settings) must be there at the same block: a server without the state does not pass for zeros.
4. A jetton's balance stands between the very owner and jetton that were asked for. The accounts of
   its wallets are worked out here, from the code that the jetton's contract names, once the
   contract itself has confirmed one of them; else it is asked for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from chains.adapter import Assurance
from chains.errors import (
    AddressError,
    Incapable,
    MalformedAnswer,
    ProviderError,
    RegistryError,
    TransportFailure,
    UnresolvedReason,
    WrongState,
)
from chains.source import (
    Asked,
    Block,
    CaughtStale,
    Harvest,
    Landmark,
    require_height,
    require_landmark,
)
from chains.ton import answers, jettons
from chains.ton.addresses import canonical
from chains.ton.answers import AccountState, BlockId
from chains.ton.cells import Slice, address_cell, bag
from chains.transport.together import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import HoldingForm, SnapshotPoint
    from chains.registry import Network
    from chains.transport.rest import RestEndpoint

SETTINGS_ACCOUNT = b"\xff" + b"\x55" * 32
"""The contract that keeps the network's settings, since its first block."""
_SAYS_WHY = (404, 409, 416, 422, 500, 503, 542)
"""Statuses whose body tells what is wrong."""


class TonServer:
    """A `chains.source.TokenSource`."""

    assurance = Assurance.NODE

    def __init__(self, server: RestEndpoint, network: Network) -> None:
        """Ask `server`. Raises RegistryError when networks.toml does not name its first state."""
        genesis = network.options.get("genesis")
        if not isinstance(genesis, str):
            raise RegistryError(f"{network.name}: its first state (options.genesis) is not known")
        self.provider = server
        self._mark = Landmark(0, genesis)
        self._layouts: dict[bytes, tuple[jettons.Layout, answers.Token] | None] = {}

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the masterchain block at `height`. Raises ProviderError."""
        last, first = answers.masterchain(await self._get("getMasterchainInfo", journal))
        require_landmark(self._mark, first)
        require_height(height, last.seqno)
        asked: dict[str, str | int] = {
            "workchain": answers.MASTERCHAIN,
            "shard": answers.MASTERCHAIN_SHARD,
            "seqno": height,
        }
        found = answers.block_id(await self._get("lookupBlock", journal, **asked))
        if found.seqno != height:
            raise WrongState(f"the server names block {found.seqno} for {height}")
        header = await self._get("getBlockHeader", journal, **asked)
        # A block of the masterchain is final as soon as it is there.
        return Block(found.root_hash, answers.block_time(header, found), last.seqno, last.seqno)

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances of accounts of 33 bytes. Raises ProviderError."""
        form, point, accounts = asked
        if form.contract is None:
            where = {account: account for account in accounts}
            master = b""
        else:
            master = _master(form.contract)
            where = await self._wallets(master, accounts, journal)
        states = await together(
            *(self._settle(point, where[account], journal) for account in accounts)
        )
        harvest = Harvest()
        for account, state in zip(accounts, states, strict=True):
            try:
                harvest.amounts[account] = _amount(state, account, master)
            except ProviderError as error:
                harvest.failed[account] = error
        for failure in harvest.failed.values():
            if isinstance(failure, CaughtStale):
                raise failure
        zeros = [account for account, amount in harvest.amounts.items() if amount == 0]
        why = await self._why_no_zeros(point, journal) if zeros else None
        if why is not None:
            for account in zeros:
                del harvest.amounts[account]
                harvest.failed[account] = why
        return harvest

    async def check_form(self, form: HoldingForm, point: SnapshotPoint, journal: list[str]) -> None:
        """Compare decimals and symbol of a jetton with assets.toml, and that it was there.

        Raises RegistryError when they differ or there is no such jetton, ProviderError otherwise.
        """
        if form.contract is None:
            return
        master = _master(form.contract)
        state = await self._state(point, master, journal)
        if state.state == "uninitialized":
            why = await self._why_no_zeros(point, journal)
            raise why or RegistryError(
                f"there is no contract {form.contract} at block {point.height}"
            )
        said = await self._token(master, journal)
        if said.decimals is None:
            raise Incapable(
                "the jetton does not state its decimals on the chain",
                reason=UnresolvedReason.NO_METHOD,
            )
        wrong_symbol = said.symbol is not None and form.symbols and said.symbol not in form.symbols
        if said.decimals != form.decimals or wrong_symbol:
            raise RegistryError(
                f"{form.contract} is {said.symbol or 'a jetton'} with {said.decimals} decimals, "
                f"assets.toml says {form.asset} with {form.decimals}"
            )

    # --- states

    async def _settle(
        self, point: SnapshotPoint, account: bytes, journal: list[str]
    ) -> AccountState | ProviderError:
        try:
            return await self._state(point, account, journal)
        except ProviderError as error:
            return error

    async def _state(
        self, point: SnapshotPoint, account: bytes, journal: list[str]
    ) -> AccountState:
        found = answers.account_state(
            await self._get(
                "getAddressInformation", journal, address=_text(account), seqno=point.height
            )
        )
        if found.block != BlockId(point.height, point.block_hash):
            raise CaughtStale(
                f"the server answers from block {found.block.seqno}, not from the snapshot block"
            )
        return found

    async def _why_no_zeros(self, point: SnapshotPoint, journal: list[str]) -> ProviderError | None:
        """Return None when the server has a contract that is there at every block."""
        found = await self._settle(point, SETTINGS_ACCOUNT, journal)
        if isinstance(found, CaughtStale):
            raise found
        if isinstance(found, ProviderError):
            return found
        if found.state == "active" and found.amount:
            return None
        return Incapable("the server knows no accounts at the snapshot block")

    # --- jettons

    async def _wallets(
        self, master: bytes, owners: Sequence[bytes], journal: list[str]
    ) -> dict[bytes, bytes]:
        if master not in self._layouts:
            try:
                said = await self._token(master, journal)
            except RegistryError as error:  # it was one when the form was checked
                raise MalformedAnswer(str(error)) from error
            told = await self._wallet(master, owners[0], journal)
            code = said.wallet_code.named
            fits = [
                one
                for one in jettons.LAYOUTS
                if jettons.wallet(one, code, owners[0], master) == told
            ]
            self._layouts[master] = (fits[0], said) if fits else None
        known = self._layouts[master]
        if known is None:
            told_each = await together(*(self._wallet(master, one, journal) for one in owners))
            return dict(zip(owners, told_each, strict=True))
        layout, said = known
        return {one: jettons.wallet(layout, said.wallet_code.named, one, master) for one in owners}

    async def _token(self, master: bytes, journal: list[str]) -> answers.Token:
        found = answers.token(await self._get("getTokenData", journal, address=_text(master)))
        if found is None:
            raise RegistryError(f"the contract {_text(master)} is no jetton")
        return found

    async def _wallet(self, master: bytes, owner: bytes, journal: list[str]) -> bytes:
        body = {
            "address": _text(master),
            "method": "get_wallet_address",
            "stack": [["tvm.Slice", answers.base64_text(bag(address_cell(owner)))]],
        }
        found = Slice(answers.stack_cell(await self._ask("runGetMethod", journal, body))).address()
        if found is None:
            raise MalformedAnswer("the jetton names no account for a wallet")
        return found

    # --- requests

    async def _get(self, method: str, journal: list[str], **asked: str | int) -> object:
        query = urlencode(asked, quote_via=quote)
        return await self._ask(f"{method}?{query}" if query else method, journal)

    async def _ask(self, path: str, journal: list[str], body: object = None) -> object:
        reply = await self.provider.ask(
            f"/{path}",
            journal=journal,
            body=body,
            statuses=_SAYS_WHY,
            check=answers.require_no_throttle,
        )
        if reply.value is None:
            raise TransportFailure(f"HTTP status {reply.status} without a reason")
        return answers.result(reply.value)


def _amount(state: AccountState | ProviderError, owner: bytes, master: bytes) -> int:
    if isinstance(state, ProviderError):
        raise state
    if not master:
        return state.amount
    match state.state:
        case "active":
            return jettons.balance(answers.cell(state.data), owner, master)
        case "uninitialized":
            return 0
        case _:
            raise Incapable("the jetton wallet is frozen: its data are not in the state")


def _text(account: bytes) -> str:
    return f"{-1 if account[0] else 0}:{account[1:].hex()}"


def _master(contract: str) -> bytes:
    try:
        return canonical(contract, {})
    except AddressError as error:
        raise RegistryError(f"{contract!r} is not an account of TON") from error
