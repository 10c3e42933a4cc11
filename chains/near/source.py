"""One NEAR node: accounts and tokens at a block.

What must hold of its answers:

1. The node is of the network: its chain id is that of networks.toml.
2. Balances are asked at the hash of the snapshot block, and every answer names that hash. One that
   names another exposes the node (`CaughtStale`): nothing it says is believed.
3. An account is empty only where the node says that it does not exist *at that hash*.
4. Heights can be empty. The state at such a height is that of the block before, which is shown by
   the block after it, as it names the one before it.

Amounts do not contain what is staked: `locked` is stated in the note, and stake in pools is theirs.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import msgspec

from chains.adapter import Assurance, Control, ControlWord
from chains.answers import count, table, text
from chains.errors import (
    Incapable,
    MalformedAnswer,
    ProviderError,
    RegistryError,
    UnresolvedReason,
    WrongState,
)
from chains.harvesting import one_by_one
from chains.near.addresses import account_id
from chains.near.answers import AbsentError, amount, header, require_block, result
from chains.near.control import key_text
from chains.source import Block, CaughtStale, require_height
from chains.transport.together import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import ControlQuery, HoldingForm, SnapshotPoint
    from chains.harvesting import Told
    from chains.near.answers import Header
    from chains.source import Asked, Harvest
    from chains.transport.endpoint import Endpoint

MOST_EMPTY = 20
"""Heights in a row that are looked through for the next block."""


class NearSource:
    """A `chains.source.ControlSource` and `TokenSource`."""

    assurance = Assurance.NODE

    def __init__(self, node: Endpoint, chain: str) -> None:
        """Ask `node`, which must be of `chain` (its chain id; empty: any)."""
        self.provider = node
        self._chain = chain

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block at `height`, or the one before it when the height is empty."""
        status = table(await self.provider.one("status", journal=journal))
        chain = text(status.get("chain_id"))
        if self._chain and chain != self._chain:
            raise WrongState(
                f"the server is of another network: {chain}", reason=UnresolvedReason.WRONG_CHAIN
            )
        tip = count(table(status.get("sync_info")).get("latest_block_height"))
        final = header(
            await self.provider.one("block", named={"finality": "final"}, journal=journal)
        )
        tip = max(tip, final.height)
        require_height(height, tip)
        found = await self._header(height, tip, journal)
        return Block(found.hash, found.time, tip, final.height)

    async def _header(self, height: int, tip: int, journal: list[str]) -> Header:
        found = await self._named(height, journal)
        if found is not None:
            return found
        for at in range(height + 1, min(tip, height + MOST_EMPTY) + 1):
            after = await self._named(at, journal)
            if after is None:
                continue
            if after.before_height is None or after.before_height >= height:
                break
            before = header(
                await self.provider.one("block", named={"block_id": after.before}, journal=journal)
            )
            if (before.hash, before.height) != (after.before, after.before_height):
                raise MalformedAnswer("the block before an empty height is not the one named")
            return before
        raise Incapable(f"the node does not have block {height} (any more)")

    async def _named(self, height: int, journal: list[str]) -> Header | None:
        """Return the block at `height`, None where the node has none there."""
        try:
            answer = await self.provider.one("block", named={"block_id": height}, journal=journal)
        except Incapable as error:
            if error.reason is not UnresolvedReason.NO_STATE:
                raise
            return None
        found = header(answer)
        if found.height != height:
            raise CaughtStale(f"the node was asked for block {height}, it gives {found.height}")
        return found

    async def check_form(self, form: HoldingForm, point: SnapshotPoint, journal: list[str]) -> None:
        """Compare the token's own metadata (NEP-148) with the table."""
        contract = form.contract or ""
        try:
            found = table(await self._call(contract, "ft_metadata", {}, point, journal))
        except AbsentError as error:
            self._require_named(error, point)
            raise RegistryError(
                f"{contract} is no token contract at block {point.height}"
            ) from None
        decimals, symbol = count(found.get("decimals")), text(found.get("symbol"))
        if decimals != form.decimals:
            raise RegistryError(f"{contract} has {decimals} decimals, not {form.decimals}")
        if form.symbols and symbol not in form.symbols:
            raise RegistryError(f"{contract} calls itself {symbol!r}")

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances, one request for each account."""

        async def native(account: bytes) -> Told:
            return await self._account(account_id(account), asked.point, journal)

        async def token(account: bytes) -> Told:
            arguments = {"account_id": account_id(account)}
            contract = asked.form.contract or ""
            said = await self._call(contract, "ft_balance_of", arguments, asked.point, journal)
            return amount(said), ""

        return await one_by_one(asked.accounts, native if asked.form.contract is None else token)

    async def _account(self, name: str, point: SnapshotPoint, journal: list[str]) -> Told:
        said = await self._viewed(name, point, journal)
        if said is None:
            return 0, ""
        locked = amount(said.get("locked"))
        note = f"{locked} yoctoNEAR are locked as a validator's stake besides." if locked else ""
        return amount(said.get("amount")), note

    async def _viewed(
        self, name: str, point: SnapshotPoint, journal: list[str]
    ) -> dict[str, object] | None:
        """Return the account at the block, None where the node says that there is none."""
        try:
            return await self._query(
                {"request_type": "view_account", "account_id": name}, point, journal
            )
        except AbsentError as error:
            self._require_named(error, point)
            if error.cause != "UNKNOWN_ACCOUNT":
                raise
            return None

    async def control(
        self, point: SnapshotPoint, queries: Sequence[ControlQuery], journal: list[str]
    ) -> Sequence[Control]:
        """Say whether the keys that signed are access keys of the accounts at the block."""
        return await together(*(self._controlled(point, query, journal) for query in queries))

    async def _controlled(
        self, point: SnapshotPoint, query: ControlQuery, journal: list[str]
    ) -> Control:
        """Return what `_control` does; what the node cannot say of one account is its own only."""
        try:
            return await self._control(point, query, journal)
        except CaughtStale:
            raise
        except ProviderError as error:
            return Control(ControlWord.UNSETTLED, error.reason.value, str(error))

    async def _control(
        self, point: SnapshotPoint, query: ControlQuery, journal: list[str]
    ) -> Control:
        name = account_id(query.account)
        (key,) = (key_text(signer) for signer in query.signers)
        asked = {"request_type": "view_access_key", "account_id": name, "public_key": key}
        try:
            said = await self._query(asked, point, journal)
        except AbsentError as error:
            self._require_named(error, point)
            # Older nodes say of an account that is not there, too, that it lacks the key.
            if error.cause != "UNKNOWN_ACCESS_KEY" or (
                await self._viewed(name, point, journal) is None
            ):
                return Control(ControlWord.UNSETTLED, "no-account", f"{name} does not exist.")
            return Control(ControlWord.FAILED, "no-such-key", f"{key} is no access key of {name}.")
        match said.get("permission"):
            case "FullAccess":
                return Control(
                    ControlWord.PROVEN, "access-key", f"{key} has full access to {name}."
                )
            case {"FunctionCall": _}:
                return Control(
                    ControlWord.FAILED,
                    "restricted-key",
                    f"{key} may call functions for {name}, and cannot move its coins.",
                )
            case _:
                return Control(
                    ControlWord.UNSETTLED,
                    "unknown-permission",
                    f"{key} is an access key of {name} of a kind that is not known.",
                )

    async def _call(
        self,
        contract: str,
        method: str,
        arguments: dict[str, object] | dict[str, str],
        point: SnapshotPoint,
        journal: list[str],
    ) -> object:
        """Return what a view method of a contract returned at the block."""
        asked = {
            "request_type": "call_function",
            "account_id": contract,
            "method_name": method,
            "args_base64": b64encode(msgspec.json.encode(arguments)).decode(),
        }
        return result(await self._query(asked, point, journal))

    async def _query(
        self, asked: dict[str, str], point: SnapshotPoint, journal: list[str]
    ) -> dict[str, object]:
        asked = asked | {"block_id": point.block_hash}
        answer = await self.provider.one("query", named=asked, journal=journal)
        return require_block(answer, point.block_hash)

    def _require_named(self, error: AbsentError, point: SnapshotPoint) -> None:
        """Raise unless the node says at which block something does not exist, and it is ours."""
        if not error.block_hash:
            raise ProviderError(
                f"{error}; it does not say at which block", reason=UnresolvedReason.MISSING_ANSWER
            )
        if error.block_hash != point.block_hash:
            raise CaughtStale(
                f"the node was asked at block {point.block_hash} and answers at {error.block_hash}"
            )
