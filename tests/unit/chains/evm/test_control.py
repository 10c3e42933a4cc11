from __future__ import annotations

import pytest

from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipVerdict, OwnershipWord
from chains.evm.control import MAGIC, Told, decode_owners, implementation_of, judge, query_of
from chains.evm.ownership import verifier
from tests.vectors.demo_keys import MESSAGE, evm_address, evm_digest, sign_evm

RULE = OwnershipRule("ethereum", "evm", ("evm-okx",), (MESSAGE,), {})
SAFE = "0x" + "5a" * 20
KEY = "0x" + "ab" * 48
POD = "0x" + "7d" * 20
JUDGE = verifier(RULE)


def signature(number: int) -> str:
    return "0x" + sign_evm(number)[1].hex()


def row(**cells: str) -> OwnershipMaterial:
    return OwnershipMaterial(**{
        "address": SAFE, "message": MESSAGE, "signature1": signature(1), "signature2": "",
        "key": "", "owner1": evm_address(1), "owner2": "", "staking": "", **cells,
    })  # fmt: skip


def test_a_row_asks_with_the_owners_that_signed() -> None:
    both = row(owner2=evm_address(2), signature2=signature(2))
    verdict = JUDGE(both)
    assert verdict.word is OwnershipWord.KEY_ONLY
    query = query_of(both, verdict, RULE)
    assert query is not None
    assert query.account == bytes.fromhex(SAFE[2:])
    assert query.signers == {sign_evm(1)[0], sign_evm(2)[0]}
    assert query.digest == evm_digest(MESSAGE)
    assert query.signatures == tuple(one for _, one in sorted(sign_evm(n) for n in (1, 2)))


def test_one_owner_who_signed_twice_is_one_signer() -> None:
    twice = row(owner2=evm_address(1), signature2=signature(1))
    query = query_of(twice, JUDGE(twice), RULE)
    assert query is not None
    assert len(query.signers) == len(query.signatures) == 1


def test_an_owner_without_a_signature_is_no_signer() -> None:
    partly = row(owner2=evm_address(2))
    query = query_of(partly, JUDGE(partly), RULE)
    assert query is not None
    assert query.signers == {sign_evm(1)[0]}


@pytest.mark.parametrize("v", ["00", "1b", "1f"])
def test_recovery_bytes_are_written_as_contracts_read_them(v: str) -> None:
    signed = signature(1)
    parity = int(signed[-2:], 16) - 27
    odd = row(signature1=signed[:-2] + f"{int(v, 16) + parity:02x}")
    query = query_of(odd, JUDGE(odd), RULE)
    assert query is not None
    assert query.signatures == (sign_evm(1)[1],)


def test_staking_rows_ask_about_the_validator_and_its_pod() -> None:
    native = row(address=KEY, staking="native eth staking")
    query = query_of(native, JUDGE(native), RULE)
    assert query is not None
    assert (len(query.account), query.pod, query.credentials) == (48, b"", None)
    pod = row(address=KEY, staking="eigenlayer staking", owner2=POD)
    query = query_of(pod, JUDGE(pod), RULE)
    assert query is not None
    assert query.pod == bytes.fromhex(POD[2:])


@pytest.mark.parametrize(
    "cells",
    [
        {"owner1": ""},
        {"signature1": ""},
        {"signature1": signature(2)},
        {"address": "not even a pubkey", "staking": "native eth staking"},
    ],
)
def test_rows_that_nothing_could_settle_ask_nothing(cells: dict[str, str]) -> None:
    made = row(**cells)
    assert query_of(made, JUDGE(made), RULE) is None


def test_a_verdict_without_a_digest_asks_nothing() -> None:
    bare = OwnershipVerdict(OwnershipWord.KEY_ONLY, "owner-signature", "")
    assert query_of(row(), bare, RULE) is None
    odd = OwnershipVerdict(OwnershipWord.KEY_ONLY, "owner-signature", "", "no-such", MESSAGE)
    assert query_of(row(), odd, RULE) is None
    pod = row(address=KEY, staking="eigenlayer staking", owner2="nonsense")
    whole = OwnershipVerdict(OwnershipWord.KEY_ONLY, "x", "", "evm-okx", MESSAGE)
    assert query_of(pod, whole, RULE) is None


SIGNERS = frozenset({b"\1" * 20, b"\2" * 20})


def told(**changed: object) -> Told:
    parts: dict[str, object] = {
        "account": b"\5" * 20, "code": b"\x60", "implementation": None, "owners": None,
        "threshold": None, "accepts": None, "pod_owner": None, **changed,
    }  # fmt: skip
    return Told(**parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "word", "reason"),
    [
        ({"code": b""}, "unsettled", "no-code"),
        ({"code": bytes.fromhex("ef0100") + b"\1" * 20}, "unsettled", "delegated"),
        ({}, "unsettled", "no-known-interface"),
        ({"accepts": True}, "proven", "eip1271"),
        ({"accepts": False}, "unsettled", "eip1271-refused"),
        ({"pod_owner": b"\1" * 20}, "proven", "pod-owner"),
        ({"pod_owner": b"\7" * 20, "accepts": False}, "failed", "pod-owner"),
        ({"owners": (b"\1" * 20,), "threshold": 1}, "proven", "owners"),
        ({"owners": (b"\1" * 20, b"\7" * 20), "threshold": 2}, "partial", "owners"),
        ({"owners": (b"\7" * 20,), "threshold": 1, "accepts": True}, "failed", "owners"),
        ({"owners": (b"\1" * 20,), "threshold": 0}, "unsettled", "owners-unsound"),
        ({"owners": (b"\1" * 20,), "threshold": None}, "unsettled", "no-known-interface"),
    ],
)
def test_the_first_answer_decides(changed: dict[str, object], word: str, reason: str) -> None:
    control = judge(told(**changed), SIGNERS)
    assert (control.word.value, control.reason) == (word, reason)


def test_the_code_behind_a_proxy_is_named() -> None:
    target = b"\x77" * 20
    head, tail = (
        bytes.fromhex("363d3d373d3d3d363d73"),
        bytes.fromhex("5af43d82803e903d91602b57fd5bf3"),
    )
    empty, word = bytes(32), target.rjust(32, b"\0")
    assert implementation_of(head + target + tail, empty, empty) == target
    assert implementation_of(b"\x60" * 500, word, empty) == target
    assert implementation_of(b"\x60" * 170, empty, word) == target
    assert implementation_of(b"\x60" * 500, empty, word) is None
    assert implementation_of(b"\x60", empty, b"\xff" * 32) is None
    assert "a proxy of 0x7777" in judge(told(implementation=target), SIGNERS).detail


def _array(*words: bytes, start: int = 32, count: int | None = None) -> bytes:
    number = len(words) if count is None else count
    return start.to_bytes(32, "big") + number.to_bytes(32, "big") + b"".join(words)


def test_owners_are_read_strictly() -> None:
    owner = b"\1".rjust(20, b"\1").rjust(32, b"\0")
    assert decode_owners(_array(owner, owner)) == (b"\1" * 20,) * 2
    for wrong in (
        b"", bytes(31), _array(), _array(owner, count=2), _array(owner) + b"x",
        _array(owner, start=64), _array(b"\xff" * 32), _array(count=2**255),
    ):  # fmt: skip
        assert decode_owners(wrong) is None
    assert MAGIC.hex() == "1626ba7e"
