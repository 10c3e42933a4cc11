from __future__ import annotations

from pathlib import Path

import pytest

from crawler import settings
from crawler.errors import ListError
from crawler.wallet_list import open_wallet_list
from tests.unit.crawler.lists_of_ours import HEADER, published, row


def test_every_pass_gives_the_same_rows_and_renews_the_census(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(published([row(1, "1"), row(2, "x")], ["ETH,100,1", "ETH(ALL),-,1"]))
    wallet_list = open_wallet_list(path, settings.load(environment={}).entity("okx"), {})
    first, second = list(wallet_list.rows()), list(wallet_list.rows())
    assert first == second
    assert len(first) == 2
    (file,) = wallet_list.files
    assert (file.census.lines, file.census.claims, file.census.malformed) == (7, 1, 1)
    assert [summary.coin for summary in wallet_list.summaries] == ["ETH", "ETH(ALL)"]


def test_a_list_without_rows_is_an_error_never_a_pass(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(HEADER + "\n")
    wallet_list = open_wallet_list(path, settings.load(environment={}).entity("okx"), {})
    with pytest.raises(ListError, match="no rows"):
        list(wallet_list.rows())


def test_a_missing_list_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(ListError, match="there is no file"):
        open_wallet_list(tmp_path / "none.csv", settings.load(environment={}).entity("okx"), {})
