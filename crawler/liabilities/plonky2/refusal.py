"""The error of a proof that does not hold. Pure."""

from __future__ import annotations


class ProofRefusedError(ValueError):
    """A proof of the right form does not hold; the message says at which step."""
