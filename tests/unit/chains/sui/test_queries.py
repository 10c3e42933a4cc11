from __future__ import annotations

from chains.sui import queries


def test_every_account_has_its_variables_and_its_member() -> None:
    text = queries.transactions(3)
    for at in range(3):
        assert text.count(f"$a{at}") == text.count(f"$c{at}") == 2
        assert text.count(f"t{at}: transactions") == 1
    assert "$a3" not in text
    back = queries.transactions(3, backward=True)
    assert "last: 50, before: $c0" in back
    assert "startCursor" in back


def test_questions_are_balanced_and_small_enough() -> None:
    texts = [
        value for name, value in vars(queries).items() if name.isupper() and isinstance(value, str)
    ]
    for text in [*texts, queries.transactions(10)]:
        assert text.count("{") == text.count("}")
        assert text.count("(") == text.count(")")
        # 10 accounts and cursors of 100 characters have room beside it.
        assert len(text) < 3_000
