"""A small Solana: slots, accounts, token accounts and transactions, with its whole past.

It speaks the JSON-RPC of Solana's public reference (https://solana.com/docs/rpc) and the two
methods of Helius' reference of historical accounts. Token accounts have their real bytes.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chains.adapter import HoldingForm
from chains.registry import Network
from chains.solana.addresses import canonical, encode
from chains.solana.balances import reader
from chains.solana.token_accounts import TOKEN, associated
from tests.fakes.http_fake import RpcFake, RpcRefusal
from tests.fakes.ledger_trials import Trial

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.fakes.account_history import Scene

SYSTEM = "11111111111111111111111111111111"
RENT = 2_039_280
"""Lamports of a token account."""


def named(name: str) -> bytes:
    """32 bytes in the place of a key."""
    return hashlib.sha256(name.encode()).digest()


MINT = named("mint")
GENESIS = encode(named("genesis"))


def vote(slot: int) -> str:
    """The first transaction of every block."""
    return encode(named(f"vote {slot}") * 2)


def block_hash(slot: int) -> str:
    return encode(named(f"block {slot}"))


@dataclass(frozen=True)
class Account:
    lamports: int
    program: str = SYSTEM
    mint: bytes = b""
    owner: bytes = b""
    amount: int = 0

    @property
    def data(self) -> bytes:
        if not self.owner:
            return b""
        amount = self.amount.to_bytes(8, "little")
        return (self.mint + self.owner + amount + bytes(36) + b"\x01" + bytes(56)).ljust(165, b"\0")


@dataclass(frozen=True)
class Transaction:
    slot: int
    signature: str
    before: Mapping[bytes, Account | None]
    after: Mapping[bytes, Account | None]
    is_failed: bool


@dataclass
class Ledger:
    tip: int = 1_000
    skipped: set[int] = field(default_factory=set)
    accounts: dict[bytes, Account] = field(default_factory=dict)
    transactions: list[Transaction] = field(default_factory=list)
    """In the order in which they happened."""
    states: list[tuple[int, dict[bytes, Account]]] = field(default_factory=lambda: [(0, {})])
    """Slot and everything from then on."""
    signed: dict[str, Transaction] = field(default_factory=dict)
    of: dict[str, list[Transaction]] = field(default_factory=dict)
    """The transactions that mention an address."""
    mint_program: str = TOKEN
    decimals: int = 6

    def send(
        self,
        slot: int,
        changes: Mapping[bytes, Account | None],
        *,
        mentions: Sequence[bytes] = (),
        is_failed: bool = False,
    ) -> Transaction:
        """Make accounts what they are said to be; None closes one."""
        before = {key: self.accounts.get(key) for key in (*changes, *mentions)}
        self.write(slot, changes)
        after = {key: self.accounts.get(key) for key in before}
        signature = encode(named(f"transaction {len(self.transactions)}") * 2)
        made = Transaction(slot, signature, before, after, is_failed)
        self.transactions.append(made)
        self.signed[signature] = made
        for key in before:
            self.of.setdefault(encode(key), []).append(made)
        return made

    def write(self, slot: int, changes: Mapping[bytes, Account | None]) -> None:
        """Change accounts without a transaction, as rewards do."""
        assert slot >= self.states[-1][0]
        for key, account in changes.items():
            if account is None:
                self.accounts.pop(key, None)
            else:
                self.accounts[key] = account
        self.states.append((slot, dict(self.accounts)))

    def pay(self, slot: int, key: bytes, lamports: int) -> Transaction:
        """Set what an account holds, by a transaction."""
        return self.send(slot, {key: Account(lamports)})

    def hold(
        self, slot: int, owner: bytes, amount: int | None, *, at: bytes | None = None
    ) -> Transaction:
        """Set what the owner's token account holds, or close it; a stranger pays."""
        key = self.associated(owner) if at is None else at
        account = None if amount is None else Account(RENT, self.mint_program, MINT, owner, amount)
        # Whoever closes an account signs for it; whoever receives does not.
        return self.send(slot, {key: account}, mentions=[owner] if amount is None else [])

    def associated(self, owner: bytes) -> bytes:
        return associated(owner, MINT, self.mint_program)

    def at(self, slot: int) -> dict[bytes, Account]:
        """Everything at the end of a slot."""
        return next(state for since, state in reversed(self.states) if since <= slot)

    def lamports(self, key: bytes, slot: int) -> int:
        account = self.at(slot).get(key)
        return account.lamports if account else 0

    def tokens(self, owner: bytes, slot: int) -> int:
        return sum(one.amount for one in self.at(slot).values() if one.owner == owner)

    def written(self, key: bytes, slot: int) -> int:
        """The slot of the last change of an account up to one."""
        last, value = 0, None
        for since, state in self.states:
            if since <= slot and state.get(key) != value:
                last, value = since, state.get(key)
        return last


class SolanaNode(RpcFake):
    """A node of a `Ledger`: honest, unless told otherwise."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger = ledger
        self.genesis = GENESIS
        self.first_available = 0
        self.archive_from: int | None = None
        """First slot of old states; None: such methods are not known."""
        self.archive_lies = False
        """Old states are answered with the present ones."""
        self.lag = 0
        """Slots that the accounts are behind."""
        self.dropped: set[str] = set()
        """Signatures that histories leave out."""
        self.forgotten: set[str] = set()
        """Signatures whose transactions are no longer kept."""
        self.pages_loop = False
        self.has_index = True
        """Whether it knows which transactions an address has; else it says that there are none."""
        self.knows_any_cursor = True
        """Whether a history may be entered at a transaction that is not of it."""
        self.missing_blocks: set[int] = set()
        self.most_in_a_batch = 0
        self.changed: dict[str, object] = {}
        """Method -> what it answers instead."""

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        said = super().answer(path, query, body)
        if self.most_in_a_batch and isinstance(said, list) and len(said) > self.most_in_a_batch:
            return {"jsonrpc": "2.0", "id": None, "error": {"code": 413, "message": "too large"}}
        return said

    def result(self, method: str, params: Any) -> object:  # noqa: ANN401
        if method in self.changed:
            return self.changed[method]
        answer = getattr(self, f"_{method}", None)
        if answer is None:
            raise RpcRefusal(-32601, "Method not found")
        return answer(*params)

    @property
    def slot(self) -> int:
        return self.ledger.tip - self.lag

    def _getGenesisHash(self) -> str:  # noqa: N802 (the name of the method)
        return self.genesis

    def _getSlot(self, config: dict[str, object]) -> int:  # noqa: N802
        assert config == {"commitment": "finalized"}
        return self.slot

    def _getFirstAvailableBlock(self) -> int:  # noqa: N802
        return self.first_available

    def _has(self, slot: int) -> bool:
        return (
            self.first_available <= slot <= self.slot
            and slot not in self.ledger.skipped | self.missing_blocks
        )

    def _getBlocks(self, first: int, last: int, _: object) -> list[int]:  # noqa: N802
        return [slot for slot in range(first, last + 1) if self._has(slot)]

    def _getBlock(self, slot: int, config: dict[str, object]) -> object:  # noqa: N802
        if slot < self.first_available:
            raise RpcRefusal(-32001, f"Block {slot} cleaned up, does not exist on node")
        if not self._has(slot):
            raise RpcRefusal(-32007, f"Slot {slot} was skipped, or missing")
        parents = [one for one in range(slot) if one not in self.ledger.skipped]
        parent = parents[-1] if parents else 0
        block: dict[str, object] = {
            "blockhash": block_hash(slot),
            "previousBlockhash": block_hash(parent),
            "parentSlot": parent,
            "blockTime": 1_700_000_000 + slot,
            "blockHeight": len(parents),
        }
        if config["transactionDetails"] == "signatures":
            block["signatures"] = [
                vote(slot),
                *(one.signature for one in self.ledger.transactions if one.slot == slot),
            ]
        return block

    def _context(self, config: dict[str, Any], value: object) -> object:
        if config.get("minContextSlot", 0) > self.ledger.tip:
            raise RpcRefusal(-32016, "Minimum context slot has not been reached")
        return {"context": {"slot": self.slot}, "value": value}

    def _account(self, key: str, account: Account | None, config: dict[str, Any]) -> object:
        data = account.data if account else b""
        if key == encode(MINT):
            account = account or Account(RENT, self.ledger.mint_program)
            data = (bytes(44) + bytes([self.ledger.decimals, 1])).ljust(82, b"\0")
        if account is None:
            return None
        if "dataSlice" in config:
            data = b""
        return {
            "lamports": account.lamports,
            "owner": account.program,
            "data": [base64.b64encode(data).decode(), "base64"],
            "executable": False,
            "rentEpoch": 2**64 - 1,
            "space": len(data),
        }

    def _getMultipleAccounts(self, keys: list[str], config: dict[str, Any]) -> object:  # noqa: N802
        assert len(keys) <= 100
        state = self.ledger.at(self.slot)
        return self._context(
            config, [self._account(key, state.get(canonical(key, {})), config) for key in keys]
        )

    def _held(self, state: Mapping[bytes, Account], owner: str) -> list[tuple[bytes, Account]]:
        asked = canonical(owner, {})
        return [(key, one) for key, one in state.items() if one.owner == asked]

    def _getTokenAccountsByOwner(  # noqa: N802
        self, owner: str, chosen: dict[str, str], config: dict[str, Any]
    ) -> object:
        assert chosen == {"mint": encode(MINT)}
        found = self._held(self.ledger.at(self.slot), owner)
        return self._context(
            config,
            [
                {"pubkey": encode(key), "account": self._account(encode(key), one, config)}
                for key, one in found
            ],
        )

    def _getSignaturesForAddress(self, key: str, config: dict[str, Any]) -> object:  # noqa: N802
        if not self.has_index:
            return []
        if key == TOKEN:
            return [{"signature": encode(named("newest") * 2), "slot": self.slot}]
        found = [
            one
            for one in reversed(self.ledger.of.get(key, []))
            if one.signature not in self.dropped and one.slot >= self.first_available
        ]
        before = config.get("before")
        if before and not self.pages_loop:
            at = [at for at, one in enumerate(found) if one.signature == before]
            if at:
                found = found[at[0] + 1 :]
            elif self.knows_any_cursor:
                votes = {vote(slot): slot for slot in range(self.ledger.tip)}
                found = [one for one in found if one.slot < votes.get(before, 0)]
            else:
                found = []
        return [
            {
                "signature": one.signature,
                "slot": one.slot,
                "err": {"InstructionError": [0, {"Custom": 1}]} if one.is_failed else None,
                "memo": None,
                "blockTime": 1_700_000_000 + one.slot,
                "confirmationStatus": "finalized",
            }
            for one in found[: config["limit"]]
        ]

    def _getTransaction(self, signature: str, _: object) -> object:  # noqa: N802
        one = self.ledger.signed.get(signature)
        if one is None or signature in self.forgotten:
            return None
        keys = list(one.before)
        # The last one is named through a lookup table, as in transactions of version 0.
        own, loaded = keys[:-1] or keys, keys[len(keys[:-1] or keys) :]

        def tokens(state: Mapping[bytes, Account | None]) -> list[object]:
            return [
                {
                    "accountIndex": at,
                    "mint": encode(held.mint),
                    "owner": encode(held.owner),
                    "programId": held.program,
                    "uiTokenAmount": {
                        "amount": str(held.amount),
                        "decimals": 6,
                        "uiAmount": held.amount / 10**6,
                        "uiAmountString": f"{held.amount / 10**6:f}",
                    },
                }
                for at, key in enumerate(keys)
                if (held := state[key]) and held.owner
            ]

        def lamports(state: Mapping[bytes, Account | None]) -> list[int]:
            return [held.lamports if (held := state[key]) else 0 for key in keys]

        return {
            "slot": one.slot,
            "transaction": {
                "signatures": [one.signature],
                "message": {"accountKeys": [encode(key) for key in own]},
            },
            "meta": {
                "err": {"InstructionError": [0, {"Custom": 1}]} if one.is_failed else None,
                "fee": 5_000,
                "preBalances": lamports(one.before),
                "postBalances": lamports(one.after),
                "preTokenBalances": tokens(one.before),
                "postTokenBalances": tokens(one.after),
                "loadedAddresses": {"writable": [encode(key) for key in loaded], "readonly": []},
            },
        }

    # --- old states

    def _old(self, slot: int) -> dict[bytes, Account]:
        if self.archive_from is None:
            raise RpcRefusal(-32601, "Method not found")
        if slot < self.archive_from:
            raise RpcRefusal(-32018, f"Historical data is not available before {self.archive_from}")
        return self.ledger.at(self.ledger.tip if self.archive_lies else slot)

    def _old_account(self, key: bytes, one: Account, slot: int, config: dict[str, Any]) -> object:
        told: Any = self._account(encode(key), one, config)
        until = self.ledger.tip if self.archive_lies else slot
        return told | {"lastUpdatedAt": {"slot": self.ledger.written(key, until)}}

    def _getHistoricalAccountInfo(  # noqa: N802
        self, key: str, at: dict[str, int], config: dict[str, Any]
    ) -> object:
        state = self._old(at["slot"])
        found = [
            self._old_account(name, one, at["slot"], config)
            for name, one in state.items()
            if encode(name) == key
        ]
        return self._context({}, found[0] if found else None)

    def _getHistoricalTokenAccountsByOwner(  # noqa: N802
        self, owner: str, at: dict[str, int], config: dict[str, Any]
    ) -> object:
        found = self._held(self._old(at["slot"]), owner)
        listed = [
            {"pubkey": encode(key), "account": self._old_account(key, one, at["slot"], config)}
            for key, one in found
        ]
        return self._context({}, {"accounts": listed, "paginationKey": None})


def account(number: int) -> bytes:
    return named(f"account {number}")


NETWORK = Network(
    "solana", "Solana", "solana", "SOL", 9,
    finality="finalized", options={"genesis_hash": GENESIS},
)  # fmt: skip
COIN = HoldingForm("SOL@solana", "SOL", "solana", None, 9, ())


TOKEN_FORM = HoldingForm("USDT@solana", "USDT", "solana", encode(MINT), 6, ())


def trial(scene: Scene, *, is_token: bool = False) -> Trial:
    """See `tests.fakes.ledger_trials`. No old state is ever asked for, so none can be stale."""
    history = scene.history
    made = Ledger(tip=history.tip)
    before: dict[bytes, int] = {}
    for at, state in enumerate(history.states):
        for one in sorted(before.keys() | state.keys()):
            amount = state.get(one)
            if amount == before.get(one):
                continue
            if is_token:
                made.hold(history.first + at, one, amount)
            else:
                lamports = None if amount is None else Account(amount)
                made.send(history.first + at, {one: lamports})
        before = state
    node = SolanaNode(made)

    def be_foreign() -> None:
        node.genesis = block_hash(0)

    def prune() -> None:
        node.first_available = history.tip

    def fall_behind() -> None:
        made.tip = scene.height - 1

    form = TOKEN_FORM if is_token else COIN
    return Trial(scene, node, NETWORK, form, reader, be_foreign, prune, fall_behind=fall_behind)


def token_trial(scene: Scene) -> Trial:
    """The same for tokens in associated accounts."""
    return trial(scene, is_token=True)
