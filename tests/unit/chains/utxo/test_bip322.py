"""BIP-322 on proofs made here, on the BIP's own vectors, and beside an independent verifier.

The expected figures in this file are those of the BIP's text: tagged hash and transaction ids.
"""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import bip322 as independent
import pytest
from coincurve import PrivateKey, PublicKey
from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import OwnershipRule, OwnershipVerdict
from chains.encodings import base58check_text, segwit_text
from chains.messages import digest, sized
from chains.signatures import hash160
from chains.utxo.addresses import decode as decode_address
from chains.utxo.addresses import scheme, script_pubkey
from chains.utxo.bip322 import HOLDING as HOLDING_REASONS
from chains.utxo.bip322 import OP_RETURN, _satisfied, _Spending, to_spend
from chains.utxo.message_transactions import (
    Input,
    Output,
    Transaction,
    decode,
    legacy_hash,
    segwit_hash,
    tagged_hash,
    taproot_hash,
)
from chains.utxo.ownership import verifier
from tests.shared_data import SHARED, WITHOUT_SHARED
from tests.unit.chains.rules import UTXO, row

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGE = "I am an OKX address"
DIGESTS = ("bitcoin-message", "okx-keccak", "bip322")


def judge(address: str, signature: str, message: str = MESSAGE, **cells: str) -> OwnershipVerdict:
    rule = OwnershipRule("bitcoin", "utxo", DIGESTS, (message,), UTXO["BTC"])
    return verifier(rule)(row(address, signature, message=message, **cells))


def secret(number: int) -> PrivateKey:
    return PrivateKey(sha256(b"assay bip322 key %d" % number).digest())


def public(number: int) -> bytes:
    return secret(number).public_key.format(compressed=True)


def signed_by(number: int, hashed: bytes, hash_type: int = 1) -> bytes:
    return secret(number).sign(hashed, hasher=None) + bytes([hash_type])


def push(data: bytes) -> bytes:
    if len(data) <= 75:
        return bytes([len(data)]) + data
    return b"\x4c" + bytes([len(data)]) + data


def multisig(required: int, *numbers: int) -> bytes:
    keys = b"".join(b"\x21" + public(number) for number in numbers)
    return bytes([0x50 + required]) + keys + bytes([0x50 + len(numbers), 0xAE])


class Proof:
    """A virtual payment from an address, to be signed and written down."""

    def __init__(self, address: str, message: str = MESSAGE) -> None:
        self.address = address
        script = script_pubkey(decode_address(address, scheme(UTXO["BTC"])))
        self.spent = to_spend(script, digest("bip322", message))
        self.transaction = Transaction(
            0, (Input(self.spent.id() + bytes(4), b"", 0),), (Output(0, OP_RETURN),), 0
        )

    def full(
        self,
        witness: tuple[bytes, ...] = (),
        script: bytes = b"",
        **changes: Any,  # noqa: ANN401 (whatever a transaction has)
    ) -> str:
        changed = self.transaction._replace(**changes)
        (first, *others) = changed.inputs
        changed = changed._replace(inputs=(first._replace(script=script), *others))
        plain = changed.encode()
        if not witness:
            return "ful" + base64.b64encode(plain).decode()
        text = plain[:4] + b"\x00\x01" + plain[4:-4] + stack(witness) + plain[-4:]
        return "ful" + base64.b64encode(text).decode()


def stack(witness: tuple[bytes, ...]) -> bytes:
    return bytes([len(witness)]) + b"".join(sized(entry) for entry in witness)


def simple(witness: tuple[bytes, ...]) -> str:
    return "smp" + base64.b64encode(stack(witness)).decode()


def p2pkh() -> tuple[str, str]:
    proof = Proof(base58check_text(b"\x00" + hash160(public(1))))
    hashed = legacy_hash(proof.transaction, proof.spent.outputs[0].script)
    return proof.address, proof.full(script=push(signed_by(1, hashed)) + push(public(1)))


def key_witness(proof: Proof) -> tuple[bytes, ...]:
    code = b"\x76\xa9\x14" + hash160(public(1)) + b"\x88\xac"
    return signed_by(1, segwit_hash(proof.transaction, code, 0)), public(1)


def p2wpkh() -> tuple[str, str]:
    proof = Proof(segwit_text(b"\x00\x14" + hash160(public(1)), "bc"))
    return proof.address, simple(key_witness(proof))


def nested() -> tuple[str, str]:
    program = b"\x00\x14" + hash160(public(1))
    proof = Proof(base58check_text(b"\x05" + hash160(program)))
    return proof.address, proof.full(key_witness(proof), push(program))


def nested_simple() -> tuple[str, str]:
    program = b"\x00\x14" + hash160(public(1))
    proof = Proof(base58check_text(b"\x05" + hash160(program)))
    return proof.address, simple(key_witness(proof))


def script_witness(proof: Proof, script: bytes, *signers: int) -> tuple[bytes, ...]:
    hashed = segwit_hash(proof.transaction, script, 0)
    return b"", *(signed_by(number, hashed) for number in signers), script


def p2wsh(*signers: int, script: bytes | None = None) -> tuple[str, str]:
    script = script or multisig(2, 1, 2, 3)
    proof = Proof(segwit_text(b"\x00\x20" + sha256(script).digest(), "bc"))
    return proof.address, simple(script_witness(proof, script, *signers))


def nested_script() -> tuple[str, str]:
    script = multisig(2, 1, 2, 3)
    program = b"\x00\x20" + sha256(script).digest()
    proof = Proof(base58check_text(b"\x05" + hash160(program)))
    return proof.address, proof.full(script_witness(proof, script, 1, 3), push(program))


def nested_script_simple() -> tuple[str, str]:
    script = multisig(2, 1, 2, 3)
    program = b"\x00\x20" + sha256(script).digest()
    proof = Proof(base58check_text(b"\x05" + hash160(program)))
    return proof.address, simple(script_witness(proof, script, 1, 3))


def p2sh(script: bytes | None = None, *signers: int) -> tuple[str, str]:
    script = script or multisig(2, 1, 2, 3)
    proof = Proof(base58check_text(b"\x05" + hash160(script)))
    hashed = legacy_hash(proof.transaction, script)
    signatures = [signed_by(number, hashed) for number in signers or (1, 2)]
    pushes = (b"", *signatures, script)
    return proof.address, proof.full(script=b"".join(map(push, pushes)))


def p2tr(hash_type: int = 0) -> tuple[str, str]:
    output_key = public(1)[1:]
    proof = Proof(segwit_text(b"\x51\x20" + output_key, "bc"))
    hashed = taproot_hash(proof.transaction, proof.spent.outputs[0], hash_type)
    signature = secret(1).sign_schnorr(hashed) + (bytes([hash_type]) if hash_type else b"")
    return proof.address, simple((signature,))


OP_CLTV, OP_CSV = 0xB1, 0xB2
AGE = 2016
"""Blocks of the time locks in these scripts."""


def timed(opcode: int = OP_CSV, lock: bytes = b"\x02\xe0\x07", *, x_only: bool = False) -> bytes:
    """Return the script that key 1 can spend at once and key 2 after a time lock."""
    now, later = (push(public(number)[x_only:]) for number in (1, 2))
    return b"\x63" + now + b"\x67" + lock + bytes([opcode]) + b"\x75" + later + b"\x68\xac"


NOW, LATER = (1, b"\x01"), (2, b"")
"""Who signs for a branch of `timed`, and what selects it."""


def in_time(proof: Proof, **changes: int) -> Proof:
    """Return the proof with its payment made as old, or as late, as a time lock asks for."""
    (only,) = proof.transaction.inputs
    proof.transaction = proof.transaction._replace(
        version=changes.get("version", 2),
        lock_time=changes.get("lock_time", 0),
        inputs=(only._replace(sequence=changes.get("sequence", AGE)),),
    )
    return proof


def timed_p2wsh(
    branch: tuple[int, bytes] = LATER, script: bytes | None = None, **changes: int
) -> tuple[str, str]:
    script = script or timed()
    proof = in_time(Proof(segwit_text(b"\x00\x20" + sha256(script).digest(), "bc")), **changes)
    number, selector = branch
    hashed = segwit_hash(proof.transaction, script, 0)
    return proof.address, proof.full((signed_by(number, hashed), selector, script))


def timed_nested() -> tuple[str, str]:
    program = b"\x00\x20" + sha256(timed()).digest()
    proof = in_time(Proof(base58check_text(b"\x05" + hash160(program))))
    signature = signed_by(2, segwit_hash(proof.transaction, timed(), 0))
    return proof.address, proof.full((signature, b"", timed()), push(program))


class Leaf:
    """An output key that commits to one script beside another branch; key 3 is the internal one."""

    def __init__(self, script: bytes, version: int = 0xC0) -> None:
        self.hash = tagged_hash("TapLeaf", bytes([version]) + sized(script))
        beside = sha256(b"the other branch").digest()
        root = tagged_hash("TapBranch", b"".join(sorted((self.hash, beside))))
        internal = public(3)[1:]
        tweak = tagged_hash("TapTweak", internal + root)
        point = PublicKey(b"\x02" + internal).add(tweak).format(compressed=True)
        self.address = segwit_text(b"\x51\x20" + point[1:], "bc")
        self.control = bytes([version | point[0] & 1]) + internal + beside


def timed_p2tr(
    branch: tuple[int, bytes] = LATER, script: bytes | None = None, **changes: int
) -> tuple[str, str]:
    script = script or timed(x_only=True)
    leaf = Leaf(script)
    proof = in_time(Proof(leaf.address), **changes)
    number, selector = branch
    hashed = taproot_hash(proof.transaction, proof.spent.outputs[0], 0, leaf.hash)
    signature = secret(number).sign_schnorr(hashed)
    return proof.address, proof.full((signature, selector, script, leaf.control))


HOLDING = {
    "p2pkh": p2pkh(),
    "p2wpkh": p2wpkh(),
    "p2sh-p2wpkh": nested(),
    "p2sh-p2wpkh-simple": nested_simple(),
    "p2wsh": p2wsh(1, 3),
    "p2sh-p2wsh": nested_script(),
    "p2sh-p2wsh-simple": nested_script_simple(),
    "p2sh": p2sh(),
    "p2tr": p2tr(),
    "p2tr-all": p2tr(1),
    "p2wsh-timed-now": timed_p2wsh(NOW),
    "p2tr-timed-now": timed_p2tr(NOW),
    "p2wsh-timed": timed_p2wsh(),
    "p2sh-p2wsh-timed": timed_nested(),
    "p2tr-timed": timed_p2tr(),
    "p2wsh-timed-till": timed_p2wsh(script=timed(OP_CLTV), lock_time=AGE),
    "p2tr-timed-till": timed_p2tr(script=timed(OP_CLTV, x_only=True), lock_time=AGE),
}
REASONS = {
    "threshold-met": {
        "p2wsh",
        "p2sh-p2wsh",
        "p2sh-p2wsh-simple",
        "p2sh",
        "p2wsh-timed-now",
        "p2tr-timed-now",
    },
    "threshold-met-later": {name for name in HOLDING if name.endswith(("timed", "till"))},
}
"""Those of scripts; a single key is `address-signed`."""


@pytest.mark.parametrize("name", HOLDING)
def test_a_proof_of_every_form_holds(name: str) -> None:
    address, signature = HOLDING[name]
    found = judge(address, signature)
    assert (found.word, found.digest, found.message) == ("proven", "bip322", MESSAGE)
    reason = next((reason for reason, names in REASONS.items() if name in names), "address-signed")
    assert found.reason == reason
    assert judge(address, signature, "another message").word == "failed"
    for other, (stranger, _) in HOLDING.items():
        if stranger != address:
            assert judge(stranger, signature).word in {"failed", "unsupported"}, other


@pytest.mark.parametrize("name", HOLDING)
@given(data=st.data())
def test_flipping_any_bit_proves_nothing(name: str, data: st.DataObject) -> None:
    address, text = HOLDING[name]
    flipped = bytearray(base64.b64decode(text[3:]))
    place = data.draw(st.integers(0, 8 * len(flipped) - 1))
    flipped[place // 8] ^= 1 << place % 8
    signature = text[:3] + base64.b64encode(flipped).decode()
    assert judge(address, signature).word != "proven"


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: base64.b64encode(b).decode()))
def test_any_text_gets_a_verdict(text: str) -> None:
    for address, _ in HOLDING.values():
        for mark in ("", "smp", "ful", "pof"):
            assert judge(address, mark + text).word in {"failed", "unsupported", "unsigned"}


def test_signatures_that_do_not_satisfy_the_script() -> None:
    assert judge(*p2wsh(1)).reason == "signature-invalid"
    assert judge(*p2wsh(3, 1)).reason == "signature-invalid"  # not in the order of the script
    assert judge(*p2wsh(1, 1)).reason == "signature-invalid"
    assert judge(*p2wsh(1, 2, 3)).reason == "signature-invalid"  # something is left over
    assert judge(*p2wsh(1, 4)).reason == "signature-invalid"


def test_scripts_that_cannot_be_judged_are_unsupported() -> None:
    anyone = b"\x51"
    assert judge(*p2wsh(script=anyone)).reason == "script-form"
    locked = b"\x02\xe0\x07\xb1\x75" + b"\x21" + public(1) + b"\xac"
    assert judge(*p2wsh(1, script=locked)).reason == "script-form"
    assert judge(*p2wsh(1, 1, script=multisig(2, 1, 1))).reason == "script-form"
    long = b"\x41" + secret(1).public_key.format(compressed=False)
    one_key_in_two_forms = b"\x52" + long + b"\x21" + public(1) + b"\x52\xae"
    assert judge(*p2sh(one_key_in_two_forms, 1, 1)).reason == "script-form"
    two_keys = b"\x52" + long + b"\x21" + public(2) + b"\x52\xae"
    assert judge(*p2sh(two_keys, 1, 2)).reason == "threshold-met"
    assert judge(*p2wsh(script=b"\x00" + multisig(1, 1)[1:])).reason == "script-invalid"
    address, _ = p2tr()
    for leaf, reason in ((Leaf(anyone), "script-form"), (Leaf(anyone, 0xC2), "signature-form")):
        assert judge(leaf.address, simple((anyone, leaf.control))).reason == reason
        annexed = simple((anyone, leaf.control, b"\x50"))
        assert judge(leaf.address, annexed).reason == "signature-form"
    assert judge(address, "pof" + base64.b64encode(b"x").decode()).reason == "signature-form"


@pytest.mark.parametrize("control", [b"", bytes(33), bytes(65), bytes(33 + 32 * 129)])
def test_a_script_that_the_output_key_does_not_commit_to_proves_nothing(control: bytes) -> None:
    address, _ = p2tr()
    leaf = Leaf(b"\x51")
    for wrong in (control, leaf.control, bytes([0xC0]) + control[1:]):
        assert judge(address, simple((b"\x51", wrong))).reason == "signature-invalid"
    assert judge(leaf.address, simple((b"\x51", control))).reason == "signature-invalid"
    other_parity = bytes([leaf.control[0] ^ 1]) + leaf.control[1:]
    assert judge(leaf.address, simple((b"\x51", other_parity))).reason == "signature-invalid"
    cut = leaf.control[:-1]
    assert judge(leaf.address, simple((b"\x51", cut))).reason == "signature-invalid"


TIME = 1 << 22
"""The mark of an age in units of 512 seconds (BIP-68)."""


@pytest.mark.parametrize(
    "changes",
    [
        {"sequence": AGE - 1},
        {"sequence": AGE | 1 << 31},
        {"sequence": AGE | TIME},
        {"version": 0},
    ],
)
@pytest.mark.parametrize("proof", [timed_p2wsh, timed_p2tr])
def test_a_branch_that_is_locked_proves_nothing(
    proof: Callable[..., tuple[str, str]], changes: dict[str, int]
) -> None:
    assert judge(*proof(LATER, **changes)).reason == "signature-invalid"
    assert judge(*proof(NOW, **changes)).word == "proven"
    assert judge(*proof(LATER, sequence=AGE + 1)).word == "proven"


@pytest.mark.parametrize(
    "changes",
    [
        {"lock_time": AGE - 1},
        {"lock_time": 500_000_000},
        {"lock_time": AGE, "sequence": 0xFFFFFFFF},
    ],
)
@pytest.mark.parametrize("x_only", [False, True])
def test_a_branch_for_a_later_date_proves_nothing_before_it(
    changes: dict[str, int], *, x_only: bool
) -> None:
    proof, script = (timed_p2tr if x_only else timed_p2wsh), timed(OP_CLTV, x_only=x_only)
    assert judge(*proof(LATER, script, **changes)).reason == "signature-invalid"
    assert judge(*proof(LATER, script, lock_time=AGE + 1)).word == "proven"


@pytest.mark.parametrize("proof", [timed_p2wsh, timed_p2tr])
def test_each_branch_has_its_key_and_its_selector(proof: Callable[..., tuple[str, str]]) -> None:
    for branch in ((2, b"\x01"), (1, b""), (3, b""), (1, b"\x02"), (2, b"\x00"), (1, b"\x01\x00")):
        assert judge(*proof(branch)).reason == "signature-invalid"


@pytest.mark.parametrize(
    "lock",
    [b"\x00", b"\x4f", b"\x01\x05", b"\x02\x7f\x00", b"\x02\xe0\x87", b"\x05\xe0\x07\x00\x80\x00"],
    ids=["zero", "minus-one", "no-opcode", "long", "negative", "no-lock"],
)
def test_a_lock_that_is_not_written_as_one_is_not_judged(lock: bytes) -> None:
    assert judge(*timed_p2wsh(script=timed(lock=lock))).reason == "script-form"


def test_a_lock_can_be_a_small_number_or_an_age_in_time() -> None:
    assert judge(*timed_p2wsh(script=timed(lock=b"\x60"), sequence=16)).word == "proven"
    assert judge(*timed_p2wsh(script=timed(lock=b"\x60"), sequence=15)).word == "failed"
    script = timed(lock=b"\x03" + (AGE | TIME).to_bytes(3, "little"))
    assert judge(*timed_p2wsh(script=script, sequence=AGE | TIME)).word == "proven"
    assert judge(*timed_p2wsh(script=script)).word == "failed"


def test_keys_of_the_other_segwit_version_are_not_judged() -> None:
    assert judge(*timed_p2wsh(script=timed(x_only=True))).reason == "script-form"
    assert judge(*timed_p2tr(script=timed())).reason == "script-form"


def test_signatures_are_strict() -> None:
    proof = Proof(segwit_text(b"\x00\x14" + hash160(public(1)), "bc"))
    (signature, key) = key_witness(proof)
    assert judge(proof.address, simple((signature, key))).word == "proven"
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    size = signature[3]
    s = int.from_bytes(signature[6 + size : -1], "big")
    high = (order - s).to_bytes(33, "big")
    r_part = signature[2 : 4 + size]
    body = r_part + b"\x02\x21" + high
    for wrong in (
        b"\x30" + bytes([len(body)]) + body + b"\x01",  # high s
        signature[:-1] + b"\x02",  # another kind of signature hash
        signature[:-1],
        signature[:1] + b"\x81" + signature[1:],  # a length in two bytes
        b"",
    ):
        assert judge(proof.address, simple((wrong, key))).word == "failed"
    uncompressed = secret(1).public_key.format(compressed=False)
    assert judge(proof.address, simple((signature, uncompressed))).word == "failed"
    assert judge(proof.address, simple((b"", signature, key))).word == "failed"
    assert judge(proof.address, proof.full((signature, key), b"\x00")).word == "failed"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"version": 1}, "signature-invalid"),
        ({"outputs": (Output(1, OP_RETURN),)}, "signature-invalid"),
        ({"outputs": ()}, "signature-invalid"),
        ({"inputs": (Input(bytes(36), b"", 0),)}, "signature-invalid"),
        ({"lock_time": 5}, "signature-invalid"),  # signed without it
    ],
)
def test_a_full_proof_is_the_payment_that_the_bip_describes(
    changes: dict[str, Any], reason: str
) -> None:
    proof = Proof(segwit_text(b"\x00\x14" + hash160(public(1)), "bc"))
    assert judge(proof.address, proof.full(key_witness(proof))).word == "proven"
    assert judge(proof.address, proof.full(key_witness(proof), **changes)).reason == reason


def test_further_inputs_prove_funds_not_ownership() -> None:
    proof = Proof(base58check_text(b"\x00" + hash160(public(1))))
    inputs = (*proof.transaction.inputs, Input(bytes(36), b"", 0))
    assert judge(proof.address, proof.full(inputs=inputs)).reason == "signature-form"


def test_where_the_rule_has_no_bip322_nothing_changes() -> None:
    rule = OwnershipRule("bitcoin", "utxo", DIGESTS[:2], (MESSAGE,), UTXO["BTC"])
    judged = verifier(rule)
    assert judged(row(*p2wpkh())).reason == "signature-malformed"
    assert judged(row(*p2tr())).reason == "taproot"


def test_a_row_with_another_kind_of_signature_is_judged_as_before() -> None:
    address, _ = p2tr()
    compact = base64.b64encode(bytes([31]) + bytes(64)).decode()
    assert judge(address, compact).reason == "taproot"
    assert judge(address, "").reason == "taproot"
    assert judge(p2wpkh()[0], compact).reason == "signature-invalid"


def test_a_simple_signature_is_for_segwit_addresses() -> None:
    proof = Proof(base58check_text(b"\x00" + hash160(public(1))))
    assert judge(proof.address, simple(key_witness(proof))).reason == "signature-invalid"
    address, signature = nested_simple()
    assert judge(address, simple(())).reason == "signature-invalid"
    without = {name: UTXO["BTC"][name] for name in UTXO["BTC"] if name != "bech32_hrp"}
    rule = OwnershipRule("old", "utxo", DIGESTS, (MESSAGE,), without)
    assert verifier(rule)(row(address, signature)).reason == "signature-invalid"


@pytest.mark.parametrize("name", ["p2wpkh", "p2sh-p2wpkh-simple", "p2tr", "p2tr-all"])
def test_an_independent_verifier_agrees(name: str) -> None:
    address, signature = HOLDING[name]
    # It returns None when the signature is good, and raises when it is not.
    assert independent.verify_simple_encoded(address, MESSAGE, signature[3:]) is None
    with pytest.raises(Exception, match=r".*"):
        independent.verify_simple_encoded(address, "another message", signature[3:])


# --- the BIP's own vectors -----------------------------------------------------------


def official(kind: str) -> list[dict[str, Any]]:
    if SHARED is None:
        return []
    return [
        entry
        for file in sorted((SHARED / "data" / "bip322").glob("*.json"))
        for entry in json.loads(file.read_text()).get(kind, [])
    ]


@pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)
@pytest.mark.parametrize("kind", ["simple", "full"])
def test_official_vectors_hold(kind: str) -> None:
    entries = official(kind)
    assert len(entries) >= 5
    for entry in entries:
        for signature in entry["bip322_signatures"]:
            found = judge(entry["address"], signature, entry["message"])
            assert (found.word, found.digest) == ("proven", "bip322"), entry["type"]


@pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)
def test_official_vectors_that_do_not_hold() -> None:
    entries = official("error")
    assert len(entries) >= 20
    for entry in entries:
        found = judge(entry["address"], entry["signature"], entry["message"])
        expected = "failed" if entry["signature"] else "unsigned"
        assert found.word == expected, entry["description"]


@pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)
def test_official_full_signatures_satisfy_their_scripts_whatever_they_say() -> None:
    """The messages of some are not published with them, but what they sign is in them."""
    found = set()
    for entry in official("error"):
        address, text = entry["address"], entry["signature"]
        if text.startswith("ful") and entry["description"].startswith("wrong message"):
            decoded = decode_address(address, scheme(UTXO["BTC"]))
            spent = Output(0, script_pubkey(decoded))
            transaction = decode(base64.b64decode(text[3:]))
            found.add(_satisfied(decoded, _Spending(spent, transaction, has_segwit=True)))
    assert found == HOLDING_REASONS


@pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)
def test_official_proofs_of_funds_are_unsupported() -> None:
    for entry in official("proof_of_funds"):
        for signature in entry["bip322_signatures"]:
            found = judge(entry["address"], signature, entry["message"])
            assert (found.word, found.reason) == ("unsupported", "signature-form")


@pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)
def test_official_hashes() -> None:
    for entry in official("tx_hashes"):
        hashed = digest("bip322", entry["message"])
        assert hashed.hex() == entry["message_hash"]
        script = script_pubkey(decode_address(entry["address"], scheme(UTXO["BTC"])))
        assert to_spend(script, hashed).id()[::-1].hex() == entry["to_spend_tx_hash"]
        to_sign = Proof(entry["address"], entry["message"]).transaction
        assert to_sign.id()[::-1].hex() == entry["to_sign_tx_hash"]
