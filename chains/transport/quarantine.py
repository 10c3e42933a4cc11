"""Whether a provider may be asked: yes, not for a while, or not any more. Pure, but for the clock.

1. A provider that *answered wrongly* (another chain, another state) or has refused us for good is
   left: nothing brings it back in this run.
2. A provider that could not be *reached*, or asked for patience once too often, cools off. After
   that it is half open: one call at a time may try it. A call that is answered brings it back, one
   that fails sends it away for twice as long.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from chains.errors import Throttled

if TYPE_CHECKING:
    from collections.abc import Callable

    from chains.errors import ProviderError

LONGEST_COOL_OFF_S = 600.0


class Standing(StrEnum):
    """Whether a provider is asked."""

    IN_USE = "in use"
    COOLING = "cooling off"
    LEFT = "left"


class Quarantine:
    """Counts the calls that failed in a row, and remembers why a provider is not asked."""

    def __init__(self, *, strikes: int, cool_off_s: float, clock: Callable[[], float]) -> None:
        """After `strikes` failed calls in a row, a provider cools off for `cool_off_s`."""
        self._strikes_allowed = strikes
        self._cool_off_s = cool_off_s
        self._clock = clock
        self._left: ProviderError | None = None
        self._cooling: ProviderError | None = None
        self._until = 0.0
        self._strikes = 0
        self._rounds = 0
        self._is_trying = False

    @property
    def why(self) -> ProviderError | None:
        """Why the provider is not to be asked now; None if it may be."""
        if self._left is not None or self._cooling is None:
            return self._left
        return self._cooling if self._is_trying or self._clock() < self._until else None

    @property
    def standing(self) -> Standing:
        """Return the word for it. Half open counts as cooling off."""
        if self._left is not None:
            return Standing.LEFT
        return Standing.IN_USE if self._cooling is None else Standing.COOLING

    @property
    def reason(self) -> ProviderError | None:
        """What led to a standing other than in use, also while it is half open."""
        return self._left or self._cooling

    def leave(self, error: ProviderError) -> None:
        """Let the provider not be asked again; the first reason stays."""
        if self._left is None:
            self._left = error

    def begin(self) -> bool:
        """Note that a call begins; return whether it is the trial of a half-open provider."""
        if self._cooling is None or self._is_trying or self._clock() < self._until:
            return False
        self._is_trying = True
        return True

    def end_trial(self) -> None:
        """Note that the trial has ended, in whatever way; also when it was given up."""
        self._is_trying = False

    def answered(self) -> None:
        """Note that the provider has answered a call."""
        self._cooling = None
        self._strikes = self._rounds = 0

    def failed(self, error: ProviderError, *, is_trial: bool) -> None:
        """Note that a call has failed, after all its tries."""
        self._strikes += 1
        if self._cooling is None:
            if self._strikes >= self._strikes_allowed:
                self._cool(error)
        elif is_trial:
            self._rounds += 1
            self._cool(error)

    def _cool(self, error: ProviderError) -> None:
        pause = self._cool_off_s * 2**self._rounds
        if isinstance(error, Throttled) and error.retry_after_s is not None:
            pause = max(pause, error.retry_after_s)
        self._cooling = error
        self._until = self._clock() + min(pause, LONGEST_COOL_OFF_S)
