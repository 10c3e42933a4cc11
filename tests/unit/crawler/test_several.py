from __future__ import annotations

from pathlib import Path

from crawler import settings as settings_module
from crawler.several import compare_lists, folders
from crawler.wallet_list import open_wallet_list
from tests.unit.crawler.lists_of_ours import published, row
from tests.unit.crawler.test_readings import Quiet


def test_each_list_has_a_folder_of_its_own_and_its_own_report(tmp_path: Path) -> None:
    loaded = settings_module.load(environment={})
    opened = []
    for part, rows in (("a", 1), ("b", 2)):
        path = tmp_path / part / "list.csv"
        path.parent.mkdir()
        path.write_bytes(published([row(n, "1", coin="NO-SUCH-COIN") for n in range(rows)]))
        opened.append(open_wallet_list(path, loaded.entity("okx"), loaded.heights))
    assert folders(opened) == ["okx-list", "okx-list-2"]
    compared = compare_lists(opened, loaded, Quiet(), out=tmp_path / "out")
    assert [one.folder for one in compared] == [
        tmp_path / "out" / "okx-list", tmp_path / "out" / "okx-list-2",
    ]  # fmt: skip
    for one, rows in zip(compared, (1, 2), strict=True):
        assert one.folder is not None
        assert len((one.folder / "findings.jsonl").read_text().splitlines()) == rows
        assert one.report.exit_code == 3  # the coin is unknown
