"""Who controls a contract wallet, a validator or an EigenPod at the snapshot block.

A `key-only` row shows that somebody signed with the keys of the accounts it names. Whether those
accounts control the address is asked of the chain, at the pinned block:

1. A validator's stake goes to its withdrawal credentials (0x01 or 0x02, 11 zeros, an account). The
   account must be a signer, or a contract that signers control (3). With an EigenPod named in the
   row, the credentials must be the pod's, and the pod's podOwner() is asked in the same way.
2. An address without code is no contract: nothing on the chain ties other keys to it.
   An account with delegated code (EIP-7702) still obeys its own key: not settled either.
3. A contract is asked in this order, and the first that answers decides:
   a. getOwners() and getThreshold() (Safe and its likes): distinct signers among the owners are
      counted against the threshold: proven, partial, or failed when none is an owner.
   b. isValidSignature(digest, signature) (EIP-1271) with each published signature, and with all
      of them in the order of their signers: the magic value proves. A refusal settles nothing,
      because many wallets wrap the digest before they check it.
   c. podOwner() (EigenPod): proven when it is a signer, failed when it is another account.
4. Everything else stays unsettled, with the reason.

The contract's code is believed about itself: it was put there by whoever deployed it, and a proxy's
implementation (ERC-1167, ERC-1967, a Safe's first slot) is named in the detail. Modules and guards
of a Safe, which may move funds past its owners, are not looked at.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from chains.adapter import Control, ControlQuery, ControlWord, OwnershipWord, Unresolved
from chains.encodings import hex_bytes
from chains.errors import AddressError, CallReverted, ChainsError, MalformedAnswer, RegistryError
from chains.evm.addresses import canonical
from chains.evm.hexadecimal import data, written
from chains.messages import digest
from chains.owners import EIGENLAYER
from chains.secp256k1 import RECOVERY_IDS, SIGNATURE_SIZE
from chains.signatures import evm_account, recover
from chains.transport.json_rpc import RpcRequest
from chains.transport.labels import host
from chains.transport.together import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipVerdict
    from chains.evm.blocks import Block
    from chains.evm.node import Node
    from chains.evm.panel import Panel

VALIDATOR_KEY_SIZE = 48
IMPLEMENTATION_SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"
"""ERC-1967: Keccak-256 of "eip1967.proxy.implementation", less 1."""

MAGIC = bytes.fromhex("1626ba7e")
"""EIP-1271: the selector of isValidSignature, which is also its positive answer."""

MOST_OWNERS = 1_000
AT_ONCE = 8
"""Accounts that are asked about at the same time."""

_GET_OWNERS = "0xa0e67e2b"
_GET_THRESHOLD = "0xe75235b8"
_POD_OWNER = "0x0b18ff66"
_FIRST_SLOT = f"0x{0:064x}"
_CLONE_HEAD = bytes.fromhex("363d3d373d3d3d363d73")
_CLONE_TAIL = bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
_DELEGATION = bytes.fromhex("ef0100")
_WORD = 32
_ADDRESS = 20
_COMPOUNDING = (1, 2)
_CREDENTIAL_ZEROS = bytes(11)


def query_of(
    row: OwnershipMaterial, verdict: OwnershipVerdict, rule: OwnershipRule
) -> ControlQuery | None:
    """Return what a `key-only` row asks of the chain, or None when nothing could settle it.

    The signers are recovered again from the published signatures, and only those count that the
    row itself names as owners.
    """
    if verdict.word is not OwnershipWord.KEY_ONLY or not verdict.digest:
        return None
    pod_text = row.owner2 if row.staking.strip().lower() == EIGENLAYER else ""
    try:
        signed = digest(verdict.digest, verdict.message)
        account = _account_of(row, rule)
        pod = canonical(pod_text, rule.parameters) if pod_text else b""
    except (AddressError, RegistryError):
        return None
    found = _signers(row, rule, signed)
    if not found:
        return None
    return ControlQuery(
        account=account,
        signers=frozenset(found),
        digest=signed,
        signatures=tuple(found[signer] for signer in sorted(found)),
        pod=pod,
    )


def _account_of(row: OwnershipMaterial, rule: OwnershipRule) -> bytes:
    """Return the account, or the public key of a staking row's validator; raises AddressError."""
    if not row.staking:
        return canonical(row.address, rule.parameters)
    key = hex_bytes(row.address.strip(), VALIDATOR_KEY_SIZE)
    if key is None:
        raise AddressError("not the public key of a validator")
    return key


def _signers(row: OwnershipMaterial, rule: OwnershipRule, signed: bytes) -> dict[bytes, bytes]:
    """Return each named owner that signed, with its signature as contracts take it (v 27 or 28)."""
    owners = set()
    for text in (row.owner1, row.owner2):
        try:
            owners.add(canonical(text, rule.parameters))
        except AddressError:
            continue  # an empty cell, or an owner that the verdict has judged already
    found: dict[bytes, bytes] = {}
    for text in (row.signature1, row.signature2):
        signature = hex_bytes(text, SIGNATURE_SIZE)
        recovery_id = None if signature is None else RECOVERY_IDS.get(signature[64])
        if signature is None or recovery_id is None:
            continue
        key = recover(signature, recovery_id, signed)
        if key is not None and evm_account(key) in owners:
            found[evm_account(key)] = signature[:64] + bytes((27 + recovery_id,))
    return found


async def ask(
    panel: Panel, block: Block, queries: Sequence[ControlQuery], *, quorum: int = 1
) -> list[Control]:
    """Return one answer per query, in order, from the state of `block`. Never raises for a node.

    With a quorum, so many endpoints of different hosts must say the same of an account.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(query: ControlQuery) -> Control:
        async with gate:
            return await _settle(_Jury(panel, block, quorum), query)

    answers = await together(*(one(query) for query in queries))
    if len(answers) != len(queries):
        raise AssertionError(f"{len(answers)} of {len(queries)} questions were answered")
    return answers


class _Jury(NamedTuple):
    """Who is asked, about which block, and how many must agree."""

    panel: Panel
    block: Block
    quorum: int


async def _settle(jury: _Jury, query: ControlQuery) -> Control:
    if len(query.account) != VALIDATOR_KEY_SIZE:
        return await _account(jury, query, query.account)
    match query.credentials:
        case None:
            return _unsettled("no-credentials", "The withdrawal credentials were not asked for.")
        case Unresolved() as why:
            return _unsettled(why.reason.value, why.detail)
        case credentials:
            return await _validator(jury, query, credentials)


async def _validator(jury: _Jury, query: ControlQuery, credentials: bytes) -> Control:
    """Return what a validator's withdrawal credentials show; 1."""
    if credentials[0] not in _COMPOUNDING or credentials[1:12] != _CREDENTIAL_ZEROS:
        return _unsettled(
            "credentials", f"The withdrawal credentials {written(credentials)} name no account."
        )
    target = credentials[12:]
    if query.pod and query.pod != target:
        return Control(
            ControlWord.FAILED,
            "credentials",
            f"The validator's stake goes to {written(target)}, not to the listed EigenPod.",
        )
    if target in query.signers:
        return Control(
            ControlWord.PROVEN,
            "credentials",
            f"The validator's stake goes to {written(target)}, which signed.",
        )
    found = await _account(jury, query, target)
    if found.reason == "no-code":
        return Control(
            ControlWord.FAILED,
            "credentials",
            f"The validator's stake goes to {written(target)}, which did not sign.",
        )
    return Control(found.word, found.reason, f"Stake goes to {written(target)}. {found.detail}")


async def _account(jury: _Jury, query: ControlQuery, account: bytes) -> Control:
    """Return what the nodes say, once as many as it takes have said the same; 2 to 4."""
    panel, block, quorum = jury
    lines: list[str] = []
    heard: dict[str, Told] = {}
    for node in panel.usable(block):
        if host(node.label) in heard:
            continue
        journal: list[str] = []
        try:
            told = await _interview(node, block, query, account, journal)
        except ChainsError as error:
            failure = panel.note(node, error, block)
            lines.append(f"{failure.source}: {failure}")
            continue
        heard[host(node.label)] = told
        if len(set(heard.values())) > 1:
            return _unsettled(
                "disagreement",
                f"The endpoints {' and '.join(heard)} disagree about {written(account)}.",
            )
        if len(heard) >= quorum:
            return judge(told, query.signers)
    if heard:
        return _unsettled(
            "quorum", f"Only {len(heard)} of the {quorum} endpoints that it takes answered."
        )
    return _unsettled("unreachable", lines[-1] if lines else "No endpoint is left to be asked.")


@dataclass(frozen=True, slots=True)
class Told:
    """What an account's code and storage say of it at one block. None where it does not answer."""

    account: bytes
    code: bytes
    implementation: bytes | None
    owners: tuple[bytes, ...] | None
    threshold: int | None
    accepts: bool | None
    """EIP-1271: True for the magic value, False for another answer."""
    pod_owner: bytes | None


async def _interview(
    node: Node, block: Block, query: ControlQuery, account: bytes, journal: list[str]
) -> Told:
    """Ask everything at once. Raises ProviderError."""
    target = written(account)
    signatures = [*query.signatures]
    if len(signatures) > 1:
        signatures.append(b"".join(signatures))
    calls = [_GET_OWNERS, _GET_THRESHOLD, _POD_OWNER]
    calls += [_is_valid_signature(query.digest, signature) for signature in signatures]
    values = await node.ask(
        block,
        [
            RpcRequest("eth_getCode", (target,)),
            RpcRequest("eth_getStorageAt", (target, IMPLEMENTATION_SLOT)),
            RpcRequest("eth_getStorageAt", (target, _FIRST_SLOT)),
            *(RpcRequest("eth_call", ({"to": target, "data": call},)) for call in calls),
        ],
        journal,
    )
    for value in values:
        if isinstance(value, ChainsError) and not isinstance(value, CallReverted):
            raise value
    code_text, word_1967, first, *outputs = values
    for value in (code_text, word_1967, first):
        if isinstance(value, ChainsError):
            raise MalformedAnswer("a question about storage was answered as if it had executed")
    code = data(code_text)
    owners, threshold, pod_owner, *verdicts = [
        None if isinstance(output, CallReverted) else data(output) for output in outputs
    ]
    answered = [output[:4] for output in verdicts if output is not None and len(output) == _WORD]
    return Told(
        account=account,
        code=code,
        implementation=implementation_of(code, data(word_1967), data(first)),
        owners=None if owners is None else decode_owners(owners),
        threshold=None if threshold is None else _number(threshold),
        accepts=MAGIC in answered if answered else None,
        pod_owner=None if pod_owner is None else _address(pod_owner),
    )


def judge(told: Told, signers: frozenset[bytes]) -> Control:  # noqa: PLR0911 (one return a rule)
    """Return what an account's answers mean for the signers; rules 2 to 4. Pure."""
    if not told.code:
        return _unsettled("no-code", f"There is no contract at {written(told.account)}.")
    if told.code.startswith(_DELEGATION):
        return _unsettled(
            "delegated", "The account has delegated code (EIP-7702); its own key still rules it."
        )
    through = ""
    if told.implementation is not None:
        through = f" (a proxy of {written(told.implementation)})"
    if told.owners is not None and told.threshold is not None:
        return _multisig(told.owners, told.threshold, signers, through)
    if told.accepts:
        return Control(
            ControlWord.PROVEN,
            "eip1271",
            f"The contract{through} accepts the published signature of the agreed message.",
        )
    if told.pod_owner is not None:
        word = ControlWord.PROVEN if told.pod_owner in signers else ControlWord.FAILED
        signed = "which signed" if told.pod_owner in signers else "which did not sign"
        return Control(
            word, "pod-owner", f"The pod{through} is owned by {written(told.pod_owner)}, {signed}."
        )
    if told.accepts is False:
        return _unsettled(
            "eip1271-refused",
            f"The contract{through} does not accept the signature as it stands; it may wrap the "
            "digest.",
        )
    return _unsettled(
        "no-known-interface", f"The contract{through} answers no known question about its owners."
    )


def _multisig(
    owners: tuple[bytes, ...], threshold: int, signers: frozenset[bytes], through: str
) -> Control:
    if len(set(owners)) != len(owners) or not 0 < threshold <= len(owners):
        return _unsettled(
            "owners-unsound",
            f"The contract{through} names {len(owners)} owners and a threshold of {threshold}.",
        )
    signed = len(signers & set(owners))
    detail = (
        f"{signed} of the contract's{through} {len(owners)} owners signed; "
        f"{threshold} are needed to move its funds."
    )
    if signed >= threshold:
        return Control(ControlWord.PROVEN, "owners", detail)
    if signed:
        return Control(ControlWord.PARTIAL, "owners", detail)
    return Control(ControlWord.FAILED, "owners", detail)


def _unsettled(reason: str, detail: str) -> Control:
    return Control(ControlWord.UNSETTLED, reason, detail)


def implementation_of(code: bytes, word_1967: bytes, first_word: bytes) -> bytes | None:
    """Return the contract whose code a proxy runs, or None when it is no proxy of a known kind.

    `word_1967` is the word of ERC-1967's slot, `first_word` that of slot 0, where a Safe's proxy,
    whose code is short, keeps its singleton.
    """
    if code.startswith(_CLONE_HEAD) and code.endswith(_CLONE_TAIL):
        return code[len(_CLONE_HEAD) : len(_CLONE_HEAD) + _ADDRESS]
    for word, is_plausible in ((word_1967, True), (first_word, len(code) < _SAFE_PROXY_SIZE)):
        found = _address(word)
        if is_plausible and found is not None and any(found):
            return found
    return None


_SAFE_PROXY_SIZE = 256
"""Bytes; a Safe's proxy has about 170, the contracts behind it thousands."""


def decode_owners(output: bytes) -> tuple[bytes, ...] | None:
    """Return the addresses of an ABI array, or None when `output` is not exactly one."""
    if len(output) < 2 * _WORD or int.from_bytes(output[:_WORD], "big") != _WORD:
        return None
    count = int.from_bytes(output[_WORD : 2 * _WORD], "big")
    if not 0 < count <= MOST_OWNERS or len(output) != (2 + count) * _WORD:
        return None
    owners = [_address(output[at : at + _WORD]) for at in range(2 * _WORD, len(output), _WORD)]
    known = [owner for owner in owners if owner is not None]
    return tuple(known) if len(known) == count else None


def _address(word: bytes) -> bytes | None:
    """Return the address in a word, or None when it holds more or less than one."""
    if len(word) != _WORD or any(word[:12]):
        return None
    return word[12:]


def _number(word: bytes) -> int | None:
    return int.from_bytes(word, "big") if len(word) == _WORD else None


def _is_valid_signature(signed: bytes, signature: bytes) -> str:
    padded = signature.ljust(-(-len(signature) // _WORD) * _WORD, b"\0")
    words = signed + (2 * _WORD).to_bytes(_WORD, "big") + len(signature).to_bytes(_WORD, "big")
    return written(MAGIC + words + padded)
