r"""A file of proofs that anyone can check again, offline, without Assay's network code. Pure.

One JSON object a line. Every line names its ``kind``:

* ``proofs``: the first line; ``version`` 1.
* ``block``: ``network``, ``height``, ``hash`` and ``header``, the RLP that hashes to it.
* ``node``: ``rlp``, a trie node. Each node stands once, before the first balance that needs it.
* ``layout``: how a token's balances were found (``form``, ``text``, ``tested``, ``fitting``);
  told, not proven.
* ``balance``: ``form``, ``network``, ``block`` (the hash), ``account`` and ``amount`` (base units,
  decimal). For a token also ``store``, ``pattern``, ``place`` and ``bits`` (see `slots`); for
  the native coin ``store`` is null.
* ``end``: the last line; ``balances``, how many there are. A file without it is cut off.

What a checked line shows: the block with that hash commits to a state in which the account had
that balance, or the store that word in the slot of that layout. That the hash is the chain's, and
the layout the token's, has to be known from elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from chains.errors import ChainsError, MalformedAnswer, plain_text
from chains.evm.headers import Header, read_header
from chains.evm.hexadecimal import data, written
from chains.evm.proofs import ProofError, TrieMemo, account_at, storage_at
from chains.evm.slots import Pattern, slot_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from chains.evm.slots import Layout

VERSION = 1
_ADDRESS = 20
_HASH = 32

Record = dict[str, str | int | None]


class CheckedBalance(NamedTuple):
    """One balance of a file; verified if `problem` is empty."""

    line: int
    network: str
    block_hash: str
    height: int
    form: str
    account: str
    amount: int
    problem: str


def start_record() -> Record:
    """Return the first line."""
    return {"kind": "proofs", "version": VERSION}


def end_record(balances: int) -> Record:
    """Return the last line."""
    return {"kind": "end", "balances": balances}


def block_record(network: str, header: Header) -> Record:
    """Return the line of a block."""
    return {
        "kind": "block",
        "network": network,
        "height": header.height,
        "hash": written(header.hash),
        "header": written(header.rlp),
    }


def node_record(raw: bytes) -> Record:
    """Return the line of a trie node."""
    return {"kind": "node", "rlp": written(raw)}


def layout_record(form: str, layout: Layout, *, tested: int, fitting: int) -> Record:
    """Return the line of a layout that `fitting` of `tested` holders showed."""
    return {
        "kind": "layout", "form": form, "text": layout.text(), "tested": tested, "fitting": fitting,
    }  # fmt: skip


def balance_record(
    network: str, form: str, header: Header, *, account: bytes, amount: int, layout: Layout | None
) -> Record:
    """Return the line of a balance; `layout` is None for the native coin."""
    record: Record = {
        "kind": "balance",
        "network": network,
        "form": form,
        "block": written(header.hash),
        "account": written(account),
        "amount": str(amount),
        "store": None,
    }
    if layout is not None:
        record |= {
            "store": written(layout.store),
            "pattern": layout.pattern.value,
            "place": hex(layout.place),
            "bits": layout.bits,
        }
    return record


def verify_proof_file(lines: Iterable[bytes]) -> Iterator[CheckedBalance]:
    """Yield every balance of a file, in its order, with what is wrong with its proof, if anything.

    Raises ProofError, naming the line, for a file that is damaged as a whole: not of this format,
    cut off, a block whose header does not hash to it.
    """
    state = _Checker()
    number = 0
    for number, line in enumerate(lines, start=1):
        try:
            record = msgspec.json.decode(line)
            if not isinstance(record, dict):
                raise MalformedAnswer("not an object")
            checked = state.take(record, number)
        except (msgspec.DecodeError, ChainsError, UnicodeDecodeError, RecursionError) as error:
            raise ProofError(f"line {number}: {plain_text(error)}") from error
        if checked is not None:
            yield checked
    if not state.ended:
        raise ProofError(f"the file is cut off after line {number}")


class _Checker:
    def __init__(self) -> None:
        self.ended = False
        self._started = False
        self._headers: dict[str, tuple[str, Header]] = {}
        self._memo = TrieMemo()
        self._balances = 0

    def take(self, record: Mapping[str, object], number: int) -> CheckedBalance | None:
        kind = record.get("kind")
        if self.ended or self._started == (kind == "proofs"):
            raise ProofError("a line stands where it cannot")
        match kind:
            case "proofs":
                if record.get("version") != VERSION:
                    raise ProofError("another version of the format")
                self._started = True
            case "block":
                self._take_block(record)
            case "node":
                self._memo.add(data(record.get("rlp")))
            case "layout":
                pass
            case "balance":
                self._balances += 1
                return self._check(record, number)
            case "end":
                if record.get("balances") != self._balances:
                    raise ProofError("balances are missing")
                self.ended = True
            case _:
                raise ProofError("a line of no known kind")
        return None

    def _take_block(self, record: Mapping[str, object]) -> None:
        header = read_header(data(record.get("header")))
        named = _text(record, "hash")
        if written(header.hash) != named or header.height != record.get("height"):
            raise ProofError("the header is not that of the block")
        self._headers[named] = (_text(record, "network"), header)

    def _check(self, record: Mapping[str, object], number: int) -> CheckedBalance:
        block_hash, account = _text(record, "block"), _text(record, "account")
        network, header = self._headers.get(block_hash, ("", None))
        amount = _text(record, "amount")
        if header is None or network != record.get("network"):
            raise ProofError("the balance names a block that no line describes")
        if not (amount.isascii() and amount.isdigit()) or len(amount) > 78:  # noqa: PLR2004 (2**256)
            raise ProofError("the amount is no number")
        try:
            shown = self._shown(record, header, data(account, _ADDRESS))
            problem = "" if shown == int(amount) else f"the proof shows {shown}"
        except ProofError as error:
            problem = str(error)
        return CheckedBalance(
            number, network, block_hash, header.height, _text(record, "form"), account,
            int(amount), problem,
        )  # fmt: skip

    def _shown(self, record: Mapping[str, object], header: Header, account: bytes) -> int:
        if record.get("store") is None:
            return account_at(header.state_root, account, None, self._memo).balance
        store = data(record["store"], _ADDRESS)
        pattern, place, bits = record.get("pattern"), record.get("place"), record.get("bits")
        if not isinstance(pattern, str) or pattern not in set(Pattern):
            raise ProofError("the layout is not known")
        if not isinstance(bits, int) or not 0 < bits <= 8 * _HASH:
            raise ProofError("the layout is not known")
        slot = slot_of(Pattern(pattern), int.from_bytes(_word(place)), account)
        root = account_at(header.state_root, store, None, self._memo).storage_root
        return storage_at(root, slot, None, self._memo) % (1 << bits)


def _word(value: object) -> bytes:
    text = value.removeprefix("0x") if isinstance(value, str) else ""
    return data(f"0x{text.rjust(2 * _HASH, '0')}", _HASH)


def _text(record: Mapping[str, object], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str):
        raise MalformedAnswer(f"{name} is missing")
    return value
