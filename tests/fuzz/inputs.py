"""What the fuzzers try: one input in, nothing out, an exception when a law is broken.

Without atheris, so that the tests can run every input too.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from chains.adapter import (
    OwnershipMaterial,
    OwnershipRule,
    OwnershipVerdict,
    OwnershipWord,
    Verifier,
)
from chains.errors import AddressError
from chains.registry import family_module
from crawler import settings
from crawler.errors import ListError
from crawler.lists.detect import FORMATS
from crawler.lists.interface import Census, Vocabulary
from crawler.lists.lines import split_lines
from tests.unit.chains.rules import MESSAGE
from tests.vectors import make_ownership

VECTORS: list[dict[str, Any]] = [
    json.loads(line)
    for line in Path(make_ownership.__file__).with_name("ownership.jsonl").read_text().splitlines()
]
CELLS = OwnershipMaterial._fields


@cache
def _judge(number: int) -> tuple[Verifier, OwnershipRule]:
    stated = VECTORS[number]["rule"]
    rule = OwnershipRule(
        "fuzzed", stated["family"], tuple(stated["digests"]), (MESSAGE,), stated["parameters"]
    )
    verifier: Verifier = family_module(rule.family, "ownership").verifier(rule)
    return verifier, rule


def verifiers(data: bytes) -> None:
    """Put a text into one cell of a signed row: a verdict, and no proof of anything else.

    Two bytes choose the row, one the cell; the rest is the text, or a change of it: with the
    cell's high bit set, text is put into the sound cell at the place that the next byte names.
    """
    if len(data) < 4:
        return
    number = int.from_bytes(data[:2], "big") % len(VECTORS)
    cells = VECTORS[number]["cells"]
    cell = CELLS[(data[2] & 0x7F) % len(CELLS)]
    text = data[4:].decode("utf-8", "surrogateescape" if data[3] & 1 else "replace")
    if data[2] & 0x80:
        place = data[3] % (len(cells[cell]) + 1)
        text = cells[cell][:place] + text + cells[cell][place + len(text) :]
    judge, rule = _judge(number)
    found = judge(OwnershipMaterial(**(cells | {cell: text})))
    if not isinstance(found, OwnershipVerdict):
        raise TypeError(f"no verdict: {found!r}")
    if found.word is OwnershipWord.PROVEN and VECTORS[number]["word"] == "proven":
        if cell == "message" and text != cells[cell]:
            raise AssertionError(f"another message is proven: {text!r}")
        if cell == "address" and _account(rule, text) not in _proven(rule.family):
            raise AssertionError(f"another address is proven: {text!r}")


def _account(rule: OwnershipRule, text: str) -> bytes:
    account: bytes = family_module(rule.family, "addresses").canonical(text, rule.parameters)
    return account


@cache
def _proven(family: str) -> frozenset[bytes]:
    """Return the accounts of all proven rows: one key may have addresses of several forms."""
    return frozenset(
        _account(_judge(number)[1], vector["cells"]["address"])
        for number, vector in enumerate(VECTORS)
        if vector["word"] == "proven" and vector["rule"]["family"] == family
    )


def addresses(data: bytes) -> None:
    """Decode a text as an address of one family: bytes, or AddressError."""
    if not data:
        return
    number = data[0] * len(VECTORS) // 256
    _, rule = _judge(number)
    try:
        text = data[1:].decode()
    except UnicodeDecodeError:
        return
    try:
        found = family_module(rule.family, "addresses").canonical(text, rule.parameters)
    except AddressError:
        return
    if not isinstance(found, bytes):
        raise TypeError(f"no bytes: {found!r}")


@cache
def _vocabulary() -> Vocabulary:
    entity = settings.load(environment={}).entities["okx"]
    return Vocabulary(entity.title, entity.coins, {})


def lists(data: bytes) -> None:
    """Read bytes as a published list, behind a header or as they are: every line is counted."""
    for list_format in FORMATS:
        for raw in (data, list_format.example_header.encode() + b"\n" + data):
            census = Census()
            try:
                for _ in list_format.parse(
                    split_lines([raw]), file="fuzzed", vocabulary=_vocabulary(), census=census
                ):
                    pass
            except ListError:
                continue
            if not census.is_complete():
                raise AssertionError(f"lines were lost between classes: {census}")


def prepare() -> None:
    """Import every family and the entity now, so that no input is charged for it."""
    _vocabulary()
    for number in range(len(VECTORS)):
        _judge(number)


TARGETS = {"verifiers": verifiers, "addresses": addresses, "lists": lists}
