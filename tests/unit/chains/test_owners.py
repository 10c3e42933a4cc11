from __future__ import annotations

import pytest

from chains.adapter import OwnershipMaterial, OwnershipVerdict
from chains.owners import NULL_TOKENS, with_owners
from chains.verdicts import Reason, verdict
from tests.unit.chains.rules import row

ASKED: list[OwnershipMaterial] = []


def plain(  # noqa: PLR0911 (one return an answer)
    material: OwnershipMaterial,
) -> OwnershipVerdict:
    """Judge by a toy rule: a signature is the signer's name; "half" signs in part."""
    ASKED.append(material)
    address, signature = material.address, material.signature1
    if isinstance(read(address), OwnershipVerdict):
        return verdict(Reason.ADDRESS_UNDECODABLE)
    if not signature:
        return verdict(Reason.UNSIGNED)
    if signature in NULL_TOKENS:
        return verdict(Reason.SIGNATURE_MALFORMED)
    if signature == "half":
        return verdict(Reason.THRESHOLD_NOT_MET, "d", "m")
    if signature == "taproot":
        return verdict(Reason.TAPROOT)
    if signature != address:
        return verdict(Reason.WRONG_SIGNER)
    return verdict(Reason.ADDRESS_SIGNED, "d", "m")


def read(text: str) -> object:
    return b"address" if text.islower() else verdict(Reason.ADDRESS_UNDECODABLE)


judge = with_owners(plain, read)


def reason_of(address: str, signature1: str = "", **cells: str) -> str:
    return judge(row(address, signature1, **cells)).reason


def test_rows_without_owners_are_judged_plainly() -> None:
    ASKED.clear()
    material = row("alice", "alice")
    assert judge(material) is verdict(Reason.ADDRESS_SIGNED, "d", "m")
    assert [material] == ASKED


def test_a_row_that_fails_is_judged_again_only_for_a_null_token() -> None:
    ASKED.clear()
    assert reason_of("alice", "bob") == "wrong-signer"
    assert len(ASKED) == 1
    assert reason_of("alice", "null") == "no-signature"
    assert len(ASKED) == 3


@pytest.mark.parametrize("token", sorted(NULL_TOKENS - {""}))
def test_null_tokens_are_empty_cells(token: str) -> None:
    assert reason_of("alice", token, key=token) == "no-signature"
    assert (
        reason_of("alice", "alice", owner1=token, owner2=token, staking=token) == "address-signed"
    )
    assert reason_of("vault", "alice", owner1="alice", owner2=token) == "owner-signature"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"signature1": "alice", "owner1": "alice"}, "owner-signature"),
        ({"signature1": "alice", "owner2": "alice"}, "owner-signature"),
        ({"signature2": "alice", "owner2": "alice"}, "owner-signature"),
        ({"signature1": "bob", "owner1": "alice"}, "owner-mismatch"),
        ({"signature2": "alice", "owner1": "alice"}, "owner-signature"),
        ({"owner1": "alice"}, "no-signature"),
        ({"signature1": "alice", "owner1": "Alice"}, "owner-undecodable"),
        ({"signature1": "half", "owner1": "alice"}, "owner-signature-incomplete"),
        ({"signature1": "taproot", "owner1": "alice"}, "taproot"),
    ],
)
def test_one_owner(cells: dict[str, str], expected: str) -> None:
    assert reason_of("vault", **cells) == expected


@pytest.mark.parametrize(
    ("signatures", "expected"),
    [
        (("alice", "bob"), "owner-signature"),
        (("alice", ""), "owner-signature-incomplete"),
        (("", "bob"), "owner-signature-incomplete"),
        (("bob", "alice"), "owner-mismatch"),
        (("alice", "alice"), "owner-mismatch"),
        (("", ""), "no-signature"),
    ],
)
def test_two_owners(signatures: tuple[str, str], expected: str) -> None:
    first, second = signatures
    found = reason_of("vault", first, signature2=second, owner1="alice", owner2="bob")
    assert found == expected


def test_the_address_itself_must_decode() -> None:
    assert reason_of("Vault 7", "alice", owner1="alice") == "address-undecodable"


def test_an_owner_row_is_never_proven_even_when_the_address_signed() -> None:
    found = judge(row("alice", "alice", owner1="alice"))
    assert (found.word, found.digest, found.message) == ("key-only", "d", "m")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"signature1": "alice", "owner1": "alice"}, "staking-owner-signature"),
        ({"signature1": "alice", "owner1": "alice", "owner2": "bob"}, "staking-owner-signature"),
        (
            {"signature1": "alice", "signature2": "eve", "owner1": "alice", "owner2": "bob"},
            "owner-mismatch",
        ),
        ({"signature1": "bob", "owner1": "alice"}, "owner-mismatch"),
        ({"owner1": "alice"}, "no-signature"),
        ({}, "no-signature"),
    ],
)
def test_staking_rows(cells: dict[str, str], expected: str) -> None:
    assert reason_of("0xVALIDATOR", staking="native eth staking", **cells) == expected


def test_the_eigenpod_is_not_asked_to_sign() -> None:
    assert (
        reason_of("0xVALIDATOR", "alice", signature2="junk", owner1="alice", owner2="POD",
                  staking="eigenlayer staking")
        == "staking-owner-signature"
    )  # fmt: skip


def test_a_staking_row_signed_by_its_own_address_is_still_no_proof() -> None:
    assert reason_of("alice", "alice", staking="lido") == "staking-owner-signature"
