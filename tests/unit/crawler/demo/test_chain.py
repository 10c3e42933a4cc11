from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from crawler.demo import chain
from crawler.demo.chain import Anvil, NodeError, find_anvil

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Stub = Callable[..., Path]


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def chain_of(binary: Path, folder: Path) -> Anvil:
    return Anvil(binary, folder, chain_id=7, height=1_000, timestamp=1_700_000_000)


def is_running(pid: int | None) -> bool:
    assert pid is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# --- where anvil is looked for ---------------------------------------------------


def test_the_named_binary_comes_first(tmp_path: Path) -> None:
    named = program(tmp_path / "mine")
    program(tmp_path / "nodes/@foundry-rs/anvil-linux-amd64/bin/anvil")
    assert find_anvil({"ASSAY_ANVIL": str(named)}, tmp_path / "nodes") == named


def test_the_checkouts_nodes_come_before_path(tmp_path: Path) -> None:
    ours = program(tmp_path / "nodes/@foundry-rs/anvil-linux-amd64/bin/anvil")
    on_path = program(tmp_path / "bin/anvil")
    assert find_anvil({"PATH": str(on_path.parent)}, tmp_path / "nodes") == ours
    ours.chmod(0o644)
    assert find_anvil({"PATH": str(on_path.parent)}, tmp_path / "nodes") == on_path


@pytest.mark.parametrize("wrong", ["nothing", "text", "folder"])
def test_a_named_binary_that_is_none_is_not_passed_over(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "text").write_text("no program")
    (tmp_path / "folder").mkdir()
    on_path = program(tmp_path / "bin/anvil")
    environment = {"ASSAY_ANVIL": str(tmp_path / wrong), "PATH": str(on_path.parent)}
    with pytest.raises(NodeError, match="ASSAY_ANVIL"):
        find_anvil(environment, tmp_path)


def test_without_any_the_user_is_told_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match="anvil") as failed:
        find_anvil({"PATH": str(tmp_path), "ASSAY_ANVIL": ""}, tmp_path)
    assert "make demo" in failed.value.hint
    assert "ASSAY_ANVIL" in failed.value.hint


# --- a node that misbehaves ------------------------------------------------------


def test_a_node_that_ends_at_once_is_reported_with_its_last_words(
    stub: Stub, tmp_path: Path
) -> None:
    binary = stub(before="print('no such chain\\x1b[31m'); sys.exit(3)")
    with pytest.raises(NodeError, match=r"status 3.*: no such chain\[31m"):
        chain_of(binary, tmp_path).__enter__()


def test_a_node_that_never_listens_is_given_up_and_ended(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "START_SECONDS", 0.5)
    note = tmp_path / "pid"
    binary = stub(
        before=f"import os; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(99)"
    )
    with pytest.raises(NodeError, match="did not start"):
        chain_of(binary, tmp_path).__enter__()
    assert not is_running(int(note.read_text()))


def test_a_node_that_ignores_termination_is_killed(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "STOP_SECONDS", 0.2)
    with chain_of(stub(before="signal.signal(signal.SIGTERM, signal.SIG_IGN)"), tmp_path) as node:
        process = node._process
    assert process is not None
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_a_process_is_born_does_not_lose_it(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals
) -> None:
    born: list[int] = []

    class Bearing(subprocess.Popen[bytes]):
        def __init__(self, command: list[str], **options: Any) -> None:  # noqa: ANN401 (as Popen's)
            super().__init__(command, **options)
            born.append(self.pid)
            signal.raise_signal(sent)

    monkeypatch.setattr(subprocess, "Popen", Bearing)
    before = signal.getsignal(sent)
    node = chain_of(stub(), tmp_path)
    with pytest.raises(KeyboardInterrupt):
        node.start()
    node.stop()
    assert node.process_id == born[0]
    assert not is_running(born[0])
    assert signal.getsignal(sent) is before


def test_a_program_for_another_machine_is_reported(tmp_path: Path) -> None:
    binary = program(tmp_path / "anvil")
    binary.write_bytes(b"\x7fELF of nothing")
    with pytest.raises(NodeError, match="cannot be run"):
        chain_of(binary, tmp_path).start()


def test_stopping_what_was_never_started_is_harmless(stub: Stub, tmp_path: Path) -> None:
    node = chain_of(stub(), tmp_path)
    node.stop()
    assert node.process_id is None


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"[]", "did not carry out eth_chainId: None"),
        (b'[{"id": 9, "result": "0x1"}]', "did not carry out eth_chainId: None"),
        (b'[{"id": 0, "error": {"code": 1}}]', "did not carry out eth_chainId"),
        (b'{"id": null, "error": {"code": -32600}}', "refused a batch"),
        (b"[1]", "refused a batch"),
        (b"<html>", "does not answer"),
    ],
    ids=["empty", "another id", "error", "no batch", "no objects", "no JSON"],
)
def test_an_answer_that_is_none_is_an_error(
    stub: Stub, tmp_path: Path, body: bytes, complaint: str
) -> None:
    with chain_of(stub(body), tmp_path) as node, pytest.raises(NodeError, match=complaint):
        node.ask("eth_chainId")


@pytest.mark.parametrize("answer", [b'"0x"', b'"12"', b"null", b"5", b"{}"])
def test_what_is_no_number_is_not_read_as_one(stub: Stub, tmp_path: Path, answer: bytes) -> None:
    body = b'[{"id": 0, "result": ' + answer + b"}]"
    with chain_of(stub(body), tmp_path) as node, pytest.raises(NodeError, match="no number"):
        node.ask_number("eth_getBalance")


def test_a_node_that_is_gone_is_an_error(stub: Stub, tmp_path: Path) -> None:
    with chain_of(stub(), tmp_path) as node:
        node.stop()
        with pytest.raises(NodeError, match="does not answer"):
            node.ask("eth_chainId")


def test_asking_nothing_asks_nobody(stub: Stub, tmp_path: Path) -> None:
    with chain_of(stub(b"<html>"), tmp_path) as node:
        assert node.ask_all([]) == []


# --- the real thing --------------------------------------------------------------


def test_heights_times_and_chain_id_are_as_asked(anvil: Path, tmp_path: Path) -> None:
    with chain_of(anvil, tmp_path) as node:
        assert node.ask_number("eth_chainId") == 7
        assert node.ask_number("eth_blockNumber") == 1_000
        assert node.mine(1_700_000_012) == 1_001
        assert node.mine(1_700_000_024, blocks=3) == 1_004
        blocks = node.ask_all(
            [("eth_getBlockByNumber", (hex(at), False)) for at in range(1_001, 1_005)]
        )
        times = [
            int(block["timestamp"], 16) - 1_700_000_000
            for block in blocks
            if isinstance(block, dict)
        ]
        assert times == [12, 24, 36, 48]
    assert not is_running(node.process_id)


def test_nodes_write_only_into_their_folder(anvil: Path, tmp_path: Path, home: Path) -> None:
    with chain_of(anvil, tmp_path) as node:
        node.mine(1_700_000_012, blocks=200)
    assert not any(home.iterdir())


def test_a_ctrl_c_does_not_reach_the_node_before_us(anvil: Path, tmp_path: Path) -> None:
    with chain_of(anvil, tmp_path) as node:
        assert os.getpgid(node.process_id or 0) != os.getpgid(0)
