"""Reports on an account, against sums over its own rows, through both doors."""

from collections.abc import Iterator

import pytest

from sequence import errors
from sequence.sandbox import Sandbox

REPORTS = (
    "portfolio",
    "execution",
    "venues",
    "tca_report",
    "tca_timeseries",
    "tca_venues",
    "tca_quality",
    "ab_report",
)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock="manual", preset="instant", market="manual") as made:
        for venue in ("kraken", "coinbase"):
            made.market.snapshot(venue, "BTC-USD", [("100", "9")], [("101", "2"), ("102", "50")])
        made.market.snapshot("hyperliquid", "BTC-USD-PERP", [("100", "50")], [("102", "50")])
        made.market.snapshot("polymarket", "will-it", [("0.40", "900")], [("0.44", "900")])
        yield made


def trade(sandbox: Sandbox) -> None:
    client = sandbox.client()
    client.buy("BTC-USD", 4)
    client.buy("BTC-USD", 1, limit_price=99, venue="kraken")
    client.buy("BTC-USD", 1, limit_price=98, venue="kraken").cancel()
    client.sell("BTC-USD-PERP", 3, venue="hyperliquid")
    client.buy("will-it:NO", 100)
    client.buy("BTC-USD", 300, venue="kraken")


@pytest.mark.parametrize("report", REPORTS)
def test_an_account_that_did_nothing_has_empty_reports(read, report):
    row = read(lambda client: client.analytics(report)).model_dump()
    for name in ("rows", "points", "variants"):
        assert row.get(name, []) == []
    if report == "tca_quality":
        assert row == {"score": None, "components": {}}
    if report == "execution":
        assert (row["orders"]["total"], row["orders"]["fill_rate"]) == (0, None)


def test_what_is_held_adds_up_to_the_portfolio(read, sandbox):
    trade(sandbox)
    found = read(lambda client: client.analytics_portfolio())
    rows = sandbox.client().positions(include_closed=True)
    assert found.value_usd_1e9 == rows.totals.nav_usd_1e9
    assert found.fees_usd_1e9 == rows.totals.fees_usd_1e9
    held = {row.symbol: row for row in found.symbols}
    of_btc = [row for row in rows.positions if row.instrument.symbol == "BTC"]
    assert held["BTC"].value_usd_1e9 == sum(row.current_value_usd_1e9 for row in of_btc)
    profit = rows.totals.realized_pnl_usd_1e9 + rows.totals.unrealized_pnl_usd_1e9
    assert found.pnl_usd_1e9 == profit == sum(row.pnl_usd_1e9 for row in found.symbols)
    assert sum(row.share for row in found.concentration) == pytest.approx(1, abs=1e-5)
    shares = [row.share for row in found.concentration]
    assert shares == sorted(shares, reverse=True)
    assert {"BTC", "BTC-USD-PERP", "will-it:NO"} <= set(held)


def test_orders_and_fills_are_counted(read, sandbox):
    trade(sandbox)
    found = read(lambda client: client.analytics_execution())
    client = sandbox.client()
    orders, fills = list(client.orders_iter()), list(client.fills_iter())
    counts = found.orders
    assert counts.total == len(orders)
    assert counts.open == sum(order.status == "ACCEPTED" for order in orders) == 1
    assert sum(counts.rejected_for.values()) == counts.rejected
    ended = counts.filled + counts.cancelled + counts.rejected + counts.expired
    assert ended == counts.total - counts.open
    assert counts.fill_rate == pytest.approx(counts.filled / ended, abs=1e-6)
    assert found.fills.count == len(fills)
    assert found.fills.notional_usd_1e9 == sum(fill.notional_usd_1e9 for fill in fills)
    assert found.execution_quality.fee_bps == client.tca().averages.fee_bps
    assert found.execution_quality.win_rate == client.tca().win_rate


def test_times_are_those_of_the_way_to_the_venue():
    with Sandbox(clock="manual", preset="realistic", market="manual", seed=3) as sandbox:
        sandbox.market.snapshot("kraken", "BTC-USD", [("100", "9")], [("101", "9")])
        sandbox.client().buy("BTC-USD", 1, venue="kraken")
        sandbox.clock.advance(seconds=1)
        sandbox.market.snapshot("kraken", "BTC-USD", [("100", "9")], [("101", "9")])
        sandbox.clock.advance(seconds=1)
        found = sandbox.client().analytics_execution().latency
        assert found.inbound_p50_ms > 0
        assert found.inbound_p50_ms <= found.inbound_p99_ms
        [venue] = sandbox.client().analytics_venues().venues
        assert venue.ack_latency_ms >= found.inbound_p50_ms


def test_venues_are_judged_by_what_they_filled(read, sandbox):
    trade(sandbox)
    found = {row.venue: row for row in read(lambda client: client.analytics_venues()).venues}
    legs = [leg for order in sandbox.client().orders_iter() for leg in order.legs]
    for name, row in found.items():
        own = [leg for leg in legs if leg.venue == name]
        assert row.sent == len(own)
        assert row.filled == sum(leg.status == "FILLED" for leg in own)
        assert row.rejected == sum(leg.status == "REJECTED" for leg in own)
    # The last order asked for far more than kraken shows.
    assert found["kraken"].buckets.large < 1
    assert found["coinbase"].buckets.small == 1
    assert found["coinbase"].buckets.large is None


def test_costs_by_order_time_and_venue_are_those_of_the_whole(read, sandbox):
    client = sandbox.client()
    client.buy("BTC-USD", 4)
    sandbox.clock.advance(seconds=7_200)
    for venue in ("kraken", "coinbase"):
        sandbox.market.snapshot(venue, "BTC-USD", [("100", "9")], [("101", "2"), ("102", "50")])
    client.sell("BTC-USD", 1, venue="kraken")
    whole = client.tca()
    reports = read(lambda one: one.tca_report()).rows
    assert [row.side for row in reports] == ["sell", "buy"]
    points = read(lambda one: one.tca_timeseries()).points
    assert len(points) == 2
    assert points[1].ts_ns - points[0].ts_ns == 7_200 * 10**9
    [one] = read(lambda one: one.tca_timeseries(interval_secs=86_400 * 366)).points
    assert one.averages == whole.averages
    venues = {row.venue: row.averages for row in read(lambda one: one.tca_venues()).venues}
    assert sorted(venues) == ["coinbase", "kraken"]
    assert venues["coinbase"] == client.tca(venue="coinbase").averages
    [variant] = read(lambda one: one.ab_report()).variants
    assert (variant.routing_version, variant.count) == (1, 2)
    assert variant.averages == whole.averages
    assert read(lambda one: one.ab_report(routing_version=2)).variants == []
    quality = read(lambda one: one.tca_quality())
    assert quality.components["price"] == whole.win_rate
    assert quality.score == pytest.approx(sum(quality.components.values()) / 3, abs=1e-6)


def test_filters_reach_every_report_on_costs(read, sandbox):
    trade(sandbox)
    rows = read(lambda client: client.tca_report(symbol="BTC-USD-PERP")).rows
    assert [row.symbol for row in rows] == ["BTC-USD-PERP"]
    assert read(lambda client: client.tca_report(venue="okx")).rows == []
    with pytest.raises(errors.NotFoundError):
        read(lambda client: client.tca_report(symbol="NOPE-USD"))
    with pytest.raises(errors.UnprocessableError):
        read(lambda client: client.tca_venues(since="2026-02-01", until="2026-01-01"))


def test_an_event_market_says_which_outcome_and_its_edge(read, sandbox):
    trade(sandbox)
    [report] = read(lambda client: client.tca_report(symbol="will-it:NO")).rows
    assert (report.outcome, report.market_slug) == ("NO", "will-it")
    assert report.edge_vs_mid_1e9 == report.arrival_mid_1e9 - report.achieved_vwap_1e9
    [plain] = read(lambda client: client.tca_report(symbol="BTC-USD-PERP")).rows
    assert b"edge_vs_mid_1e9" not in plain.to_json()
