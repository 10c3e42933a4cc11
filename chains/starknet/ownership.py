"""Who signed for a Starknet account. Pure.

What must hold for `proven`, in the order in which it is checked:

1. The address is a field element in hex, small enough for an address.
2. The row carries a signature.
3. The message is one of the agreed statements. One that is too long for a short string, or not
   ASCII, is `unsupported`: the format gives all of them the same hash.
4. The key is the x-coordinate of a point of the Stark curve, in hex.
5. The signature is r and s, 64 hex digits each, in range, and valid for the typed data "OKX POR
   MESSAGE" with this account as signer.
6. The address is that of one of OKX's account contracts, made for this key: Cairo 1, or Cairo 0
   behind a proxy. Otherwise `key-only`: another contract may have this key as its owner, or not.

An owner that was changed on the chain afterwards is not seen. Owner columns are judged by
`chains.owners`. No parameters of the network are read.

Sources: Starknet's typed data of revision 0 and its address formula (Starknet documentation); class
hashes: OKX's public wallet SDK, and the published rows that they bind.
"""

from __future__ import annotations

from functools import lru_cache

from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipVerdict, Verifier
from chains.encodings import hex_bytes
from chains.errors import RegistryError
from chains.messages import OKX_STARKNET, digest, starknet_contents
from chains.owners import with_owners
from chains.signatures import keccak256
from chains.starknet.addresses import ADDRESS_LIMIT, canonical, felt
from chains.starknet.curve import (
    after_each,
    before_each,
    is_key,
    is_signature,
    pedersen,
    pedersen_chain,
)
from chains.verdicts import Reason, address_reader, key_signed, verdict, without_signature

SIGNATURE_SIZE = 64

CAVEAT = (
    "The key that signed the agreed message is the one that this account was made for. "
    "An owner that was changed later is not seen: the account contract on the chain would show it."
)

CAIRO_1_CLASS = 0x1C0BB51E2CE73DC007601A1E7725453627254016C28F118251A71BBB0507FCB
CAIRO_0_PROXY_CLASS = 0x3530CC4759D78042F1B543BF797F5F3D647CDE0388C33734CF91B7F7B9314A9
CAIRO_0_IMPLEMENTATION = 0x309C042D3729173C7F2F91A34F04D8C509C1B292D334679EF1AABF8DA0899CC


def verifier(rule: OwnershipRule) -> Verifier:  # noqa: C901 (the checks of one row)
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    if rule.digests != (OKX_STARKNET,) or not rule.messages:
        raise RegistryError(f"{rule.network}: Starknet rows sign {OKX_STARKNET!r} and nothing else")
    agreed = {
        message: int.from_bytes(digest(OKX_STARKNET, message), "big")
        for message in rule.messages
        if starknet_contents(message) is not None
    }
    unsigned = without_signature(rule)
    read = address_reader(canonical, rule.parameters)

    def judge(row: OwnershipMaterial) -> OwnershipVerdict:  # noqa: PLR0911 (one return a check)
        address = read(row.address)  # 1
        if isinstance(address, OwnershipVerdict):
            return address
        text = row.signature1 or row.signature2  # 2
        if not text:
            return unsigned
        contents = agreed.get(row.message)  # 3
        if contents is None:
            has_form = starknet_contents(row.message) is not None
            return verdict(Reason.MESSAGE_NOT_AGREED if has_form else Reason.MESSAGE_FORM)
        if not row.key:  # 4
            return verdict(Reason.KEY_MISSING)
        key = felt(row.key)
        if key is None:
            return verdict(Reason.KEY_MALFORMED)
        account = int.from_bytes(address, "big")
        cell = hex_bytes(text, SIGNATURE_SIZE)  # 5
        if cell is None or not _has_signed(key, message_hash(account, contents), cell):
            # What has signed is a key; anything else may fail already as one.
            if not is_key(key):
                return verdict(Reason.KEY_MALFORMED)
            return verdict(Reason.SIGNATURE_MALFORMED if cell is None else Reason.SIGNATURE_INVALID)
        if is_account_of(key, account):  # 6
            return verdict(Reason.ADDRESS_SIGNED, OKX_STARKNET, row.message, CAVEAT)
        return key_signed(rule.family, OKX_STARKNET, row.message)

    return with_owners(judge, read, rule.family)


def _has_signed(key: int, hashed: int, cell: bytes) -> bool:
    r, s = int.from_bytes(cell[:32], "big"), int.from_bytes(cell[32:], "big")
    return is_signature(key, hashed, r, s)


def short(text: str) -> int:
    """Return a short string as a field element."""
    return int.from_bytes(text.encode(), "big")


def truncated_keccak(text: str) -> int:
    """Return the low 250 bits of Keccak-256: Starknet's selectors and type hashes."""
    return int.from_bytes(keccak256(text.encode()), "big") & (1 << 250) - 1


def message_hash(account: int, contents: int) -> int:
    """Return what `account` signs to say `contents`."""
    [started] = after_each((_message_start(),), account)
    [signed] = before_each(started, (struct_hash(contents),))
    return pedersen(signed, 4)


@lru_cache(maxsize=256)
def struct_hash(contents: int) -> int:
    """Return the hash of the typed message."""
    return pedersen_chain([truncated_keccak("Message(contents:felt)"), contents, 2])


def domain_hash() -> int:
    """Return the hash of the signing domain; the version is the number 1, not the character."""
    kind = truncated_keccak("StarkNetDomain(name:felt,version:felt,chainId:felt)")
    return pedersen_chain([kind, short("OKX POR MESSAGE"), 1, short("SN_MAIN"), 4])


@lru_cache(maxsize=4096)
def is_account_of(key: int, account: int) -> bool:
    """Return whether `account` is the address of an OKX account contract made for `key`.

    The salt is the key. The constructor gets (key, 0), behind the proxy (implementation,
    initialize, 2, key, 0); a list is hashed with its length at the end.
    """
    salted, plain, proxied = after_each((_address_start(), 0, _proxy_start()), key)
    account_class, proxy_class = before_each(salted, (CAIRO_1_CLASS, CAIRO_0_PROXY_CLASS))
    if _address(account_class, pedersen(pedersen(plain, 0), 2)) == account:
        return True
    return _address(proxy_class, pedersen(pedersen(proxied, 0), 5)) == account


def _address(salted_class: int, arguments: int) -> int:
    return pedersen(pedersen(salted_class, arguments), 5) % ADDRESS_LIMIT


@lru_cache(maxsize=1)
def _message_start() -> int:
    return pedersen_chain([short("StarkNet Message"), domain_hash()])


@lru_cache(maxsize=1)
def _address_start() -> int:
    return pedersen_chain([short("STARKNET_CONTRACT_ADDRESS"), 0])


@lru_cache(maxsize=1)
def _proxy_start() -> int:
    return pedersen_chain([CAIRO_0_IMPLEMENTATION, truncated_keccak("initialize"), 2])
