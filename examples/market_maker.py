"""A market maker on two venues: quotes follow the stream, fills are told as they come."""

import os

from sequence import PlacedOrder, Sequence
from sequence.sandbox import Sandbox
from sequence.streams import FillEvent, PriceEvent

SYMBOL, QTY, VENUES = "BTC-USD", "0.02", ("kraken", "coinbase")
PRICES = 12 if os.environ.get("SEQUENCE_EXAMPLE_ONCE") else 400


def quote(client: Sequence) -> list[PlacedOrder]:
    """A bid and an offer at the best prices of each venue."""
    best = client.quote(SYMBOL).venues
    return [
        place(SYMBOL, QTY, limit_price=price, venue=venue, tif="post_only", tag=venue)
        for venue in VENUES
        for place, price in ((client.buy, best[venue].bid), (client.sell, best[venue].ask))
    ]


def main() -> None:
    """Quotes anew whenever the middle moves by a basis point, and sums up by venue."""
    with Sandbox(seed=7) as sandbox, sandbox.client() as client:
        rows = [{"venue": v, "kind": "crypto", "symbol": "BTC", "qty": 1} for v in VENUES]
        client.sandbox.set_positions(rows)
        quoted_at, seen = 0.0, 0
        with client.stream([f"prices:{SYMBOL}", "fills"]) as stream:
            for event in stream:
                if isinstance(event, FillEvent):
                    fill = event.data
                    print(f"{fill.venue}: {fill.side} {fill.qty.normalize()} at {fill.price:f}")
                elif isinstance(event, PriceEvent):
                    mid, seen = event.data.mid, seen + 1
                    if abs(mid - quoted_at) > mid / 10_000:
                        client.cancel_all(symbol=SYMBOL)
                        quote(client)
                        quoted_at = mid
                    if seen >= PRICES:
                        break
        client.cancel_all(symbol=SYMBOL)
        for row in sandbox.results().pnl_by("tag"):
            print(f"{row.key}: {row.fills} fills, {row.pnl_usd:.2f} USD")
        print(f"prices seen: {seen}")


if __name__ == "__main__":
    main()
