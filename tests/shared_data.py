"""Where the sample data of published lists is, if it is there at all."""

from __future__ import annotations

import os
from pathlib import Path


def _find() -> Path | None:
    named = os.environ.get("ASSAY_SHARED")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared"
    if folder.is_dir():
        return folder
    if named:
        raise FileNotFoundError(f"ASSAY_SHARED names {named}, which is no folder")
    return None


SHARED = _find()
"""``shared`` beside the checkout, or the folder that ASSAY_SHARED names; None without either."""
