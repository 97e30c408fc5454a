"""What an account took of a level, and what it only seemed to take."""

from decimal import Decimal
from typing import Any

import pytest

from sequence.sandbox import Sandbox

SYMBOL = "BTC-USD-PERP"
BIDS = [("60000", "0.1"), ("59990", "0.1"), ("59980", "0.1"), ("59970", "0.1")]


def _row(order: Any) -> tuple[str, Decimal]:
    row = order.refresh().row
    return row.status, Decimal(row.filled_qty_1e8) / 10**8


@pytest.mark.parametrize("preset", ["optimistic", "realistic", "adversarial"])
def test_an_exit_that_came_too_late_took_no_level(preset: str) -> None:
    with Sandbox(seed=7, preset=preset, market="manual", clock="manual") as sandbox:
        client, market = sandbox.client(), sandbox.market
        client.sandbox.set_positions(
            [
                {"venue": "bybit", "kind": "crypto", "symbol": "USDT", "qty": 1_000_000},
                {"venue": "bybit", "kind": "perp", "symbol": SYMBOL, "qty": 0.2,
                 "entry_price_usd": 60_000},
            ],
            replace=True,
        )  # fmt: skip
        market.snapshot("bybit", SYMBOL, BIDS, [("60010", 1)])
        exits = [
            client.sell(SYMBOL, "0.2", venue="bybit", tif="ioc", limit_price=59_000,
                        reduce_only=True)
            for _ in range(2)
        ]  # fmt: skip
        sandbox.clock.advance(ms=400)
        market.snapshot("bybit", SYMBOL, BIDS, [("60010", 1)])
        assert [_row(order)[1] for order in exits] == [Decimal("0.2"), 0]
        later = client.sell(SYMBOL, "0.2", venue="bybit", tif="fok", limit_price=59_500)
        sandbox.clock.advance(ms=400)
        assert _row(later) == ("FILLED", Decimal("0.2")), "the levels the second exit walked"
