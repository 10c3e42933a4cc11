from __future__ import annotations

import pytest

from chains.adapter import OwnershipRule
from chains.errors import RegistryError
from chains.starknet.ownership import (
    domain_hash,
    is_account_of,
    message_hash,
    short,
    struct_hash,
    truncated_keccak,
    verifier,
)
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import MESSAGE, row
from tests.vectors.rare_rows import stark_accounts, stark_hash, stark_key, stark_signature

# The published row that says "hello world"; its account is OKX's Cairo 1 contract.
ACCOUNT = 0x0668A58AEC3151BDF0F6F9360EA89453733D5C65F45CAFE2D1591D8CDDBD2395
KEY = 0x346262FFA4EC2F40FEB9AE81E416AF7CCA9FCFA8871F1F9169E6DCCD63AA667
# And the one behind a proxy.
PROXY = 0x03B7F0B02B63683ECA1639FB2D5DFA1021628D4EE728B03BC0AC2BE66EDC32F1
PROXY_KEY = 0x6459074AA056E6DFB18539E414720CA7518B4D9B6D9A9FA0A3A64B8E2287963


def test_published_intermediate_values() -> None:
    assert domain_hash() == 0x45A7202F50D443664B453CBAE9BB40706C9C6C06FDEA98D3BC574CF6480EB7D
    hashes = {
        "hello world": 0x17C62175644BBD63F7DC7B001D1CF8DD294E9F0C77581C6AF1DCD4C604ABDF3,
        "OKC_DTT_AUP2025": 0x568AF78B9429339411E3F53C98670B2011CEEE58457D5EEA6B7A9DEAA31748F,
        MESSAGE: 0xB33A9406102099B63272553676AA0E5FE4D6B01E8151D90CB1DDB33A589A39,
    }
    assert {text: struct_hash(short(text)) for text in hashes} == hashes
    hello = 0x657BBA5023FAAC542CA286D8DF83C8E18F693809B831BA209C773FB6A430982
    assert message_hash(ACCOUNT, short("hello world")) == hello
    types = {
        "StarkNetDomain(name:felt,version:felt,chainId:felt)":
            0x1BFC207425A47A5DFA1A50A4F5241203F50624CA5FDF5E18755765416B8E288,
        "Message(contents:felt)":
            0x16F53DB3EB239921EAF268008FAD24FF9C89FE363B4E192475DDE5F3504CFC,
    }  # fmt: skip
    assert {text: truncated_keccak(text) for text in types} == types


def test_published_accounts_are_bound_to_their_keys() -> None:
    assert is_account_of(KEY, ACCOUNT)
    assert is_account_of(PROXY_KEY, PROXY)
    assert not is_account_of(KEY, PROXY)
    assert not is_account_of(PROXY_KEY, ACCOUNT)


def test_hashes_are_those_of_plain_arithmetic() -> None:
    for account in (1, ACCOUNT, 2**251 - 257):
        assert message_hash(account, short(MESSAGE)) == stark_hash(account, short(MESSAGE))


def test_accounts_are_those_of_plain_arithmetic() -> None:
    for account in stark_accounts(3):
        assert is_account_of(stark_key(3), account)
        assert not is_account_of(stark_key(3), account + 1)


def test_a_number_may_be_agreed_and_is_signed_as_one() -> None:
    numbers = OwnershipRule("net", "starknet", ("okx-starknet",), ("0x2a", "42"), {})
    account, _ = stark_accounts(1)
    signed = stark_signature(1, account, 42)
    judge = verifier(numbers)
    for message in ("0x2a", "42"):
        found = judge(row(hex(account), signed, message=message, key=hex(stark_key(1))))
        assert (found.word, found.message) == ("proven", message)
        assert "An owner that was changed later is not seen" in found.detail
    found = judge(row(hex(account), signed, message="43", key=hex(stark_key(1))))
    assert found.reason == "message-not-agreed"


def test_an_agreed_text_that_the_format_cannot_say_is_unsupported() -> None:
    long = OwnershipRule("net", "starknet", ("okx-starknet",), (MESSAGE, "x" * 32), {})
    account, _ = stark_accounts(1)
    material = row(hex(account), "00" * 64, message="x" * 32, key=hex(stark_key(1)))
    assert verifier(long)(material).reason == "message-form"


def test_only_the_typed_data_is_a_digest_here() -> None:
    with pytest.raises(RegistryError, match="okx-starknet"):
        verifier(rule("starknet", "okx-keccak"))


def test_the_sentence_names_the_contract() -> None:
    account, _ = stark_accounts(2)
    signed = stark_signature(1, account, short(MESSAGE))
    found = verifier(rule("starknet", "okx-starknet"))(
        row(hex(account), signed, key=hex(stark_key(1)))
    )
    assert found.reason == "key-signature"
    assert "class hash" in found.detail
