from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from crawler.tables import ENTITY, LIMITS, NETWORKS, USER, check, nearest, parse

SOUND = """
[base]
title = "Base"
family = "evm"
native_asset = "ETH"
native_decimals = 18
"""


def test_what_is_left_out_has_its_default() -> None:
    problems: list[str] = []
    tables = parse(SOUND, "networks.toml", NETWORKS, problems)
    assert problems == []
    assert tables is not None
    base = tables["base"]
    assert (base.finality, base.aliases, base.endpoints, base.chain_id) == (
        "finalized", [], [], None,
    )  # fmt: skip
    assert base.address.model_dump(exclude_none=True) == {}


def test_every_mistake_of_a_file_is_a_line_with_file_and_key_path() -> None:
    problems: list[str] = []
    text = SOUND.replace('"ETH"', "17").replace('title = "Base"', 'titel = "Base"\naliases = ["A"]')
    assert parse(text, "networks.toml", NETWORKS, problems) is None
    assert sorted(problems) == [
        ("networks.toml: base.aliases.0: String should match pattern '^[a-z0-9]+(-[a-z0-9]+)*$'"),
        "networks.toml: base.native_asset: Input should be a valid string",
        "networks.toml: base.titel: unknown key; did you mean 'title'?",
        "networks.toml: base.title: missing",
    ]


def test_broken_toml_is_one_line_with_its_place() -> None:
    problems: list[str] = []
    assert parse("[base\n", "networks.toml", NETWORKS, problems) is None
    assert len(problems) == 1
    assert problems[0].startswith("networks.toml: not valid TOML: ")
    assert "line 1" in problems[0]


def test_a_key_twice_is_not_the_last_one_wins() -> None:
    problems: list[str] = []
    assert parse(SOUND + 'title = "Bass"\n', "networks.toml", NETWORKS, problems) is None
    assert len(problems) == 1


def test_numbers_texts_and_truth_values_are_not_mixed_up() -> None:
    limits: dict[str, object] = dict.fromkeys(
        ("run_timeout_s", "call_timeout_s", "connect_timeout_s", "attempts", "concurrency",
         "account_concurrency",
         "requests_per_s", "addresses_per_call", "calls_per_batch", "workers"), 1,
    )  # fmt: skip
    limits["answer_bytes"] = 4096
    assert check(limits, "f", LIMITS, []) is not None
    for wrong in (True, "1", 1.0, None, [1]):
        problems: list[str] = []
        assert check({**limits, "attempts": wrong}, "f", LIMITS, problems, "limits.") is None
        assert problems == ["f: limits.attempts: Input should be a valid integer"]


def test_a_known_key_in_the_wrong_place_is_not_suggested_to_itself() -> None:
    problems: list[str] = []
    assert parse("chain_id = 1", "f", USER, problems) is None
    assert problems == ["f: chain_id: unknown key"]


def test_a_key_cannot_bring_control_characters_to_the_terminal() -> None:
    problems: list[str] = []
    assert parse('"a\\u001b[31m\\nb" = 1', "f", USER, problems) is None
    assert problems == ["f: a[31m b: unknown key"]


def test_the_nearest_word_only_when_it_is_near() -> None:
    assert nearest("endpoint", ["endpoints", "limits"]) == "; did you mean 'endpoints'?"
    assert nearest("colour", ["endpoints", "limits"]) == ""


@given(st.text())
def test_any_text_is_a_table_or_at_least_one_line(text: str) -> None:
    adapters: tuple[TypeAdapter[Any], ...] = (NETWORKS, ENTITY, USER)
    for adapter in adapters:
        problems: list[str] = []
        content = parse(text, "f", adapter, problems)
        assert (content is None) == bool(problems)
        assert all(problem.startswith("f: ") for problem in problems)
