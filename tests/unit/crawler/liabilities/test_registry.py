from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.liabilities.interface import (
    HEAD_BYTES,
    HeldFile,
    LiabilitiesError,
    Request,
    System,
)
from crawler.liabilities.registry import SYSTEMS, choose, detect, named
from tests.unit.crawler.liabilities.files import held
from tests.unit.crawler.liabilities.test_okx_summary import INFO, PAGE
from tests.vectors import liability_proofs as made

MADE = {
    "okx-merkle-v1": made.okx_v1(1),
    "okx-merkle-v2": made.okx_v2(1)[0],
    "phemex": made.id_table(1),
    "bybit": made.bybit(1),
    "bitget": made.bitget(1),
    "mexc": made.mexc(1),
    "coinex": made.coinex(1),
    "bitmex": made.bitmex(1)[0],
    "okx-summary": PAGE,
    "generic": {"BTC": "1"},
}


@pytest.mark.parametrize("name", sorted(MADE))
def test_every_system_is_told_by_its_files_alone(name: str) -> None:
    assert detect([held(MADE[name])]).name == name
    assert choose("auto", [held(MADE[name])]).name == choose(name, []).name == name


@pytest.mark.parametrize("name", ["okx-merkle-v1", "bybit", "bitget", "mexc", "coinex"])
def test_a_long_path_in_front_hides_nothing(name: str) -> None:
    made_here = MADE[name]
    proof = json.loads(made_here) if isinstance(made_here, str) else made_here
    assert isinstance(proof, dict)
    key = "pathList" if name == "mexc" else "path"
    long = {key: [*[{}] * HEAD_BYTES, *proof[key]]}
    file = held(long | {member: proof[member] for member in proof if member != key})
    assert detect([file]).name == name
    assert detect([file] * 5).name == name


@pytest.mark.parametrize("page", [PAGE, "<html>" + " " * HEAD_BYTES + PAGE, INFO])
def test_the_page_is_told_from_the_zk_proof_given_with_it(page: object) -> None:
    proof = held({"root_vd_digest": {}, "proof": {}})
    assert detect([held(page), proof]).name == "okx-summary"
    assert detect([proof]).name == "okx-zk-v2"


def test_a_document_too_long_to_be_seen_whole_is_not_read() -> None:
    class Unreadable(HeldFile):
        def read(self, limit: int = 0) -> bytes:
            raise LiabilitiesError("too long")

    with pytest.raises(LiabilitiesError, match="no system takes these files"):
        detect([Unreadable("x.json", b"{" + b" " * HEAD_BYTES)])


def test_every_system_has_a_name_of_its_own_and_says_what_it_shows() -> None:
    names = [system.name for system in SYSTEMS]
    assert len(set(names)) == len(names)
    assert set(MADE) <= set(names)
    assert all(system.scope and all(system.scope) for system in SYSTEMS)


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_nothing_is_taken_of_nothing(system: object) -> None:
    recognises = system.recognises  # type: ignore[attr-defined]
    assert not recognises([])
    assert not recognises([held("\x00\xff junk")])


def test_unknown_names_and_files_are_said_to_be_unknown() -> None:
    with pytest.raises(LiabilitiesError, match="no system is called") as caught:
        named("okx")
    assert "okx-merkle-v1" in caught.value.hint
    with pytest.raises(LiabilitiesError, match=r"no system takes these files: proof\.json"):
        detect([held("junk")])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("asset,amount\nBTC,-1\n", "'-1' is no amount of BTC"),
        ("asset,amount\nBTC,1\nBTC,2\n", "BTC stands there twice"),
        ('{"BTC":"1","BTC":"2"}', "the key 'BTC' stands twice"),
    ],
)
def test_a_list_of_amounts_that_is_refused_says_why(content: str, reason: str) -> None:
    with pytest.raises(LiabilitiesError, match=reason):
        choose("auto", [held(content)])


KEYS = st.sampled_from(
    ["self", "path", "pathList", "root", "balances", "balance", "hash", "type", "height", "level",
     "nonce", "userHash", "nodes", "totalBalances", "BTC", "auditRootInfo", "liabilityBalances"]
)  # fmt: skip
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "1", "ab" * 32]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=15,
)


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.binary(max_size=300) | DOCUMENTS, max_size=3))
def test_any_files_are_judged_or_refused_by_every_system(
    system: System, contents: list[object]
) -> None:
    files = [
        HeldFile("x", content if isinstance(content, bytes) else json.dumps(content).encode())
        for content in contents
    ]
    assert system.recognises(files) in {True, False}
    for ask in (system.verify, system.include):
        try:
            assert ask(files, Request()).checks
        except LiabilitiesError:
            continue


def test_a_customers_file_is_no_table_of_ids() -> None:
    with pytest.raises(LiabilitiesError, match="without the tree"):
        choose("okx-merkle-v2", []).verify([held(made.okx_v2(1)[1])], Request())
    tree, own = (held(content) for content in made.okx_v2(1))
    with pytest.raises(LiabilitiesError, match="without the tree"):
        choose("okx-merkle-v2", []).include([own, tree], Request())
    assert not named("phemex").recognises([held(made.okx_v2(1)[1])])
