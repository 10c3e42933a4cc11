"""The points that the vectors do not reach: digests of a rule, heads, details, limits."""

from __future__ import annotations

import base64

import pytest

from chains.adapter import OwnershipRule
from chains.errors import RegistryError
from chains.utxo.ownership import verifier
from tests.unit.chains.rules import MESSAGE, UTXO, row, verifier_of
from tests.vectors.signing import (
    OKX_KECCAK,
    base58check,
    compressed,
    hash160,
    hex_signature,
    segwit,
    text_signature,
    uncompressed,
)
from tests.vectors.utxo_rows import multisig, p2sh, p2wsh

judge = verifier_of("UTXO", "BTC")
P2PKH = base58check(b"\0" + hash160(compressed(1)))
P2PKH_LONG = base58check(b"\0" + hash160(uncompressed(1)))
P2WPKH = segwit(b"\0\x14" + hash160(compressed(1)), "bc")
P2SH_P2WPKH = p2sh(b"\0\x14" + hash160(compressed(1)))


def with_head(head: int) -> str:
    """Return a signature of key 1 whose head byte is `head`."""
    signed = base64.b64decode(text_signature(1))
    return base64.b64encode(bytes([head]) + signed[1:]).decode()


HEAD = base64.b64decode(text_signature(1))[0] - 31
"""Recovery id of key 1's signature."""


@pytest.mark.parametrize(
    ("address", "groups"),
    [(P2PKH, {31}), (P2PKH_LONG, {27}), (P2WPKH, {31, 35, 39}), (P2SH_P2WPKH, {31, 35, 39})],
    ids=["p2pkh", "p2pkh-65-byte-key", "p2wpkh", "p2sh-p2wpkh"],
)
def test_a_head_speaks_of_one_key_in_some_forms(address: str, groups: set[int]) -> None:
    proven = {head for head in range(256) if judge(row(address, with_head(head))).word == "proven"}
    assert proven == {group + HEAD for group in groups}


def test_heads_outside_the_groups_are_malformed() -> None:
    for head in (0, 1, 26, 43, 255):
        assert judge(row(P2PKH, with_head(head))).reason == "signature-malformed"


@pytest.mark.parametrize("v", range(256))
def test_marks_of_the_hex_form(v: int) -> None:
    signed = bytes.fromhex(hex_signature(1, OKX_KECCAK)[2:])
    found = judge(row(P2PKH, "0x" + (signed[:64] + bytes([v])).hex()))
    if v not in range(27, 35):
        assert found.reason == "signature-malformed"
    else:
        assert (found.word == "proven") is ((v - signed[64]) % 4 == 0)


def test_each_text_form_needs_its_digest_in_the_rule() -> None:
    for digest, signature in (
        ("okx-keccak", text_signature(1)),
        ("bitcoin-message", hex_signature(1, OKX_KECCAK)),
    ):
        narrow = verifier(OwnershipRule("bitcoin", "utxo", (digest,), (MESSAGE,), UTXO["BTC"]))
        assert judge(row(P2PKH, signature)).word == "proven"
        assert narrow(row(P2PKH, signature)).reason == "signature-malformed"


def test_a_partial_verdict_counts() -> None:
    script = multisig(3, [compressed(number) for number in (1, 2, 3)])
    found = judge(
        row(p2sh(script), text_signature(1), signature2=text_signature(2), key=script.hex())
    )
    assert found.word == "partial"
    assert found.detail.startswith("2 distinct key(s)")
    assert "takes 3" in found.detail


def test_a_script_too_long_to_be_pushed_is_no_matter_in_segwit() -> None:
    script = multisig(1, [compressed(1)] + [uncompressed(2)] * 8)
    assert len(script) > 520
    assert judge(row(p2sh(script), text_signature(1), key=script.hex())).reason == "script-invalid"
    assert judge(row(p2wsh(script), text_signature(1), key=script.hex())).word == "proven"


def test_a_huge_script_is_refused_before_it_is_hashed() -> None:
    script = p2sh(b"\x51")
    assert judge(row(script, text_signature(1), key="51" * 10_001)).reason == "script-malformed"
    assert judge(row(script, text_signature(1), key="51" * 10_000)).reason == "script-mismatch"


def test_an_unlisted_script_is_missing_only_when_the_key_does_not_give_it() -> None:
    assert judge(row(P2SH_P2WPKH, text_signature(1))).word == "proven"
    assert judge(row(P2SH_P2WPKH, text_signature(2))).reason == "script-missing"
    assert judge(row(P2SH_P2WPKH, "junk")).reason == "signature-malformed"
    assert (
        judge(row(P2SH_P2WPKH, text_signature(1), message="other")).reason == "message-not-agreed"
    )


def test_a_row_that_claims_nothing_is_unsigned() -> None:
    for address in (P2PKH, P2WPKH, P2SH_P2WPKH, p2wsh(b"\x51")):
        assert judge(row(address, message="")).reason == "no-signature"


@pytest.mark.parametrize(
    ("digests", "parameters"),
    [
        (("bitcoin-message",), {"p2pkh_version": "00"}),
        (("okx-keccak",), {}),
        (("okx-raw",), UTXO["BTC"]),
        ((), UTXO["BTC"]),
    ],
    ids=["no-header", "no-versions", "no-hash", "no-digest"],
)
def test_unusable_rules_are_refused_before_any_row(
    digests: tuple[str, ...], parameters: dict[str, str]
) -> None:
    with pytest.raises(RegistryError):
        verifier(OwnershipRule("bitcoin", "utxo", digests, (MESSAGE,), parameters))
