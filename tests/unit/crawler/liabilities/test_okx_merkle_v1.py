from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.liabilities.interface import Grade, LiabilitiesError, Request
from crawler.liabilities.okx_merkle_v1 import OkxMerkleV1
from tests.shared_data import SHARED, WITHOUT_SHARED
from tests.unit.crawler.liabilities.files import SAMPLES, held, refuses, sample, totals, wrong
from tests.vectors.liability_proofs import Json, mutations, okx_v1

SYSTEM = OkxMerkleV1()
OUTSIDE = ("auditId",)
"""Members that no hash covers."""


@pytest.mark.parametrize("customers", [2, 3, 5, 8, 11])
def test_every_customer_is_counted(customers: int) -> None:
    roots = set()
    for who in range(customers):
        file = held(okx_v1(3, customers, who))
        assert SYSTEM.recognises([file])
        result = SYSTEM.verify([file], Request())
        assert result.exit_code == 0
        assert result.grade is Grade.CLAIMED
        assert result.path[-1].node == result.root
        roots.add(result.root)
    assert len(roots) == 1


def test_no_changed_value_is_taken() -> None:
    for place, changed in mutations(okx_v1(3, who=10), 400):
        if not place.endswith(OUTSIDE):
            assert refuses(SYSTEM, changed), place


def edited(change: dict[str, object], place: int | None = None) -> Json:
    proof = json.loads(json.dumps(okx_v1(3)))
    (proof["self"] if place is None else proof["path"][place]).update(change)
    return proof  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"balances": {"BTC": "-1", "ETH": "0", "USDT": "0"}}, 1),
        ({"balances": {"BTC": "NaN", "ETH": "0", "USDT": "0"}}, 1),
        ({"balances": {"BTC": "1e3", "ETH": "0", "USDT": "0"}}, 1),
        ({"balances": {"BTC": "0.50", "ETH": "0", "USDT": "0"}}, 1),
        ({"balances": {"BTC": "0"}}, 1),
        ({"hash": "AB" * 32}, 0),
        ({"height": 3}, 1),
        ({"height": True}, 0),
        ({"type": 3}, 1),
        ({"type": 1}, -1),
        ({"type": 4}, None),
        ({"height": 2}, None),
        ({"nonce": "zz"}, None),
    ],
)
def test_what_is_not_of_the_form_is_unusable(change: dict[str, object], place: int | None) -> None:
    with pytest.raises(LiabilitiesError):
        SYSTEM.verify([held(edited(change, place))], Request())


def test_padding_must_repeat_its_neighbour_and_hold_nothing() -> None:
    full: dict[str, object] = {"type": 4}
    assert "padding at height 2" in wrong(SYSTEM.verify([held(edited(full, 1))], Request()))


@pytest.mark.parametrize("kind", [1, 2])
def test_a_node_that_repeats_its_neighbour_is_no_other_than_padding(kind: int) -> None:
    proof = okx_v1(3, customers=11, who=10)
    assert proof["path"][0]["type"] == 4  # type: ignore[index]
    proof["path"][0]["type"] = kind  # type: ignore[index]
    assert "padding at height 1" in wrong(SYSTEM.verify([held(proof)], Request()))


def test_both_nodes_may_not_claim_one_side() -> None:
    assert "sides" in wrong(SYSTEM.verify([held(edited({"type": 1}))], Request()))


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["self", "path", "balances", "hash", "type"]), inner)
        ),
    )
)
def test_any_document_is_judged_or_refused(value: object) -> None:
    assert refuses(SYSTEM, value)


@pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)
@pytest.mark.parametrize("name", ["merkle_proof_user0.json", "merkle_proof_user5.json"])
def test_the_samples_hold(name: str) -> None:
    expected = json.loads((SAMPLES / "okx_merkle_v1" / "expected.json").read_text("utf-8"))["root"]
    files = [sample("okx_merkle_v1/expected.json"), sample(f"okx_merkle_v1/{name}")]
    result = SYSTEM.include(files, Request(root=expected["hash"]))
    assert result.exit_code == 0
    assert totals(result) == expected["balances"]
    document = json.loads((SAMPLES / "okx_merkle_v1" / name).read_text("utf-8"))
    for place, changed in mutations(document, 250):
        if not place.endswith(OUTSIDE):
            assert refuses(SYSTEM, changed), place
