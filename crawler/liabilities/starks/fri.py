"""The low-degree test of OKX's zk V1: folds by four, then the last layer as it is. Pure.

1. The layers are as many as the number of rows demands.
2. In each layer, for 16 rows, the cubic through the four points of a row has at the layer's
   challenge the value that the next layer has there; all of them are under their roots.
3. The last layer's values have its root, and those off the trace lie on one polynomial.

Source: liabilities spec, section 3.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crawler.liabilities.starks import field, tree
from crawler.liabilities.starks.field import BLOW_UP, P
from crawler.liabilities.starks.tree import StarkRefusedError

DEGREE_FACTOR = 4
"""The combination's degree is below this many times the number of rows."""
LAST_BOUND = 16
ARITY = 4


@dataclass(frozen=True, slots=True)
class Layer:
    """One fold."""

    root: bytes
    """Of the folded values."""
    columns: tuple[tree.Branch, ...]
    """Branches of the folded values, one a row."""
    rows: tuple[tree.Branch, ...]
    """Branches of the values before, four a row."""


@dataclass(frozen=True, slots=True)
class LowDegreeProof:
    """All layers, and the values of the last one."""

    layers: tuple[Layer, ...]
    last: tuple[bytes, ...]


def layer_sizes(steps: int) -> tuple[int, ...]:
    """Return the number of values before each fold, and last the number that stays.

    >>> layer_sizes(256)
    (4096, 1024, 256, 64)
    """
    size, bound = BLOW_UP * steps, DEGREE_FACTOR * steps
    sizes = [size]
    while bound > LAST_BOUND:
        size, bound = size // ARITY, bound // ARITY
        sizes.append(size)
    return tuple(sizes)


def verify(proof: LowDegreeProof, root: bytes, steps: int) -> None:
    """Check that the values under `root` are of low degree. Raises StarkRefusedError."""
    *sizes, last = layer_sizes(steps)
    if len(proof.layers) != len(sizes) or len(proof.last) != last:
        raise StarkRefusedError("low degree: layers or last values are not as many as the rows ask")
    positions: list[int] | None = None
    for number, (layer, size) in enumerate(zip(proof.layers, sizes, strict=True)):
        quarter = size // ARITY
        if positions is None:
            positions = field.indices(layer.root, quarter)
        else:
            positions = [position % quarter for position in positions]
        _check_layer(layer, root, size, positions, f"low degree, layer {number}")
        root = layer.root
    if tree.root(proof.last) != root:
        raise StarkRefusedError("low degree: the last values have another root")
    bound = DEGREE_FACTOR * steps // ARITY ** len(sizes)
    _check_last([field.number(value) for value in proof.last], bound)


def _check_layer(layer: Layer, root: bytes, size: int, positions: Sequence[int], name: str) -> None:
    quarter = size // ARITY
    points = [position + turn * quarter for position in positions for turn in range(ARITY)]
    tree.verify_branches(name, layer.root, quarter, positions, layer.columns)
    tree.verify_branches(name, root, size, points, layer.rows)
    generator = field.root_of_unity(size)
    turn_by = pow(generator, quarter, P)
    challenge = field.number(root) % P
    for place, (position, column) in enumerate(zip(positions, layer.columns, strict=True)):
        start = pow(generator, position, P)
        xs = [start * pow(turn_by, turn, P) % P for turn in range(ARITY)]
        four = layer.rows[ARITY * place : ARITY * (place + 1)]
        values = [field.number(branch[0]) for branch in four]
        if field.interpolate(xs, values, [challenge]) != [field.number(column[0])]:
            raise StarkRefusedError(f"{name}: a folded value is not that of the row's cubic")


def _check_last(values: Sequence[int], bound: int) -> None:
    generator = field.root_of_unity(len(values))
    allowed = [place for place in range(len(values)) if place % BLOW_UP]
    xs = [pow(generator, place, P) for place in allowed]
    ys = [values[place] for place in allowed]
    if field.interpolate(xs[:bound], ys[:bound], xs[bound:]) != ys[bound:]:
        raise StarkRefusedError("low degree: the last values lie on no polynomial of low degree")
