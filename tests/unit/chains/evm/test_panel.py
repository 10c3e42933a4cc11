from __future__ import annotations

import pytest

from chains.errors import (
    CallReverted,
    Incapable,
    MalformedAnswer,
    ProviderError,
    RegistryError,
    Throttled,
    TimedOut,
    TooLarge,
    TransportFailure,
    UnresolvedReason,
    WrongState,
)
from chains.evm.blocks import Block
from chains.evm.panel import ATTEMPTS_KEPT, MOST_TELLING, Panel, attempts
from chains.evm.settings import EvmSettings
from tests.fakes.evm_scene import network
from tests.fakes.surroundings import FakeTime

BLOCK = Block(5, b"\x01" * 32, b"\x02" * 32, 3)
OTHER = Block(6, b"\x03" * 32, b"\x01" * 32, 4)


def _panel(*urls: str) -> Panel:
    return Panel(
        network(),
        urls or ("http://127.0.0.1:1", "http://127.0.0.1:2"),
        EvmSettings(),
        FakeTime().surroundings(),
    )


def test_wrong_state_puts_a_node_out_for_good() -> None:
    panel = _panel()
    first, second = panel.nodes
    panel.note(first, WrongState("stale"), BLOCK)
    assert panel.usable() == panel.usable(OTHER) == [second]


def test_missing_state_puts_a_node_out_for_that_block_only() -> None:
    panel = _panel()
    first, second = panel.nodes
    panel.note(first, Incapable("pruned"), BLOCK)
    assert panel.usable(BLOCK) == [second]
    assert panel.usable(OTHER) == panel.usable() == [first, second]


def test_denied_access_puts_a_node_out_for_good() -> None:
    panel = _panel()
    first, second = panel.nodes
    panel.note(first, Incapable("401", reason=UnresolvedReason.UNREACHABLE))
    assert panel.usable() == [second]


@pytest.mark.parametrize("error", [Throttled("slow"), TransportFailure("lost")])
def test_passing_trouble_leaves_a_node_in(error: ProviderError) -> None:
    panel = _panel()
    panel.note(panel.nodes[0], error, BLOCK)
    assert panel.usable(BLOCK) == list(panel.nodes)


def test_noted_error_names_its_node() -> None:
    panel = _panel()
    assert panel.note(panel.nodes[0], ProviderError("x")).source == "http://127.0.0.1:1"
    assert panel.note(panel.nodes[0], ProviderError("x", source="y")).source == "y"


def test_revert_without_a_call_is_a_malformed_answer() -> None:
    panel = _panel()
    noted = panel.note(panel.nodes[0], CallReverted("odd"))
    assert noted.reason is UnresolvedReason.MALFORMED_ANSWER


def test_most_telling_reason_is_given_and_all_tries_are_kept() -> None:
    panel = _panel()
    errors = [TransportFailure("lost", source="a"), WrongState("stale", source="b")]
    told = panel.unresolved(errors, ["a: lost", "b: stale"])
    assert told.reason is UnresolvedReason.WRONG_STATE
    assert told.detail == "b: stale"
    assert told.attempts == ("a: lost", "b: stale")


def test_without_errors_the_reason_is_why_nobody_is_left() -> None:
    panel = _panel()
    first, second = panel.nodes
    panel.note(first, WrongState("stale"))
    panel.note(second, Incapable("pruned"), BLOCK)
    told = panel.unresolved([], [], BLOCK)
    assert told.reason is UnresolvedReason.WRONG_STATE
    assert told.attempts == ("http://127.0.0.1:1: stale", "http://127.0.0.1:2: pruned")


def test_nobody_is_out_any_more_when_the_reason_is_asked_for() -> None:
    panel = _panel()
    told = panel.unresolved([], ["b: no answer"], BLOCK)
    assert told.reason is UnresolvedReason.UNREACHABLE
    assert "http://127.0.0.1:1, http://127.0.0.1:2" in told.detail
    assert told.attempts == ("b: no answer",)


def test_panel_without_nodes_says_so() -> None:
    panel = Panel(network(), [], EvmSettings(), FakeTime().surroundings())
    assert panel.unresolved([], []).reason is UnresolvedReason.NO_ENDPOINT


def test_every_kind_of_provider_error_has_its_rank() -> None:
    errors = (Incapable, MalformedAnswer, ProviderError, Throttled, TimedOut, TooLarge, WrongState)
    assert {kind("x").reason for kind in errors} <= set(MOST_TELLING)
    assert len(set(MOST_TELLING)) == len(MOST_TELLING)


def test_many_attempts_are_cut_in_the_middle() -> None:
    lines = [str(n) for n in range(1_000)]
    kept = attempts(lines)
    assert kept[0] == "0"
    assert kept[-1] == "999"
    assert len(kept) == ATTEMPTS_KEPT + 1
    assert kept[ATTEMPTS_KEPT // 2] == f"... {1_000 - ATTEMPTS_KEPT} more ..."
    assert attempts(lines[:ATTEMPTS_KEPT]) == tuple(lines[:ATTEMPTS_KEPT])


def test_network_without_rules_is_refused() -> None:
    with pytest.raises(RegistryError):
        Panel(network(number_opcode="l9"), ["http://x"], EvmSettings(), FakeTime().surroundings())
