"""Who owns a Starknet account: the contract itself is asked at the snapshot block.

A `key-only` row shows that somebody signed with the listed key, and that OKX's account classes do
not make this address from it. At the pinned block the contract is asked by the functions that the
known account classes have, and the first that answers decides:

1. `get_signers` and `get_threshold` (Argent multisig): proven when the key is one of the signers
   and one is enough, partial when more are needed, failed when it is none of them.
2. `get_owner`, `getSigner`, `get_signer` (Argent): as the next; with a guardian, who must sign too,
   partial.
3. `get_public_key`, `getPublicKey` (OpenZeppelin and its likes): proven when it is the key, failed
   when it is another one; with a `get_multisig_threshold` above one (Braavos), partial.

An address without a contract, and a class with none of these, stay unsettled. A contract is
believed about itself; its class is named in the detail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Control, ControlQuery, ControlWord, OwnershipWord
from chains.errors import AddressError, CallReverted, MalformedAnswer
from chains.starknet.addresses import canonical, felt
from chains.starknet.answers import NoContractError, felts, hexadecimal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipVerdict

OWNERS = ("get_owner", "getSigner", "get_signer", "get_public_key", "getPublicKey")
GUARDIANS = ("get_guardian", "getGuardian")
THRESHOLD = "get_multisig_threshold"
GETTERS = (*OWNERS, *GUARDIANS, "get_signers", "get_threshold", THRESHOLD)
"""View functions without arguments; every account is asked all of them."""


def query_of(
    row: OwnershipMaterial, verdict: OwnershipVerdict, rule: OwnershipRule
) -> ControlQuery | None:
    """Return what a `key-only` row with a valid signature asks, or None when nothing settles it."""
    if verdict.word is not OwnershipWord.KEY_ONLY or not verdict.digest:
        return None
    if row.owner1 or row.owner2 or row.staking:
        return None
    key = felt(row.key)
    try:
        account = canonical(row.address, rule.parameters)
    except AddressError:
        return None
    if key is None:
        return None
    return ControlQuery(account, frozenset({key.to_bytes(32, "big")}), b"", ())


def settled(query: ControlQuery, of_class: object, said: Sequence[object]) -> Control:
    """Return what a contract's answers show: its class, then one answer for each of `GETTERS`.

    Each is a result or a ChainsError; only refusals of the contract itself count as answers.
    """
    for answer in (of_class, *said):
        if isinstance(answer, Exception) and not isinstance(answer, CallReverted):
            return Control(ControlWord.UNSETTLED, "not-asked", str(answer))
    if isinstance(of_class, NoContractError):
        return Control(ControlWord.UNSETTLED, "no-contract", "No contract is at the address.")
    try:
        return _owned(
            query, f"class {hexadecimal(of_class)}", dict(zip(GETTERS, said, strict=True))
        )
    except MalformedAnswer as error:
        return Control(ControlWord.UNSETTLED, "not-asked", str(error))


def _owned(query: ControlQuery, named: str, said: dict[str, object]) -> Control:
    (signer,) = query.signers
    key = int.from_bytes(signer, "big")
    found = {name: felts(one) for name, one in said.items() if isinstance(one, list)}
    if "get_signers" in found and "get_threshold" in found:
        return _multisig(key, named, found["get_signers"], found["get_threshold"])
    guardian = next((found[name] for name in GUARDIANS if name in found), [0])
    for name in OWNERS:
        if name not in found:
            continue
        if len(found[name]) != 1:
            break
        if found[name] != [key]:
            return Control(
                ControlWord.FAILED,
                "other-owner",
                f"The account ({named}) names another key, {found[name][0]:#x}.",
            )
        if name in OWNERS[:3] and any(guardian):
            return Control(
                ControlWord.PARTIAL,
                "guarded",
                f"The key owns the account ({named}), whose guardian must sign too.",
            )
        if any(needed > 1 for needed in found.get(THRESHOLD, ())):
            return Control(
                ControlWord.PARTIAL,
                "signer",
                f"The key is one of several of the account ({named}); others must sign too.",
            )
        return Control(ControlWord.PROVEN, "owner", f"The account ({named}) names the key.")
    return Control(
        ControlWord.UNSETTLED,
        "unknown-class",
        f"The account ({named}) has no function that names its owner in a known way.",
    )


def _multisig(key: int, named: str, signers: list[int], threshold: list[int]) -> Control:
    if len(threshold) != 1 or signers[:1] != [len(signers) - 1]:
        raise MalformedAnswer("a multisig account's signers are not a list with its length")
    needed, of = threshold[0], len(signers) - 1
    if key not in signers[1:]:
        return Control(
            ControlWord.FAILED, "other-owner", f"The key is no signer of the account ({named})."
        )
    word = ControlWord.PROVEN if needed == 1 else ControlWord.PARTIAL
    return Control(word, "signer", f"The key is one of {of} signers; {needed} must sign ({named}).")
