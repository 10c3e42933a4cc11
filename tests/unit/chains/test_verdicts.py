from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from chains.adapter import OwnershipVerdict, OwnershipWord
from chains.errors import AddressError, ForeignAddress
from chains.registry import FAMILIES
from chains.verdicts import (
    KEY_FACTS,
    TABLE,
    Binding,
    Reason,
    address_reader,
    key_signed,
    lenient,
    owner_signed,
    unread,
    verdict,
)

PAGE = Path(__file__).resolve().parents[3] / "docs" / "ownership-proofs.md"


def test_every_reason_has_one_word_and_one_sentence() -> None:
    assert set(TABLE) == set(Reason)
    for reason, (word, sentence) in TABLE.items():
        assert isinstance(word, OwnershipWord)
        assert sentence.endswith("."), reason
        assert sentence[0].isupper(), reason
        assert not {"fraud", "insolvent"} & set(sentence.lower().split())


@pytest.mark.skipif(not PAGE.exists(), reason="the page is not beside an installed package")
def test_the_page_quotes_every_reason_and_every_fact() -> None:
    page = PAGE.read_text()
    for reason, (word, sentence) in TABLE.items():
        assert f"| `{reason}` | {word} | {sentence} |\n" in page
    for family, fact in KEY_FACTS.items():
        assert f"| {family} | {fact} |\n" in page


def test_facts_are_told_of_families_that_exist() -> None:
    assert set(KEY_FACTS) <= set(FAMILIES)
    for family, fact in KEY_FACTS.items():
        assert key_signed(family, "okx-raw", "m").detail.endswith(f"at the snapshot: {fact}.")
        assert owner_signed(family, "okx-raw", "m").detail.endswith(f"at the snapshot: {fact}.")
    assert owner_signed("evm", "evm-okx", "m").detail == TABLE[Reason.OWNER_SIGNED][1]
    assert key_signed("a new family", "d", "m").detail.endswith("this key as that of the account.")


def test_a_text_that_is_not_read_is_left_to_the_chain_where_the_family_says_so() -> None:
    assert lenient(unread, Binding.HASH) is unread
    foreign = verdict(Reason.ADDRESS_FOREIGN)
    for binding in (Binding.FORM, Binding.RECORD):
        assert lenient(unread, binding)("x") == b""
        assert lenient(lambda _: foreign, binding)("x") is foreign
        assert lenient(bytes.fromhex, binding)("ab") == b"\xab"


def test_every_word_can_be_reached() -> None:
    assert {word for word, _ in TABLE.values()} == set(OwnershipWord)


def test_key_only_says_what_the_chain_must_show() -> None:
    sentences = [text for word, text in TABLE.values() if word is OwnershipWord.KEY_ONLY]
    assert all("must show" in text for text in sentences)


def test_codes_are_plain_and_survive_a_process_border() -> None:
    found = verdict(Reason.ADDRESS_SIGNED, "evm-okx", "I am an OKX address")
    assert type(found.reason) is str
    copy = pickle.loads(pickle.dumps(found))  # noqa: S301 (our own bytes)
    assert copy == found
    assert copy.word is OwnershipWord.PROVEN


def test_rows_share_their_verdicts() -> None:
    assert verdict(Reason.UNSIGNED) is verdict(Reason.UNSIGNED)
    assert verdict(Reason.UNSIGNED) is not verdict(Reason.TAPROOT)


def test_a_detail_replaces_the_sentence_and_nothing_else() -> None:
    found = verdict(Reason.THRESHOLD_NOT_MET, "d", "m", "1 of 2.")
    assert found == OwnershipVerdict(
        OwnershipWord.PARTIAL, "threshold-not-met", "1 of 2.", "d", "m"
    )


def test_an_address_reader_turns_refusals_into_verdicts() -> None:
    def canonical(text: str, parameters: object) -> bytes:
        assert parameters == {"version": "41"}
        if text == "foreign":
            raise ForeignAddress("elsewhere")
        if text == "bad":
            raise AddressError("bad")
        return text.encode()

    read = address_reader(canonical, {"version": "41"})
    assert read("foreign") is verdict(Reason.ADDRESS_FOREIGN)
    assert read("bad") is verdict(Reason.ADDRESS_UNDECODABLE)
    assert read("good") == b"good"
