from __future__ import annotations

import pytest

from chains.adapter import ControlQuery, ControlWord, OwnershipMaterial
from chains.aptos.addresses import canonical
from chains.aptos.control import judged, query_of
from chains.aptos.ownership import derive, verifier
from chains.messages import digest
from tests.fakes.aptos_ledger import named
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import MESSAGE, row
from tests.vectors.listed_key_rows import KEY, SIGNED

RULE = rule("aptos", "okx-raw")
OWNER = "0x" + derive(KEY).hex()


def query(account: bytes, key: bytes) -> ControlQuery:
    return ControlQuery(account, frozenset({key}), b"", ())


def test_a_row_with_a_rotated_key_asks_for_the_account_record() -> None:
    listed = row("0x1", SIGNED, key=KEY.hex(), owner1=OWNER)
    found = query_of(listed, verifier(RULE)(listed), RULE)
    assert found is not None
    assert found.account == canonical("0x1", {})
    assert found.signers == {derive(KEY)}
    assert found.digest == digest("okx-raw", MESSAGE)


@pytest.mark.parametrize(
    "listed",
    [
        row(OWNER, SIGNED, key=KEY.hex()),
        row("0x1", "", key=KEY.hex(), owner1=OWNER),
        row("0x1", SIGNED, key=KEY.hex()),
        row("0x1", SIGNED, key=KEY.hex(), owner1="0x2"),
    ],
)
def test_other_rows_ask_nothing(listed: OwnershipMaterial) -> None:
    assert query_of(listed, verifier(RULE)(listed), RULE) is None


def test_only_the_authentication_key_itself_proves() -> None:
    asked = query(named("account"), named("key"))
    assert judged(asked, named("key")).word is ControlWord.PROVEN
    refused = judged(asked, named("other"))
    assert refused.word is ControlWord.FAILED
    assert named("other").hex() in refused.detail
