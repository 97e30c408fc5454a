"""One exposure per base asset whatever it is quoted in, and ids that go on after a return."""

import pytest

from sequence.sandbox import Sandbox

ONE = 10**8


def sandbox_with(**settings):
    sandbox = Sandbox(clock="manual", market="manual", preset="instant", **settings)
    for venue, symbol in (("kraken", "BTC-USD"), ("coinbase", "BTC-USDC"), ("binance", "BTC-USDT")):
        sandbox.client().sandbox.book(venue, symbol, bids=[(99, 5)], asks=[(101, 5)])
    return sandbox


@pytest.mark.parametrize("second", ["BTC-USDC", "BTC-USDT", "BTC-USD"])
@pytest.mark.parametrize("filled", [True, False])
def test_a_position_limit_counts_every_quote_of_a_base(second, filled):
    with sandbox_with(risk={"max_position_1e8": ONE}) as sandbox:
        client = sandbox.client()
        first = client.buy("BTC-USD", 1, limit_price=101 if filled else 90, venue="kraken")
        assert first.row.failure_reason is None
        order = client.buy(second, "0.5", limit_price=90)
        assert order.row.failure_reason == "POSITION_LIMIT"
        if filled:
            assert client.sell("BTC-USD", 1, venue="kraken").row.failure_reason is None


def test_no_order_id_is_given_twice_after_a_return():
    with sandbox_with() as sandbox:
        client = sandbox.client()
        before = client.buy("BTC-USD", 1, limit_price=90)
        copy = client.sandbox.snapshot()
        later = [client.buy("BTC-USD", 1).wait() for _ in range(3)]
        used = {order.row.node_order_id for order in (before, *later)}
        fills = {fill.fill_id for fill in client.fills().fills}
        client.sandbox.restore(copy.snapshot_id)
        again = [client.buy("BTC-USD", 1).wait() for _ in range(3)]
        assert used.isdisjoint(order.row.node_order_id for order in again)
        assert fills.isdisjoint(fill.fill_id for fill in client.fills().fills)
        assert len({order.row.node_order_id for order in again}) == 3
