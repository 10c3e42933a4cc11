from __future__ import annotations

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import OwnershipRule, OwnershipVerdict, Verifier
from chains.errors import RegistryError
from chains.secp256k1 import RECOVERY_IDS, hashed_statements, signers, verifier
from chains.signatures import evm_account
from chains.verdicts import Reason, verdict
from tests.unit.chains.rules import MESSAGE, row
from tests.vectors.signing import EVM_OKX, TRON_V1, TRON_V2, account, hex_signature

keys = st.binary(min_size=32, max_size=32).filter(lambda key: 0 < int.from_bytes(key) < 2**255)


def read(text: str) -> bytes | OwnershipVerdict:
    return bytes.fromhex(text) if text else verdict(Reason.ADDRESS_UNDECODABLE)


NULL_CELLS = {"null", "\\n", "-"}


def judge_of(*digests: str, messages: tuple[str, ...] = (MESSAGE,)) -> Verifier:
    rule = OwnershipRule("testnet", "toy", digests, messages, {})
    return verifier(rule, read=read, derive=evm_account)


# Cells such as "NULL" mean that nothing was said.
statements = st.text(min_size=1, max_size=60).filter(lambda text: text.lower() not in NULL_CELLS)


@given(keys, statements)
def test_what_eth_account_signs_is_proven(key: bytes, message: str) -> None:
    signer = Account.from_key(key)
    signed = signer.sign_message(encode_defunct(text=message)).signature.hex()
    judge = judge_of("eip191", messages=(message,))
    assert judge(row(signer.address[2:], signed, message=message)).reason == "address-signed"
    other = bytes(byte ^ 1 for byte in bytes.fromhex(signer.address[2:])).hex()
    assert judge(row(other, signed, message=message)).reason == "wrong-signer"


@pytest.mark.parametrize("v", sorted(RECOVERY_IDS))
def test_every_stated_v_is_read(v: int) -> None:
    signed = bytes.fromhex(hex_signature(1, EVM_OKX)[2:])
    same = RECOVERY_IDS[v] == signed[64] - 27
    found = judge_of("evm-okx")(row(account(1).hex(), (signed[:64] + bytes([v])).hex()))
    assert (found.reason == "address-signed") is same


@pytest.mark.parametrize("v", sorted(set(range(256)) - set(RECOVERY_IDS)))
def test_no_other_v_is_read(v: int) -> None:
    signed = bytes.fromhex(hex_signature(1, EVM_OKX)[2:])
    found = judge_of("evm-okx")(row(account(1).hex(), (signed[:64] + bytes([v])).hex()))
    assert found.reason == "signature-malformed"


def test_the_digest_that_fits_is_named_whatever_came_before() -> None:
    first, second = hex_signature(1, TRON_V1), hex_signature(1, TRON_V2)
    judge = judge_of("tron-v1", "tron-v2")
    for signature, digest in [(second, "tron-v2"), (first, "tron-v1"), (second, "tron-v2")] * 2:
        assert judge(row(account(1).hex(), signature)).digest == digest
        assert judge(row(account(2).hex(), signature)).reason == "wrong-signer"


def test_rows_share_the_verdict() -> None:
    judge = judge_of("evm-okx")
    one = judge(row(account(1).hex(), hex_signature(1, EVM_OKX)))
    assert one is judge(row(account(2).hex(), hex_signature(2, EVM_OKX)))
    assert (one.digest, one.message) == ("evm-okx", MESSAGE)


def test_checks_are_made_in_their_stated_order() -> None:
    judge = judge_of("evm-okx")
    assert judge(row("", message="other")).reason == "address-undecodable"
    assert judge(row("00", message="other")).reason == "no-signature"
    assert judge(row("00", "junk", message="other")).reason == "message-not-agreed"
    assert judge(row("00", "junk")).reason == "signature-malformed"
    assert judge(row("00", "00" * 65)).reason == "signature-invalid"
    assert judge(row("00", hex_signature(1, EVM_OKX))).reason == "wrong-signer"


def test_a_digest_that_is_no_hash_is_refused() -> None:
    rule = OwnershipRule("testnet", "toy", ("evm-okx", "okx-raw"), (MESSAGE,), {})
    with pytest.raises(RegistryError, match="'okx-raw' is no hash"):
        hashed_statements(rule)


def test_each_signature_of_a_row_names_an_account_once() -> None:
    first, second = hex_signature(1, EVM_OKX), hex_signature(2, EVM_OKX)
    found = signers(row("", first, signature2=second), EVM_OKX, evm_account)
    assert list(found) == [account(1), account(2)]
    assert list(signers(row("", first, signature2=first), EVM_OKX, evm_account)) == [account(1)]
    assert signers(row("", "zz", signature2=first[:-2] + "63"), EVM_OKX, evm_account) == {}
