"""Addresses of Bitcoin-like ledgers: what output script a text stands for. Pure.

Forms read: base58check P2PKH and P2SH, segwit (BIP-173, BIP-350) and cashaddr; and in the place of
an address a public key in hex, 33 or 65 bytes, which stands for the P2PK output of exactly these
bytes. Which of the others a network has follows from its parameters:

* ``p2pkh_version``, ``p2sh_version``: the version bytes before the 20-byte hash, in hex, one
  byte (``"00"``) or two (``"1cb8"``); several as a list;
* ``bech32_hrp``: prefix of segwit addresses (``"bc"``);
* ``cashaddr_prefix``: prefix of cashaddr addresses (``"bitcoincash"``), optional in the text.

An address of a form or prefix that the network does not have is a foreign one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from chains.encodings import (
    base58check_bytes,
    base58check_text,
    bech32_values,
    cashaddr_payload,
    hex_bytes,
    segwit_script,
    segwit_text,
)
from chains.errors import AddressError, ForeignAddress, RegistryError
from chains.signatures import is_public_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

HASH_SIZE = 20
KEY_DIGITS = frozenset({66, 130})
"""Hex digits of a public key."""


class Form(StrEnum):
    """What kind of condition an address stands for."""

    P2PK = "p2pk"
    P2PKH = "p2pkh"
    P2SH = "p2sh"
    P2WPKH = "p2wpkh"
    P2WSH = "p2wsh"
    P2TR = "p2tr"
    OTHER = "other"
    """Well-formed, but of a segwit version or cashaddr type without a rule here."""


class Address(NamedTuple):
    """A decoded address: its form, and the hash or witness program in it."""

    form: Form
    payload: bytes
    """For P2PK: the key. For OTHER: the whole output script, or version byte and hash of a
    cashaddr."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """The address parameters of one network, ready for use."""

    versions: Mapping[bytes, Form]
    segwit_prefix: str
    cashaddr_prefix: str


def scheme(parameters: Mapping[str, Parameter]) -> Scheme:
    """Return the scheme of a network; raises RegistryError for unusable parameters."""
    versions = {
        version: form
        for form in (Form.P2PKH, Form.P2SH)
        for version in _versions(parameters, f"{form.value}_version")
    }
    prefixes = [parameters.get(name, "") for name in ("bech32_hrp", "cashaddr_prefix")]
    if not versions or not all(isinstance(prefix, str) for prefix in prefixes):
        raise RegistryError(
            "a UTXO network needs p2pkh_version and p2sh_version; prefixes are text"
        )
    return Scheme(versions, str(prefixes[0]), str(prefixes[1]))


def _versions(parameters: Mapping[str, Parameter], name: str) -> list[bytes]:
    value = parameters.get(name, ())
    texts = (value,) if isinstance(value, str) else value
    if not isinstance(texts, tuple):
        raise RegistryError(f"{name} is neither a text nor a list of texts")
    try:
        return [bytes.fromhex(text) for text in texts]
    except ValueError as error:
        raise RegistryError(f"{name} {value!r} is not hex") from error


def decode(text: str, network: Scheme) -> Address:
    """Return form and payload of an address.

    Raises ForeignAddress for a sound address of another network, AddressError for other text.
    """
    if ":" in text:
        return _cashaddr(text, network)
    if len(text) in KEY_DIGITS:
        key = hex_bytes(text, len(text) // 2)
        if key is not None and is_public_key(key):
            return Address(Form.P2PK, key)
    prefix = network.segwit_prefix
    if prefix and text[: len(prefix) + 1].lower() == prefix + "1":
        return _segwit(segwit_script(text, prefix))
    try:
        decoded = base58check_bytes(text)
    except AddressError:
        return _without_mark(text, network)
    form = network.versions.get(decoded[:-HASH_SIZE])
    if form is not None:
        return Address(form, decoded[-HASH_SIZE:])
    if len(decoded) in (HASH_SIZE + 1, HASH_SIZE + 2):
        raise ForeignAddress("a base58 address of another network")
    raise AddressError("base58check, but no address")


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:
    """Return the output script of an address: one account, one value, whatever the text form.

    For forms without a script template here: what the text encodes, marked by a leading 00.
    Raises ForeignAddress for a sound address of another network, AddressError for other text.

    >>> legacy = {"p2pkh_version": "00", "p2sh_version": "05"}
    >>> canonical("1DcT5Wij5tfb3oVViF8mA8p4WrG98ahZPT", legacy).hex()
    '76a9148a55d6333a81faea74076e49d172e9d851b6473788ac'
    """
    return script_pubkey(decode(text, _cached_scheme(tuple(sorted(parameters.items())))))


def script_pubkey(address: Address) -> bytes:
    """Return the output script that pays to `address`."""
    form, payload = address
    match form:
        case Form.P2PK:
            return bytes([len(payload)]) + payload + b"\xac"
        case Form.P2PKH:
            return b"\x76\xa9\x14" + payload + b"\x88\xac"
        case Form.P2SH:
            return b"\xa9\x14" + payload + b"\x87"
        case Form.P2WPKH | Form.P2WSH:
            return bytes([0, len(payload)]) + payload
        case Form.P2TR:
            return b"\x51\x20" + payload
        case Form.OTHER:
            return b"\x00" + payload


def encode(address: Address, network: Scheme) -> str:
    """Return the base58check or segwit text of `address`; AddressError if the network has none."""
    if address.form in (Form.P2PKH, Form.P2SH):
        for version, form in network.versions.items():
            if form is address.form:
                return base58check_text(version + address.payload)
    elif address.form is Form.P2PK:
        return address.payload.hex()
    elif address.form is not Form.OTHER and network.segwit_prefix:
        return segwit_text(script_pubkey(address), network.segwit_prefix)
    raise AddressError(f"the network has no text for {address.form}")


@lru_cache(maxsize=256)
def _cached_scheme(parameters: tuple[tuple[str, Parameter], ...]) -> Scheme:
    return scheme(dict(parameters))


def _segwit(script: bytes) -> Address:
    version, program = script[0], script[2:]
    if version == 0:
        return Address(Form.P2WPKH if len(program) == HASH_SIZE else Form.P2WSH, program)
    if script.startswith(b"\x51\x20"):
        return Address(Form.P2TR, program)
    return Address(Form.OTHER, script)


def _cashaddr(text: str, network: Scheme) -> Address:
    # Without a prefix of its own, the network still tells a sound foreign address from noise.
    prefix = network.cashaddr_prefix or "no cashaddr"
    payload = cashaddr_payload(text, prefix)
    version, digest = payload[:1], payload[1:]
    if len(digest) == HASH_SIZE and version == b"\x00":
        return Address(Form.P2PKH, digest)
    if len(digest) == HASH_SIZE and version == b"\x08":
        return Address(Form.P2SH, digest)
    return Address(Form.OTHER, payload)


def _without_mark(text: str, network: Scheme) -> Address:
    """Decode a text that is neither base58check nor of the network's own segwit prefix."""
    if network.cashaddr_prefix:
        try:
            return _cashaddr(text, network)
        except AddressError:
            pass  # judged as bech32 below, which ends in an AddressError of its own
    bech32_values(text)
    raise ForeignAddress("a bech32 address of another network")
