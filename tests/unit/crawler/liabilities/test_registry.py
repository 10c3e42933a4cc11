from __future__ import annotations

import pytest

from crawler.liabilities.interface import LiabilitiesError
from crawler.liabilities.registry import SYSTEMS, choose, detect, named
from tests.unit.crawler.liabilities.files import held
from tests.unit.crawler.liabilities.test_okx_summary import PAGE
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
