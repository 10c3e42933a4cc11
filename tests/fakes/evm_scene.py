"""A small network for tests: its forms, a funded ledger, and readers that do not wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import HoldingForm, Observed, Reading, SnapshotPoint, Unresolved
from chains.evm.balances import EvmBalanceReader
from chains.evm.blocks import Block
from chains.evm.settings import EvmSettings
from chains.registry import Network
from chains.transport.settings import TransportSettings
from tests.fakes.evm_ledger import FakeLedger, FakeToken, abi_string, word
from tests.fakes.surroundings import FakeTime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import Parameter

HEIGHT = 20_000_000
CONTRACT = bytes.fromhex("da" * 20)
NATIVE = HoldingForm("ETH@ethereum", "ETH", "ethereum", None, 18, ())
TOKEN = HoldingForm("USDT@ethereum", "USDT", "ethereum", f"0x{CONTRACT.hex()}", 6, ("USDT",))
QUICK = TransportSettings(call_timeout_s=5, connect_timeout_s=2)


def network(**options: Parameter) -> Network:
    return Network(
        name="ethereum",
        title="Ethereum",
        family="evm",
        native_asset="ETH",
        native_decimals=18,
        chain_id=1,
        finality="finalized",
        options=options,
    )


def account(number: int) -> bytes:
    return (0xACC0_0000 + number).to_bytes(20, "big")


def accounts(count: int) -> list[bytes]:
    return [account(number) for number in range(count)]


def truth(number: int) -> int:
    """What `account(number)` holds at HEIGHT, of either form; before and after it is another."""
    return 10**18 + 7 * number


def ledger(count: int) -> FakeLedger:
    """A ledger with `count` accounts whose balances differ before, at and after HEIGHT."""
    made = FakeLedger()
    made.tokens[CONTRACT] = FakeToken(symbol=abi_string("USDT"), decimals=word(6))
    for number in range(count):
        holder = account(number)
        made.fund(holder, HEIGHT - 50, 1)
        made.fund(holder, HEIGHT, truth(number))
        made.fund(holder, HEIGHT + 1, 2)
        token = made.tokens[CONTRACT]
        token.give(holder, HEIGHT - 50, 1)
        token.give(holder, HEIGHT, truth(number))
        token.give(holder, HEIGHT + 1, 2)
    return made


def point(of: FakeLedger, height: int = HEIGHT) -> SnapshotPoint:
    """The true snapshot point, as a healthy node would have pinned it."""
    block = Block(height, of.hash_of(height), of.hash_of(height - 1), of.time_of(height))
    return block.point("ethereum")


def reader(
    urls: Sequence[str],
    *,
    settings: EvmSettings | None = None,
    time: FakeTime | None = None,
    on: Network | None = None,
) -> EvmBalanceReader:
    return EvmBalanceReader(
        on or network(),
        urls,
        settings=settings or EvmSettings(transport=QUICK, pin_grace_s=0.5),
        surroundings=(time or FakeTime()).surroundings(),
    )


async def collect(
    from_reader: EvmBalanceReader, form: HoldingForm, at: SnapshotPoint, asked: Sequence[bytes]
) -> dict[bytes, Reading]:
    """Every reading; fails when an address is answered twice or not at all."""
    readings: dict[bytes, Reading] = {}
    async for batch in from_reader.balances(form, at, asked):
        for address, reading in batch:
            assert address not in readings
            readings[address] = reading
    assert set(readings) == set(asked)
    return readings


def amount(reading: Reading) -> int:
    assert isinstance(reading, Observed), reading
    return reading.amount


def unresolved(reading: Reading | SnapshotPoint | int | None) -> Unresolved:
    assert isinstance(reading, Unresolved), reading
    return reading
