"""Money in a quote that is no dollar: what it cost, what it gains, what it is worth."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest

from sequence import Sequence
from sequence.errors import SequenceError, UnprocessableError
from sequence.sandbox import Sandbox
from sequence.store.check import verify_database
from tests.doors import DOORS, door

USD_1E9 = 10**9


@contextmanager
def desk(kind: str = "in process", **settings: Any) -> Iterator[Sequence]:
    with Sandbox(clock="manual", market="manual", preset="instant", **settings) as sandbox:
        quote(sandbox.client(), "BTC-EUR", 50_000, 1)
        with door(sandbox, kind) as client:
            yield client


def quote(client: Sequence, symbol: str, bid: Any, spread: Any, venue: str = "kraken") -> None:
    prices = [f"{bid:.6f}", f"{bid + spread:.6f}"]
    client.sandbox.book(venue, symbol, bids=[(prices[0], 10**6)], asks=[(prices[1], 10**6)])


def write(client: Sequence, *rows: dict[str, Any]) -> None:
    client.sandbox.set_positions([{"venue": "kraken"} | row for row in rows])


def held(client: Sequence, asset: str, venue: str = "kraken") -> Any:
    rows = client.positions(include_closed=True).positions
    return next(row for row in rows if (row.venue, row.instrument.symbol) == (venue, asset))


ONE_BTC = {"kind": "crypto", "symbol": "BTC", "qty": 1, "entry_price_usd": 55_000}


@pytest.mark.parametrize("kind", DOORS)
def test_what_a_sale_brings_costs_what_it_is_worth(kind):
    with desk(kind) as client:
        quote(client, "EUR-USD", 1.09, 0.02)
        write(client, ONE_BTC)
        before = client.positions().totals
        client.sell("BTC-EUR", 1).wait()
        row, totals = held(client, "EUR"), client.positions().totals
        assert row.qty == 49_800, "0.4 % is the fee"
        assert row.entry_price_usd_1e9 == row.current_price_usd_1e9 == 1_100_000_000
        assert (row.mark_source, row.mark_symbol) == ("book", "EUR-USD")
        assert row.unrealized_pnl_usd_1e9 == totals.unrealized_pnl_usd_1e9 == 0
        assert held(client, "BTC").realized_pnl_usd_1e9 == totals.realized_pnl_usd_1e9 == 0
        assert totals.fees_usd_1e9 == 220 * USD_1E9
        # 0.55 is half the spread that the mark was above the bid.
        assert before.nav_usd_1e9 - totals.nav_usd_1e9 == 220 * USD_1E9 + 550_000_000


def test_what_the_currency_gains_while_it_is_held_is_a_gain_of_its_row():
    with desk() as client:
        quote(client, "EUR-USD", 1.09, 0.02)
        write(client, ONE_BTC)
        client.sell("BTC-EUR", 1).wait()
        quote(client, "EUR-USD", 1.19, 0.02)
        assert held(client, "EUR").unrealized_pnl_usd_1e9 == 4_980 * USD_1E9
        client.buy("BTC-EUR", "0.5").wait()
        row = held(client, "EUR")
        # 25,000.5 and 0.4 % of it left, each unit with a gain of 0.1.
        assert row.realized_pnl_usd_1e9 == 2_510_050_200_000
        assert row.unrealized_pnl_usd_1e9 == 2_469_949_800_000
        assert row.entry_price_usd_1e9 == 1_100_000_000
        assert held(client, "BTC").entry_price_usd_1e9 == 60_001_200_000_000


def test_without_a_book_of_its_own_it_is_worth_what_other_pairs_say():
    with desk() as client:
        quote(client, "BTC-USD", 55_000, 1, "coinbase")
        write(client, ONE_BTC)
        client.sell("BTC-EUR", 1).wait()
        row = held(client, "EUR")
        assert row.mark_symbol == "BTC-EUR"
        assert row.entry_price_usd_1e9 == row.current_price_usd_1e9 == 1_099_999_000
        assert row.unrealized_pnl_usd_1e9 == 0


def test_without_any_value_cost_and_gain_are_null_for_as_long_as_nobody_knows_them():
    with desk() as client:
        write(client, ONE_BTC)
        client.sell("BTC-EUR", 1).wait()
        row, totals = held(client, "EUR"), client.positions().totals
        assert row.entry_price is row.unrealized_pnl_usd_1e9 is row.value_usd is None
        assert row.mark_source is totals.nav is totals.unrealized_pnl_usd_1e9 is None
        quote(client, "EUR-USD", 1.09, 0.02)
        row, totals = held(client, "EUR"), client.positions().totals
        assert row.value_usd == 54_780, "it has a value now"
        assert row.entry_price is row.unrealized_pnl_usd_1e9 is None, "but nobody knows its cost"
        assert totals.nav is not None
        assert totals.unrealized_pnl_usd_1e9 is None


def test_a_book_that_is_gone_leaves_its_last_value():
    with desk() as client:
        quote(client, "EUR-USD", 1.09, 0.02)
        write(client, ONE_BTC)
        client.sandbox.book("kraken", "EUR-USD", bids=[("1.09", 1)], asks=[])
        client.sell("BTC-EUR", 1).wait()
        row = held(client, "EUR")
        assert (row.mark_source, row.entry_price_usd_1e9) == ("last", 1_100_000_000)
        assert row.unrealized_pnl_usd_1e9 == 0


def test_cash_that_was_bought_dearer_than_its_peg_does_not_make_other_cash_dear():
    with desk() as client:
        quote(client, "USDC-USD", 1.01, 0.0)
        client.sandbox.book("kraken", "USDC-USD", bids=[("1.0", 9_999)], asks=[("1.01", 1_000)])
        quote(client, "BTC-USDC", 50_000, 1)
        write(client, ONE_BTC, {"kind": "crypto", "symbol": "USDC", "qty": 0})
        client.buy("USDC-USD", 1_000, limit_price="1.01").wait()
        assert held(client, "USDC").unrealized_pnl_usd_1e9 == -10 * USD_1E9
        client.sell("BTC-USDC", 1).wait()
        assert held(client, "USDC").unrealized_pnl_usd_1e9 == -10 * USD_1E9


@pytest.mark.parametrize("kind", DOORS)
def test_a_sale_for_euros_does_not_move_the_loss_limit(kind):
    with desk(kind, risk={"daily_loss_limit_usd_1e9": 1_000 * USD_1E9}) as client:
        quote(client, "EUR-USD", 1.09, 0.02)
        write(client, ONE_BTC)
        assert client.sell("BTC-EUR", 1).wait().status == "FILLED"
        # The currency falls: 49,800 of them lose more than 1,000 dollars.
        quote(client, "EUR-USD", 1.06, 0.02)
        assert client.buy("BTC-EUR", "0.1").row.failure_reason == "DAILY_LOSS_LIMIT"


def test_rows_of_any_currency_come_back_from_a_database(tmp_path):
    file = tmp_path / "a.db"
    with desk(store=file) as client:
        quote(client, "EUR-USD", 1.09, 0.02)
        write(client, ONE_BTC)
        client.sell("BTC-EUR", "0.4").wait()
        quote(client, "EUR-USD", 1.19, 0.02)
        client.buy("BTC-EUR", "0.1").wait()
        before = held(client, "EUR")
    assert not verify_database(file)
    with Sandbox(clock="manual", market="manual", preset="instant", store=file) as again:
        after = held(again.client(), "EUR")
    assert after.entry_price == before.entry_price
    assert after.realized_pnl_usd_1e9 == before.realized_pnl_usd_1e9 > 0


@pytest.mark.parametrize("symbol", ["BTC-EUR-PERP", "ETH-BTC-PERP"])
@pytest.mark.parametrize("venue", ["binance", "hyperliquid"])
def test_a_perpetual_that_settles_in_no_dollar_is_quoted_and_not_traded(symbol, venue):
    with desk() as client:
        quote(client, symbol, 0.04, 0.001, venue)
        quote(client, "BTC-USD", 55_000, 1)
        assert client.quote(symbol).nbbo.bid == 0.04
        asked = {"venue": venue, "limit_price": "0.03"}
        for trade in (client.buy, client.sell):
            with pytest.raises(UnprocessableError, match=r"settles in (EUR|BTC)"):
                trade(symbol, 1, **asked)
        failure = client.preview(symbol, "buy", qty=1, **asked).would_fail
        assert failure is not None
        assert "settles in" in str(failure)
        node = {"node_id": "a", "instrument": {"symbol": symbol}, "side": "buy"}
        node |= {"quantity": {"fixed": {"qty_1e8": 10**8}}}
        with pytest.raises(UnprocessableError, match="settles in"):
            client.submit_graph([node, node | {"node_id": "b"}])


def test_a_pair_settles_in_what_it_is_priced_in():
    with desk() as client:
        quote(client, "BTC-EUR", 50_000, 1, "hyperliquid")
        quote(client, "EUR-USD", 1.09, 0.02)
        client.sandbox.set_positions(
            [{"venue": "hyperliquid", "kind": "fiat", "symbol": "EUR", "qty": 60_000}]
        )
        assert client.buy("BTC-EUR", 1, venue="hyperliquid").wait().status == "FILLED"
        assert client.fills().fills[0].fee_asset == "EUR"
        assert held(client, "EUR", "hyperliquid").qty < 10_000
        assert held(client, "BTC", "hyperliquid").entry_price_usd_1e9 == 55_001_100_000_000


@pytest.mark.parametrize("size", ["1000", "1000.01", "1000.000001", "1000.00000001"])
def test_an_event_purchase_reserves_little_for_rounding_whatever_the_levels_show(size):
    with desk() as client:
        book = {"bids": [("0.4", size)], "asks": [("0.6", size)]}
        client.sandbox.book("polymarket", "rounding-market", **book)
        order = client.buy("rounding-market", 100, limit_price="0.5")
        held_back = sum(part.qty_1e8 for part in order.row.reserved)
        rate = 125 * 10**6  # 0.05 x 100 x 0.5 x 0.5
        assert 0 <= held_back - 50 * 10**8 - rate <= 500_000


PAIRS = {"BTC-EUR": 50_000, "EUR-USD": 1.1, "BTC-USD": 55_000, "ETH-BTC": 0.04, "ETH-EUR": 2_000,
         "USDC-USD": 1.0, "ETH-USDC": 2_200}  # fmt: skip


CASH: list[dict[str, Any]] = [
    {"kind": "crypto", "symbol": "BTC", "entry_price_usd": 54_000},
    {"kind": "crypto", "symbol": "ETH", "entry_price_usd": 2_100},
    {"kind": "fiat", "symbol": "EUR", "entry_price_usd": 1.05},
    {"kind": "crypto", "symbol": "USDC", "entry_price_usd": 0.99},
]


@pytest.mark.parametrize("seed", range(4))
def test_profit_is_what_the_account_is_worth_more(seed):
    """Whatever is paid with what: value at the start, plus profit less fees, is value now."""
    draw = Random(seed)  # noqa: S311 - a test draws
    with desk() as client:
        for symbol, price in PAIRS.items():
            quote(client, symbol, price, price / 1_000)
        write(client, *(row | {"qty": 10_000} for row in CASH))
        start, fills = None, 0
        for _ in range(60):
            symbol = draw.choice(list(PAIRS))
            price = PAIRS[symbol] * draw.uniform(0.9, 1.1)
            quote(client, symbol, price, price / 1_000)
            totals = client.positions().totals
            parts = (totals.realized_pnl_usd_1e9, totals.unrealized_pnl_usd_1e9)
            base = totals.nav_usd_1e9 - sum(parts) + totals.fees_usd_1e9
            start = base if start is None else start
            assert abs(base - start) <= 10**6 * (fills + 1), (symbol, base - start)
            trade = draw.choice([client.buy, client.sell])
            try:
                order = trade(draw.choice(list(PAIRS)), f"{draw.uniform(0.1, 5):.4f}").wait()
            except SequenceError as error:
                pytest.fail(str(error))
            fills += order.status == "FILLED"
        assert fills > 30
