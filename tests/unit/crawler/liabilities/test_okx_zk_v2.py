from __future__ import annotations

import copy
import json
from dataclasses import replace
from functools import cache

import pytest

from crawler.liabilities import okx_account_tree as account_tree
from crawler.liabilities import okx_circuits, okx_zk_v2
from crawler.liabilities.documents import Node
from crawler.liabilities.interface import (
    NOTHING_ADDED,
    Grade,
    HeldFile,
    LiabilitiesError,
    LiabilitiesResult,
    Outcome,
    Request,
)
from crawler.liabilities.okx_zk_v2 import SYSTEM
from crawler.liabilities.plonky2 import proof as plonky2_proof
from crawler.liabilities.plonky2 import verifier_data
from crawler.liabilities.plonky2.fri import FriChallenges, verify_queries
from crawler.liabilities.plonky2.poseidon import hash_no_pad
from crawler.liabilities.plonky2.proof import Proof, ProofRefusedError
from crawler.liabilities.plonky2.verify import draw_challenges
from crawler.liabilities.plonky2.verify import verify as verify_plonky2
from tests.unit.crawler.liabilities.account_tree_prover import SHAPE, AccountTree
from tests.unit.crawler.liabilities.plonky2.tiny_prover import Prover
from tests.unit.crawler.liabilities.plonky2.verifier_bytes import to_bytes
from tests.unit.crawler.liabilities.test_okx_circuits import CONFIG
from tests.unit.crawler.liabilities.zk_documents import (
    Json,
    Place,
    changed,
    changes,
    held,
    needs_samples,
    sample,
    sample_file,
)

TREE = AccountTree()
EQUITY, DEBT = (sum(sum(part) for part in parts) for parts in (
    [one.equity for one in TREE.accounts], [one.debt for one in TREE.accounts],
))  # fmt: skip


@cache
def tiny_round() -> Json:
    """Return a global proof's file over the tree's root, of the tiny circuit."""
    prover = Prover(inputs=(EQUITY, DEBT, *TREE.root))
    return {
        "general": {
            "round_num": 7,
            "recursion_branchout_num": SHAPE.branching,
            "batch_size": SHAPE.batch_size,
            "token_num": SHAPE.tokens,
        },
        "root_vd_digest": {"elements": list(prover.data.digest)},
        "circuits_info": {
            "batch_circuit_config": {**CONFIG, "zero_knowledge": False},
            "recursive_circuit_configs": [{**CONFIG, "zero_knowledge": False}, CONFIG],
            "root_verifier_data_hex": to_bytes(prover.data).hex(),
        },
        "proof": prover.prove(),
    }


@pytest.fixture
def _tiny_circuit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tiny circuit pass for a known one; its checks are those of test_okx_circuits."""
    monkeypatch.setattr(okx_circuits, "differences", lambda *_: [])
    monkeypatch.setattr(okx_circuits, "is_verifiable", lambda *_: True)


tiny = pytest.mark.usefixtures("_tiny_circuit")


def file(document: object = None) -> HeldFile:
    return held("sum_proof_data.json", tiny_round() if document is None else document)


def customer(index: int = 5) -> HeldFile:
    return held("mine.json", TREE.proof(index))


def outcomes(result: LiabilitiesResult) -> dict[str, Outcome]:
    return {check.name: check.outcome for check in result.checks}


def failed(result: LiabilitiesResult) -> list[str]:
    return [name for name, outcome in outcomes(result).items() if outcome is Outcome.FAILED]


@tiny
def test_a_round_holds_with_total_and_scope() -> None:
    result = SYSTEM.verify([file()], NOTHING_ADDED)
    assert (result.exit_code, result.grade) == (0, Grade.CONSISTENT)
    assert result.totals[okx_zk_v2.TOTAL].units == EQUITY - DEBT
    assert outcomes(result)["circuit rebuilt"] is Outcome.NOT_POSSIBLE
    assert any("never proven" in sentence for sentence in result.scope)
    assert dict(result.facts)["verifier data SHA-256"]


@tiny
@pytest.mark.parametrize("index", [0, 5, 35])
def test_customers_are_included(index: int) -> None:
    request = Request(root=account_tree.hex_of(TREE.root))
    result = SYSTEM.include([file(), customer(index)], request)
    assert result.exit_code == 0
    assert outcomes(result)["inclusion"] is Outcome.PASSED
    assert outcomes(result)["published root"] is Outcome.PASSED
    assert result.path[-1].node == result.root


@tiny
@pytest.mark.parametrize(
    ("place", "value", "check"),
    [
        (("root_vd_digest", "elements", 0), 5, "digest field"),
        (("circuits_info", "batch_circuit_config", "num_wires"), 134, "circuit template"),
        (("circuits_info", "batch_circuit_config", "zero_knowledge"), True, "circuit template"),
        (("proof", "public_inputs", 0), 5, "proof"),
        (("proof", "proof", "openings", "wires", 0, 0), 5, "proof"),
    ],
)
def test_what_does_not_hold_is_named(place: Place, value: object, check: str) -> None:
    result = SYSTEM.verify([file(changed(tiny_round(), place, value))], NOTHING_ADDED)
    assert check in failed(result)
    assert result.grade is Grade.CLAIMED


def test_an_unknown_circuit_is_named_and_not_tried() -> None:
    result = SYSTEM.verify([file()], NOTHING_ADDED)
    assert failed(result) == ["circuit template"]
    assert outcomes(result)["proof"] is Outcome.NOT_POSSIBLE
    assert dict(result.totals) == {}


@tiny
def test_a_digest_that_is_not_the_caps_is_named() -> None:
    document = copy.deepcopy(tiny_round())
    info = document["circuits_info"]
    raw = bytearray.fromhex(info["root_verifier_data_hex"])
    raw[8] ^= 1  # a bit of the cap
    info["root_verifier_data_hex"] = raw.hex()
    result = SYSTEM.verify([file(document)], NOTHING_ADDED)
    assert failed(result) == ["circuit digest"]
    assert "not bound to the cap" in next(
        check.detail for check in result.checks if check.name == "circuit digest"
    )


@tiny
def test_less_equity_than_debt_is_no_total() -> None:
    prover = Prover(inputs=(5, 6, *TREE.root))
    document = {**tiny_round(), "proof": prover.prove()}
    result = SYSTEM.verify([file(document), customer()], NOTHING_ADDED)
    assert "public inputs" in failed(result)
    assert (result.grade, dict(result.totals)) == (Grade.CLAIMED, {})
    assert outcomes(result)["inclusion"] is Outcome.NOT_POSSIBLE


@tiny
def test_a_single_batchs_total_is_not_called_the_rounds() -> None:
    info = {**tiny_round()["circuits_info"], "recursive_circuit_configs": []}
    result = SYSTEM.verify([file({**tiny_round(), "circuits_info": info})], NOTHING_ADDED)
    assert list(result.totals) == [okx_zk_v2.BATCH_TOTAL]
    assert outcomes(result)["whole round"] is Outcome.NOT_POSSIBLE


def test_a_round_without_circuits_could_not_be_checked() -> None:
    result = SYSTEM.verify([file({**tiny_round(), "circuits_info": None})], NOTHING_ADDED)
    assert result.exit_code == 3
    assert result.grade is Grade.CLAIMED


def test_the_first_round_has_its_circuit_built_in() -> None:
    document = changed(tiny_round(), ("general", "round_num"), okx_circuits.FIRST_ROUND)
    digest = {"elements": list(okx_circuits.first_round().digest)}
    with pytest.raises(LiabilitiesError, match="a list of"):  # its proof is not the tiny one
        SYSTEM.verify(
            [file({**document, "circuits_info": None, "root_vd_digest": digest})], NOTHING_ADDED
        )


SUMMARY = {
    "root_hash": account_tree.hex_of(TREE.root),
    "equity_sum": EQUITY,
    "debt_sum": str(DEBT),
    "balance_sum": EQUITY - DEBT,
}


@tiny
@pytest.mark.parametrize("name", [None, *SUMMARY])
def test_the_published_summary_must_agree(name: str | None) -> None:
    wrong: dict[str, object] = {} if name is None else {name: 1}
    if name == "root_hash":
        wrong = {name: "00" * 32}
    files = [file(), held("global_info.json", {**SUMMARY, **wrong})]
    assert failed(SYSTEM.verify(files, NOTHING_ADDED)) == ([] if name is None else ["global info"])


def test_a_summary_without_a_proof_is_compared_with_nothing() -> None:
    result = SYSTEM.include([held("global_info.json", SUMMARY), customer()], NOTHING_ADDED)
    assert outcomes(result)["global info"] is Outcome.NOT_POSSIBLE


def test_a_customer_alone_needs_a_root() -> None:
    assert SYSTEM.include([customer()], NOTHING_ADDED).exit_code == 3
    root = account_tree.hex_of(TREE.root)
    assert SYSTEM.include([customer()], Request(root=root)).exit_code == 0
    assert SYSTEM.include([customer()], Request(root="00" * 32)).exit_code == 1


@pytest.mark.parametrize(
    ("amounts", "check"), [(["1"] * 2, "account sums"), ([str(2**62), "0"], "account sums")]
)
def test_sums_out_of_range_are_refused(amounts: list[str], check: str) -> None:
    document = changed(TREE.proof(5), ("account", "equity"), amounts)
    assert check in failed(SYSTEM.include([held("mine.json", document)], NOTHING_ADDED))


def test_unusable_files_are_refused() -> None:
    with pytest.raises(LiabilitiesError, match="none of the files"):
        SYSTEM.verify([customer()], NOTHING_ADDED)
    with pytest.raises(LiabilitiesError, match="last file is not"):
        SYSTEM.include([file()], NOTHING_ADDED)
    with pytest.raises(LiabilitiesError, match="more than one"):
        SYSTEM.verify([file(), file()], NOTHING_ADDED)
    with pytest.raises(LiabilitiesError, match="neither a global proof"):
        SYSTEM.include([held("x.json", {"a": 1}), customer()], NOTHING_ADDED)
    with pytest.raises(LiabilitiesError, match="no list of ids"):
        SYSTEM.find(file(), "00", NOTHING_ADDED)
    for place, value in (
        (("general", "batch_size"), 3),
        (("general", "recursion_branchout_num"), 1),
        (("circuits_info", "root_verifier_data_hex"), "abc"),
        (("circuits_info", "root_verifier_data_hex"), "00"),
    ):
        with pytest.raises(LiabilitiesError):
            SYSTEM.verify([file(changed(tiny_round(), place, value))], NOTHING_ADDED)


def test_duplicate_keys_are_refused() -> None:
    text = json.dumps(TREE.proof(5)).replace('"index": 5', '"index": 5, "index": 5')
    with pytest.raises(LiabilitiesError, match="twice"):
        SYSTEM.include([HeldFile("mine.json", text.encode())], NOTHING_ADDED)


def test_the_files_are_recognised() -> None:
    assert SYSTEM.recognises([file()])
    assert SYSTEM.recognises([customer()])
    assert not SYSTEM.recognises([held("x.json", {})])


SAMPLES = [("", 0), ("", 5), ("wide64/", 0)]


@needs_samples
@pytest.mark.parametrize(("folder", "user"), SAMPLES)
def test_the_samples_hold(folder: str, user: int) -> None:
    names = ("sum_proof_data.json", f"user_{user}_inclusion_proof.json")
    files = [sample_file(f"okx_zk_v2/{folder}{name}") for name in names]
    result = SYSTEM.include(files, NOTHING_ADDED)
    assert (result.exit_code, result.grade) == (0, Grade.CONSISTENT)


@needs_samples
def test_a_customer_of_another_round_is_refused() -> None:
    names = ("wide64/sum_proof_data.json", "user_0_inclusion_proof.json")
    files = [sample_file(f"okx_zk_v2/{name}") for name in names]
    assert {"path shape", "inclusion"} <= set(failed(SYSTEM.include(files, NOTHING_ADDED)))


@needs_samples
def test_the_sample_that_must_be_refused_is_refused_for_its_digest() -> None:
    name = "okx_zk_v2/must_reject_digest_not_bound_to_cap.json"
    result = SYSTEM.verify([sample_file(name)], NOTHING_ADDED)
    assert result.exit_code == 1
    assert "circuit digest" in failed(result)


@needs_samples
def test_a_circuit_for_something_else_is_no_statement_of_liabilities() -> None:
    result = SYSTEM.verify(
        [sample_file("okx_zk_v2/gate_coverage_exponentiation.json")], NOTHING_ADDED
    )
    assert outcomes(result)["proof"] is Outcome.PASSED
    assert failed(result) == ["circuit template", "public inputs"]


OUT_OF_SCOPE = {"round_num", "recursion_branchout_num", "batch_size", "token_num"}
"""Of the general part, while no customer's file is there."""


class OneQuery:
    """Checks only the query that was changed: the challenges do not depend on any of them."""

    def __init__(self, document: Json) -> None:
        raw = bytes.fromhex(document["circuits_info"]["root_verifier_data_hex"])
        self.data = verifier_data.parse(raw)
        self.proof = plonky2_proof.parse(Node(document["proof"], "x"), self.data.common)
        inputs = hash_no_pad(self.proof.public_inputs)
        self.drawn = draw_challenges(self.proof, self.data.digest, inputs, self.data.common).fri

    def refuses(self, document: Json, number: int) -> bool:
        common = self.data.common
        rounds = document["proof"]["proof"]["opening_proof"]["query_round_proofs"]
        query = plonky2_proof._query(Node(rounds[number], "x"), common)
        drawn = FriChallenges(
            self.drawn.zeta, self.drawn.alpha, self.drawn.betas, (self.drawn.indices[number],)
        )
        proof: Proof = replace(self.proof, queries=(query,))
        try:
            verify_queries(proof, self.data.cap, common, drawn)
        except ProofRefusedError:
            return True
        return False


def refuses(document: Json) -> bool:
    try:
        return SYSTEM.verify([held("sum_proof_data.json", document)], NOTHING_ADDED).exit_code != 0
    except LiabilitiesError:
        return True


@needs_samples
@pytest.mark.parametrize("name", ["sum_proof_data", "wide64/sum_proof_data", "batch_proof0"])
def test_every_single_change_of_a_sample_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = sample(f"okx_zk_v2/{name}.json")
    one_query, accepted = OneQuery(document), []
    original = verify_plonky2
    original(one_query.data, one_query.proof)

    def once(data: verifier_data.VerifierData, proof: Proof) -> None:
        if (data, proof) != (one_query.data, one_query.proof):  # which was verified above
            original(data, proof)

    monkeypatch.setattr(okx_zk_v2, "verify_plonky2", once)
    for place, value in changes(document, 200, seed=21):
        wrong = changed(document, place, value)
        if "query_round_proofs" in place:
            number = place[place.index("query_round_proofs") + 1]
            assert isinstance(number, int)
            try:
                refused = one_query.refuses(wrong, number)
            except LiabilitiesError:
                refused = True
        else:
            refused = refuses(wrong)
        if not refused and place[-1] not in OUT_OF_SCOPE:
            accepted.append(place)
    assert accepted == []


@needs_samples
@pytest.mark.parametrize("place", ["first", "last"])
def test_a_changed_query_refuses_the_whole_file(place: str) -> None:
    document = sample("okx_zk_v2/batch_proof0.json")
    number = 0 if place == "first" else 27
    where = ("proof", "proof", "opening_proof", "query_round_proofs", number, "initial_trees_proof")
    wrong = changed(document, (*where, "evals_proofs", 1, 0, 7), 5)
    assert refuses(wrong)


@needs_samples
@pytest.mark.parametrize(("folder", "user"), SAMPLES)
def test_every_single_change_of_a_samples_inclusion_is_refused(folder: str, user: int) -> None:
    general = sample(f"okx_zk_v2/{folder}sum_proof_data.json")
    parts = okx_zk_v2._round(Node(general, "x"))
    root = tuple(general["proof"]["public_inputs"][2:])
    document = sample(f"okx_zk_v2/{folder}user_{user}_inclusion_proof.json")
    accepted = []
    for place, value in changes(document, 200, seed=22):
        try:
            proof = account_tree.parse(Node(changed(document, place, value), "x"))
        except LiabilitiesError:
            continue
        if not account_tree.shape_faults(proof, parts.shape) and (
            account_tree.climb(proof)[0] == root
        ):
            accepted.append(place)
    assert accepted == []
