"""Bundles appear whole or not at all, and the commands write and replay them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from crawler import cli
from crawler.errors import ConfigurationError, OutputError
from crawler.evidence.bundle import evidence_of, liability_paths, open_evidence
from tests.fakes.evidence_scene import again, funded, make_bundle, redo, run, write_list
from tests.fakes.evm_node import FakeNode
from tests.unit.crawler.reports.test_folder import dead_process

LIABILITIES = "owed.csv"


def owed(folder: Path) -> Path:
    """Totals without any proof: their grade is claimed."""
    path = folder / LIABILITIES
    path.write_text("asset,amount\nETH,5\n")
    return path


def verify(folder: Path, *flags: str) -> int:
    async def asked() -> int:
        async with FakeNode(funded()) as node:
            words = ["verify", str(write_list(folder)), "--endpoint", f"ethereum={node.url}"]
            return await asyncio.to_thread(cli.run, [*words, "--quiet", "--jobs", "1", *flags])

    return asyncio.run(asked())


def test_nothing_appears_when_a_run_fails(tmp_path: Path) -> None:
    for name in ("folder", "bundle.zip"):
        with pytest.raises(ZeroDivisionError), open_evidence(tmp_path / "out" / name):
            raise ZeroDivisionError
    assert list((tmp_path / "out").iterdir()) == []


def test_an_earlier_bundle_is_replaced_and_other_files_never_are(tmp_path: Path) -> None:
    for name in ("folder", "bundle.zip"):
        for _ in range(2):
            path = asyncio.run(make_bundle(tmp_path, name))
            assert again(path).problems == []
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear diary")
    with pytest.raises(OutputError, match="holds other files"), open_evidence(tmp_path / "mine"):
        pass
    (tmp_path / "mine.zip").mkdir()
    with pytest.raises(OutputError, match="is a folder"), open_evidence(tmp_path / "mine.zip"):
        pass


@pytest.mark.parametrize("name", ["folder", "bundle.zip"])
def test_what_a_killed_run_left_is_cleared(tmp_path: Path, name: str) -> None:
    rest = tmp_path / f".{name}.{dead_process()}.abc"
    (rest / "bundle").mkdir(parents=True)
    (rest / "bundle" / "answers.jsonl").write_text("much")
    with open_evidence(tmp_path / name):
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_bundle_whose_successor_was_killed_at_its_place_is_put_back(
    tmp_path: Path,
) -> None:
    path = asyncio.run(make_bundle(tmp_path, "folder"))
    rest = tmp_path / f".folder.{dead_process()}.abc"
    rest.mkdir()
    path.rename(rest / "earlier")
    with open_evidence(path):
        pass
    assert again(path).problems == []
    assert not rest.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full to write to")
@pytest.mark.parametrize("earlier", [None, OutputError("the first refusal")])
def test_a_full_disk_names_the_bundle_and_hides_no_earlier_fault(
    tmp_path: Path, earlier: OutputError | None
) -> None:
    def written() -> None:
        with open_evidence(tmp_path / "e.zip") as evidence:
            evidence.path("full").symlink_to("/dev/full")
            evidence.stream("full").write(b"held")
            if earlier is not None:
                raise earlier

    said = "the first refusal" if earlier else "e.zip cannot be written: No space left"
    with pytest.raises(OutputError, match=said):
        written()
    assert list(tmp_path.iterdir()) == []


def test_a_list_that_changes_meanwhile_is_refused(tmp_path: Path) -> None:
    async def asked() -> None:
        async with FakeNode(funded()) as node:
            path = write_list(tmp_path)
            link = tmp_path / "other.csv"
            link.write_bytes(path.read_bytes() + b"\n")
            await asyncio.to_thread(
                run, path, tmp_path / "bundle", [f"ethereum={node.url}"], kept_list=link
            )

    with pytest.raises(OutputError, match="changed while it was being verified"):
        asyncio.run(asked())
    assert not (tmp_path / "bundle").exists()


def test_a_key_without_evidence_is_refused(tmp_path: Path) -> None:
    key, path = tmp_path / "key", tmp_path / "list.csv"
    with pytest.raises(ConfigurationError, match="--evidence"), evidence_of(None, key, path):
        pass
    with evidence_of(None, None, path) as nothing:
        assert nothing is None


@pytest.mark.parametrize("name", ["por 2026-01-01T00:00.csv", "a\x1b.csv", "b" * 250])
def test_a_list_that_can_be_no_member_is_refused_before_anything_is_asked(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_list(tmp_path).rename(tmp_path / name)
    words = ["verify", str(path), "--endpoint", "ethereum=http://127.0.0.1:1", "--quiet"]
    out = tmp_path / "out"
    assert cli.run([*words, "--out", str(out), "--evidence", str(tmp_path / "e.zip")]) == 2
    assert "cannot be the name of a member of a bundle" in capsys.readouterr().err
    assert not out.exists()


def test_the_commands_write_and_replay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle, key, token = tmp_path / "e.zip", tmp_path / "key", tmp_path / "token.tsr"
    key.write_bytes(b"0x" + b"11" * 32)
    token.write_bytes(b"token")
    assert verify(tmp_path, "--evidence", str(bundle), "--sign-with", str(key)) == 1
    capsys.readouterr()
    assert cli.run(["replay", str(bundle), "--json", "--quiet", "--timestamp", str(token)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["reproduced"] is True
    assert any("signed (eip191) by 0x" in text for text in document["verified"])
    assert "manifest.tsr was added." in document["notes"]
    assert cli.run(["replay", str(bundle), "--signer", "00" * 20, "--quiet"]) == 1
    assert "not signed by" in capsys.readouterr().out
    assert cli.run(["replay", str(tmp_path / "list.csv")]) == 2
    assert "no evidence bundle" in capsys.readouterr().err


def test_what_is_owed_is_checked_again_or_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = ["--liabilities", str(owed(tmp_path))]
    assert verify(tmp_path, *flags, "--evidence", str(tmp_path / "carried")) == 1
    result = again(tmp_path / "carried")
    assert result.problems == []
    assert "What is owed: its files were checked again." in result.verified
    assert (tmp_path / "carried" / "liabilities" / "0" / LIABILITIES).is_file()

    monkeypatch.setattr("crawler.evidence.bundle.LIABILITIES_LIMIT", 5)
    assert verify(tmp_path, *flags, "--evidence", str(tmp_path / "told")) == 1
    result = again(tmp_path / "told")
    assert result.problems == []
    assert any("taken over from the report" in text for text in result.resting)
    (described,) = json.loads((tmp_path / "told" / "run.json").read_text())["liabilities"]
    assert described["carried"] is False
    assert len(described["sha256"]) == 64


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('"verdict": "Does not hold', '"verdict": "Holds', "verdict is recorded as"),
        ('"exit_code": 1', '"exit_code": 0', "exit_code is recorded as"),
        ('"observed_ratio": "', '"observed_ratio": "9', "assets[1].owed.observed_ratio is"),
        ('"ETH": "5"', '"ETH": "4"', "assets[1].owed.amount is recorded as"),
        ('"ETH": "5"', '"ETH": "?"', "what it says is owed is no amount"),
    ],
)
def test_what_follows_from_liabilities_that_are_not_carried_is_worked_out_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str, says: str
) -> None:
    monkeypatch.setattr("crawler.evidence.bundle.LIABILITIES_LIMIT", 5)
    told = tmp_path / "told"
    assert verify(tmp_path, "--liabilities", str(owed(tmp_path)), "--evidence", str(told)) == 1
    path = told / "report.json"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    redo(told)
    (problem,) = again(told).problems
    assert problem.startswith(f"report.json: {says}")


def test_a_description_of_liabilities_cannot_lead_outside(tmp_path: Path) -> None:
    told = {"argument": 0, "name": "../../x", "carried": True}
    with pytest.raises(ValueError, match="no such file"):
        liability_paths([told], tmp_path)
    with pytest.raises(ValueError, match="no such file"):
        liability_paths([told | {"argument": "0", "name": "x"}], tmp_path)
    assert liability_paths([told | {"name": "x"}], tmp_path) == [tmp_path / "liabilities/0/x"]
    assert liability_paths([told | {"carried": False}], tmp_path) is None
