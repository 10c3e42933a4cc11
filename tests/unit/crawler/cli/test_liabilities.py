from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawler.cli import run
from tests.unit.crawler.lists_of_ours import published, row
from tests.vectors.liability_proofs import bitmex, bybit, id_table, okx_v1, okx_v2


def write(folder: Path, name: str, content: object) -> str:
    path = folder / name
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_tree_and_a_customer_with_the_path_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree, customer = okx_v2(1)
    files = [write(tmp_path, "tree.txt", tree), write(tmp_path, "me.json", customer)]
    assert run(["liabilities", "include", "auto", *files, "--tree"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("Holds")
    assert "From the root down to the leaf" in shown.out
    assert shown.err == ""


def test_json_alone_on_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, "tree.csv", bitmex(1)[0])
    assert run(["liabilities", "verify", "bitmex", file, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["system"], document["grade"]) == ("bitmex", "proven")


def test_an_id_that_is_there_and_one_that_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = id_table(1)
    file = write(tmp_path, "ids.csv", table)
    wanted = table.splitlines()[3].split(",")[0]
    assert run(["liabilities", "find", "phemex", file, wanted]) == 0
    assert "row 3 of 9" in capsys.readouterr().out
    assert run(["liabilities", "find", "phemex", file, "00" * 32]) == 1
    assert capsys.readouterr().out.startswith("Does not hold")


def test_exit_codes_of_roots(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    proof = write(tmp_path, "me.json", okx_v1(1))
    table = write(tmp_path, "ids.csv", id_table(1))
    arguments = ["liabilities", "verify"]
    assert run([*arguments, "okx-merkle-v1", proof, "--root", "0x" + "00" * 32]) == 1
    rule = ["--merkle-rule", "sha256/comma"]
    assert run([*arguments, "phemex", table, "--root", "00" * 32, *rule]) == 3
    assert "Incomplete" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["verify", "nope", "FILE"], "no system is called 'nope'"),
        (["verify", "phemex", "absent"], "there is no file"),
        (["verify", "auto", "FILE", "--root", "xyz"], "is no root"),
        (["verify", "okx-merkle-v2", "FILE"], "not hash,height,balances"),
        (["include", "generic", "FILE"], "names no customer"),
        (["find", "bybit", "FILE", "ab"], "no list of customers"),
        (["verify", "phemex"], "FILES"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(
    arguments: list[str], reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, "proof.json", bybit(1))
    line = ["liabilities", *(file if one == "FILE" else one for one in arguments)]
    assert run(line) == 2
    shown = capsys.readouterr()
    assert reason in shown.err
    assert shown.out == ""


def test_a_folder_with_more_than_one_file_is_no_file_to_look_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "a.csv", id_table(1))
    write(tmp_path, "b.csv", id_table(2))
    assert run(["liabilities", "find", "phemex", str(tmp_path), "ab"]) == 2
    assert "holds 2 files" in capsys.readouterr().err


def test_the_help_says_what_the_exit_codes_mean(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["liabilities", "verify", "--help"]) == 0
    assert "0 all checks hold" in capsys.readouterr().out


def test_what_is_owed_stands_in_the_report_of_a_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wallet_list = tmp_path / "list.csv"
    wallet_list.write_bytes(published([row(1, "1")]))
    owed = write(tmp_path, "owed.csv", "asset,amount\nETH,4\n")
    out = tmp_path / "report"
    arguments = ["verify", str(wallet_list), "--endpoint", "eth=http://127.0.0.1:9", "--json"]
    assert run([*arguments, "--liabilities", owed, "--out", str(out)]) == 3
    document = json.loads(capsys.readouterr().out)
    [line] = document["assets"]
    assert line["owed"]["claimed_ratio"] == "0.250000"
    assert line["owed"]["grade"] == document["liabilities"]["grade"] == "claimed"
    assert document == json.loads((out / "report.json").read_text("utf-8"))
    bad = write(tmp_path, "bad.csv", "asset,amount\nETH,-4\n")
    assert run([*arguments, "--liabilities", bad]) == 2
