"""hftbacktest: strategies compiled by numba, prices and sizes as floats, no accounts."""
# pyright: basic
# mypy: ignore-errors

import json
from pathlib import Path
from typing import Any

import numpy as np
from hftbacktest import (
    GTC,
    GTX,
    LIMIT,
    MARKET,
    BacktestAsset,
    ROIVectorMarketDepthBacktest,
)
from numba import njit
from worker import measured, serve


def opened(data: Path, name: str) -> tuple[Any, Any]:
    """A backtest of an input: no delays, the queue model of its tutorial, no partial fills.

    With its events, which it reads where they are: they must outlive it.
    """
    shape = json.loads((data / f"{name}.json").read_text())
    events = np.load(data / f"{name}.npy")
    prices = events["px"][events["px"] > 0]
    asset = (
        BacktestAsset()
        .data(events)
        .linear_asset(1.0)
        .constant_order_latency(0, 0)
        .power_prob_queue_model(3.0)
        .no_partial_fill_exchange()
        .trading_value_fee_model(0.0002, 0.0005)
        .tick_size(shape["tick"])
        .lot_size(shape["lot"])
    )
    # The window of its faster book: all prices where they are few, else those around the first.
    width = 50_000 * shape["tick"]
    asset.roi_lb(max(prices.min(), prices[0] - width)).roi_ub(min(prices.max(), prices[0] + width))
    return ROIVectorMarketDepthBacktest([asset]), events


@njit
def market_orders(hbt, count, qty):
    filled = 0
    for nth in range(count):
        if nth % 2 == 0:
            hbt.submit_buy_order(0, nth, 0.0, qty, GTC, MARKET, False)
        else:
            hbt.submit_sell_order(0, nth, 0.0, qty, GTC, MARKET, False)
        hbt.elapse(1)
        filled += len(hbt.orders(0))
        hbt.clear_inactive_orders(0)
    return filled


@njit
def limit_cancels(hbt, count, price, qty):
    cancelled = 0
    for nth in range(count):
        hbt.submit_buy_order(0, nth, price, qty, GTC, LIMIT, False)
        hbt.elapse(1)
        cancelled += hbt.cancel(0, nth, False) == 0
        hbt.elapse(1)
        hbt.clear_inactive_orders(0)
    return cancelled


@njit
def rest(hbt, count, bid, tick, qty):
    for nth in range(count):
        hbt.submit_buy_order(0, nth, bid - (1 + nth % 399) * tick, qty, GTC, LIMIT, False)
    hbt.elapse(1)


@njit
def to_the_end(hbt):
    bid, ask = 0.0, 0.0
    while hbt.elapse(1_000_000_000) == 0:
        depth = hbt.depth(0)
        bid, ask = depth.best_bid, depth.best_ask
    return bid, ask


@njit
def quotes(hbt, times, qty):
    bid, ask, bid_id, ask_id, count = 0, 0, 0, 0, 0
    # The first step goes to where the events begin.
    hbt.elapse(1)
    tick = hbt.depth(0).tick_size
    for now in times:
        if hbt.elapse(now - hbt.current_timestamp) != 0:
            break
        depth = hbt.depth(0)
        best_bid, best_ask = depth.best_bid_tick, depth.best_ask_tick
        if best_bid == bid and best_ask == ask:
            continue
        hbt.clear_inactive_orders(0)
        orders = hbt.orders(0)
        if best_bid != bid:
            if bid_id in orders:
                hbt.cancel(0, bid_id, False)
            bid, count = best_bid, count + 1
            bid_id = count
            hbt.submit_buy_order(0, bid_id, bid * tick, qty, GTX, LIMIT, False)
        if best_ask != ask:
            if ask_id in orders:
                hbt.cancel(0, ask_id, False)
            ask, count = best_ask, count + 1
            ask_id = count
            hbt.submit_sell_order(0, ask_id, ask * tick, qty, GTX, LIMIT, False)
    return count


def at_book(data: Path) -> tuple[Any, Any]:
    """Behind the snapshot, which comes a millisecond after the venue had it."""
    hbt, events = opened(data, "synthetic")
    hbt.elapse(1_000_010)
    return hbt, events


def market_order(data: Path, size: int) -> dict[str, Any]:
    hbt, _events = at_book(data)
    told, filled = measured(lambda: market_orders(hbt, size, 0.01), size)
    state = hbt.state_values(0)
    answer = {"orders": filled, "filled": int(state.num_trades) == size}
    hbt.close()
    return told | {"answer": answer}


def limit_cancel(data: Path, size: int) -> dict[str, Any]:
    hbt, _events = at_book(data)
    told, cancelled = measured(lambda: limit_cancels(hbt, size, 59_999.0, 1.0), size)
    answer = {"cancelled": int(cancelled), "open": len(hbt.orders(0))}
    hbt.close()
    return told | {"answer": answer}


def replay(resting: int) -> Any:
    def work(data: Path, _: int) -> dict[str, Any]:
        hbt, _events = at_book(data)
        rest(hbt, resting, 60_000.0, 0.01, 0.001)
        units = (data / "synthetic.npy").stat().st_size // 64
        told, (bid, ask) = measured(lambda: to_the_end(hbt), units)
        answer = {"bid": round(bid * 1e9), "ask": round(ask * 1e9), "open": len(hbt.orders(0))}
        hbt.close()
        return told | {"answer": answer}

    return work


def maker(data: Path, _: int) -> dict[str, Any]:
    hbt, _events = opened(data, "recorded")
    times = np.load(data / "recorded.times.npy")
    units = (data / "recorded.npy").stat().st_size // 64
    told, count = measured(lambda: quotes(hbt, times, 0.001), units)
    state = hbt.state_values(0)
    answer = {"orders": int(count), "fills": int(state.num_trades)}
    answer["position"] = round(float(hbt.position(0)) * 1e8)
    hbt.close()
    return told | {"answer": answer}


if __name__ == "__main__":
    serve(
        {
            "market_order": market_order,
            "limit_cancel": limit_cancel,
            **{f"replay_{count}": replay(count) for count in (0, 1, 100, 10_000)},
            "maker": maker,
            "maker_typed": maker,
        }
    )
