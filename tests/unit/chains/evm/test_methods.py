from __future__ import annotations

from chains.evm.methods import PACKED, Method, no_known_slot


def test_single_requests_come_last_and_alone_are_not_packed() -> None:
    assert list(Method) == [*PACKED, Method.SINGLES]


def test_nothing_is_known_of_a_token_by_default() -> None:
    assert no_known_slot(b"t" * 20) is None
