from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from crawler.liabilities import okx_zk_v1
from crawler.liabilities.interface import (
    NOTHING_ADDED,
    Grade,
    HeldFile,
    LiabilitiesError,
    LiabilitiesResult,
    Outcome,
    Request,
)
from crawler.liabilities.okx_zk_v1 import SYSTEM
from crawler.liabilities.starks import sum_proof
from crawler.liabilities.starks.field import P
from tests.unit.crawler.liabilities.starks import sum_prover
from tests.unit.crawler.liabilities.starks.small_round import small_files, small_round
from tests.unit.crawler.liabilities.zk_documents import (
    FOLDER,
    Json,
    changed,
    changes,
    held,
    needs_samples,
    sample,
)

PROVERS_OWN = ("mtree", "mtree_entries_data")
SAMPLES = FOLDER / "okx_zkstark_v1"


@pytest.fixture
def _light_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sum_proof, "POW_BITS", sum_prover.POW_BITS)


light = pytest.mark.usefixtures("_light_work")


def folder(changed_files: Mapping[str, object] = {}) -> list[HeldFile]:
    return [held(name, value) for name, value in {**small_files(), **changed_files}.items()]


def customer(name: str = "a0", number: int = 0) -> HeldFile:
    return held("mine.json", small_round().inclusion(name, number))


def failed(result: LiabilitiesResult) -> dict[str, str]:
    return {check.name: check.detail for check in result.checks if check.outcome is Outcome.FAILED}


@light
def test_a_round_holds_with_its_totals_and_scope() -> None:
    result = SYSTEM.verify(folder(), NOTHING_ADDED)
    assert (result.exit_code, result.grade) == (0, Grade.CONSISTENT)
    assert {coin: total.units for coin, total in result.totals.items()} == {
        "BTC": 805,
        "ETH": 30,
        "AAA": 51,
    }
    assert result.root == small_round().trunk.root.hex()
    assert any("never proven" in sentence for sentence in result.scope)
    assert result.unit


@light
@pytest.mark.parametrize(("name", "number"), [("a0", 0), ("a0", 1), ("b0", 0)])
def test_every_customer_is_included(name: str, number: int) -> None:
    request = Request(root=small_round().trunk.root.hex())
    result = SYSTEM.include([*folder(), customer(name, number)], request)
    assert (result.exit_code, result.grade) == (0, Grade.CONSISTENT)
    assert result.path[-1].node == result.root
    assert result.path[0].sibling_side in {"left", "right"}
    assert not [check for check in result.checks if check.outcome is Outcome.NOT_POSSIBLE]


@light
def test_a_customers_file_alone_has_nothing_to_be_compared_with() -> None:
    result = SYSTEM.include([customer()], NOTHING_ADDED)
    outcomes = {check.name: check.outcome for check in result.checks}
    assert outcomes["inclusion"] is Outcome.NOT_POSSIBLE
    assert outcomes["published root"] is Outcome.NOT_POSSIBLE
    assert (result.grade, dict(result.totals)) == (Grade.CLAIMED, {})


@light
def test_a_root_that_is_not_the_published_one_fails() -> None:
    result = SYSTEM.include([customer()], Request(root="00" * 32))
    assert (result.exit_code, list(failed(result))) == (1, ["published root"])


BATCH, TRUNK = ("batch_inclusion_proof", "trunk_inclusion_proof")


@light
@pytest.mark.parametrize(
    ("place", "value", "check"),
    [
        ((BATCH, "total_value"), "724", "own sums"),
        ((BATCH, "BTC"), "701", "batch path"),
        ((BATCH, "batch_index"), 1, "trunk path"),
        ((BATCH, "batch_index"), 5, "inclusion"),
        ((BATCH, "user_index"), 1, "batch path"),
        ((BATCH, "uts"), 32, "batch path"),
        ((TRUNK, "total_value"), "1", "own sums"),
        ((TRUNK, "batch_id"), "00" * 32, "batch id"),
        ((TRUNK, "trunk_mtree_root"), "00" * 32, "inclusion"),
        (("config", "main_coins_num"), 1, "inclusion"),
    ],
)
def test_what_the_official_tool_leaves_out_is_checked(
    place: tuple[str, ...], value: object, check: str
) -> None:
    document = changed(small_round().inclusion("a0", 0), place, value)
    result = SYSTEM.include([*folder(), held("mine.json", document)], NOTHING_ADDED)
    assert check in failed(result)
    assert result.grade is Grade.CLAIMED


@light
def test_a_total_beyond_the_rows_is_out_of_range() -> None:
    document = changed(small_round().inclusion("a0", 0), (BATCH, "total_value"), "-1")
    result = SYSTEM.include([held("mine.json", document)], NOTHING_ADDED)
    assert "out of range" in failed(result)["own sums"]


@light
def test_two_customers_of_one_id_are_noticed() -> None:
    twice = [customer(), customer()]
    assert "distinct ids" in failed(SYSTEM.include([*folder(), *twice], NOTHING_ADDED))
    two = [customer(), customer("b0")]
    assert SYSTEM.include([*folder(), *two], NOTHING_ADDED).exit_code == 0


@light
def test_batches_and_trunk_must_add_up() -> None:
    files = small_files()
    other = sum_prover.Batch(
        [sum_prover.User(bytes(32), (1, 2, 3)), *small_round().trunk.users], 32
    )
    result = SYSTEM.verify(
        folder(
            {
                "sum_proof_data/trunk/sum_proof.json": other.proof(),
                "sum_proof_data/trunk/sum_values.json": other.values(),
            }
        ),
        NOTHING_ADDED,
    )
    assert "do not add up to the trunk: total_value, BTC, ETH, AAA" in failed(result)["sums"]
    assert files is small_files()


@light
def test_a_missing_batch_is_named() -> None:
    files = {name.replace("/b0/", "/b2/"): value for name, value in small_files().items()}
    result = SYSTEM.verify([held(name, value) for name, value in files.items()], NOTHING_ADDED)
    assert failed(result) == {"batches": "b0 is missing; b1 is missing"}


@light
def test_a_trunk_has_room_for_its_batches_in_rows_of_32() -> None:
    files = dict(small_files())
    for kind in ("proof", "values"):
        files[f"sum_proof_data/trunk/sum_{kind}.json"] = files[
            f"sum_proof_data/batches/a0/sum_{kind}.json"
        ]
    result = SYSTEM.verify([held(name, value) for name, value in files.items()], NOTHING_ADDED)
    assert "blocks of 16 rows" in failed(result)["trunk places"]


@light
def test_sums_beyond_what_the_rows_hold_are_refused() -> None:
    batch = small_round().batches["a0"]
    huge = [P - 1, 1, 0]
    part = okx_zk_v1._part(
        held("p", batch.proof()),
        held("v", {**dict(zip(sum_prover.COINS, huge, strict=True)), "total_value": 0}),
        sum_proof.Config(sum_prover.COINS, 2),
    )
    assert part.refused


def unusable(files: Sequence[HeldFile]) -> str:
    with pytest.raises(LiabilitiesError) as caught:
        SYSTEM.verify(files, NOTHING_ADDED)
    return str(caught.value)


@light
def test_incomplete_folders_are_unusable() -> None:
    files = folder()
    assert "config.json is missing" in unusable(files[1:])
    assert "both needed" in unusable(files[:-1])
    assert "batches and a trunk" in unusable(files[:-2])
    assert "another file for a0/proof" in unusable([*files, files[1]])
    assert "neither of a sum_proof_data folder" in unusable([*files, held("x.json", {})])
    assert "are needed" in unusable([customer()])
    zeros = [HeldFile(file.name.replace("/a0/", "/a00/"), file.data) for file in files]
    assert "zeros in front" in unusable(zeros)


@light
def test_what_the_prover_leaves_beside_a_sum_proof_is_not_read() -> None:
    left: dict[str, list[object]] = {
        f"x/{part}/{name}.json": [] for part in ("a0", "trunk") for name in PROVERS_OWN
    }
    assert SYSTEM.verify(folder(left), NOTHING_ADDED).exit_code == 0
    with pytest.raises(LiabilitiesError, match="are needed"):
        SYSTEM.verify([held("a0/mtree.json", [])], NOTHING_ADDED)


def test_what_cannot_be_included_or_found() -> None:
    with pytest.raises(LiabilitiesError, match="not a customer's"):
        SYSTEM.include(folder(), NOTHING_ADDED)
    with pytest.raises(LiabilitiesError, match="no list of ids"):
        SYSTEM.find(customer(), "00", NOTHING_ADDED)


def test_the_files_are_recognised() -> None:
    assert SYSTEM.recognises(folder())
    assert SYSTEM.recognises([customer()])
    assert not SYSTEM.recognises([held("config.json", {"coins": []})])
    assert not SYSTEM.recognises([])


def published() -> list[HeldFile]:
    files = sorted((SAMPLES / "sum_proof_data").rglob("*.json"))
    return [HeldFile(str(path.relative_to(SAMPLES)), path.read_bytes()) for path in files]


@needs_samples
@pytest.mark.parametrize("name", ["a0_user_0", "b0_user_3"])
def test_the_samples_hold(name: str) -> None:
    file = f"{name}_inclusion_proof.json"
    result = SYSTEM.include(
        [*published(), HeldFile(file, (SAMPLES / file).read_bytes())], NOTHING_ADDED
    )
    assert (result.exit_code, result.grade) == (0, Grade.CONSISTENT)
    assert sum(total.units for total in result.totals.values()) == 4_791_632_563


def survivors(document: Json, name: str, seed: int, files: Sequence[HeldFile]) -> list[object]:
    """Return the changes of one file's single values that were not refused."""
    found: list[object] = []
    for place, value in changes(document, 200, seed):
        changed_file = held(name, changed(document, place, value))
        try:
            if okx_zk_v1._PART.search(name) is None:
                result = SYSTEM.include([*files, changed_file], NOTHING_ADDED)
            else:
                result = SYSTEM.verify([*files, changed_file], NOTHING_ADDED)
        except LiabilitiesError:
            continue
        if result.exit_code == 0:
            found.append(place)
    return found


PARTS = ("a0", "a1", "b0", "trunk")


@needs_samples
@pytest.mark.parametrize("part", PARTS)
def test_every_single_change_of_a_samples_sum_proof_is_refused(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other parts are verified once: a change of one does not change them."""
    name = next(file.name for file in published() if f"{part}/sum_proof" in file.name)
    verified: dict[bytes, okx_zk_v1._Part] = {}
    original = okx_zk_v1._part

    def once(proof: HeldFile, values: HeldFile, config: sum_proof.Config) -> okx_zk_v1._Part:
        if proof.name == name:
            return original(proof, values, config)
        key = proof.data + values.data
        if key not in verified:
            verified[key] = original(proof, values, config)
        return verified[key]

    monkeypatch.setattr(okx_zk_v1, "_part", once)
    others = [file for file in published() if file.name != name]
    document = sample(f"okx_zkstark_v1/{name}")
    assert survivors(document, name, 11, others) == []


@needs_samples
@pytest.mark.parametrize("name", ["a0_user_0", "b0_user_3"])
def test_every_single_change_of_a_samples_inclusion_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = okx_zk_v1._round(published())
    monkeypatch.setattr(okx_zk_v1, "_round", lambda _: this)
    document = sample(f"okx_zkstark_v1/{name}_inclusion_proof.json")
    assert survivors(document, "mine.json", 12, published()) == []
