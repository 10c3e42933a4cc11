from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.models import Amount, parse_amount

amounts = st.builds(Amount, st.integers(-(10**40), 10**40), st.integers(0, 30))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-5",
        "+5",
        "1e30",
        ".5",
        "5.",
        "1,000",
        "1 000",
        "٣",
        "0x10",
        "NaN",
        "1.2.3",
        "\uff15",
        "1_0",
    ],
)
def test_what_is_no_amount(text: str) -> None:
    assert parse_amount(text) is None


@given(st.integers(0, 10**40), st.integers(0, 30))
def test_text_and_parse_are_inverse(units: int, decimals: int) -> None:
    amount = Amount(units, decimals)
    assert parse_amount(amount.text()) == amount


@given(amounts, amounts)
def test_sums_and_differences_are_exact(one: Amount, other: Amount) -> None:
    def exact(amount: Amount) -> Decimal:
        return Decimal(amount.units).scaleb(-amount.decimals)

    import decimal  # noqa: PLC0415

    with decimal.localcontext() as context:
        context.prec = 200
        assert exact(one.plus(other)) == exact(one) + exact(other)
        assert exact(one.minus(other)) == exact(one) - exact(other)
        assert Decimal(one.text()) == exact(one)


def test_leading_zeros_keep_the_value() -> None:
    assert parse_amount("007.50") == Amount(750, 2)
