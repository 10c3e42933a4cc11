"""Event logs of a TRC-20 token, and what they change. Pure.

``Transfer(from, to, value)`` moves tokens. USDT's contract has three events that change a balance
and are no transfers (Tether's published source, TetherToken and BlackList):

* ``Issue(amount)`` adds to the balance of the contract's owner, ``Redeem(amount)`` takes from it;
* ``DestroyedBlackFunds(user, balance)`` empties a balance.

Other tokens emit a Transfer from or to nobody beside events of these names: where the same
transaction moves the same amount so, the event is only its second name and counts nothing.

What must hold of every log: it is of the token, inside the range of blocks and with a topic that
was asked for, and comes once. Formats: Ethereum's JSON-RPC, as java-tron writes it; addresses have
20 bytes there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from chains.abi import WORD
from chains.answers import rows, table, text
from chains.errors import MalformedAnswer, UnresolvedReason, WrongState
from chains.signatures import keccak256

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ACCOUNT = 20
NOBODY = bytes(ACCOUNT)


def _topic(signature: str) -> bytes:
    return keccak256(signature.encode())


TRANSFER = _topic("Transfer(address,address,uint256)")
ISSUE = _topic("Issue(uint256)")
REDEEM = _topic("Redeem(uint256)")
DESTROYED = _topic("DestroyedBlackFunds(address,uint256)")
OWNERSHIP = _topic("OwnershipTransferred(address,address)")
BESIDE = (ISSUE, REDEEM, DESTROYED, OWNERSHIP)
"""What is asked for beside transfers, once for a token."""

_HEX = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,16}")


class Window(NamedTuple):
    """A range of blocks, both ends included."""

    first: int
    last: int


class Log(NamedTuple):
    """One event."""

    height: int
    place: tuple[str, int]
    """Hash of the transaction and number in the block: no two logs have both."""
    topics: tuple[bytes, ...]
    data: bytes


def parse(value: object, token: bytes, window: Window, topics: Iterable[bytes]) -> list[Log]:
    """Return the logs in an answer to `eth_getLogs`, each checked; see the module's text.

    Raises MalformedAnswer.
    """
    found: list[Log] = []
    seen: set[tuple[str, int]] = set()
    expected = frozenset(topics)
    for one in map(table, rows(value)):
        log = Log(
            _quantity(one.get("blockNumber")),
            (text(one.get("transactionHash")), _quantity(one.get("logIndex"))),
            tuple(_bytes(topic, WORD) for topic in rows(one.get("topics"))),
            _bytes(one.get("data")),
        )
        if one.get("removed", False) is not False or _bytes(one.get("address"), ACCOUNT) != token:
            raise MalformedAnswer("a log is of another contract, or was taken back")
        if not window.first <= log.height <= window.last:
            raise MalformedAnswer("a log is of a block outside the range asked for")
        if expected and (not log.topics or log.topics[0] not in expected):
            raise MalformedAnswer("a log is of another event than asked for")
        if log.place in seen:
            raise MalformedAnswer("a log comes twice")
        seen.add(log.place)
        found.append(log)
    return found


def merged(sent: Iterable[Log], received: Iterable[Log], asked: frozenset[bytes]) -> list[Log]:
    """Return the transfers in two lists, which were filtered by sender and by receiver.

    Raises WrongState (`missing-answer`) when a transfer between two of `asked` is not in both: the
    node left it out once, so who knows what else.
    """
    ways = ({log.place: log for log in sent}, {log.place: log for log in received})
    for log in (*ways[0].values(), *ways[1].values()):
        source, target = transfer_parties(log)
        if (source in asked) != (log.place in ways[0]) or (target in asked) != (
            log.place in ways[1]
        ):
            raise WrongState(
                "a transfer is in one list of logs and lacks in the other",
                reason=UnresolvedReason.MISSING_ANSWER,
            )
    return list((ways[0] | ways[1]).values())


def transfer_parties(log: Log) -> tuple[bytes, bytes]:
    """Return sender and receiver of a transfer, 20 bytes each. Raises MalformedAnswer."""
    if len(log.topics) != 3 or len(log.data) != WORD:  # noqa: PLR2004 (the event and its parties)
        raise MalformedAnswer("a transfer has not two parties and an amount")
    return log.topics[1][-ACCOUNT:], log.topics[2][-ACCOUNT:]


@dataclass
class Changes:
    """What logs add to balances."""

    amounts: dict[bytes, int] = field(default_factory=dict)
    """By account, of 20 bytes."""
    owner: int = 0
    """What Issue and Redeem add to the owner's balance, whoever that was."""
    owners: set[bytes] = field(default_factory=set)
    """Accounts that were, or became, owner."""

    def add(self, log: Log) -> None:
        """Take in one log. Raises MalformedAnswer."""
        match log.topics[0]:
            case topic if topic == TRANSFER:
                source, target = transfer_parties(log)
                amount = int.from_bytes(log.data, "big")
                self.amounts[source] = self.amounts.get(source, 0) - amount
                self.amounts[target] = self.amounts.get(target, 0) + amount
            case topic if topic in {ISSUE, REDEEM}:
                amount = int.from_bytes(_sized(log.data, WORD), "big")
                self.owner += amount if topic == ISSUE else -amount
            case topic if topic == DESTROYED:
                # The user is a topic in one version of the contract, and data in the other.
                words = b"".join(log.topics[1:]) + log.data
                user = _sized(words, 2 * WORD)[:WORD][-ACCOUNT:]
                amount = int.from_bytes(words[WORD:], "big")
                self.amounts[user] = self.amounts.get(user, 0) - amount
            case _:
                self.owners |= {topic[-ACCOUNT:] for topic in log.topics[1:]}


def changes(logs: Iterable[Log], last: int) -> Changes:
    """Return what `logs` up to block `last` add to balances. Raises MalformedAnswer."""
    counted = [log for log in logs if log.height <= last]
    said = {
        (log.place[0], _amount(log))
        for log in counted
        if log.topics[0] == TRANSFER and NOBODY in transfer_parties(log)
    }
    found = Changes()
    for log in counted:
        if log.topics[0] == TRANSFER or (log.place[0], _amount(log)) not in said:
            found.add(log)
    return found


def _amount(log: Log) -> bytes:
    """Return the last word of an event's data, which is the amount in all that have one."""
    return log.data[-WORD:]


def query(token: bytes, window: Window, topics: list[list[bytes] | None]) -> Mapping[str, object]:
    """Return the filter of `eth_getLogs`."""
    return {
        "address": f"0x{token.hex()}",
        "fromBlock": hex(window.first),
        "toBlock": hex(window.last),
        "topics": [
            None if some is None else [f"0x{topic.hex()}" for topic in some] for some in topics
        ],
    }


def _sized(octets: bytes, size: int) -> bytes:
    if len(octets) != size:
        raise MalformedAnswer("an event does not have the members that it is known for")
    return octets


def _bytes(value: object, size: int | None = None) -> bytes:
    found = text(value)
    if not _HEX.fullmatch(found):
        raise MalformedAnswer("an answer lacks hexadecimal data that belongs there")
    octets = bytes.fromhex(found[2:])
    return octets if size is None else _sized(octets, size)


def _quantity(value: object) -> int:
    found = text(value)
    if not _QUANTITY.fullmatch(found):
        raise MalformedAnswer("an answer lacks a quantity that belongs there")
    return int(found, 16)
