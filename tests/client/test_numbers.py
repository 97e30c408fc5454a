"""Numbers that people give arrive exactly, or not at all."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequence._client.ask import numbers
from sequence.errors import ValidationError
from sequence.types import decimal_units


def units(value: object) -> int:
    return decimal_units(numbers.qty(value), 8)


def test_every_three_decimal_float_up_to_100_is_exact():
    wrong = [n for n in range(1, 100_000) if units(n / 1000) != n * 100_000]
    assert wrong == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.29, 29_000_000),
        (1.15, 115_000_000),
        (2.01, 201_000_000),
        (4.02, 402_000_000),
        (1e-8, 1),
        ("1e-8", 1),
        (3, 300_000_000),
        (Decimal("0.1"), 10_000_000),
        (Decimal("0.10000000000000000"), 10_000_000),
        ("0.10", 10_000_000),
        (".5", 50_000_000),
        (90_000_000_000, 9 * 10**18),
    ],
)
def test_golden_quantities(value: object, expected: int):
    assert units(value) == expected


@given(st.integers(1, 9 * 10**18))
def test_every_storable_quantity_comes_back_from_text_and_decimal(n: int):
    text = f"{n // 10**8}.{n % 10**8:08}"
    assert units(text) == units(Decimal(text)) == n


@given(st.integers(1, 9 * 10**15 - 1))
def test_floats_of_up_to_fifteen_digits_are_what_they_show(n: int):
    shown = Decimal(n).scaleb(-8)
    if len(str(n)) <= 15:
        assert units(float(shown)) == n


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_exact_or_refused(value: float):
    try:
        found = units(value)
    except ValidationError:
        return
    assert Decimal(found).scaleb(-8) == Decimal(repr(value))


class OddInt(int):
    def __index__(self) -> int:
        return 7


class NumpyLike:
    """What a scalar of another library looks like: it converts, and is no number of ours."""

    def __float__(self) -> float:
        return 0.5

    def __index__(self) -> int:
        return 1


class Float64Like(float):
    """A subclass of float with its own text, as numpy's."""

    def __repr__(self) -> str:
        return "np.float64(0.29)"


def test_a_float_subclass_counts_by_its_value_not_its_text():
    assert units(Float64Like(0.29)) == 29_000_000


@pytest.mark.parametrize(
    "value",
    [
        True,
        None,
        float("nan"),
        float("inf"),
        -float("inf"),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("Infinity"),
        Fraction(1, 2),
        OddInt(1),
        NumpyLike(),
        b"1",
        [1],
        {},
        "",
        " 1",
        "1_000",
        "\uff11\uff12",
        "0x10",
        "NaN",
        "Infinity",
        "1e99999",
        "9" * 100,
        0,
        0.0,
        -0.0,
        -1,
        pytest.param(10**5000, id="5001 digits"),
        90_000_000_001,
        1e400,
        Decimal("1e-999999"),
        Decimal("1e400"),
        "0.30000000000000004",
        1e-9,
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_everything_else_is_refused(value: object):
    with pytest.raises(ValidationError):
        numbers.qty(value)


def test_too_many_decimals_show_the_fix():
    with pytest.raises(ValidationError, match=r"more than 8 decimals; the nearest is 0\.3$"):
        numbers.qty(0.1 + 0.2)


def test_a_refusal_is_also_a_value_error():
    with pytest.raises(ValueError, match="limit_price: must be > 0"):
        numbers.price(0)


def test_floats_inside_a_graph_become_their_shortest_decimals():
    found = numbers.without_floats({"edges": [{"sizing": {"ratio": 0.29}}], "flag": True}, "g")
    assert found == {"edges": [{"sizing": {"ratio": Decimal("0.29")}}], "flag": True}


def test_what_the_wire_shows_as_float_or_text_is_there_exactly(sandbox_client):
    quote = sandbox_client.quote("BTC-USD").nbbo
    assert (quote.bid_price, quote.ask_price) == (Decimal("100.1"), Decimal("100.3"))
    empty = sandbox_client.quote("ETH-USD").nbbo
    assert (empty.bid_price, empty.ask_price) == (None, Decimal(10))
    for symbol, nbbo in (("BTC-USD", quote), ("ETH-USD", empty)):
        [venue] = sandbox_client.quote(symbol).venues.values()
        assert (venue.bid_price, venue.ask_price) == (nbbo.bid_price, nbbo.ask_price)
    totals = sandbox_client.positions().totals
    for name in ("nav", "cash", "crypto", "locked_cash", "fees", "realized_pnl", "unrealized_pnl"):
        assert getattr(totals, name) == Decimal(getattr(totals, f"{name}_usd"))


def test_public_numbers_of_rows_are_decimals_and_suffixed_ones_integers(sandbox_client):
    order = sandbox_client.buy("BTC-USD", 1)
    [fill] = order.fills()
    position = sandbox_client.positions().positions[0]
    names = {"qty", "price", "avg_price", "fee_usd", "fees_usd", "filled_qty", "value_usd"}
    names |= {"entry_price", "available_qty"}
    looked_at = 0
    for row in (order, order.row, fill, position):
        for name in names:
            value = getattr(row, name, None)
            looked_at += value is not None
            assert value is None or isinstance(value, Decimal), name
        for name, value in getattr(row, "__dict__", {}).items():
            if name.endswith(("_1e8", "_1e9")):
                assert value is None or type(value) is int, name
    assert looked_at > 12


@pytest.fixture
def sandbox_client():
    from sequence.sandbox import Sandbox

    with Sandbox(preset="instant", market="manual") as sandbox:
        sandbox.market.snapshot("kraken", "BTC-USD", [("100.1", 5)], [("100.3", 5)])
        sandbox.market.snapshot("kraken", "ETH-USD", [], [("10", 5)])
        yield sandbox.client()
