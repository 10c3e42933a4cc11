"""Fuzz the JSON API of `assay serve` from its own OpenAPI document, with schemathesis.

python -m tests.fuzz.api [EXAMPLES]

Every operation is asked for with good and bad values. An answer must be as described: its status,
its type, its schema; what is sound is accepted, what is not is refused, and nothing ends in a 5xx.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.e2e.test_serve import started
from tests.unit.crawler.web.scenes import make_folder


def main() -> int:
    """Return 0 when nothing was found."""
    examples = sys.argv[1] if len(sys.argv) > 1 else "100"
    with (
        TemporaryDirectory() as folder,
        started("--dir", str(make_folder(Path(folder)))) as (_, url),
    ):
        return subprocess.run(
            [
                sys.executable, "-m", "schemathesis.cli", "run", f"{url}api/v1/openapi.json",
                "--max-examples", examples, "--phases", "examples,coverage,fuzzing",
            ],
            check=False, cwd=folder,
        ).returncode  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
