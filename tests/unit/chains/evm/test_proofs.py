from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.evm.proofs import (
    ABSENT,
    EMPTY_CODE,
    EMPTY_ROOT,
    MEMO_DEPTH,
    Account,
    ProofError,
    TrieMemo,
    account_at,
    storage_at,
    value_at,
)
from tests.fakes.tries import Rlp, Trie, account_leaf, keccak, number, rlp


def address(place: int) -> bytes:
    return hashlib.sha256(b"account %d" % place).digest()[:20]


def slot(place: int) -> bytes:
    return hashlib.sha256(b"slot %d" % place).digest()


STATE = Trie({address(n): account_leaf(10**18 + n, nonce=n % 3) for n in range(400)})
WORDS = {slot(n): n * n * 10**6 + 1 for n in range(300)}
STORAGE = Trie({key: rlp(number(word)) for key, word in WORDS.items()})


def test_constants_are_what_they_say() -> None:
    assert keccak(rlp(b"")) == EMPTY_ROOT
    assert keccak(b"") == EMPTY_CODE
    assert Trie({}).root == EMPTY_ROOT


def test_accounts_are_proven_with_all_their_fields() -> None:
    memo = TrieMemo()
    for place in range(400):
        proof = STATE.proof(address(place))
        found = account_at(STATE.root, address(place), proof, memo)
        assert found == Account(place % 3, 10**18 + place, EMPTY_ROOT, EMPTY_CODE)


def test_absent_accounts_are_proven_absent() -> None:
    memo = TrieMemo()
    for place in range(400, 800):
        proof = STATE.proof(address(place))
        assert account_at(STATE.root, address(place), proof, memo) == ABSENT


def test_storage_words_are_proven_and_absent_ones_are_zero() -> None:
    memo = TrieMemo()
    for place in range(600):
        proof = STORAGE.proof(slot(place))
        expected = WORDS.get(slot(place), 0)
        assert storage_at(STORAGE.root, slot(place), proof, memo) == expected


def test_an_empty_trie_holds_nothing_and_needs_no_node() -> None:
    assert storage_at(EMPTY_ROOT, slot(1), [], TrieMemo()) == 0
    assert account_at(EMPTY_ROOT, address(1), [b"\x80"], TrieMemo()) == ABSENT
    with pytest.raises(ProofError):
        storage_at(EMPTY_ROOT, slot(1), STORAGE.proof(slot(1)), TrieMemo())


@given(st.integers(0, 699), st.data())
@settings(max_examples=300, deadline=None)
def test_any_bit_flip_of_any_node_fails(place: int, data: st.DataObject) -> None:
    trie, key = (STORAGE, slot(place)) if place % 2 else (STATE, address(place))
    proof = list(trie.proof(key))
    node = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, len(proof[node]) * 8 - 1))
    damaged = bytearray(proof[node])
    damaged[bit // 8] ^= 1 << bit % 8
    proof[node] = bytes(damaged)
    memo = TrieMemo()
    with pytest.raises(ProofError):
        value_at(trie.root, key, proof, memo)
    # nor does a memo that has seen the sound nodes let a damaged one pass
    value_at(trie.root, key, trie.proof(key), memo)
    with pytest.raises(ProofError):
        value_at(trie.root, key, proof, memo)


@given(st.dictionaries(st.binary(min_size=1, max_size=4), st.integers(1, 2**256 - 1), max_size=60))
@settings(max_examples=60, deadline=None)
def test_every_trie_proves_its_entries_and_nothing_else(entries: dict[bytes, int]) -> None:
    trie = Trie({key: rlp(number(word)) for key, word in entries.items()})
    memo = TrieMemo()
    for key in [*entries, b"absent", b"missing"]:
        assert storage_at(trie.root, key, trie.proof(key), memo) == entries.get(key, 0)


@pytest.mark.parametrize("place", [3, 999])
def test_a_proof_must_be_whole_and_no_more(place: int) -> None:
    proof = STATE.proof(address(place))
    for wrong in ([], proof[:-1], proof[1:], [*proof, proof[-1]], proof[::-1]):
        with pytest.raises(ProofError):
            account_at(STATE.root, address(place), wrong, TrieMemo())


def test_a_proof_of_another_key_proves_nothing_about_this_one() -> None:
    with pytest.raises(ProofError):
        account_at(STATE.root, address(1), STATE.proof(address(2)), TrieMemo())


def test_a_proof_against_another_root_fails() -> None:
    other = Trie({address(n): account_leaf(5) for n in range(400)})
    with pytest.raises(ProofError):
        account_at(other.root, address(1), STATE.proof(address(1)), TrieMemo())


def test_short_nodes_inside_their_parents_are_read() -> None:
    # a leaf inside a branch inside an extension: all of it is one node
    path = keccak(b"key").hex()
    places: list[Rlp] = [b""] * 17
    places[int(path[51], 16)] = [bytes.fromhex("20" + path[52:]), b"\7"]
    raw = rlp([bytes.fromhex("1" + path[:51]), places])
    assert storage_at(keccak(raw), b"key", [raw], TrieMemo()) == 7
    with pytest.raises(ProofError):
        storage_at(keccak(raw), b"key", [raw, rlp(places)], TrieMemo())


def test_the_memo_keeps_the_top_only() -> None:
    memo = TrieMemo()
    for place in range(400):
        account_at(STATE.root, address(place), STATE.proof(address(place)), memo)
    kept = len(memo)
    assert 17 <= kept <= len(STATE.nodes)
    for place in range(400):
        account_at(STATE.root, address(place), STATE.proof(address(place)), memo)
    assert len(memo) == kept
    assert MEMO_DEPTH > 1


def test_a_heap_of_nodes_proves_without_their_order() -> None:
    memo = TrieMemo()
    for raw in {node for n in range(50) for node in STATE.proof(address(n))}:
        memo.add(raw)
    assert account_at(STATE.root, address(7), None, memo).balance == 10**18 + 7
    with pytest.raises(ProofError, match="missing"):
        _ = [account_at(STATE.root, address(place), None, memo) for place in range(50, 400)]


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        rlp([b"", b""]),
        rlp([b"", b"", b"x" * 31, EMPTY_CODE]),
        rlp([b"\0", b"", EMPTY_ROOT, EMPTY_CODE]),
        rlp([[b""], b"", EMPTY_ROOT, EMPTY_CODE]),
        rlp([b"", b"", EMPTY_ROOT, EMPTY_CODE]) + b"x",
    ],
)
def test_a_leaf_that_is_no_account_is_refused(leaf: bytes) -> None:
    trie = Trie({address(1): leaf, address(2): account_leaf(1)})
    with pytest.raises(ProofError):
        account_at(trie.root, address(1), trie.proof(address(1)), TrieMemo())


def test_a_leaf_with_the_word_0_shows_0() -> None:
    trie = Trie({slot(1): rlp(number(0)), slot(2): rlp(number(9))})
    assert trie.root != Trie({slot(2): rlp(number(9))}).root
    assert storage_at(trie.root, slot(1), trie.proof(slot(1)), TrieMemo()) == 0
    with pytest.raises(ProofError):  # the absence is not what this root shows
        storage_at(trie.root, slot(1), trie.proof(slot(1))[:1], TrieMemo())


@pytest.mark.parametrize(
    "leaf",
    [b"", b"\x00", rlp(b"\0\1"), rlp(b"x" * 33), rlp([b"x"]), b"\x81\x05", b"\x05\x05", b"\xc0"],
)
def test_a_leaf_that_is_no_word_is_refused(leaf: bytes) -> None:
    trie = Trie({slot(1): leaf, slot(2): rlp(number(9))})
    with pytest.raises(ProofError):
        storage_at(trie.root, slot(1), trie.proof(slot(1)), TrieMemo())


@pytest.mark.parametrize(
    "raw",
    [
        rlp([b"\x20", b"a", b"b"]),
        rlp([*[b""] * 16, b"value"]),
        rlp([b"\x40abc", b"v"]),
        rlp([b"\x2fabc", b"v"]),
        rlp([b"", b"v"]),
        rlp([[b"\x20"], b"v"]),
        rlp([b"\x20" + bytes(32), [b"v"]]),
        rlp([b"\x00" + b"\xff", b"short reference"]),
        b"\xf9\x02",
        b"plain",
    ],
)
def test_a_node_of_no_known_shape_is_refused_or_proves_absence(raw: bytes) -> None:
    root = keccak(raw)
    try:
        assert value_at(root, b"key", [raw], TrieMemo()) is None
    except ProofError:
        return


def test_a_branch_below_the_end_of_the_key_is_refused() -> None:
    """A trie whose paths are longer than 64 nibbles cannot be a state: it is not followed."""
    path = keccak(b"key").hex()
    raw = rlp([b"\xa0" + bytes(1), *[b""] * 15, b""])
    nodes = []
    for digit in [*reversed(path), *reversed(path)]:
        places: list[bytes] = [b""] * 16
        places[int(digit, 16)] = keccak(raw)
        nodes.append(raw)
        raw = rlp([*places, b""])
    nodes.append(raw)
    with pytest.raises(ProofError, match="longer"):
        value_at(keccak(raw), b"key", nodes[::-1], TrieMemo())
