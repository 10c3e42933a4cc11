"""report.html: a report and all its rows as one self-contained page.

The page loads nothing. Its policy allows one script and one style by their SHA-256 and nothing
else, so text that came from a list or a server cannot become either. The rows are inside it, in
columns and compressed (`reports.rows`), and are drawn only where one looks.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from typing import IO, BinaryIO, NamedTuple
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from crawler.reports.counted import counted
from crawler.reports.model import Line, Report
from crawler.reports.rows import GROUPS
from crawler.reports.snapshots import Changes, taken
from crawler.reports.terminal import headline, percent
from crawler.reports.visible import pieces, visible

TONES = {0: "holds", 1: "fails", 3: "open"}

PIECE = 3 << 14
"""Bytes of the rows that are encoded at a time; a multiple of 3 has no padding."""

FULL = 1000
"""Width of the longest bar, in the units of the drawing."""

DECIMALS = ((7, 0), (4, 2), (0, 6))
"""Digits before the point from which on an amount is shown with so many decimals."""


UNKNOWN = "\N{EN DASH}"


class Bar(NamedTuple):
    """One bar of an asset: a figure beside the largest one of the asset."""

    name: str
    amount: str
    width: int


class Share(NamedTuple):
    """A part of all rows: where it begins and how long it is, of `FULL`."""

    name: str
    rows: int
    start: int
    width: int


def page_pieces(
    report: Report,
    rows: IO[bytes] | BinaryIO,
    explorers: Mapping[str, str],
    changes: Changes | None = None,
) -> Iterator[str]:
    """Yield the page in pieces. `rows` is what a `RowsWriter` has written, at its beginning.

    `explorers`: network -> URL template with ``{address}``; other schemes than https are left out.
    """
    style, script = _source("report.css"), _source("report.js")
    known = {name: url for name, url in explorers.items() if url.startswith("https://")}
    facts = {"rows": report.entity.rows, "explorers": known, "groups": GROUPS}
    entity = report.entity
    yield from (
        _environment()
        .get_template("report.html")
        .generate(
            report=report,
            changes=changes,
            headline=headline(report),
            tone=TONES.get(report.exit_code, "fails"),
            taken=taken(report),
            style=Markup(style),  # noqa: S704 (our own file)
            script=Markup(script),  # noqa: S704 (our own file)
            policy=_policy(style, script),
            facts=Markup(embedded(facts)),  # noqa: S704 (escaped for its place)
            rows=_encoded(rows),
            has_owed=any(line.owed is not None for line in report.assets),
            has_third=any(
                part.name == "third-party" for line in report.assets for part in line.held_by
            ),
            tables=(
                ("All assets", "all", report.assets),
                ("By network", "network", report.networks),
                ("By custodian", "custodian", report.custodians),
            ),
            glance=(
                ("Observed at the snapshot", entity.rows_observed, rows_link(balance="observed")),
                (
                    "Ownership proven",
                    entity.rows_proven,
                    rows_link(ownership="proven", listed="once"),
                ),
                (
                    "Attested: proven and observed",
                    entity.rows_attested,
                    rows_link(balance="observed", ownership="proven"),
                ),
            ),
            shares=(
                ("Findings", "finding", shares(entity.findings, report.entity.rows)),
                ("Ownership", "ownership", shares(entity.ownership, report.entity.rows)),
                (
                    "Assurance of balances",
                    "assurance",
                    shares(entity.assurance, entity.rows_observed),
                ),
            ),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("crawler.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "visible": visible, "seen": seen, "amount": amount, "percent": percent, "ratio": ratio,
        "bars": bars, "share_of": share_of, "counted": counted,
    }  # fmt: skip
    environment.globals["rows_link"] = rows_link
    return environment


@cache
def _source(name: str) -> str:
    environment = _environment()
    text = (environment.loader or PackageLoader("crawler.reports")).get_source(environment, name)[0]
    if "</" in text:
        raise ValueError(f"{name} would end its own element")
    return text


def page_policy() -> str:
    """Return the Content Security Policy of the page: its own script and style, nothing else."""
    return _policy(_source("report.css"), _source("report.js"))


def page_style() -> str:
    """Return the style of the page, for pages that are to look like it."""
    return _source("report.css")


def _policy(style: str, script: str) -> str:
    hashes = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (style, script)
    ]
    return (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def embedded(value: object) -> str:
    r"""Return a value as JSON that may stand inside a script element of any type.

    >>> embedded({"a": "</script>\u2028"})
    '{"a": "\\u003c/script\\u003e\\u2028"}'
    """
    text = json.dumps(value, ensure_ascii=True)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _encoded(rows: IO[bytes] | BinaryIO) -> Iterator[str]:
    while piece := rows.read(PIECE):
        yield base64.b64encode(piece).decode()


def seen(text: str | None) -> Markup:
    """Return hostile text escaped, isolated from its neighbours, with what is hidden marked."""
    marked = Markup("").join(
        Markup('<span class="hidden-mark">{}</span>').format(piece) if hidden else escape(piece)
        for piece, hidden in pieces(text or "")
    )
    return Markup("<bdi>{}</bdi>").format(marked)


def amount(text: str) -> Markup:
    """Return an amount grouped in thousands, cut where it is long; the whole of it is its title.

    >>> amount("1234567.123456"), amount("0.500000")
    (Markup('<data value="1234567.123456" title="1234567.123456">1,234,567…</data>'),
     Markup('<data value="0.500000" title="0.500000">0.5</data>'))
    """
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    limit = next(decimals for digits, decimals in DECIMALS if len(whole) >= digits)
    shown = f"{int(whole):,}"
    if fraction:
        point = "." if limit else ""
        shown += point + fraction[:limit] + ("…" if len(fraction) > limit else "")
    return Markup('<data value="{0}" title="{0}">{1}</data>').format(text, shown)


def ratio(text: str | None) -> str:
    """Return a ratio as a percentage with two decimals, rounded down; a dash when unknown.

    >>> ratio("1.055000"), ratio("0.999999"), ratio(None) == UNKNOWN
    ('105.50 %', '99.99 %', True)
    """
    if text is None:
        return UNKNOWN
    hundredths = int(Fraction(text) * 10_000)  # exact, however large
    return f"{hundredths // 100}.{hundredths % 100:02d} %"


def share_of(rows: int, whole: int) -> str:
    """Return rows as a percentage of a whole, rounded down; a dash when there is no whole."""
    if not whole:
        return UNKNOWN
    return percent(f"{rows * 10**6 // whole / 10**6:.6f}")


def bars(line: Line) -> list[Bar]:
    """Return the bars of an asset: what is owed when it is known, claimed, observed, attested."""
    figures = [
        ("owed", line.owed.amount if line.owed is not None else None),
        ("claimed", line.sums.claimed),
        ("observed", line.sums.observed),
        ("attested", line.sums.attested),
    ]
    known = [(name, text, Fraction(text)) for name, text in figures if text is not None]
    longest = max(value for _, _, value in known)
    return [
        Bar(name, text, int(value * FULL / longest) if longest > 0 else 0)
        for name, text, value in known
    ]


def shares(counts: Mapping[str, int], whole: int) -> list[Share]:
    """Return the parts of a whole, largest first, without gaps; what is left is a last part.

    >>> [(part.name, part.start, part.width) for part in shares({"a": 1, "b": 2}, 4)]
    [('b', 0, 500), ('a', 500, 250)]
    """
    found: list[Share] = []
    done = 0
    for name, rows in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        start = done * FULL // whole if whole else 0
        done += rows
        end = done * FULL // whole if whole else 0
        found.append(Share(name, rows, start, end - start))
    return found


def rows_link(**filters: str | None) -> str:
    """Return the place in the page that shows the rows with these properties."""
    return "#rows?" + urlencode({name: text for name, text in filters.items() if text is not None})
