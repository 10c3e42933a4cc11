"""The words in which every family says what an endpoint can do. Pure values.

Each family's `probe` module has a report of its own; what all reports share is `Probe`.
"""

from __future__ import annotations

from dataclasses import Field, dataclass
from enum import StrEnum
from typing import ClassVar, Protocol


class Ability(StrEnum):
    """Three outcomes: it can, it cannot, it could not be found out."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Probed:
    """One ability, and in words why not or why it is not known."""

    ability: Ability
    detail: str = ""


UNKNOWN = Probed(Ability.UNKNOWN)


class Probe(Protocol):
    """What one endpoint showed; a dataclass whose further members are heights and abilities."""

    __dataclass_fields__: ClassVar[dict[str, Field[object]]]

    @property
    def label(self) -> str:
        """The endpoint, without credentials."""
        ...

    @property
    def right_chain(self) -> Probed:
        """NO: it is on another chain. UNKNOWN: it could not be reached or made no sense."""
        ...
