"""The report, as pydantic models: the one source of report.json and of its JSON Schema.

Amounts are text in whole units with all digits; a share is text with six decimals, or null
when there is nothing to take a share of. Lists are sorted, so equal runs give equal bytes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from crawler.liabilities.interface import Grade, Outcome

SCHEMA_VERSION: Literal["1.2"] = "1.2"
"""Raised in the first part when a member changes meaning or goes, in the second when one comes."""


AmountText = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$")]
"""An amount in whole units, with all its digits."""

ShareText = Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]+$")]
"""A share or a ratio, with six decimals."""


class Model(BaseModel):
    """Base of every part: closed and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Tool(Model):
    """The program that wrote the report."""

    name: Literal["assay"] = "assay"
    version: str


class ListFileReport(Model):
    """One file of the wallet list, with every line in exactly one class."""

    name: str
    format: str
    lines: int
    summary: int
    header: int
    blank: int
    claims: int
    malformed: int
    continuation: int
    unknown_columns: list[str]


class ListReport(Model):
    """The wallet list as it was read."""

    name: str
    sha256: str
    files: list[ListFileReport]
    left_out: list[str] = Field(description="files of the zip that are no wallet lists, and why")


class Snapshot(Model):
    """A block that balances were read at."""

    network: str
    height: int
    block_hash: str
    block_time: AwareDatetime | None
    finality: str = Field(
        default="",
        description="how it was shown to be final: finalized, confirmations or age; empty: unsaid",
    )
    skew_s: int | None = Field(
        default=None,
        description="seconds from the stated time of the snapshot to the block's; null: unstated",
    )


class Count(Model):
    """How many rows have one outcome."""

    outcome: str
    reason: str
    rows: int


class DigestCount(Model):
    """How many rows carry a valid signature over one agreed message by one digest."""

    digest: str
    message: str
    freshness: Literal["fresh", "static"]
    rows: int


class Sums(Model):
    """Amounts side by side. They are never merged into one figure."""

    claimed: AmountText
    observed: AmountText
    attested: AmountText = Field(
        description="observed at the snapshot, on rows with proven ownership"
    )
    unresolved: AmountText = Field(description="claimed, on rows whose balance could not be read")
    duplicated: AmountText = Field(description="claimed again by later rows; in no other figure")


class Coverage(Model):
    """How much of the claim was checked, by rows and by claimed value."""

    rows: int
    rows_observed: int
    rows_proven: int
    rows_attested: int
    value_observed: ShareText | None
    value_proven: ShareText | None
    value_attested: ShareText | None


class Part(Model):
    """The rows of a line that share one property. The parts of a property add up to the line."""

    name: str
    rows: int = Field(description="duplicates included; they are in no amount")
    claimed: AmountText
    observed: AmountText
    attested: AmountText


class Owed(Model):
    """What is owed of one asset beside what was found of it. Never merged with the sums."""

    amount: AmountText = Field(description="what is owed, in whole units")
    grade: Grade
    claimed_ratio: ShareText | None = Field(
        description="claimed over owed; null when nothing is owed"
    )
    observed_ratio: ShareText | None
    attested_ratio: ShareText | None


class LiabilityCheck(Model):
    """One check of the files that say what is owed."""

    name: str
    outcome: Outcome
    needed: bool
    detail: str


class LiabilitiesReport(Model):
    """Where the figures of what is owed come from, and what they are worth."""

    system: str
    files: list[str]
    grade: Grade
    root: str
    unit: str = Field(description="of all totals when it is not the asset's own, else empty")
    totals: dict[str, str]
    not_in_list: list[str] = Field(description="owed, but no row of the wallet list is of it")
    checks: list[LiabilityCheck]
    scope: list[str]


class Line(Model):
    """Totals of one asset, or of one asset on one network or with one custodian."""

    asset: str
    network: str | None = None
    custodian: str | None = None
    sums: Sums
    coverage: Coverage
    findings: dict[str, int]
    ownership: dict[str, int]
    assurance: dict[str, int]
    held_by: list[Part] = Field(description="itself (the entity) and third-party custodians")
    by_holding: list[Part] = Field(
        description="native, issued, wrapped, custodian-issued, staked, lent, unknown"
    )
    by_ownership: list[Part] = Field(description="one part per ownership verdict")
    by_assurance: list[Part] = Field(description="observed rows only, best assurance first")
    owed: Owed | None = Field(default=None, description="on the lines of whole assets only")


class EntityTotals(Model):
    """The whole list in rows. Amounts of different assets are not added."""

    name: str
    title: str
    rows: int
    rows_observed: int
    rows_proven: int
    rows_attested: int
    findings: dict[str, int]
    ownership: dict[str, int]
    assurance: dict[str, int]


class SummaryLine(Model):
    """A line of the list's summary section beside the sum of its detail rows."""

    file: str
    row: int
    coin: str
    published: AmountText
    detail: AmountText
    rows: int
    agrees: bool | None
    """None: published is above, and rows that Assay cannot place or add up may make up for it."""

    @property
    def publishes_too_much(self) -> bool:
        """Whether the summary is above what its rows add up to."""
        return self.agrees is False and Decimal(self.published) > Decimal(self.detail)


class FormProblem(Model):
    """A holding form whose rows could not be looked up at all."""

    form: str
    reason: str
    detail: str


class ContradictionLine(Model):
    """A balance that an endpoint said and that the state proof refutes."""

    account: str
    said: str = Field(description="base units, by the endpoints of `sources`")
    proven: str = Field(description="base units, by the proof; this is what was counted")
    sources: list[str]


class FormProving(Model):
    """Proofs of one holding form at one block."""

    form: str
    network: str
    height: int
    read: int
    chosen: int
    proven: int
    unproven: dict[str, int] = Field(description="reason -> accounts; their readings stand")
    value_proven: ShareText | None = Field(description="share of the value that was read")
    contradicted: list[ContradictionLine]
    layout: str | None = Field(description="how balances lie in the token's storage")
    tested: int | None = Field(description="holders that showed the layout; 20 are enough")


class ProvingReport(Model):
    """What --prove did: which balances were checked against the block hash."""

    policy: str
    detection: str | None = Field(
        description="probability that overstating a form by 1 % of its value is found"
    )
    forms: list[FormProving]
    file: str | None = Field(description="the proofs themselves, to be checked offline")


class EndpointLine(Model):
    """One endpoint at the end of a run. Times are in milliseconds, null without any call."""

    network: str
    endpoint: str
    standing: str = Field(description="in use, cooling off (for a while) or left (for the run)")
    why: str
    requests: int
    calls: int = Field(description="JSON-RPC calls in the requests")
    retries: int
    hedged: int = Field(description="asked in place of an endpoint that was slow")
    throttled: int
    failures: dict[str, int] = Field(description="by class of error")
    p50_ms: int | None
    p95_ms: int | None
    bytes_sent: int
    bytes_received: int


class Timing(Model):
    """The only part that differs between two equal runs."""

    started: AwareDatetime
    seconds: dict[str, float]
    endpoints: list[EndpointLine] = Field(default=[], description="how each endpoint did")


class Report(Model):
    """Everything a run found, except the row-by-row findings (findings.jsonl)."""

    schema_version: Literal["1.2"] = SCHEMA_VERSION
    tool: Tool
    verdict: str = Field(description="the outcome in one sentence")
    exit_code: int
    entity: EntityTotals
    wallet_list: ListReport
    snapshots: list[Snapshot]
    assets: list[Line]
    networks: list[Line]
    custodians: list[Line]
    findings: list[Count]
    ownership: list[Count]
    digests: list[DigestCount]
    summary: list[SummaryLine]
    form_problems: list[FormProblem]
    proving: ProvingReport | None = None
    liabilities: LiabilitiesReport | None = Field(
        default=None, description="what is owed, when files that say so were given"
    )
    endpoint_notes: list[str] = Field(
        default=[], description="endpoints that disagreed, were left out, or could not be checked"
    )
    scope: list[str] = Field(description="what the result does and does not prove")
    timing: Timing
