"""The stand-in for Multicall3 is what its source compiles to, and is called like Multicall3."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.contracts.test_token import PACKAGES, node
from tests.vectors.demo_keys import keccak

HERE = Path(__file__).parent
ARTIFACT = HERE / "bundler.json"


@pytest.mark.skipif(
    not (PACKAGES / "solc").is_dir(), reason="the compiler is not installed: `make prepare`"
)
def test_the_artifact_is_what_the_compiler_makes() -> None:
    made = subprocess.run(
        [*node(), HERE / "compile_bundler.cjs", PACKAGES], capture_output=True, check=False
    )
    assert made.returncode == 0, made.stderr.decode()
    assert made.stdout == ARTIFACT.read_bytes()


def test_the_selectors_are_hashes_of_their_signatures() -> None:
    methods = json.loads(ARTIFACT.read_text())["methods"]
    assert methods == {name: keccak(name.encode())[:4].hex() for name in methods}
    assert methods["aggregate3((address,bool,bytes)[])"] == "82ad56cb"
