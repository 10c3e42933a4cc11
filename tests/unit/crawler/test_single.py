from __future__ import annotations

import json

import pytest

from chains.adapter import OwnershipMaterial
from chains.registry import FAMILIES
from crawler import settings as settings_module
from crawler.cli import run
from crawler.errors import ConfigurationError
from crawler.settings import Settings
from crawler.single import Examination, examine
from tests.unit.crawler.lists_of_ours import MESSAGE, address, signature
from tests.vectors.signing import MESSAGE as BITCOIN_STATEMENT
from tests.vectors.signing import base58check, compressed, hash160, text_signature


@pytest.fixture(scope="module")
def loaded() -> Settings:
    return settings_module.load(environment={})


def examined(
    loaded: Settings, network: str, cells: tuple[str, ...], message: str = MESSAGE
) -> Examination:
    text, first, *rest = cells
    material = OwnershipMaterial(text, message, first, *rest, *[""] * (5 - len(rest)))
    return examine(loaded.entity("okx"), loaded.network(network), material)


def marks(found: Examination) -> dict[str, str]:
    return {step.name: step.mark.value for step in found.steps}


def test_every_step_of_a_proof_is_ticked_off(loaded: Settings) -> None:
    found = examined(loaded, "ethereum", (address(1), signature(1)))
    assert set(marks(found).values()) == {"holds"}
    assert list(marks(found)) == [
        "rule", "address", "message", "signature", "evm-okx", "by evm-okx", "freshness",
    ]  # fmt: skip
    assert found.exit_code == 0
    assert f"whose address is {address(1)}" in found.text()
    assert found.text().count("✓") == 7
    assert "static" in found.text()
    assert json.loads(found.to_json())["freshness"] == "static"


def test_the_step_that_fails_is_the_one_that_is_crossed(loaded: Settings) -> None:
    stranger = examined(loaded, "ethereum", (address(1), signature(2)))
    assert (stranger.verdict.reason, stranger.exit_code) == ("wrong-signer", 1)
    assert f"whose address is {address(2)}" in stranger.text()
    assert marks(stranger)["by evm-okx"] == "fails"
    assert marks(examined(loaded, "ethereum", ("0x1", signature(1))))["address"] == "fails"
    malformed = examined(loaded, "ethereum", (address(1), signature(1)[:-2] + "99"))
    assert marks(malformed)["signature"] == "fails"
    assert marks(examined(loaded, "ethereum", (address(1), "0x12")))["signature"] == "not-checked"
    nothing = examined(loaded, "ethereum", (address(1), "0x" + "00" * 64 + "1b"))
    assert marks(nothing)["evm-okx"] == "fails"
    unsigned = examined(loaded, "ethereum", (address(1), ""))
    assert (unsigned.verdict.word, unsigned.exit_code) == ("unsigned", 3)
    assert marks(unsigned)["signature"] == "fails"


def test_a_message_that_is_not_agreed_is_examined_and_fails(loaded: Settings) -> None:
    found = examined(loaded, "ethereum", (address(1), signature(1, "hello")), "hello")
    assert found.verdict.reason == "message-not-agreed"
    assert marks(found)["message"] == "fails"
    assert marks(found)["by evm-okx"] == "holds"
    assert found.exit_code == 1


def test_every_form_of_the_utxo_family_and_every_digest(loaded: Settings) -> None:
    p2pkh = base58check(b"\x00" + hash160(compressed(1)))
    found = examined(loaded, "bitcoin", (p2pkh, text_signature(1)), BITCOIN_STATEMENT)
    assert found.verdict.word == "proven"
    assert marks(found)["bitcoin-message"] == "holds"
    assert "okx-keccak" not in marks(found)  # that is for signatures in hex
    head = "A" + text_signature(1)[1:]
    assert marks(examined(loaded, "bitcoin", (p2pkh, head)))["signature"] == "fails"
    tron = examined(loaded, "tron", ("TEjxQjU3CxkFrSDcPfHwZXSuPpCpdQ27NJ", signature(1)))
    assert {"tron-v1", "by tron-v2"} <= set(marks(tron))
    two = examined(loaded, "bitcoin", (p2pkh, text_signature(1), text_signature(2)))
    assert {"signature 1", "signature 2"} <= set(marks(two))


def test_what_cannot_be_examined_is_said(loaded: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="not Unicode"):
        examined(loaded, "ethereum", (address(1), signature(1)), "\udcff")
    monkeypatch.delitem(FAMILIES, "evm")
    with pytest.raises(ConfigurationError, match="no ownership rule for ethereum"):
        examined(loaded, "ethereum", (address(1), signature(1)))


def test_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    row = ["--network", "ethereum", "--address", address(1), "--message", MESSAGE]
    assert run(["ownership", *row, "--signature", signature(1)]) == 0
    assert "proven (address-signed)" in capsys.readouterr().out
    assert run(["ownership", *row, "--signature", signature(2), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["verdict"], document["exit_code"]) == ("failed", 1)
    assert [step["step"] for step in document["steps"]][:2] == ["rule", "address"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "name a LIST, or one row: --network, --address, --message missing"),
        (["--network", "ethereum"], "--address, --message missing"),
        (["list.csv", "--address", "0x"], "not both"),
        (["list.csv", "--script", "51"], "not both"),
        (
            ["--network", "ethereum", "--address", "0x", "--message", "m", "--out", "f"],
            "--out belongs to a LIST",
        ),
    ],
)
def test_what_is_asked_must_be_one_thing(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ownership", *arguments]) == 2
    assert says in capsys.readouterr().err
