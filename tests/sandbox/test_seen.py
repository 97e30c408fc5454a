"""What a page needs beside orders and fills: sweeps, acknowledgements, counts, feeds, edges."""

from collections.abc import Callable, Iterator

import pytest

from sequence import Node, Sequence, Trigger
from sequence.sandbox import Sandbox
from sequence.types import GraphEdge

SYMBOL = "BTC-USD"
MS = 10**6
SECOND = 10**9


def book(sandbox: Sandbox, venue: str = "kraken", mid: int = 100) -> None:
    asks = [(mid + 1, 1), (mid + 2, 1), (mid + 3, 1)]
    sandbox.market.snapshot(venue, SYMBOL, [(mid - 1, 4), (mid - 2, 9)], asks)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock="manual", market="manual", preset="instant") as made:
        book(made)
        yield made
        assert made.check_invariants() == []


@pytest.fixture
def client(sandbox: Sandbox) -> Sequence:
    return sandbox.client()


def test_fills_of_one_sweep_share_a_match_and_count_its_levels(
    client: Sequence, sandbox: Sandbox
) -> None:
    client.buy(SYMBOL, "2.5")
    book(sandbox)
    sandbox.clock.advance(seconds=1)
    client.buy(SYMBOL, "0.5")
    *sweep, later = reversed(client.fills().fills)
    assert [row.level_index for row in sweep] == [0, 1, 2]
    assert [int(row.price) for row in sweep] == [101, 102, 103]
    assert len({row.match_id for row in sweep}) == 1
    assert later.match_id != sweep[0].match_id
    assert later.level_index == 0


def test_a_resting_order_has_a_match_and_no_level(client: Sequence, sandbox: Sandbox) -> None:
    client.buy(SYMBOL, 1, limit_price=99)
    sandbox.market.trade("kraken", SYMBOL, 99, 9, "sell")
    (row,) = client.fills().fills
    assert (row.is_maker, row.level_index) == (True, None)
    assert row.match_id


def test_each_venue_of_a_routed_order_is_a_match_of_its_own(
    client: Sequence, sandbox: Sandbox
) -> None:
    book(sandbox, "coinbase")
    client.buy(SYMBOL, 4)
    by_venue = {row.venue: row.match_id for row in client.fills().fills}
    assert len(by_venue) == len(set(by_venue.values())) == 2


def test_an_order_says_how_long_its_venue_took_to_answer() -> None:
    with Sandbox(seed=5, clock="manual", preset="realistic") as sandbox:
        client = sandbox.client()
        sandbox.clock.advance(seconds=5)
        order = client.buy(SYMBOL, "0.1")
        assert order.submitted.orders[0].ack_ns is None
        assert client.order(order.id).ack_ns is None
        sandbox.clock.advance(seconds=5)
        found = client.order(order.id)
        evidence = client.fills().fills[0].evidence
        assert found.ack_ns == evidence.latency.response_ns + (
            evidence.time.arrive_venue_ns - evidence.time.submit_local_ns
        )


def test_a_cancel_says_when_the_order_was_over(client: Sequence, sandbox: Sandbox) -> None:
    order = client.buy(SYMBOL, 1, limit_price=50)
    sandbox.clock.advance(seconds=3)
    cancelled = order.cancel()
    assert cancelled.exchange_ns == client.order(order.id).updated_unix_ns == sandbox.clock.now_ns


def test_a_waiting_order_says_what_stands_where_it_stands(client: Sequence) -> None:
    order = client.buy(SYMBOL, 1, limit_price=98)
    evidence = client.order(order.id).evidence
    assert evidence is not None
    assert (evidence.best_px_1e9, evidence.level_size_1e8) == (99 * 10**9, 9 * 10**8)
    assert evidence.eta_ms is None, "nothing traded, so nothing can be said"


def test_a_summary_counts_what_lists_are_too_short_for(client: Sequence, sandbox: Sandbox) -> None:
    client.buy(SYMBOL, 1)
    client.buy(SYMBOL, 1, limit_price=50)
    for reason in ("EXCHANGE_REJECT", "EXCHANGE_REJECT", "RATE_LIMIT"):
        client.sandbox.add_fault("reject_next", reason=reason)
        client.buy(SYMBOL, 1)
    found = client.account_summary()
    assert (found.open_orders, found.fills, found.rejects) == (1, 1, 3)
    assert found.rejects_by_reason == {"EXCHANGE_REJECT": 2, "RATE_LIMIT": 1}
    assert found.nav_usd_1e9 == client.positions().totals.nav_usd_1e9
    assert found.margin_locked_usd_1e9 == 0
    client.sandbox.reset()
    found = client.account_summary()
    assert (found.open_orders, found.fills, found.rejects) == (0, 0, 0)
    assert (found.rejects_by_reason, found.epoch) == ({}, 2)
    assert sandbox.client(account="other").account_summary().fills == 0


def test_locked_margin_is_counted_in_dollars(sandbox: Sandbox) -> None:
    name = "BTC-USD-PERP"
    sandbox.market.snapshot("hyperliquid", name, [(99, 50)], [(101, 50)])
    client = sandbox.client()
    client.buy(name, 10)
    rows = client.positions(kinds="perp").positions
    locked = client.account_summary().margin_locked_usd_1e9
    assert locked == sum(row.margin_locked_1e8 for row in rows) * 10 > 0


def feeds(client: Sequence) -> tuple[str, str, str]:
    health = {row.venue: row.status for row in client.health_report().venues}
    venues = {row.venue: row.status for row in client.venues().venues}
    return health["kraken"], venues["kraken"], client.quote(SYMBOL).venues["kraken"].status


def test_a_stale_venue_is_seen_wherever_its_feed_is_shown(
    client: Sequence, sandbox: Sandbox
) -> None:
    assert feeds(client) == ("connected", "connected", "OK")
    fault = client.sandbox.add_fault("stale_venue", venue="kraken")
    assert feeds(client) == ("stale", "stale", "STALE")
    assert client.health_report().status == "degraded"
    client.sandbox.remove_fault(fault.fault_id)
    book(sandbox)
    assert feeds(client) == ("connected", "connected", "OK")
    client.sandbox.add_fault("halt_venue", venue="kraken")
    assert feeds(client) == ("halted", "halted", "HALTED")


def test_a_feed_says_after_which_silence_it_is_stale() -> None:
    with Sandbox(seed=5, clock="manual", preset="realistic") as sandbox:
        client = sandbox.client()
        row = next(row for row in client.health_report().venues if row.venue == "kraken")
        top = client.quote(SYMBOL).venues["kraken"]
        assert row.stale_after_ms == top.stale_after_ms == 5_000
        assert top.last_update_ns is not None
        assert (sandbox.clock.now_ns - top.last_update_ns) // MS == top.age_ms
        assert (row.gaps, top.gaps) == (0, 0)


def test_a_state_says_since_when_it_is_so(client: Sequence, sandbox: Sandbox) -> None:
    def since() -> set[int | None]:
        health, listed = client.health_report(), client.venues().venues
        top = client.quote(SYMBOL).venues["kraken"]
        unusable = [row for row in health.market_data.unusable if row.venue == "kraken"]
        rows = [row for row in (*health.venues, *listed) if row.venue == "kraken"]
        assert [row.since_ns for row in unusable] == [top.since_ns] * (top.status != "OK")
        return {row.since_ns for row in rows} | {top.since_ns}

    first_ns = sandbox.clock.now_ns
    assert since() == {first_ns}
    silent_ns = sandbox.clock.advance(seconds=3)
    fault = client.sandbox.add_fault("stale_venue", venue="kraken")
    sandbox.clock.advance(seconds=4)
    assert since() == {silent_ns}
    sandbox.clock.advance(seconds=5)
    client.sandbox.remove_fault(fault.fault_id)
    assert since() == {sandbox.clock.now_ns}
    sandbox.clock.advance(seconds=6)
    book(sandbox)
    assert since() == {sandbox.clock.now_ns - 6 * SECOND}


def test_a_venue_that_was_never_heard_of_does_not_look_fresh(sandbox: Sandbox) -> None:
    sandbox.market.list("coinbase", SYMBOL, tick="0.01", lot="0.0001")
    assert "coinbase" not in {row.venue for row in sandbox.client().health_report().venues}
    sandbox.clock.advance(seconds=9)
    assert sandbox.client().quote(SYMBOL).venues["coinbase"].last_update_ns is None


@pytest.fixture
def edges(client: Sequence) -> Callable[[], dict[str, GraphEdge]]:
    """An entry that rests, a hedge at half of it, and a withdrawal after ten seconds."""
    answer = (
        client.graph()
        .node("entry", Node.buy(SYMBOL, 2).limit(99))
        .node("hedge", Node.sell(SYMBOL, 1))
        .node("late", Node.sell(SYMBOL, 1))
        .edge("entry", "hedge", Trigger.fill_ratio(0.5), edge_id="half")
        .edge("entry", "late", Trigger.timeout(10_000), edge_id="time")
        .edge("entry", "late", Trigger.price_at_most(50), edge_id="price")
        .submit()
    )

    def look() -> dict[str, GraphEdge]:
        return {edge.edge_id: edge for edge in client.graph_status(answer.graph_id).edges}

    return look


def test_an_edge_says_how_far_it_is_from_firing(
    edges: Callable[[], dict[str, GraphEdge]], sandbox: Sandbox
) -> None:
    begun_ns = sandbox.clock.now_ns
    found = edges()
    assert [found[name].progress for name in ("half", "time", "price")] == [0, 0, None]
    assert found["time"].fires_at_ns == begun_ns + 10_000 * MS
    assert [row.can_fire for row in found.values()] == [True, True, True]
    assert (found["half"].armed, found["time"].armed) == (False, True)
    sandbox.clock.advance(seconds=4)
    sandbox.market.trade("kraken", SYMBOL, 99, "4.5", "sell")
    found = edges()
    assert (found["half"].progress, found["time"].progress) == (0.5, 0.4)
    sandbox.market.trade("kraken", SYMBOL, 99, 2, "sell")
    sandbox.clock.advance(seconds=7)
    found = edges()
    assert [found[name].progress for name in ("half", "time")] == [1, 1]
    assert [found[name].fires_at_ns for name in ("half", "time")] == [None, None]
    assert not any(row.can_fire for row in found.values())
