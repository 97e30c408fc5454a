"""The longest single order of a million, in CPU time of its thread: `longest.py [ORDERS]`.

A table that moves everything it holds shows here and in no average. Prints JSON: the longest call
in microseconds, of which order it was, the median, and the bytes that an order leaves behind.
"""

import gc
import json
import sys
import time
from array import array
from pathlib import Path

from sequence.sandbox import Sandbox

ONE = 10**8


def main(orders: int) -> None:
    """Market orders in turn, each alone on the clock."""
    with Sandbox(clock="manual", preset="instant", market="manual", seed=1) as sandbox:
        levels = [(60_000 - n, 1_000_000) for n in range(10)]
        asks = [(60_001 + n, 1_000_000) for n in range(10)]
        sandbox.market.snapshot("kraken", "BTC-USD", levels, asks)
        sandbox.client().sandbox.reset()
        desk = sandbox.desk()
        market = desk.market("BTC-USD", "kraken")
        took = array("q", bytes(8 * orders))
        # Python's own collector is not what is measured.
        gc.disable()
        before = resident_kb()
        for nth in range(orders):
            trade = desk.sell if nth % 2 else desk.buy
            begun = time.thread_time_ns()
            trade(market, ONE // 1_000)
            took[nth] = time.thread_time_ns() - begun
        grown = (resident_kb() - before) * 1024 / orders
        assert desk.order(orders - 1)[0] == "FILLED"
        assert sandbox.check_invariants() == []
    longest = max(range(orders), key=took.__getitem__)
    told = {
        "orders": orders,
        "longest_us": took[longest] / 1_000,
        "order": longest,
        "median_us": sorted(took)[orders // 2] / 1_000,
        "bytes_per_order": round(grown),
    }
    print(json.dumps(told))


def resident_kb() -> int:
    """The resident size now."""
    text = Path("/proc/self/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
