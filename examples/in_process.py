"""A test of a bot without a server: books by hand, time by hand, the same result every time."""

from sequence.sandbox import Sandbox

SYMBOL = "BTC-USD"


def main() -> None:
    """A limit order rests, the market comes to it, and the ledger still adds up."""
    with Sandbox(seed=7, clock="manual", preset="instant", market="manual") as sandbox:
        client = sandbox.client()
        client.sandbox.set_positions(
            [{"venue": "kraken", "kind": "fiat", "symbol": "USD", "qty": 10_000}], replace=True
        )
        sandbox.market.snapshot(
            "kraken", SYMBOL, bids=[("67000.0", "1.5")], asks=[("67010.0", "0.05")]
        )

        order = client.buy(SYMBOL, "0.1", limit_price=67_000, venue="kraken")
        print(f"{order.status}: {order.row.reserved} is held for it")

        sandbox.clock.advance(seconds=1)
        # The bid is gone and a seller quotes at our price: that quote is the evidence of a fill.
        sandbox.market.delta("kraken", SYMBOL, bids=[("67000.0", 0)], asks=[("67000.0", "0.04")])
        order.refresh()
        fill = order.fills()[0]
        print(f"{order.status}: {fill.qty.normalize()} at {fill.price.normalize():f}")
        print(f"because {fill.reason}; fee {fill.fee_usd.normalize()} USD")

        order.cancel()
        cash = next(row for row in client.positions().positions if row.instrument.symbol == "USD")
        print(f"{order.status}: {cash.available_qty.normalize():f} USD free again")
        print(f"broken invariants: {sandbox.check_invariants()}, state {sandbox.state_hash()}")


if __name__ == "__main__":
    main()
