from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import Parameter
from chains.encodings import base58check_text
from chains.errors import AddressError, ForeignAddress, RegistryError
from chains.utxo.addresses import Address, Form, canonical, decode, encode, scheme, script_pubkey
from tests.nodes.regtest import P2PK_FULL, P2PK_SHORT
from tests.unit.chains.rules import UTXO
from tests.vectors.text_forms import bech32, cashaddr

hashes = st.binary(min_size=20, max_size=20)
coins = st.sampled_from(sorted(UTXO))


@given(coins, hashes, st.sampled_from([Form.P2PKH, Form.P2SH]))
def test_legacy_round_trip(coin: str, digest: bytes, form: Form) -> None:
    network = scheme(UTXO[coin])
    assert decode(encode(Address(form, digest), network), network) == Address(form, digest)


@given(st.sampled_from(["BTC", "LTC", "BTG", "DGB", "QTUM"]), st.binary(min_size=32, max_size=32))
def test_segwit_round_trip(coin: str, program: bytes) -> None:
    network = scheme(UTXO[coin])
    for address in (
        Address(Form.P2WPKH, program[:20]),
        Address(Form.P2WSH, program),
        Address(Form.P2TR, program),
    ):
        assert decode(encode(address, network), network) == address


@given(hashes)
def test_a_cashaddr_and_its_legacy_form_are_one_account(digest: bytes) -> None:
    parameters = UTXO["BCH"]
    for version, form, legacy in ((0, Form.P2PKH, b"\0"), (8, Form.P2SH, b"\5")):
        text = cashaddr("bitcoincash", bytes([version]) + digest)
        accounts = {
            canonical(found, parameters)
            for found in (
                text,
                text.upper(),
                text.partition(":")[2],
                base58check_text(legacy + digest),
            )
        }
        assert accounts == {script_pubkey(Address(form, digest))}


@given(coins, coins, hashes)
def test_an_address_is_sound_foreign_or_shared_but_never_something_else(
    coin: str, other: str, digest: bytes
) -> None:
    text = encode(Address(Form.P2PKH, digest), scheme(UTXO[coin]))
    shares = UTXO[coin]["p2pkh_version"] == UTXO[other]["p2pkh_version"]
    if shares:
        assert decode(text, scheme(UTXO[other])) == Address(Form.P2PKH, digest)
    elif UTXO[coin]["p2pkh_version"] == UTXO[other]["p2sh_version"]:
        assert decode(text, scheme(UTXO[other])).form is Form.P2SH
    else:
        with pytest.raises(ForeignAddress):
            decode(text, scheme(UTXO[other]))


def test_output_scripts() -> None:
    # BIP-173's examples of the generator's key, and the scripts of BIP-16 and BIP-341.
    assert canonical("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", UTXO["BTC"]).hex() == (
        "0014751e76e8199196d454941c45d1b3a323f1433bd6"
    )
    assert (
        script_pubkey(Address(Form.P2PKH, b"x" * 20)) == b"\x76\xa9\x14" + b"x" * 20 + b"\x88\xac"
    )
    assert script_pubkey(Address(Form.P2SH, b"x" * 20)) == b"\xa9\x14" + b"x" * 20 + b"\x87"
    assert script_pubkey(Address(Form.P2TR, b"x" * 32)) == b"\x51\x20" + b"x" * 32


@pytest.mark.parametrize(
    ("coin", "text"),
    [
        ("BTC", "mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8"),
        ("BTC", "2MsFDzHRUAMpjHxKyoEHU3aMCMsVtMqs1PV"),
        ("BTC", "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx"),
        ("BTC", "D88nEGmzSqNPocgTJnTUsrs8rURrZF6WXv"),
        ("BTC", "t1LsHhMFV7kFhsFYkWdH3TuoTDzte4qAWVU"),
        ("BCH", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
        ("BCH", "ecash:qq8d5lh8c78sraajk2ndeqvgqjhdu58zny7etakvlm"),
        ("BTC", "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"),
        ("DOGE", "ltc1q77gn7mgmtsqe923fn8hyjh59vrl6c28ua4hphdek2ys8mdlp65zqf9938q"),
    ],
)
def test_sound_addresses_of_other_networks(coin: str, text: str) -> None:
    with pytest.raises(ForeignAddress):
        canonical(text, UTXO[coin])


@pytest.mark.parametrize(
    "text",
    ["", "1", ":", "bc1", "bc1q", "BC1", "1DcT5Wij5tfb3oVViF8mA8p4WrG98ahZPU", "a" * 1_000_000,
     "0079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", "\0", "\ud800", "ecash:",
     " 1DcT5Wij5tfb3oVViF8mA8p4WrG98ahZPT", base58check_text(b"\0" * 20),
     base58check_text(b"\0" * 30)],
)  # fmt: skip
@pytest.mark.parametrize("coin", ["BTC", "BCH", "ZEC"])
def test_what_no_network_reads(coin: str, text: str) -> None:
    with pytest.raises(AddressError) as refusal:
        canonical(text, UTXO[coin])
    assert not isinstance(refusal.value, ForeignAddress)


def test_forms_without_a_rule_are_kept_apart() -> None:
    token_aware = cashaddr("bitcoincash", b"\x10" + bytes(20))
    long_hash = cashaddr("bitcoincash", b"\x0b" + bytes(32))
    network = scheme(UTXO["BCH"])
    assert decode(token_aware, network).form is decode(long_hash, network).form is Form.OTHER
    assert canonical(token_aware, UTXO["BCH"]) != canonical(long_hash, UTXO["BCH"])
    with pytest.raises(AddressError):
        encode(decode(long_hash, network), network)
    with pytest.raises(AddressError):
        encode(Address(Form.P2WSH, bytes(32)), network)
    with pytest.raises(AddressError):
        encode(Address(Form.P2PKH, bytes(20)), scheme({"p2sh_version": "05"}))


def test_a_network_may_have_several_versions() -> None:
    parameters: dict[str, Parameter] = {"p2pkh_version": "30", "p2sh_version": ("32", "05")}
    network = scheme(parameters)
    assert decode(base58check_text(b"\x05" + bytes(20)), network).form is Form.P2SH
    assert decode(base58check_text(b"\x32" + bytes(20)), network).form is Form.P2SH


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"bech32_hrp": "bc"},
        {"p2pkh_version": "zz"},
        {"p2pkh_version": 0},
        {"p2pkh_version": "00", "bech32_hrp": 5},
        {"p2pkh_version": "00", "cashaddr_prefix": True},
    ],
)
def test_unusable_parameters(parameters: dict[str, Parameter]) -> None:
    with pytest.raises(RegistryError):
        scheme(parameters)


def test_a_witness_program_of_a_foreign_length_is_refused() -> None:
    with pytest.raises(AddressError):
        canonical(bech32("bc", b"\0" * 20), UTXO["BTC"])  # no witness version in front


@pytest.mark.parametrize("form", [P2PK_SHORT, P2PK_FULL])
def test_a_public_key_stands_for_the_output_of_exactly_its_bytes(form: bytes) -> None:
    key = form[1:-1]
    network = scheme(UTXO["BTC"])
    for text in (key.hex(), key.hex().upper()):
        address = decode(text, network)
        assert address == Address(Form.P2PK, key)
        assert canonical(text, UTXO["BTC"]) == script_pubkey(address) == form
    assert encode(Address(Form.P2PK, key), network) == key.hex()


@pytest.mark.parametrize(
    "text", ["02" + "05" * 32, "05" + "11" * 32, "06" + "11" * 64, "0x" + "11" * 32]
)
def test_hex_that_is_no_key_is_no_address(text: str) -> None:
    with pytest.raises(AddressError):
        decode(text, scheme(UTXO["BTC"]))
