"""JSON documents for the tests of the zk systems: samples, and single values changed at random."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from crawler.liabilities.documents import Node, parse
from crawler.liabilities.interface import HeldFile
from tests.shared_data import SHARED, WITHOUT_SHARED

FOLDER = Path() if SHARED is None else SHARED / "data" / "liabilities"
needs_samples = pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)

Place = tuple[str | int, ...]
Json: TypeAlias = Any
"""What a JSON file holds; tests take it apart freely."""


def held(name: str, value: object) -> HeldFile:
    return HeldFile(name, json.dumps(value).encode())


def node(value: object) -> Node:
    return Node(parse(json.dumps(value), "x.json"), "x.json")


def sample(name: str) -> Json:
    return json.loads((FOLDER / name).read_text("utf-8"))


def sample_file(name: str) -> HeldFile:
    return HeldFile(name, (FOLDER / name).read_bytes())


def places(value: object, at: Place = ()) -> Iterator[Place]:
    """Yield where every number, text and truth value stands."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*at, index))
    elif value is not None:
        yield at


def get(value: Json, place: Place) -> Json:
    for step in place:
        value = value[step]
    return value


def changed(value: Json, place: Place, to: object) -> Json:
    """Return a copy in which one value is another."""
    if not place:
        return to
    result = copy.copy(value)
    result[place[0]] = changed(value[place[0]], place[1:], to)
    return result


def other(value: object, source: random.Random) -> object:
    """Return a value of the same form that is not the same."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return source.choice([value + 1, abs(value - 1) if value != 0 else 2, value ^ (1 << 40)])
    assert isinstance(value, str)
    if not value:
        return "00" * 32
    if value.isdigit() or (value[0] == "-" and value[1:].isdigit()):
        return str(int(value) + source.choice([1, 1000]))
    at = source.randrange(len(value))
    letter = source.choice([digit for digit in "0123456789abcdef" if digit != value[at]])
    return value[:at] + letter + value[at + 1 :]


def changes(value: Json, count: int, seed: int) -> Iterator[tuple[Place, object]]:
    """Yield that many single changes: a kind of place is drawn first, then one of that kind."""
    kinds: dict[Place, list[Place]] = {}
    for place in places(value):
        kind: Place = tuple("*" if isinstance(step, int) else step for step in place)
        kinds.setdefault(kind, []).append(place)
    source = random.Random(seed)  # noqa: S311 (a sample, not a secret)
    for number in range(count):
        kind = list(kinds)[number % len(kinds)]
        place = source.choice(kinds[kind])
        yield place, other(get(value, place), source)
