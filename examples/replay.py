"""Paper orders over HTTP against a recorded order book.

    python examples/replay.py FILE...

FILE holds raw venue frames, one JSON text per line, packed with zstd or not: Kraken v2, Kalshi,
Binance, Coinbase, Hyperliquid or Polymarket. The clock is the recording's.
"""

import sys

from sequence import Sequence
from sequence.sandbox import Sandbox
from sequence.server import serving

SIZE = 1
WARM_UP_S = 5


def main(files: list[str]) -> int:
    """Serves the recording, buys one unit of everything that has an ask."""
    if not files:
        print(__doc__)
        return 2
    with Sandbox(clock="replay", market=files) as sandbox, serving(sandbox) as url:
        # Time is moved by hand here; `sequence up --market replay:FILE` runs by itself.
        sandbox.clock.advance(seconds=WARM_UP_S)
        with Sequence(sandbox.test_key, base_url=url) as client:
            for row in client.symbols():
                nbbo = client.quote(row.symbol).nbbo
                print(f"{row.symbol}: recorded bid {nbbo.bid}, ask {nbbo.ask}")
                if not (nbbo.live and nbbo.ask):
                    continue
                order = client.buy(row.symbol, SIZE)
                sandbox.clock.advance(seconds=1)
                order.refresh()
                print(f"  {order.status}: average price {order.avg_price}")
                for fill in order.fills():
                    price, fee = fill.price.normalize(), fill.fee_usd.normalize()
                    print(f"  {fill.qty.normalize()} at {price:f}, fee {fee} USD: {fill.reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
