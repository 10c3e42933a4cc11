from __future__ import annotations

import hashlib

import pytest

from crawler.liabilities.id_table import Row, Table
from crawler.liabilities.merkle_rules import (
    ZERO,
    Climber,
    Join,
    Leaf,
    Odd,
    Rule,
    leaf_maker,
    node_maker,
    rules,
    search,
)
from tests.unit.crawler.liabilities.files import held
from tests.vectors.liability_proofs import id_table

BYTES = {odd: Rule("sha256", Leaf.COMMA, Join.BYTES, odd) for odd in Odd}


def leaves(count: int) -> list[bytes]:
    return [bytes([number]) * 32 for number in range(count)]


def slow_root(nodes: list[bytes], rule: Rule) -> bytes:
    """Level by level, as a textbook has it."""
    parent = node_maker(rule)
    while len(nodes) > 1:
        lone = nodes[-1] if len(nodes) % 2 else None
        pairs = [parent(a, b) for a, b in zip(nodes[::2], nodes[1::2], strict=False)]
        if lone is not None:
            match rule.odd:
                case Odd.DUPLICATE:
                    pairs.append(parent(lone, lone))
                case Odd.ZERO:
                    pairs.append(parent(lone, ZERO))
                case Odd.PROMOTE:
                    pairs.append(lone)
        nodes = pairs
    return nodes[0]


@pytest.mark.parametrize("odd", list(Odd))
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 9, 13, 16, 33])
def test_one_node_a_level_gives_the_textbook_root_and_every_path(count: int, odd: Odd) -> None:
    rule = BYTES[odd]
    expected = slow_root(leaves(count), rule)
    parent = node_maker(rule)
    for wanted in range(count):
        climber = Climber(rule, wanted=wanted)
        for leaf in leaves(count):
            climber.add(leaf)
        assert climber.root() == expected
        node = leaves(count)[wanted]
        for step in climber.path[:-1]:
            assert step.node == node.hex()
            beside = bytes.fromhex(step.sibling)
            node = parent(beside, node) if step.sibling_side == "left" else parent(node, beside)
        assert climber.path[-1].node == node.hex() == expected.hex()


def test_no_leaves_no_root() -> None:
    assert Climber(BYTES[Odd.ZERO]).root() is None


def test_every_rule_has_its_own_name_and_is_found_by_its_root() -> None:
    table = Table(held(id_table(1, rows=7)))
    names = [str(rule) for rule in rules()]
    assert len(set(names)) == len(names)
    for rule in list(rules())[::17]:
        climber = Climber(rule)
        make = leaf_maker(rule, table.currencies)
        for row in table.rows():
            leaf = make(row)
            assert leaf is not None
            climber.add(leaf)
        root = climber.root()
        assert root is not None
        found, _ = search(table.rows, table.currencies, root.hex())
        # A plain row and its cells joined by commas are one text.
        assert str(found) == str(rule).replace("/line/", "/comma/")


def test_a_root_of_no_rule_is_not_found_and_the_rules_are_counted() -> None:
    table = Table(held(id_table(1)))
    assert search(table.rows, table.currencies, "00" * 32) == (None, len(list(rules())))
    assert search(table.rows, table.currencies, "00" * 32, prefix="sha256/id/") == (None, 12)


def test_leaves_are_hashes_of_what_the_rule_says() -> None:
    row = Row(1, "ab" * 32, ("1", "2"), "the line")
    texts = {
        Leaf.COMMA: f"{row.id},1,2",
        Leaf.JOINED: f"{row.id}12",
        Leaf.PIPE: f"{row.id}|1|2",
        Leaf.COLON: f"{row.id}:1:2",
        Leaf.LINE: "the line",
        Leaf.JSON: f'{{"id":"{row.id}","A":"1","B":"2"}}',
        Leaf.ID_HASHED: row.id,
    }
    for leaf, text in texts.items():
        make = leaf_maker(Rule("sha256", leaf, Join.TEXT, Odd.ZERO), ["A", "B"])
        assert make(row) == hashlib.sha256(text.encode()).digest()
    make = leaf_maker(Rule("sha256", Leaf.ID, Join.TEXT, Odd.ZERO), ["A", "B"])
    assert make(row) == bytes.fromhex(row.id)
    assert make(Row(1, "not hex", (), "")) is None


def test_the_hash_functions_are_the_named_ones() -> None:
    row = Row(1, "", (), "")
    empty = {
        "sha256": "e3b0c442",
        "sha256d": "5df6e0e2",
        "keccak256": "c5d24601",
        "sha3-256": "a7ffc6f8",
    }
    for name, head in empty.items():
        digest = leaf_maker(Rule(name, Leaf.LINE, Join.TEXT, Odd.ZERO), [])(row)
        assert digest is not None
        assert digest.hex().startswith(head)


def test_sorted_children_hash_alike_from_both_sides() -> None:
    for join in (Join.SORTED_BYTES, Join.SORTED_TEXT):
        parent = node_maker(Rule("sha256", Leaf.LINE, join, Odd.ZERO))
        assert parent(ZERO, b"a" * 32) == parent(b"a" * 32, ZERO)
