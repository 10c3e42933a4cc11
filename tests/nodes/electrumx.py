"""A real ElectrumX 2.0.0 (e-x) over bcoin, on loopback.

ElectrumX asks for Bitcoin Core 28 with its transaction index when it starts. Nothing that is
tested here depends on that, so the demand is taken out, in the child process only.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from tests.nodes.child import Child, free_port

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_LAUNCH = """
from electrumx.lib import coins
coins.BitcoinRegtest.MIN_REQUIRED_DAEMON_VERSION = None
coins.BitcoinRegtest.REQUIRED_DAEMON_INDEXES = ()
from electrumx.cli.electrumx_server import main
main()
"""


def installed() -> bool:
    return find_spec("electrumx") is not None


class ElectrumX(Child):
    """`with ElectrumX(bcoin.url) as server`; follows its node within a fifth of a second."""

    def __init__(self, node_url: str, *, settings: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._node_url = node_url
        self._settings = dict(settings or {})
        self._admin = free_port()

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def command(self) -> Sequence[str]:
        return [sys.executable, "-c", _LAUNCH]

    def variables(self) -> Mapping[str, str]:
        return {
            "COIN": "Bitcoin",
            "NET": "regtest",
            "DB_ENGINE": "leveldb",
            "DB_DIRECTORY": str(self.folder),
            "DAEMON_URL": self._node_url,
            "SERVICES": f"tcp://127.0.0.1:{self.port},rpc://127.0.0.1:{self._admin}",
            "PEER_DISCOVERY": "off",
            "PEER_ANNOUNCE": "",
            "ALLOW_ROOT": "1",
            "DAEMON_POLL_INTERVAL_BLOCKS": "200",
            "DAEMON_POLL_INTERVAL_MEMPOOL": "200",
            "CACHE_MB": "50",
            "COST_SOFT_LIMIT": "0",
            "COST_HARD_LIMIT": "0",
            **self._settings,
        }
