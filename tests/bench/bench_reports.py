"""Everything a run writes of 200,000 findings, beside judging their signatures, in one run.

Run: ``python -m tests.bench.bench_reports [ROWS [ROUNDS]]`` (default 200,000 and 3). Judging is
the engine over its worker processes, the list once through; reporting is one process: totals,
findings.jsonl, report.json, report.html, history and metrics, first without and then with a
snapshot before to compare with. Then the page is opened in Chromium, where there is one. Only
the ratios mean anything; the rounds are interleaved.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from chains.adapter import Assurance, Observed, OwnershipVerdict, SnapshotPoint, Unresolved
from chains.errors import UnresolvedReason
from crawler import settings
from crawler.assess import Finding, assess, assess_malformed
from crawler.models import Claim
from crawler.outcome import Outcome, Readings
from crawler.ownership import OwnershipEngine
from crawler.reports.build import build_report
from crawler.reports.findings import finding_line
from crawler.reports.model import Report
from crawler.reports.publication import publication
from crawler.wallet_list import WalletList, open_wallet_list
from tests.bench.signed_list import make_lists
from tests.fakes.chromium import chromium, find_chromium

DEFAULT_ROWS = 200_000
DEFAULT_ROUNDS = 3

POINT = SnapshotPoint("ethereum", 100, "0x" + "ab" * 32, datetime(2026, 1, 1, tzinfo=UTC))
GONE = Unresolved(UnresolvedReason.UNREACHABLE, "No endpoint answered.")
STARTED = datetime(2026, 1, 2, tzinfo=UTC)


def say(text: str) -> None:
    """Show one line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def judged(wallet_list: WalletList) -> tuple[float, list[OwnershipVerdict]]:
    """Return the seconds that judging takes, and the verdict of every row."""
    verdicts: list[OwnershipVerdict] = []
    with OwnershipEngine() as engine:
        started = time.perf_counter()
        for block in engine.judge(wallet_list, with_text=False):
            verdicts += [block.verdicts[number] for number in block.numbers]
        return time.perf_counter() - started, verdicts


def made_up(wallet_list: WalletList, verdicts: list[OwnershipVerdict]) -> Iterator[Finding]:
    """Yield findings as a run would: 1 in 20 is not read, 1 in 10 differs from its claim."""
    for number, (row, verdict) in enumerate(zip(wallet_list.rows(), verdicts, strict=True)):
        if not isinstance(row, Claim):
            yield assess_malformed(row, verdict)
        elif row.amount is None or number % 20 == 0:
            yield assess(row, verdict, GONE)
        else:
            form = row.mapping.form if row.mapping is not None else None
            held = row.amount.at(form.decimals if form is not None else 0).units
            held += number if number % 10 == 0 else 0
            yield assess(row, verdict, Observed(held, POINT, Assurance.NODE, ("http://a",)))


def reported(folder: Path, outcome: Outcome, findings: list[Finding], day: int) -> float:
    """Return the seconds from the findings to the files."""
    started = time.perf_counter()
    with publication(folder, {}) as written:
        for finding in findings:
            outcome.aggregate.add(finding)
            written.add(finding_line(finding))
        written.write(at(day, build_report(outcome, started=STARTED, seconds={})))
    return time.perf_counter() - started


def at(day: int, report: Report) -> Report:
    """Return the report as that of another list of another day."""
    point = report.snapshots[0].model_copy(
        update={"block_time": datetime(2026, 1, day, tzinfo=UTC)}
    )
    listed = report.wallet_list.model_copy(update={"sha256": f"{day:02d}" * 32})
    return report.model_copy(update={"snapshots": [point], "wallet_list": listed})


async def opened(page_file: Path, profile: Path, rounds: int) -> list[tuple[float, float]]:
    """Return, for each round, seconds until the page shows its rows, and until a search is done."""
    search = """(async () => {
        const box = document.getElementById('search'), count = document.getElementById('count');
        const started = performance.now();
        box.value = 'ffff'; box.dispatchEvent(new Event('input'));
        while (!count.textContent.includes(' of ')) await new Promise((r) => setTimeout(r, 2));
        return performance.now() - started;
    })()"""
    figures = []
    async with chromium(profile) as browser:
        for _ in range(rounds):
            async with browser.page() as page:
                await page.open(page_file.as_uri())
                ready = int(await page.run("document.documentElement.dataset.ready"))
                figures.append((ready / 1000, await page.run(search) / 1000))
    return figures


def main(count: int, rounds: int) -> None:
    """Make a list, judge it and report on it in turns, and print the ratio."""
    loaded = settings.load(environment={})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        make_lists(folder / "list.csv", folder / "repeated.csv", count)
        wallet_list = open_wallet_list(folder / "list.csv", loaded.entity("okx"), loaded.heights)
        plain: list[float] = []
        compared: list[float] = []
        judging: list[float] = []
        for turn in range(rounds):
            seconds, verdicts = judged(wallet_list.again())
            judging.append(seconds)
            findings = list(made_up(wallet_list.again(), verdicts))
            # A run never holds all findings, so the collector has none of them to look through.
            gc.collect()
            gc.freeze()
            for day, times in ((1, plain), (2, compared)):
                outcome = Outcome(
                    "list.csv", "ab" * 32, loaded.entity("okx"), [], (),
                    Readings({("ethereum", 100): POINT}),
                )  # fmt: skip
                times.append(reported(folder / f"out{turn}", outcome, findings, day))
            gc.unfreeze()
            del findings
            say(
                f"round {turn + 1}: judging {judging[-1]:.2f} s, report {plain[-1]:.2f} s "
                f"({plain[-1] / judging[-1]:.2f}), compared {compared[-1]:.2f} s "
                f"({compared[-1] / judging[-1]:.2f})"
            )
        ratio = statistics.median(one / other for one, other in zip(plain, judging, strict=True))
        say(f"{count:,} rows: the report takes {ratio:.2f} of judging (target: under 0.33)")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        size = (folder / "out0" / "report.html").stat().st_size / 1e6
        say(f"report.html {size:.1f} MB; peak with all findings held {peak} MB")
        if find_chromium() is None:
            say("no chromium: the page was not opened")
            return
        figures = asyncio.run(opened(folder / "out0" / "report.html", folder / "profile", rounds))
        ready = statistics.median(one for one, _ in figures)
        search = statistics.median(other for _, other in figures)
        say(f"page: all rows in {ready:.2f} s (target: 2), a search in {search:.2f} s")


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_ROWS,
        int(sys.argv[2]) if len(sys.argv) > 2 else DEFAULT_ROUNDS,
    )
