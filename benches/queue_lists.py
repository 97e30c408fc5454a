"""Memory of several lists of lots: what a level in doubt costs where an order waits at it.

    python benches/queue_lists.py [LISTS]

Each level has a hundred orders of one size, of which some leave: nobody knows which. Peak memory
of the process, so start it anew for each number of lists.
"""

import json
import resource
import sys
from typing import Final

from sequence.sandbox import Sandbox, SimConfig

LEVELS: Final = 50
ORDERS: Final = 100
LEAVE: Final = 5
SYMBOL: Final = "BTC-USD"


def peak_kib() -> int:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measure(lists: int) -> dict[str, float]:
    """Fills the levels, lets orders wait there, and lets some of the others leave."""
    prices = range(1_000, 1_000 - LEVELS, -1)
    sim = SimConfig.realistic(queue_lists=lists)
    with Sandbox(clock="manual", market="manual", sim=sim) as sandbox:
        client = sandbox.client()

        def show(orders: int) -> None:
            sandbox.clock.advance(seconds=1)
            sandbox.market.delta("kraken", SYMBOL, bids=[(price, orders) for price in prices])

        sandbox.market.snapshot("kraken", SYMBOL, [(price, 1) for price in prices], [(1_001, 1)])
        for orders in range(2, ORDERS + 1):
            show(orders)
        before_kib = peak_kib()
        for price in prices:
            client.buy(SYMBOL, 1, limit_price=price, venue="kraken")
        for orders in range(ORDERS - 1, ORDERS - 1 - LEAVE, -1):
            show(orders)
        return {"lists": lists, "kib_per_level": round((peak_kib() - before_kib) / LEVELS, 1)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]) if sys.argv[1:] else 32)) + "\n")
