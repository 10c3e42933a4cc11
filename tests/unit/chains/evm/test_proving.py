from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from chains.adapter import Proven, Unproven
from chains.errors import TimedOut, TooLarge, WrongState
from chains.evm.proof_file import end_record, start_record, verify_proof_file
from chains.evm.proving import ACCOUNTS_PER_BATCH, Prover
from tests.fakes.evm_scene import account
from tests.fakes.proof_chain import TOKEN, ProofChain, ProofNode, no_method, panel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HELD = {account(n): 10**9 + n for n in range(250)}
CHAIN = ProofChain(native=HELD, words=HELD)
Found = dict[bytes, Proven | Unproven]


class Book:
    def __init__(self) -> None:
        self.lines: dict[bytes, None] = {}

    def keep(self, record: Mapping[str, str | int | None]) -> None:
        self.lines[msgspec.json.encode(record)] = None

    def problems(self) -> set[str]:
        count = sum(b'"kind":"balance"' in line for line in self.lines)
        ends = [msgspec.json.encode(end_record(count))]
        whole = [msgspec.json.encode(start_record()), *self.lines, *ends]
        return {line.problem for line in verify_proof_file(whole)}


async def native(
    nodes: Sequence[ProofNode], chosen: Sequence[bytes], book: Book | None = None
) -> Found:
    found: Found = {}
    prover = Prover("ethereum", panel(*nodes))
    keep = (book or Book()).keep
    async for batch in prover.native(nodes[0].chain.block, "ETH@ethereum", chosen, keep):
        assert not found.keys() & dict(batch).keys()
        found.update(batch)
    assert set(found) == set(chosen)
    return found


async def token(
    nodes: Sequence[ProofNode],
    readings: Mapping[bytes, int],
    chosen: Sequence[bytes] | None = None,
    book: Book | None = None,
) -> Found:
    found: Found = {}
    prover = Prover("ethereum", panel(*nodes))
    batches = prover.token(
        nodes[0].chain.block, "USDT@ethereum", TOKEN, readings=readings,
        chosen=list(readings) if chosen is None else chosen, keep=(book or Book()).keep,
    )  # fmt: skip
    async for batch in batches:
        found.update(batch)
    return found


def shown(found: Found) -> dict[bytes, int]:
    return {key: proof.amount for key, proof in found.items() if isinstance(proof, Proven)}


def reasons(found: Found) -> set[str]:
    return {proof.detail for proof in found.values() if isinstance(proof, Unproven)}


async def test_native_balances_in_batches_and_absent_accounts() -> None:
    node, book = ProofNode(CHAIN), Book()
    everyone = [*HELD, account(999)]
    found = await native([node], everyone, book)
    assert shown(found) == {**HELD, account(999): 0}
    assert len(node.asked) == len(everyone) > 2 * ACCOUNTS_PER_BATCH
    assert book.problems() == {""}


async def test_many_slots_of_a_token_go_into_one_request() -> None:
    node, book = ProofNode(CHAIN), Book()
    found = await token([node], HELD, book=book)
    assert shown(found) == HELD
    proofs = [request for request in node.asked if request.method == "eth_getProof"]
    # the token's code hash, the layout on 40 holders, and then all of them at once
    assert [len(request.params[1]) for request in proofs] == [0, 40, 250]  # type: ignore[arg-type]
    assert book.problems() == {""}


async def test_a_node_with_fewer_slots_a_request_is_asked_in_halves() -> None:
    found = await token([ProofNode(CHAIN, most_slots=64)], HELD)
    assert shown(found) == HELD
    found = await token([ProofNode(CHAIN, most_slots=40)], HELD, [account(1)])
    assert shown(found) == {account(1): HELD[account(1)]}


async def test_without_access_lists_all_known_layouts_are_tried() -> None:
    node = ProofNode(CHAIN, errors={"eth_createAccessList": no_method()})
    assert shown(await token([node], HELD)) == HELD


async def test_no_proofs_at_all_leaves_everything_unproven_with_the_reason() -> None:
    node = ProofNode(CHAIN, errors={"eth_getProof": no_method("proofs are off")})
    assert reasons(await native([node], list(HELD))) == {"http://node: proofs are off"}
    assert reasons(await token([node], HELD)) == {"http://node: proofs are off"}
    other = ProofNode(CHAIN, "http://other")
    assert shown(await native([node, other], list(HELD))) == HELD
    assert shown(await token([node, other], HELD)) == HELD


async def test_an_unknown_header_is_reported_as_such() -> None:
    def change(method: str, result: Any) -> Any:  # noqa: ANN401 (JSON)
        return {**result, "gasUsed": "0x9"} if method == "eth_getBlockByHash" else result

    (why,) = reasons(await native([ProofNode(CHAIN, change=change)], [account(1)]))
    assert "layout that is not known" in why


@pytest.mark.parametrize("place", [0, -1])
async def test_one_damaged_proof_is_made_good_by_the_next_node(place: int) -> None:
    def change(method: str, result: Any) -> Any:  # noqa: ANN401 (JSON)
        if method == "eth_getProof":
            result["accountProof"][place] = "0xc0"
        return result

    liar = ProofNode(CHAIN, "http://liar", change=change)
    found = await native([liar, ProofNode(CHAIN)], list(HELD))
    assert shown(found) == HELD
    assert {p.source for p in found.values() if isinstance(p, Proven)} == {"http://node"}
    (why,) = reasons(await native([liar], list(HELD)))
    assert why.startswith("http://liar: ")
    assert len(reasons(await token([liar], HELD))) == 1


async def test_a_damaged_storage_proof_costs_only_its_holder() -> None:
    victim = CHAIN.slot(account(7)).hex()

    def change(method: str, result: Any) -> Any:  # noqa: ANN401 (JSON)
        for entry in result.get("storageProof", ()) if method == "eth_getProof" else ():
            if entry["key"] == f"0x{victim}" and len(result["storageProof"]) == 250:
                entry["proof"][-1] = entry["proof"][-1][:-2] + "00"
        return result

    found = await token([ProofNode(CHAIN, change=change)], HELD)
    assert [holder for holder, p in found.items() if isinstance(p, Unproven)] == [account(7)]
    assert shown(found) == {h: a for h, a in HELD.items() if h != account(7)}


async def test_a_reading_that_is_wrong_is_contradicted_by_its_slot() -> None:
    node = ProofNode(CHAIN)
    wrong = {**HELD, account(3): 5}
    assert shown(await token([node], wrong)) == HELD


async def test_a_word_that_balance_of_does_not_read_contradicts_nothing() -> None:
    """A token that keeps a few holders elsewhere: the word in the common slot is not theirs."""

    def change(method: str, result: Any) -> Any:  # noqa: ANN401 (JSON)
        if method == "eth_createAccessList":
            result["accessList"][0]["storageKeys"] = ["0x" + "77" * 32]
        return "0x" + f"{5:064x}" if method == "eth_call" else result

    wrong = {**HELD, account(3): 5}
    honest = ProofNode(CHAIN)
    prover = Prover("ethereum", panel(honest))
    block = CHAIN.block
    found: Found = {}
    batches = prover.token(
        block, "USDT", TOKEN, readings=wrong, chosen=[account(4)], keep=Book().keep
    )
    assert [batch async for batch in batches]
    honest.change = change
    honest.errors = {"eth_createAccessList": no_method()}
    batches = prover.token(
        block, "USDT", TOKEN, readings=wrong, chosen=[account(3)], keep=Book().keep
    )
    async for batch in batches:
        found.update(batch)
    assert [type(proof) for proof in found.values()] == [Unproven]
    assert "reads elsewhere" in reasons(found).pop()


async def test_a_flag_beside_another_balance_is_left_alone() -> None:
    flagged = {**HELD, account(3): HELD[account(3)] | 1 << 255}
    chain = ProofChain(words=flagged, mask=(1 << 255) - 1)
    assert shown(await token([ProofNode(chain)], HELD)) == HELD
    found = await token([ProofNode(chain)], {**HELD, account(3): 5})
    assert "bit 255" in reasons(found).pop()


async def test_accounts_are_asked_for_in_halves_where_many_take_too_long() -> None:
    node = ProofNode(CHAIN, most_requests=30)
    assert shown(await native([node], list(HELD))) == HELD


async def test_a_node_that_is_down_is_not_asked_for_less() -> None:
    node = ProofNode(CHAIN, most_requests=30, out=TimedOut("down"))
    assert reasons(await native([node], list(HELD))) == {"http://node: too slow"}
    down = ProofNode(CHAIN, errors={"eth_getProof": TimedOut("too slow")}, out=TimedOut("down"))
    assert reasons(await token([down], HELD)) == {"http://node: too slow"}


async def test_a_refused_proof_costs_only_its_account() -> None:
    def refuse(method: str, result: Any) -> Any:  # noqa: ANN401 (as the fake has it)
        is_refused = method == "eth_getProof" and result["address"] == f"0x{account(7).hex()}"
        return TooLarge("not this one") if is_refused else result

    found = await native([ProofNode(CHAIN, change=refuse)], list(HELD))
    assert shown(found) == {one: held for one, held in HELD.items() if one != account(7)}
    assert reasons(found) == {"http://node: not this one"}


async def test_a_slow_node_is_asked_for_less_and_then_left() -> None:
    node = ProofNode(CHAIN, errors={"eth_getProof": TimedOut("too slow")})
    assert reasons(await token([node], HELD)) == {"http://node: too slow"}
    assert reasons(await native([node], [account(1)])) == {"http://node: too slow"}


async def test_a_node_with_the_wrong_state_is_noted_for_everyone() -> None:
    node = ProofNode(CHAIN, errors={"eth_getProof": WrongState("another block")})
    prover_panel = panel(node)
    prover = Prover("ethereum", prover_panel)
    batches = prover.native(CHAIN.block, "ETH", [account(1)], Book().keep)
    assert [len(batch) async for batch in batches] == [1]
    assert prover_panel.noted == ["http://node"]  # type: ignore[attr-defined]


async def test_without_any_balance_no_layout_can_be_told() -> None:
    (why,) = reasons(await token([ProofNode(CHAIN)], {account(999): 0}))
    assert "no holder with a balance" in why
