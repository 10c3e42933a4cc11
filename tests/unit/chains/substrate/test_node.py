"""Bad input of every kind: always the right number, or a reason why there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.adapter import Assurance, SnapshotPoint
from chains.errors import RegistryError
from chains.errors import UnresolvedReason as Reason
from chains.substrate.node import KEYS_AT_ONCE
from tests.fakes.readings import collect, observed, pinned, unresolved
from tests.fakes.substrate_node import (
    ASSETS_METADATA,
    START_S,
    SYSTEM_NUMBER,
    SubstrateChain,
    SubstrateFake,
)
from tests.fakes.substrate_node import account_key as key_of
from tests.fakes.substrate_scene import (
    ALL,
    CLOSED,
    COIN,
    LATE,
    MOVER,
    NOBODY,
    RICH,
    TETHER,
    WHALE,
    Scene,
    network,
    reading,
    scene,
)


@pytest.fixture(name="scene")
def _scene() -> Scene:
    return scene()


@pytest.fixture(name="point")
def _point(scene: Scene) -> SnapshotPoint:
    block = scene.chain.blocks[scene.height]
    return SnapshotPoint("polkadot", scene.height, block.hash, None)


async def amounts(fake: SubstrateFake, scene: Scene) -> dict[bytes, int]:
    async with reading(fake) as asked:
        found = await collect(asked, COIN, await pinned(asked, scene.height), ALL)
    return {account: observed(value).amount for account, value in found.items()}


async def reasons(fake: SubstrateFake, point: SnapshotPoint) -> set[Reason]:
    async with reading(fake) as asked:
        found = await collect(asked, COIN, point, ALL)
    return {unresolved(value).reason for value in found.values()}


# --- zeros


@pytest.mark.parametrize("no_proofs", [False, True])
async def test_accounts_that_never_were_are_closed_or_come_later_are_zero(
    scene: Scene, *, no_proofs: bool
) -> None:
    async with SubstrateFake(scene.chain) as fake, reading(fake) as asked:
        fake.quirks.no_proofs = no_proofs
        before = await collect(asked, COIN, await pinned(asked, scene.height), ALL)
        after = await collect(asked, COIN, await pinned(asked, scene.height + 1), ALL)
    assert observed(before[LATE]).amount == observed(before[NOBODY]).amount == 0
    assert observed(before[CLOSED]).amount == 3
    assert observed(after[CLOSED]).amount == 0


async def test_zero_that_is_really_do_not_know(scene: Scene, point: SnapshotPoint) -> None:
    """A node whose state is empty, whatever is asked: not even its block number is there."""
    async with SubstrateFake(scene.chain) as fake:
        fake.quirks.no_proofs = True
        keys = [SYSTEM_NUMBER, *(key_of(one).hex() for one in ALL)]
        fake.quirks.results["state_queryStorageAt"] = [
            {"block": point.block_hash, "changes": [[f"0x{key}", None] for key in keys]}
        ]
        assert await reasons(fake, point) == {Reason.NO_STATE}


async def test_a_dropped_row_is_no_zero(scene: Scene, point: SnapshotPoint) -> None:
    async with SubstrateFake(scene.chain) as fake, reading(fake) as asked:
        fake.quirks.left_out = {f"0x{key_of(RICH).hex()}"}
        proven = await collect(asked, COIN, point, ALL)
        fake.quirks.no_proofs = True
        told = await collect(asked, COIN, point, ALL)
    for found in (proven, told):
        assert unresolved(found[RICH]).reason is Reason.MISSING_ANSWER
        assert observed(found[WHALE]).amount == 2**100 + 1 + 2**90


# --- the state that answers


async def test_a_node_that_silently_answers_at_latest_is_caught(
    scene: Scene, point: SnapshotPoint
) -> None:
    async with SubstrateFake(scene.chain) as fake, reading(fake) as asked:
        fake.quirks.no_proofs = fake.quirks.at_latest = True
        found = await collect(asked, COIN, point, ALL)
        assert {unresolved(value).reason for value in found.values()} == {Reason.WRONG_STATE}
        assert asked.distrusted() == {fake.url}


async def test_a_proof_of_the_latest_state_proves_nothing(
    scene: Scene, point: SnapshotPoint
) -> None:
    async with SubstrateFake(scene.chain) as fake:
        fake.quirks.at_latest = True
        assert await reasons(fake, point) == {Reason.MISSING_ANSWER}


@pytest.mark.parametrize("no_proofs", [False, True])
async def test_an_answer_that_names_another_block_is_caught(
    scene: Scene, point: SnapshotPoint, *, no_proofs: bool
) -> None:
    async with SubstrateFake(scene.chain) as fake:
        fake.quirks.no_proofs = no_proofs
        fake.quirks.renamed = scene.chain.blocks[scene.height - 1].hash
        assert await reasons(fake, point) == {Reason.WRONG_STATE}


async def test_a_pruned_height(scene: Scene) -> None:
    async with SubstrateFake(scene.chain) as fake, reading(fake) as asked:
        fake.quirks.pruned_below = scene.height + 1
        point = await pinned(asked, scene.height)
        assert point.block_time is None
        found = await collect(asked, COIN, point, ALL)
        assert {unresolved(value).reason for value in found.values()} == {Reason.NO_STATE}


async def test_what_one_node_has_pruned_another_knows(scene: Scene) -> None:
    async with SubstrateFake(scene.chain) as one, SubstrateFake(scene.chain) as other:
        one.quirks.pruned_below = scene.height + 1
        async with reading(one, other) as asked:
            found = await collect(asked, COIN, await pinned(asked, scene.height), ALL)
        assert {observed(value).sources for value in found.values()} == {(other.url,)}


async def test_a_block_of_another_height_is_not_read(scene: Scene, point: SnapshotPoint) -> None:
    async with SubstrateFake(scene.chain) as fake:
        assert await reasons(fake, replace(point, height=1)) == {Reason.WRONG_STATE}


# --- blocks


async def test_a_future_height(scene: Scene) -> None:
    async with SubstrateFake(scene.chain) as fake, reading(fake) as asked:
        value = unresolved(await asked.pin(scene.chain.height + 1))
        assert value.reason is Reason.NO_BLOCK
        assert f"best block is {scene.chain.height}" in value.detail


async def test_a_height_that_no_block_can_have_is_one_of_the_future(scene: Scene) -> None:
    """Nodes refuse numbers of more than 32 bits; a height so large asks how far they are."""
    async with SubstrateFake(scene.chain) as fake, reading(fake) as asked:
        value = unresolved(await asked.pin(1 << 32))
        assert value.reason is Reason.NO_BLOCK
        assert f"best block is {scene.chain.height}" in value.detail
        final = scene.chain.height - fake.quirks.unfinalized
        assert await asked.latest() == final


async def test_a_node_that_does_not_name_an_old_block(scene: Scene) -> None:
    del scene.chain.blocks[scene.height]
    async with SubstrateFake(scene.chain) as fake, reading(fake) as asked:
        assert unresolved(await asked.pin(scene.height)).reason is Reason.NO_BLOCK


async def test_a_block_that_is_not_final(scene: Scene) -> None:
    async with SubstrateFake(scene.chain) as fake, reading(fake, now=START_S + 60) as asked:
        fake.quirks.unfinalized = 3
        assert unresolved(await asked.pin(scene.height)).reason is Reason.NOT_FINAL
        fake.quirks.unfinalized = 2
        assert (await pinned(asked, scene.height)).finality == "finalized"


async def test_a_node_of_another_network(scene: Scene) -> None:
    other = SubstrateChain()
    other.blocks[0] = other.blocks[other.mine()]
    async with SubstrateFake(other) as fake, reading(fake, net=network(scene.chain)) as asked:
        assert unresolved(await asked.pin(0)).reason is Reason.WRONG_CHAIN


async def test_a_header_that_does_not_hash_to_its_block(scene: Scene, point: SnapshotPoint) -> None:
    async with SubstrateFake(scene.chain) as fake, reading(fake) as asked:
        fake.quirks.wrong_header = True
        assert unresolved(await asked.pin(scene.height)).reason is Reason.WRONG_STATE
        found = await collect(asked, COIN, point, [RICH])
        assert unresolved(found[RICH]).reason is Reason.WRONG_STATE


async def test_an_opaque_header_proves_nothing(scene: Scene) -> None:
    net = network(scene.chain, header="opaque")
    async with SubstrateFake(scene.chain) as fake, reading(fake, net=net) as asked:
        fake.quirks.wrong_header = True
        found = await collect(asked, COIN, await pinned(asked, scene.height), ALL)
    assert {observed(value).assurance for value in found.values()} == {Assurance.NODE}
    assert "state_getReadProof" not in dict(fake.calls)


async def test_a_node_that_describes_another_height(scene: Scene) -> None:
    async with SubstrateFake(scene.chain) as fake, reading(fake) as asked:
        fake.quirks.results["chain_getBlockHash"] = scene.chain.blocks[0].hash
        assert unresolved(await asked.pin(scene.height)).reason is Reason.WRONG_STATE


# --- proofs


@pytest.mark.parametrize("version", [0, 1])
async def test_a_tampered_proof_is_refused(version: int) -> None:
    made = scene(version=version)
    point = SnapshotPoint("polkadot", made.height, made.chain.blocks[made.height].hash, None)
    async with SubstrateFake(made.chain) as fake:
        for flipped in range(0, 600, 7):
            fake.quirks.flipped = flipped
            async with reading(fake) as asked:
                found = await collect(asked, COIN, point, [RICH])
            assert unresolved(found[RICH]).reason in {
                Reason.MALFORMED_ANSWER,
                Reason.MISSING_ANSWER,
            }


async def test_a_partial_proof_is_refused_and_another_node_is_asked(
    scene: Scene, point: SnapshotPoint
) -> None:
    async with SubstrateFake(scene.chain) as one, SubstrateFake(scene.chain) as other:
        one.quirks.proof_without = 0
        async with reading(one, other) as asked:
            found = await collect(asked, COIN, point, ALL)
        assert {observed(value).sources for value in found.values()} == {(other.url,)}
    assert {key: observed(value).amount for key, value in found.items()} == scene.truth[
        scene.height
    ]


async def test_a_node_without_proofs_is_asked_for_storage(scene: Scene) -> None:
    async with SubstrateFake(scene.chain) as fake, reading(fake) as asked:
        fake.quirks.no_proofs = True
        found = await collect(asked, COIN, await pinned(asked, scene.height), ALL)
        await collect(asked, COIN, await pinned(asked, scene.height), ALL)
    assert {observed(value).assurance for value in found.values()} == {Assurance.NODE}
    assert [method for method, _ in fake.calls].count("state_getReadProof") == 1


# --- transport and shapes


async def test_a_rate_limit_is_waited_for(scene: Scene) -> None:
    async with SubstrateFake(scene.chain) as fake:
        fake.faults.throttle = 2
        assert await amounts(fake, scene) == scene.truth[scene.height]


async def test_a_rate_limit_that_does_not_end(scene: Scene, point: SnapshotPoint) -> None:
    async with SubstrateFake(scene.chain) as fake:
        fake.faults.throttle = 10_000
        assert await reasons(fake, point) == {Reason.THROTTLED}


async def test_answers_that_break_off_are_asked_again(scene: Scene) -> None:
    async with SubstrateFake(scene.chain) as fake:
        fake.faults.garbage = 1
        assert await amounts(fake, scene) == scene.truth[scene.height]


@pytest.mark.parametrize("no_proofs", [False, True])
async def test_too_many_keys_are_asked_in_halves(scene: Scene, *, no_proofs: bool) -> None:
    async with SubstrateFake(scene.chain) as fake:
        fake.quirks.no_proofs, fake.quirks.largest = no_proofs, 2
        assert await amounts(fake, scene) == scene.truth[scene.height]


async def test_one_key_too_many(scene: Scene, point: SnapshotPoint) -> None:
    async with SubstrateFake(scene.chain) as fake:
        fake.quirks.largest = 1
        assert await reasons(fake, point) == {Reason.TOO_LARGE}


@pytest.mark.parametrize(
    "answer",
    [None, [], {}, {"at": 7, "proof": None}, {"proof": []}, {"at": "HASH", "proof": [7]},
     {"at": "HASH", "proof": ["0xzz"]}, {"at": "HASH", "proof": []}, "0x", 2**70],
)  # fmt: skip
async def test_malformed_proofs(scene: Scene, point: SnapshotPoint, answer: object) -> None:
    async with SubstrateFake(scene.chain) as fake:
        if isinstance(answer, dict) and answer.get("at") == "HASH":
            answer = answer | {"at": point.block_hash}
        fake.quirks.results["state_getReadProof"] = answer
        assert await reasons(fake, point) <= {
            Reason.MALFORMED_ANSWER, Reason.MISSING_ANSWER, Reason.WRONG_STATE,
        }  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [None, {}, [], [7], [{}, {}], [{"block": "HASH"}], [{"block": "HASH", "changes": [7]}],
     [{"block": "HASH", "changes": [["0x00", None]]}], [{"block": "HASH", "changes": [["0x00"]]}],
     [{"block": "HASH", "changes": [[f"0x{SYSTEM_NUMBER}", 7]]}]],
)  # fmt: skip
async def test_malformed_answers(scene: Scene, point: SnapshotPoint, answer: object) -> None:
    async with SubstrateFake(scene.chain) as fake:
        fake.quirks.no_proofs = True
        if isinstance(answer, list):
            answer = [
                one | {"block": point.block_hash} if isinstance(one, dict) and one else one
                for one in answer
            ]
        fake.quirks.results["state_queryStorageAt"] = answer
        assert await reasons(fake, point) == {Reason.MALFORMED_ANSWER}


async def test_a_key_that_is_answered_twice(scene: Scene, point: SnapshotPoint) -> None:
    async with SubstrateFake(scene.chain) as fake:
        fake.quirks.no_proofs = fake.quirks.twice = True
        assert await reasons(fake, point) == {Reason.MALFORMED_ANSWER}


async def test_an_account_of_an_older_layout_is_no_number(scene: Scene) -> None:
    scene.chain.values[key_of(RICH)] = bytes(72)
    scene.chain.mine()
    async with SubstrateFake(scene.chain) as fake, reading(fake) as asked:
        found = await collect(asked, COIN, await pinned(asked, scene.chain.height), [RICH, WHALE])
    assert unresolved(found[RICH]).reason is Reason.MALFORMED_ANSWER
    assert observed(found[WHALE]).assurance is Assurance.PROOF


async def test_many_accounts_take_few_requests(scene: Scene) -> None:
    accounts = [number.to_bytes(32, "big") for number in range(4 * KEYS_AT_ONCE)]
    async with SubstrateFake(scene.chain) as fake, reading(fake) as asked:
        point = await pinned(asked, scene.height)
        before = len(fake.calls)
        await collect(asked, COIN, point, accounts)
    assert len(fake.calls) - before == 4


# --- assets


async def test_an_asset_that_is_not_there_or_another_one_is_a_mistake_in_the_table(
    scene: Scene, point: SnapshotPoint
) -> None:
    async with SubstrateFake(scene.chain) as fake, reading(fake) as asked:
        assert await asked.check_form(TETHER, point) is None
        for form in (
            replace(TETHER, contract="1985"),
            replace(TETHER, contract="usdt"),
            replace(TETHER, decimals=18),
            replace(TETHER, symbols=("USDC",)),
        ):
            value = unresolved(await asked.check_form(form, point))
            assert value.reason is Reason.REGISTRY


async def test_metadata_that_cannot_be_read_is_no_mistake_in_the_table(scene: Scene) -> None:
    for key in scene.chain.values:
        if key.hex().startswith(ASSETS_METADATA):
            scene.chain.values[key] = b"\xff"
    scene.chain.mine()
    async with SubstrateFake(scene.chain) as fake, reading(fake) as asked:
        point = await pinned(asked, scene.chain.height)
        value = unresolved(await asked.check_form(TETHER, point))
        assert value.reason is Reason.MALFORMED_ANSWER


async def test_the_first_block_must_be_known(scene: Scene) -> None:
    async with SubstrateFake(scene.chain) as fake:
        net = replace(network(scene.chain), options={})
        with pytest.raises(RegistryError, match="first block"):
            async with reading(fake, net=net):
                pass


async def test_a_balance_of_another_account_is_not_taken(scene: Scene) -> None:
    async with SubstrateFake(scene.chain) as fake, reading(fake) as asked:
        found = await collect(asked, COIN, await pinned(asked, scene.height), [MOVER])
    assert observed(found[MOVER]).amount == 73
