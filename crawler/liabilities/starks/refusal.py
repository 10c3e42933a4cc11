"""The error of a sum proof that does not hold. Pure."""

from __future__ import annotations


class StarkRefusedError(ValueError):
    """A sum proof of the right form does not hold; the message says at which step."""
