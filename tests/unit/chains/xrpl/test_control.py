from __future__ import annotations

from chains.adapter import (
    ControlQuery,
    ControlWord,
    OwnershipMaterial,
    OwnershipRule,
    OwnershipWord,
)
from chains.xrpl.addresses import encode
from chains.xrpl.answers import Root, Signer
from chains.xrpl.control import query_of, settle
from chains.xrpl.ownership import verifier
from tests.unit.chains.rules import MESSAGES, row
from tests.vectors.signing import OKX_KECCAK, compressed, hash160, hex_signature

ACCOUNT, OTHER = bytes(19) + b"\x08", bytes(19) + b"\x09"
SIGNER = hash160(compressed(1))
RULE = OwnershipRule("xrpl", "xrpl", ("okx-keccak",), MESSAGES, {})


def signed(address: str) -> OwnershipMaterial:
    return row(address, hex_signature(1, OKX_KECCAK), key=compressed(1).hex())


def query(*signers: bytes, account: bytes = ACCOUNT) -> ControlQuery:
    return ControlQuery(account, frozenset(signers), bytes(32), (b"",) * len(signers))


def root(*, master_disabled: bool = False, regular_key: bytes | None = None) -> Root:
    return Root(7, 0, 5, master_disabled, regular_key)


def listing(quorum: int, **weights: int) -> Root:
    signers = tuple(Signer(bytes.fromhex(name[1:]), weight) for name, weight in weights.items())
    return Root(7, 1, 5, master_disabled=True, regular_key=None, quorum=quorum, signers=signers)


def test_a_key_only_row_asks_with_the_account_of_its_key() -> None:
    material = signed(encode(ACCOUNT))
    verdict = verifier(RULE)(material)
    assert verdict.word is OwnershipWord.KEY_ONLY
    asked = query_of(material, verdict, RULE)
    assert asked is not None
    assert (asked.account, asked.signers) == (ACCOUNT, frozenset({SIGNER}))
    assert asked.digest == OKX_KECCAK
    assert asked.signatures[0].hex() == hex_signature(1, OKX_KECCAK).removeprefix("0x")


def test_a_row_proven_by_its_own_key_asks_too_because_that_may_be_disabled() -> None:
    own = signed(encode(SIGNER))
    proven = verifier(RULE)(own)
    assert proven.word is OwnershipWord.PROVEN
    asked = query_of(own, proven, RULE)
    assert asked is not None
    assert asked.account in asked.signers


def test_other_rows_ask_nothing() -> None:
    unsigned = row(encode(ACCOUNT))
    assert query_of(unsigned, verifier(RULE)(unsigned), RULE) is None
    verdict = verifier(RULE)(signed(encode(ACCOUNT)))
    assert query_of(signed("no address"), verdict, RULE) is None
    assert query_of(row(encode(ACCOUNT), "zz", key=compressed(1).hex()), verdict, RULE) is None


def test_the_own_key_controls_unless_it_is_disabled() -> None:
    own = query(ACCOUNT)
    assert settle(own, root()).word is ControlWord.PROVEN
    disabled = settle(own, root(master_disabled=True))
    assert (disabled.word, disabled.reason) == (ControlWord.FAILED, "master-disabled")


def test_the_regular_key_controls() -> None:
    assert settle(query(SIGNER), root(regular_key=SIGNER)).reason == "regular-key"
    other = settle(query(SIGNER), root(regular_key=OTHER))
    assert (other.word, other.reason) == (ControlWord.FAILED, "other-key")
    assert "another RegularKey" in other.detail


def test_signers_must_reach_the_quorum() -> None:
    weights = {f"k{SIGNER.hex()}": 1, f"k{OTHER.hex()}": 2}
    assert settle(query(SIGNER), listing(3, **weights)).word is ControlWord.PARTIAL
    assert settle(query(OTHER), listing(2, **weights)).word is ControlWord.PROVEN
    assert settle(query(SIGNER, OTHER), listing(3, **weights)).word is ControlWord.PROVEN
    nobody = settle(query(bytes(20)), listing(3, **weights))
    assert nobody.word is ControlWord.FAILED
    assert "2 others" in nobody.detail
