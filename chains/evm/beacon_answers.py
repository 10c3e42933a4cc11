"""What a beacon node answers, read strictly (Ethereum beacon APIs, v3). Pure.

Numbers are decimal text, gwei for amounts. Every answer about a state says whether it is optimistic
(the execution layer was not asked): such an answer is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from chains.errors import MalformedAnswer, WrongState, plain_text
from chains.evm.hexadecimal import data

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

WEI_PER_GWEI = 10**9
KEY_SIZE = 48

_ROOT = 32
Key = TypeVar("Key", bytes, int)

_NUMBER = re.compile(r"[0-9]{1,20}", re.ASCII)


class Validator(NamedTuple):
    """One validator at one state."""

    key: bytes
    number: int
    balance: int
    """Gwei, pending partial withdrawals included."""
    credentials: bytes
    status: str


class BeaconBlock(NamedTuple):
    """What ties a beacon block to the execution block that it carries."""

    slot: int
    state_root: bytes
    execution_hash: bytes


def number(value: object) -> int:
    """Return the unsigned integer that a beacon node wrote as decimal text.

    >>> number("32000000000")
    32000000000
    """
    if isinstance(value, str) and _NUMBER.fullmatch(value) is not None:
        return int(value)
    raise MalformedAnswer(f"{plain_text(value)[:40]!r} was answered where a number is due")


def genesis_time(answer: object) -> int:
    """Return the genesis time in seconds of ``/eth/v1/beacon/genesis``."""
    return number(_object(_member(answer, "data")).get("genesis_time"))


def parse_block(answer: object) -> BeaconBlock:
    """Return the block of ``/eth/v1/beacon/blinded_blocks/{slot}`` or ``/eth/v2/beacon/blocks``."""
    _require_executed(answer)
    message = _object(_member(_member(answer, "data"), "message"))
    body = _object(message.get("body"))
    payload = _object(body.get("execution_payload_header", body.get("execution_payload")))
    return BeaconBlock(
        slot=number(message.get("slot")),
        state_root=data(message.get("state_root"), _ROOT),
        execution_hash=data(payload.get("block_hash"), _ROOT),
    )


def parse_root(answer: object) -> bytes:
    """Return the root of ``/eth/v1/beacon/states/{slot}/root``."""
    _require_executed(answer)
    return data(_object(_member(answer, "data")).get("root"), _ROOT)


def parse_validators(answer: object, asked: Collection[bytes]) -> dict[bytes, Validator]:
    """Return the validators of ``POST .../validators`` by public key.

    A key that the state does not know is left out by the node and is missing here too. Raises
    MalformedAnswer for a key that was not asked, or is answered twice.
    """
    _require_executed(answer)
    entries = _member(answer, "data")
    if not isinstance(entries, list):
        raise MalformedAnswer("the validators are no list")
    wanted = frozenset(asked)
    found: dict[bytes, Validator] = {}
    for entry in map(_object, entries):
        described = _object(entry.get("validator"))
        key = data(described.get("pubkey"), KEY_SIZE)
        if key not in wanted or key in found:
            raise MalformedAnswer("a validator is answered that was not asked, or twice")
        found[key] = Validator(
            key=key,
            number=number(entry.get("index")),
            balance=number(entry.get("balance")),
            credentials=data(described.get("withdrawal_credentials"), _ROOT),
            status=plain_text(entry.get("status")),
        )
    return found


def pending_by_key(answer: object) -> dict[bytes, int]:
    """Return the gwei of ``.../pending_deposits`` (Electra), summed by public key."""
    return _summed(answer, lambda entry: data(entry.get("pubkey"), KEY_SIZE))


def pending_by_index(answer: object) -> dict[int, int]:
    """Return the gwei of ``.../pending_partial_withdrawals`` (Electra), by validator index."""
    return _summed(answer, lambda entry: number(entry.get("validator_index")))


def _summed(answer: object, key_of: Callable[[Mapping[str, object]], Key]) -> dict[Key, int]:
    _require_executed(answer)
    entries = _member(answer, "data")
    if not isinstance(entries, list):
        raise MalformedAnswer("the queue is no list")
    sums: dict[Key, int] = {}
    for entry in map(_object, entries):
        key = key_of(entry)
        sums[key] = sums.get(key, 0) + number(entry.get("amount"))
    return sums


def _require_executed(answer: object) -> None:
    if _object(answer).get("execution_optimistic") not in {False, None}:
        raise WrongState("the beacon node answers optimistically: it has not executed the block")


def _member(value: object, name: str) -> object:
    return _object(value).get(name)


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise MalformedAnswer("an object is missing in the answer")
    return value
