r"""What is signed: the digests of every message format, by stable names. Pure.

====================  =========================================================================
name                  bytes (``K`` Keccak-256, ``S2`` double SHA-256, ``str(x)`` CompactSize
                      length of x, then x; texts are UTF-8)
====================  =========================================================================
``bitcoin-message``   S2( str(header) || str(message) ); the header is the coin's own
``okx-keccak``        K( str("OKX Signed Message:\n") || str(message) )
``okx-raw``           str("OKX Signed Message:\n") || str(message), not hashed
``eos-okx``           SHA-256( str("OKX Signed Message:\n") || str(message) )
``okx-starknet``      the message as one field element (`starknet_contents`); what is signed is a
                      hash of it and of the account (`chains.starknet.ownership`)
``evm-okx``           K( 0x19 "Ethereum Signed Message:\n32" || K(message) ): personal_sign of
                      the hash of the text, not of the text
``eip191``            K( 0x19 "Ethereum Signed Message:\n" || decimal length || message )
``keccak``            K( message )
``tron-v1``           K( 0x19 "TRON Signed Message:\n32" || K(message) )
``tron-v2``           K( 0x19 "TRON Signed Message:\n" || decimal length || message ) (TIP-104)
``tron-plain``        K( 0x19 "TRON Signed Message:\n32" || message )
``bip322``            SHA-256( t || t || message ), t = SHA-256( "BIP0322-signed-message" )
====================  =========================================================================

Every digest is 32 bytes, except ``okx-raw``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from chains.errors import RegistryError
from chains.signatures import keccak256, sha256d

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chains.adapter import OwnershipRule

OKX_HEADER = "OKX Signed Message:\n"
ETHEREUM_HEADER = b"\x19Ethereum Signed Message:\n"
TRON_HEADER = b"\x19TRON Signed Message:\n"

BIP322_TAG = sha256(b"BIP0322-signed-message").digest()

BITCOIN_MESSAGE = "bitcoin-message"
BIP322 = "bip322"
OKX_KECCAK = "okx-keccak"
OKX_STARKNET = "okx-starknet"

SHORT_STRING_SIZE = 31
"""Characters of a Starknet short string: what always fits into one field element."""
MAX_FELT_DIGITS = 64
"""Characters of a number that always fits into one, its 0x included."""


def sized(text: bytes) -> bytes:
    """Return `text` behind its length as a Bitcoin CompactSize.

    >>> sized(b"OKX").hex(), sized(b"x" * 253)[:4].hex()
    ('034f4b58', 'fdfd0078')
    """
    size = len(text)
    if size < 0xFD:  # noqa: PLR2004 (the CompactSize marks)
        return size.to_bytes(1, "little") + text
    marks = ((0xFD, 2), (0xFE, 4), (0xFF, 8))
    mark, width = next((mark, width) for mark, width in marks if size < 1 << (8 * width))
    return bytes([mark]) + size.to_bytes(width, "little") + text


def _okx_raw(message: bytes, _header: str) -> bytes:
    return sized(OKX_HEADER.encode()) + sized(message)


def _decimal_length(message: bytes) -> bytes:
    return str(len(message)).encode()


def starknet_contents(text: str) -> bytes | None:
    """Return the field element that stands for `text` in Starknet's typed data, or None.

    32 bytes: the number that ``0x`` hex or a decimal of 64 bits writes, the ASCII characters of
    any other text of at most 31. Longer or non-ASCII text has no element of its own.

    >>> starknet_contents("OKX").lstrip(bytes(1)), starknet_contents("x" * 32)
    (b'OKX', None)
    """
    if not text.isascii() or not 0 < len(text) <= MAX_FELT_DIGITS:
        return None
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", text):
        return int(text, 16).to_bytes(32, "big")
    if re.fullmatch(r"\+?[0-9]{1,19}", text) and int(text) < 1 << 63:
        return int(text).to_bytes(32, "big")
    return text.encode().rjust(32, b"\0") if len(text) <= SHORT_STRING_SIZE else None


def _starknet(message: bytes, _header: str) -> bytes:
    contents = starknet_contents(message.decode())
    if contents is None:
        raise RegistryError("the message has no field element of its own on Starknet")
    return contents


_DIGESTS: Mapping[str, Callable[[bytes, str], bytes]] = {
    BITCOIN_MESSAGE: lambda message, header: sha256d(sized(header.encode()) + sized(message)),
    OKX_KECCAK: lambda message, header: keccak256(_okx_raw(message, header)),
    "okx-raw": _okx_raw,
    "eos-okx": lambda message, header: sha256(_okx_raw(message, header)).digest(),
    OKX_STARKNET: _starknet,
    "evm-okx": lambda message, _: keccak256(ETHEREUM_HEADER + b"32" + keccak256(message)),
    "eip191": lambda message, _: keccak256(ETHEREUM_HEADER + _decimal_length(message) + message),
    "keccak": lambda message, _: keccak256(message),
    "tron-v1": lambda message, _: keccak256(TRON_HEADER + b"32" + keccak256(message)),
    "tron-v2": lambda message, _: keccak256(TRON_HEADER + _decimal_length(message) + message),
    "tron-plain": lambda message, _: keccak256(TRON_HEADER + b"32" + message),
    BIP322: lambda message, _: sha256(BIP322_TAG + BIP322_TAG + message).digest(),
}

NAMES = tuple(_DIGESTS)
"""The names a rule may use, as in the table above."""


@lru_cache(maxsize=1024)
def digest(name: str, message: str, header: str = "") -> bytes:
    """Return the bytes that a signature of `message` signs; `header` is for ``bitcoin-message``.

    Raises RegistryError for an unknown name, a ``bitcoin-message`` without a header, or a
    message that is not Unicode text.

    >>> digest("evm-okx", "I am an OKX address").hex()[:16]
    '2c5ade6d905fda46'
    """
    if name not in _DIGESTS:
        raise RegistryError(f"no digest named {name!r}; known: {', '.join(NAMES)}")
    if name == BITCOIN_MESSAGE and not header:
        raise RegistryError("the digest 'bitcoin-message' needs the parameter message_header")
    try:
        return _DIGESTS[name](message.encode(), header)
    except UnicodeEncodeError as error:
        raise RegistryError(f"the message {message!a} is not Unicode text") from error


class Statement(NamedTuple):
    """An agreed message in one of the formats that a rule allows."""

    digest: str
    """Its name."""
    signed: bytes
    """The bytes that are signed."""


def statements(rule: OwnershipRule) -> dict[str, tuple[Statement, ...]]:
    """Return, for each agreed message of `rule`, its statements in the order of rule.digests.

    Raises RegistryError when the rule names no message or no digest (an empty list would judge
    nothing), or a digest that does not exist.
    """
    if not rule.messages or not rule.digests:
        raise RegistryError(f"the ownership rule of {rule.network!r} has no message or no digest")
    header = rule.parameters.get("message_header", "")
    if not isinstance(header, str):
        raise RegistryError(f"message_header of {rule.network!r} is not a text")
    return {
        message: tuple(Statement(name, digest(name, message, header)) for name in rule.digests)
        for message in rule.messages
    }
