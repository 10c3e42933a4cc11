from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

import nacl.signing
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from crawler.errors import ConfigurationError
from crawler.evidence.signing import TEXT, check_signature, load_signer

MANIFEST = b'{"assay_evidence": 1}\n'
SEED = bytes(range(32))
# openssl genpkey -algorithm ed25519, with the seed above
PEM = b"""-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE KEY-----
"""
KEYS = {"pem": PEM, "raw": SEED, "ethereum": b"0x" + SEED.hex().encode() + b"\n"}


def signed(tmp_path: Path, kind: str) -> bytes:
    path = tmp_path / "key"
    path.write_bytes(KEYS[kind])
    return load_signer(path).sign(MANIFEST)


@pytest.mark.parametrize("kind", KEYS)
def test_what_is_signed_is_valid(tmp_path: Path, kind: str) -> None:
    found = check_signature(signed(tmp_path, kind), MANIFEST)
    assert found.problem == ""
    assert found.scheme == ("eip191" if kind == "ethereum" else "ed25519")


def test_ed25519_is_over_the_bytes_of_the_manifest(tmp_path: Path) -> None:
    document = json.loads(signed(tmp_path, "pem"))
    key = nacl.signing.VerifyKey(bytes.fromhex(document["signer"][2:]))
    assert key == nacl.signing.SigningKey(SEED).verify_key
    key.verify(MANIFEST, bytes.fromhex(document["signature"][2:]))


def test_wallets_make_and_read_the_same_ethereum_signature(tmp_path: Path) -> None:
    document = json.loads(signed(tmp_path, "ethereum"))
    message = encode_defunct(text=TEXT.format(sha256(MANIFEST).hexdigest()))
    theirs = Account.sign_message(message, SEED)
    assert document["signature"] == "0x" + bytes(theirs.signature).hex()
    assert document["signer"] == Account.from_key(SEED).address.lower()


@pytest.mark.parametrize("kind", ["raw", "ethereum"])
def test_any_other_manifest_or_byte_is_refused(tmp_path: Path, kind: str) -> None:
    signature = signed(tmp_path, kind)
    assert check_signature(signature, MANIFEST + b" ").problem
    for place in range(len(signature)):
        changed = bytearray(signature)
        changed[place] ^= 1
        assert check_signature(bytes(changed), MANIFEST).problem, place


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b"\xff", b"null", b'{"scheme": []}', b"[" * 100_000,
             b'{"scheme": "ed25519", "signer": 1, "signature": 2}'],
)  # fmt: skip
def test_what_is_no_signature_is_said_to_be_none(text: bytes) -> None:
    assert "not" in check_signature(text, MANIFEST).problem


@pytest.mark.parametrize(
    "content",
    [b"", b"0x12", b"x" * 31, b"0x" + b"0" * 64, b"0x" + b"f" * 64, PEM.replace(b"MC4", b"MC5"),
     PEM.replace(b"PRIVATE", b"PUBLIC"), PEM.replace(b"GhscHR4f", b"Ghsc")],
)  # fmt: skip
def test_a_file_that_is_no_key_is_refused_without_repeating_it(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as raised:
        load_signer(path)
    assert re.search(rb"[0-9a-fA-F]{16}", str(raised.value).encode()) is None


def test_a_missing_key_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_signer(tmp_path / "none")


def test_a_signer_does_not_show_its_key(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(SEED)
    assert SEED.hex() not in repr(load_signer(path))
