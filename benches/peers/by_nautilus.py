"""nautilus_trader: an event-driven platform with accounts, strategies in Python over Cython."""
# pyright: basic
# mypy: ignore-errors

import gc
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from nautilus_trader.adapters.binance.common.schemas.market import BinanceOrderBookMsg
from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.config import LoggingConfig, RiskEngineConfig
from nautilus_trader.model.book import OrderBook
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.data import BookOrder, OrderBookDelta, OrderBookDeltas, QuoteTick
from nautilus_trader.model.enums import (
    AccountType,
    BookAction,
    BookType,
    OmsType,
    OrderSide,
    OrderStatus,
)
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy
from worker import measured, peak_mb, resident_kb, serve

START_NS = 1_776_657_000 * 10**9
INSTRUMENT = TestInstrumentProvider.btcusdt_binance()
ID = INSTRUMENT.id


class Idle(Strategy):
    """Hears the quotes and does nothing: what the platform costs without orders."""

    def on_start(self) -> None:
        self.subscribe_quote_ticks(ID)
        self.turn = 0

    def on_quote_tick(self, _tick: QuoteTick) -> None:
        self.turn += 1


class Taker(Idle):
    """One market order per quote, buys and sells in turn."""

    def on_quote_tick(self, _tick: QuoteTick) -> None:
        side = OrderSide.BUY if self.turn % 2 == 0 else OrderSide.SELL
        self.turn += 1
        self.submit_order(self.order_factory.market(ID, side, Quantity(0.01, 6)))


class Quoter(Idle):
    """One limit order far from the touch per quote, cancelled at once."""

    def on_quote_tick(self, _tick: QuoteTick) -> None:
        self.turn += 1
        order = self.order_factory.limit(ID, OrderSide.BUY, Quantity(1, 6), Price(59_995, 2))
        self.submit_order(order)
        self.cancel_order(order)


def ran(strategy: type[Idle], size: int) -> tuple[dict[str, Any], BacktestEngine]:
    """A backtest over as many quotes; the caller disposes of the engine."""
    engine = BacktestEngine(
        BacktestEngineConfig(
            logging=LoggingConfig(bypass_logging=True),
            # Checks stay on; its limit of a hundred orders a second would refuse the rest.
            risk_engine=RiskEngineConfig(max_order_submit_rate="10000000/00:00:01"),
        )
    )
    engine.add_venue(
        venue=Venue("BINANCE"), oms_type=OmsType.NETTING, account_type=AccountType.CASH,
        base_currency=None, starting_balances=[Money(10**9, USDT), Money(100_000, BTC)],
        default_leverage=Decimal(1),
    )  # fmt: skip
    engine.add_instrument(INSTRUMENT)
    bid, ask, each = Price(60_000, 2), Price(60_001, 2), Quantity(1_000_000, 6)
    engine.add_data(
        [QuoteTick(ID, bid, ask, each, each, START_NS + n * 1_000_000, START_NS + n * 1_000_000)
         for n in range(size)]
    )  # fmt: skip
    engine.add_strategy(strategy())
    gc.collect()
    told, _ = measured(engine.run, size)
    return told, engine


def orders(strategy: type[Idle], size: int) -> tuple[dict[str, Any], list[Any]]:
    """What the orders cost: the run, less the same quotes without orders."""
    idle, engine = ran(Idle, size)
    engine.dispose()
    told, engine = ran(strategy, size)
    found = list(engine.cache.orders())
    engine.dispose()
    for key in ("wall_ns", "cpu_ns"):
        told[key] = max(told[key] - idle[key], 1.0)
    return told, found


def market_order(_: Path, size: int) -> dict[str, Any]:
    told, found = orders(Taker, size)
    filled = all(order.status == OrderStatus.FILLED for order in found)
    return told | {"answer": {"orders": len(found), "filled": filled}}


def limit_cancel(_: Path, size: int) -> dict[str, Any]:
    told, found = orders(Quoter, size)
    cancelled = sum(order.status == OrderStatus.CANCELED for order in found)
    return told | {"answer": {"cancelled": cancelled, "open": len(found) - cancelled}}


def frame(data: Path, _: int) -> dict[str, Any]:
    """Its own schema of the frame, its deltas, its book."""
    story = json.loads((data / "frames.json").read_text())
    book = OrderBook(ID, BookType.L2_MBP)
    rest = json.loads(story["rest"])
    deltas = [
        OrderBookDelta(ID, BookAction.ADD, BookOrder(side, Price.from_str(price),
                       Quantity.from_str(size), 0), 0, 100, START_NS, START_NS)
        for rows, side in ((rest["bids"], OrderSide.BUY), (rest["asks"], OrderSide.SELL))
        for price, size in rows
    ]  # fmt: skip
    book.apply_deltas(OrderBookDeltas(ID, deltas))
    decoder = msgspec.json.Decoder(BinanceOrderBookMsg)
    frames = [text.encode() for text in story["frames"]]

    def work() -> None:
        for nth, text in enumerate(frames[1:]):
            message = decoder.decode(text)
            book.apply_deltas(message.data.parse_to_order_book_deltas(ID, START_NS + nth))

    told, _ = measured(work, len(frames) - 1)
    bids = book.bids()
    answer = {"bid": float(book.best_bid_price()), "bid_at_9": bids[9].size(), "levels": len(bids)}
    return told | {"answer": answer}


def growth(_: Path, size: int) -> dict[str, Any]:
    """Bytes that an order leaves behind: a run with orders, less one without."""
    kept = {}
    for name, strategy in (("filled", Taker), ("cancelled", Quoter)):
        _, idle = ran(Idle, size)
        before = resident_kb()
        _, engine = ran(strategy, size)
        kept[name] = max(resident_kb() - before, 0) * 1024 / size
        idle.dispose()
        engine.dispose()
    return {"bytes": kept, "peak_mb": peak_mb()}


if __name__ == "__main__":
    serve(
        {
            "market_order": market_order,
            "limit_cancel": limit_cancel,
            "frame": frame,
            "growth": growth,
        }
    )
