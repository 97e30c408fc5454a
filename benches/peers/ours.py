"""This side: the sandbox by its fast desk, in plain Python."""

import gc
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from worker import measured, peak_mb, resident_kb, serve

from sequence import errors
from sequence.sandbox import Sandbox

ONE = 10**8
PRICE = 10**9
START_NS = 1_776_657_000 * 10**9


def still(preset: str = "instant") -> Sandbox:
    """A market that stands: ten levels a side with a million coins each."""
    sandbox = Sandbox(clock="manual", preset=preset, market="manual", seed=1)
    levels = [(60_000 - n, 1_000_000) for n in range(10)]
    asks = [(60_001 + n, 1_000_000) for n in range(10)]
    sandbox.market.snapshot("kraken", "BTC-USD", levels, asks)
    funded(sandbox)
    return sandbox


def funded(sandbox: Sandbox) -> None:
    client = sandbox.client()
    client.sandbox.settings(initial_balance_usd=10**9)
    client.sandbox.reset()


def market_order(_: Path, size: int) -> dict[str, Any]:
    with still() as sandbox:
        desk = sandbox.desk()
        market = desk.market("BTC-USD", "kraken")

        def work() -> None:
            for _ in range(size // 2):
                desk.buy(market, ONE // 100)
                desk.sell(market, ONE // 100)

        told, _ = measured(work, size)
        answer = {"orders": size // 2 * 2, "filled": desk.order(size // 2 * 2 - 1)[0] == "FILLED"}
        return told | {"answer": answer | {"wrong": sandbox.check_invariants()}}


def limit_cancel(_: Path, size: int) -> dict[str, Any]:
    with still() as sandbox:
        desk = sandbox.desk()
        market = desk.market("BTC-USD", "kraken")

        def work() -> int:
            return sum(desk.cancel(desk.buy(market, ONE, 59_995 * PRICE)) for _ in range(size))

        told, cancelled = measured(work, size)
        answer = {"cancelled": cancelled, "open": len(desk.open_orders())}
        return told | {"answer": answer | {"wrong": sandbox.check_invariants()}}


def batch_order(_: Path, size: int) -> dict[str, Any]:
    """Limit orders by the hundred, below the touch; their cancels are not counted."""
    with still() as sandbox:
        desk = sandbox.desk()
        market = desk.market("BTC-USD", "kraken")
        batch = [(market, "buy", ONE, (59_995 - n) * PRICE, None) for n in range(100)]
        told: dict[str, float] = {}
        for _ in range(size // 100):
            part, orders = measured(lambda: desk.submit_many(batch), size)
            told = {key: told.get(key, 0.0) + value for key, value in part.items()}
            cancelled = desk.cancel_many(orders)
        answer = {"cancelled": cancelled == [True] * 100, "open": len(desk.open_orders())}
        answer |= {"wrong": sandbox.check_invariants()}
        return told | {"units": size, "answer": answer}


def replay(resting: int) -> Any:
    def work(data: Path, _: int) -> dict[str, Any]:
        shape = json.loads((data / "synthetic.json").read_text())
        tape = str(data / "synthetic.tape")
        with Sandbox(clock="replay", market=[tape], preset="realistic", seed=3,
                     risk={"max_open_orders": None}) as sandbox:  # fmt: skip
            funded(sandbox)
            desk = sandbox.desk()
            sandbox.replay(until=START_NS + 2_000_000)
            market = desk.market(shape["symbol"], shape["venue"])
            for nth in range(resting):
                desk.buy(market, ONE // 1_000, 60_000 * PRICE - (1 + nth % 399) * 10**7)
            units = (data / "synthetic.npy").stat().st_size // 64
            told, _ = measured(sandbox.replay, units)
            book = desk.book(market)
            answer = {"bid": book.bid, "ask": book.ask, "open": len(desk.open_orders())}
            return told | {"answer": answer | {"wrong": sandbox.check_invariants()}}

    return work


Quoting = tuple[Callable[[bool, int], Any], Callable[[Any], Any]]
"""How a maker sends a quote (is it a bid, at which price), and how it takes one back."""


def by_desk(sandbox: Sandbox, venue: str, symbol: str) -> Quoting:
    desk = sandbox.desk()
    market = desk.market(symbol, venue)

    def quote(is_bid: bool, price: int) -> int:
        trade = desk.buy if is_bid else desk.sell
        return trade(market, ONE // 1_000, price, tif="post_only")

    return quote, desk.cancel


def by_client(sandbox: Sandbox, venue: str, symbol: str) -> Quoting:
    client = sandbox.client()
    qty = Decimal("0.001")

    def quote(is_bid: bool, price: int) -> str:
        trade = client.buy if is_bid else client.sell
        limit = Decimal(price).scaleb(-9)
        return trade(symbol, qty, limit_price=limit, venue=venue, tif="post_only").id

    def cancel(order: str) -> None:
        with suppress(errors.ConflictError):  # it was filled
            client.cancel(order)

    return quote, cancel


def maker(by: Callable[[Sandbox, str, str], Quoting], name: str = "recorded") -> Any:
    """Quotes both touches, anew whenever they move."""

    def work(data: Path, _: int) -> dict[str, Any]:
        shape = json.loads((data / "recorded.json").read_text())
        venue, symbol = shape["venue"], shape["symbol"]
        tape = data / f"{name}.tape"
        with Sandbox(clock="replay", market=[str(tape)], preset="instant", seed=3) as sandbox:
            funded(sandbox)
            quote, cancel = by(sandbox, venue, symbol)
            quoted, orders, count, fills = [0, 0], [None, None], 0, 0

            def on_book(book: Any) -> None:
                nonlocal count
                bid, _, ask, _ = book.touch()
                if bid is None or ask is None:
                    return
                for side, price in ((0, bid), (1, ask)):
                    if price != quoted[side]:
                        if orders[side] is not None:
                            cancel(orders[side])
                        quoted[side] = price
                        orders[side] = quote(side == 0, price)
                        count += 1

            def on_order(event: Any) -> None:
                nonlocal fills
                fills += event[0] == "fill"

            units = tape.stat().st_size // 64
            told, _ = measured(lambda: sandbox.replay(on_book=on_book, on_order=on_order), units)
            desk = sandbox.desk()
            position = desk.position(desk.market(symbol, venue))
            answer = {"orders": count, "fills": fills, "position": position}
            return told | {"answer": answer | {"wrong": sandbox.check_invariants()}}

    return work


def frame(data: Path, _: int) -> dict[str, Any]:
    """From bytes to the book of the engine that orders would meet."""
    from sequence import _core  # noqa: PLC0415 - the core itself, without a sandbox around it

    story = json.loads((data / "frames.json").read_text())
    engine = _core.Engine()
    feed = engine.open_feed("binance")
    frames = [text.encode() for text in story["frames"]]
    engine.live_frame(feed, frames[0], START_NS)
    engine.live_book(feed, "BTCUSDT", story["rest"].encode(), START_NS)

    def work() -> None:
        for nth, text in enumerate(frames[1:]):
            engine.live_frame(feed, text, START_NS + nth)

    told, _ = measured(work, len(frames) - 1)
    rows = engine.book(engine.desk_market("binance", "BTC-USDT"))
    answer = {"bid": rows.bid / PRICE, "bid_at_9": rows.bid_at(9)[1] / ONE, "levels": rows.bids}
    return told | {"answer": answer}


def growth(_: Path, size: int) -> dict[str, Any]:
    """Bytes that an order leaves behind, filled and cancelled.

    In a process of its own: this one has room that other work gave back.
    """
    line = [sys.executable, __file__, "--growth", str(size)]
    told: dict[str, Any] = json.loads(subprocess.run(line, capture_output=True, check=True).stdout)  # noqa: S603 - this script
    return told


def grown(size: int) -> dict[str, Any]:
    kept = {}
    with still() as one, still() as other:
        # Both stay open: what one gives back the other would take.
        for name, sandbox in (("filled", one), ("cancelled", other)):
            desk = sandbox.desk()
            order = ordering(desk, desk.market("BTC-USD", "kraken"), name)
            # Until what only the newest have is full.
            for _ in range(2 * size):
                order()
            gc.collect()
            before = resident_kb()
            for _ in range(size):
                order()
            kept[name] = (resident_kb() - before) * 1024 / size
    return {"bytes": kept, "peak_mb": peak_mb()}


def ordering(desk: Any, market: int, name: str) -> Callable[[], Any]:
    """An order that is filled, or one that is cancelled."""
    if name == "filled":
        return lambda: desk.buy(market, ONE // 1_000)
    return lambda: desk.cancel(desk.buy(market, ONE // 100, 59_995 * PRICE))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--growth"]:
        print(json.dumps(grown(int(sys.argv[2]))))
        sys.exit()
    serve(
        {
            "market_order": market_order,
            "limit_cancel": limit_cancel,
            "batch_order": batch_order,
            **{f"replay_{count}": replay(count) for count in (0, 1, 100, 10_000)},
            "maker": maker(by_desk),
            "maker_typed": maker(by_client),
            "frame": frame,
            "growth": growth,
        }
    )
