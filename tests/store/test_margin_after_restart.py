"""Who holds a perp is judged and pays funding after a restart as before, orders or none."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sequence.sandbox import Sandbox

VENUE, BTC, ETH = "hyperliquid", "BTC-USD-PERP", "ETH-USD-PERP"
HOUR_MS = 3_600_000


def book(sandbox: Sandbox, symbol: str, bid: str, ask: str, size: str = "5") -> None:
    sandbox.market.snapshot(VENUE, symbol, bids=[(bid, size)], asks=[(ask, size)])


def long_one(sandbox: Sandbox, cash: float) -> None:
    client = sandbox.client()
    row = {"venue": VENUE, "kind": "crypto", "symbol": "USDC", "qty": cash}
    client.sandbox.set_positions([row], replace=True)
    book(sandbox, BTC, "50000", "50001")
    assert client.buy(BTC, qty=1, venue=VENUE).status == "FILLED"


def held(sandbox: Sandbox, symbol: str) -> Any:
    rows = sandbox.client().positions(include_closed=True).positions
    return next(row for row in rows if row.instrument.symbol == symbol)


def test_a_holder_without_orders_is_liquidated_after_a_restart(reopen: Callable[..., Sandbox]):
    with reopen(market="manual") as sandbox:
        long_one(sandbox, 6_000)
    with reopen(market="manual") as sandbox:
        assert held(sandbox, BTC).mark_source == "last"
        book(sandbox, BTC, "30000", "30001")
        assert held(sandbox, BTC).qty == 0
        assert held(sandbox, "USDC").qty >= 0


def test_a_gain_of_before_a_restart_still_counts(reopen: Callable[..., Sandbox]):
    with reopen(market="manual") as sandbox:
        long_one(sandbox, 6_000)
        book(sandbox, ETH, "999", "1001", "50")
        assert sandbox.client().buy(ETH, qty=5, venue=VENUE).status == "FILLED"
        book(sandbox, ETH, "1499", "1501", "50")
        book(sandbox, BTC, "46399", "46401")
        assert held(sandbox, BTC).qty == 1
    with reopen(market="manual") as sandbox:
        book(sandbox, BTC, "46398", "46400")
        assert held(sandbox, BTC).qty == 1, "the other book is not there yet; its mark is"


def test_funding_at_the_boundary_of_a_restart_is_paid(reopen: Callable[..., Sandbox]):
    with reopen(market="manual") as sandbox:
        long_one(sandbox, 10_000)
        sandbox.market.funding_rate(VENUE, BTC, 0.0001)
        cash = held(sandbox, "USDC").qty
    with reopen(market="manual") as sandbox:
        sandbox.clock.advance(ms=HOUR_MS)
        assert held(sandbox, "USDC").qty == cash - Decimal("5.00005")


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_liquidation_that_waited_before_a_restart_ends_with_its_cause(
    reopen: Callable[..., Sandbox], side: str
):
    sign = 1 if side == "buy" else -1

    def at(sandbox: Sandbox, loss: int, *, closable: bool = True) -> Any:
        """The position once the mark is that far against it."""
        size, mid = "5" if closable else "0.000001", 50_000 - sign * loss
        met, other = [(mid - sign, size)], [(mid + sign, "5")]
        bids, asks = (met, other) if side == "buy" else (other, met)
        sandbox.market.snapshot(VENUE, BTC, bids=bids, asks=asks)
        return held(sandbox, BTC).qty

    with reopen(market="manual") as sandbox:
        client = sandbox.client()
        row = {"venue": VENUE, "kind": "crypto", "symbol": "USDC", "qty": 6_000}
        client.sandbox.set_positions([row], replace=True)
        book(sandbox, BTC, "49999", "50001")
        (client.buy if side == "buy" else client.sell)(BTC, 1, venue=VENUE)
        assert abs(at(sandbox, 3_700, closable=False)) > Decimal("0.99"), "nobody takes it"
    with reopen(market="manual") as sandbox:
        well = at(sandbox, 0)
        assert abs(well) > Decimal("0.99")
        assert at(sandbox, 3_100) == well, "above maintenance, below where a liquidation ends"
        assert abs(at(sandbox, 3_700)) < abs(well)
