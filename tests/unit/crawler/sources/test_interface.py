from __future__ import annotations

from crawler.lists.okx import Okx
from crawler.sources.interface import Member


def test_lines_are_read_anew_each_time_whatever_the_pieces() -> None:
    member = Member("x", Okx(), lambda: iter([b"a\r", b"\nb", b"c\n"]))
    assert list(member.lines()) == [b"a\r\n", b"bc\n"]
    assert list(member.lines()) == [b"a\r\n", b"bc\n"]
