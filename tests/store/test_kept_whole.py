"""What a row said before a restart it says after it: causes of legs, grids, what is due."""

from collections.abc import Callable
from typing import Any

import pytest

from sequence import _core
from sequence.errors import ApiError
from sequence.sandbox import Sandbox
from sequence.store.base import Batch
from sequence.store.memory import MemoryStore

Reopen = Callable[..., Sandbox]
HOUR_NS = 3_600 * 10**9
START_NS = 1_776_657_000_000_000_000
PRICE, QTY = 10**9, 10**8


def causes(sandbox: Sandbox) -> dict[str, tuple[str | None, ...]]:
    found = {}
    for row in sandbox.client().orders(limit=50).orders:
        (leg,) = row.legs
        found[row.graph_id] = (leg.status, leg.failure_reason, leg.failure_message, leg.done_reason)
    return found


def test_every_leg_keeps_the_cause_of_its_end(reopen: Reopen):
    with reopen(market="manual") as sandbox:
        client = sandbox.client()
        sandbox.market.snapshot("kraken", "BTC-USD", bids=[(50_000, 1)], asks=[(50_001, 1)])
        kraken = {"venue": "kraken", "qty": "0.1"}
        client.buy("BTC-USD", **kraken, graph_id="filled")
        client.buy("BTC-USD", **kraken, limit_price=49_000, tif="ioc", graph_id="ioc")
        client.buy("BTC-USD", **kraken, limit_price=50_001, tif="post_only", graph_id="post")
        client.buy("BTC-USD", **kraken, limit_price=49_000, graph_id="left")
        client.cancel("graph:left:order:1")
        client.buy("BTC-USD", **kraken, limit_price=48_000, graph_id="open")
        before = causes(sandbox)
    assert before == {
        "filled": ("FILLED", None, None, "FILLED"),
        "ioc": ("CANCELLED", None, None, "IOC_REMAINDER"),
        "post": ("REJECTED", "EXCHANGE_REJECT", "post-only would cross", "EXCHANGE_REJECT"),
        "left": ("CANCELLED", None, None, "CANCELLED_BY_CLIENT"),
        "open": ("ACCEPTED", None, None, None),
    }
    with reopen(market="manual") as sandbox:
        assert causes(sandbox) == before


def listing(sandbox: Sandbox) -> Any:
    rows = sandbox.client().symbols()
    return next(row for row in rows if "DOGE" in str(row))


@pytest.mark.parametrize("restart", [False, True])
def test_a_grid_outlives_a_restart_with_its_sources(reopen: Reopen, restart: bool):
    sandbox = reopen(market="manual")
    market = ("kraken", "DOGE-USD")
    sandbox.market.list(*market, tick="0.0005", lot=5, min_qty=50, min_notional=20)
    before = listing(sandbox)
    if restart:
        sandbox.close()
        sandbox = reopen(market="manual")
    with sandbox:
        client = sandbox.client()
        assert listing(sandbox) == before
        with pytest.raises(ApiError, match="off the tick"):
            sandbox.market.snapshot(*market, bids=[("0.08121", "1203")], asks=[])
        sandbox.market.snapshot(*market, bids=[("0.081", "1205")], asks=[("0.0815", "10")])
        assert listing(sandbox) == before
        for qty, price, why in (
            (52, "0.08", "lot of 5"),
            (45, "0.08", "minimum of 50"),
            (50, "0.08", "notional of 20"),
            (500, "0.0809", "nearest valid: 0.0805 and 0.081"),
        ):
            with pytest.raises(ApiError, match=why):
                client.buy("DOGE-USD", qty=qty, limit_price=price, venue="kraken")


def engine_of(store: MemoryStore | None, now_ns: int) -> tuple[_core.Engine, _core.Journal]:
    engine = _core.Engine(seed=7, preset="instant")
    engine.set_max_age(enabled=False)
    journal = _core.Journal(engine)
    loaded = store.load() if store is not None else None
    if loaded is not None:
        names = [name for name, _ in _core.Journal.tables()]
        journal.restore([(name, list(loaded.rows.get(name, ()))) for name in names], now_ns)
    journal.listen()
    return engine, journal


@pytest.mark.parametrize(
    ("away_ns", "boundaries"),
    [(HOUR_NS - 2, 0), (HOUR_NS - 1, 0), (HOUR_NS, 1), (3 * HOUR_NS, 3), (30 * HOUR_NS, 30)],
)
def test_boundaries_that_passed_while_nothing_ran_are_paid_at_the_start(
    away_ns: int, boundaries: int
):
    start_ns = START_NS // HOUR_NS * HOUR_NS + 1
    engine, journal = engine_of(None, start_ns)
    who = engine.account("somebody")
    engine.reset(who, 10_000 * QTY, start_ns)
    perp = ("hyperliquid", "BTC-USD-PERP")
    engine.market_snapshot(*perp, [(49_999 * PRICE, QTY)], [(50_001 * PRICE, QTY)], *[start_ns] * 2)
    engine.set_funding_rate(*perp, 100_000, start_ns)
    engine.submit(
        who, start_ns, symbol=perp[1], side="buy", qty_1e8=QTY, venue=perp[0],
        instrument_type="perp",
    )  # fmt: skip
    journal.keep_marks()
    taken, store = journal.take(), MemoryStore()
    assert taken is not None
    store.commit(Batch(taken[0], taken[1]))
    last = engine.last_seq
    engine, _ = engine_of(store, start_ns + away_ns)
    paid = [event for event in engine.events(last, 99) if event["type"] == "funding_paid"]
    assert [event["data"]["amount_1e9"] for event in paid] == [-5 * PRICE] * boundaries
    due = [start_ns - 1 + (number + 1) * HOUR_NS for number in range(boundaries)]
    assert [event["data"]["boundary_ns"] for event in paid] == due
    # The next boundary is paid once, whoever was away.
    engine.advance(start_ns + away_ns + HOUR_NS)
    again = [event for event in engine.events(last, 99) if event["type"] == "funding_paid"]
    assert len(again) == (away_ns + HOUR_NS) // HOUR_NS
