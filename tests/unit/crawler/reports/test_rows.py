from __future__ import annotations

import io
import itertools

import pytest

from crawler.reports.findings import FindingLine
from crawler.reports.rows import BLOCK, GROUPS, OWN, Block, read_blocks
from tests.unit.crawler.reports.samples import finding_lines, packed


def unpacked(block: Block) -> list[dict[str, object]]:
    lines = []
    for row in range(block["rows"]):
        line: dict[str, object] = {name: block["columns"][name][row] for name in OWN}
        for table, members in GROUPS.items():
            entry = block["tables"][table][block["entries"][table][row]]
            line |= zip(members, entry, strict=True)
        lines.append(line)
    return lines


def test_columns_hold_every_member_of_every_finding() -> None:
    lines = finding_lines()
    (block,) = read_blocks(packed(lines))
    assert unpacked(block) == [dict(line) for line in lines]


def test_a_long_list_is_cut_into_blocks_and_no_row_is_lost() -> None:
    line = finding_lines()[0]
    lines = [FindingLine(**{**line, "row": row}) for row in range(2 * BLOCK + 1)]
    blocks = list(read_blocks(packed(lines)))
    assert [block["rows"] for block in blocks] == [BLOCK, BLOCK, 1]
    rows = itertools.chain.from_iterable(block["columns"]["row"] for block in blocks)
    assert list(rows) == list(range(2 * BLOCK + 1))
    assert len(blocks[0]["tables"]["claim"]) == 1


def test_equal_rows_give_equal_bytes() -> None:
    assert packed(finding_lines()).getvalue() == packed(finding_lines()).getvalue()


def test_text_that_is_no_unicode_is_written_all_the_same() -> None:
    line = FindingLine(**{**finding_lines()[0], "address": "\ud800"})
    (block,) = read_blocks(packed([line]))
    assert block["columns"]["address"] == ["?"]


def test_an_empty_list_has_no_block() -> None:
    assert list(read_blocks(packed([]))) == []


@pytest.mark.parametrize("cut", [1, 40, -1])
def test_a_file_that_is_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(ValueError, match="too early"):
        list(read_blocks(io.BytesIO(packed(finding_lines()).getvalue()[:cut])))


def test_a_damaged_file_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be unpacked"):
        list(read_blocks(io.BytesIO(b"not gzip at all")))
