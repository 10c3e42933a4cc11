"""Which systems there are, by name, and which one files belong to. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crawler.liabilities.binance import Binance
from crawler.liabilities.bitget import Bitget
from crawler.liabilities.bitmex import BitMex
from crawler.liabilities.bybit import Bybit
from crawler.liabilities.coinex import CoinEx
from crawler.liabilities.documents import SMALL_DOCUMENT
from crawler.liabilities.gate import Gate
from crawler.liabilities.generic import Generic, read_amounts
from crawler.liabilities.htx_zk import HtxZk
from crawler.liabilities.interface import (
    DOCUMENT_BYTES,
    HEAD_BYTES,
    LiabilitiesError,
    ProofFile,
    System,
)
from crawler.liabilities.mexc import Mexc
from crawler.liabilities.okx_merkle_v1 import OkxMerkleV1
from crawler.liabilities.okx_merkle_v2 import OkxMerkleV2
from crawler.liabilities.okx_summary import OkxSummary
from crawler.liabilities.okx_zk_v1 import OkxZkV1
from crawler.liabilities.okx_zk_v2 import OkxZkV2
from crawler.liabilities.phemex import Phemex

AUTO = "auto"
SEEN_WHOLE = 16
"""So many files, at most, are looked at beyond their heads."""

SYSTEMS: tuple[System, ...] = (
    OkxSummary(),  # before the zk proof that may be given with the page
    OkxZkV2(),
    OkxZkV1(),
    Binance(),
    HtxZk(),
    Gate(),
    OkxMerkleV2(),
    BitMex(),
    OkxMerkleV1(),
    Bybit(),
    Bitget(),
    Mexc(),
    CoinEx(),
    Phemex(),
    Generic(),
)
"""Asked in this order when the system is to be detected: the most particular form first."""


def named(name: str) -> System:
    """Return the system of that name. Raises LiabilitiesError with the names that there are."""
    for system in SYSTEMS:
        if system.name == name:
            return system
    known = ", ".join([AUTO, *(system.name for system in SYSTEMS)])
    raise LiabilitiesError(f"no system is called {name!r}", hint=f"systems: {known}")


@dataclass(frozen=True, slots=True)
class _Seen:
    """A JSON document whose head is all of it: its members may stand in any order."""

    file: ProofFile
    head: bytes

    @property
    def name(self) -> str:
        return self.file.name

    def read(self, limit: int = DOCUMENT_BYTES) -> bytes:
        return self.file.read(limit)

    def chunks(self) -> Iterator[bytes]:
        return self.file.chunks()


def _seen(file: ProofFile) -> ProofFile:
    """Return the file with a head that shows every member, when it is a longer JSON document."""
    is_whole = len(file.head) < HEAD_BYTES
    if is_whole or file.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"{":
        return file
    try:
        return _Seen(file, file.read(SMALL_DOCUMENT))
    except LiabilitiesError:
        return file


def detect(files: Sequence[ProofFile]) -> System:
    """Return the system that the files are of. Raises LiabilitiesError when none takes them."""
    shown = [_seen(file) for file in files] if len(files) <= SEEN_WHOLE else files
    for system in SYSTEMS:
        if system.recognises(shown):
            return system
    names = ", ".join(file.name for file in files[:5])
    known = ", ".join(system.name for system in SYSTEMS)
    why = _no_list(files[0]) if len(files) == 1 else ""
    raise LiabilitiesError(
        f"no system takes these files: {names}{why}", hint=f"name one of: {known}"
    )


def _no_list(file: ProofFile) -> str:
    """Return why a file is no list of amounts, the plainest form: the others have marks."""
    try:
        read_amounts(file)
    except LiabilitiesError as error:
        return f"; nor is it a list of amounts: {error}"
    return ""


def choose(name: str, files: Sequence[ProofFile]) -> System:
    """Return the system of that name, or the one that the files are of for ``auto``."""
    return detect(files) if name == AUTO else named(name)
