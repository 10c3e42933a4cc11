"""Where the sample data is, for tests that can use it; the project's own tests never need it.

`SHARED` is the folder named by ``ASSAY_SHARED``, else ``shared`` beside the checkout, else None.
Use it as ``pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)``.
"""

from __future__ import annotations

import os
from pathlib import Path

WITHOUT_SHARED = "the sample data folder is not beside the checkout (or in ASSAY_SHARED)"


def _find() -> Path | None:
    named = os.environ.get("ASSAY_SHARED")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared"
    return folder if folder.is_dir() else None


SHARED = _find()
