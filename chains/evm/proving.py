"""Balances proven against the block hash: eth_getProof, checked by `proofs`, from any endpoint.

What must hold of an account that is answered with `Proven`:

1. The header that a node described hashes to the pinned block hash (`headers`).
2. The proof of the account, or of the store and the slot, checks against that header's state root.
3. For a token, the slot is the balance: its layout decodes to balanceOf for enough holders
   (`slots`).
4. Where the proven word contradicts what was read, balanceOf of this very holder reads that slot,
   or a node's balanceOf answers the proven balance: some tokens keep a few holders elsewhere.

A proof that does not check says nothing about the balance, nor about the node's honesty: pruned
nodes and broken proof servers give such proofs too. The next node is asked; in the end the account
is `Unproven`, with the reason.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from chains.adapter import Proven, Unproven
from chains.errors import ChainsError, TimedOut, TooLarge
from chains.evm.hexadecimal import quantity, written
from chains.evm.proof_answer import parse_access_list, parse_proof
from chains.evm.proof_file import balance_record
from chains.evm.proof_nodes import (
    Anchor,
    ProofNodes,
    access_list_request,
    balance_of,
    halves,
    keep_nodes,
    may_be_less,
    pieces,
    proof_request,
)
from chains.evm.proofs import ProofError, account_at, storage_at
from chains.evm.slot_discovery import SLOTS_PER_PROOF, LayoutFinder
from chains.evm.slots import Layout, balance_in
from chains.transport.json_rpc import RpcRequest

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from chains.adapter import Keep
    from chains.evm.blocks import Block
    from chains.evm.node import Node
    from chains.evm.panel import Panel

ACCOUNTS_PER_BATCH = 100
"""Account proofs in one batch: about 4 KB each on a large ledger, twice that in hexadecimal."""

AT_ONCE = 4
"""Requests for proofs under way at the same time."""

Answer = tuple[bytes, Proven | Unproven]


class Prover:
    """Proves balances of one network. One per reader: what it learns is used again."""

    def __init__(self, network: str, panel: Panel) -> None:
        """Ask the nodes of `panel`, which must be open by then."""
        self._nodes = ProofNodes(network, panel)
        self._layouts = LayoutFinder(self._nodes)

    async def anchor(self, block: Block, keep: Keep) -> Anchor | Unproven:
        """Return `block` with its header, which is kept, or why there is none."""
        return await self._nodes.anchor(block, keep)

    async def native(
        self, block: Block, form: str, chosen: Sequence[bytes], keep: Keep
    ) -> AsyncGenerator[list[Answer], None]:
        """Yield what proofs show of native balances; together every one of `chosen` once."""
        at = await self._nodes.anchor(block, keep)
        if isinstance(at, Unproven):
            yield [(account, at) for account in chosen]
            return
        for group in pieces(pieces(chosen, ACCOUNTS_PER_BATCH), AT_ONCE):
            async with asyncio.TaskGroup() as tasks:
                running = [
                    tasks.create_task(self._native_piece(at, form, piece, keep)) for piece in group
                ]
            for task in running:
                yield task.result()

    async def _native_piece(
        self, at: Anchor, form: str, accounts: Sequence[bytes], keep: Keep
    ) -> list[Answer]:
        found: dict[bytes, Answer] = {}
        journal: list[str] = []
        for node in self._nodes.usable(at.block):
            stack = [[account for account in accounts if account not in found]]
            while stack and (some := stack.pop()):
                try:
                    answers = await node.ask(
                        at.block, [proof_request(one, ()) for one in some], journal
                    )
                except ChainsError as error:
                    if isinstance(error, TimedOut) and may_be_less(node, some):
                        stack += halves(some)
                        continue
                    self._nodes.note(node, error, at.block)
                    journal.append(f"{node.label}: {error}")
                    break
                for account, answer in zip(some, answers, strict=True):
                    try:
                        shown = self._native_shown(at, form, account, answer, keep)
                    except ChainsError as error:
                        self._nodes.note(node, error, at.block)
                        journal.append(f"{node.label}: {error}")
                    else:
                        found[account] = (account, Proven(shown, node.label))
        why = self._nodes.why(at.block, journal)
        return [found.get(account, (account, why)) for account in accounts]

    def _native_shown(
        self, at: Anchor, form: str, account: bytes, answer: object, keep: Keep
    ) -> int:
        """Return the balance that a node's `answer` proves, and keep the proof.

        Raises ChainsError; `answer` itself if it is one.
        """
        if isinstance(answer, ChainsError):
            raise answer
        nodes = parse_proof(answer, ()).account
        shown = account_at(at.header.state_root, account, nodes, self._nodes.memo).balance
        keep_nodes(keep, nodes)
        keep(
            balance_record(
                self._nodes.network, form, at.header, account=account, amount=shown, layout=None
            )
        )
        return shown

    async def token(
        self,
        block: Block,
        form: str,
        contract: bytes,
        *,
        readings: Mapping[bytes, int],
        chosen: Sequence[bytes],
        keep: Keep,
        sample: Mapping[bytes, int] | None = None,
    ) -> AsyncGenerator[list[Answer], None]:
        """Yield what proofs show of token balances; together every one of `chosen` once.

        The layout is tested on `sample`, or else on all of `readings`.
        """
        at = await self._nodes.anchor(block, keep)
        if isinstance(at, Unproven):
            yield [(account, at) for account in chosen]
            return
        known = readings if sample is None else sample
        layout = await self._layouts.find(at, form, contract, known, keep)
        if isinstance(layout, Unproven):
            yield [(account, layout) for account in chosen]
            return
        work = _TokenWork(self._nodes, at, form=form, contract=contract, layout=layout, keep=keep)
        for piece in pieces(chosen, SLOTS_PER_PROOF):
            yield await work.piece(piece, readings)


class _TokenWork:
    """Proofs of one token at one block, once its layout is known."""

    def __init__(
        self,
        nodes: ProofNodes,
        at: Anchor,
        *,
        form: str,
        contract: bytes,
        layout: Layout,
        keep: Keep,
    ) -> None:
        self._nodes = nodes
        self._block = at.block
        self._header = at.header
        self._form = form
        self._contract = contract
        self._layout = layout
        self._keep = keep

    async def piece(self, holders: Sequence[bytes], readings: Mapping[bytes, int]) -> list[Answer]:
        """Return one answer per holder, in order, from one request per node, or smaller ones."""
        found: dict[bytes, Answer] = {}
        journal: list[str] = []
        for node in self._nodes.usable(self._block):
            left = [holder for holder in holders if holder not in found]
            if not left:
                break
            await self._from_node(node, left, readings, found, journal)
        why = self._nodes.why(self._block, journal)
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
                (answer,) = await self._nodes.ask(
                    node, self._block, [proof_request(self._layout.store, slots)], journal
                )
                proof = parse_proof(answer, slots)
                store = account_at(
                    self._header.state_root, self._layout.store, proof.account, self._nodes.memo
                )
            except ChainsError as error:
                if isinstance(error, TooLarge | TimedOut) and may_be_less(node, some):
                    stack += halves(some)
                    continue
                self._nodes.note(node, error, self._block)
                journal.append(f"{node.label}: {error}")
                return
            keep_nodes(self._keep, proof.account)
            for holder, slot in zip(some, slots, strict=True):
                nodes = proof.storage[slot]
                try:
                    word = storage_at(store.storage_root, slot, nodes, self._nodes.memo)
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
        keep_nodes(self._keep, nodes)
        self._keep(
            balance_record(
                self._nodes.network,
                self._form,
                self._header,
                account=holder,
                amount=balance,
                layout=Layout(layout.store, layout.pattern, layout.place, bits),
            )
        )
        return holder, Proven(balance, node.label)

    async def _is_read_there(self, holder: bytes, balance: int) -> bool:
        """Return whether the chain's own balanceOf of `holder` speaks for the proven word; 4."""
        slot = self._layout.slot(holder)
        call = {"to": written(self._contract), "data": balance_of(holder)}
        for node in self._nodes.usable(self._block):
            journal: list[str] = []
            try:
                answer, touched = await node.ask(
                    self._block,
                    [
                        RpcRequest("eth_call", (call,)),
                        access_list_request(self._contract, holder),
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
