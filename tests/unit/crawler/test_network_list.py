from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from chains.adapter import Reach
from chains.registry import Networks
from crawler import settings
from crawler.cli import run
from crawler.network_list import states

LOADED = settings.load(environment={})
STATES = {state.network.name: state for state in states(LOADED)}
OKX = LOADED.entities["okx"]


def test_every_network_is_in_one_of_three_states_and_says_why() -> None:
    assert list(STATES) == list(LOADED.networks)
    for state in STATES.values():
        assert state.reach in Reach
        assert state.why
        assert state.best.needs


def test_a_family_without_code_is_not_possible() -> None:
    toyland = replace(LOADED.networks["ethereum"], name="toyland", family="toy", aliases=())
    known = Networks([toyland, LOADED.networks["ethereum"]])
    toy, ethereum = states(replace(LOADED, networks=known))
    assert (toy.reach, ethereum.reach) == (Reach.NONE, Reach.EXACT)
    assert toy.why.startswith("no family named 'toy'")


def test_every_name_of_okx_ends_in_a_state_or_says_what_is_not_known() -> None:
    unknown = {
        name
        for name, mapping in OKX.coins.items()
        if (mapping.network not in STATES) and not mapping.gap
    }
    assert not unknown
    of_okx = {mapping.network for mapping in OKX.coins.values() if mapping.network is not None}
    assert len(of_okx) > 100
    reached = {STATES[name].reach for name in of_okx}
    assert reached == set(Reach)


@pytest.mark.parametrize(
    ("network", "reach"),
    [
        ("ethereum", Reach.EXACT),
        ("beacon", Reach.EXACT),
        ("bitcoin", Reach.EXACT),
        ("xrpl", Reach.EXACT),
        ("tron", Reach.EXACT),
        ("algorand", Reach.PARTIAL),
        ("siacoin", Reach.NONE),
    ],
)
def test_states_of_some_networks(network: str, reach: Reach) -> None:
    assert STATES[network].reach is reach


def test_a_network_whose_table_lacks_what_its_reader_needs_is_not_possible() -> None:
    """Its family reads others; the reason names what is missing."""
    shiden = LOADED.networks["shiden"]
    assert STATES[shiden.name].reach is Reach.EXACT
    nameless = replace(LOADED, networks=Networks([replace(shiden, options={})]))
    (state,) = states(nameless)
    assert state.reach is Reach.NONE
    assert state.best.reach is Reach.EXACT
    assert "genesis" in state.why


@pytest.mark.parametrize(
    ("coin", "network", "reach"),
    [
        ("SDN", "shiden", Reach.EXACT),
        ("AVAIL", "avail", Reach.EXACT),
        ("CFG_DOT", "centrifuge", Reach.EXACT),
        ("CLV", "clover", Reach.EXACT),
        ("DORA", "dora-vota", Reach.EXACT),
        ("PI", "pi", Reach.PARTIAL),
    ],
)
def test_names_whose_ledger_a_reader_knows_are_no_gap(
    coin: str, network: str, reach: Reach
) -> None:
    assert OKX.coins[coin].network == network
    assert not OKX.coins[coin].gap
    assert STATES[network].reach is reach


def test_the_list_as_text_names_every_network_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["networks"]) == 0
    text = capsys.readouterr().out
    rows = re.findall(r"^ {6}([a-z0-9-]+) +(no endpoint|\d+ endpoints?)$", text, re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(LOADED.networks)
    for title in ("exact at a height", "replayed or recent only", "not possible"):
        (number,) = re.findall(rf"^{title} \((\d+)\)$", text, re.MULTILINE)
        assert int(number) > 0
    assert dict(rows)["solana"] == "no endpoint"


def test_the_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    endpoint = "https://key@xrpl.example/path"
    assert run(["networks", "--json", "--endpoint", f"xrpl={endpoint}"]) == 0
    text = capsys.readouterr().out
    assert "key@" not in text
    found = json.loads(text)["networks"]
    assert list(found) == list(LOADED.networks)
    xrpl = found["xrpl"]
    assert (xrpl["state"], xrpl["assurance"], xrpl["endpoints"]) == ("exact", "node", 1)
    assert xrpl["methods"][0]["needs"] == xrpl["needs"]
    siacoin = found["siacoin"]
    assert (siacoin["state"], siacoin["assurance"]) == ("not-possible", None)
    assert siacoin["why"]


def test_a_mistaken_flag_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["networks", "--endpoint", "no-such=https://a.example"]) == 2
    assert "no-such" in capsys.readouterr().err
