"""Finding out where a token keeps its balances, on the chain itself, at the block in question.

What balanceOf reads is asked of the node (eth_createAccessList); where it does not tell, every
known layout of the token's own storage is tried. A layout is believed only when proven words decode
to what balanceOf answered (`slots.is_enough`). It is remembered by token and code hash, and tested
again at every block: a proxy changes its layout without changing its code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Unproven
from chains.errors import ChainsError, ProviderError
from chains.evm.proof_answer import parse_access_list, parse_proof
from chains.evm.proof_file import layout_record
from chains.evm.proof_nodes import access_list_request, pieces, proof_request
from chains.evm.proofs import account_at
from chains.evm.slots import (
    Layout,
    fitting_bits,
    is_enough,
    layouts_in,
    layouts_touching,
    sample_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Keep
    from chains.evm.node import Node
    from chains.evm.proof_nodes import Anchor, ProofNodes

SLOTS_PER_PROOF = 500
"""Storage proofs in one eth_getProof: nodes accept 500 to 1,000 keys."""


class LayoutFinder:
    """Finds and remembers the layouts of tokens of one network."""

    def __init__(self, nodes: ProofNodes) -> None:
        """Nothing is known yet."""
        self._nodes = nodes
        self._layouts: dict[tuple[bytes, bytes], Layout] = {}
        """(token, its code hash) -> the layout it had."""

    async def find(
        self,
        at: Anchor,
        form: str,
        contract: bytes,
        readings: Mapping[bytes, int],
        keep: Keep,
    ) -> Layout | Unproven:
        """Return where the token keeps balances, tested on the readings at this block."""
        sample = sample_of(readings)
        if not sample:
            return Unproven(
                "no holder with a balance was read, so no slot can be told from another"
            )
        journal: list[str] = []
        for node in self._nodes.usable(at.block):
            try:
                code_hash = await self._code_hash(node, at, contract, journal)
                known = self._layouts.get((contract, code_hash))
                guesses = [known] if known is not None else []
                guesses += await self._guesses(node, at, contract, sample[0], journal)
                for guess in dict.fromkeys(guesses):
                    slots = [guess.slot(holder) for holder in sample]
                    words = await self._nodes.words(node, at, guess.store, slots, journal)
                    bits, fitting = fitting_bits(words, [readings[one] for one in sample])
                    if is_enough(fitting, len(sample)):
                        found = Layout(guess.store, guess.pattern, guess.place, bits)
                        self._layouts[contract, code_hash] = found
                        keep(layout_record(form, found, tested=len(sample), fitting=fitting))
                        return found
                journal.append(f"{node.label}: no known layout decodes to balanceOf")
            except ChainsError as error:
                self._nodes.note(node, error, at.block)
                journal.append(f"{node.label}: {error}")
        return self._nodes.why(at.block, journal)

    async def _code_hash(
        self, node: Node, at: Anchor, contract: bytes, journal: list[str]
    ) -> bytes:
        (answer,) = await self._nodes.ask(node, at.block, [proof_request(contract, ())], journal)
        proof = parse_proof(answer, ())
        return account_at(at.header.state_root, contract, proof.account, self._nodes.memo).code_hash

    async def _guesses(
        self,
        node: Node,
        at: Anchor,
        contract: bytes,
        holder: bytes,
        journal: list[str],
    ) -> list[Layout]:
        """Return the layouts worth testing: by what balanceOf reads, or else all of them."""
        try:
            (answer,) = await self._nodes.ask(
                node, at.block, [access_list_request(contract, holder)], journal
            )
            return layouts_touching(parse_access_list(answer), holder)
        except ProviderError:
            return await self._by_value(node, at, contract, holder, journal)

    async def _by_value(
        self,
        node: Node,
        at: Anchor,
        contract: bytes,
        holder: bytes,
        journal: list[str],
    ) -> list[Layout]:
        """Return the layouts of the token itself whose slot holds anything for `holder`."""
        guesses = layouts_in(contract)
        words: list[int] = []
        for piece in pieces(guesses, SLOTS_PER_PROOF):
            slots = [guess.slot(holder) for guess in piece]
            words += await self._nodes.words(node, at, contract, slots, journal)
        return [guess for guess, word in zip(guesses, words, strict=True) if word]
