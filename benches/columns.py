"""Rows and frames fed in one call against the same one by one: `columns.py [ROWS] [ROUNDS]`.

CPU time of this thread, best of interleaved rounds; both ways end with the same state. Prints JSON.
"""

import json
import sys
import time
from collections.abc import Callable

import numpy as np

from sequence import _core
from sequence.sandbox import Sandbox

START = 1_776_657_000 * 10**9


def sandbox_of() -> Sandbox:
    sandbox = Sandbox(seed=1, clock="manual", market="manual")
    for symbol in ("BTC-USD", "ETH-USD"):
        levels = [
            [(base + step * n / 10, 5) for n in range(200)]
            for base, step in ((100, -0.1), (101, 0.1))
        ]
        sandbox.market.snapshot("kraken", symbol, *levels)
    return sandbox


def measured(work: Callable[[Sandbox], object]) -> tuple[int, str]:
    with sandbox_of() as sandbox:
        began = time.thread_time_ns()
        work(sandbox)
        took = time.thread_time_ns() - began
        return took, sandbox.runtime.engine.world_hash()


def columns(rows: int) -> dict[str, Callable[[Sandbox], object]]:
    """Changes of levels at two markets."""
    dice = np.random.default_rng(3)
    is_bid = dice.random(rows) < 0.5
    price = np.where(is_bid, 99, 101.01) + dice.integers(0, 100, rows) / 100
    price, qty = np.round(price, 2), np.round(dice.random(rows) * 5, 4)
    symbol = np.where(dice.random(rows) < 0.5, "BTC-USD", "ETH-USD")
    side = np.where(is_bid, "bid", "ask")
    told = {"symbol": symbol, "side": side, "price": price, "qty": qty}
    lists = {name: column.tolist() for name, column in told.items()}
    rest = {"venue": "kraken", "ts_ns": START}

    def one_by_one(sandbox: Sandbox) -> None:
        delta = sandbox.market.delta
        for name, at, cost, size in zip(*lists.values(), strict=True):
            delta("kraken", name, **{f"{at}s": [(cost, size)]}, ts_ns=START)

    def whole(table: dict[str, object]) -> Callable[[Sandbox], object]:
        def feed(sandbox: Sandbox) -> None:
            assert sandbox.market.columns(rest | table).taken == rows

        return feed

    units = {
        "px_1e9": np.rint(price * 1e9).astype("i8"),
        "qty_1e8": np.rint(qty * 1e8).astype("i8"),
    }
    exact = {name: told[name] for name in ("symbol", "side")} | units
    return {"one_by_one": one_by_one, "columns": whole(told), "units": whole(exact),
            "lists": whole(lists)}  # fmt: skip


def frames(count: int) -> dict[str, Callable[[Sandbox], object]]:
    """Frames of four levels, each applied at its time."""

    def frame(number: int) -> bytes:
        kind = "update" if number else "snapshot"
        sides = (("bid", 100), ("bid", 99), ("offer", 101), ("offer", 102))
        updates = [{"side": side, "price_level": str(price), "new_quantity": str(1 + number % 7)}
                   for side, price in sides]  # fmt: skip
        event = {"type": kind, "product_id": "BTC-USD", "updates": updates}
        head = {"channel": "l2_data", "timestamp": "2026-04-20T03:50:00Z", "sequence_num": number}
        return json.dumps(head | {"events": [event]}).encode()

    told = [frame(number) for number in range(count)]
    times = [START + number * 10**6 for number in range(count)]

    def one_by_one(sandbox: Sandbox) -> None:
        for row, at_ns in zip(told, times, strict=True):
            sandbox.market.frames("coinbase", [row], [at_ns])

    def batch(sandbox: Sandbox) -> None:
        assert all(row.refused is None for row in sandbox.market.frames("coinbase", told, times))

    return {"one_by_one": one_by_one, "batch": batch}


def main(rows: int, rounds: int) -> None:
    for name, ways in (("columns", columns(rows)), ("frames", frames(rows // 10))):
        best = dict.fromkeys(ways, 2**63)
        for _ in range(rounds):
            states = set()
            for way, work in ways.items():
                took, state = measured(work)
                states.add(state)
                best[way] = min(best[way], took)
            assert len(states) == 1, "the same rows, another state"
        count = rows if name == "columns" else rows // 10
        row = {way: round(took / count) for way, took in best.items()}
        ratios = {way: round(best["one_by_one"] / took, 1) for way, took in best.items()}
        print(json.dumps({"what": name, "build": _core.BUILD_PROFILE, "count": count,
                          "ns_per_item": row, "times_as_fast": ratios}))  # fmt: skip


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*given, *(50_000, 3)[len(given) :])
