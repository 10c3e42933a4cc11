from __future__ import annotations

from types import SimpleNamespace

import pytest

from chains.adapter import Assurance, Method, Reach
from chains.errors import RegistryError
from chains.methods import ELSEWHERE, WITHOUT, best, methods
from chains.registry import FAMILIES, family_module

EXACT, PARTIAL, NONE = (Method(reach, Assurance.NODE, "a node", "It.") for reach in Reach)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_says_how_it_reads_balances_or_why_not(family: str) -> None:
    found = methods(family)
    assert found
    for method in found:
        assert method.needs
        assert method.detail.endswith(".")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_balances_or_a_reason_never_both(family: str) -> None:
    if family in WITHOUT:
        assert best(methods(family)).reach is Reach.NONE
        with pytest.raises(RegistryError, match="has no balances"):
            family_module(family, "balances")
    elif family not in ELSEWHERE:
        assert best(methods(family)).reach is not Reach.NONE
        assert callable(family_module(family, "balances").reader)


def test_reasons_are_of_known_families() -> None:
    assert {*WITHOUT, *ELSEWHERE} <= set(FAMILIES)


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(RegistryError, match="no family named 'evn'"):
        methods("evn")


def test_a_family_that_does_not_say_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chains.methods.family_module", lambda *_: SimpleNamespace())
    with pytest.raises(RegistryError, match="'xrpl' does not say how it reads balances"):
        methods("xrpl")


def test_the_best_method_is_the_one_of_widest_reach() -> None:
    assert best([NONE, PARTIAL, EXACT]) is EXACT
    assert best([NONE, PARTIAL]) is PARTIAL
    other = EXACT._replace(needs="another")
    assert best([other, EXACT]) is other
