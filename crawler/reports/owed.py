"""What is owed, set beside the totals of a report. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from crawler.liabilities.interface import Check, Grade, LiabilitiesResult
from crawler.liabilities.sums import trimmed
from crawler.models import Amount
from crawler.reports import model
from crawler.reports.liabilities import verdict

RATIO_DECIMALS = 6
DOES_NOT_HOLD, INCOMPLETE = 1, 3


def with_owed(
    report: model.Report, result: LiabilitiesResult, files: Sequence[str]
) -> model.Report:
    """Return the report with what is owed beside its assets, and the files' checks.

    The verdict and exit code take in the checks of the files, not the ratios: a ratio is a
    figure, and whether it is enough is not for this program to say.
    """
    amounts: dict[str, Amount] = {}
    for name, each in result.totals.items() if not result.unit else ():
        # Two spellings of one asset are owed together: the ratio must not lose either.
        amounts[name.upper()] = each.plus(amounts.get(name.upper(), Amount(0, 0)))
    assets = [
        line.model_copy(update={"owed": _owed(line, amounts[line.asset.upper()], result.grade)})
        if line.asset.upper() in amounts
        else line
        for line in report.assets
    ]
    listed = {line.asset.upper() for line in report.assets}
    exit_codes = {report.exit_code, result.exit_code}
    code = next((c for c in (DOES_NOT_HOLD, INCOMPLETE) if c in exit_codes), 0)
    liabilities = model.LiabilitiesReport(
        system=result.system,
        files=list(files),
        grade=result.grade,
        root=result.root,
        unit=result.unit,
        totals={asset: trimmed(each).text() for asset, each in sorted(result.totals.items())},
        not_in_list=sorted(name for name in amounts if name not in listed),
        checks=[
            model.LiabilityCheck(
                name=check.name,
                outcome=check.outcome,
                needed=check.needed,
                detail=check.detail,
            )
            for check in result.checks
        ],
        scope=list(result.scope),
    )
    return report.model_copy(
        update={
            "assets": assets,
            "liabilities": liabilities,
            "exit_code": code,
            "verdict": _verdict(report, result, code),
            "scope": [*report.scope, *result.scope],
        }
    )


def result_of(told: model.LiabilitiesReport) -> LiabilitiesResult:
    """Return the result that a report tells of. Raises ValueError for a total that is no amount."""
    return LiabilitiesResult(
        told.system,
        tuple(Check(one.name, one.outcome, one.detail, one.needed) for one in told.checks),
        {asset: _amount(text) for asset, text in told.totals.items()},
        told.grade,
        tuple(told.scope),
        root=told.root,
        unit=told.unit,
    )


def _amount(text: str) -> Amount:
    whole, _, fraction = text.partition(".")
    return Amount(int(whole + fraction), len(fraction))


def _verdict(report: model.Report, result: LiabilitiesResult, code: int) -> str:
    """Return the outcome of rows and liabilities; whichever decides the exit code comes first."""
    owed = verdict(result)
    if code == report.exit_code:
        return f"{report.verdict} Liabilities: {owed}"
    word, _, why = owed.partition(": ")
    return f"{word}: liabilities: {why} Rows: {report.verdict}"


def _owed(line: model.Line, owed: Amount, grade: Grade) -> model.Owed:
    return model.Owed(
        amount=trimmed(owed).text(),
        grade=grade,
        claimed_ratio=ratio(line.sums.claimed, owed),
        observed_ratio=ratio(line.sums.observed, owed),
        attested_ratio=ratio(line.sums.attested, owed),
    )


def ratio(held: str, owed: Amount) -> str | None:
    """Return held over owed with six decimals, rounded down; None when nothing is owed.

    >>> ratio("105.5", Amount(100, 0)), ratio("1", Amount(3, 0)), ratio("1", Amount(0, 0))
    ('1.055000', '0.333333', None)
    """
    if owed.units <= 0:
        return None
    amount = _amount(held)  # a sum may be longer than any published amount
    share = Fraction(amount.units, 10**amount.decimals) / Fraction(owed.units, 10**owed.decimals)
    units = share.numerator * 10**RATIO_DECIMALS // share.denominator
    return f"{units // 10**RATIO_DECIMALS}.{units % 10**RATIO_DECIMALS:0{RATIO_DECIMALS}d}"
