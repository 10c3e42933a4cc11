"""The report in a terminal: the verdict in one line first, then what it rests on, in 80 columns."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import ROUND_FLOOR, Context, Decimal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawler.entities import STATIC
from crawler.liabilities.interface import Outcome
from crawler.reports.counted import counted
from crawler.reports.model import Count, LiabilitiesReport, Line, ProvingReport, Report

COLOURS = {0: "green", 1: "red", 3: "yellow"}

COLUMNS = 80

MILLIONS, THOUSANDS = 6, 3
"""Digits before the point above which an amount is shown without, or with fewer, decimals."""

SHOWN_DIGITS = 9
"""Digits before the point that are written out; a longer amount is shown in larger units."""
UNITS = ((6, "M"), (9, "B"), (12, "T"))
"""Powers of ten and their letters (short scale)."""

ENOUGH_HOLDERS = 20
"""Fewer holders than this, and the layout of a token rests on few."""

SKEW_SHOWN_S = 300
"""A block further than this from the stated time is pointed out."""

LIMIT = 12
"""Lines shown of a list that may be long; the rest is counted."""

LONGEST_NAME = 27
"""Characters shown of a name that a list or a file made up: three lines of the first column."""

NOT_JUDGED = "not-judged"
"""The reason at rows whose signatures were not looked at."""

OUTCOMES = {0: "Holds", 1: "Does not hold", 3: "Incomplete"}


def render(report: Report, console: Console) -> None:
    """Print the report on `console`."""
    colour = COLOURS.get(report.exit_code, "red")
    first = headline(report)
    console.print(Text(first, style=f"bold {colour}"))
    if more := beyond(report, first):
        console.print(Text(more))
    console.print(
        f"[dim]{_plain(report.entity.title)} · {_plain(report.wallet_list.name)} · "
        f"sha256 {report.wallet_list.sha256[:16]}…[/dim]",
        highlight=False,
    )
    console.print()
    console.print(_assets(report.assets))
    _owed(report, console)
    console.print(_outcomes("Findings", report.findings))
    console.print(_outcomes("Ownership", report.ownership))
    _snapshots(report, console)
    if report.proving is not None:
        _proofs(report.proving, console)
    _warnings(report, console)


def render_text(report: Report, *, width: int = 80) -> str:
    """Return the same without colour, `width` columns wide."""
    stream = io.StringIO()
    render(report, Console(file=stream, width=width, no_color=True, force_terminal=False))
    return stream.getvalue()


def headline(report: Report) -> str:
    """Return the verdict in one line of at most 80 characters, worst news first."""
    if len(report.verdict) <= COLUMNS:
        return report.verdict
    rows, total = report.entity.rows, report.entity
    wrong = {
        "failed": total.ownership.get("failed", 0),
        "short": total.findings.get("shortfall", 0),
        "listed twice": sum(count.rows for count in report.findings if count.reason == "duplicate"),
    }
    too_high = sum(line.publishes_too_much for line in report.summary)
    missing = {
        "not observed": rows - total.rows_observed,
        "not proven": rows - total.ownership.get("proven", 0),
    }
    if all(count.reason == NOT_JUDGED for count in report.ownership):
        missing.pop("not proven")  # of balances alone: nobody asked
    counts = wrong if report.exit_code == 1 else missing
    parts = [f"{count:,} {name}" for name, count in counts.items() if count]
    if too_high and report.exit_code == 1:
        parts.append(f"{counted(too_high, 'summary', 'summaries')} too high")
    if report.exit_code == 0:
        parts = ["all observed" if missing.get("not proven", 1) else "all proven and observed"]
    code, owed = _liabilities(report.liabilities)
    if code == report.exit_code:
        parts.append(owed)
    opening = OUTCOMES.get(report.exit_code, "")
    line = f"{opening} ({counted(rows, 'row')}): {', '.join(parts)}." if parts else report.verdict
    return line if len(line) <= COLUMNS else f"{line[: COLUMNS - 1]}…"


def _liabilities(found: LiabilitiesReport | None) -> tuple[int | None, str]:
    """Return the exit code of the files that say what is owed, and its words."""
    if found is None:
        return None, ""
    if any(check.outcome is Outcome.FAILED for check in found.checks):
        return 1, "liabilities do not hold"
    if any(check.needed and check.outcome is Outcome.NOT_POSSIBLE for check in found.checks):
        return 3, "liabilities incomplete"
    return 0, "liabilities hold"


def beyond(report: Report, first: str) -> str:
    """Return what the verdict says that its `headline` has not said; often nothing."""
    if first == report.verdict:
        return ""
    if report.liabilities is not None or first.endswith("…"):
        return report.verdict
    return (
        report.verdict.partition(". ")[2] if report.exit_code == 1 else "Nothing false was found."
    )


def _assets(lines: list[Line]) -> Table:
    table = Table(title="Totals by asset", title_justify="left", box=None, padding=(0, 1, 0, 0))
    table.add_column("asset", overflow="fold", max_width=9)
    for name in ("claimed", "observed", "attested", "unresolved"):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("rows", justify="right")
    table.add_column("proven", justify="right")
    for line in lines:
        sums = line.sums
        table.add_row(
            _plain(_cut(line.asset)),
            *(short(text) for text in (sums.claimed, sums.observed, sums.attested)),
            short(sums.unresolved),
            f"{line.coverage.rows:,}",
            percent(line.coverage.value_proven),
        )
    return table


def _owed(report: Report, console: Console) -> None:
    """Print what is owed beside what was found, when it is known."""
    liabilities = report.liabilities
    if liabilities is None:
        return
    unit = f", in {liabilities.unit}" if liabilities.unit else ""
    table = Table(
        title=f"\nOwed{unit} (grade: {liabilities.grade}, by {_plain(liabilities.system)})",
        title_justify="left", box=None, padding=(0, 1),
    )  # fmt: skip
    table.add_column("asset", overflow="fold", max_width=9)
    for name in ("owed", "claimed/owed", "observed/owed", "attested/owed"):
        table.add_column(name, justify="right", overflow="fold")
    shown = 0
    for line in report.assets:
        if line.owed is not None:
            shown += 1
            ratios = (
                line.owed.claimed_ratio, line.owed.observed_ratio, line.owed.attested_ratio,
            )  # fmt: skip
            table.add_row(
                _plain(_cut(line.asset)),
                short(line.owed.amount),
                *(ratio or "-" for ratio in ratios),
            )
    if shown:
        console.print(table)
    else:
        console.print("\nOwed: no asset of the wallet list is among the liabilities.")
    if liabilities.not_in_list:
        names = ", ".join(_cut(name) for name in liabilities.not_in_list[:LIMIT])
        console.print(Text(f"  Owed, but not in the list: {names}"))
        _more(len(liabilities.not_in_list), console)


def _outcomes(title: str, counts: list[Count]) -> Table:
    table = Table(title=f"\n{title}", title_justify="left", box=None, padding=(0, 1))
    table.add_column("rows", justify="right")
    table.add_column("outcome")
    table.add_column("reason", overflow="fold")
    for count in sorted(counts, key=lambda count: -count.rows):
        table.add_row(f"{count.rows:,}", count.outcome, _plain(count.reason))
    return table


def _snapshots(report: Report, console: Console) -> None:
    if not report.snapshots:
        return
    console.print("\nRead at")
    for point in report.snapshots[:LIMIT]:
        console.print(
            f"  {_plain(point.network)} {point.height:,} {_plain(point.block_hash[:18])}… "
            + (f"{point.block_time:%Y-%m-%d %H:%M:%S} UTC" if point.block_time else "")
            + _skew(point.skew_s),
            highlight=False,
        )
    _more(len(report.snapshots), console)


def _skew(seconds: int | None) -> str:
    if seconds is None or abs(seconds) <= SKEW_SHOWN_S:
        return ""
    side = "after" if seconds > 0 else "before"
    return f", {timedelta(seconds=abs(seconds))} {side} the stated time"


def _proofs(proving: ProvingReport, console: Console) -> None:
    console.print(f"\nProven against the block hash ({_plain(proving.policy)})", highlight=False)
    for form in proving.forms[:LIMIT]:
        text = f"  {form.form}: {form.proven:,} of {form.chosen:,} chosen accounts"
        if form.value_proven is not None:
            text += f", {percent(form.value_proven)} of the value"
        if form.tested is not None and form.tested < ENOUGH_HOLDERS:
            text += f"; its storage layout rests on {form.tested} holders only"
        console.print(Text(text))
        for reason, accounts in list(form.unproven.items())[:LIMIT]:
            console.print(Text(f"    {accounts:,} not proven: {reason}"))
        for one in form.contradicted[:LIMIT]:
            said = f"{', '.join(one.sources)} said {one.said}, the state proof shows {one.proven}"
            console.print(Text(f"    {one.account}: {said}", style="red"))
        _more(len(form.contradicted), console)
    _more(len(proving.forms), console)
    if proving.detection is not None:
        is_whole = all(form.proven == form.chosen for form in proving.forms)
        console.print(
            "  Overstating a form by 1 % of its value would be found with probability "
            f"{proving.detection}{'' if is_whole else ', where all chosen accounts are proven'}.",
            highlight=False,
        )


def _warnings(report: Report, console: Console) -> None:
    if report.form_problems:
        console.print("\nNot looked up")
        for problem in report.form_problems[:LIMIT]:
            console.print(Text(f"  {problem.form}: {problem.detail}"))
        _more(len(report.form_problems), console)
    if report.endpoint_notes:
        console.print("\nEndpoints")
        for note in report.endpoint_notes[:LIMIT]:
            console.print(Text(f"  {note}"))
        _more(len(report.endpoint_notes), console)
    wrong = [line for line in report.summary if not line.agrees]
    if wrong:
        console.print("\nThe list's own summary differs from its rows")
        for line in wrong[:LIMIT]:
            known = "rows" if line.agrees is False else "rows that could be added up"
            said = f"published {line.published}, {known} {line.detail}"
            console.print(Text(f"  {_cut(line.coin)}: {said}"))
        _more(len(wrong), console)
    static = sum(count.rows for count in report.digests if count.freshness == "static")
    if static:
        console.print(Text(f"\n{static:,} {STATIC}", style="dim"))


def _more(count: int, console: Console) -> None:
    if count > LIMIT:
        console.print(f"  … and {count - LIMIT:,} more (see report.json)")


def percent(share: str | None) -> str:
    """Return a share as a percentage, rounded down: 100 % means all of it.

    >>> percent("1.000000"), percent("0.999999"), percent("0.000000"), percent(None)
    ('100 %', '99.9 %', '0 %', '-')
    """
    if share is None:
        return "-"
    tenths = int(Decimal(share) * 1000)
    return f"{tenths // 10} %" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10} %"


def short(text: str) -> str:
    """Return an amount in at most 12 characters: fewer decimals the larger it is, rounded down.

    An ellipsis stands where digits were left out; report.json has them all. From ten digits on
    it is in millions (M), billions (B) or trillions (T).

    >>> short("1234567.123456"), short("0.000000000000000001"), short("12.50"), short("0.000")
    ('1,234,567…', '0.0000…', '12.5', '0')
    >>> short("12345678901.5"), short("60000000000000")
    ('12,345M…', '60,000,000M')
    """
    exact = Context(prec=len(text) + 8)
    amount, unit = Decimal(text), ""
    digits = len(text.partition(".")[0])
    if digits > SHOWN_DIGITS:
        power, unit = next((each for each in UNITS if digits - each[0] < SHOWN_DIGITS), UNITS[-1])
        amount = amount.scaleb(-power, context=exact)
    decimals = 0 if digits > MILLIONS else 2 if digits > THOUSANDS else 4
    cut = amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_FLOOR, context=exact)
    if cut != amount:
        return f"{cut:,f}{unit}…"
    whole, _, fraction = f"{amount:,f}".partition(".")
    fraction = fraction.rstrip("0")
    return (f"{whole}.{fraction}" if fraction else whole) + unit


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "�" for character in text)


def _cut(name: str) -> str:
    """Return a hostile name on one short line; report.json has all of it."""
    return _printable(name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…")


def _plain(text: str) -> str:
    """Return hostile text without control characters and without console markup."""
    return _printable(text).replace("[", "\\[")
