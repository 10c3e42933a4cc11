"""1,000 addresses of each ledger family on its simulator: requests, and how much waiting is saved.

Each simulator answers after 20 ms. In one run a family reads the same addresses (1) one at a time,
a sample of them, and (2) as the adapter's public method does, with a window of 64 requests
(``[limits] concurrency = 64``), and once more with a configured rate, which must not be exceeded.

    python tests/bench/bench_ledgers.py [FAMILY ...]
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from chains.adapter import Observed
from chains.aptos.indexer import IndexerLimits
from chains.panel import PanelSettings
from chains.solana.history import SolanaLimits
from chains.sui.source import SuiLimits
from chains.transport.settings import TransportSettings
from tests.fakes import (
    algorand_ledger,
    aptos_ledger,
    cosmos_ledger,
    filecoin_ledger,
    hedera_mirror,
    horizon,
    hyperion_index,
    near_ledger,
    octez_node,
    solana_ledger,
    starknet_ledger,
    substrate_scene,
    sui_ledger,
    ton_api,
    tron_node,
    xrpl_ledger,
)
from tests.fakes.account_history import Scene, crowd
from tests.fakes.ledger_trials import Trial

ADDRESSES = 1_000
SAMPLE = 25
LATENCY_S = 0.02
RATE = 500
WINDOW = 64


class Family(NamedTuple):
    """One line of the bench."""

    name: str
    account: Callable[[int], bytes]
    trial: Callable[[Scene], Trial]
    most_requests: int
    """HTTP requests per 1,000 addresses by the table of methods, and a few for the block."""
    singly: dict[str, Any] = {}  # noqa: RUF012 (of a named tuple, and never changed)
    """What the reader takes besides to ask each question in a request of its own."""


def _without_stakes(scene: Scene) -> Trial:
    return tron_node.trial(scene, stakes=False)


def usdt(told: Scene) -> Trial:
    """Return a trial of the jetton of TON that is used most."""
    return ton_api.trial(told, ton_api.Jetton())


FAMILIES = (
    Family("xrpl", xrpl_ledger.account, xrpl_ledger.trial, 1_010),
    Family("tron", tron_node.account, _without_stakes, 1_010),
    # What is staked is a request for each account more, beside the table.
    Family("tron-staked", tron_node.account, tron_node.trial, 2_010),
    # For up to 5,000 blocks after the snapshot; every further 5,000 cost 3 more, 30 days 519.
    Family("tron-token", tron_node.account, tron_node.token_trial, 20),
    Family("substrate", substrate_scene.account, substrate_scene.trial, 18),
    Family("ton", ton_api.account, ton_api.trial, 1_010),
    Family("ton-jetton", ton_api.account, usdt, 1_010),
    # In batches of 100 questions: a history and two transactions an account.
    Family(
        "solana",
        solana_ledger.account,
        solana_ledger.trial,
        3_000,
        {"limits": SolanaLimits(batch=1)},
    ),
    # Besides, who holds what, and the owner's own history.
    Family(
        "solana-token",
        solana_ledger.account,
        solana_ledger.token_trial,
        3_000,
        {"limits": SolanaLimits(batch=1)},
    ),
    Family("aptos", aptos_ledger.account, aptos_ledger.trial, 1_010),
    Family(
        "aptos-index",
        aptos_ledger.account,
        aptos_ledger.indexer_trial,
        1_010,
        {"limits": IndexerLimits(accounts=1)},
    ),
    # 20 accounts in one question of balances, 10 in one of transactions.
    Family(
        "sui",
        sui_ledger.account,
        sui_ledger.trial,
        1_010,
        {"limits": SuiLimits(accounts=1, histories=1)},
    ),
    Family("near", near_ledger.account, near_ledger.trial, 1_010),
    Family("starknet", starknet_ledger.account, starknet_ledger.trial, 20),
    Family("filecoin", filecoin_ledger.account, filecoin_ledger.trial, 20),
    Family("cosmos", cosmos_ledger.account, cosmos_ledger.trial, 40),
    # What an account holds and what moved since, and a page more for those that moved.
    Family("algorand", algorand_ledger.account, algorand_ledger.trial, 2_120),
    # The table's one is for one's own stellar-core; a tenth changed since, one request more each.
    Family("stellar", horizon.account, horizon.trial, 1_110),
    Family("tezos", octez_node.account, octez_node.trial, 1_010),
    # The table says 10 to 1,000 for balances of a step; what moved since is one more an account.
    Family("hedera", hedera_mirror.account, hedera_mirror.trial, 2_010),
    # The account, its changes, and for those that did not change since what they hold now.
    Family("eos", hyperion_index.account, hyperion_index.trial, 3_010),
)


class Run(NamedTuple):
    """What one reading took."""

    seconds: float
    requests: int


class Served:
    """A simulator in a process of its own, so that its work is not counted as the reader's."""

    def __init__(self, family: Family) -> None:
        """Start it, and wait until it can be asked."""
        context = multiprocessing.get_context("spawn")
        self._line, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(family.name, other), daemon=True)
        self._process.start()
        self.url: str = self._line.recv()

    def requests(self) -> int:
        """Return how many requests it has had."""
        self._line.send("requests")
        found: int = self._line.recv()
        return found

    def stop(self) -> None:
        """End the process."""
        self._line.send("stop")
        self._process.join()


def _serve(name: str, line: Connection) -> None:
    """Run in the other process."""
    family = next(one for one in FAMILIES if one.name == name)

    async def serve() -> None:
        server = family.trial(crowd(family.account, ADDRESSES)[0]).server
        server.faults.latency_s = LATENCY_S
        async with server:
            line.send(server.url)
            while await asyncio.to_thread(line.recv) != "stop":
                line.send(len(server.paths))

    asyncio.run(serve())


async def read(
    one: Trial,
    served: Served,
    accounts: list[bytes],
    patience: PanelSettings,
    **besides: Any,  # noqa: ANN401 (as the reader takes them)
) -> Run:
    """Read `accounts` and compare with the simulator's own ledger."""
    found: dict[bytes, int] = {}
    asked = served.requests()
    made = one.reader(one.network, [served.url], settings=patience, **besides)
    async with made as panel:
        point = await panel.pin(one.scene.height)
        problem = await panel.check_form(one.form, point)  # type: ignore[arg-type]
        assert problem is None, problem
        start = time.perf_counter()
        async for batch in panel.balances(one.form, point, accounts):  # type: ignore[arg-type]
            for account, reading in batch:
                assert isinstance(reading, Observed), reading
                found[account] = reading.amount
        elapsed = time.perf_counter() - start
    state = one.scene.history.state(one.scene.height)
    assert found == {account: state[account] for account in accounts}
    return Run(elapsed, served.requests() - asked)


async def measure(family: Family) -> None:
    """Print one family's line."""
    told, accounts = crowd(family.account, ADDRESSES)
    one = family.trial(told)
    served = Served(family)
    try:
        slowly = settings(1, piece=1)
        single = (await read(one, served, accounts[:SAMPLE], slowly, **family.singly)).seconds
        whole = await read(one, served, accounts, settings(WINDOW))
        paced = await read(one, served, accounts, settings(WINDOW, RATE))
    finally:
        served.stop()
    single *= ADDRESSES / SAMPLE
    sys.stdout.write(
        f"{family.name:12} {whole.requests:6} requests (table {family.most_requests}), "
        f"{single / whole.seconds:6.1f} x one at a time; {paced.requests} requests in "
        f"{paced.seconds:.2f} s where {RATE}/s are allowed\n"
    )
    assert whole.requests <= family.most_requests
    # A token bucket lets one second's worth go at once.
    assert paced.requests <= RATE * (paced.seconds + 1) + 10


def settings(window: int, rate: float | None = None, piece: int = 2_000) -> PanelSettings:
    """Return limits with as many requests at once as `window`, and `piece` addresses."""
    transport = TransportSettings(concurrency=window, most_concurrency=window, requests_per_s=rate)
    return PanelSettings(piece=piece, pieces=window, transport=transport)


def main() -> None:
    """Print one line a family."""
    chosen = set(sys.argv[1:])
    for family in FAMILIES:
        if not chosen or family.name in chosen:
            asyncio.run(measure(family))


if __name__ == "__main__":
    main()
