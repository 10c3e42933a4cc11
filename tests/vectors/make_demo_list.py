"""Makes the demo's sample list and the chain state that goes with it; deterministic.

Run ``python -m tests.vectors.make_demo_list`` to write config/demo/okx_demo.csv and scene.json
again; a test demands that the bundled files are exactly what this makes. Heights and times are
mainnet-like but name no particular block; the claims are inventions.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.vectors import demo_keys as keys

HEADER = (
    "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,"
    "redeem script/ public key, eoa1, eoa2"
)


class Coin(NamedTuple):
    """A published name, where it lives, and what totals count it as."""

    name: str
    label: str
    network: str
    asset: str
    decimals: int
    contract: str | None = None


class Chain(NamedTuple):
    """One network that the demo runs a node for."""

    chain_id: int
    height: int
    timestamp: int


COINS = {
    coin.name: coin
    for coin in (
        Coin("BTC", "BTC", "bitcoin", "BTC", 8),
        Coin("ETH", "ETH", "ethereum", "ETH", 18),
        Coin("ETH-ARBITRUM", "ARBITRUM", "arbitrum", "ETH", 18),
        Coin("ETH-OPTIMISM", "OPTIMISM", "optimism", "ETH", 18),
        Coin("ETH-BASE", "BASE", "base", "ETH", 18),
        Coin(
            "USDT-ERC20", "ETH", "ethereum", "USDT", 6, "0xdac17f958d2ee523a2206206994597c13d831ec7"
        ),
        Coin(
            "USDT-ARBITRUM", "ARBITRUM", "arbitrum", "USDT", 6,
            "0xfd086bc7cd5c481dcc9c85ebe478a1c0b69fcbb9",
        ),
        Coin(
            "USDT-OPTIMISM", "OPTIMISM", "optimism", "USDT", 6,
            "0x94b008aa00579c1307b0ef2c499ad98a8ce58e58",
        ),
        Coin("USDT-TRC20", "TRX", "tron", "USDT", 6),
        Coin("USDC", "ETH", "ethereum", "USDC", 6, "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"),
        Coin("USDC-SPL", "SOL", "solana", "USDC", 6),
        Coin("TRX", "TRX", "tron", "TRX", 6),
        Coin("SOL", "SOL", "solana", "SOL", 9),
    )
}  # fmt: skip

TOKEN_NAMES = {"USDT": "Tether USD", "USDC": "USD Coin"}

CHAINS = {
    "ethereum": Chain(1, 21_525_890, 1_735_689_600),
    "arbitrum": Chain(42_161, 290_694_000, 1_735_689_600),
    "optimism": Chain(10, 130_002_412, 1_735_689_600),
}

HEIGHTS = {
    "bitcoin": 877_258,
    "tron": 68_370_100,
    "solana": 310_945_200,
    "base": 24_407_126,
} | {name: chain.height for name, chain in CHAINS.items()}


class Case(NamedTuple):
    """Something planted in the list: what the report must say about it, and why."""

    name: str
    expect: dict[str, str]
    says: str


CASES = {
    case.name: case
    for case in (
        Case("surplus", {"finding": "surplus", "ownership": "proven"},
             "the chain holds more than the list claims"),
        Case("shortfall", {"finding": "shortfall", "ownership": "proven"},
             "the chain holds less than the list claims"),
        Case("wrong-signature", {"finding": "match", "ownership": "failed"},
             "the balance is there, but somebody else's key signed"),
        Case("duplicate", {"finding": "out-of-scope", "reason": "duplicate"},
             "the same holding twice, the address spelt differently"),
        Case("unreachable", {"finding": "unresolved", "reason": "unreachable"},
             "no node of this network answers: neither right nor wrong"),
        Case("one-signer", {"ownership": "partial"},
             "a 2-of-3 script with both signatures by the same key"),
        Case("contract-owner", {"finding": "match", "ownership": "key-only"},
             "two owners signed; only the chain can tie them to the contract"),
        Case("unsigned", {"finding": "match", "ownership": "unsigned"},
             "the balance is there, but nobody signed for it"),
        Case("moved-later", {"finding": "match", "ownership": "proven"},
             "spent one block after the snapshot: a look at the tip would miss it"),
        Case("nothing-there", {"finding": "match", "ownership": "proven"},
             "a claim of zero on an address never used, read as a zero"),
    )
}  # fmt: skip


@dataclass(slots=True)
class Sample:
    """The list while it grows: rows in published order, and the truth behind them."""

    rows: list[tuple[Coin, keys.Proof, str]] = field(default_factory=list)
    planted: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    holdings: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    spent: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))

    def add(
        self, name: str, proof: keys.Proof, claimed: int, *, held: int | None = None, case: str = ""
    ) -> None:
        """Add a row that claims `claimed` base units; the chain holds `held`, or as claimed."""
        coin = COINS[name]
        amount = claimed if held is None else held
        if amount and coin.network in CHAINS:
            self.holdings[coin.network].append(
                {"coin": name, "address": proof.address, "units": str(amount)}
            )
        self.repeat(name, proof, claimed, case=case)

    def repeat(self, name: str, proof: keys.Proof, claimed: int, *, case: str = "") -> None:
        """Add a row that nothing on the chain stands behind."""
        if case:
            self.planted[case].append(len(self.rows))
        self.rows.append((COINS[name], proof, _whole(claimed, COINS[name].decimals)))


def _whole(units: int, decimals: int) -> str:
    whole, fraction = divmod(units, 10**decimals)
    digits = f"{fraction:0{decimals}d}".rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


def _units(name: str, number: int, most: int) -> int:
    """Return an invented amount of at most `most` whole coins; some are round, most are not."""
    seed = int.from_bytes(keys.secret(f"amount {name}", number), "big")
    scale: int = 10 ** COINS[name].decimals
    if seed % 7 == 0:
        return (1 + seed % most) * scale
    return 1 + seed % (most * scale)


def _bitcoin_rows(sample: Sample) -> None:
    """Add honest rows of every address form that a signature can prove."""
    for number in range(8):
        sample.add("BTC", keys.p2pkh(300 + number), _units("BTC", number, 400))
    sample.add("BTC", keys.p2pkh(310, compressed=False), _units("BTC", 8, 40))
    for number in range(8):
        trio = [400 + 3 * number + offset for offset in range(3)]
        signers = [(trio[0], trio[1]), (trio[0], trio[2]), (trio[2], trio[1])][number % 3]
        for witness in (False, True):
            proof = keys.two_of_three(trio, signers, witness=witness)
            sample.add("BTC", proof, _units("BTC", 10 + 2 * number + witness, 2_000))
    for number in range(4):
        sample.add(
            "BTC",
            keys.p2wpkh(320 + number, head=(31, 39)[number % 2]),
            _units("BTC", 30 + number, 90),
        )
        sample.add(
            "BTC",
            keys.p2sh_p2wpkh(330 + number, head=(31, 35)[number % 2]),
            _units("BTC", 40 + number, 90),
        )


def _other_rows(sample: Sample) -> None:
    """Add the honest rows of the other ledgers; keys are shared across coins and networks."""
    for name, first, count, most in (
        ("ETH", 0, 38, 900),
        ("ETH-ARBITRUM", 5, 17, 120),
        ("ETH-OPTIMISM", 8, 14, 80),
        ("ETH-BASE", 10, 4, 60),
        ("USDT-ERC20", 20, 24, 9_000_000),
        ("USDT-ARBITRUM", 6, 12, 700_000),
        ("USDT-OPTIMISM", 9, 9, 300_000),
        ("USDC", 30, 20, 4_000_000),
    ):
        case = "unreachable" if COINS[name].network == "base" else ""
        for number in range(first, first + count):
            sample.add(name, keys.evm(number), _units(name, number, most), case=case)
    for name, first, count, most in (("TRX", 500, 7, 5_000_000), ("USDT-TRC20", 503, 7, 2_000_000)):
        for number in range(first, first + count):
            sample.add(name, keys.tron(number), _units(name, number, most))
    for name, first, count, most in (("SOL", 600, 6, 20_000), ("USDC-SPL", 602, 3, 500_000)):
        for number in range(first, first + count):
            sample.add(name, keys.solana(number), _units(name, number, most))


def _planted_rows(sample: Sample) -> None:
    """Add one row for each case; their keys have numbers from 100 on."""
    eth, usd = 10**18, 10**6
    sample.add(
        "ETH-ARBITRUM", keys.evm(100), 25 * eth, held=31 * eth + 250_000_000_000_000_000,
        case="surplus",
    )  # fmt: skip
    sample.add(
        "USDT-ERC20", keys.evm(101), 61_000_000 * usd, held=1_000_000 * usd, case="shortfall"
    )
    foreign = keys.evm(102)._replace(signature1=keys.evm_signature(999))
    sample.add("ETH", foreign, 412 * eth, case="wrong-signature")
    twice = keys.evm(103)
    sample.add("USDC", twice, 2_500_000 * usd)
    shouted = twice._replace(address="0x" + twice.address[2:].upper())
    sample.repeat("USDC", shouted, 2_500_000 * usd, case="duplicate")
    lonely = keys.two_of_three((440, 441, 442), (440, 440), witness=True)
    sample.add("BTC", lonely, 150_000_000_00, case="one-signer")
    contract = "0x" + keys.keccak(b"assay demo contract wallet")[12:].hex()
    owned = keys.Proof(
        contract, keys.evm_signature(104), keys.evm_signature(105), "",
        keys.evm_address(104), keys.evm_address(105),
    )  # fmt: skip
    sample.add("ETH", owned, 1_300 * eth, case="contract-owner")
    unsigned = keys.Proof(keys.evm_address(106), "", message="")
    sample.add("ETH-OPTIMISM", unsigned, 18 * eth, case="unsigned")
    mover = keys.evm(107)
    sample.add("USDT-ERC20", mover, 3_333_333 * usd, case="moved-later")
    sample.spent["ethereum"].append({"coin": "USDT-ERC20", "address": mover.address})
    sample.add("USDC", keys.evm(108), 0, case="nothing-there")


def make() -> tuple[str, str]:
    """Return the text of the list and of the scene, with LF line ends."""
    sample = Sample()
    _bitcoin_rows(sample)
    _other_rows(sample)
    _planted_rows(sample)
    order = sorted(
        range(len(sample.rows)),
        # as published: by coin, in no order inside a coin; but a repeated row comes later
        key=lambda index: (
            list(COINS).index(sample.rows[index][0].name),
            index in sample.planted["duplicate"],
            _lot(sample, index),
        ),
    )
    summary = _summary(sample)
    first_line = len(summary) + 3
    lines = {index: first_line + place for place, index in enumerate(order)}
    detail = [_row(*sample.rows[index]) for index in order]
    text = "\n".join([*summary, "", HEADER, *detail]) + "\n"
    return text, _scene(sample, lines)


def _lot(sample: Sample, index: int) -> bytes:
    coin, proof, _ = sample.rows[index]
    return keys.keccak(f"{coin.name} {proof.address}".encode())


def _row(coin: Coin, proof: keys.Proof, amount: str) -> str:
    cells = [
        coin.name, coin.label, str(HEIGHTS[coin.network]), proof.address, amount, proof.message,
        proof.signature1, proof.signature2, proof.script_or_key,
    ]  # fmt: skip
    if proof.owner1:  # as published: only rows with owners have these cells
        cells += [proof.owner1, proof.owner2]
    return ",".join(cells)


def _summary(sample: Sample) -> list[str]:
    """Return the summary section, which sums the rows as they stand, duplicates included."""
    names: dict[str, int] = defaultdict(int)
    assets: dict[str, int] = defaultdict(int)
    for coin, _, amount in sample.rows:
        whole, _, fraction = amount.partition(".")
        units = int(whole + fraction.ljust(18, "0"))
        names[coin.name] += units
        assets[coin.asset] += units
    lines = ["coin,snapshot height,amount"]
    lines += [f"{asset}(ALL),-,{_whole(units, 18)}" for asset, units in assets.items()]
    lines += [
        f"{name},{HEIGHTS[coin.network]},{_whole(names[name], 18)}" for name, coin in COINS.items()
    ]
    return lines


def _scene(sample: Sample, lines: dict[int, int]) -> str:
    chains = {
        network: {
            "chain_id": chain.chain_id,
            "height": chain.height,
            "timestamp": chain.timestamp,
            "coins": {
                coin.name: {
                    "contract": coin.contract,
                    "name": TOKEN_NAMES.get(coin.asset, ""),
                    "symbol": coin.asset,
                    "decimals": coin.decimals,
                }
                for coin in COINS.values()
                if coin.network == network
            },
            "holdings": sorted(sample.holdings[network], key=lambda item: tuple(item.values())),
            "spent_later": sample.spent[network],
        }
        for network, chain in CHAINS.items()
    }
    scene = {
        "list": "okx_demo.csv",
        "rows": len(sample.rows),
        "unreachable": sorted(set(HEIGHTS) - set(CHAINS)),
        "cases": [
            {
                "name": name,
                "rows": sorted(lines[index] for index in sample.planted[name]),
                "expect": case.expect,
                "says": case.says,
            }
            for name, case in CASES.items()
        ],
        "chains": chains,
    }
    return json.dumps(scene, indent=1) + "\n"


def write(folder: Path) -> None:
    """Write both files into `folder`, byte for byte the same on every machine."""
    text, scene = make()
    (folder / "okx_demo.csv").write_bytes(text.encode())
    (folder / "scene.json").write_bytes(scene.encode())


if __name__ == "__main__":
    write(Path(__file__).resolve().parents[2] / "config" / "demo")
