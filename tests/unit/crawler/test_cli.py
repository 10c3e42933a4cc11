"""The command line in one process: what it prints where, and its exit codes."""

from __future__ import annotations

import errno
import gzip
import json
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer

from crawler.cli import app, run
from tests.unit.crawler.lists_of_ours import HEADER, published, row

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def listing(tmp_path: Path) -> Callable[..., Path]:
    def write(rows: Sequence[str], name: str = "list.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(published(rows))
        return path

    return write


def test_ownership_json_is_the_only_thing_on_stdout(
    listing: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["ownership", str(listing([row(1, "1"), row(2, "1")])), "--json"])
    printed = capsys.readouterr()
    assert code == 0
    assert json.loads(printed.out)["verdicts"]["proven"] == 2
    assert printed.err == ""


def test_one_false_signature_is_exit_1(listing: Callable[..., Path]) -> None:
    assert run(["ownership", str(listing([row(1, "1"), row(2, "1", signer=3)]))]) == 1


def test_an_unreachable_endpoint_is_exit_3_and_the_rows_say_why(
    listing: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report"
    arguments = ["verify", str(listing([row(1, "1")])), "--endpoint", f"eth={NOWHERE}"]
    assert run([*arguments, "--out", str(out), "--json"]) == 3
    report = json.loads(capsys.readouterr().out)
    assert report == json.loads((out / "report.json").read_text())
    (line,) = [json.loads(text) for text in (out / "findings.jsonl").read_text().splitlines()]
    assert (line["finding"], line["reason"], line["ownership"]) == (
        "unresolved", "unreachable", "proven",
    )  # fmt: skip
    assert line["observed"] is None
    name = json.loads((out / "latest.json").read_text())["snapshot"]
    assert {path.name for path in out.iterdir()} == {
        "findings.jsonl", "report.json", "report.html", "latest.json", "index.json",
        "metrics.prom", f"{name}.json", f"{name}.rows.jsonl.gz",
    }  # fmt: skip


def zipped(path: Path, content: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", content)
    return path


BAD: dict[str, Callable[[Path], object]] = {
    "missing": Path.exists,
    "folder": lambda path: path.mkdir(),
    "empty": lambda path: path.write_bytes(b""),
    "junk": lambda path: path.write_bytes(bytes(range(256)) * 50),
    "unknown header": lambda path: path.write_bytes(b"a,b,c\n1,2,3\n"),
    "no rows": lambda path: path.write_text(HEADER + "\n"),
    "zip without a list": lambda path: zipped(path, b"hello"),
    "cut gzip": lambda path: path.write_bytes(gzip.compress(published([row(1, "1")]))[:-9]),
}


@pytest.mark.parametrize("command", ["verify", "ownership"])
@pytest.mark.parametrize("kind", sorted(BAD))
def test_a_list_that_cannot_be_used_is_one_clear_sentence_and_exit_2(
    kind: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "list.csv", tmp_path / "out"
    BAD[kind](path)
    arguments = [command, str(path), "--out", str(out)]
    assert (
        run([*arguments, *(["--endpoint", f"eth={NOWHERE}"] if command == "verify" else [])]) == 2
    )
    printed = capsys.readouterr()
    assert printed.out == ""
    first, *hint = printed.err.splitlines()
    assert first.startswith("assay: ")
    assert len(hint) <= 1
    assert "Traceback" not in printed.err
    assert not out.exists() or list(out.iterdir()) == []


def test_every_mistake_of_the_flags_is_named_at_once(
    listing: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["verify", str(listing([row(1, "1")])), "--endpoint", "etherium=http://127.0.0.1"]
    arguments += ["--endpoint", "base=ftp://127.0.0.1", "--height", "base=x"]
    assert run(arguments) == 2
    problems = capsys.readouterr().err.splitlines()
    assert len(problems) == 3
    assert "did you mean 'ethereum'" in problems[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verify"], "Missing argument"),
        (["verify", "x", "--no-such"], "No such option"),
        (["nonsense"], "No such command"),
        (["verify", "x", "--jobs", "0"], "jobs"),
        (["verify", "x", "--prove", "most"], "--prove"),
        (["ownership", "x.csv", "--entity", "nobody"], "no entity named 'nobody'"),
    ],
)
def test_usage_mistakes(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert message in capsys.readouterr().err


def test_help_teaches_and_names_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ([], ["verify"], ["ownership"], ["demo"], ["networks"], ["networks", "check"]):
        assert run([*command, "--help"]) == 0
        text = capsys.readouterr().out
        assert "Usage: assay" in text
        if command != ["networks"]:
            assert re.findall(r"\b([01234]) [a-z]", text)[:5] == ["0", "1", "2", "3", "4"]


def test_every_flag_of_the_main_job_has_its_variable(capsys: pytest.CaptureFixture[str]) -> None:
    run(["verify", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    flags = set(re.findall(r"--[a-z]+", text)) - {"--help"}
    assert flags >= {"--endpoint", "--entity", "--height", "--out", "--json"}
    assert text.count("ASSAY_") >= len(flags)


def test_a_fault_of_our_own_is_exit_4(
    listing: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("crawler.judging.judge_list", broken)
    assert run(["ownership", str(listing([row(1, "1")]))]) == 4
    assert "internal error" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "assay: No space left on device\n"),
        (PermissionError(errno.EACCES, "Permission denied", "/d/f"), "/d/f: Permission denied\n"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "/d/\x1b[1m"), "too long\n"),
    ],
)
def test_what_the_machine_refuses_is_one_sentence_and_exit_2(
    error: OSError,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("crawler.network_list.list_networks", refused)
    assert run(["networks"]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("assay: ")
    assert printed.endswith(said)
    assert printed.count("\n") == 1
    assert "\x1b" not in printed


def test_another_fault_of_the_system_is_our_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")

    monkeypatch.setattr("crawler.network_list.list_networks", refused)
    assert run(["networks"]) == 4
    assert "internal error" in capsys.readouterr().err


def test_a_full_disk_behind_stdout_is_one_sentence_and_exit_2() -> None:
    if not Path("/dev/full").is_char_device():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "crawler", "networks", "--json"],
            stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, b"assay: No space left on device\n")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_is_written_to_in_vain(
    closed: str, listing: Callable[..., Path]
) -> None:
    path = listing([row(1, "1")])
    command = [sys.executable, "-m", "crawler", "ownership", str(path), "--json"]
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *command], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert bool(done.stdout) is (closed == "2>&-")


@pytest.mark.parametrize(
    ("before", "code"), [("default_int_handler", -signal.SIGINT), ("SIG_IGN", 0)]
)
def test_an_interrupt_after_the_last_word_shows_no_insides(before: str, code: int) -> None:
    late = (
        "import atexit, os, signal, sys\n"
        f"signal.signal(signal.SIGINT, signal.{before})\n"
        "atexit.register(os.kill, os.getpid(), signal.SIGINT)\n"
        "from crawler.__main__ import main\n"
        "sys.argv = ['assay', '--version']\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", late], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (code, b"")
    assert done.stdout.startswith(b"assay ")


def test_an_interrupt_leaves_nothing_half_written(
    listing: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("crawler.run.build_report", interrupted)
    out = tmp_path / "out"
    arguments = ["verify", str(listing([row(1, "1")])), "--endpoint", f"eth={NOWHERE}"]
    assert run([*arguments, "--out", str(out)]) == 130
    assert list(out.iterdir()) == []
    assert "interrupted" in capsys.readouterr().err


def commands() -> dict[str, Any]:
    """Return what each command shows as its help, and its options."""
    found: dict[str, Any] = {}
    waiting: list[tuple[str, Any]] = [("assay", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        inner = getattr(command, "commands", {})
        waiting += [(f"{name} {word}", child) for word, child in inner.items()]
        if not inner:
            found[name] = command
    return found


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_teaches_by_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*name.split()[1:], "--help"]) == 0
    shown = capsys.readouterr().out
    assert re.search(rf"(?m)Examples?:\s+{name}|^ +{name}", shown)


def test_every_flag_has_its_variable() -> None:
    """Save the cells of one row, which belong to one question only."""
    cells = {"network", "address", "message", "signature", "signature2", "key"}
    assert {
        (name, option.name)
        for name, command in commands().items()
        for option in command.params
        if option.param_type_name == "option" and option.name != "help" and not option.envvar
    } <= {("assay ownership", cell) for cell in cells}
