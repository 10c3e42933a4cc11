from __future__ import annotations

import random
from dataclasses import replace

import pytest

from crawler.liabilities.interface import LiabilitiesError
from crawler.liabilities.plonky2 import verifier_data
from crawler.liabilities.plonky2.poseidon import hash_no_pad
from crawler.liabilities.plonky2.proof import ProofRefusedError, parse
from crawler.liabilities.plonky2.verify import draw_challenges, verify
from tests.unit.crawler.liabilities.plonky2.tiny_proofs import parsed, written
from tests.unit.crawler.liabilities.plonky2.tiny_prover import Prover, witness
from tests.unit.crawler.liabilities.zk_documents import (
    changed,
    changes,
    get,
    needs_samples,
    node,
    sample,
)


@pytest.mark.parametrize("hiding", [False, True])
def test_the_tiny_proof_holds(hiding: bool) -> None:
    verify(*parsed(hiding=hiding))


def test_a_digest_that_is_not_the_caps_is_refused() -> None:
    data, proof = parsed()
    with pytest.raises(ProofRefusedError, match="not bound to its cap"):
        verify(replace(data, digest=(1, 2, 3, 4)), proof)


def test_another_circuit_is_refused() -> None:
    data, proof = parsed()
    other = replace(data, cap=data.cap[::-1])
    with pytest.raises(ProofRefusedError):
        verify(replace(other, digest=other.expected_digest()), proof)


def test_too_little_work_is_refused() -> None:
    data, proof = parsed()
    common = replace(data.common, fri=replace(data.common.fri, pow_bits=40))
    with pytest.raises(ProofRefusedError, match="less than 40 bits"):
        verify(replace(data, common=common), proof)


def test_wires_that_break_a_gate_give_no_proof() -> None:
    prover = Prover()
    wires = witness(prover.inputs_hash)
    wires[2][3] += 1
    dishonest = Prover(wires=wires)
    proof = parse(node(dishonest.prove()), dishonest.common)
    with pytest.raises(ProofRefusedError):
        verify(dishonest.data, proof)


def test_other_public_inputs_are_refused() -> None:
    data, document = written()
    wrong = changed(document, ("public_inputs", 0), 1001)
    with pytest.raises(ProofRefusedError):
        verify(data, parse(node(wrong), data.common))


def test_challenges_depend_on_all_that_came_before() -> None:
    data, proof = parsed()
    inputs_hash = hash_no_pad(proof.public_inputs)
    drawn = draw_challenges(proof, data.digest, inputs_hash, data.common)
    cap = ((1, 2, 3, 4), (5, 6, 7, 8))
    early = draw_challenges(replace(proof, wires_cap=cap), data.digest, inputs_hash, data.common)
    late = draw_challenges(
        replace(proof, pow_witness=proof.pow_witness + 1), data.digest, inputs_hash, data.common
    )
    assert early.betas != drawn.betas
    assert (late.betas, late.zeta, late.fri.betas) == (drawn.betas, drawn.zeta, drawn.fri.betas)
    assert late.fri.indices != drawn.fri.indices


@pytest.mark.parametrize("hiding", [False, True])
def test_every_single_change_is_refused(hiding: bool) -> None:
    data, document = written(hiding=hiding)
    accepted = []
    for place, value in changes(document, 120, seed=1):
        # an odd number of 64 bits is never a second way of writing a smaller one
        assert value != get(document, place)
        try:
            verify(data, parse(node(changed(document, place, value)), data.common))
        except (ProofRefusedError, LiabilitiesError):
            continue
        accepted.append(place)
    assert accepted == []


def test_rows_of_queries_cannot_be_exchanged() -> None:
    data, document = written()
    place = ("proof", "opening_proof", "query_round_proofs")
    rounds = get(document, place)
    random.Random(3).shuffle(rounds := [*rounds])  # noqa: S311 (a sample, not a secret)
    with pytest.raises(ProofRefusedError, match="query"):
        verify(data, parse(node(changed(document, place, rounds)), data.common))


@needs_samples
@pytest.mark.parametrize(
    ("name", "inputs"), [("batch_proof0", 6), ("gate_coverage_exponentiation", 3)]
)
def test_proofs_with_their_own_verifier_data_hold(name: str, inputs: int) -> None:
    document = sample(f"okx_zk_v2/{name}.json")
    raw = bytes.fromhex(document["circuits_info"]["root_verifier_data_hex"])
    data = verifier_data.parse(raw)
    proof = parse(node(document["proof"]), data.common)
    assert len(proof.public_inputs) == inputs
    verify(data, proof)


@needs_samples
def test_the_sample_whose_digest_is_not_bound_is_refused_for_that() -> None:
    document = sample("okx_zk_v2/must_reject_digest_not_bound_to_cap.json")
    data = verifier_data.parse(bytes.fromhex(document["circuits_info"]["root_verifier_data_hex"]))
    proof = parse(node(document["proof"]), data.common)
    with pytest.raises(ProofRefusedError, match="digest is not bound to its cap"):
        verify(data, proof)
