"""One row, judged as in a list, with every step on the way ticked off.

The verdict is that of the row's verifier. The steps beside it are taken one at a time, and for
each digest alone, so that somebody can see where a signature stops being a proof.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from chains.adapter import (
    OwnershipMaterial,
    OwnershipRule,
    OwnershipVerdict,
    OwnershipWord,
    Verifier,
)
from chains.encodings import base64_bytes, hex_bytes
from chains.errors import AddressError, RegistryError, plain_text
from chains.messages import NAMES, OKX_KECCAK, digest
from chains.registry import Network, family_module
from chains.secp256k1 import DIGEST_SIZE, RECOVERY_IDS, SIGNATURE_SIZE
from chains.signatures import compress, evm_account, recover
from crawler.assess import exit_code_of_ownership
from crawler.entities import Entity, freshness
from crawler.errors import ConfigurationError


class Mark(StrEnum):
    """How a step ended."""

    HOLDS = "holds"
    FAILS = "fails"
    SKIPPED = "not-checked"


TICKS = {Mark.HOLDS: "✓", Mark.FAILS: "✗", Mark.SKIPPED: "\N{EN DASH}"}


class Step(NamedTuple):
    """One line of the plan."""

    mark: Mark
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Examination:
    """A row, what was found out about it step by step, and its verdict."""

    entity: str
    network: str
    material: OwnershipMaterial
    steps: tuple[Step, ...]
    verdict: OwnershipVerdict
    freshness: str | None
    """Of the message that was signed, where something was: `fresh` or `static`."""

    @property
    def exit_code(self) -> int:
        """Return the exit code of the command."""
        return int(exit_code_of_ownership(self.verdict.word))

    def text(self) -> str:
        """Return the plan, one step a line, and the verdict at its end."""
        width = max(len(step.name) for step in self.steps)
        lines = [f"{TICKS[step.mark]} {step.name:{width}}  {step.text}" for step in self.steps]
        found = self.verdict
        lines.append(f"\n{found.word.value} ({found.reason}): {found.detail}")
        return "\n".join(lines)

    def to_json(self) -> str:
        """Return the examination as JSON with a newline at its end."""
        found = self.verdict
        document = {
            "schema_version": "1.0",
            "entity": self.entity,
            "network": self.network,
            "address": self.material.address,
            "steps": [
                {"mark": step.mark.value, "step": step.name, "text": step.text}
                for step in self.steps
            ],
            "verdict": found.word.value,
            "reason": found.reason,
            "detail": found.detail,
            "digest": found.digest or None,
            "message": found.message or None,
            "freshness": self.freshness,
            "exit_code": self.exit_code,
        }
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def examine(entity: Entity, network: Network, material: OwnershipMaterial) -> Examination:
    """Return what the signatures of one row show, and how that was found out.

    A message that the entity has not agreed to is examined too, but its row fails. Raises
    ConfigurationError when no rule is known for the network.
    """
    rule = entity.rule(network)
    if rule is None:
        problem = f"{entity.title} has agreed to no digest on {network.title}"
        raise ConfigurationError([problem])
    if not _is_unicode(material.message):
        raise ConfigurationError(["the message is not Unicode text"])
    try:
        judge = _verifier(rule)
    except RegistryError as error:
        raise ConfigurationError([f"no ownership rule for {network.name}: {error}"]) from error
    steps = [
        Step(Mark.HOLDS, "rule", f"{network.title}: family {rule.family}, "
             f"digests {', '.join(rule.digests)}"),
        _address(rule, material.address),
        _message(entity, material.message),
    ]  # fmt: skip
    signatures = [text for text in (material.signature1, material.signature2) if text]
    if not signatures:
        steps.append(Step(Mark.FAILS, "signature", "the row carries none"))
    for place, text in enumerate(signatures, start=1):
        name = "signature" if len(signatures) == 1 else f"signature {place}"
        steps.extend(_signature(rule, material.message, text, name))
    if signatures:
        steps.extend(_digests(rule, material))
    found = judge(material)
    age = freshness(found.message, entity.fresh) if found.message else None
    if age is not None:
        says = "names its snapshot" if age == "fresh" else (
            "is static, so the same signature can be shown again for ever"
        )  # fmt: skip
        steps.append(Step(Mark.HOLDS, "freshness", f"the message {says}"))
    return Examination(entity.name, network.name, material, tuple(steps), found, age)


def _verifier(rule: OwnershipRule) -> Verifier:
    judge: Verifier = family_module(rule.family, "ownership").verifier(rule)
    return judge


def _address(rule: OwnershipRule, text: str) -> Step:
    try:
        canonical = family_module(rule.family, "addresses").canonical(text, rule.parameters)
    except AddressError as error:
        return Step(Mark.FAILS, "address", plain_text(error))
    return Step(Mark.HOLDS, "address", f"decodes to {canonical.hex()}")


def _message(entity: Entity, message: str) -> Step:
    if message in entity.messages:
        return Step(Mark.HOLDS, "message", f"one of the statements that {entity.title} agreed to")
    agreed = ", ".join(repr(text) for text in entity.messages)
    return Step(Mark.FAILS, "message", f"not agreed; agreed are {agreed}")


def _signature(rule: OwnershipRule, message: str, text: str, name: str) -> list[Step]:
    """Return whether a signature decodes, and which key each digest recovers from it."""
    is_base64 = rule.family == "utxo" and not text.startswith(("0x", "0X"))
    data = base64_bytes(text, SIGNATURE_SIZE) if is_base64 else hex_bytes(text, SIGNATURE_SIZE)
    if data is None:
        return [Step(Mark.SKIPPED, name, "not 65 bytes: no key can be recovered from it")]
    head = data[0] if is_base64 else data[64]
    recovery_id = (head - 27) & 3 if is_base64 else RECOVERY_IDS.get(head)
    if recovery_id is None or (is_base64 and head < 27):  # noqa: PLR2004
        return [Step(Mark.FAILS, name, f"65 bytes, but {head} is no recovery byte")]
    steps = [Step(Mark.HOLDS, name, f"65 bytes; recovery byte {head}, recovery id {recovery_id}")]
    header = str(rule.parameters.get("message_header", ""))
    for digest_name in rule.digests:
        if digest_name not in NAMES or (
            rule.family == "utxo" and is_base64 == (digest_name == OKX_KECCAK)
        ):
            continue
        signed = digest(digest_name, message, header)
        if len(signed) != DIGEST_SIZE:
            continue
        key = recover(data[1:] if is_base64 else data, recovery_id, signed)
        if key is None:
            steps.append(Step(Mark.FAILS, digest_name, f"{signed.hex()} gives no key"))
            continue
        address = _of_key(rule, key)
        steps.append(
            Step(Mark.HOLDS, digest_name, f"{signed.hex()} gives the key {compress(key).hex()}"
                 + (f", whose address is {address}" if address else ""))
        )  # fmt: skip
    return steps


def _digests(rule: OwnershipRule, material: OwnershipMaterial) -> list[Step]:
    """Return what the row would be if each digest, and this message, were the only ones."""
    steps = []
    for name in rule.digests:
        alone = _verifier(replace(rule, digests=(name,), messages=(material.message,)))(material)
        mark = {OwnershipWord.FAILED: Mark.FAILS, OwnershipWord.UNSUPPORTED: Mark.SKIPPED}.get(
            alone.word, Mark.HOLDS
        )
        text = f"{alone.word.value}: {alone.detail}"
        steps.append(Step(mark, f"by {name}", text))
    return steps


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _of_key(rule: OwnershipRule, key: bytes) -> str:
    make = _ADDRESS_OF_KEY.get(rule.family)
    return "" if make is None else make(key)


def _evm_address(key: bytes) -> str:
    return "0x" + evm_account(key).hex()


def _tron_address(key: bytes) -> str:
    encode: Callable[[bytes], str] = family_module("tron", "addresses").encode
    return encode(b"\x41" + evm_account(key))


_ADDRESS_OF_KEY: Mapping[str, Callable[[bytes], str]] = {
    "evm": _evm_address,
    "tron": _tron_address,
}
