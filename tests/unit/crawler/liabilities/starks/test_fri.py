from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from crawler.liabilities.starks import field, tree
from crawler.liabilities.starks.fri import LowDegreeProof, layer_sizes, verify
from crawler.liabilities.starks.sum_proof import parse
from crawler.liabilities.starks.tree import StarkRefusedError
from tests.unit.crawler.liabilities.starks.small_round import CONFIG, small_files, small_round
from tests.unit.crawler.liabilities.starks.sum_prover import branches
from tests.unit.crawler.liabilities.zk_documents import node


@pytest.fixture(scope="module")
def proof() -> LowDegreeProof:
    document = small_files()["sum_proof_data/batches/a0/sum_proof.json"]
    return parse(node(document), CONFIG).low_degree


ROOT = small_round().batches["a0"].combination_root
STEPS = 64


@pytest.mark.parametrize("steps", [16, 64, 2**19])
def test_folds_go_on_until_the_bound_is_small(steps: int) -> None:
    sizes = layer_sizes(steps)
    assert sizes[0] == 16 * steps
    assert all(before == 4 * after for before, after in pairwise(sizes))
    assert 16 <= sizes[-1] <= 64


def test_the_proof_holds(proof: LowDegreeProof) -> None:
    verify(proof, ROOT, STEPS)


def test_the_number_of_layers_follows_from_the_rows(proof: LowDegreeProof) -> None:
    for wrong in (
        replace(proof, layers=proof.layers[:-1]),
        replace(proof, layers=(*proof.layers, proof.layers[-1])),
        replace(proof, last=proof.last[:-1]),
    ):
        with pytest.raises(StarkRefusedError, match="not as many as the rows ask"):
            verify(wrong, ROOT, STEPS)
    with pytest.raises(StarkRefusedError):
        verify(proof, ROOT, 4 * STEPS)


def test_the_last_values_have_the_last_root(proof: LowDegreeProof) -> None:
    wrong = replace(proof, last=(*proof.last[1:], proof.last[0]))
    with pytest.raises(StarkRefusedError, match="another root"):
        verify(wrong, ROOT, STEPS)


def test_last_values_of_high_degree_are_refused() -> None:
    values = [field.word(pow(place, 40, field.P)) for place in range(64)]
    with pytest.raises(StarkRefusedError, match="no polynomial of low degree"):
        verify(LowDegreeProof((), tuple(values)), tree.root(values), 4)


def test_last_values_of_low_degree_hold_off_the_trace() -> None:
    generator = field.root_of_unity(64)
    values = [field.word(pow(generator, 15 * place, field.P)) for place in range(64)]
    values[16] = field.word(5)  # on the trace anything may stand
    verify(LowDegreeProof((), tuple(values)), tree.root(values), 4)


def test_a_fold_of_other_values_is_refused(proof: LowDegreeProof) -> None:
    columns = [field.word(place) for place in range(256)]
    root = tree.root(columns)
    positions = field.indices(root, 256)
    opened = [place + turn * 256 for place in positions for turn in range(4)]
    batch = small_round().batches["a0"]
    layer = replace(
        proof.layers[0],
        root=root,
        columns=tuple(tuple(map(bytes.fromhex, b)) for b in branches(columns, positions)),
        rows=tuple(tuple(map(bytes.fromhex, b)) for b in branches(batch.combined, opened)),
    )
    with pytest.raises(StarkRefusedError, match="layer 0: a folded value is not that"):
        verify(replace(proof, layers=(layer, *proof.layers[1:])), ROOT, STEPS)
