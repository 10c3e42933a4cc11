"""The contracts that tests deploy are what their sources compile to."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.contracts.test_token import HERE, PACKAGES, node

ARTIFACT = HERE / "fixtures.json"


@pytest.mark.skipif(
    not (PACKAGES / "solc").is_dir(), reason="the compiler is not installed: `make prepare`"
)
def test_the_artifact_is_what_the_compiler_makes() -> None:
    made = subprocess.run(
        [*node(), HERE / "compile_fixtures.cjs", PACKAGES], capture_output=True, check=False
    )
    assert made.returncode == 0, made.stderr.decode()
    assert made.stdout == ARTIFACT.read_bytes()


def test_every_contract_has_code() -> None:
    creation = json.loads(ARTIFACT.read_text())["creation"]
    assert {"SolidityToken", "Proxy1967", "Multisig", "SignedWallet", "Pod"} <= set(creation)
    assert all(len(bytes.fromhex(code[2:])) > 20 for code in creation.values())
