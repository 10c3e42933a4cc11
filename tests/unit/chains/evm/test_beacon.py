from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from chains.adapter import Assurance, Observed, Reading, SnapshotPoint, Unresolved
from chains.errors import RegistryError
from chains.errors import UnresolvedReason as Reason
from chains.evm.beacon import BeaconReader, reader
from chains.registry import Network
from chains.transport.health import Watched
from tests.fakes.beacon_node import GENESIS, BeaconFaults, FakeBeacon, FakeValidator
from tests.fakes.evm_scene import NATIVE, QUICK
from tests.fakes.surroundings import FakeTime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import Parameter

SLOT = 9_000_000
HASH = "0x" + "ab" * 32
POINT = SnapshotPoint(
    "ethereum", 20_000_000, HASH, datetime.fromtimestamp(GENESIS + 12 * SLOT, UTC)
)
OPTIONS: dict[str, Parameter] = {"genesis_time": GENESIS, "slot_seconds": 12}
ETHER = 10**9
OWNER = b"\x01" + bytes(11) + b"\xaa" * 20


def key(number: int) -> bytes:
    return number.to_bytes(48, "big")


def node(count: int = 3, faults: BeaconFaults | None = None) -> FakeBeacon:
    made = FakeBeacon({SLOT: HASH}, faults=faults or BeaconFaults())
    for number in range(count):
        made.validators[key(number)] = FakeValidator(number, 32 * ETHER + number, OWNER)
    return made


def network(options: dict[str, Parameter] | None = None) -> Network:
    return Network(
        "beacon", "Ethereum beacon chain", "beth", "ETH.BEACON", 9,
        options=OPTIONS if options is None else options,
    )  # fmt: skip


def asked_of(*urls: str) -> BeaconReader:
    made = reader(network(), urls, settings=QUICK, surroundings=FakeTime().surroundings())
    assert isinstance(made, BeaconReader)
    return made


async def read(
    urls: Sequence[str], keys: Sequence[bytes], point: SnapshotPoint = POINT
) -> dict[bytes, Reading]:
    found: dict[bytes, Reading] = {}
    async with asked_of(*urls) as asked:
        async for batch in asked.balances(NATIVE, point, keys):
            assert not found.keys() & dict(batch).keys()
            found.update(batch)
    assert set(found) == set(keys)
    return found


def reason(reading: Reading | bytes) -> Reason:
    assert isinstance(reading, Unresolved), reading
    return reading.reason


async def test_stakes_at_the_slot_of_the_block_in_wei() -> None:
    async with node() as beacon:
        found = await read([beacon.url], [key(0), key(2)])
    two = found[key(2)]
    assert isinstance(two, Observed)
    assert two.amount == (32 * ETHER + 2) * 10**9
    assert (two.point, two.assurance) == (POINT, Assurance.NODE)
    assert two.note == "Validator 2, active_ongoing."
    assert "SECRET" not in str(two.sources)


async def test_what_waits_is_told_and_not_counted() -> None:
    async with node() as beacon:
        beacon.deposits = [(key(0), 5), (key(0), 6), (key(9), 32 * ETHER)]
        beacon.withdrawals = [(1, 7)]
        found = await read([beacon.url], [key(0), key(1), key(9)])
    first, second, missing = found.values()
    assert isinstance(first, Observed)
    assert isinstance(second, Observed)
    assert first.amount == 32 * ETHER * 10**9
    assert "11 gwei in the deposit queue" in first.note
    assert "7 gwei that wait to be withdrawn" in second.note
    # a validator that the state does not know is no zero
    assert reason(missing) is Reason.MISSING_ANSWER
    assert isinstance(missing, Unresolved)
    assert "32000000000 gwei wait" in missing.detail


async def test_before_electra_the_queues_are_not_known() -> None:
    faults = BeaconFaults(status={"pending_deposits": 400}, is_blinded=False)
    async with node(faults=faults) as beacon:
        (found,) = (await read([beacon.url], [key(0)])).values()
    assert isinstance(found, Observed)
    assert found.note.endswith("are not known.")


@pytest.mark.parametrize("tells_root", [True, False])
async def test_states_that_are_found_by_their_slot_only(tells_root: bool) -> None:
    faults = BeaconFaults(by_slot=True, status={} if tells_root else {"root": 404})
    async with node(1_001, faults) as beacon:
        found = await read([beacon.url], [key(number) for number in range(1_001)])
    assert [one.amount for one in found.values() if isinstance(one, Observed)] == [
        (32 * ETHER + number) * 10**9 for number in range(1_001)
    ]
    assert (beacon.seen["validators"], beacon.seen["root"]) == (3, 1)


async def test_a_state_of_another_root_is_not_that_of_the_slot() -> None:
    async with node(1, BeaconFaults(by_slot=True, root="0x" + "99" * 32)) as beacon:
        found = await read([beacon.url], [key(0)])
    assert reason(found[key(0)]) is Reason.WRONG_STATE


async def test_a_node_that_does_not_tell_its_genesis_is_known_by_its_block() -> None:
    async with node(1, BeaconFaults(status={"genesis": 404})) as beacon:
        found = await read([beacon.url], [key(0)])
    assert isinstance(found[key(0)], Observed)


async def test_thousands_of_keys_go_in_posts_of_a_thousand() -> None:
    async with node(2_500) as beacon:
        found = await read([beacon.url], [key(n) for n in range(2_500)])
        assert (beacon.seen["validators"], beacon.largest) == (3, 1_000)
        assert beacon.seen["genesis"] == beacon.seen["blinded_blocks"] == 1
    assert all(isinstance(reading, Observed) for reading in found.values())


@pytest.mark.parametrize(
    ("faults", "due"),
    [
        (BeaconFaults(genesis=GENESIS + 1), Reason.WRONG_CHAIN),
        (BeaconFaults(execution_hash="0x" + "cd" * 32), Reason.WRONG_STATE),
        (BeaconFaults(optimistic=True), Reason.WRONG_STATE),
        (BeaconFaults(repeats=True), Reason.MALFORMED_ANSWER),
        (BeaconFaults(retypes=True), Reason.MALFORMED_ANSWER),
        (BeaconFaults(drops=1), Reason.MISSING_ANSWER),
        (BeaconFaults(body=b"<html>"), Reason.MALFORMED_ANSWER),
        (BeaconFaults(status={"validators": 404}), Reason.NO_STATE),
        (BeaconFaults(status={"validators": 413}), Reason.TOO_LARGE),
        (BeaconFaults(status={"genesis": 401}), Reason.UNREACHABLE),
        (BeaconFaults(status={"genesis": 500}), Reason.UNREACHABLE),
        (BeaconFaults(status={"genesis": 429}), Reason.THROTTLED),
    ],
)
async def test_a_bad_node_never_gives_a_number(faults: BeaconFaults, due: Reason) -> None:
    async with node(1, faults) as beacon, node(1) as good:
        (found,) = (await read([beacon.url], [key(0)])).values()
        assert reason(found) is due
        assert isinstance(found, Unresolved)
        assert "SECRET" not in found.detail + str(found.attempts)
        if due is not Reason.MISSING_ANSWER:
            (found,) = (await read([beacon.url, good.url], [key(0)])).values()
            assert isinstance(found, Observed)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_passing_fault_is_waited_out(status: int) -> None:
    async with node(1, BeaconFaults(status={"genesis": status}, for_requests=2)) as beacon:
        (found,) = (await read([beacon.url], [key(0)])).values()
    assert isinstance(found, Observed)


@pytest.mark.parametrize("seconds", [5, -12 * SLOT - 12])
async def test_a_block_between_slots_is_on_no_beacon_chain(seconds: int) -> None:
    moment = datetime.fromtimestamp(GENESIS + 12 * SLOT + seconds, UTC)
    async with node(1) as beacon:
        point = SnapshotPoint("ethereum", 1, HASH, moment)
        (found,) = (await read([beacon.url], [key(0)], point)).values()
    assert reason(found) is Reason.NO_BLOCK


async def test_withdrawal_credentials_are_asked_once() -> None:
    async with node() as beacon, asked_of(beacon.url) as asked:
        assert [b async for b in asked.balances(NATIVE, POINT, [key(0)])]
        before = beacon.seen["validators"]
        found = await asked.credentials(POINT, [key(0), key(9), key(0)])
        assert beacon.seen["validators"] == before + 1
    assert found[key(0)] == OWNER
    unknown = found[key(9)]
    assert isinstance(unknown, Unresolved)
    assert unknown.reason is Reason.MISSING_ANSWER


async def test_without_a_node_nothing_is_known() -> None:
    (found,) = (await read([], [key(0)])).values()
    assert reason(found) is Reason.NO_ENDPOINT
    async with asked_of() as asked:
        assert reason((await asked.credentials(POINT, [key(0)]))[key(0)]) is Reason.NO_ENDPOINT
        assert (await asked.pin(5)).reason is Reason.NO_METHOD
        assert await asked.check_form(NATIVE, POINT) is None  # type: ignore[func-returns-value]


async def test_only_distinct_public_keys_are_asked() -> None:
    async with asked_of() as asked:
        for wrong in ([bytes(20)], [key(1), key(1)]):
            with pytest.raises(ValueError, match="validator"):
                _ = [batch async for batch in asked.balances(NATIVE, POINT, wrong)]


def test_a_network_without_slots_is_refused() -> None:
    with pytest.raises(RegistryError):
        reader(network({}), [])


async def test_every_node_tells_its_health() -> None:
    async with node(1) as good, asked_of("http://127.0.0.1:9/KEY", good.url) as asked:
        assert isinstance(asked, Watched)
        [_ async for _ in asked.balances(NATIVE, POINT, [key(0)])]
        down, up = asked.health()
    assert dict(down.failures) == {"TransportFailure": down.requests}
    assert down.retries == down.requests - 1
    assert (up.failures, up.requests) == ((), sum(good.seen.values()))
    assert not any(secret in one.line() for one in (down, up) for secret in ("KEY", "SECRET"))
