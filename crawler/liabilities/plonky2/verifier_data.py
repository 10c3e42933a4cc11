"""The verifier data of a Plonky2 circuit: strict binary parsing, and the digest it must carry.

Layout (all little-endian): cap height, cap, digest, circuit configuration, FRI parameters,
selectors, sizes, the wires' coset factors k_is, the gates. Every byte must be used. Source:
liabilities spec, section 4.5.
"""

from __future__ import annotations

from dataclasses import dataclass

from crawler.liabilities.plonky2.goldilocks import P
from crawler.liabilities.plonky2.poseidon import Digest, hash_no_pad, hash_pad

LONGEST_LIST = 4096
MOST_DEGREE_BITS = 28
"""The largest circuit that is read; with the blow-up of 8 it stays below the field's 2^32."""

_GATES: dict[int, tuple[str, int]] = {
    0: ("Arithmetic", 1),
    1: ("ArithmeticExtension", 1),
    2: ("BaseSum", 1),
    4: ("LowDegreeInterpolation", 1),
    5: ("Exponentiation", 1),
    8: ("MulExtension", 1),
    9: ("Noop", 0),
    10: ("Constant", 1),
    11: ("PoseidonMds", 0),
    12: ("PublicInput", 0),
    13: ("Poseidon", 0),
    14: ("RandomAccess", 3),
    15: ("ReducingExtension", 1),
    16: ("Reducing", 1),
}
"""Tag to name and number of parameters; tags 3, 6 and 7 do not occur in these circuits."""


class VerifierDataError(ValueError):
    """The bytes are not the verifier data of a circuit; the message says why."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A kind of gate, with the numbers that size it."""

    name: str
    parameters: tuple[int, ...] = ()

    def __str__(self) -> str:
        """Return for example ``RandomAccess(4, 4, 2)``."""
        return f"{self.name}({', '.join(map(str, self.parameters))})"


@dataclass(frozen=True, slots=True)
class FriConfig:
    """The parameters of the low-degree test."""

    rate_bits: int
    cap_height: int
    queries: int
    pow_bits: int
    strategy: tuple[int, ...]
    """Kind (0 fixed, 1 constant arity, 2 smallest) and its numbers."""


@dataclass(frozen=True, slots=True)
class CircuitConfig:
    """How circuits of this kind are laid out."""

    wires: int
    routed_wires: int
    constants: int
    security_bits: int
    challenges: int
    max_quotient_degree_factor: int
    base_arithmetic: bool
    zero_knowledge: bool
    fri: FriConfig


@dataclass(frozen=True, slots=True)
class CommonData:
    """What a circuit's verifier knows besides its commitment."""

    config: CircuitConfig
    fri: FriConfig
    arity_bits: tuple[int, ...]
    degree_bits: int
    hiding: bool
    selectors: tuple[int, ...]
    """For each gate, which selector column chooses it."""
    groups: tuple[tuple[int, int], ...]
    """For each selector, the gates it chooses among, as a half-open range."""
    quotient_degree_factor: int
    gate_constraints: int
    constants: int
    """Selectors and gate constants together."""
    public_inputs: int
    k_is: tuple[int, ...]
    partial_products: int
    gates: tuple[Gate, ...]

    @property
    def lde_bits(self) -> int:
        """Return the binary logarithm of the evaluation domain's size."""
        return self.degree_bits + self.fri.rate_bits


@dataclass(frozen=True, slots=True)
class VerifierData:
    """The commitment to a circuit, and its common data."""

    cap: tuple[Digest, ...]
    digest: Digest
    common: CommonData

    def expected_digest(self) -> Digest:
        """Return the digest that the cap and the degree give."""
        limbs = [limb for entry in self.cap for limb in entry]
        return hash_no_pad([*limbs, *hash_pad([]), self.common.degree_bits])


class _Bytes:
    """A cursor over the bytes; every read raises VerifierDataError at their end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, size: int = 8, most: int = 2**64 - 1) -> int:
        end = self._at + size
        if end > len(self._data):
            raise VerifierDataError(f"it ends at byte {len(self._data)}, inside a number")
        value = int.from_bytes(self._data[self._at : end], "little")
        if value > most:
            raise VerifierDataError(f"the number at byte {self._at} is over {most}")
        self._at = end
        return value

    def small(self) -> int:
        return self.number(most=2**32 - 1)

    def flag(self) -> bool:
        return bool(self.number(1, most=1))

    def digest(self) -> Digest:
        return tuple(self.number(most=P - 1) for _ in range(4))

    def numbers(self, most: int = 2**32 - 1) -> tuple[int, ...]:
        return tuple(self.number(most=most) for _ in range(self.number(most=LONGEST_LIST)))

    def finish(self) -> None:
        left = len(self._data) - self._at
        if left:
            raise VerifierDataError(f"{left} bytes are left over")


def _fri_config(data: _Bytes) -> FriConfig:
    rate_bits, cap_height, queries = data.small(), data.small(), data.small()
    pow_bits = data.number(4)
    kind = data.number(1, most=2)
    if kind == 0:
        strategy = (kind, *data.numbers())
    elif kind == 1:
        strategy = (kind, data.small(), data.small())
    else:
        strategy = (kind, data.small()) if data.flag() else (kind,)
    return FriConfig(rate_bits, cap_height, queries, pow_bits, strategy)


def _circuit_config(data: _Bytes) -> CircuitConfig:
    wires, routed, constants, security, challenges, factor = (data.small() for _ in range(6))
    base_arithmetic, zero_knowledge = data.flag(), data.flag()
    return CircuitConfig(
        wires=wires,
        routed_wires=routed,
        constants=constants,
        security_bits=security,
        challenges=challenges,
        max_quotient_degree_factor=factor,
        base_arithmetic=base_arithmetic,
        zero_knowledge=zero_knowledge,
        fri=_fri_config(data),
    )


def _gate(data: _Bytes) -> Gate:
    tag = data.number(4)
    if tag not in _GATES:
        raise VerifierDataError(f"gate tag {tag} does not occur in these circuits")
    name, parameters = _GATES[tag]
    return Gate(name, tuple(data.small() for _ in range(parameters)))


def _common(data: _Bytes) -> CommonData:
    config = _circuit_config(data)
    fri, arity_bits, degree_bits = _fri_config(data), data.numbers(), data.small()
    hiding, selectors = data.flag(), data.numbers()
    ranges = data.number(most=LONGEST_LIST)
    groups = tuple((data.small(), data.small()) for _ in range(ranges))
    factor, constraints, constants = (data.small() for _ in range(3))
    inputs = data.number(most=LONGEST_LIST)
    k_is, products = data.numbers(P - 1), data.small()
    return CommonData(
        config=config,
        fri=fri,
        arity_bits=arity_bits,
        degree_bits=degree_bits,
        hiding=hiding,
        selectors=selectors,
        groups=groups,
        quotient_degree_factor=factor,
        gate_constraints=constraints,
        constants=constants,
        public_inputs=inputs,
        k_is=k_is,
        partial_products=products,
        gates=tuple(_gate(data) for _ in range(data.number(most=LONGEST_LIST))),
    )


def parse(raw: bytes) -> VerifierData:
    """Return the verifier data that all the bytes together write. Raises VerifierDataError."""
    data = _Bytes(raw)
    cap_height = data.number(most=8)
    cap = tuple(data.digest() for _ in range(1 << cap_height))
    digest = data.digest()
    common = _common(data)
    data.finish()
    if cap_height != common.fri.cap_height:
        raise VerifierDataError("the cap's height is not the one of the FRI parameters")
    if not 0 < common.degree_bits <= MOST_DEGREE_BITS:
        raise VerifierDataError(f"2^{common.degree_bits} rows are out of range")
    return VerifierData(cap, digest, common)


def constant_arity(degree_bits: int, arity_bits: int, final_bits: int) -> tuple[int, ...]:
    """Return the folds that bring 2^degree_bits down to 2^final_bits or less.

    >>> constant_arity(19, 4, 5)
    (4, 4, 4, 4)
    """
    folds = []
    while degree_bits > final_bits:
        folds.append(arity_bits)
        degree_bits -= arity_bits
    return tuple(folds)
