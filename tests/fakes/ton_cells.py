"""Writes cells of TON and bags of them; shares no code with `chains.ton.cells`, which reads them.

A cell is its bits, as a text of 0 and 1, and the cells it refers to. Source: the TON whitepaper on
TVM, 3.1, and crypto/tl/boc.tlb.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True)
class Bits:
    text: str
    references: tuple[Bits, ...] = ()
    exotic: bool = False

    @property
    def mask(self) -> int:
        """The levels on which something below is left out."""
        if self.exotic and self.text.startswith("00000001"):
            return int(self.text[8:16] or "0", 2) & 7
        below = 0
        for one in self.references:
            below |= one.mask
        return below >> 1 if self.exotic else below

    def body(self) -> bytes:
        full, rest = divmod(len(self.text), 8)
        padded = self.text + ("1" + "0" * (7 - rest) if rest else "")
        head = [len(self.references) + 8 * self.exotic + 32 * self.mask, 2 * full + bool(rest)]
        return bytes(head) + bytes(int(padded[at : at + 8], 2) for at in range(0, len(padded), 8))

    def depth(self) -> int:
        return max((one.depth() + 1 for one in self.references), default=0)

    def hash(self) -> bytes:
        depths = b"".join(one.depth().to_bytes(2, "big") for one in self.references)
        return sha256(
            self.body() + depths + b"".join(one.hash() for one in self.references)
        ).digest()


def bits(number: int, size: int) -> str:
    return f"{number:0{size}b}" if size else ""


def coins(amount: int) -> str:
    size = (amount.bit_length() + 7) // 8
    return bits(size, 4) + bits(amount, 8 * size)


def address(account: bytes) -> str:
    return "100" + bits(int.from_bytes(account, "big"), 8 * len(account))


def bag(*roots: Bits, index: bool = False, checksum: bool = False) -> bytes:
    order: list[Bits] = []

    def visit(one: Bits) -> None:
        for child in one.references:
            visit(child)
        if one not in order:
            order.append(one)

    for top in reversed(roots):
        visit(top)
    order.reverse()
    written = [one.body() + bytes(order.index(child) for child in one.references) for one in order]
    body = b"".join(written)
    ends = [sum(map(len, written[: at + 1])) for at in range(len(written))]
    data = (
        bytes.fromhex("b5ee9c72")
        + bytes([1 | 0x80 * index | 0x40 * checksum, 2, len(order), len(roots), 0])
        + len(body).to_bytes(2, "big")
        + bytes(order.index(top) for top in roots)
        + (b"".join(one.to_bytes(2, "big") for one in ends) if index else b"")
        + body
    )
    return data + _crc32c(data).to_bytes(4, "little") if checksum else data


def _crc32c(data: bytes) -> int:
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF
