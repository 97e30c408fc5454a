"""This side: the sandbox by its fast desk, in plain Python."""

import gc
import json
from pathlib import Path
from typing import Any

from worker import measured, peak_mb, resident_kb, serve

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


def maker(data: Path, _: int) -> dict[str, Any]:
    """Quotes both touches, anew whenever they move."""
    shape = json.loads((data / "recorded.json").read_text())
    tape = str(data / "recorded.tape")
    with Sandbox(clock="replay", market=[tape], preset="instant", seed=3) as sandbox:
        funded(sandbox)
        desk = sandbox.desk()
        quoted = [0, 0]
        orders: list[int | None] = [None, None]
        count, fills = 0, 0

        def on_book(book: Any) -> None:
            nonlocal count
            bid, _, ask, _ = book.touch()
            if bid is None or ask is None:
                return
            if bid != quoted[0]:
                if orders[0] is not None:
                    desk.cancel(orders[0])
                quoted[0] = bid
                orders[0] = desk.buy(book.market, ONE // 1_000, bid, tif="post_only")
                count += 1
            if ask != quoted[1]:
                if orders[1] is not None:
                    desk.cancel(orders[1])
                quoted[1] = ask
                orders[1] = desk.sell(book.market, ONE // 1_000, ask, tif="post_only")
                count += 1

        def on_order(event: Any) -> None:
            nonlocal fills
            fills += event[0] == "fill"

        units = (data / "recorded.npy").stat().st_size // 64
        told, _ = measured(lambda: sandbox.replay(on_book=on_book, on_order=on_order), units)
        position = desk.position(desk.market(shape["symbol"], shape["venue"]))
        answer = {"orders": count, "fills": fills, "position": position}
        return told | {"answer": answer | {"wrong": sandbox.check_invariants()}}


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
    """Bytes that an order leaves behind, filled and cancelled."""
    kept = {}
    with still() as sandbox:
        desk = sandbox.desk()
        market = desk.market("BTC-USD", "kraken")
        for name, one in (
            ("filled", lambda: desk.buy(market, ONE // 1_000)),
            ("cancelled", lambda: desk.cancel(desk.buy(market, ONE // 100, 59_995 * PRICE))),
        ):
            for _ in range(size // 10):
                one()
            gc.collect()
            before = resident_kb()
            for _ in range(size):
                one()
            kept[name] = (resident_kb() - before) * 1024 / size
    return {"bytes": kept, "peak_mb": peak_mb()}


if __name__ == "__main__":
    serve(
        {
            "market_order": market_order,
            "limit_cancel": limit_cancel,
            **{f"replay_{count}": replay(count) for count in (0, 1, 100, 10_000)},
            "maker": maker,
            "frame": frame,
            "growth": growth,
        }
    )
