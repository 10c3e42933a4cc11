"""What can go wrong when speaking to a chain, split by blame.

::

    ChainsError
    ├── ProviderError            could not ask, or the answer cannot be used
    │   ├── TransportFailure         refused, reset, TLS, HTTP status, not JSON
    │   │   └── TimedOut                 no complete answer within the time of one call
    │   ├── Throttled                429 and its JSON-RPC forms; carries `retry_after_s`
    │   ├── TooLarge                 out of gas, body, batch or answer too large, execution time-out
    │   ├── Incapable                no archive, pruned, unknown method, no state override
    │   ├── WrongState               wrong chain id, wrong height or hash, stale state
    │   └── MalformedAnswer          missing, surplus, repeated or ill-typed members
    ├── CallReverted             the node executed the call and it failed (deterministic)
    ├── AddressError             the text is not an address of this network
    │   └── ForeignAddress           ... but it is a well-formed address of another one
    └── RegistryError            Assay's own tables name something that does not exist

Only `ProviderError` and `CallReverted` become `Unresolved` readings; programming errors are never
caught. Text that came from a server is cleaned with `plain_text` before it is stored anywhere.
"""

from __future__ import annotations

from enum import StrEnum

SERVER_TEXT_LIMIT = 200
"""Characters of a server's error text that are kept. Longer texts are cut."""


class UnresolvedReason(StrEnum):
    """Why a balance could not be read. Stable codes: they appear in reports."""

    NO_ENDPOINT = "no-endpoint"
    NO_METHOD = "no-method"
    NO_HEIGHT = "no-height"
    NO_BLOCK = "no-block"
    NOT_FINAL = "not-final"
    UNREACHABLE = "unreachable"
    THROTTLED = "throttled"
    TOO_LARGE = "too-large"
    NO_STATE = "no-state"
    WRONG_CHAIN = "wrong-chain"
    WRONG_STATE = "wrong-state"
    MALFORMED_ANSWER = "malformed-answer"
    MISSING_ANSWER = "missing-answer"
    DISAGREEMENT = "disagreement"
    CALL_FAILED = "call-failed"
    REGISTRY = "registry"
    DEADLINE = "deadline"
    BAD_ADDRESS = "bad-address"
    UNMAPPED_COIN = "unmapped-coin"
    NO_HOLDING_FORM = "no-holding-form"


def plain_text(text: object) -> str:
    r"""Return `text` as one printable line of at most `SERVER_TEXT_LIMIT` characters.

    >>> plain_text("out of\x1b[31m gas\n")
    'out of[31m gas'
    """
    characters = str(text)[: 4 * SERVER_TEXT_LIMIT]
    line = "".join(one for one in characters if one.isprintable() or one.isspace())
    line = " ".join(line.split())
    return line if len(line) <= SERVER_TEXT_LIMIT else line[: SERVER_TEXT_LIMIT - 1] + "…"


class ChainsError(Exception):
    """Root of everything that `chains` raises on purpose."""


class ProviderError(ChainsError):
    """A provider could not be asked, or gave an answer that cannot be used."""

    reason = UnresolvedReason.UNREACHABLE
    """The code a reading gets when this error is final."""

    def __init__(
        self, message: str, *, source: str = "", reason: UnresolvedReason | None = None
    ) -> None:
        """Store a cleaned message; `source` is an endpoint's label, never its full URL."""
        super().__init__(plain_text(message))
        self.source = source
        if reason is not None:
            self.reason = reason


class TransportFailure(ProviderError):
    """The connection, TLS, HTTP status or body failed before any JSON-RPC answer was seen."""


class TimedOut(TransportFailure):
    """No complete answer arrived within the time of one call."""


class Throttled(ProviderError):
    """The provider asks for patience. `retry_after_s` is its own figure, if it gave one."""

    reason = UnresolvedReason.THROTTLED

    def __init__(
        self, message: str, *, source: str = "", retry_after_s: float | None = None
    ) -> None:
        """Store the provider's own waiting time, in seconds."""
        super().__init__(message, source=source)
        self.retry_after_s = retry_after_s


class TooLarge(ProviderError):
    """The request or its answer was too large: ask for less at a time."""

    reason = UnresolvedReason.TOO_LARGE


class Incapable(ProviderError):
    """The provider lacks the state, the method or the option; asking again does not help."""

    reason = UnresolvedReason.NO_STATE


class WrongState(ProviderError):
    """The answer came from another chain, block or state than the one asked for."""

    reason = UnresolvedReason.WRONG_STATE


class MalformedAnswer(ProviderError):
    """The answer is incomplete, repeated, or not of the documented shape."""

    reason = UnresolvedReason.MALFORMED_ANSWER


class CallReverted(ChainsError):
    """The node executed the call and it failed; deterministic, not the provider's fault."""


class AddressError(ChainsError):
    """The text is not an address of this network."""


class ForeignAddress(AddressError):
    """The text is a well-formed address, but of another network."""


class RegistryError(ChainsError):
    """Assay's own tables are wrong or incomplete."""
