from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.liabilities.interface import LiabilitiesError
from crawler.liabilities.okx_full_tree import BrokenTreeError, Tree, TreeReader
from tests.unit.crawler.liabilities.files import held
from tests.unit.crawler.liabilities.test_blocks import Slow
from tests.vectors.liability_proofs import okx_v2


def read(text: str) -> Tree:
    return TreeReader(held(text)).read()


@settings(max_examples=30)
@given(st.integers(1, 17), st.integers(0, 5), st.integers(40, 5000))
def test_trees_of_any_size_hold_however_they_come(customers: int, seed: int, step: int) -> None:
    text, _ = okx_v2(seed, customers)
    tree = TreeReader(Slow(text.encode(), step)).read()
    assert tree.wrong_count == 0
    assert tree.nodes == text.count("\n")
    assert tree.levels[-1].lines - tree.levels[-1].has_padding == 2 * customers


def test_the_sums_are_those_of_the_leaves() -> None:
    text, _ = okx_v2(1, 5)
    tree = read(text)
    assert tree.root is not None
    assert [format(each.normalize(), "f") for each in tree.sums] == list(tree.root[2:])


def test_a_tree_of_one_leaf() -> None:
    tree = read(f'{"ab" * 32},1,{{"BTC":"1","ETH":"0","USDT":"2.5"}}\n')
    assert [str(each) for each in tree.sums] == ["1", "0", "2.5"]


def is_broken(text: str) -> bool:
    try:
        return bool(read(text).wrong_count)
    except BrokenTreeError as error:
        return error.check.name == "levels"


def lines_of(customers: int = 5) -> list[str]:
    return okx_v2(1, customers)[0].splitlines(keepends=True)


def test_an_inner_node_that_does_not_follow_is_quoted() -> None:
    lines = lines_of()
    lines[1] = lines[1].replace('"BTC":"', '"BTC":"1')
    tree = read("".join(lines))
    assert tree.wrong_count == 2  # itself, and the root above it
    assert lines[1].strip() in tree.wrong[1]


@pytest.mark.parametrize("place", range(22))
def test_a_missing_line_breaks_the_tree(place: int) -> None:
    lines = lines_of()
    del lines[place]
    assert is_broken("".join(lines))


@pytest.mark.parametrize("place", range(23))
def test_a_line_that_stands_there_twice_breaks_the_tree(place: int) -> None:
    lines = lines_of()
    lines.insert(place, lines[place])
    assert is_broken("".join(lines))


def test_lines_in_another_order_break_the_tree() -> None:
    lines = lines_of()
    lines[-1], lines[-2] = lines[-2], lines[-1]
    assert read("".join(lines)).wrong_count


def test_a_padding_node_with_a_balance_is_no_padding_node() -> None:
    lines = lines_of()
    place = next(number for number, line in enumerate(lines) if '"BTC":"0","ETH":"0"' in line)
    lines[place] = lines[place].replace('"BTC":"0"', '"BTC":"1"')
    with pytest.raises(BrokenTreeError):
        read("".join(lines))


@pytest.mark.parametrize("place", [0, 10, 22])
def test_a_negative_balance_is_a_failed_check(place: int) -> None:
    lines = lines_of()
    lines[place] = lines[place].replace('"ETH":"', '"ETH":"-')
    with pytest.raises(BrokenTreeError) as caught:
        read("".join(lines))
    assert caught.value.check.name == "no negative balance"


@pytest.mark.parametrize(
    ("old", "new"),
    [('"BTC":"', '"BTC":"1e'), ('"BTC":"', '"BTC":"NaN'), ("BTC", "XBT"), (",", ";"), ("}", "},")],
)
def test_lines_of_another_form_are_refused_with_their_number(old: str, new: str) -> None:
    lines = lines_of()
    lines[3] = lines[3].replace(old, new, 1)
    with pytest.raises(LiabilitiesError, match="line 4"):
        read("".join(lines))


@pytest.mark.parametrize("text", ["", "\n", "x"])
def test_no_tree_at_all_is_refused(text: str) -> None:
    with pytest.raises(LiabilitiesError):
        read(text)


def test_a_tree_may_not_be_too_high() -> None:
    with pytest.raises(LiabilitiesError, match="99 levels"):
        read(f'{"ab" * 32},99,{{"BTC":"1","ETH":"0","USDT":"2.5"}}\n')
