"""What an open order, an id and a position know of themselves is known after a restart, too."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sequence import Sequence
from sequence.errors import ConflictError, SequenceError
from sequence.sandbox import Sandbox
from sequence.store.check import verify_database

Reopen = Callable[..., Sandbox]
DAY_S = 86_400


def _market(sandbox: Sandbox) -> None:
    for venue, symbol in (("kraken", "BTC-USD"), ("hyperliquid", "BTC-USD-PERP")):
        sandbox.market.snapshot(venue, symbol, bids=[("70000", "5")], asks=[("70001", "5")])


@pytest.mark.parametrize("restart", [False, True])
def test_the_horizon_of_an_open_order_outlives_a_restart(reopen: Reopen, restart: bool):
    sandbox = reopen()
    sandbox.client().buy(
        "BTC-USD", "0.1", limit_price="1000", tif="gtc", horizon_ms=60_000, graph_id="h"
    )
    sandbox.clock.advance(seconds=30)
    if restart:
        sandbox.close()
        sandbox = reopen()
    with sandbox:
        assert sandbox.client().order("graph:h:order:1").status == "ACCEPTED"
        sandbox.clock.advance(seconds=31)
        row = sandbox.client().order("graph:h:order:1")
        assert row.is_terminal, row.status


def test_no_id_comes_twice(reopen: Reopen):
    seen: list[set[str]] = []
    for start in range(3):
        with reopen() as sandbox:
            client = sandbox.client()
            for number in range(3):
                client.buy("BTC-USD", "0.01", graph_id=f"i{start}-{number}")
            fills = {row.fill_id for row in client.fills(limit=500).fills}
            orders = {row.node_order_id for row in client.orders(limit=500).orders}
            assert len(fills) == len(orders) == 3 * (start + 1)
            seen.append(fills)
    assert seen[0] < seen[1] < seen[2]


@pytest.mark.parametrize("restart", [False, True])
def test_an_open_perpetual_pays_funding_after_a_restart(
    database: Path, reopen: Reopen, restart: bool
):
    sandbox = reopen(market="manual")
    _market(sandbox)
    sandbox.client().buy("BTC-USD-PERP", "0.1", graph_id="p")
    sandbox.market.funding_rate("hyperliquid", "BTC-USD-PERP", "0.0001")
    if restart:
        sandbox.close()
        sandbox = reopen(market="manual")
        _market(sandbox)
    with sandbox:
        sandbox.clock.advance(seconds=DAY_S)
    with closing(sqlite3.connect(database)) as connection:
        query = "SELECT count(*) FROM events WHERE kind = 'funding_paid'"
        assert connection.execute(query).fetchone()[0] >= 3
    assert verify_database(database) == []


@pytest.mark.parametrize("restart", [False, True])
def test_an_exit_on_its_way_closes_what_opens_before_it_arrives(reopen: Reopen, restart: bool):
    options = {"market": "manual", "preset": "realistic"}
    sandbox = reopen(**options)
    _market(sandbox)
    client = sandbox.client()
    client.buy("BTC-USD-PERP", "0.2", graph_id="in")
    client.sell("BTC-USD-PERP", "0.5", reduce_only=True, graph_id="out")
    assert client.order("graph:out:order:1").status == "NEW"
    if restart:
        sandbox.close()
        sandbox = reopen(**options)
        _market(sandbox)
    with sandbox:
        sandbox.clock.advance(seconds=2)
        row = sandbox.client().order("graph:out:order:1")
        assert (row.filled_qty_1e8, row.status) == (20_000_000, "CANCELLED")
        assert row.done_reason == "INVALID_PARAMS"


FIRST: dict[str, Any] = {"limit_price": "1000", "tif": "gtc", "venue": "kraken"}


@pytest.mark.parametrize(
    "other",
    [
        {"limit_price": "1001"},
        {"tif": "day"},
        {"venue": "coinbase"},
        {"urgency": "high"},
        {"max_slippage_bps": 7},
        {"horizon_ms": 60_000},
        {"reduce_only": True},
        {"qty": "0.2"},
        {"symbol": "ETH-USD"},
        {"side": "sell"},
        {"tag": "other"},
    ],
)
@pytest.mark.parametrize("restart", [False, True])
def test_a_resent_order_is_the_same_in_every_field(
    reopen: Reopen, other: dict[str, Any], restart: bool
):
    sandbox = reopen()
    _send(sandbox, {})
    if restart:
        sandbox.close()
        sandbox = reopen()
    with sandbox:
        assert _send(sandbox, {}).id == "graph:same:order:1"
        with pytest.raises(ConflictError):
            _send(sandbox, other)
        assert sandbox.client().orders().total == 1


def _send(sandbox: Sandbox, other: dict[str, Any]) -> Any:
    options = FIRST | other
    side, symbol = options.pop("side", "buy"), options.pop("symbol", "BTC-USD")
    qty = options.pop("qty", "0.1")
    return getattr(sandbox.client(), side)(symbol, qty, graph_id="same", **options)


NODE: dict[str, Any] = {
    "node_id": "order",
    "instrument": {"symbol": "BTC-USD", "venue": "kraken"},
    "side": "buy",
    "quantity": {"fixed": {"qty_1e8": 10_000_000}},
    "order_type": {"limit": {"price_1e9": 1_000 * 10**9}},
}
GRAPH: dict[str, Any] = {
    "nodes": [NODE],
    "metadata": {"why": "a"},
    "tag": "one",
    "risk": {
        "admission": {"max_notional_usd": 500, "allowed_venues": ["kraken"]},
        "on_failure": {"on_node_reject": "cancel_all"},
    },
}


OTHERS: list[dict[str, Any]] = [
    {"nodes": [NODE | {"node_id": "other"}]},
    {"metadata": {"why": "b"}},
    {"metadata": None},
    {"tag": "two"},
    {"risk": None},
    *[
        {"risk": GRAPH["risk"] | {layer: limits}}
        for layer, limits in [
            ("admission", {"max_notional_usd": 501, "allowed_venues": ["kraken"]}),
            ("admission", {"max_notional_usd": 500, "allowed_venues": ["kraken", "okx"]}),
            ("admission", {"max_notional_usd": 500}),
            ("pre_trade", {"max_order_notional_usd": 500}),
            ("pre_trade", {"max_price_deviation_bps": 9_999}),
            ("pre_trade", {"max_spread_bps": 9_999}),
            ("pre_trade", {"max_quote_age_ms": 60_000}),
            ("pre_trade", {"max_position_qty": 100}),
            ("runtime", {"max_loss_usd": 5}),
            ("runtime", {"max_unhedged_qty": 5}),
            ("runtime", {"unhedged_grace_ms": 0}),
            ("runtime", {"max_duration_ms": 60_000}),
            ("on_failure", {"on_node_reject": "pause"}),
            ("on_failure", {"on_node_reject": "cancel_all", "on_runtime_breach": "pause"}),
        ]
    ],
]


@pytest.mark.parametrize("restart", [False, True])
def test_a_resent_graph_is_the_same_in_every_limit_and_name(reopen: Reopen, restart: bool):
    sandbox = reopen()
    sandbox.client().submit_graph(**GRAPH, graph_id="same")
    if restart:
        sandbox.close()
        sandbox = reopen()
    with sandbox:
        client = sandbox.client()
        taken = [other for other in OTHERS if not _is_conflict(client, GRAPH | other)]
        assert taken == []
        assert client.submit_graph(**GRAPH, graph_id="same").graph_id == "same"
        assert client.orders().total == 1


def _is_conflict(client: Sequence, graph: dict[str, Any]) -> bool:
    try:
        client.submit_graph(**graph, graph_id="same")
    except ConflictError:
        return True
    return False


def test_a_live_key_in_the_sandbox_obeys_the_sandbox_kill_switch(reopen: Reopen):
    with reopen() as sandbox:
        sandbox.client().kill_switch_engage("stop")
        live = sandbox.client(sandbox.live_key)
        with pytest.raises(SequenceError) as refused:
            live.buy("BTC-USD", "0.01", sandbox=True)
        assert refused.value.status == 409
        assert sandbox.client().orders().total == 0
        sandbox.client().kill_switch_clear()
        live.buy("BTC-USD", "0.01", sandbox=True)


def test_an_amend_is_held_to_the_largest_notional():
    risk = {"max_order_notional_1e9": 1_000 * 10**9}
    with Sandbox(clock="manual", preset="instant", risk=risk) as sandbox:
        client = sandbox.client()
        order = client.buy("BTC-USD", "0.01", limit_price="50000", tif="gtc", venue="kraken")
        with pytest.raises(SequenceError):
            client.amend(order.id, new_qty="0.05")
        assert str(client.order(order.id).qty) in ("0.01", "0.01000000")
