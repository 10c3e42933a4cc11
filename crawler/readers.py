"""What makes the balance readers of a run: one maker per family, in one explicit table."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

from chains.adapter import BalanceReader, Unresolved
from chains.errors import RegistryError, UnresolvedReason
from chains.registry import Network, family_module
from chains.transport.settings import TransportSettings, Witness
from crawler.proving import ProvePolicy
from crawler.settings import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRequest:
    """What the user says of UTXO snapshots."""

    file: Path | None = None
    network: str = "bitcoin"
    """Whose snapshot `file` is."""
    trusted_hash: str = ""
    blocks: str = ""
    dump_to: str = ""
    may_roll_back: bool = False

    @property
    def covers(self) -> str:
        """Name of the network whose balances the file has; empty without a file."""
        return "" if self.file is None else self.network

    def identity(self) -> str:
        """Return what tells one request with a file from another; nothing without a file."""
        if self.file is None:
            return ""
        try:
            state = self.file.stat()
        except OSError:
            return str(self.file)
        parts = (self.file.resolve(), state.st_size, state.st_mtime_ns, self.network,
                 self.trusted_hash, self.blocks)  # fmt: skip
        return "|".join(map(str, parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderOptions:
    """What a run asks of its readers."""

    limits: Limits
    prove: ProvePolicy | None = None
    """Which balances are proven, if any."""
    snapshot: SnapshotRequest = SnapshotRequest()
    say: Callable[[str], None] = lambda _text: None
    """Told what is going on, one sentence at a time."""
    quorum: int = 1
    """Independent endpoints that must agree on a balance."""
    witness: Witness | None = None
    """Is told of everything that is asked and answered over HTTP."""

    def transport(self) -> TransportSettings:
        """Return the limits in the words of the transport."""
        limits = self.limits
        return TransportSettings(
            call_timeout_s=limits.call_timeout_s,
            connect_timeout_s=limits.connect_timeout_s,
            body_limit=limits.answer_bytes,
            tries=limits.attempts,
            most_concurrency=limits.concurrency,
            concurrency=min(limits.concurrency, TransportSettings().concurrency),
            requests_per_s=limits.requests_per_s or None,
            deadline_s=limits.run_timeout_s,
            witness=self.witness,
        )


def reader_of(
    options: ReaderOptions, clock: Callable[[], float] = time.monotonic
) -> Callable[[Network], BalanceReader | Unresolved]:
    """Return what makes the reader of a network, or says why there is none.

    The time of the whole run begins now, not when a reader is made.
    """
    end = clock() + options.limits.run_timeout_s

    def make(network: Network) -> BalanceReader | Unresolved:
        maker = MAKERS.get(network.family, _ledger)
        limits = replace(options.limits, run_timeout_s=max(1, ceil(end - clock())))
        try:
            return maker(network, replace(options, limits=limits))
        except RegistryError as error:
            return Unresolved(UnresolvedReason.REGISTRY, str(error))

    return make


AT_ONCE_AT_FIRST = 16
"""Requests about one account each that an endpoint gets before it is known how many it bears."""


def _no_endpoint(network: Network) -> Unresolved:
    return Unresolved(
        UnresolvedReason.NO_ENDPOINT,
        f"No endpoint is configured for {network.title}; name one with "
        f"--endpoint {network.name}=URL.",
    )


def _ledger(network: Network, options: ReaderOptions) -> BalanceReader | Unresolved:
    """Return the reader of a family whose servers are asked side by side (`chains.panel`)."""
    from chains.panel import PanelSettings  # noqa: PLC0415 (a family is imported when it is asked)

    try:
        family = family_module(network.family, "balances")
    except RegistryError:
        return Unresolved(
            UnresolvedReason.NO_METHOD,
            f"Assay cannot read balances of {network.title} at a height yet.",
        )
    if not network.endpoints:
        return _no_endpoint(network)
    most = options.limits.account_concurrency
    transport = replace(
        options.transport(), concurrency=min(most, AT_ONCE_AT_FIRST), most_concurrency=most
    )
    settings = PanelSettings(quorum=options.quorum, transport=transport)
    made: BalanceReader = family.reader(network, network.endpoints, settings=settings)
    return made


def _evm(network: Network, options: ReaderOptions) -> BalanceReader | Unresolved:
    from chains.evm import balances  # noqa: PLC0415 (a family is imported when it is asked)
    from chains.evm.settings import EvmSettings  # noqa: PLC0415

    if not network.endpoints:
        return _no_endpoint(network)
    settings = EvmSettings(
        native_chunk=options.limits.addresses_per_call,
        token_chunk=options.limits.addresses_per_call,
        batch_chunk=options.limits.calls_per_batch,
        quorum=options.quorum,
        transport=options.transport(),
    )
    return balances.reader(network, network.endpoints, settings=settings)


def _beacon(network: Network, options: ReaderOptions) -> BalanceReader | Unresolved:
    from chains.evm import beacon  # noqa: PLC0415 (a family is imported when it is asked)

    if not network.endpoints:
        return _no_endpoint(network)
    return beacon.reader(network, network.endpoints, settings=options.transport())


def _utxo(network: Network, options: ReaderOptions) -> BalanceReader | Unresolved:
    from chains.utxo import balances  # noqa: PLC0415
    from chains.utxo.settings import UtxoSettings  # noqa: PLC0415

    asked = options.snapshot
    is_its_own = network.name == asked.covers
    if not is_its_own and not network.endpoints:
        return _no_endpoint(network)
    settings = UtxoSettings(
        transport=options.transport(),
        quorum=options.quorum,
        snapshot=asked.file if is_its_own else None,
        snapshot_hash=asked.trusted_hash if is_its_own else "",
        blocks=asked.blocks if is_its_own else "",
        dump_to=asked.dump_to,
        may_roll_back=asked.may_roll_back,
        say=options.say,
    )
    return balances.reader(network, network.endpoints, settings=settings)


MAKERS: dict[str, Callable[[Network, ReaderOptions], BalanceReader | Unresolved]] = {
    "evm": _evm,
    "beth": _beacon,
    "utxo": _utxo,
}
"""Family -> maker. The others have `balances.reader` over a panel, or no method."""
