from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from chains.errors import UnresolvedReason
from crawler import settings as settings_module
from crawler.assess import ExitCode
from crawler.errors import ConfigurationError, ListError
from crawler.readers import ReaderOptions, SnapshotRequest
from crawler.schedule import ScheduledRun, newest
from crawler.settings import Schedule
from tests.unit.crawler.lists_of_ours import Ledger, published, row, time_of
from tests.unit.crawler.snapshot_lists import (
    ADDRESSES,
    HASH,
    HEIGHT,
    amount,
    counted_passes,
    listing,
    snapshot,
)
from tests.unit.crawler.test_readings import Quiet

ETHER = 10**18
PAID_NOTHING = "1BitcoinEaterAddressDontSendf59kuE"


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    found = Ledger()
    found.set(1, ETHER)

    def make(options: ReaderOptions) -> Ledger:
        return found

    monkeypatch.setattr("crawler.run.reader_of", make)
    monkeypatch.setattr("crawler.schedule.reader_of", make)
    return found


@pytest.fixture
def scheduled(tmp_path: Path) -> Callable[..., ScheduledRun]:
    (tmp_path / "por_1.csv").write_bytes(published([row(1, "1")]))
    loaded = settings_module.load(environment={})
    schedule = Schedule({"okx": str(tmp_path / "por_*.csv")})

    def make(**options: object) -> ScheduledRun:
        run = ScheduledRun(
            dataclasses.replace(loaded, schedule=schedule),
            str(tmp_path / "store.sqlite"),
            tmp_path / "out",
            Quiet(),
            workers=1,
        )
        return dataclasses.replace(run, **options)  # type: ignore[arg-type]

    return make


def test_one_outcome_per_entity_and_a_report_each(
    scheduled: Callable[..., ScheduledRun], ledger: Ledger, tmp_path: Path
) -> None:
    (outcome,) = scheduled().run([])
    assert (outcome.entity, outcome.exit_code, outcome.changed) == ("okx", ExitCode.HOLDS, True)
    assert outcome.line() == (
        "okx: exit 0: Holds: the only row is proven and observed at the snapshot."
    )
    assert (tmp_path / "out" / "okx" / "report.json").exists()


def test_the_same_outcome_is_no_change_and_a_newer_list_is(
    scheduled: Callable[..., ScheduledRun], ledger: Ledger, tmp_path: Path
) -> None:
    assert [run.changed for _ in range(2) for run in scheduled().run([])] == [True, False]
    (tmp_path / "por_2.csv").write_bytes(published([row(1, "2")]))
    (outcome,) = scheduled().run([])
    assert (outcome.exit_code, outcome.changed) == (ExitCode.DOES_NOT_HOLD, True)


def test_a_snapshot_that_left_its_chain_is_said(
    scheduled: Callable[..., ScheduledRun], ledger: Ledger
) -> None:
    list(scheduled().run([]))
    ledger.reorged = True
    okx, earlier = scheduled().run([])
    assert okx.exit_code is ExitCode.HOLDS
    assert earlier.exit_code is ExitCode.INCOMPLETE
    assert "ethereum 100" in earlier.sentence


@pytest.mark.parametrize(
    ("reason", "is_said"),
    [(UnresolvedReason.UNREACHABLE, True), (UnresolvedReason.NO_STATE, False)],
)
def test_a_snapshot_that_could_not_be_looked_up_again_is_said(
    scheduled: Callable[..., ScheduledRun], ledger: Ledger, reason: UnresolvedReason, is_said: bool
) -> None:
    list(scheduled().run([]))
    ledger.silent = reason
    _, *earlier = scheduled().run([])
    assert [(one.exit_code, one.sentence, one.changed) for one in earlier] == (
        [(ExitCode.INCOMPLETE, "Not looked up again: ethereum.", False)] if is_said else []
    )


def test_earlier_snapshots_are_looked_up_until_the_deadline(
    scheduled: Callable[..., ScheduledRun], ledger: Ledger
) -> None:
    list(scheduled().run([]))
    times = iter([0.0, 1.0, 59.5])
    okx, earlier = scheduled(deadline_s=60.0, clock=lambda: next(times)).run([])
    assert okx.exit_code is ExitCode.HOLDS
    assert earlier.exit_code is ExitCode.INCOMPLETE
    assert earlier.sentence == "Not looked up again: ethereum."


@pytest.mark.parametrize("deadline_s", [1e300, float("inf")])
def test_a_deadline_that_never_comes_is_none(
    deadline_s: float, scheduled: Callable[..., ScheduledRun], ledger: Ledger
) -> None:
    (outcome,) = scheduled(deadline_s=deadline_s).run([])
    assert outcome.exit_code is ExitCode.HOLDS


def test_after_the_deadline_nothing_is_started(
    scheduled: Callable[..., ScheduledRun], ledger: Ledger
) -> None:
    times = iter([0.0, 100.0])
    run = scheduled(deadline_s=60.0, clock=lambda: next(times))
    (outcome,) = run.run([])
    assert (outcome.exit_code, outcome.report) == (ExitCode.INCOMPLETE, None)
    assert "deadline" in outcome.sentence


def test_a_list_that_cannot_be_used_is_the_entitys_own_problem(
    scheduled: Callable[..., ScheduledRun], ledger: Ledger, tmp_path: Path
) -> None:
    (tmp_path / "por_9.csv").write_bytes(b"")
    (outcome,) = scheduled().run([])
    assert outcome.exit_code is ExitCode.USAGE


def test_a_folder_that_cannot_be_written_is_the_entitys_own_problem(
    scheduled: Callable[..., ScheduledRun], ledger: Ledger, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "okx").write_text("")
    (outcome,) = scheduled().run([])
    assert outcome.exit_code is ExitCode.USAGE
    assert "okx is not a folder" in outcome.sentence


def test_entities_without_a_list_are_named(scheduled: Callable[..., ScheduledRun]) -> None:
    with pytest.raises(ConfigurationError, match="nobody"):
        scheduled().entities(["nobody"])
    empty = dataclasses.replace(scheduled().settings, schedule=Schedule())
    with pytest.raises(ConfigurationError, match="no entity has a list"):
        scheduled(settings=empty).entities([])
    with pytest.raises(ConfigurationError, match="okx has no list"):
        scheduled(settings=empty).entities(["okx"])


def test_the_last_list_by_name_is_the_newest(tmp_path: Path) -> None:
    for name in ("por_20260101.csv", "por_20260201.csv", "other.csv"):
        (tmp_path / name).touch()
    assert newest(str(tmp_path / "por_*.csv")).name == "por_20260201.csv"
    with pytest.raises(ListError, match="no list fits"):
        newest(str(tmp_path / "none_*"))


# --- capture ----------------------------------------------------------------------------


def test_a_capture_keeps_what_a_later_run_at_that_block_finds(
    scheduled: Callable[..., ScheduledRun], ledger: Ledger, tmp_path: Path
) -> None:
    ledger.has_history = False
    (captured,) = scheduled(is_capture=True).run([])
    assert captured.line() == (
        "okx: exit 0: Captured 1 of 1 accounts: ethereum 1,000 (2023-11-15 01:33:20 UTC)."
    )
    assert (captured.changed, captured.report) == (False, None)
    assert not (tmp_path / "out").exists()
    (tmp_path / "por_2.csv").write_bytes(published([row(1, "1", height=1_000)]))
    ledger.tip, ledger.asked = 9_000, []
    (later,) = scheduled().run([])
    assert (later.exit_code, ledger.asked) == (ExitCode.HOLDS, [])


def test_what_was_captured_at_another_block_is_live_and_no_match(
    scheduled: Callable[..., ScheduledRun], ledger: Ledger, tmp_path: Path
) -> None:
    ledger.has_history = False
    list(scheduled(is_capture=True).run([]))
    (outcome,) = scheduled().run([])
    assert outcome.exit_code is ExitCode.INCOMPLETE
    assert outcome.report is not None
    assert outcome.report.entity.rows_observed == 0
    (line,) = (tmp_path / "out" / "okx" / "findings.jsonl").read_text().splitlines()
    finding = json.loads(line)
    assert {key: finding[key] for key in ("finding", "reason", "assurance", "height")} == {
        "finding": "unresolved", "reason": "live-only", "assurance": "live", "height": 1_000,
    }  # fmt: skip
    assert finding["observed"] == "1.000000000000000000"
    assert finding["detail"].endswith("At the snapshot: The state is pruned.")


def test_accounts_that_cannot_be_captured_are_counted_by_reason(
    scheduled: Callable[..., ScheduledRun], ledger: Ledger, tmp_path: Path
) -> None:
    ledger.down.add("base")
    rows = [row(1, "1"), row(1, "1"), row(2, "1", coin="ETH-BASE"), row(3, "1", coin="NO-SUCH")]
    (tmp_path / "por_2.csv").write_bytes(published(rows))
    (captured,) = scheduled(is_capture=True).run([])
    assert captured.exit_code is ExitCode.INCOMPLETE
    assert captured.sentence.startswith("Captured 1 of 2 accounts: ethereum 1,000 (")
    assert captured.sentence.endswith(" Not read: 1 unreachable.")
    ledger.down.add("ethereum")
    (nothing,) = scheduled(is_capture=True).run([])
    assert nothing.sentence == "Captured 0 of 2 accounts. Not read: 2 unreachable."


def test_the_stated_time_gives_rows_their_height_and_the_report_its_skew(
    scheduled: Callable[..., ScheduledRun], ledger: Ledger, tmp_path: Path
) -> None:
    (tmp_path / "por_2.csv").write_bytes(published([row(1, "1", height="")]))
    (without,) = scheduled().run([])
    assert without.exit_code is ExitCode.INCOMPLETE
    run = scheduled()
    times = {"okx": time_of(100) + timedelta(seconds=11)}
    schedule = dataclasses.replace(run.settings.schedule, snapshot_times=times)
    stated = dataclasses.replace(run.settings, schedule=schedule)
    (outcome,) = scheduled(settings=stated).run([])
    assert outcome.exit_code is ExitCode.HOLDS
    assert outcome.report is not None
    assert [(one.height, one.skew_s) for one in outcome.report.snapshots] == [(100, -11)]


# --- one UTXO snapshot for all entities --------------------------------------------------


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Grow by a path whenever a snapshot is scanned."""
    return counted_passes(monkeypatch)


@pytest.fixture
def both(tmp_path: Path) -> Callable[..., ScheduledRun]:
    """Runs over a list of OKX and one of HTX, which has one account more, in one snapshot."""
    listing(tmp_path)
    more = next(iter(ADDRESSES))
    rows = [f"BTC,{more},{HEIGHT},0.00,huobi,-", f"BTC,{PAID_NOTHING},{HEIGHT},0.00,huobi,-"]
    header = "coin,address,snapshot height,balance,message,signature"
    (tmp_path / "htx.csv").write_text("\n".join(["BTC,-,0.00", "", header, *rows]) + "\n")
    lists = {"okx": str(tmp_path / "list.csv"), "htx": str(tmp_path / "htx.csv")}
    loaded = settings_module.load(environment={})
    request = SnapshotRequest(file=snapshot(tmp_path), trusted_hash=HASH)

    def make(**options: object) -> ScheduledRun:
        run = ScheduledRun(
            dataclasses.replace(loaded, schedule=Schedule(lists)),
            str(tmp_path / "store.sqlite"), tmp_path / "out", Quiet(), workers=1, snapshot=request,
        )  # fmt: skip
        return dataclasses.replace(run, **options)  # type: ignore[arg-type]

    return make


def sources_of(out: Path) -> dict[str, tuple[str | None, str | None]]:
    lines = [json.loads(line) for line in (out / "findings.jsonl").read_text().splitlines()]
    return {line["address"]: (line["observed"], line["assurance"]) for line in lines}


def test_a_snapshot_is_read_once_for_all_entities(
    both: Callable[..., ScheduledRun], passes: list[Path], tmp_path: Path
) -> None:
    outcomes = {one.entity: one for one in both().run([])}
    assert passes == [tmp_path / "utxo.dat"]
    assert {name: one.changed for name, one in outcomes.items()} == {"okx": True, "htx": True}
    okx, htx = (sources_of(tmp_path / "out" / name) for name in ("okx", "htx"))
    shared = next(iter(ADDRESSES))
    assert okx[shared] == htx[shared]
    assert okx[shared] == (amount(ADDRESSES[shared], HEIGHT), "proof")
    assert Decimal(htx[PAID_NOTHING][0] or "?") == 0


def test_a_snapshots_run_is_kept_and_its_readings_are_not(
    both: Callable[..., ScheduledRun], passes: list[Path], tmp_path: Path
) -> None:
    list(both().run([]))
    assert [one.changed for one in both().run([])] == [False, False]
    assert len(passes) == 2
    # Another file is another run, even of the same block: nothing of the first one is taken.
    other = tmp_path / "copy.dat"
    other.write_bytes((tmp_path / "utxo.dat").read_bytes()[:-1])
    spoiled = SnapshotRequest(file=other, trusted_hash=HASH)
    assert {one.exit_code for one in both(snapshot=spoiled).run(["okx"])} == {ExitCode.INCOMPLETE}
    found = sources_of(tmp_path / "out" / "okx")
    assert {seen for seen, _ in found.values()} == {None}


def test_a_list_that_cannot_be_used_does_not_stop_the_pass(
    both: Callable[..., ScheduledRun], passes: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "htx.csv").write_bytes(b"")
    outcomes = {one.entity: one.exit_code for one in both().run([])}
    assert outcomes["htx"] is ExitCode.USAGE
    assert len(passes) == 1
    assert len(sources_of(tmp_path / "out" / "okx")) == 5


def test_with_bundles_each_entity_reads_the_snapshot_for_itself(
    both: Callable[..., ScheduledRun], passes: list[Path], tmp_path: Path
) -> None:
    list(both(evidence=tmp_path / "bundles").run([]))
    assert len(passes) == 2
    assert sorted(one.name for one in (tmp_path / "bundles").iterdir()) == ["htx.zip", "okx.zip"]
