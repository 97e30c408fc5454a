"""What a route costs: the sweep, and the search where funds and smallest orders are in the way.

`python -m benches.test_router` prints processor time, which a busy machine changes little.
"""

import sys
import time
from statistics import median
from typing import Any

import pytest

from sequence import _core

NOW_NS = 1_776_657_000_000_000_000
VENUES = ("binance", "bybit", "coinbase", "kraken", "okx")
CASH = {
    "binance": ("crypto", "USDT"),
    "bybit": ("crypto", "USDT"),
    "coinbase": ("fiat", "USD"),
    "kraken": ("fiat", "USD"),
    "okx": ("crypto", "USDT"),
}
LEVELS = 20
CALLS = 200
REPEATS = 9


def engine(venues: int, *, funds_usd: int) -> tuple[_core.Engine, int]:
    """Books that overlap, each with one unit of money a level, and so much cash at each venue."""
    made = _core.Engine(preset="realistic")
    made.set_max_age(enabled=False)
    account = made.account("bench")
    made.reset(account, 1, NOW_NS)
    rows = [(venue, *CASH[venue], funds_usd * 10**8, None) for venue in VENUES[:venues]]
    made.set_positions(account, rows, True, NOW_NS)
    for number, venue in enumerate(VENUES[:venues]):
        asks = [((74_350 + number + 3 * n) * 10**9, 10_000) for n in range(LEVELS)]
        bids = [((74_340 - number - 3 * n) * 10**9, 10_000) for n in range(LEVELS)]
        made.market_snapshot(venue, "BTC-USD", bids, asks, NOW_NS, NOW_NS)
    return made, account


def route(made: _core.Engine, account: int, qty_1e8: int) -> dict[str, Any]:
    """Where a market order would go; nothing is sent."""
    return made.preview(account, symbol="BTC-USD", side="buy", qty_1e8=qty_1e8)


def asked(kind: str, venues: int) -> tuple[int, int]:
    """Cash at each venue and size of the order.

    For a search all venues but one are full, and what is left is too small for the last.
    """
    return (1_000_000, 20_000 * venues) if kind == "sweep" else (40, 51_000 * venues - 48_000)


@pytest.mark.parametrize("venues", [2, 5])
@pytest.mark.parametrize("kind", ["sweep", "search"])
def test_route(benchmark: Any, kind: str, venues: int) -> None:
    funds, qty = asked(kind, venues)
    made, account = engine(venues, funds_usd=funds)
    rows = route(made, account, qty)["candidate_venues"]
    shares = [row["qty_1e8"] for row in rows if row["chosen"]]
    assert sum(shares) == qty
    assert len(shares) == venues or kind == "sweep"
    benchmark(route, made, account, qty)


def microseconds(kind: str, venues: int) -> float:
    """Processor time of one route."""
    funds, qty = asked(kind, venues)
    made, account = engine(venues, funds_usd=funds)

    def once() -> float:
        before = time.process_time_ns()
        for _ in range(CALLS):
            route(made, account, qty)
        return (time.process_time_ns() - before) / 1_000 / CALLS

    return median(once() for _ in range(REPEATS))


if __name__ == "__main__":
    for name in ("sweep", "search"):
        for count in (2, 3, 4, 5):
            sys.stdout.write(f"{name:7}{count} venues {microseconds(name, count):8.1f} us\n")
