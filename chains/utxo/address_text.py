"""From an output script back to an address of a network. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.errors import AddressError, ProviderError, UnresolvedReason
from chains.utxo.addresses import Address, Form, encode, scheme, script_pubkey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chains.adapter import Parameter

_PAYLOADS = {
    Form.P2PKH: (25, slice(3, 23)),
    Form.P2SH: (23, slice(2, 22)),
    Form.P2WPKH: (22, slice(2, 22)),
    Form.P2WSH: (34, slice(2, 34)),
    Form.P2TR: (34, slice(2, 34)),
}
"""Length of each form's script, and where its hash or key lies."""


def address_text(script: bytes, parameters: Mapping[str, Parameter]) -> str:
    """Return an address that stands for `script`, in base58check or segwit form.

    Raises AddressError when the network has none for it.

    >>> bitcoin = {"p2pkh_version": "00", "p2sh_version": "05"}
    >>> address_text(bytes.fromhex("76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac"), bitcoin)
    '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'
    """
    for form, (length, payload) in _PAYLOADS.items():
        if len(script) == length:
            address = Address(form, script[payload])
            if script_pubkey(address) == script:
                return encode(address, scheme(parameters))
    raise AddressError("the network has no address for this script")


def by_address(
    scripts: Iterable[bytes], parameters: Mapping[str, Parameter]
) -> tuple[dict[str, bytes], dict[bytes, ProviderError]]:
    """Return the scripts by their addresses, and why the others cannot be asked for by one."""
    named: dict[str, bytes] = {}
    failed: dict[bytes, ProviderError] = {}
    for script in scripts:
        try:
            named[address_text(script, parameters)] = script
        except AddressError as error:
            failed[script] = ProviderError(str(error), reason=UnresolvedReason.NO_METHOD)
    return named, failed
