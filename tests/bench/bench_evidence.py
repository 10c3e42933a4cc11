"""How large the bundle of a long list is, and how fast it replays beside judging its signatures.

The list is that of `signed_list`; an in-memory reader answers what is claimed, but every twentieth
account holds another amount; its exchanges have the size of packed calls. Prints figures measured
in one run.
`python tests/bench/bench_evidence.py [ROWS]`
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from secrets import randbelow
from typing import ClassVar, Self

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from chains.adapter import (
    Assurance,
    BalanceReader,
    HoldingForm,
    Observed,
    Reading,
    SnapshotPoint,
    Unresolved,
)
from chains.errors import AddressError
from chains.registry import Network, Networks
from crawler import run, settings
from crawler.evidence.bundle import evidence_of
from crawler.judging import judge_list
from crawler.models import Claim
from crawler.ownership import OwnershipEngine
from crawler.plan import canonical_of
from crawler.readers import ReaderOptions
from crawler.replay import replay
from crawler.wallet_list import WalletList, open_wallet_list
from tests.bench.signed_list import make_lists
from tests.unit.crawler.test_readings import Quiet

CHUNK = 2_000
URL = "http://127.0.0.1:8545"


class Reader:
    """Answers every account from the list's own claims, and shows the exchange to the witness."""

    claimed: ClassVar[dict[tuple[str, bytes], int]] = {}

    def __init__(self, network: Network, options: ReaderOptions) -> None:
        self._network = network
        self._witness = options.witness

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None: ...

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        moment = datetime.fromtimestamp(1_700_000_000 + 12 * (height % 2**20), UTC)
        return SnapshotPoint(self._network.name, height, f"0x{height:064x}", moment)

    async def check_form(self, form: HoldingForm, point: SnapshotPoint) -> Unresolved | None:
        return None

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncIterator[Sequence[tuple[bytes, Reading]]]:
        for start in range(0, len(addresses), CHUNK):
            piece = addresses[start : start + CHUNK]
            amounts = [
                randbelow(10**18) if not randbelow(20) else self.claimed.get((form.id, account), 0)
                for account in piece
            ]
            if self._witness is not None:
                asked = "".join(account.hex().rjust(64, "0") for account in piece)
                told = "".join(f"{amount:064x}" for amount in amounts)
                self._witness(URL, URL, _body("params", asked), 200, _body("result", told))
            yield [
                (account, Observed(amount, point, Assurance.NODE, (URL,)))
                for account, amount in zip(piece, amounts, strict=True)
            ]


def _body(name: str, value: str) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, name: f"0x{value}"}).encode()


def reader_of(options: ReaderOptions) -> object:
    """Return the maker of readers that the run takes."""

    def make(network: Network) -> BalanceReader | Unresolved:
        return Reader(network, options)

    return make


def learn(wallet_list: WalletList, networks: Networks) -> None:
    """Take in what a list claims."""
    canonical = canonical_of(wallet_list.entity.coins, networks)
    Reader.claimed.clear()
    for claim in wallet_list.rows():
        form = claim.mapping.form if isinstance(claim, Claim) and claim.mapping else None
        if isinstance(claim, Claim) and claim.amount is not None and form is not None:
            with suppress(AddressError):
                account = canonical(claim.coin, claim.material.address)
                Reader.claimed[form.id, account] = claim.amount.at(form.decimals).units


def timed(name: str, rows: int, seconds: float) -> float:
    """Print a rate and return it."""
    print(f"{name:42} {seconds:7.2f} s  {rows / seconds:10,.0f} rows/s")  # noqa: T201
    return rows / seconds


def main() -> None:
    """Measure once."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    setattr(run, "reader_of", reader_of)  # noqa: B010 (the run is given another maker of readers)
    loaded = settings.load(environment={})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in ("distinct", "repeated"):
            path = folder / f"{kind}.csv"
            if not path.exists():
                make_lists(folder / "distinct.csv", folder / "repeated.csv", rows)
            opened = partial(open_wallet_list, path, loaded.entity("okx"), {})
            learn(opened(), loaded.networks)
            print(f"{rows:,} {kind} rows, {path.stat().st_size / 1e6:.1f} MB")  # noqa: T201
            started = time.perf_counter()
            with OwnershipEngine() as engine:
                judge_list(opened(), Quiet(), engine, out=folder / "verdicts.jsonl")
            judged = timed("assay ownership", rows, time.perf_counter() - started)

            started = time.perf_counter()
            report = run.verify_list(opened(), loaded, Quiet(), out=folder / "plain")
            plain = timed("assay verify", rows, time.perf_counter() - started)
            in_run = rows / report.timing.seconds["ownership"]
            print(f"  of it, ownership: {in_run:,.0f} rows/s")  # noqa: T201
            target = folder / f"{kind}.zip"
            started = time.perf_counter()
            with evidence_of(target, None, path) as evidence:
                if evidence is None:
                    raise SystemExit("no evidence")
                published = opened()
                report = run.verify_list(published, loaded, Quiet(), evidence=evidence)
                evidence.add(path, published)
                evidence.finish(report)
            timed("assay verify --evidence", rows, time.perf_counter() - started)
            print(f"{'bundle':42} {target.stat().st_size / 1e6:7.2f} MB")  # noqa: T201
            started = time.perf_counter()
            result = replay(target, Quiet())
            seconds = time.perf_counter() - started
            if result.problems:
                raise SystemExit(result.text())
            rate = timed("assay replay", rows, seconds)
            for what, other in (("ownership", judged), ("ownership in verify", in_run),
                                ("verify", plain)):  # fmt: skip
                print(f"{'replay / ' + what:42} {rate / other:7.2f}")  # noqa: T201


if __name__ == "__main__":
    main()
