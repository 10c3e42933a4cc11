from __future__ import annotations

import pickle

from chains.adapter import OwnershipVerdict, OwnershipWord
from chains.errors import AddressError, ForeignAddress
from chains.verdicts import TABLE, Reason, address_reader, verdict


def test_every_reason_has_one_word_and_one_sentence() -> None:
    assert set(TABLE) == set(Reason)
    for reason, (word, sentence) in TABLE.items():
        assert isinstance(word, OwnershipWord)
        assert sentence.endswith("."), reason
        assert sentence[0].isupper(), reason
        assert not {"fraud", "insolvent"} & set(sentence.lower().split())


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
