"""The rules that span tables: each one broken on purpose."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.transport.labels import HTTP_SCHEMES
from crawler import settings
from crawler.errors import ConfigurationError
from crawler.registries import FAMILY_SCHEMES, endpoint_problem
from tests.unit.crawler.registry_files import ASSETS, ENTITY, NETWORKS, write_registry

if TYPE_CHECKING:
    from pathlib import Path


def problems(folder: Path, **replaced: str) -> list[str]:
    write_registry(folder, **replaced)
    with pytest.raises(ConfigurationError) as caught:
        settings.load(environment={}, folder=folder)
    return caught.value.problems


def swap(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"{old!r} is not there once"
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "chain_id = 42170",
            "chain_id = 1",
            "arbitrum-nova.chain_id: 1 is already ethereum",
        ),
        (
            "chain_id = 42170\n",
            "",
            "arbitrum-nova.chain_id: missing; an EVM network is known by it",
        ),
        (
            'title = "Bitcoin"',
            'title = "Bitcoin"\naliases = ["eth"]',
            "bitcoin.aliases: 'eth' already means ethereum",
        ),
        (
            'aliases = ["eth"]',
            'aliases = ["arbitrum-nova"]',
            "arbitrum-nova.aliases: 'arbitrum-nova' already means ethereum",
        ),
        (
            '"https://b.example"',
            '"wss://b.example"',
            "ethereum.endpoints.1: the URL must begin with http:// or https://",
        ),
        (
            'p2sh_version = "05"',
            'p2sh_versions = "05"',
            "bitcoin.address.p2sh_versions: unknown key; did you mean 'p2sh_version'?",
        ),
        (
            'p2sh_version = "05"',
            'p2sh_version = "5"',
            "bitcoin.address.p2sh_version: String should match pattern '^([0-9a-f]{2}){1,2}$'",
        ),
        (
            'number_opcode = "l1"',
            'number_opcode = "l2"',
            "arbitrum-nova.options.number_opcode: Input should be 'l1'",
        ),
        (
            "https://scan.example/{address}",
            "https://scan.example/",
            "ethereum.explorer: String should match pattern '^https://.*\\{address\\}.*$'",
        ),
        (
            "[bitcoin]",
            "[Bitcoin]\n[bitcoin]",
            "Bitcoin: String should match pattern '^[a-z0-9]+(-[a-z0-9]+)*$'",
        ),
        (
            "native_decimals = 8",
            "native_decimals = 8.0",
            "bitcoin.native_decimals: Input should be a valid integer",
        ),
    ],
)
def test_a_broken_network(tmp_path: Path, old: str, new: str, problem: str) -> None:
    found = problems(tmp_path, networks=swap(NETWORKS, old, new))
    assert f"networks.toml: {problem}" in found


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'asset = "USDT"',
            'asset = "USTD"',
            "forms.USDT@ethereum.asset: 'USTD' is not in [assets]",
        ),
        (
            'network = "ethereum"',
            'network = "etherium"',
            "forms.USDT@ethereum.network: no network named 'etherium'",
        ),
        (
            'network = "ethereum"',
            'network = "bitcoin"',
            "forms.USDT@ethereum: the name must end in @bitcoin, its network",
        ),
        (
            "0xdac17f958d2ee523a2206206994597c13d831ec7",
            "0xDAC17F958D2ee523a2206206994597C13D831ec7",
            "forms.USDT@ethereum.contract: must be 0x and 40 lower-case hex digits",
        ),
        (
            "0xdac17f958d2ee523a2206206994597c13d831ec7",
            "0xdac17f958d2ee523a2206206994597c13d831e",
            "forms.USDT@ethereum.contract: must be 0x and 40 lower-case hex digits",
        ),
        (
            'symbols = ["USDT"]',
            "",
            "forms.USDT@ethereum.symbols: missing; what may symbol() answer?",
        ),
        (
            "decimals = 6",
            "decimals = 6\nslot = -1",
            "forms.USDT@ethereum.slot: Input should be greater than or equal to 0",
        ),
        (
            "decimals = 6",
            "decimals = 6\nslot = 2\nslot_bits = 96",
            "forms.USDT@ethereum.slot_bits: Input should be 256, 255 or 128",
        ),
        (
            'network = "ethereum"',
            'network = "bitcoin"\nslot = 2',
            "forms.USDT@ethereum.slot: only for tokens of an EVM network",
        ),
        (
            'kind = "issued"',
            'kind = "native"',
            (
                "forms.USDT@ethereum.kind: Input should be 'issued', 'wrapped',"
                " 'custodian-issued', 'staked' or 'lent'"
            ),
        ),
        (
            "decimals = 6",
            "decimals = -6",
            "forms.USDT@ethereum.decimals: Input should be greater than or equal to 0",
        ),
        (
            '[forms."USDT@ethereum"]',
            '[forms."ETH@ethereum"]',
            "forms.ETH@ethereum: already the native coin of ethereum",
        ),
    ],
)
def test_a_broken_form(tmp_path: Path, old: str, new: str, problem: str) -> None:
    found = problems(tmp_path, assets=swap(ASSETS, old, new))
    assert f"assets.toml: {problem}" in found


def test_two_forms_of_one_contract(tmp_path: Path) -> None:
    form = ASSETS[ASSETS.index("[forms") :].replace("USDT@ethereum", "USDT.x@ethereum")
    assert problems(tmp_path, assets=ASSETS + form) == [
        "assets.toml: forms.USDT.x@ethereum.contract: already the contract of USDT@ethereum"
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            '{ form = "USDT@ethereum" }',
            '{ form = "USDT@ethereum", gap = "unknown" }',
            "coins.USDT: form already says asset and network, and leaves no gap",
        ),
        (
            '{ form = "USDT@ethereum" }',
            '{ network = "ethereum" }',
            "coins.USDT: neither form nor gap",
        ),
        (
            '{ form = "USDT@ethereum" }',
            '{ gap = "unknown" }',
            "coins.USDT: without form, network or family nothing is known of it",
        ),
        (
            'gap = "unknown"',
            'gap = "unknwon"',
            "coins.NOVA: gap 'unknwon' is not in [gaps]",
        ),
        (
            'gap = "unknown"',
            'gap = "unknown", asset = "ARB"',
            "coins.NOVA: asset 'ARB' is not in [assets] of assets.toml",
        ),
        (
            'network = "arbitrum-nova"',
            'network = "arbitrum-nov"',
            "coins.NOVA: no network named 'arbitrum-nov'",
        ),
        (
            'network = "arbitrum-nova"',
            'family = "evn"',
            "coins.NOVA: [digests] has no line for its family",
        ),
        (
            "\nUSDT = {",
            "\neth = {",
            "coins.eth: the same name is there twice (case does not matter)",
        ),
        (
            "arbitrum-nova = [",
            "nova = [",
            "network_digests.nova: no network named 'nova'",
        ),
        (
            'evm = ["evm-okx"]',
            "evm = []",
            "digests.evm: List should have at least 1 item after validation, not 0",
        ),
        (
            'messages = ["I own this"]',
            "messages = []",
            "messages: List should have at least 1 item after validation, not 0",
        ),
        (
            "block [0-9]+",
            "block [0-9",
            "fresh.0: not a regular expression: unterminated character set at position 20",
        ),
    ],
)
def test_a_broken_entity(tmp_path: Path, old: str, new: str, problem: str) -> None:
    found = problems(tmp_path, entity=swap(ENTITY, old, new))
    assert f"entities/example.toml: {problem}" in found


def test_a_sound_registry_gives_what_it_says(tmp_path: Path) -> None:
    loaded = settings.load(environment={}, folder=write_registry(tmp_path))
    assert set(loaded.forms) == {
        "ETH@ethereum", "ETH@arbitrum-nova", "BTC@bitcoin", "USDT@ethereum",
    }  # fmt: skip
    assert loaded.assets == {"ETH": "ETH", "BTC": "BTC", "USDT": "Tether USD"}
    coins = loaded.entity("example").coins
    assert {coin: mapping.gap for coin, mapping in coins.items()} == {
        "ETH": "",
        "USDT": "",
        "NOVA": "nobody knows",
    }
    nova = coins["NOVA"]
    assert (nova.asset, nova.network, nova.form, nova.decimals) == (
        None, "arbitrum-nova", None, None,
    )  # fmt: skip
    assert nova.rule is not None
    assert nova.rule.digests == ("okx-keccak",)
    assert coins["USDT"].decimals == 6
    assert coins["ETH"].unit == "ETH"
    assert loaded.networks["arbitrum-nova"].options == {"number_opcode": "l1"}
    assert loaded.networks["bitcoin"].address == {"p2pkh_version": "00", "p2sh_version": "05"}


@given(st.text())
def test_any_text_has_an_answer_as_an_endpoint(url: str) -> None:
    problem = endpoint_problem(url)
    assert problem is None or (problem and len(problem) < 60)
    if problem is None:
        assert url.lower().startswith(("http://", "https://"))


@pytest.mark.parametrize("family", ["aptos", "cardano", "cosmos"])
def test_every_scheme_that_a_family_reads_can_be_configured(family: str) -> None:
    """What a reader takes and the settings refuse is a method that nobody can use."""
    schemes = import_module(f"chains.{family}.balances").SCHEMES
    taken = [one for one in schemes if endpoint_problem(f"{one}://a.example", family) is None]
    assert sorted(taken) == sorted(schemes) != sorted(HTTP_SCHEMES)
    assert set(FAMILY_SCHEMES[family][0]) == set(schemes) - set(HTTP_SCHEMES)
