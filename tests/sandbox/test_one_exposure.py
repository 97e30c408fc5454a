"""One exposure per base asset whatever it is quoted in, and ids that go on after a return."""

from random import Random
from typing import Any

import pytest

from sequence import Sequence
from sequence.errors import ApiError
from sequence.sandbox import Sandbox

ONE = 10**8
BOOKS = [
    ("kraken", "BTC-USD"),
    ("coinbase", "BTC-USDC"),
    ("binance", "BTC-USDT"),
    ("kraken", "BTC-EUR"),
    ("hyperliquid", "BTC-USD-PERP"),
]
CASH = [
    ("kraken", "fiat", "USD"),
    ("kraken", "fiat", "EUR"),
    ("coinbase", "crypto", "USDC"),
    ("binance", "crypto", "USDT"),
    ("hyperliquid", "crypto", "USDC"),
]


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


def step(client: Sequence, sandbox: Sandbox, draw: Random) -> None:
    """An order, an amend, a cancel, time, or other books."""
    kind, sent = draw.random(), client.orders(limit=500, open=True).orders
    if kind < 0.5:
        venue, symbol = draw.choice(BOOKS)
        send = draw.choice((client.buy, client.sell))
        options: dict[str, Any] = {"venue": draw.choice((venue, None))}
        limit = draw.choice((None, 98, 99, 100, 101, 102))
        send(symbol, draw.choice((0.1, 0.3, 0.5, 1)), limit_price=limit, **options)
    elif kind < 0.65 and sent:
        name = draw.choice(sent).node_order_id
        size, price = draw.choice((0.2, 0.6, 1, 1.5)), draw.choice((98, 100, 102))
        client.amend(name, new_qty=size, new_price=price)
    elif kind < 0.72 and sent:
        client.cancel(draw.choice(sent).node_order_id)
    elif kind < 0.85:
        sandbox.clock.advance(ms=draw.choice((1, 20, 500)))
    else:
        for venue, symbol in BOOKS:
            mid, size = 100 + draw.randint(-2, 2), draw.randint(1, 5) / 5
            sandbox.market.snapshot(
                venue, symbol, [(mid - 1, size)], [(mid + 1, size)], lot="0.0001", min_notional=0
            )


def exposed(client: Sequence) -> tuple[int, int]:
    """The most that open orders can make of the position, and the least."""
    rows = client.positions(include_closed=True).positions
    held = sum(row.qty_1e8 for row in rows if row.instrument.symbol in {"BTC", "BTC-USD-PERP"})
    most = least = held
    for row in client.orders(limit=500, open=True).orders:
        rest = row.qty_1e8 - row.filled_qty_1e8
        most, least = (most + rest, least) if row.side == "buy" else (most, least - rest)
    return most, least


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("preset", ["instant", "optimistic", "realistic", "adversarial"])
def test_no_course_of_orders_passes_a_position_limit(preset: Any, seed: int):
    draw = Random(seed)  # noqa: S311 - a seed, not a secret
    settings: dict[str, Any] = {"clock": "manual", "market": "manual", "preset": preset}
    with Sandbox(risk={"max_position_1e8": ONE}, **settings) as sandbox:
        client = sandbox.client()
        rows = [{"venue": v, "kind": k, "symbol": s, "qty": 10**7} for v, k, s in CASH]
        client.sandbox.set_positions(rows, replace=True)
        for _ in range(60):
            try:
                step(client, sandbox, draw)
            except ApiError:
                continue
            most, least = exposed(client)
            assert -ONE <= least <= most <= ONE
        assert client.fills().fills
        assert sandbox.check_invariants() == []
