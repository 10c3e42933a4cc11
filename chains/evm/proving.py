"""Balances proven against the block hash: eth_getProof, checked by `proofs`, from any endpoint.

What must hold of an account that is answered with `Proven`:

1. The header that a node described hashes to the pinned block hash (`headers`).
2. The proof of the account, or of the store and the slot, checks against that header's state root.
3. For a token, the slot is the balance: its layout decodes to balanceOf for enough holders (`slots`).
4. Where the proven word contradicts what was read, balanceOf of this very holder reads that slot, or
   a node's balanceOf answers the proven balance: some tokens keep a few holders elsewhere.

A proof that does not check says nothing about the balance, nor about the node's honesty: pruned
nodes and broken proof servers give such proofs too. The next node is asked; in the end the account
is `Unproven`, with the reason.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from chains.adapter import Proven, Unproven
from chains.errors import ChainsError, Incapable, ProviderError, TimedOut, TooLarge, WrongState
from chains.evm.headers import Header, header_of
from chains.evm.hexadecimal import quantity, written
from chains.evm.proof_answer import parse_access_list, parse_proof
from chains.evm.proof_file import balance_record, block_record, layout_record, node_record
from chains.evm.proofs import ProofError, TrieMemo, account_at, storage_at
from chains.evm.slots import (
    Layout,
    balance_in,
    fitting_bits,
    is_enough,
    layouts_in,
    layouts_touching,
    sample_of,
)
from chains.transport.json_rpc import RpcRequest

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from chains.adapter import Keep
    from chains.evm.blocks import Block
    from chains.evm.node import Node
    from chains.evm.panel import Panel

ACCOUNTS_PER_BATCH = 100
"""Account proofs in one batch: about 4 KB each on a large ledger, twice that in hexadecimal."""

SLOTS_PER_PROOF = 500
"""Storage proofs in one eth_getProof: nodes accept 500 to 1,000 keys."""

AT_ONCE = 4
"""Requests for proofs under way at the same time."""

_BALANCE_OF = "0x70a08231"

Answer = tuple[bytes, Proven | Unproven]
Item = TypeVar("Item")


class Prover:
    """Proves balances of one network. One per reader: what it learns is used again."""

    def __init__(self, network: str, panel: Panel) -> None:
        """Ask the nodes of `panel`, which must be open by then."""
        self._network = network
        self._panel = panel
        self._memo = TrieMemo()
        self._headers: dict[bytes, Header] = {}
        self._layouts: dict[tuple[bytes, bytes], Layout] = {}
        """(token, its code hash) -> the layout it had."""
        self._refused: dict[tuple[str, bytes], ProviderError] = {}
        """(node, block hash) -> why this node gives no proofs there."""

    async def native(
        self, block: Block, form: str, chosen: Sequence[bytes], keep: Keep
    ) -> AsyncGenerator[list[Answer], None]:
        """Yield what proofs show of native balances; together every one of `chosen` once."""
        header = await self._header(block, keep)
        if isinstance(header, Unproven):
            yield [(account, header) for account in chosen]
            return
        pieces = _pieces(chosen, ACCOUNTS_PER_BATCH)
        for group in _pieces(pieces, AT_ONCE):
            async with asyncio.TaskGroup() as tasks:
                running = [
                    tasks.create_task(self._native_piece(block, header, form, piece, keep))
                    for piece in group
                ]
            for task in running:
                yield task.result()

    async def _native_piece(
        self, block: Block, header: Header, form: str, accounts: Sequence[bytes], keep: Keep
    ) -> list[Answer]:
        found: dict[bytes, Answer] = {}
        journal: list[str] = []
        left = list(accounts)
        for node in self._nodes(block):
            if not left:
                break
            try:
                answers = await self._ask(
                    node, block, [_proof_request(one, ()) for one in left], journal
                )
            except ChainsError as error:
                self._note(node, error, block)
                continue
            for account, answer in zip(list(left), answers, strict=True):
                try:
                    proof = parse_proof(answer, ())
                    shown = account_at(header.state_root, account, proof.account, self._memo)
                except ChainsError as error:
                    journal.append(f"{node.label}: {error}")
                    continue
                _keep_nodes(keep, proof.account)
                keep(
                    balance_record(
                        self._network, form, header, account, shown.balance, layout=None
                    )
                )
                found[account] = (account, Proven(shown.balance, node.label))
            left = [account for account in left if account not in found]
        why = self._why(block, journal)
        return [found.get(account, (account, why)) for account in accounts]

    async def token(
        self,
        block: Block,
        form: str,
        contract: bytes,
        readings: Mapping[bytes, int],
        chosen: Sequence[bytes],
        keep: Keep,
    ) -> AsyncGenerator[list[Answer], None]:
        """Yield what proofs show of token balances; together every one of `chosen` once."""
        header = await self._header(block, keep)
        if isinstance(header, Unproven):
            yield [(account, header) for account in chosen]
            return
        layout = await self._layout(block, header, form, contract, dict(readings), keep)
        if isinstance(layout, Unproven):
            yield [(account, layout) for account in chosen]
            return
        work = _TokenWork(self, block, header, form, contract, layout, keep)
        for piece in _pieces(chosen, SLOTS_PER_PROOF):
            yield await work.piece(piece, readings)

    async def _header(self, block: Block, keep: Keep) -> Header | Unproven:
        """Return the header of `block`, from whichever node describes it so that it hashes."""
        known = self._headers.get(block.hash)
        if known is not None:
            return known
        journal: list[str] = []
        for node in self._nodes(block):
            try:
                described = await node.endpoint.one(
                    "eth_getBlockByHash",
                    (written(block.hash), False),
                    journal=journal,
                )
                header = header_of(described, block.hash)
            except ChainsError as error:
                journal.append(f"{node.label}: {error}")
                continue
            self._headers[block.hash] = header
            keep(block_record(self._network, header))
            return header
        return self._why(block, journal)

    async def _layout(
        self,
        block: Block,
        header: Header,
        form: str,
        contract: bytes,
        readings: dict[bytes, int],
        keep: Keep,
    ) -> Layout | Unproven:
        """Return where the token keeps balances, tested on the readings at this block."""
        sample = sample_of(readings)
        if not sample:
            return Unproven("no holder with a balance was read, so no slot can be told from another")
        journal: list[str] = []
        for node in self._nodes(block):
            try:
                code_hash = await self._code_hash(node, block, header, contract, journal)
                known = self._layouts.get((contract, code_hash))
                guesses = [known] if known is not None else []
                guesses += await self._guesses(node, block, contract, sample[0], journal)
                for guess in dict.fromkeys(guesses):
                    words = await self._words(node, block, header, guess, sample, journal)
                    bits, fitting = fitting_bits(words, [readings[one] for one in sample])
                    if is_enough(fitting, len(sample)):
                        found = Layout(guess.store, guess.pattern, guess.place, bits)
                        self._layouts[contract, code_hash] = found
                        keep(layout_record(form, found, tested=len(sample), fitting=fitting))
                        return found
                journal.append(f"{node.label}: no known layout decodes to balanceOf")
            except ChainsError as error:
                self._note(node, error, block)
                journal.append(f"{node.label}: {error}")
        return self._why(block, journal)

    async def _code_hash(
        self, node: Node, block: Block, header: Header, contract: bytes, journal: list[str]
    ) -> bytes:
        (answer,) = await self._ask(node, block, [_proof_request(contract, ())], journal)
        proof = parse_proof(answer, ())
        return account_at(header.state_root, contract, proof.account, self._memo).code_hash

    async def _guesses(
        self, node: Node, block: Block, contract: bytes, holder: bytes, journal: list[str]
    ) -> list[Layout]:
        """Return the layouts worth testing: by what balanceOf reads, or else all of them."""
        try:
            (answer,) = await self._ask(
                node, block, [_access_list_request(contract, holder)], journal
            )
            return layouts_touching(parse_access_list(answer), holder)
        except (Incapable, ProviderError):
            return await self._by_value(node, block, contract, holder, journal)

    async def _by_value(
        self, node: Node, block: Block, contract: bytes, holder: bytes, journal: list[str]
    ) -> list[Layout]:
        """Return the layouts of the token itself whose slot holds anything for `holder`."""
        header = self._headers[block.hash]
        guesses = layouts_in(contract)
        words: list[int] = []
        for piece in _pieces(guesses, SLOTS_PER_PROOF):
            slots = [guess.slot(holder) for guess in piece]
            words += await self._slots(node, block, header, contract, slots, journal)
        return [guess for guess, word in zip(guesses, words, strict=True) if word]

    async def _words(
        self,
        node: Node,
        block: Block,
        header: Header,
        layout: Layout,
        holders: Sequence[bytes],
        journal: list[str],
    ) -> list[int]:
        slots = [layout.slot(holder) for holder in holders]
        return await self._slots(node, block, header, layout.store, slots, journal)

    async def _slots(
        self,
        node: Node,
        block: Block,
        header: Header,
        store: bytes,
        slots: Sequence[bytes],
        journal: list[str],
    ) -> list[int]:
        """Return the proven words of a store's slots, in order. Raises ChainsError."""
        (answer,) = await self._ask(node, block, [_proof_request(store, slots)], journal)
        proof = parse_proof(answer, slots)
        account = account_at(header.state_root, store, proof.account, self._memo)
        return [
            storage_at(account.storage_root, slot, proof.storage[slot], self._memo)
            for slot in slots
        ]

    async def _ask(
        self, node: Node, block: Block, requests: Sequence[RpcRequest], journal: list[str]
    ) -> list[object]:
        """Return the results of `requests`, in order. Raises the first of them that is an error."""
        values = await node.ask(block, requests, journal)
        for value in values:
            if isinstance(value, ChainsError):
                raise value
        return values

    def _nodes(self, block: Block) -> list[Node]:
        return [
            node
            for node in self._panel.usable(block)
            if (node.label, block.hash) not in self._refused
        ]

    def _note(self, node: Node, error: ChainsError, block: Block) -> None:
        """Remember what keeps a node from giving proofs; it may still read balances."""
        if isinstance(error, WrongState):
            self._panel.note(node, error, block)
        elif isinstance(error, Incapable):
            self._refused[node.label, block.hash] = error

    def _why(self, block: Block, journal: Sequence[str]) -> Unproven:
        """Return why no node gave a proof: the last line of the journal, or an earlier refusal."""
        if journal:
            return Unproven(journal[-1])
        refusals = [
            f"{label}: {error}" for (label, at), error in self._refused.items() if at == block.hash
        ]
        return Unproven(refusals[-1] if refusals else "no endpoint is left to give a proof")


class _TokenWork:
    """Proofs of one token at one block, once its layout is known."""

    def __init__(
        self,
        prover: Prover,
        block: Block,
        header: Header,
        form: str,
        contract: bytes,
        layout: Layout,
        keep: Keep,
    ) -> None:
        self._prover = prover
        self._block = block
        self._header = header
        self._form = form
        self._contract = contract
        self._layout = layout
        self._keep = keep

    async def piece(
        self, holders: Sequence[bytes], readings: Mapping[bytes, int]
    ) -> list[Answer]:
        """Return one answer per holder, in order, from one request per node, or smaller ones."""
        found: dict[bytes, Answer] = {}
        journal: list[str] = []
        for node in self._prover._nodes(self._block):
            left = [holder for holder in holders if holder not in found]
            if not left:
                break
            await self._from_node(node, left, readings, found, journal)
        why = self._prover._why(self._block, journal)
        return [found.get(holder, (holder, why)) for holder in holders]

    async def _from_node(
        self,
        node: Node,
        holders: Sequence[bytes],
        readings: Mapping[bytes, int],
        found: dict[bytes, Answer],
        journal: list[str],
    ) -> None:
        stack = [list(holders)]
        while stack:
            some = stack.pop()
            slots = [self._layout.slot(holder) for holder in some]
            try:
                (answer,) = await self._prover._ask(
                    node, self._block, [_proof_request(self._layout.store, slots)], journal
                )
                proof = parse_proof(answer, slots)
                store = account_at(
                    self._header.state_root, self._layout.store, proof.account, self._prover._memo
                )
            except (TooLarge, TimedOut) as error:
                if len(some) == 1:
                    journal.append(f"{node.label}: {error}")
                    return
                middle = len(some) // 2
                stack += [some[middle:], some[:middle]]
                continue
            except ChainsError as error:
                self._prover._note(node, error, self._block)
                journal.append(f"{node.label}: {error}")
                return
            _keep_nodes(self._keep, proof.account)
            for holder, slot in zip(some, slots, strict=True):
                nodes = proof.storage[slot]
                try:
                    word = storage_at(store.storage_root, slot, nodes, self._prover._memo)
                    found[holder] = await self._judge(node, holder, word, readings[holder], nodes)
                except ProofError as error:
                    journal.append(f"{node.label}: {error}")

    async def _judge(
        self, node: Node, holder: bytes, word: int, read: int, nodes: list[bytes]
    ) -> Answer:
        held = balance_in(word, self._layout, read)
        if held is None:
            return holder, Unproven(
                f"the proven word {word:#x} has bit 255 set and is not what was read beside it"
            )
        balance, bits = held
        if balance != read and not await self._is_read_there(holder, balance):
            return holder, Unproven(
                f"the proven word says {balance}, but balanceOf of this holder reads elsewhere"
            )
        layout = self._layout
        _keep_nodes(self._keep, nodes)
        self._keep(
            balance_record(
                self._prover._network, self._form, self._header, holder, balance,
                Layout(layout.store, layout.pattern, layout.place, bits),
            )
        )  # fmt: skip
        return holder, Proven(balance, node.label)

    async def _is_read_there(self, holder: bytes, balance: int) -> bool:
        """Return whether the chain's own balanceOf of `holder` speaks for the proven word; 4."""
        slot = self._layout.slot(holder)
        call = {"to": written(self._contract), "data": _balance_of(holder)}
        for node in self._prover._nodes(self._block):
            journal: list[str] = []
            try:
                answer, touched = await node.ask(
                    self._block,
                    [
                        RpcRequest("eth_call", (call,)),
                        _access_list_request(self._contract, holder),
                    ],
                    journal,
                )
                if isinstance(answer, str) and quantity(answer) == balance:
                    return True
                if isinstance(touched, dict) and (self._layout.store, slot) in parse_access_list(
                    touched
                ):
                    return True
            except ChainsError:
                continue  # this node cannot say; another may
        return False


def _proof_request(account: bytes, slots: Sequence[bytes]) -> RpcRequest:
    return RpcRequest("eth_getProof", (written(account), [written(slot) for slot in slots]))


def _access_list_request(contract: bytes, holder: bytes) -> RpcRequest:
    call = {"to": written(contract), "data": _balance_of(holder)}
    return RpcRequest("eth_createAccessList", (call,))


def _balance_of(holder: bytes) -> str:
    return _BALANCE_OF + holder.rjust(32, b"\0").hex()


def _keep_nodes(keep: Keep, nodes: Sequence[bytes]) -> None:
    for raw in nodes:
        keep(node_record(raw))


def _pieces(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    return [items[at : at + size] for at in range(0, len(items), size)]
