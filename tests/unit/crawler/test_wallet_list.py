from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crawler.entities import Entity
from crawler.errors import ListError
from crawler.models import Claim
from crawler.wallet_list import open_wallet_list
from tests.unit.crawler.lists.samples import A9, COINS, ROW9, SUMMARY
from tests.unit.crawler.sources.test_file import MAIN, STAKING, write_zip

if TYPE_CHECKING:
    from pathlib import Path

ENTITY = Entity(
    name="okx",
    title="OKX",
    formats=("okx",),
    messages=("I am an OKX address",),
    fresh=(),
    digests={},
    network_digests={},
    coins=COINS,
)


@pytest.mark.parametrize(
    "content",
    [f"{A9}\n", f"{SUMMARY}\nETH,1,2\n\n{A9}\n\n,,,\n", f"{ROW9}\n{A9}"],
    ids=["header only", "summary only", "row above the header"],
)
def test_a_list_without_detail_rows_is_refused_once_it_was_read(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "a.csv").write_text(content)
    wallet_list = open_wallet_list(tmp_path / "a.csv", ENTITY, {})
    with pytest.raises(ListError, match=r"^a\.csv has a header but no rows below it$"):
        list(wallet_list.rows())


def test_one_member_without_rows_is_no_reason_to_refuse_the_other(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.csv": MAIN, "b_staking.csv": A9.encode()})
    wallet_list = open_wallet_list(path, ENTITY, {"ethereum": 9})
    rows = list(wallet_list.rows())
    assert [row.height for row in rows if isinstance(row, Claim)] == [9, 9]
    assert [file.census.detail_rows() for file in wallet_list.files] == [2, 0]


def test_every_pass_counts_anew(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a_staking.csv": STAKING, "a.csv": MAIN})
    wallet_list = open_wallet_list(path, ENTITY, {})
    first = list(wallet_list.rows())
    counted = [file.census for file in wallet_list.files]
    assert list(wallet_list.rows()) == first
    assert [file.census for file in wallet_list.files] == counted
    assert [row.file for row in first] == ["a.csv", "a.csv", "a_staking.csv"]
    assert [line.coin for line in wallet_list.summaries] == ["ETH"]


def test_a_list_of_another_entity_is_refused_before_it_is_misread(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("coin,address,snapshot height,balance,message,signature\n")
    with pytest.raises(ListError, match=r"has the format 'htx', and OKX publishes 'okx'") as caught:
        open_wallet_list(tmp_path / "a.csv", ENTITY, {})
    assert "--entity" in caught.value.hint
