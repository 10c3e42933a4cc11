from __future__ import annotations

import contextlib
import os
import socket
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
