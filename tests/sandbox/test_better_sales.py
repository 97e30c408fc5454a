"""A perp sale that fills above the price of its reservation holds the margin of its fill, as far as
there is cash for it: none of that can be spent again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sequence import Sequence
from sequence.sandbox import Sandbox
from tests.server.conftest import serving

SYMBOL, VENUE = "ABC-USD-PERP", "hyperliquid"
USDC = {"venue": VENUE, "kind": "crypto", "symbol": "USDC"}
ENOUGH, EDGE = 200, 105
"""Cash for ten at 110, whose margin is 110; and for ten at 100, where the order is sent."""

Door = Callable[[Sandbox], Any]


@contextmanager
def in_process(sandbox: Sandbox) -> Iterator[Sequence]:
    yield sandbox.client()


@contextmanager
def over_http(sandbox: Sandbox) -> Iterator[Sequence]:
    with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as client:
        yield client


def quote(client: Sequence, bid: int) -> None:
    client.sandbox.book(VENUE, SYMBOL, bids=[(bid, 500)], asks=[(bid + 1, 500)])


def row(client: Sequence, symbol: str) -> Any:
    rows = client.positions().positions
    return next(row for row in rows if row.instrument.symbol == symbol)


def check(client: Sequence, cash: int) -> None:
    """The margin of what was paid, or all that fee and cash leave of it."""
    (fill,) = client.fills().fills
    assert fill.price_1e9 > 105 * 10**9
    needed = fill.price_1e9 * fill.qty_1e8 // 10**9
    there = cash * 10**9 - fill.fee_usd_1e9
    held, money = row(client, SYMBOL), row(client, "USDC")
    assert abs(held.margin_locked_1e8 * 10 - min(needed, there)) <= 100
    assert abs(money.available_qty_1e8 * 10 - max(there - needed, 0)) <= 100


@pytest.mark.parametrize("cash", [EDGE, ENOUGH])
@pytest.mark.parametrize(
    ("preset", "limit", "door"),
    [
        ("optimistic", 100, in_process),
        ("realistic", None, in_process),
        ("realistic", 100, over_http),
        ("adversarial", 100, in_process),
        ("adversarial", None, over_http),
    ],
)
def test_a_better_sale_locks_what_there_is(
    preset: Any, limit: int | None, door: Door, cash: int, tmp_path: Path
):
    settings: dict[str, Any] = {"clock": "manual", "market": "manual", "preset": preset}
    with Sandbox(store=tmp_path / "x.db", **settings) as sandbox, door(sandbox) as client:
        client.sandbox.set_positions([USDC | {"qty": cash}], replace=True)
        quote(client, 100)
        order = client.sell(SYMBOL, 10, limit_price=limit, venue=VENUE)
        quote(client, 110)
        client.sandbox.advance(seconds=3)
        assert order.refresh().status == "FILLED"
        quote(client, 108)
        check(client, cash)
        if cash == EDGE:
            again = client.sell(SYMBOL, "0.4", limit_price=110, venue=VENUE)
            assert again.row.failure_reason == "INSUFFICIENT_BALANCE"
        assert sandbox.check_invariants() == []
    with Sandbox(store=tmp_path / "x.db", **settings) as sandbox, door(sandbox) as client:
        quote(client, 108)
        check(client, cash)


@pytest.mark.parametrize("preset", ["optimistic", "realistic", "adversarial"])
def test_a_change_that_comes_too_late_takes_no_margin_from_the_fill(preset: Any):
    with Sandbox(clock="manual", market="manual", preset=preset) as sandbox:
        client = sandbox.client()
        client.sandbox.set_positions([USDC | {"qty": 125}], replace=True)
        quote(client, 100)
        order = client.sell(SYMBOL, 10, limit_price=100, venue=VENUE)
        client.amend(order.id, new_qty=12)
        quote(client, 110)
        client.sandbox.advance(seconds=3)
        assert order.refresh().filled_qty in (10, 12)
        fills = client.fills().fills
        needed = sum(fill.price_1e9 * fill.qty_1e8 // 10**9 for fill in fills)
        paid = sum(fill.fee_usd_1e9 for fill in fills)
        held = row(client, SYMBOL).margin_locked_1e8 * 10
        assert abs(held - min(needed, 125 * 10**9 - paid)) <= 100
