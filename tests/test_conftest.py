from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests import conftest


def test_another_machine_cannot_be_reached() -> None:
    with socket.socket() as client, pytest.raises(PermissionError, match=r"192\.0\.2\.1"):
        client.connect(("192.0.2.1", 80))  # TEST-NET-1: nobody's
    assert conftest._trespasses.pop() == "socket.connect 192.0.2.1"


def test_a_name_cannot_be_looked_up() -> None:
    with pytest.raises(PermissionError, match=r"node\.invalid"):
        socket.getaddrinfo("node.invalid", 443)
    assert conftest._trespasses.pop() == "socket.getaddrinfo node.invalid"


def test_an_attempt_that_was_hidden_is_remembered() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as client, contextlib.suppress(OSError):
        client.sendto(b"", ("192.0.2.1", 9))
    assert conftest._trespasses == ["socket.sendto 192.0.2.1"]
    conftest._trespasses.clear()


def test_loopback_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
    assert conftest._trespasses == []


def test_the_home_directory_is_not_the_users(home: Path) -> None:
    assert Path.home() == home
    assert not any(home.iterdir())


def test_the_users_settings_are_out_of_the_way() -> None:
    named = {name for name in os.environ if name.startswith("ASSAY_")}
    assert named <= conftest.KEPT_VARIABLES


HANGING = """
import sys, threading
import pytest
from tests.nodes.child import Child

class Server(Child):
    def command(self):
        return [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(self.port)]

@pytest.fixture(scope="session")
def server():
    with Server() as running:
        yield running

def test_that_hangs(server):
    print(server.port, server._process.pid, flush=True)
    threading.Event().wait(60)
"""


def test_servers_are_stopped_when_the_tests_are_told_to_end(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(HANGING)
    root = Path(conftest.__file__).parents[1]
    command = [sys.executable, "-m", "pytest", "-s", "-q", "-p", "tests.conftest"]
    with subprocess.Popen(
        [*command, "-c", os.devnull, f"--rootdir={tmp_path}", str(tmp_path / "test_it.py")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        text=True,
    ) as tests:
        assert tests.stdout is not None
        port, process = map(int, tests.stdout.readline().split())
        socket.create_connection(("127.0.0.1", port), 5).close()
        tests.send_signal(signal.SIGTERM)
        assert "KeyboardInterrupt" in tests.stdout.read()
        assert tests.wait() == pytest.ExitCode.INTERRUPTED
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5)
