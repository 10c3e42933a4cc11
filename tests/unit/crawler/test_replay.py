"""A bundle replays without a network; whatever is changed in it is found and named."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.evidence.manifest import MANIFEST, BundleError
from crawler.replay import replay
from tests.fakes.evidence_scene import again, make_bundle, redo
from tests.unit.crawler.evidence.conftest import _made, bundle, zipped
from tests.unit.crawler.test_readings import Quiet

__all__ = ["_made", "bundle", "zipped"]  # fixtures

SEED = 20260108
GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "replay.txt"


def stable(text: str) -> str:
    """Return the text of a replay without what differs between two runs."""
    return re.sub(r"SHA-256: [0-9a-f]{64}", "SHA-256: ...", text)


def test_it_reproduces_the_report(bundle: Path, zipped: Path) -> None:
    for path in (bundle, zipped):
        result = again(path)
        assert result.problems == []
        assert result.exit_code == 0
        assert result.report is not None
        assert result.report.exit_code == 1
        assert stable(result.text()) == GOLDEN.read_text()


def test_its_json_says_the_same(bundle: Path) -> None:
    result = again(bundle)
    document = json.loads(result.to_json())
    assert document["reproduced"] is True
    assert document["exit_code"] == 0
    assert document["verified"] == result.verified
    assert document["resting"] == result.resting


def names_of(path: Path) -> list[str]:
    return sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())


@pytest.mark.parametrize("turn", range(40))
def test_a_changed_byte_is_found_and_named(bundle: Path, turn: int) -> None:
    chance = random.Random(SEED + turn)  # noqa: S311 (places, not secrets)
    names = names_of(bundle)
    name = names[turn % len(names)]
    content = bytearray((bundle / name).read_bytes())
    content[chance.randrange(len(content))] ^= chance.randrange(1, 256)
    (bundle / name).write_bytes(content)
    try:
        result = again(bundle)
    except BundleError as error:
        said, code = str(error), 2
    else:
        said, code = " ".join(result.problems), result.exit_code
    assert code
    if name == MANIFEST:  # a changed name, digest or size shows at the member it is about
        assert any(one in said for one in names)
    else:
        assert name in said


@pytest.mark.parametrize("turn", range(40))
def test_a_changed_byte_of_a_zip_is_found_and_named(zipped: Path, turn: int) -> None:
    chance = random.Random(SEED - turn)  # noqa: S311
    content = bytearray(zipped.read_bytes())
    # Every fourth lies in the directory or the end record, behind all members.
    first = len(content) - 1000 if turn % 4 == 0 else 0
    content[chance.randrange(first, len(content))] ^= chance.randrange(1, 256)
    zipped.write_bytes(content)
    try:
        said = " ".join(again(zipped).problems)
    except BundleError as error:
        said = str(error)
    assert re.search(r"zip|json|csv|toml|gz|folder", said), said


def edit(path: Path, name: str, change: Callable[[bytes], bytes]) -> list[str]:
    """Change a member, make the manifest fit, and return what the replay says of it."""
    before = (path / name).read_bytes()
    after = change(before)
    assert after != before
    (path / name).write_bytes(after)
    redo(path)
    result = again(path)
    assert result.exit_code == (1 if result.problems else 0)
    return result.problems


def test_a_manifest_made_anew_does_not_hide_a_changed_verdict(bundle: Path) -> None:
    (problem,) = edit(
        bundle, "findings.jsonl", lambda text: text.replace(b'"failed"', b'"proven"', 1)
    )
    assert problem == (
        'findings.jsonl, line 6: ownership is recorded as "proven" and comes out as "failed"'
    )


def test_nor_a_changed_total(bundle: Path) -> None:
    (problem,) = edit(bundle, "report.json", lambda text: text.replace(b'"10.5', b'"11.5', 1))
    assert problem.startswith("report.json: assets[1].sums.observed is recorded as")


def test_nor_a_changed_spelling(bundle: Path) -> None:
    assert edit(bundle, "report.json", lambda text: text + b" ") == [
        "report.json: the same values, spelled otherwise"
    ]


def test_nor_a_changed_balance(bundle: Path) -> None:
    problems = edit(
        bundle, "answers.jsonl", lambda text: text.replace(b'"500000000000000000"', b'"1"')
    )
    assert problems[0].startswith("findings.jsonl, line 4: observed is recorded as")
    assert problems[1].startswith("report.json: ")


def test_nor_a_changed_list(bundle: Path) -> None:
    problems = edit(bundle, "list/list.csv", lambda text: text.replace(b",1,I am", b",2,I am", 1))
    assert "run.json: it speaks of another list" in problems
    assert any(problem.startswith("findings.jsonl, line 1: ") for problem in problems)


def test_nor_other_tables(bundle: Path) -> None:
    problems = edit(
        bundle, "tables/entities/okx.toml",
        lambda text: text.replace(b'"hello world"', b'"hello there"'),
    )  # fmt: skip
    assert problems == ["tables/entities/okx.toml: is not the table of this version of Assay"]


def test_tables_of_another_version_are_only_said(bundle: Path) -> None:
    for name in ("run.json", "report.json"):
        text = (bundle / name).read_text()
        (bundle / name).write_text(text.replace('"0.1.0"', '"0.0.9"'))
    problems = edit(bundle, "tables/settings.toml", lambda text: text + b"# an old remark\n")
    assert problems == []
    assert any("tables/settings.toml" in note for note in again(bundle).notes)


def test_damaged_tables_are_named(bundle: Path) -> None:
    (problem,) = edit(bundle, "tables/networks.toml", lambda text: b"[" + text)
    assert problem.startswith("tables: networks.toml")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("run.json", "run.json: "),
        ("report.json", "report.json is no report"),
        ("answers.jsonl", "answers.jsonl is cut off after line 0"),
        ("list/list.csv", "list.csv is empty"),
    ],
)
def test_an_empty_member_is_named(bundle: Path, name: str, says: str) -> None:
    (problem,) = edit(bundle, name, lambda _: b"")[-1:]
    assert says in problem


@pytest.mark.parametrize(
    "name",
    [
        "run.json", "findings.jsonl", "report.json", "answers.jsonl", "exchanges.jsonl.gz",
        "list/list.csv", "tables/assets.toml", "tables/entities/okx.toml",
    ],
)  # fmt: skip
def test_a_member_left_out_of_both_is_missed(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    redo(bundle)
    (problem,) = again(bundle).problems
    assert problem == f"{name}: is missing from the bundle and its manifest"


@pytest.mark.parametrize("name", ["extra.txt", "list/other.csv", "liabilities/0/owed.csv"])
def test_a_member_that_no_run_writes_is_named_though_the_manifest_has_it(
    bundle: Path, name: str
) -> None:
    (bundle / name).parent.mkdir(parents=True, exist_ok=True)
    (bundle / name).write_text("hello")
    redo(bundle)
    assert again(bundle).problems == [f"{name}: belongs to no run like this one"]


@pytest.mark.parametrize(
    ("name", "before", "after", "says"),
    [
        (
            "run.json", '"list.csv"', '"../../secret"',
            "list/../../secret: is missing from the bundle and its manifest",
        ),
        (
            "run.json", '"entity": "okx"', '"entity": "../../secret"',
            "tables/entities/../../secret.toml: is missing from the bundle and its manifest",
        ),
        ("run.json", '"list.csv"', '"\\u0000"', "list/\0: is missing from the bundle"),
        ("run.json", '"started": "20', '"started": "x20', "run.json: "),
        ("run.json", '+00:00"', '"', "run.json: "),
        ("run.json", '"moment": null', '"moment": "2026-01-01T00:00:00"', "run.json: "),
        ("run.json", '"prove": null', '"prove": "x"', "run.json: --prove: "),
        ("run.json", '"heights": {}', '"heights": {"a": -1}', "run.json: --height: "),
        (
            "run.json", '"liabilities": []',
            '"liabilities": [{"argument": 0, "carried": true, "name": "../../run.json"}]',
            "liabilities/0/../../run.json: is missing from the bundle and its manifest",
        ),
        (
            "run.json", '"liabilities": []', '"liabilities": [{"carried": true}]',
            "liabilities/None/None: is missing from the bundle and its manifest",
        ),
        ("report.json", 'Z"', '"', "report.json is no report of this version"),
        ("answers.jsonl", '+00:00"', '"', "answers.jsonl, line "),
    ],
)  # fmt: skip
def test_what_a_bundle_tells_of_itself_leads_nowhere_else(
    bundle: Path, name: str, before: str, after: str, says: str
) -> None:
    (bundle.parent / "secret").write_text("coin,snapshot height,amount\n")
    problems = edit(bundle, name, lambda text: text.replace(before.encode(), after.encode()))
    assert problems[-1].startswith(says)


def test_liabilities_that_run_json_does_not_mean_are_named(bundle: Path) -> None:
    place = bundle / "liabilities" / "0" / "owed.csv"
    place.parent.mkdir(parents=True)
    place.write_text("asset,amount\nETH,5\n")
    told = '"liabilities": [{"argument": 0, "carried": true, "name": "owed.csv", "size": 1}]'
    (problem,) = edit(
        bundle, "run.json", lambda text: text.replace(b'"liabilities": []', told.encode())
    )
    assert problem == "run.json: it speaks of another liabilities/0/owed.csv"


def test_an_amount_beyond_belief_is_named(bundle: Path) -> None:
    (problem,) = edit(
        bundle, "answers.jsonl",
        lambda text: text.replace(b'"500000000000000000"', b'"' + b"9" * 5000 + b'"'),
    )  # fmt: skip
    assert re.fullmatch(r"answers\.jsonl, line \d+: an amount is no number", problem)


@pytest.mark.parametrize("text", ["x = " + "[" * 5000, "x = " + "9" * 5000])
def test_tables_beyond_belief_are_named(bundle: Path, text: str) -> None:
    (problem,) = edit(bundle, "tables/assets.toml", lambda _: text.encode())
    assert problem.startswith("tables: assets.toml: not valid TOML: ")


def test_lines_that_are_missing_or_too_many_are_found(bundle: Path) -> None:
    lines = (bundle / "findings.jsonl").read_bytes().splitlines(keepends=True)
    (problem,) = edit(bundle, "findings.jsonl", lambda text: text + lines[-1])
    assert "goes on behind the 12 rows" in problem
    (problem,) = edit(bundle, "findings.jsonl", lambda _: b"".join(lines[:-1]))
    assert problem == "findings.jsonl, line 12: the line is missing"


def test_a_missing_reading_is_never_made_up(bundle: Path) -> None:
    def without(text: bytes) -> bytes:
        lines = [
            one for one in text.splitlines(keepends=True) if b'"500000000000000000"' not in one
        ]
        return b"".join(lines).replace(b'"readings":10', b'"readings":9')

    (problem,) = edit(bundle, "answers.jsonl", without)
    assert "1 of 10 readings of ETH@ethereum at block 20,000,000 are missing" in problem


def test_times_from_the_future_are_said(bundle: Path) -> None:
    before = datetime(2020, 1, 1, tzinfo=UTC)
    result = replay(bundle, Quiet(), workers=1, now=before)
    assert result.problems == []
    assert any("is yet to come" in note for note in result.notes)


def test_a_clock_that_was_behind_its_own_blocks_is_said(bundle: Path) -> None:
    started = json.loads((bundle / "run.json").read_text())["started"]
    shown = json.loads((bundle / "report.json").read_text())["timing"]["started"]
    for name, told in (("run.json", started), ("report.json", shown)):
        text = (bundle / name).read_text()
        assert told in text
        (bundle / name).write_text(text.replace(told, "2001-" + told[5:]))
    redo(bundle)
    result = again(bundle)
    assert result.problems == []
    assert any("after the run is said to have begun" in note for note in result.notes)


def test_a_signature_is_checked_and_can_be_demanded(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(bytes(range(32)))
    path = asyncio.run(make_bundle(tmp_path, "signed.zip", key=key))
    result = again(path)
    assert result.problems == []
    (signer,) = re.findall(r"0x[0-9a-f]{64}", " ".join(result.verified))
    assert again(path, signer=signer).problems == []
    assert again(path, signer=signer.upper().replace("X", "x")).problems == []
    assert "not signed by" in again(path, signer="0x" + "00" * 32).problems[0]


def test_an_unsigned_bundle_does_not_pass_for_a_signed_one(bundle: Path) -> None:
    assert "not signed by" in again(bundle, signer="ab" * 32).problems[0]


def test_no_key_of_an_endpoint_is_anywhere_in_a_bundle(bundle: Path) -> None:
    for name in names_of(bundle):
        content = (bundle / name).read_bytes()
        content = gzip.decompress(content) if name.endswith(".gz") else content
        assert b"SECRETKEY99" not in content, name
        assert b"hunter2hunter" not in content, name
