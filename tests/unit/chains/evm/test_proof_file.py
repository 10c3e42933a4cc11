from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from chains.evm.headers import header_of
from chains.evm.proof_file import (
    balance_record,
    block_record,
    end_record,
    layout_record,
    node_record,
    start_record,
    verify_proof_file,
)
from chains.evm.proofs import ProofError
from chains.evm.slots import Layout, Pattern
from tests.fakes.evm_scene import account
from tests.fakes.proof_chain import TOKEN, ProofChain

if TYPE_CHECKING:
    from collections.abc import Callable

HELD = {account(n): 10**9 + n for n in range(20)}
CHAIN = ProofChain(native=HELD, words=HELD)
LAYOUT = Layout(TOKEN, Pattern.SOLIDITY, 9)
HEADER = header_of(CHAIN.header, CHAIN.block.hash)


def records() -> list[dict[str, Any]]:
    """The proof of one native balance, of one absent account and of one token balance."""
    nodes = [
        *CHAIN.state.proof(account(1)),
        *CHAIN.state.proof(account(99)),
        *CHAIN.state.proof(TOKEN),
        *CHAIN.storage.proof(CHAIN.slot(account(2))),
    ]
    made = [
        start_record(),
        block_record("ethereum", HEADER),
        *(node_record(raw) for raw in dict.fromkeys(nodes)),
        layout_record("USDT@ethereum", LAYOUT, tested=20, fitting=20),
    ]
    for form, holder, amount, layout in (
        ("ETH@ethereum", account(1), HELD[account(1)], None),
        ("ETH@ethereum", account(99), 0, None),
        ("USDT@ethereum", account(2), HELD[account(2)], LAYOUT),
    ):
        made.append(
            balance_record("ethereum", form, HEADER, account=holder, amount=amount, layout=layout)
        )
    return [*made, end_record(3)]


def lines(made: list[dict[str, Any]]) -> list[bytes]:
    return [msgspec.json.encode(record) + b"\n" for record in made]


def test_a_file_is_checked_from_its_lines_alone() -> None:
    checked = list(verify_proof_file(lines(records())))
    assert [(line.form, line.amount, line.problem) for line in checked] == [
        ("ETH@ethereum", HELD[account(1)], ""),
        ("ETH@ethereum", 0, ""),
        ("USDT@ethereum", HELD[account(2)], ""),
    ]
    assert {line.block_hash for line in checked} == {f"0x{CHAIN.block.hash.hex()}"}
    assert checked[0].height == 100
    assert [line.line for line in checked] == list(range(len(records()) - 3, len(records())))


def test_a_wrong_amount_is_found_on_its_own_line() -> None:
    made = records()
    made[-2]["amount"] = "1"
    problems = [line.problem for line in verify_proof_file(lines(made))]
    assert problems == ["", "", f"the proof shows {HELD[account(2)]}"]


@pytest.mark.parametrize("name", ["pattern", "place", "bits"])
def test_another_layout_shows_another_word(name: str) -> None:
    made = records()
    made[-2][name] = {"pattern": "vyper", "place": "0x8", "bits": 3}[name]
    assert [bool(line.problem) for line in verify_proof_file(lines(made))] == [False, False, True]


def test_an_unknown_pattern_is_a_problem_of_its_line() -> None:
    made = records()
    made[-2]["pattern"] = "guess"
    assert [line.problem for line in verify_proof_file(lines(made))][2] == "the layout is not known"
    made[-2] |= {"pattern": "solidity", "bits": 0}
    assert [line.problem for line in verify_proof_file(lines(made))][2] == "the layout is not known"


def test_every_node_is_needed() -> None:
    made = records()
    places = [place for place, record in enumerate(made) if record["kind"] == "node"]
    for place in places:
        problems = [
            line.problem for line in verify_proof_file(lines(made[:place] + made[place + 1 :]))
        ]
        assert any("missing" in problem for problem in problems)


def test_a_damaged_node_proves_nothing() -> None:
    made = records()
    place = next(place for place, record in enumerate(made) if record["kind"] == "node")
    text = made[place]["rlp"]
    made[place]["rlp"] = text[:-1] + ("0" if text[-1] != "0" else "1")
    try:
        assert any(line.problem for line in verify_proof_file(lines(made)))
    except ProofError:
        return  # the damage made it no node at all


def _drop_end(made: list[dict[str, Any]]) -> None:
    del made[-1]


def _drop_balance(made: list[dict[str, Any]]) -> None:
    del made[-2]


def _drop_start(made: list[dict[str, Any]]) -> None:
    del made[0]


def _drop_block(made: list[dict[str, Any]]) -> None:
    del made[1]


def _change_header(made: list[dict[str, Any]]) -> None:
    made[1]["header"] = made[1]["header"][:-1] + "5"


def _change_height(made: list[dict[str, Any]]) -> None:
    made[1]["height"] = 101


def _change_network(made: list[dict[str, Any]]) -> None:
    made[-2]["network"] = "base"


def _other_version(made: list[dict[str, Any]]) -> None:
    made[0]["version"] = 2


def _other_kind(made: list[dict[str, Any]]) -> None:
    made[3]["kind"] = "joke"


def _twice_started(made: list[dict[str, Any]]) -> None:
    made.insert(1, made[0])


def _after_the_end(made: list[dict[str, Any]]) -> None:
    made.append(made[3])


def _no_number(made: list[dict[str, Any]]) -> None:
    made[-2]["amount"] = "1e9"


def _no_amount(made: list[dict[str, Any]]) -> None:
    del made[-2]["amount"]


def _short_account(made: list[dict[str, Any]]) -> None:
    made[-2]["account"] = "0x00"


def _not_an_object(made: list[dict[str, Any]]) -> None:
    made[3] = []  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "damage",
    [
        _drop_end, _drop_balance, _drop_start, _drop_block, _change_header, _change_height,
        _change_network, _other_version, _other_kind, _twice_started, _after_the_end, _no_number,
        _no_amount, _short_account, _not_an_object,
    ],
)  # fmt: skip
def test_a_file_that_is_damaged_as_a_whole(damage: Callable[[list[dict[str, Any]]], None]) -> None:
    made = records()
    damage(made)
    with pytest.raises(ProofError, match="line"):
        list(verify_proof_file(lines(made)))


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"null"])
def test_lines_that_are_no_json(raw: bytes) -> None:
    with pytest.raises(ProofError, match="line 1"):
        list(verify_proof_file([raw]))


def test_nesting_beyond_belief_is_damage_at_its_line() -> None:
    with pytest.raises(ProofError, match="line 1"):
        list(verify_proof_file([b"[" * 3_000 + b"\n"]))


def test_an_empty_file_is_cut_off() -> None:
    with pytest.raises(ProofError, match="cut off"):
        list(verify_proof_file([]))
