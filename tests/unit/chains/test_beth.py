from __future__ import annotations

import subprocess
import sys

import pytest

from chains.beth import CAVEAT, canonical, verifier
from chains.errors import AddressError, RegistryError
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import MESSAGE, row
from tests.vectors.rare_rows import validator


def test_a_proven_row_says_what_a_validator_key_cannot_do() -> None:
    key, signature = validator(1)
    found = verifier(rule("beth", "evm-okx"))(row(key, signature))
    assert (found.word, found.digest, found.message) == ("proven", "evm-okx", MESSAGE)
    assert found.detail == CAVEAT
    assert "withdraw" in CAVEAT


def test_what_is_signed_is_a_hash() -> None:
    with pytest.raises(RegistryError, match="no hash"):
        verifier(rule("beth", "okx-raw"))


def test_nothing_is_cut_off() -> None:
    key, _ = validator(1)
    assert canonical(key, {}) == canonical("0X" + key.upper(), {})
    for text in (key + "00", key[2:], "", key + " "):
        with pytest.raises(AddressError):
            canonical(text, {})


def test_the_curve_is_loaded_only_for_its_rows() -> None:
    script = (
        "import sys\n"
        "from chains.registry import family_module\n"
        "family_module('beth', 'ownership'); family_module('starknet', 'ownership')\n"
        "sys.exit('py_arkworks_bls12381' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
