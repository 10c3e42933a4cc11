from __future__ import annotations

from dataclasses import replace

import pytest

from crawler.liabilities import okx_circuits as circuits
from crawler.liabilities.interface import LiabilitiesError
from crawler.liabilities.plonky2 import verifier_data
from crawler.liabilities.plonky2.verifier_data import CommonData, Gate
from tests.unit.crawler.liabilities.zk_documents import changed, needs_samples, node, sample

FIRST = circuits.first_round().common
FRI = {
    "rate_bits": 3,
    "cap_height": 1,
    "proof_of_work_bits": 16,
    "reduction_strategy": {"ConstantArityBits": [4, 5]},
    "num_query_rounds": 28,
}
CONFIG = {
    "num_wires": 135,
    "num_routed_wires": 80,
    "num_constants": 2,
    "use_base_arithmetic_gate": True,
    "security_bits": 100,
    "num_challenges": 2,
    "zero_knowledge": True,
    "max_quotient_degree_factor": 8,
    "fri_config": FRI,
}


def test_the_first_round_is_a_known_good_circuit() -> None:
    assert circuits.differences(FIRST, 3) == []
    assert FIRST.groups == ((0, 7), (7, 12), (12, 14))
    assert FIRST.degree_bits == 19
    assert circuits.is_verifiable(FIRST)


@pytest.mark.parametrize("degree_bits", [12, 18, 22])
def test_only_the_size_is_a_circuits_own(degree_bits: int) -> None:
    common = circuits.expected(list(FIRST.gates), degree_bits, zero_knowledge=True)
    assert circuits.differences(common, 1) == []


CHANGES: dict[str, CommonData] = {
    "config": replace(FIRST, config=replace(FIRST.config, routed_wires=79)),
    "fri": replace(FIRST, fri=replace(FIRST.fri, queries=1)),
    "arity_bits": replace(FIRST, arity_bits=(4, 4, 4)),
    "hiding": replace(FIRST, hiding=False),
    "selectors": replace(FIRST, selectors=(0,) * 14),
    "groups": replace(FIRST, groups=((0, 14),)),
    "quotient_degree_factor": replace(FIRST, quotient_degree_factor=7),
    "gate_constraints": replace(FIRST, gate_constraints=122),
    "constants": replace(FIRST, constants=4),
    "public_inputs": replace(FIRST, public_inputs=5),
    "k_is": replace(FIRST, k_is=(1, *FIRST.k_is[:-1])),
    "partial_products": replace(FIRST, partial_products=8),
    "gates": replace(FIRST, gates=FIRST.gates[::-1]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_other_part_is_pinned(name: str) -> None:
    assert f"{name} differ from the known-good circuit" in circuits.differences(CHANGES[name], 3)
    # a proof with other public inputs can be tried, though it says nothing about liabilities
    assert circuits.is_verifiable(CHANGES[name]) == (name == "public_inputs")


def test_a_gate_more_or_less_is_named() -> None:
    more = replace(FIRST, gates=(*FIRST.gates, Gate("Arithmetic", (19,))))
    assert circuits.differences(more, 3) == ["the gate Arithmetic(19) is not among the known ones"]
    less = replace(FIRST, gates=FIRST.gates[:-1])
    assert circuits.differences(less, 3) == ["the gate Poseidon() is missing"]
    assert not circuits.is_verifiable(more)


def test_a_batchs_circuit_is_good_only_without_levels() -> None:
    gates = [gate for gate in circuits._KNOWN if gate in circuits._BATCH]
    batch = circuits.expected(gates, 6, zero_knowledge=False)
    assert circuits.differences(batch, 0) == []
    assert "is missing" in circuits.differences(batch, 1)[0]
    assert circuits.differences(FIRST, 0)


def test_a_written_configuration_is_read() -> None:
    assert circuits.read_config(node(CONFIG)) == circuits.config(zero_knowledge=True)
    assert circuits.read_config(node({**CONFIG, "zero_knowledge": False})) == circuits.config(
        zero_knowledge=False
    )


@pytest.mark.parametrize("name", [*CONFIG, "surprise"])
def test_a_configuration_has_every_member_and_no_other(name: str) -> None:
    members = {key: value for key, value in {**CONFIG}.items() if key != name}
    wrong = {**CONFIG, "surprise": 1} if name == "surprise" else members
    with pytest.raises(LiabilitiesError):
        circuits.read_config(node(wrong))


@pytest.mark.parametrize("value", [1, "true", None])
def test_truth_is_true_or_false(value: object) -> None:
    with pytest.raises(LiabilitiesError, match="true or false"):
        circuits.read_config(node(changed(CONFIG, ("use_base_arithmetic_gate",), value)))


def test_another_strategy_is_unusable() -> None:
    place = ("fri_config", "reduction_strategy")
    with pytest.raises(LiabilitiesError):
        circuits.read_config(node(changed(CONFIG, place, {"Fixed": [4, 4]})))


@needs_samples
@pytest.mark.parametrize(
    ("name", "levels"), [("sum_proof_data", 2), ("wide64/sum_proof_data", 1), ("batch_proof0", 0)]
)
def test_the_samples_circuits_are_known_good(name: str, levels: int) -> None:
    info = sample(f"okx_zk_v2/{name}.json")["circuits_info"]
    data = verifier_data.parse(bytes.fromhex(info["root_verifier_data_hex"]))
    assert circuits.differences(data.common, levels) == []


@needs_samples
def test_the_first_rounds_facts_are_the_decoded_ones() -> None:
    decoded = sample("okx_zk_v2/okx_round_508787475_verifier_data_decoded.json")
    data, common = circuits.first_round(), decoded["verifier_data"]["common"]
    assert [list(entry) for entry in data.cap] == decoded["verifier_data"]["cap"]
    assert list(data.digest) == decoded["verifier_data"]["digest"]
    assert list(data.common.k_is) == common["k_is"]
    assert list(data.common.selectors) == common["selector_indices"]
    assert [list(group) for group in data.common.groups] == common["groups"]
    assert [list(gate.parameters) for gate in data.common.gates] == [
        gate[1:] for gate in common["gates"]
    ]
    assert decoded["sha256_of_verifier_data_bytes"] == circuits.FIRST_ROUND_SHA256
