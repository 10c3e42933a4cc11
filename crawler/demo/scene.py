"""What the demo puts on its chains: tokens, holdings, and what moves after the snapshot.

The scene is bundled data (config/demo/scene.json, made together with the sample list). Balances
come from real transactions, so the snapshot block is an honest one: only the tokens' code is set
by decree, in the block before anything happens, to put it at the contracts' real addresses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crawler.demo.chain import Anvil, NodeError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

BLOCKS_BEFORE = 2
"""Blocks from the first one of a chain to its snapshot: tokens, then holdings."""
BLOCKS_AFTER = 70
"""Blocks mined after the snapshot; anvil calls a block final that has 64 above it."""
BLOCK_SECONDS = 12

TRANSFER_GAS = 100_000
OPEN_GAS = 500_000
TOKEN_SUPPLY = 10**30

Call = tuple[str, Sequence[object]]


@dataclass(frozen=True, slots=True)
class Coin:
    """A published coin name on one chain, and the token behind it."""

    contract: str | None
    """None for the native coin."""
    name: str
    symbol: str
    decimals: int


@dataclass(frozen=True, slots=True)
class Chain:
    """The state of one network: what stands at `height`, and what is gone right after it."""

    network: str
    chain_id: int
    height: int
    """The snapshot block."""
    timestamp: int
    """Of the snapshot block, in seconds since 1970, UTC."""
    coins: Mapping[str, Coin]
    holdings: tuple[tuple[Coin, str, int], ...]
    """Coin, address, base units."""
    spent_later: tuple[tuple[Coin, str], ...]
    """Holdings that leave their address in the block after the snapshot."""


@dataclass(frozen=True, slots=True)
class Case:
    """Something planted in the list, and what a report must say of its rows."""

    name: str
    rows: tuple[int, ...]
    """Line numbers in the list."""
    expect: Mapping[str, str]
    """Members of a line of findings.jsonl, and their values."""
    says: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the demo plays: the list's file name, its chains, and what is planted."""

    list_name: str
    rows: int
    """Rows of the list; each must come out as one finding."""
    chains: tuple[Chain, ...]
    unreachable: tuple[str, ...]
    """Networks of the list that no node answers for."""
    cases: tuple[Case, ...]


def load_scene(folder: Traversable) -> Scene:
    """Return the scene that is bundled in `folder`."""
    document = json.loads(folder.joinpath("scene.json").read_text("utf-8"))
    return Scene(
        document["list"],
        document["rows"],
        tuple(_chain(network, chain) for network, chain in document["chains"].items()),
        tuple(document["unreachable"]),
        tuple(
            Case(case["name"], tuple(case["rows"]), case["expect"], case["says"])
            for case in document["cases"]
        ),
    )


def _chain(network: str, document: Mapping[str, Any]) -> Chain:
    coins = {name: Coin(**coin) for name, coin in document["coins"].items()}
    return Chain(
        network,
        document["chain_id"],
        document["height"],
        document["timestamp"],
        coins,
        tuple(
            (coins[holding["coin"]], holding["address"], int(holding["units"]))
            for holding in document["holdings"]
        ),
        tuple((coins[spent["coin"]], spent["address"]) for spent in document["spent_later"]),
    )


@dataclass(frozen=True, slots=True)
class TokenCode:
    """The compiled ERC-20: runtime code in hex, and its method selectors by signature."""

    runtime: str
    methods: Mapping[str, str]

    def call(self, signature: str, *words: int) -> str:
        """Return the call data of a method that takes `words`."""
        return "0x" + self.methods[signature] + "".join(f"{word:064x}" for word in words)

    def open(self, coin: Coin) -> str:
        """Return the call data that names the token and gives its supply to the sender."""
        name, symbol = (_text(text) for text in (coin.name, coin.symbol))
        at_name = 4 * 32
        at_symbol = at_name + len(name) // 2
        head = self.call(
            "open(string,string,uint8,uint256)", at_name, at_symbol, coin.decimals, TOKEN_SUPPLY
        )
        return head + name + symbol


def _text(text: str) -> str:
    """Return a string as Solidity's ABI lays it out: length, then whole words of bytes."""
    raw = text.encode()
    return f"{len(raw):064x}" + raw.hex().ljust(-(-len(raw) // 32) * 64, "0")


def load_token(folder: Traversable) -> TokenCode:
    """Return the token that is bundled in `folder`."""
    document = json.loads(folder.joinpath("erc20.json").read_text("utf-8"))
    return TokenCode(document["runtime"], document["methods"])


def set_up(node: Anvil, chain: Chain, token: TokenCode) -> str:
    """Put `chain` on a fresh node and make its snapshot block final; return that block's hash.

    The node must have been started `BLOCKS_BEFORE` blocks below the snapshot height. Raises
    NodeError when a transaction fails or the heights do not come out as planned.
    """
    issuer = _accounts(node)[0]
    contracts = [coin for coin in chain.coins.values() if coin.contract is not None]
    node.ask_all([("anvil_setCode", (coin.contract, token.runtime)) for coin in contracts])
    _transact(
        node,
        [_transaction(issuer, coin.contract, token.open(coin), OPEN_GAS) for coin in contracts],
        chain.timestamp - BLOCK_SECONDS,
    )
    reached = _transact(
        node,
        [_pay(token, coin, issuer, address, units) for coin, address, units in chain.holdings],
        chain.timestamp,
    )
    if reached != chain.height:
        raise NodeError(f"{chain.network}: the snapshot came out at {reached}, not {chain.height}.")
    _spend(node, chain, token, issuer)
    node.mine(chain.timestamp + 2 * BLOCK_SECONDS, blocks=BLOCKS_AFTER, interval=BLOCK_SECONDS)
    return block_hash(node, chain.height)


def block_hash(node: Anvil, height: int) -> str:
    """Return the hash of the node's block at `height`. Raises NodeError."""
    block = node.ask("eth_getBlockByNumber", hex(height), False)  # noqa: FBT003 (positional in RPC)
    if not isinstance(block, dict) or not isinstance(block.get("hash"), str):
        raise NodeError(f"The local node has no block {height}.")
    return str(block["hash"])


def balance_at(node: Anvil, token: TokenCode, coin: Coin, address: str, height: int) -> int:
    """Return what the node itself says `address` held at `height`, in base units."""
    if coin.contract is None:
        return node.ask_number("eth_getBalance", address, hex(height))
    data = token.call("balanceOf(address)", int(address, 16))
    return node.ask_number("eth_call", {"to": coin.contract, "data": data}, hex(height))


def _spend(node: Anvil, chain: Chain, token: TokenCode, issuer: str) -> None:
    """Empty the addresses of `spent_later` by transactions of their own, in the next block."""
    senders = sorted({address for _, address in chain.spent_later})
    node.ask_all([("anvil_impersonateAccount", (sender,)) for sender in senders])
    held = {(coin, address): units for coin, address, units in chain.holdings}
    transactions = [
        _pay(token, coin, sender, issuer, held[coin, sender]) for coin, sender in chain.spent_later
    ]
    _transact(node, transactions, chain.timestamp + BLOCK_SECONDS)


def _accounts(node: Anvil) -> list[str]:
    accounts = node.ask("eth_accounts")
    if not isinstance(accounts, list) or not accounts:
        raise NodeError("The local node has no funded accounts.")
    return [str(account) for account in accounts]


def _pay(token: TokenCode, coin: Coin, sender: str, recipient: str, units: int) -> dict[str, str]:
    if coin.contract is None:
        return _transaction(sender, recipient, "0x", TRANSFER_GAS, value=units)
    data = token.call("transfer(address,uint256)", int(recipient, 16), units)
    return _transaction(sender, coin.contract, data, TRANSFER_GAS)


def _transaction(
    sender: str, recipient: str | None, data: str, gas: int, *, value: int = 0
) -> dict[str, str]:
    # gas is free: a holding must stay what it is when its owner sends a token
    return {
        "from": sender, "to": str(recipient), "data": data, "value": hex(value),
        "gas": hex(gas), "gasPrice": "0x0",
    }  # fmt: skip


def _transact(node: Anvil, transactions: Sequence[dict[str, str]], timestamp: int) -> int:
    """Put all transactions into one new block and return its height. Raises NodeError.

    Every single one must have been mined and must have succeeded.
    """
    nonces: dict[str, int] = {}
    calls: list[Call] = []
    for transaction in transactions:
        sender = transaction["from"]
        if sender not in nonces:
            nonces[sender] = node.ask_number("eth_getTransactionCount", sender, "latest")
        calls.append(("eth_sendTransaction", [transaction | {"nonce": hex(nonces[sender])}]))
        nonces[sender] += 1
    hashes = node.ask_all(calls)
    height = node.mine(timestamp)
    receipts = node.ask_all([("eth_getTransactionReceipt", [sent]) for sent in hashes])
    for receipt in receipts:
        if not isinstance(receipt, dict) or receipt.get("status") != "0x1":
            raise NodeError("A transaction of the demo was not carried out.")
        if int(str(receipt["blockNumber"]), 16) != height:
            raise NodeError("A transaction of the demo is in another block than planned.")
    return height
