from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from crawler import settings as settings_module
from crawler.assess import ExitCode, Finding
from crawler.errors import ListError
from crawler.outcome import Outcome
from crawler.ownership import OwnershipEngine
from crawler.run import Verifier
from crawler.wallet_list import open_wallet_list
from tests.unit.crawler.lists_of_ours import Ledger, address, published, row
from tests.unit.crawler.test_readings import Quiet

ETHER = 10**18


def verify(
    path: Path, ledger: Ledger, heights: Sequence[str] = (), entity: str = "okx"
) -> tuple[list[Finding], Outcome]:
    loaded = settings_module.load(environment={}, heights=heights)
    wallet_list = open_wallet_list(path, loaded.entity(entity), loaded.heights)
    with OwnershipEngine(workers=1) as engine:
        verifier = Verifier(wallet_list, loaded.networks, engine, Quiet(), ledger)
        for _ in verifier.judge():
            pass
        verifier.read()
        outcome = verifier.outcome()
        return list(verifier.findings(outcome)), outcome


def write(tmp_path: Path, rows: Sequence[str], summary: Sequence[str] = ()) -> Path:
    path = tmp_path / "list.csv"
    path.write_bytes(published(rows, summary))
    return path


def outcomes(findings: Sequence[Finding]) -> list[tuple[int, str, str, str]]:
    return [(f.claim.row, f.word.value, f.reason, f.ownership.word.value) for f in findings]


def test_every_planted_case_is_found_on_its_own_line(tmp_path: Path) -> None:
    ledger = Ledger(down={"base"})
    for number, held in ((1, ETHER), (2, 2 * ETHER), (3, ETHER // 2), (4, ETHER), (5, ETHER)):
        ledger.set(number, held)
    path = write(
        tmp_path,
        [
            row(1, "1"),
            row(2, "1"),
            row(3, "1"),
            row(4, "1", signer=9),
            row(5, "1"),
            row(5, "1").replace(address(5), address(5).upper().replace("0X", "0x")),
            row(6, "1", coin="ETH-BASE"),
            row(7, "-1"),
            row(8, "1", coin="NO-SUCH-COIN"),
        ],
    )
    findings, outcome = verify(path, ledger)
    assert outcomes(findings) == [
        (4, "match", "equal", "proven"),
        (5, "surplus", "observed-more", "proven"),
        (6, "shortfall", "observed-less", "proven"),
        (7, "match", "equal", "failed"),
        (8, "match", "equal", "proven"),
        (9, "out-of-scope", "duplicate", "proven"),
        (10, "unresolved", "unreachable", "proven"),
        (11, "unresolved", "malformed-amount", "failed"),
        (12, "unresolved", "unmapped-coin", "unsupported"),
    ]
    assert findings[5].detail.startswith("Line 8 ")
    assert outcome.aggregate.exit_code is ExitCode.DOES_NOT_HOLD
    eth = outcome.aggregate.assets["ETH"]
    assert eth.claimed.amount().text() == "6"
    assert eth.observed.amount().units == 5 * ETHER + ETHER // 2
    assert eth.attested.amount().units == 4 * ETHER + ETHER // 2
    assert eth.unresolved.amount().text() == "1"
    assert eth.duplicated.amount().text() == "1"


def test_a_clean_list_holds(tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.set(1, ETHER)
    findings, outcome = verify(write(tmp_path, [row(1, "1.0")], ["ETH,100,1"]), ledger)
    assert outcomes(findings) == [(5, "match", "equal", "proven")]
    assert outcome.aggregate.exit_code is ExitCode.HOLDS
    assert [line.agrees for line in outcome.comparisons] == [True]


@pytest.mark.parametrize(
    ("summary", "agrees", "code"),
    [
        (["BASE,100,1"], [True], ExitCode.HOLDS),
        # Each line speaks of its own name where the summary has both.
        (["BASE,100,0", "ETH-BASE,100,1"], [True, True], ExitCode.HOLDS),
        (["BASE,100,1", "ETH-BASE,100,1"], [False, True], ExitCode.DOES_NOT_HOLD),
        (["OPTIMISM,100,1"], [False], ExitCode.DOES_NOT_HOLD),
        # Blanks within a name mean no more in a sum than in the tables.
        (["eth - Base,100,1", "ETH( ALL ),-,1"], [True, True], ExitCode.HOLDS),
    ],
)
def test_names_may_drift_between_the_summary_and_the_rows(
    tmp_path: Path, summary: list[str], agrees: list[bool], code: ExitCode
) -> None:
    ledger = Ledger()
    ledger.set(1, ETHER, "ETH@base")
    for coin in ("ETH-BASE", "ETH -BASE"):
        _, outcome = verify(write(tmp_path, [row(1, "1.0", coin=coin)], summary), ledger)
        assert [line.agrees for line in outcome.comparisons] == agrees
        assert outcome.aggregate.exit_code is code


def test_owners_of_several_contracts_claim_nothing_twice(tmp_path: Path) -> None:
    """HTX names the same owners below each of its contracts, and some hold coins themselves."""
    ledger = Ledger()
    for number in (1, 2, 3):
        ledger.set(number, ETHER)
    path = tmp_path / "htx.csv"
    path.write_text(
        "coin,address,snapshot height,balance,message,signature\n"
        f"ETH,{address(1)},100,1.00,-,-\nETH,{address(3)},-,-,-,-\n"
        f"ETH,{address(2)},100,1.00,-,-\nETH,{address(3)},-,-,-,-\n"
        f"ETH,{address(3)},100,1.00,-,-\nETH,{address(3)},100,1.00,-,-\n"
    )
    findings, outcome = verify(path, ledger, entity="htx")
    assert [(found.word.value, found.reason) for found in findings] == [
        ("match", "equal"),
        ("out-of-scope", "no-amount"),
        ("match", "equal"),
        ("out-of-scope", "no-amount"),
        ("match", "equal"),
        ("out-of-scope", "duplicate"),
    ]
    assert findings[5].detail.startswith("Line 6 ")
    assert outcome.aggregate.assets["ETH"].claimed.amount().text() == "3.00"


def test_the_height_flag_replaces_the_lists_own(tmp_path: Path) -> None:
    findings, outcome = verify(write(tmp_path, [row(1, "0")]), Ledger(), ["ethereum=777"])
    assert findings[0].point is not None
    assert findings[0].point.height == 777
    assert list(outcome.readings.points) == [("ethereum", 777)]


def test_a_list_that_changes_between_the_passes_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, [row(1, "0"), row(2, "0")])
    loaded = settings_module.load(environment={})
    wallet_list = open_wallet_list(path, loaded.entity("okx"), {})
    with OwnershipEngine(workers=1) as engine:
        verifier = Verifier(wallet_list, loaded.networks, engine, Quiet(), Ledger())
        for _ in verifier.judge():
            pass
        verifier.read()
        path.write_bytes(published([row(1, "0")]))
        with pytest.raises(ListError, match="changed"):
            list(verifier.findings(verifier.outcome()))


def test_rows_of_many_chunks_keep_their_verdicts(tmp_path: Path) -> None:
    ledger = Ledger()
    rows = [row(n, "0", signer=n if n % 3 else n + 1) for n in range(30)] * 150
    path = write(tmp_path, rows)
    findings, outcome = verify(path, ledger)
    assert len(findings) == 4500
    for position, finding in enumerate(findings):
        assert finding.claim.row == position + 4
        assert finding.is_proven == bool(position % 30 % 3)
        assert finding.is_duplicate == (position >= 30)
    assert outcome.aggregate.entity.rows == 4500
