from __future__ import annotations

import pytest

from crawler.liabilities.interface import LiabilitiesError, Outcome, Request
from crawler.liabilities.okx_merkle_v1 import OkxMerkleV1
from crawler.liabilities.paths import keys_in, sums_check
from tests.unit.crawler.liabilities.files import held, outcome, wrong
from tests.vectors.liability_proofs import okx_v1

SYSTEM = OkxMerkleV1()
NOTHING = Request()


def root_of(proof: dict[str, object]) -> str:
    return SYSTEM.include([held(proof)], NOTHING).root


def test_two_customers_under_one_root() -> None:
    files = [held(okx_v1(1, who=2), "other.json"), held(okx_v1(1, who=5))]
    result = SYSTEM.verify(files, NOTHING)
    assert result.exit_code == 0
    assert outcome(result, "other.json: same root") is Outcome.PASSED


def test_a_proof_of_another_round_does_not_fit() -> None:
    result = SYSTEM.verify([held(okx_v1(1), "other.json"), held(okx_v1(2))], NOTHING)
    assert wrong(result) == ["other.json: same root"]


@pytest.mark.parametrize("nested", [False, True])
def test_a_file_with_the_published_root(nested: bool) -> None:
    root = root_of(okx_v1(1))
    other = root_of(okx_v1(2))

    def published(text: str) -> object:
        return {"root": {"hash": text}} if nested else {"root": text}

    assert SYSTEM.include([held(published(root)), held(okx_v1(1))], NOTHING).exit_code == 0
    result = SYSTEM.include([held(published(other)), held(okx_v1(1))], NOTHING)
    assert wrong(result) == ["published root"]


def test_published_sums_are_compared_too() -> None:
    proof = okx_v1(1)
    result = SYSTEM.include([held(proof)], NOTHING)
    sums = {coin: amount.text() for coin, amount in result.totals.items()}
    right = {"root": {"hash": result.root, "balances": sums}}
    assert SYSTEM.include([held(right), held(proof)], NOTHING).exit_code == 0
    false = {"root": {"hash": result.root, "balances": {**sums, "BTC": "1"}}}
    assert wrong(SYSTEM.include([held(false), held(proof)], NOTHING)) == ["published sums"]


def test_the_root_on_the_page_decides() -> None:
    proof = okx_v1(1)
    assert SYSTEM.include([held(proof)], Request(root=root_of(proof))).exit_code == 0
    assert wrong(SYSTEM.include([held(proof)], Request(root="ab" * 32))) == ["published root"]


def test_there_is_nothing_to_look_an_id_up_in() -> None:
    with pytest.raises(LiabilitiesError, match="no list of customers"):
        SYSTEM.find(held(okx_v1(1)), "ab", NOTHING)
    with pytest.raises(LiabilitiesError, match="needs the customer's proof"):
        SYSTEM.include([], NOTHING)


def test_member_names_are_found_in_a_head_that_ends_anywhere() -> None:
    assert keys_in(b'{"self" : {"ha":"x","unfini') == {"self", "ha"}


def test_sums_that_differ_or_are_missing_are_named() -> None:
    assert sums_check({"A": "1"}, {"A": "1"}).outcome is Outcome.PASSED
    assert "adds up to 1 A" in sums_check({"A": "1"}, {"A": "2"}).detail
    assert "adds up to nothing B" in sums_check({"A": "1"}, {"A": "1", "B": "2"}).detail
