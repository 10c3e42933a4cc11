from __future__ import annotations

from chains.ton.ownership import fits, verifier
from chains.ton.wallets import accounts
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import row
from tests.vectors.listed_key_rows import KEY, SIGNED, STRANGER


def test_any_wallet_of_the_key_and_no_other() -> None:
    judge = verifier(rule("ton", "okx-raw"))
    for account in accounts(KEY):
        assert fits(KEY, b"\0" + account)
        assert not fits(STRANGER, b"\0" + account)
        assert not fits(KEY, b"\xff" + account)
        assert judge(row(f"0:{account.hex()}", SIGNED, key=KEY.hex())).word == "proven"
    for account in accounts(STRANGER):
        found = judge(row(f"0:{account.hex()}", SIGNED, key=KEY.hex()))
        assert found.reason == "key-mismatch"
