"""A limit that stops a graph is told as an alert, by both doors and to both clients, once."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sequence import Sequence, Stream, streams
from sequence.sandbox import Sandbox
from sequence.sandbox.sim import PRESETS
from tests.doors import DOORS, door

ETH, PERP = "ETH-USD", "ETH-USD-PERP"
WAIT_S = 10.0
Act = Callable[[Sandbox, Sequence], None]


def quote(sandbox: Sandbox, price: float, symbol: str = ETH) -> None:
    venue = "hyperliquid" if symbol == PERP else "kraken"
    sandbox.market.snapshot(venue, symbol, [(price - 0.5, 500)], [(price + 0.5, 500)])


def node(name: str, side: str = "buy", **more: Any) -> dict[str, Any]:
    size = {"fixed": {"qty_1e8": 10**8}}
    return {
        "node_id": name,
        "instrument": {"symbol": ETH, "venue": "kraken"},
        "side": side,
        "quantity": size,
    } | more


def submitted(client: Sequence, risk: dict[str, Any]) -> None:
    """Buys one now, one after ten seconds and one after ten minutes."""
    edges = [
        {"from_node": "in", "to_node": name, "trigger": {"on_timeout": {"ms": ms}}}
        for name, ms in (("late", 10_000), ("last", 600_000))
    ]
    nodes = [node("in"), node("late"), node("last")]
    client.submit_graph(nodes, edges, risk=risk, graph_id="g")


def loses(sandbox: Sandbox, _: Sequence) -> None:
    quote(sandbox, 2200)
    sandbox.clock.advance(ms=1000)


def waits(sandbox: Sandbox, _: Sequence) -> None:
    sandbox.clock.advance(seconds=5)


def is_refused(sandbox: Sandbox, client: Sequence) -> None:
    sandbox.clock.advance(seconds=9)
    client.sandbox.add_fault("reject_next", reason="EXCHANGE_BUSY")
    sandbox.clock.advance(seconds=5)


LIMITS: dict[str, tuple[dict[str, Any], Act]] = {
    "max_loss_usd: -1": ({"max_loss_usd": 50}, loses),
    "max_unhedged_qty: 1 ETH": ({"max_unhedged_qty": 0.5, "unhedged_grace_ms": 500}, waits),
    "max_duration_ms": ({"max_duration_ms": 4000}, waits),
    "on_node_reject: late EXCHANGE_BUSY": ({}, is_refused),
}


def until(stream: Stream, kind: str) -> list[streams.Event]:
    """Everything up to an alert of a kind."""
    found = list[streams.Event]()
    while not found or not isinstance(found[-1], streams.AlertEvent) or found[-1].data.kind != kind:
        event = stream.next(timeout=WAIT_S)
        assert event is not None, "the alert did not come"
        found.append(event)
    return found


def last_alert(events: list[streams.Event]) -> streams.AlertEvent:
    event = events[-1]
    assert isinstance(event, streams.AlertEvent)
    return event


def listening(stream: Stream) -> None:
    """Waits until it is subscribed: the risk state comes first."""
    assert isinstance(stream.next(timeout=WAIT_S), streams.RiskStateEvent)


ACTIONS = ("continue", "pause", "cancel_all", "flatten")
WAYS = [("in process", action) for action in ACTIONS] + [("HTTP", "flatten")]


@pytest.mark.parametrize(("kind", "action"), WAYS)
@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_that_acts_is_told(limit: str, action: str, kind: str):
    runtime, act = LIMITS[limit]
    on_failure = dict.fromkeys(("on_runtime_breach", "on_node_reject"), action)
    with (
        Sandbox(market="manual", clock="manual", preset="instant") as sandbox,
        door(sandbox, kind) as client,
        client.stream(["alerts", "risk"]) as stream,
    ):
        listening(stream)
        quote(sandbox, 2310)
        submitted(client, {"runtime": runtime, "on_failure": on_failure})
        act(sandbox, client)
        if action == "continue" and act is is_refused:
            # The graph goes on as if nothing was: the order's own alert says what was.
            alert = last_alert(until(stream, "order_rejected"))
            assert alert.data.node_order_id == "graph:g:late:1"
            return
        alert = last_alert(until(stream, "runtime_breach"))
        graph = client.graph_status("g")
        assert alert.data.graph_id == "g"
        assert alert.data.severity == "critical"
        assert alert.data.message.startswith(limit)
        assert alert.data.message == graph.status_reason
        ended = action in ("cancel_all", "flatten")
        assert (graph.status == "FAILED") is ended
        assert (graph.status == "PAUSED") is (action == "pause")


@pytest.mark.parametrize("preset", PRESETS)
def test_each_limit_is_told_once_and_by_its_own_words(preset: str):
    with (
        Sandbox(market="manual", clock="manual", preset=preset) as sandbox,
        sandbox.client() as client,
        client.stream(["graphs.detail", "alerts", "risk"]) as stream,
    ):
        listening(stream)
        quote(sandbox, 2310)
        runtime = {"max_loss_usd": 50, "max_unhedged_qty": 0.5, "max_duration_ms": 60_000}
        submitted(client, {"runtime": runtime, "on_failure": {"on_runtime_breach": "continue"}})
        sandbox.clock.advance(seconds=30)
        for _ in range(2):
            loses(sandbox, client)
        sandbox.clock.advance(seconds=60)
        client.kill_switch_engage("the end")
        events = until(stream, "kill_switch_engaged")
        said = [
            event.data.message.partition(":")[0]
            for event in events
            if isinstance(event, streams.AlertEvent) and event.data.kind == "runtime_breach"
        ]
        assert said == ["max_unhedged_qty", "max_loss_usd", "max_duration_ms"]
        changes = [
            event.data.to.partition(":")[0]
            for event in events
            if isinstance(event, streams.GraphChangeEvent) and event.data.event == "risk"
        ]
        assert changes == said


@pytest.mark.parametrize("kind", DOORS)
def test_a_lost_day_and_a_switch_are_told_too(kind: str):
    risk = {"daily_loss_limit_usd_1e9": 100 * 10**9}
    with (
        Sandbox(market="manual", clock="manual", preset="instant", risk=risk) as sandbox,
        door(sandbox, kind) as client,
        client.alerts_stream() as alerts,
    ):
        alerts.subscribe("risk")
        listening(alerts)
        client.kill_switch_engage("enough")
        client.kill_switch_clear()
        quote(sandbox, 2310, PERP)
        client.buy(PERP, 1)
        quote(sandbox, 2190, PERP)
        order = client.buy(PERP, 1)
        assert order.status == "REJECTED"
        alert = last_alert(until(alerts, "daily_loss_limit"))
        assert (alert.data.node_order_id, alert.seq) == (order.id, 3)


@pytest.mark.parametrize("kind", DOORS)
def test_the_state_of_an_account_is_told_first_and_as_it_changes(kind: str):
    with (
        Sandbox(market="manual", clock="manual", preset="instant") as sandbox,
        door(sandbox, kind) as client,
        client.risk_stream() as stream,
    ):
        first = stream.next(timeout=WAIT_S)
        assert isinstance(first, streams.RiskStateEvent)
        assert (first.data.open_orders, first.data.kill_switch) == (0, False)
        quote(sandbox, 2310)
        client.buy(ETH, 1, limit_price=2000)
        sandbox.clock.advance(seconds=1)
        then = stream.next(timeout=WAIT_S)
        assert isinstance(then, streams.RiskStateEvent)
        assert (then.data.open_orders, then.seq) == (1, first.seq + 1)


def test_the_asyncio_client_hears_it_too():
    async def life(sandbox: Sandbox) -> streams.Event | None:
        async with sandbox.async_client() as client, client.alerts_stream() as stream:
            await client.kill_switch_engage("enough")
            return await stream.next(timeout=WAIT_S)

    with Sandbox(market="manual", clock="manual", preset="instant") as sandbox:
        event = asyncio.run(life(sandbox))
        assert isinstance(event, streams.AlertEvent)
        assert event.data.kind == "kill_switch_engaged"
