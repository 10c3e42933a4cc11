"""What holds for every test: no network but loopback, an empty home, no settings from outside."""

from __future__ import annotations

import ipaddress
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A deadline would make a property fail because the machine is busy.
# The same examples in every run: what CI says of a change must be about the change. `make fuzz`
# is where new examples are looked for.
settings.register_profile("assay", deadline=None, derandomize=True)
settings.register_profile(
    "fuzz",
    deadline=None,
    max_examples=5_000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("assay")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts its background jobs so, and every child would inherit it: the tests that
    # interrupt a run would wait for ever.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(*_: object) -> None:
    """End the tests as Ctrl-C does, which stops the servers that they started."""
    if os.getpid() == TESTS:  # a forked child just ends
        raise KeyboardInterrupt
    os._exit(128 + signal.SIGTERM)


TESTS = os.getpid()
if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
    signal.signal(signal.SIGTERM, _interrupt)

KEPT_VARIABLES = frozenset({"ASSAY_ANVIL", "ASSAY_SHARED"})
"""They say where test material is; every other ASSAY_ variable would change what is tested."""

_trespasses: list[str] = []


def _is_loopback(host: object) -> bool:
    if not isinstance(host, str) or host in {"", "localhost"}:
        return True  # a wildcard, a unix socket's path in bytes, or our own name
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse to look up or connect to anything but this machine, however it is tried."""
    if event == "socket.getaddrinfo":
        host = arguments[0].decode() if isinstance(arguments[0], bytes) else arguments[0]
    elif event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else ""
    elif event in {"socket.gethostbyname", "socket.gethostbyaddr"}:
        host = arguments[0]
    else:
        return
    if not _is_loopback(host):
        _trespasses.append(f"{event} {host}")
        raise PermissionError(f"tests may not reach the network: {event} {host}")


sys.addaudithook(_guard)


@pytest.fixture(autouse=True)
def _loopback_only() -> Iterator[None]:
    """Fail the test that tried to reach the network, even if it hid the refusal."""
    _trespasses.clear()
    yield
    trespasses = _trespasses[:]
    _trespasses.clear()
    assert not trespasses, f"the network was tried: {trespasses}"


@pytest.fixture(autouse=True)
def _clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Give every test an empty home and no settings of the user's."""
    home = tmp_path_factory.getbasetemp() / "home"
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for variable in list(os.environ):
        if variable.startswith("ASSAY_") and variable not in KEPT_VARIABLES:
            monkeypatch.delenv(variable)


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home directory that tests and their children see; it must stay empty."""
    return tmp_path_factory.getbasetemp() / "home"


@pytest.fixture(scope="session")
def anvil() -> Path:
    """The anvil binary; without one the test is skipped, but on CI it fails."""
    from crawler.demo.chain import NodeError, find_anvil  # noqa: PLC0415 (only some tests need it)

    try:
        return find_anvil(os.environ)
    except NodeError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(f"{error} {error.hint}")
