"""Files and outcomes, short to write in tests."""

from __future__ import annotations

import json
from pathlib import Path

from crawler.liabilities.interface import (
    NOTHING_ADDED,
    HeldFile,
    LiabilitiesError,
    LiabilitiesResult,
    Outcome,
    ProofFile,
    Request,
    System,
)
from tests.shared_data import SHARED

SAMPLES = SHARED / "data" / "liabilities" if SHARED is not None else Path("absent")


def held(content: object, name: str = "proof.json") -> ProofFile:
    """Return a file in memory: text as it is, anything else as JSON."""
    text = content if isinstance(content, str) else json.dumps(content)
    return HeldFile(name, text.encode())


def sample(name: str) -> ProofFile:
    path = SAMPLES / name
    return HeldFile(path.name, path.read_bytes())


def wrong(result: LiabilitiesResult) -> list[str]:
    """Return the names of the checks that failed."""
    return [check.name for check in result.checks if check.outcome is Outcome.FAILED]


def outcome(result: LiabilitiesResult, name: str) -> Outcome:
    return next(check.outcome for check in result.checks if check.name == name)


def refuses(system: System, *contents: object, request: Request = NOTHING_ADDED) -> bool:
    """Return whether the files are unusable, or do not hold, or cannot be checked."""
    try:
        result = system.verify([held(content) for content in contents], request)
    except LiabilitiesError:
        return True
    return result.exit_code != 0


def totals(result: LiabilitiesResult) -> dict[str, str]:
    return {asset: amount.text() for asset, amount in result.totals.items()}
