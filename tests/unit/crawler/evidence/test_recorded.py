from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chains.adapter import (
    BalanceProver,
    ClockedReader,
    ControlQuery,
    ControlReader,
    Proven,
    Unproven,
)
from chains.evm.proof_file import CheckedBalance
from chains.registry import Network
from crawler import settings
from crawler.assess import Finding
from crawler.evidence.record import Record, RecordError, read_record
from crawler.evidence.recorded import Proofs, RecordedReader, recorded_reader
from crawler.evidence.recording import RecordWriter
from crawler.ownership import OwnershipEngine
from crawler.readings import Reader, RememberingReader
from crawler.run import Verifier
from crawler.wallet_list import open_wallet_list
from tests.fakes.evm_scene import network
from tests.unit.crawler.evidence.test_record import (
    CONTROLS,
    FORM,
    ONE,
    POINT,
    SEEN,
    TWO,
    WHY,
    written,
)
from tests.unit.crawler.lists_of_ours import Ledger, published, row, time_of
from tests.unit.crawler.test_readings import Quiet

RECORD = read_record(written())
SHOWN = CheckedBalance(1, "ethereum", POINT.block_hash, 100, FORM.id, f"0x{ONE.hex()}", 5, "")
PROOFS = Proofs({(FORM.id, POINT.block_hash, f"0x{ONE.hex()}"): SHOWN})


def reader(
    record: Record = RECORD, proofs: Proofs = PROOFS, at: Network | None = None
) -> RecordedReader:
    made = recorded_reader(record, proofs, at or network())
    assert isinstance(made, RecordedReader)
    return made


async def collected(which: RecordedReader, accounts: list[bytes]) -> dict[bytes, object]:
    return {a: r async for batch in which.balances(FORM, POINT, accounts) for a, r in batch}


async def proven(which: RecordedReader, chosen: list[bytes]) -> dict[bytes, Proven | Unproven]:
    kept: list[object] = []
    batches = which.prove(FORM, POINT, {}, chosen, kept.append)
    found = {account: proof async for batch in batches for account, proof in batch}
    assert kept == [{"kind": "layout", "form": FORM.id, "text": "mapping 9", "tested": 20}]
    return found


async def test_it_answers_what_was_recorded() -> None:
    async with reader() as asked:
        assert await asked.pin(100) == POINT
        assert await asked.pin(200) == WHY
        assert await asked.check_form(FORM, POINT) is None
        assert await collected(asked, [TWO]) == {TWO: SEEN}
        assert await asked.recheck(POINT) == WHY
        assert await asked.height_at(datetime(2026, 1, 1, tzinfo=UTC)) == 100
        kept = await asked.remembered(FORM, 100, [ONE, TWO])
    assert {account: one.amount for account, one in kept.items()} == {TWO: 7}
    assert asked.notes() == ["b was left out."]
    assert asked.distrusted() == frozenset()


async def test_the_reader_of_the_beacon_chain_has_its_own_form_problems() -> None:
    beacon = reader(at=replace(network(), name="ethereum-beacon"))
    assert await beacon.check_form(FORM, POINT) == WHY


def test_a_network_that_nobody_answered_for_stays_so() -> None:
    assert recorded_reader(RECORD, PROOFS, replace(network(), name="solana")) == WHY


def test_it_can_do_what_the_reader_of_the_run_did() -> None:
    which = reader()
    for protocol in (BalanceProver, ClockedReader, RememberingReader, ControlReader):
        assert isinstance(which, protocol)
    assert not isinstance(reader(replace(RECORD, controls={})), ControlReader)


async def test_what_is_not_recorded_is_never_made_up() -> None:
    with pytest.raises(RecordError, match="1 of 2 readings of ETH@ethereum"):
        await collected(reader(), [ONE, b"\x02" * 20])
    with pytest.raises(RecordError, match="no block of ethereum at 7"):
        await reader().pin(7)
    with pytest.raises(RecordError, match="no height of base"):
        await reader(at=replace(network(), name="base")).latest()


async def test_a_proof_counts_when_it_verifies_now() -> None:
    assert await proven(reader(), [ONE, TWO]) == {ONE: Proven(5, "a"), TWO: Unproven("pruned")}


WRONG = Proofs({key: one._replace(problem="no") for key, one in PROOFS.balances.items()})


@pytest.mark.parametrize("bad", [Proofs(), WRONG], ids=["missing", "wrong"])
async def test_a_proof_that_is_missing_or_wrong_is_named(bad: Proofs) -> None:
    with pytest.raises(RecordError, match=r"proofs\.jsonl: no valid proof of ETH@ethereum 0x0000"):
        await proven(reader(proofs=bad), [ONE])


async def test_a_choice_that_was_not_recorded_is_named() -> None:
    with pytest.raises(RecordError, match="nothing is noted of a proof"):
        await proven(reader(), [b"\x02" * 20])


async def test_controls_are_of_the_accounts_that_were_asked() -> None:
    which = reader()
    assert isinstance(which, ControlReader)
    queries = [ControlQuery(account, frozenset(), b"", ()) for account in (ONE, TWO)]
    assert await which.control(POINT, queries) == CONTROLS
    with pytest.raises(RecordError, match="of other accounts"):
        await which.control(POINT, queries[::-1])


def run_of(path: Path, reader: Reader, record: RecordWriter | None = None) -> list[Finding]:
    loaded = settings.load(environment={})
    wallet_list = open_wallet_list(path, loaded.entity("okx"), {})
    with OwnershipEngine(workers=1) as engine:
        verifier = Verifier(
            wallet_list, loaded.networks, engine, Quiet(), reader, record=record,
            moment=time_of(90),
        )  # fmt: skip
        for _ in verifier.judge():
            pass
        verifier.read()
        return list(verifier.findings(verifier.outcome()))


@pytest.mark.parametrize(
    "ledger", [Ledger(), Ledger(down={"ethereum"}), Ledger(tip=10)], ids=range(3)
)
def test_rows_without_a_height_replay_at_the_moment_of_the_run(
    tmp_path: Path, ledger: Ledger
) -> None:
    path = tmp_path / "list.csv"
    rows = [row(n, "1").replace(",100,", ",,", 1) for n in range(4)]
    path.write_bytes(published([*rows, row(9, "1", height=80)]))
    ledger.set(2, 10**18)
    pieces: list[bytes] = []
    writer = RecordWriter(pieces.append)
    before = run_of(path, ledger, writer)
    writer.finish()
    record = read_record(b"".join(pieces).splitlines(keepends=True))
    after = run_of(path, lambda network: recorded_reader(record, Proofs(), network))
    assert after == before
    assert len(before) == 5
