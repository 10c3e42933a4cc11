from __future__ import annotations

from chains.adapter import Control, ControlQuery, ControlWord, OwnershipWord
from chains.tron.addresses import encode
from chains.tron.answers import Account, Permission
from chains.tron.control import query_of, settle
from tests.unit.chains.rules import row, rule_of, verifier_of
from tests.vectors.signing import TRON_V2, account, hex_signature

SIGNER, OTHER, HELD = (b"\x41" + account(number) for number in (1, 2, 3))


def query(*signers: bytes) -> ControlQuery:
    return ControlQuery(HELD, frozenset(signers), bytes(32), (b"",) * len(signers))


def permission(threshold: int, *keys: tuple[bytes, int], moves_funds: bool = True) -> Permission:
    return Permission(threshold, keys, moves_funds)


def held(
    owner: Permission | None = None, *active: Permission, is_contract: bool = False
) -> Account:
    return Account(None, 0, 0, 0, owner, active, is_contract)


def test_a_row_signed_by_its_owner_asks() -> None:
    rule = rule_of("TRX", "TRX")
    assert rule is not None
    material = row(encode(HELD), hex_signature(1, TRON_V2), owner1=encode(SIGNER))
    verdict = verifier_of("TRX", "TRX")(material)
    assert verdict.word is OwnershipWord.KEY_ONLY
    asked = query_of(material, verdict, rule)
    assert asked is not None
    assert (asked.account, asked.signers) == (HELD, frozenset({SIGNER}))
    assert query_of(material._replace(address="nobody"), verdict, rule) is None
    assert query_of(material._replace(signature1=""), verdict, rule) is None
    own = row(encode(SIGNER), hex_signature(1, TRON_V2))
    assert query_of(own, verifier_of("TRX", "TRX")(own), rule) is None


def word(control: Control) -> tuple[ControlWord, str]:
    assert "block 77" in control.detail  # today's, and it says so
    return control.word, control.reason


def test_the_owner_permission_decides_by_weight() -> None:
    owner = permission(3, (SIGNER, 1), (OTHER, 2))
    assert word(settle(query(SIGNER), held(owner), 77)) == (ControlWord.PARTIAL, "owner-permission")
    both = settle(query(SIGNER, OTHER), held(owner), 77)
    assert word(both) == (ControlWord.PROVEN, "owner-permission")


def test_an_active_permission_that_moves_funds_is_enough() -> None:
    owner, active = permission(1, (OTHER, 1)), permission(1, (SIGNER, 1))
    assert word(settle(query(SIGNER), held(owner, active), 77)) == (
        ControlWord.PROVEN, "active-permission",
    )  # fmt: skip
    idle = permission(1, (SIGNER, 1), moves_funds=False)
    assert word(settle(query(SIGNER), held(owner, idle), 77)) == (
        ControlWord.UNSETTLED, "other-keys",
    )  # fmt: skip


def test_today_s_permissions_fail_nothing() -> None:
    """They may have been others at the snapshot."""
    other = held(permission(1, (OTHER, 1)))
    assert word(settle(query(SIGNER), other, 77)) == (ControlWord.UNSETTLED, "other-keys")
    assert word(settle(query(SIGNER), held(), 77)) == (ControlWord.UNSETTLED, "other-keys")
    contract = held(is_contract=True)
    assert word(settle(query(SIGNER), contract, 77)) == (ControlWord.UNSETTLED, "contract")
    assert word(settle(query(SIGNER), None, 77)) == (ControlWord.UNSETTLED, "no-account")
