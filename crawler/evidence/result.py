"""What a replay has shown: as text for people, as JSON for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from crawler.reports.model import Report


@dataclass(slots=True)
class Replay:
    """What a replay has shown."""

    manifest_sha256: str
    problems: list[str] = field(default_factory=list)
    """What does not hold; the member's name comes first."""
    verified: list[str] = field(default_factory=list)
    """What was checked again, one sentence each."""
    resting: list[str] = field(default_factory=list)
    """What rests on somebody's word."""
    notes: list[str] = field(default_factory=list)
    report: Report | None = None
    """The recorded report, once it is reproduced."""

    @property
    def exit_code(self) -> int:
        """0 when everything was reproduced, else 1."""
        return 1 if self.problems else 0

    def sentence(self) -> str:
        """Return the outcome in one sentence."""
        if self.problems:
            count = len(self.problems)
            return (
                f"Not reproduced: {count:,} {'thing does' if count == 1 else 'things do'} not hold."
            )
        return "Reproduced: findings and report come out byte for byte from this bundle."

    def text(self) -> str:
        """Return everything for reading, the outcome first."""
        lines = [self.sentence()]
        if self.report is not None:
            lines.append(f"The report says: {self.report.verdict}")
        for title, sentences in (
            ("What does not hold", self.problems),
            ("Checked again here", self.verified),
            ("Rests on somebody's word", self.resting),
            ("Notes", self.notes),
        ):
            if sentences:
                lines += ["", f"{title}:", *(f"  - {sentence}" for sentence in sentences)]
        return "\n".join([*lines, "", f"Manifest SHA-256: {self.manifest_sha256}", ""])

    def to_json(self) -> str:
        """Return everything as JSON with a newline at its end."""
        document = {
            "schema_version": "1.0",
            "reproduced": not self.problems,
            "manifest_sha256": self.manifest_sha256,
            "verdict": None if self.report is None else self.report.verdict,
            "problems": self.problems,
            "verified": self.verified,
            "resting": self.resting,
            "notes": self.notes,
            "exit_code": self.exit_code,
        }
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
