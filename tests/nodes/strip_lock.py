"""Takes every web address out of package-lock.json: a lock names versions and hashes, no hosts."""

from __future__ import annotations

import json
from pathlib import Path

LOCK = Path(__file__).with_name("package-lock.json")


def strip(text: str) -> str:
    """Return the lock without `resolved` and `funding`; npm needs neither."""
    lock = json.loads(text)
    for package in lock["packages"].values():
        for member in ("resolved", "funding"):
            package.pop(member, None)
    return json.dumps(lock, indent=2) + "\n"


if __name__ == "__main__":
    LOCK.write_text(strip(LOCK.read_text("utf-8")), "utf-8")
