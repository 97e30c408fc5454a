"""Amounts are exact whatever the caller's decimal context is."""

from decimal import Context, Decimal, localcontext
from typing import Any

import pytest

import sequence.types
from sequence.analysis import comparison
from sequence.sandbox import Sandbox
from sequence.sandbox.number import decimal_of
from sequence.types import Fill
from sequence.types._base import Wire
from sequence.types._table import html_of

UNITS = 123_456_789_012_345_678
NARROW = Context(prec=6)


def decimal_properties() -> list[Any]:
    models = [m for m in vars(sequence.types).values() if isinstance(m, type)]
    return [
        pytest.param(model, name, id=f"{model.__name__}.{name}")
        for model in models
        if issubclass(model, Wire)
        for name, found in vars(model).items()
        if isinstance(found, property)
        and "Decimal" in str(getattr(found.fget, "__annotations__", {}).get("return"))
    ]


def test_there_are_decimal_properties_to_look_at() -> None:
    assert len(decimal_properties()) >= 14


@pytest.mark.parametrize(("model", "name"), decimal_properties())
def test_a_property_does_not_depend_on_the_context(model: type[Wire], name: str) -> None:
    row = model.model_construct(**dict.fromkeys(model.model_fields, UNITS))
    if name == "fill_pct":
        row = row.model_copy(update={"filled_qty_1e8": UNITS // 7})
    wide = getattr(row, name)
    with localcontext(NARROW):
        narrow = getattr(row, name)
    assert narrow.as_tuple() == wide.as_tuple()
    assert name == "fill_pct" or int(wide.as_tuple().exponent) in (-8, -9)
    assert len(wide.as_tuple().digits) >= 18


def test_amounts_of_the_sandbox_do_not_depend_on_the_context() -> None:
    assert decimal_of(100_000 * 10**8, 8).as_tuple() == Decimal("100000.0").as_tuple()
    with localcontext(NARROW):
        assert decimal_of(UNITS, 9).as_tuple() == Decimal("123456789.012345678").as_tuple()
        assert decimal_of(100_000_000 * 10**8, 8).as_tuple() == Decimal("100000000.0").as_tuple()


def test_a_day_of_trading_does_not_depend_on_the_context() -> None:
    def play() -> list[object]:
        with Sandbox(preset="instant", clock="manual") as sandbox:
            client = sandbox.client()
            client.sandbox.settings("123456789.12345678")
            told: list[object] = [client.sandbox.settings().initial_balance_usd]
            order = client.buy("BTC-USD", "0.12345678")
            told += [order.qty, order.avg_price, order.fees_usd, repr(order), order.explain()]
            for fill in order.fills():
                told += [fill.price, fill.qty, fill.fee_usd, fill.reason]
            for row in client.positions().positions:
                told.append(row.qty)
            return [str(value) for value in told]

    wide = play()
    with localcontext(NARROW):
        narrow = play()
    assert narrow == wide


def test_what_a_run_was_worth_does_not_depend_on_the_context() -> None:
    def play() -> list[object]:
        with Sandbox(seed=7, preset="instant", clock="manual") as sandbox:
            client = sandbox.client()
            for quantity in ("0.12345", "1.54321"):
                client.buy("BTC-USD", quantity, tag="in")
                sandbox.clock.advance(seconds=61)
                client.sell("BTC-USD", "0.10001", tag="out")
            results = sandbox.results()
            told: list[object] = [results.pnl_usd, *(trip.net_usd for trip in results.round_trips)]
            told += [results.slippage, results.markouts, *results.pnl_by("tag")]
            told += [comparison(results.summary()), results.report()]
            told += [event.what for event in results.life_of(results.orders[0].node_order_id)]
            book = client.quote("BTC-USD", depth=5).book
            assert book is not None
            told += book.table_rows()
            told += [html_of(Fill, results.fills), client.quote("BTC-USD").venues]
            return [str(value) for value in told]

    wide = play()
    with localcontext(NARROW):
        narrow = play()
    assert narrow == wide
