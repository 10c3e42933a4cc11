"""Balances at a height from one Electrum server, checked as far as its protocol allows.

What must hold of every balance, besides the rules of `replay`:

1. Every transaction that it follows from hashes to the id that was asked.
2. Each of those that is in a block is shown to be in the block at the height that the server
   states, by a Merkle branch whose root is in that block's header.
3. That header and the snapshot block are links of one chain.
4. The chain was still the same when all of it had been read.

Not shown by any of this: that the server named all transactions. See `replay`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from chains.adapter import Assurance
from chains.errors import (
    MalformedAnswer,
    ProviderError,
    TooLarge,
    WrongState,
)
from chains.source import Asked, Block, Harvest, Landmark, require_height, require_landmark
from chains.transport.json_rpc import RpcRequest
from chains.transport.together import both, together
from chains.utxo.header_chain import HeaderChain, hex_bytes, parse_header
from chains.utxo.headers import Form, Rules
from chains.utxo.merkle import hash_bytes, require_in_block
from chains.utxo.replay import UNCONFIRMED, Account, Unspent, balance, wanted, wanted_next
from chains.utxo.transactions import Outpoint, Transaction, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chains.adapter import SnapshotPoint
    from chains.utxo.electrum import ElectrumServer
    from chains.utxo.server_settings import ServerSettings

_MOST_CACHED = 50_000
"""Transactions kept for other addresses; far above what one piece shares."""


class ElectrumSource:
    """A `chains.source.Source`."""

    assurance = Assurance.REPLAYED

    def __init__(
        self, server: ElectrumServer, rule: Rules, mark: Landmark, settings: ServerSettings
    ) -> None:
        """Ask `server`, whose headers are read by `rule`."""
        self.provider = server
        self._rule = rule
        self._mark = mark
        self._settings = settings
        self._chains: dict[str, HeaderChain] = {}
        self._transactions: dict[str, Transaction] = {}

    async def open(self) -> None:
        """Do nothing: the server connects when it is asked."""

    async def close(self) -> None:
        """Hang up."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block at `height`, whose header hashes to its hash and carries its work.

        Where hashes are opaque, the next header tells the hash. Raises ProviderError.
        """
        opaque = self._rule.form is Form.OPAQUE
        heights = [self._mark.height, height]
        if opaque:
            heights = [self._mark.height + 1, height, height + 1]
        told, *answers = await self.provider.many(
            [
                RpcRequest("blockchain.headers.subscribe", ()),
                *(RpcRequest("blockchain.block.header", (at,)) for at in heights),
            ],
            journal=journal,
        )
        tip = _member(told, "height")
        require_height(height + opaque, tip)
        landmark, *found = [parse_header(answer, self._rule) for answer in answers]
        require_landmark(self._mark, landmark.previous if opaque else landmark.hash)
        block_hash = found[1].previous if opaque else found[0].hash
        return Block(block_hash, found[0].time, tip)

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances of scripts, in coins of the network. Raises ProviderError.

        What does not fit together is read once more: a block may have come in between.
        """
        _, point, scripts = asked
        harvest = Harvest()
        left = list(scripts)
        for _ in range(1 + self._settings.rereads):
            try:
                amounts, failed = await self._attempt(point, left, journal)
            except WrongState as error:
                journal.append(f"{self.provider.label}: {error}")
                amounts, failed = {}, dict.fromkeys(left, error)
            harvest.amounts |= amounts
            harvest.failed |= failed
            left = [
                script
                for script, error in failed.items()
                if isinstance(error, WrongState | MalformedAnswer)
            ]
            if not left:
                break
            self._chains.pop(point.block_hash, None)
        for script in harvest.amounts:
            harvest.failed.pop(script, None)
        return harvest

    async def _attempt(
        self, point: SnapshotPoint, scripts: Sequence[bytes], journal: list[str]
    ) -> tuple[dict[bytes, int], dict[bytes, ProviderError]]:
        """Return balances and failures; raises WrongState when the chain changed meanwhile."""
        chain = self._chains.setdefault(
            point.block_hash,
            HeaderChain(
                self.provider,
                self._rule,
                point.height,
                point.block_hash,
                most=self._settings.most_headers,
            ),
        )
        # Other pieces may begin a new one meanwhile.
        known = self._transactions
        failed: dict[bytes, ProviderError] = {}
        accounts = await self._accounts(scripts, failed, journal)
        bad: dict[str, ProviderError] = {}
        await self._fetch(self._wanted(accounts, point.height, failed), known, bad, journal)
        second: set[str] = set()
        for account in accounts:
            if account.script not in failed and not self._hit(account, bad, failed):
                second |= wanted_next(account, known, point.height)
        await self._fetch(second, known, bad, journal)
        places = {
            (txid, at)
            for account in accounts
            if account.script not in failed
            for txid, at in account.history.items()
            if txid in known and at > UNCONFIRMED
        }
        await self._prove(places, chain, bad, journal)
        amounts: dict[bytes, int] = {}
        for account in accounts:
            if account.script in failed or self._hit(account, bad, failed):
                continue
            try:
                amounts[account.script] = balance(account, known, point.height)
            except ProviderError as error:
                failed[account.script] = error
        if not await chain.unmoved(journal):
            raise WrongState("the server's chain was reorganised while it was read")
        if len(amounts) + len(failed) != len(scripts):
            raise AssertionError("not every address was answered")
        if len(self._transactions) > _MOST_CACHED:
            self._transactions = {}
        return amounts, failed

    def _wanted(
        self, accounts: Sequence[Account], height: int, failed: dict[bytes, ProviderError]
    ) -> set[str]:
        """Return the transactions to fetch first; an account with too many ends in `failed`."""
        first: set[str] = set()
        for account in accounts:
            ids = wanted(account, height, whole_up_to=self._settings.whole_history)
            if len(ids) > self._settings.most_transactions:
                failed[account.script] = TooLarge(
                    f"{len(ids):,} transactions would have to be fetched for one address"
                )
            else:
                first |= ids
        return first

    def _hit(
        self,
        account: Account,
        bad: dict[str, ProviderError],
        failed: dict[bytes, ProviderError],
    ) -> bool:
        """Return whether a transaction of `account` is a bad one, which is then its failure."""
        for txid in account.history if bad else ():
            if txid in bad:
                failed[account.script] = bad[txid]
                return True
        return False

    async def _accounts(
        self,
        scripts: Sequence[bytes],
        failed: dict[bytes, ProviderError],
        journal: list[str],
    ) -> list[Account]:
        """Return what the server says of each script, those left out that end in `failed`."""
        names = [script_hash(script) for script in scripts]
        histories, unspent = await together(
            *(
                self.provider.many(
                    [RpcRequest(f"blockchain.scripthash.{method}", (name,)) for name in names],
                    journal=journal,
                    batch=self._settings.batch,
                )
                for method in ("get_history", "listunspent")
            )
        )
        accounts = []
        for script, history, coins in zip(scripts, histories, unspent, strict=True):
            try:
                accounts.append(Account(script, _history(history), _unspent(coins)))
            except ProviderError as error:
                failed[script] = error
        return accounts

    async def _fetch(
        self,
        ids: Iterable[str],
        known: dict[str, Transaction],
        bad: dict[str, ProviderError],
        journal: list[str],
    ) -> None:
        """Fetch the transactions that are not in `known` yet; rule 1."""
        missing = sorted(set(ids) - known.keys())
        answers = await self.provider.many(
            [RpcRequest("blockchain.transaction.get", (txid,)) for txid in missing],
            journal=journal,
            batch=self._settings.batch,
        )
        for txid, answer in zip(missing, answers, strict=True):
            try:
                transaction = parse(hex_bytes(answer))
                if transaction.txid != txid:
                    raise MalformedAnswer(f"another transaction was given for {txid}")
            except ProviderError as error:
                bad[txid] = error
            else:
                known[txid] = transaction

    async def _prove(
        self,
        places: set[tuple[str, int]],
        chain: HeaderChain,
        bad: dict[str, ProviderError],
        journal: list[str],
    ) -> None:
        """Check that each transaction is in the block at its height; rules 2 and 3."""
        missing = sorted(places - chain.proven)
        if not missing:
            return
        answers, roots = await both(
            self.provider.many(
                [RpcRequest("blockchain.transaction.get_merkle", place) for place in missing],
                journal=journal,
                batch=self._settings.batch,
            ),
            chain.roots({height for _, height in missing}, journal),
        )
        for (txid, height), answer in zip(missing, answers, strict=True):
            try:
                _require_proof(txid, height, answer, roots[height])
            except ProviderError as error:
                bad[txid] = error
            else:
                chain.proven.add((txid, height))


def script_hash(script: bytes) -> str:
    """Return the name under which Electrum servers know a script: SHA-256, bytes reversed.

    >>> script_hash(bytes.fromhex("76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac"))
    '8b01df4e368ea28f8dc0423bcf7a4923e3a12d307c875e47a0cfbf90b5c39161'
    """
    return hashlib.sha256(script).digest()[::-1].hex()


def _require_proof(txid: str, height: int, answer: object, merkle_root: str) -> None:
    if isinstance(answer, ProviderError):
        raise WrongState(f"transaction {txid} is not shown to be in block {height}: {answer}")
    branch = answer.get("merkle") if isinstance(answer, dict) else None
    if not isinstance(branch, list) or _member(answer, "block_height") != height:
        raise MalformedAnswer("a Merkle proof is of another block or no proof at all")
    require_in_block(txid, _member(answer, "pos"), branch, merkle_root)


def _member(answer: object, name: str) -> int:
    """Return an integer member of an answer. Raises ProviderError."""
    if isinstance(answer, ProviderError):
        raise answer
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedAnswer(f"an answer has no number {name!r}")
    return value


def _members(answer: object) -> list[object]:
    if isinstance(answer, ProviderError):
        raise answer
    if not isinstance(answer, list):
        raise MalformedAnswer("an answer is not a list")
    return answer


def _txid(item: object) -> str:
    text = item.get("tx_hash") if isinstance(item, dict) else None
    return hash_bytes(text)[::-1].hex()


def _history(answer: object) -> dict[str, int]:
    """Return transaction id -> height; 0 for what is in no block yet."""
    history: dict[str, int] = {}
    for item in _members(answer):
        txid, height = _txid(item), max(_member(item, "height"), UNCONFIRMED)
        if history.setdefault(txid, height) != height:
            raise WrongState(f"transaction {txid} is in the history at two heights")
    return history


def _unspent(answer: object) -> list[Unspent]:
    return [
        Unspent(
            Outpoint(_txid(item), _member(item, "tx_pos")),
            max(_member(item, "height"), UNCONFIRMED),
            _member(item, "value"),
        )
        for item in _members(answer)
    ]
