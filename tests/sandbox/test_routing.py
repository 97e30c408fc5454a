"""Where an order without a venue goes: smallest orders, funds, rests and fill-or-kill."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from sequence.errors import UnprocessableError
from sequence.sandbox import Sandbox

FIAT, USDT = ("fiat", "USD"), ("crypto", "USDT")
CASH = {"binance": USDT, "bybit": USDT, "okx": USDT, "coinbase": FIAT, "kraken": FIAT}


class Desk:
    """A sandbox with books and funds by hand."""

    def __init__(self, preset: str = "instant") -> None:
        self.sandbox = Sandbox(preset=preset, market="manual", clock="manual", seed=7)
        self.client = self.sandbox.client()
        self.client.sandbox.set_positions([], replace=True)

    def fund(self, **cash: float) -> None:
        for venue, qty in cash.items():
            kind, symbol = CASH[venue]
            self.hold(venue, kind, symbol, qty)

    def hold(self, venue: str, kind: str, symbol: str, qty: float, **more: Any) -> None:
        row = {"venue": venue, "kind": kind, "symbol": symbol, "qty": qty, **more}
        self.client.sandbox.set_positions([row])

    def coins(self, **qty: float) -> None:
        for venue, size in qty.items():
            self.hold(venue, "crypto", "BTC", size, entry_price_usd=50_000)

    def book(self, venue: str, bid: float = 49_900, ask: float = 50_000, size: float = 1) -> None:
        market = self.sandbox.market
        market.snapshot(venue, "BTC-USD", [(bid, size)], [(ask, size)], lot="0.0000001")

    def send(self, side: str, qty: str, price: float | None = None, **more: Any) -> dict[str, Any]:
        send = self.client.buy if side == "buy" else self.client.sell
        order = send("BTC-USD", Decimal(qty), limit_price=price, **more)
        row: dict[str, Any] = order.refresh().row.model_dump()
        return row


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.sandbox.close()


def legs(row: dict[str, Any]) -> dict[str, Decimal]:
    return {leg["venue"]: Decimal(leg["qty_1e8"]) / 10**8 for leg in row["legs"]}


@pytest.mark.parametrize("tif", ["gtc", "day", "post_only"])
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_passive_limit_rests_at_the_cheapest_maker_that_can_fund_it(
    desk: Desk, side: str, tif: str
) -> None:
    for venue in ("binance", "coinbase", "okx"):
        desk.book(venue)
    if side == "buy":
        desk.fund(okx=1_000, binance=1_000_000, coinbase=1_000_000)
    else:
        desk.coins(okx=0.1, binance=2, coinbase=2)
    row = desk.send(side, "1", 49_000 if side == "buy" else 51_000, tif=tif)
    assert (row["status"], legs(row)) == ("ACCEPTED", {"binance": 1}), "okx is cheaper and poor"


def test_no_venue_alone_can_fund_what_rests(desk: Desk) -> None:
    for venue in ("okx", "binance"):
        desk.book(venue)
    desk.fund(okx=30_000, binance=30_000)
    row = desk.send("buy", "1", 49_000)
    assert (row["status"], row["failure_reason"]) == ("REJECTED", "INSUFFICIENT_BALANCE")


def test_a_limit_rests_where_a_book_can_be_seen(desk: Desk) -> None:
    for venue in ("okx", "binance"):
        desk.book(venue)
    desk.sandbox.market.status("okx", "BTC-USD", "resync")
    desk.fund(okx=100_000, binance=100_000)
    assert legs(desk.send("buy", "1", 49_000)) == {"binance": 1}
    desk.fund(binance=50_000)
    assert legs(desk.send("buy", "1", 49_000)) == {"okx": 1}


@pytest.mark.parametrize("slippage", [None, 50, 9_999])
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_the_smallest_order_is_judged_at_the_price_it_meets(
    desk: Desk, side: str, slippage: int | None
) -> None:
    for venue in ("binance", "okx"):
        desk.book(venue)
    desk.fund(binance=1_000, okx=1_000)
    desk.coins(binance=1, okx=1)
    price = 50_000 if side == "buy" else 49_900
    for usd, status in (("5.10", "FILLED"), ("4.90", None)):
        qty = str((Decimal(usd) / price).quantize(Decimal("1e-8")))
        more = {} if slippage is None else {"max_slippage_bps": slippage}
        if status is None:
            with pytest.raises(UnprocessableError, match="minimum notional"):
                desk.send(side, qty, **more)
        else:
            assert desk.send(side, qty, **more)["status"] == status


def test_an_order_too_small_for_those_that_could_pay_says_so(desk: Desk) -> None:
    market = desk.sandbox.market
    market.snapshot("binance", "BTC-USD", [(49_900, 1)], [(50_000, 1)], min_notional=100)
    market.snapshot("okx", "BTC-USD", [(49_900, 1)], [(50_000, 1)], min_notional=5)
    desk.fund(binance=1_000)
    row = desk.send("buy", "0.001")
    assert (row["status"], row["failure_reason"]) == ("REJECTED", "INSUFFICIENT_BALANCE")
    market.status("okx", "BTC-USD", "halted")
    row = desk.send("buy", "0.001")
    assert (row["status"], row["failure_reason"]) == ("REJECTED", "INVALID_PARAMS")
    assert "smallest order" in row["failure_message"]


def test_a_venue_whose_funds_are_below_its_minimum_is_in_nobodys_way(desk: Desk) -> None:
    desk.book("bybit", ask=49_990)
    desk.book("kraken")
    desk.fund(bybit=6, kraken=1_000_000)
    row = desk.send("buy", "0.0002")
    assert (row["status"], legs(row)) == ("FILLED", {"kraken": Decimal("0.0002")})


def test_a_small_share_is_topped_up_to_the_minimum(desk: Desk) -> None:
    desk.book("coinbase", bid=49_900, size=0.00018)
    desk.book("okx", bid=49_990, size=0.00018)
    desk.coins(coinbase=1, okx=1)
    row = desk.send("sell", "0.00024")
    assert row["status"] == "FILLED"
    shares = legs(row)
    assert min(shares.values()) * 49_900 >= 5
    assert sum(shares.values()) == Decimal("0.00024")


def test_funds_that_leave_a_small_rest_are_used_less(desk: Desk) -> None:
    desk.book("binance", ask=60_313, size=0.0009)
    desk.book("coinbase", ask=60_132, size=0.0004)
    desk.fund(binance=51.36, coinbase=51.36)
    row = desk.send("buy", "0.0009", 60_419)
    assert (row["status"], len(row["legs"])) == ("FILLED", 2)


def test_a_fill_or_kill_goes_where_lot_and_minimum_allow_it(desk: Desk) -> None:
    market = desk.sandbox.market
    market.snapshot("okx", "BTC-USD", [(49_900, 1)], [(49_990, 1)], lot="0.01", min_notional=5)
    market.snapshot(
        "binance", "BTC-USD", [(49_900, 1)], [(49_995, 1)], lot="0.0001", min_notional=1_000
    )
    desk.book("kraken")
    desk.fund(okx=10_000, binance=10_000, kraken=10_000)
    row = desk.send("buy", "0.0125", tif="fok")
    assert (row["status"], legs(row)) == ("FILLED", {"kraken": Decimal("0.0125")})
    row = desk.send("buy", "0.02", tif="fok")
    assert legs(row) == {"okx": Decimal("0.02")}
    desk.fund(kraken=1)
    row = desk.send("buy", "0.0125", tif="fok")
    assert (row["status"], row["failure_reason"]) == ("REJECTED", "INSUFFICIENT_BALANCE")
    market.status("kraken", "BTC-USD", "halted")
    row = desk.send("buy", "0.0125", tif="fok")
    assert (row["status"], row["failure_reason"]) == ("REJECTED", "INVALID_PARAMS")
    assert "lot or minimum" in row["failure_message"]


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_post_only_goes_to_a_venue_where_it_can_rest(desk: Desk, side: str) -> None:
    desk.fund(okx=100_000, binance=100_000, kraken=100_000)
    desk.coins(okx=2, binance=2, kraken=2)
    desk.book("okx", bid=50_050, ask=50_060)
    desk.book("kraken", bid=50_090, ask=50_110)
    desk.book("binance", bid=50_140, ask=50_150)
    price = 50_100 if side == "buy" else 50_095
    row = desk.send(side, "1", price, tif="post_only")
    cheapest = "binance" if side == "buy" else "okx"
    assert (row["status"], legs(row)) == ("ACCEPTED", {cheapest: 1})
    beyond = 50_200 if side == "buy" else 50_000
    row = desk.send(side, "1", beyond, tif="post_only")
    assert (row["status"], row["failure_reason"]) == ("REJECTED", "EXCHANGE_REJECT")


def test_post_only_goes_past_an_own_order_it_would_meet(desk: Desk) -> None:
    desk.fund(okx=100_000, binance=100_000)
    desk.coins(okx=1)
    for venue in ("okx", "binance"):
        desk.book(venue, bid=49_000, ask=51_000)
    desk.send("sell", "1", 50_000, venue="okx")
    row = desk.send("buy", "1", 50_100, tif="post_only")
    assert (row["status"], legs(row)) == ("ACCEPTED", {"binance": 1})


@pytest.mark.parametrize("tif", ["ioc", "gtc", "fok", None])
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_what_lies_behind_an_own_order_is_taken_elsewhere(
    desk: Desk, side: str, tif: str | None
) -> None:
    """`None` is a market order. The own order rests at the venue that would be cheapest."""
    other, buys = ("sell", True) if side == "buy" else ("buy", False)
    desk.fund(okx=200_000, binance=200_000)
    desk.coins(okx=2, binance=2)
    for venue in ("okx", "binance"):
        desk.book(venue, bid=49_000, ask=51_000)
    own = desk.send(other, "0.5", 50_000, venue="okx")
    desk.book("okx", *((49_000, 50_010) if buys else (49_990, 51_000)))
    limit = {} if tif is None else {"price": 51_000 if buys else 49_000, "tif": tif}
    row = desk.send(side, "1", **limit)
    assert (row["status"], legs(row)) == ("FILLED", {"binance": 1})
    assert desk.client.order(own["node_order_id"]).status == "ACCEPTED"


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_rest_goes_past_an_own_order_it_would_meet(desk: Desk, side: str) -> None:
    desk.fund(okx=200_000, binance=200_000)
    desk.coins(okx=2, binance=2)
    for venue in ("okx", "binance"):
        desk.book(venue, bid=49_000, ask=51_000)
    desk.send("sell" if side == "buy" else "buy", "0.5", 50_000, venue="binance")
    row = desk.send(side, "1", 50_500 if side == "buy" else 49_500)
    assert (row["status"], legs(row)) == ("ACCEPTED", {"okx": 1})


def test_where_an_own_order_is_in_every_way_the_order_ends_as_a_self_trade(desk: Desk) -> None:
    desk.fund(okx=200_000)
    desk.coins(okx=2)
    desk.book("okx", bid=49_000, ask=51_000)
    desk.send("sell", "0.5", 50_000)
    row = desk.send("buy", "1", 50_500)
    assert (row["status"], row["done_reason"]) == ("CANCELLED", "SELF_TRADE")


def test_only_what_nobody_else_can_fund_meets_an_own_order(desk: Desk) -> None:
    desk.fund(okx=200_000)
    desk.coins(okx=2)
    for venue in ("okx", "binance"):
        desk.book(venue, bid=49_000, ask=51_000)
    desk.send("buy", "0.5", 50_000, venue="okx")
    desk.book("okx", bid=50_010, ask=51_000)
    row = desk.send("sell", "1.5", 49_990)
    assert (row["status"], row["done_reason"]) == ("CANCELLED", "SELF_TRADE")
    assert row["filled_qty_1e8"] == 10**8
