"""config/entities/htx.toml: several digests, tried in the order it states."""

from __future__ import annotations

import base64
import hashlib

import pytest
from coincurve import PrivateKey

from chains.adapter import OwnershipMaterial, OwnershipVerdict
from chains.encodings import base58check_text
from chains.messages import digest
from chains.registry import family_module
from chains.signatures import evm_account, hash160
from crawler import settings

LOADED = settings.load(environment={})
HTX = LOADED.entity("htx")
KEY = PrivateKey(hashlib.sha256(b"assay htx test key").digest())
POINT = KEY.public_key.format(compressed=False)
HEADER = "Bitcoin Signed Message:\n"


def judge(network: str, address: str, signature: str, message: str = "huobi") -> OwnershipVerdict:
    rule = HTX.rule(LOADED.networks[network])
    assert rule is not None
    verifier = family_module(rule.family, "ownership").verifier(rule)
    verdict: OwnershipVerdict = verifier(
        OwnershipMaterial(address, message, signature, "", "", "", "", "")
    )
    return verdict


def signed(name: str, message: str = "huobi", *, v: int = 27) -> str:
    made = KEY.sign_recoverable(digest(name, message), hasher=None)
    return (made[:64] + bytes([made[64] + v])).hex()


@pytest.mark.parametrize("v", [0, 27])
@pytest.mark.parametrize("prefix", ["", "0x"])
@pytest.mark.parametrize("name", ["eip191", "keccak"])
def test_evm_rows(name: str, prefix: str, v: int) -> None:
    verdict = judge("ethereum", "0x" + evm_account(POINT).hex(), prefix + signed(name, v=v))
    assert (verdict.word, verdict.digest) == ("proven", name)


@pytest.mark.parametrize("name", ["tron-v1", "tron-plain", "tron-v2"])
def test_tron_rows(name: str) -> None:
    address = base58check_text(b"\x41" + evm_account(POINT))
    verdict = judge("tron", address, signed(name))
    assert (verdict.word, verdict.digest) == ("proven", name)


def test_bitcoin_rows_by_bip137() -> None:
    address = base58check_text(b"\0" + hash160(KEY.public_key.format()))
    made = KEY.sign_recoverable(digest("bitcoin-message", "huobi", HEADER), hasher=None)
    text = base64.b64encode(bytes([31 + made[64]]) + made[:64]).decode()
    verdict = judge("bitcoin", address, text)
    assert (verdict.word, verdict.digest) == ("proven", "bitcoin-message")


def test_what_another_entity_agreed_to_proves_nothing_here() -> None:
    address = "0x" + evm_account(POINT).hex()
    other = "I am an OKX address"
    assert judge("ethereum", address, signed("eip191", other), other).word == "failed"
    assert judge("ethereum", address, signed("evm-okx")).word == "failed"


def test_the_order_is_the_stated_one() -> None:
    assert HTX.digests["evm"] == ("eip191", "keccak")
    assert HTX.digests["utxo"] == ("bitcoin-message", "bip322")
