"""What a submit costs an account that has many open orders: ``python benches/growth.py [N ...]``.

Microseconds per call, the best of five runs of fifty, through ``sandbox.desk()``. Answers are
checked: every order is filled, cancelled or open as it must be.
"""

import sys
import time
from collections.abc import Callable

from sequence.sandbox import Sandbox

ONE = 10**8
USD = 10**9
LOT = ONE // 1_000
ROUNDS, CALLS = 5, 50
PAGE = 50
MARKETS = {"spot": ("kraken", "BTC-USD"), "perp": ("hyperliquid", "BTC-USD-PERP")}


def best(call: Callable[[], object]) -> float:
    """Microseconds of one call."""
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(CALLS):
            call()
        found.append((time.perf_counter() - began) / CALLS)
    return min(found) * 1e6


def once(call: Callable[[], object]) -> float:
    """Microseconds of the one call that there can be."""
    began = time.perf_counter()
    assert call()
    return (time.perf_counter() - began) * 1e6


def measure(kind: str, count: int, *, limited: bool) -> dict[str, float]:
    """Costs beside `count` open orders; of a perp these all close a position."""
    risk = {"max_open_orders": 10**6} | ({"max_position_1e8": 10**6 * ONE} if limited else {})
    with Sandbox(clock="manual", market="manual", preset="instant", risk=risk) as sandbox:
        venue, symbol = MARKETS[kind]
        book = {"bids": [("50000", 10_000)], "asks": [("50001", 10_000)]}
        sandbox.client().sandbox.book(venue, symbol, **book)
        desk = sandbox.desk()
        market = desk.market(symbol, venue)
        desk.buy(market, 100 * ONE)
        for _ in range(count):
            if kind == "perp":
                desk.sell(market, LOT, 60_000 * USD)
            else:
                desk.buy(market, LOT, 40_000 * USD)

        def limit_and_cancel() -> None:
            assert desk.cancel(desk.buy(market, LOT, 49_000 * USD))

        client = sandbox.client()

        def page() -> object:
            return client.orders(limit=PAGE, open=True)

        costs = {
            "market order": best(lambda: desk.buy(market, LOT)),
            "limit and cancel": best(limit_and_cancel),
            "page of open orders": min(once(page) for _ in range(CALLS)),
        }
        crowd = desk.open_orders()
        assert len(crowd) == count
        # They all wait at one price: the first, the last and one between leave it.
        for place, at in (("oldest", 0), ("middle", count // 2), ("newest", -1)):
            if count > 2:
                costs[f"cancel of the {place}"] = once(lambda at=at: desk.cancel(crowd[at]))
        assert desk.position(market) == 100 * ONE + ROUNDS * CALLS * LOT
        return costs


def main() -> None:
    """Prints a table."""
    counts = [int(text) for text in sys.argv[1:]] or [1, 1_000, 50_000]
    for kind, limited in (("spot", False), ("spot", True), ("perp", False)):
        for count in counts:
            costs = measure(kind, count, limited=limited)
            told = ", ".join(f"{name} {us:.1f} us" for name, us in costs.items())
            print(f"{kind}{' with a position limit' if limited else ''}, {count} open: {told}")


if __name__ == "__main__":
    main()
