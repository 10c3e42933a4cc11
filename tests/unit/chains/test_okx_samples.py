"""Every sample line of the judged families gets the agreed verdict. Needs the sample data."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest

from chains.adapter import OwnershipMaterial, OwnershipWord
from chains.encodings import base64_bytes
from chains.errors import AddressError
from chains.messages import digest
from chains.owners import NULL_TOKENS
from chains.signatures import is_public_key, recover
from chains.utxo.addresses import Form, decode, scheme
from chains.utxo.scripts import parse_multisig
from tests.shared_data import SHARED, WITHOUT_SHARED
from tests.unit.chains.rules import UTXO, row, rule_of, verifier_of

pytestmark = pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)

Line = dict[str, Any]


def lines(name: str) -> list[Line]:
    if SHARED is None:
        return []
    text = (SHARED / "data" / "okx" / name).read_text()
    return [json.loads(line) for line in text.splitlines()]


def coins() -> dict[str, tuple[str, str]]:
    if SHARED is None:
        return {}
    table = json.loads((SHARED / "data" / "okx" / "coins.json").read_text())
    return {coin["coin"]: (coin["family"], coin["address_type"]) for coin in table}


COINS = coins()


def numbered(chosen: list[Line]) -> list[Any]:
    """Return the lines as parameters whose ids are distinct and readable."""
    return [
        pytest.param(line, id=f"{number}-{line.get('coin', line.get('kind', ''))}")
        for number, line in enumerate(chosen)
    ]


def of_kind(kind: str) -> list[Line]:
    return [line for line in lines("vectors.jsonl") if line["kind"] == kind]


def of_row(cells: list[str]) -> tuple[str, OwnershipMaterial]:
    """Read a CSV row of the 9, 11 or 12 column layouts."""
    cells = ["" if cell.strip() in NULL_TOKENS else cell.strip() for cell in cells]
    staking = ""
    if len(cells) == 12:
        kind = cells.pop(1).lower()
        staking = "" if kind == "non staking" else kind
    cells += [""] * (11 - len(cells))
    return cells[0], OwnershipMaterial(
        cells[3], cells[5], cells[6], cells[7], cells[8], cells[9], cells[10], staking
    )


def of_fields(line: Line) -> OwnershipMaterial:
    row_type = line.get("row_type", "").lower()
    return row(
        line.get("address", ""),
        line["signature1"],
        message=line["message"],
        signature2=line.get("signature2") or "",
        key=line.get("script_or_pubkey") or "",
        owner1=line.get("eoa1", ""),
        owner2=line.get("eoa2", ""),
        staking="" if row_type == "non staking" else row_type,
    )


def verdict_of(coin: str, material: OwnershipMaterial) -> OwnershipWord:
    return verifier_of(*(COINS[coin][0], coin, COINS[coin][1]))(material).word


def has_rule(line: Line) -> bool:
    coin = line.get("coin", "")
    return coin in COINS and rule_of(COINS[coin][0], coin, COINS[coin][1]) is not None


VECTORS = [line for line in lines("vectors.jsonl") if has_rule(line)]
SIGNED = [line for line in VECTORS if "signature1" in line and line["kind"] != "recover-pubkey"]
DERIVATIONS = [line for line in lines("derivations.jsonl") if has_rule(line)]


@pytest.mark.parametrize("line", numbered(SIGNED))
def test_published_rows_hold(line: Line) -> None:
    material = of_fields(line)
    by_owner = material.owner1 or material.staking
    expected = OwnershipWord.KEY_ONLY if by_owner else OwnershipWord.PROVEN
    assert verdict_of(line["coin"], material) is expected


def test_the_sample_is_not_empty() -> None:
    assert len(SIGNED) >= 45
    assert len(DERIVATIONS) >= 100


@pytest.mark.parametrize("line", numbered(DERIVATIONS))
def test_the_signers_address_and_no_other_is_proven(line: Line) -> None:
    own = of_fields(line)
    assert verdict_of(line["coin"], own) is OwnershipWord.PROVEN
    foreign = own._replace(address=line["foreign_address"])
    assert verdict_of(line["coin"], foreign) is OwnershipWord.FAILED


def adversarial() -> list[tuple[str, str, OwnershipMaterial, str | None]]:
    """Return (id, coin, material, verdict) of all lines that are about signatures."""
    found = []
    for line in lines("adversarial.jsonl"):
        if "row" in line:
            coin, material = of_row(next(csv.reader([line["row"]])))
        else:
            coin = line["network"]
            material = of_row(
                [coin, "", "", line["address"], "", line["message"], line["signedMessage"],
                 line["signedMessage2"], line["publicKey"], line["owner1"], line["owner2"]]
            )[1]  # fmt: skip
        if line["id"].startswith("amount-"):
            continue
        found.append((line["id"], coin, material, line["verdict"]))
    return found


ADVERSARIAL = [case for case in adversarial() if has_rule({"coin": case[1]})]


@pytest.mark.parametrize("case", ADVERSARIAL, ids=lambda case: case[0])
def test_rows_that_deceive_a_careless_verifier(
    case: tuple[str, str, OwnershipMaterial, str | None],
) -> None:
    identity, coin, material, expected = case
    word = verdict_of(coin, material)
    if expected is None:  # either rule is defensible: ours accepts high-s, and binds the address
        assert word == ("proven" if identity.endswith("high-s") else "failed")
    else:
        assert word == expected


@pytest.mark.parametrize("line", numbered(of_kind("address-type")))
def test_forms_of_addresses(line: Line) -> None:
    text = line["address"]
    network = scheme(UTXO["BTC"] | {"cashaddr_prefix": text.partition(":")[0]})
    if text.startswith("bitcoincash:"):  # the reference passes it, with the checksum of ecash:
        with pytest.raises(AddressError):
            decode(text, network)
    else:
        assert decode(text, network).form is Form(line["expected_type"].lower())


@pytest.mark.parametrize("line", numbered(of_kind("descriptor")))
def test_published_scripts_are_two_of_three(line: Line) -> None:
    script = bytes.fromhex(line["script_or_pubkey"])
    multisig = parse_multisig(script)
    if len(script) == 33:
        assert multisig is None
        assert is_public_key(script)
    else:
        assert multisig is not None
        assert (multisig.required, len(multisig.keys)) == (2, 3)
        assert all(is_public_key(key) for key in multisig.keys)


@pytest.mark.parametrize("line", numbered(of_kind("recover-pubkey")))
def test_published_signatures_recover_a_key(line: Line) -> None:
    signature = base64_bytes(line["signature1"], 65)
    assert signature is not None
    header = str(UTXO[line["coin"]]["message_header"])
    signed = digest("bitcoin-message", line["message"], header)
    key = recover(signature[1:], (signature[0] - 27) & 3, signed)
    assert key is not None
    assert is_public_key(key)
