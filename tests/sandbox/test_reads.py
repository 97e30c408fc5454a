"""Reads of markets and costs, against a small model of the same books, through both doors."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import pytest

from sequence import Sequence, errors
from sequence.sandbox import Sandbox
from sequence.server import serving

BOOKS = {
    "kraken": ([("100", "1"), ("98", "4")], [("101", "1"), ("102", "5")]),
    "coinbase": ([("99", "2")], [("101", "2"), ("103", "5")]),
}
SECOND = 10**9


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock="manual", preset="instant", market="manual") as made:
        for venue, (bids, asks) in BOOKS.items():
            made.market.snapshot(venue, "BTC-USD", bids, asks)
        made.market.snapshot("polymarket", "will-it", [("0.40", "100")], [("0.44", "100")])
        made.market.snapshot("kalshi", "KXBTCZ-26DEC31-T99000", [("0.10", "9")], [("0.20", "9")])
        made.market.snapshot("hyperliquid", "BTC-USD-PERP", [("100", "1")], [("102", "1")])
        yield made


def levels(side: int) -> list[tuple[Fraction, Fraction, str]]:
    """Bids (0) or asks (1) of all venues, best first."""
    rows = [
        (Fraction(price), Fraction(size), venue)
        for venue, book in BOOKS.items()
        for price, size in book[side]
    ]
    return sorted(rows, key=lambda row: (row[0] if side else -row[0], row[2]))


def bps(price: Fraction, mid: Fraction, sign: int = 1) -> float:
    return round(float(sign * (price - mid) / mid * 10_000), 6)


MID = Fraction(201, 2)


def test_depth_is_every_level_of_every_venue_best_first(read):
    found = read(lambda client: client.depth("BTC-USD"))
    for side, name in enumerate(("bids", "asks")):
        rows = [(row.price_1e9, row.qty_1e8, row.venue) for row in getattr(found, name)]
        assert rows == [(p * 10**9, q * 10**8, venue) for p, q, venue in levels(side)]
    short = read(lambda client: client.depth("BTC-USD", limit=2))
    assert short.asks == found.asks[:2]


def test_depth_of_no_is_the_mirror_of_yes(read):
    no = read(lambda client: client.depth("will-it:NO"))
    assert [row.price_1e9 for row in (*no.bids, *no.asks)] == [560_000_000, 600_000_000]


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_slippage_walks_the_books_of_all_venues(read, side):
    sizes = [50, 250, 500, 100_000]
    found = read(lambda client: client.slippage("BTC-USD", side, sizes=sizes))
    sign = 1 if side == "buy" else -1
    for size, row in zip(sizes, found.curve, strict=True):
        left, qty = Fraction(size), Fraction(0)
        for price, available, _ in levels(1 if side == "buy" else 0):
            taken = min(available, left / price)
            qty, left = qty + taken, left - taken * price
        average = (size - left) / qty
        assert row.notional_usd == size
        assert row.fillable == (left == 0)
        assert row.slippage_bps == pytest.approx(bps(average, MID, sign), abs=1e-3)
        assert row.avg_price_1e9 == pytest.approx(float(average * 10**9), rel=1e-8)


def test_routing_is_what_the_order_then_does(read, sandbox):
    found = read(lambda client: client.routing("BTC-USD", "buy", 4))
    order = sandbox.client().buy("BTC-USD", 4)
    legs = {leg.venue: leg.qty_1e8 for leg in order.row.legs}
    assert {leg.venue: leg.qty_1e8 for leg in found.legs} == legs
    paid = order.row.filled_notional_usd_1e9 + order.row.fees_usd_1e9
    average = Fraction(paid, 4 * 10**9)
    assert found.est_cost_bps == pytest.approx(bps(average, MID), abs=1.0)


def test_shares_of_venues_count_what_lies_near_the_mid(read):
    found = read(lambda client: client.intel("BTC-USD"))
    # Within 50 basis points of 100.5 lie 100 and 101 alone.
    shares = {row.venue: row.market_share for row in found.venues}
    assert shares == {"coinbase": 0.5, "kraken": 0.5}
    assert found.spread_regime == "wide"
    assert found.venues[0].toxicity_score is None


def test_analytics_of_a_market_sum_its_depth(read):
    found = read(lambda client: client.analytics_market("BTC-USD"))
    bids, asks = (sum(size for _, size, _ in levels(side)) for side in (0, 1))
    assert (found.depth.bid_qty_1e8, found.depth.ask_qty_1e8) == (bids * 10**8, asks * 10**8)
    assert found.imbalance == round(float((bids - asks) / (bids + asks)), 6)
    assert (found.nbbo.bid, found.nbbo.ask) == (100.0, 101.0)
    assert [row.venue for row in found.venues] == ["coinbase", "kraken"]


def test_costs_of_a_market_order_are_those_of_its_walk(read, sandbox):
    order = sandbox.client().buy("BTC-USD", 4, venue="kraken")
    report = read(lambda client: client.execution_review(order.id)).tca
    average, arrival = Fraction(101 + 3 * 102, 4), MID
    assert report.qty_1e8 == 4 * 10**8
    assert report.achieved_vwap_1e9 == average * 10**9
    assert report.arrival_mid_1e9 == arrival * 10**9
    assert report.implementation_shortfall_bps == bps(average, arrival)
    assert report.spread_cost_bps == bps(Fraction(101), arrival)
    assert report.market_impact_bps == round(float((average - 101) / arrival * 10_000), 6)
    assert report.benchmark_vwap_1e9 == 101 * 10**9
    assert report.savings_usd == float(4 * (101 - average))
    assert report.venue_mix[0].share == 1.0
    fees = sum(fill.fee_usd for fill in sandbox.client().fills().fills)
    assert report.fees_usd_1e9 == fees * 10**9
    notional = 4 * average
    assert report.fee_bps == round(float(Fraction(fees) / notional * 10_000), 6)


def test_a_resting_order_is_measured_from_when_it_was_placed(read, sandbox):
    order = sandbox.client().buy("BTC-USD", 1, limit_price=100, venue="kraken")
    live = read(lambda client: client.execution_live(order.id))
    assert (live.arrival_mid_1e9, live.vwap_1e9, live.open_legs) == (100_500_000_000, None, 1)
    sandbox.client().sandbox.advance(seconds=2)
    sandbox.market.trade("kraken", "BTC-USD", "100", "2", side="sell")
    live = read(lambda client: client.execution_live(order.id))
    assert live.filled_ratio == 1.0
    assert live.elapsed_ms == 2_000
    assert live.slippage_bps == bps(Fraction(100), MID)
    report = read(lambda client: client.execution_review(order.id)).tca
    assert report.spread_cost_bps == bps(Fraction(100), MID)
    assert report.market_impact_bps == 0.0


def test_the_cost_analysis_weighs_orders_by_value(read, sandbox):
    client = sandbox.client()
    small, large = client.buy("BTC-USD", 1, venue="kraken"), client.buy("BTC-USD", 3)
    reports = [client.execution_review(order.id).tca for order in (small, large)]
    values = [Fraction(order.row.filled_notional_usd_1e9) for order in (small, large)]
    found = read(lambda client: client.tca())
    assert found.count == 2
    for name in ("implementation_shortfall_bps", "fee_bps", "market_impact_bps"):
        costs = [Fraction(getattr(report, name)) for report in reports]
        mean = sum(c * v for c, v in zip(costs, values, strict=True)) / sum(values)
        assert getattr(found.averages, name) == pytest.approx(float(mean), abs=1e-5)
    ordered = sorted(report.implementation_shortfall_bps for report in reports)
    assert (found.percentiles.p50, found.percentiles.p99) == (ordered[-1], ordered[-1])
    assert found.savings_usd == pytest.approx(sum(report.savings_usd for report in reports))
    summary = read(lambda client: client.execution_summary())
    assert (summary.orders, summary.filled, summary.fill_rate) == (2, 2, 1.0)
    assert summary.avg_slippage_bps == found.averages.implementation_shortfall_bps
    assert summary.fees_usd_1e9 == sum(report.fees_usd_1e9 for report in reports)


def test_the_cost_analysis_takes_filters(read, sandbox):
    client = sandbox.client()
    client.buy("BTC-USD", 1, venue="kraken")
    client.buy("will-it:NO", 10, venue="polymarket")
    assert read(lambda client: client.tca("will-it:NO")).count == 1
    assert read(lambda client: client.tca(venue="kraken")).count == 1
    assert read(lambda client: client.tca(since="2030-01-01")).count == 0
    assert read(lambda client: client.tca(routing_version=2)).count == 0
    nothing = read(lambda client: client.tca(until="1999-12-31T23:59:59+01:00"))
    assert (nothing.averages, nothing.percentiles, nothing.win_rate) == (None, None, None)


def test_costs_of_no_are_costs_of_its_own_prices(read, sandbox):
    order = sandbox.client().buy("will-it:NO", 10, venue="polymarket")
    report = read(lambda client: client.execution_review(order.id)).tca
    assert report.arrival_mid_1e9 == 580_000_000
    assert report.spread_cost_bps == bps(Fraction("0.60"), Fraction("0.58"))
    assert report.is_prediction


def test_a_trace_is_the_way_to_the_venue_and_back():
    with Sandbox(clock="manual", preset="realistic", market="manual") as sandbox:
        sandbox.market.snapshot("kraken", "BTC-USD", [("100", "9")], [("101", "9")])
        client = sandbox.client()
        order = client.buy("BTC-USD", 1)
        client.sandbox.advance(seconds=5)
        steps = client.trace(order.id).traces
        assert [step.stage for step in steps] == [
            "submitted",
            "sent",
            "arrived",
            "matched",
            "filled",
        ]
        times = [step.ts_ns for step in steps]
        assert times == sorted(times)
        time = client.fills().fills[0].evidence["time"]
        assert times[1:4] == [
            time["submit_local_ns"],
            time["arrive_venue_ns"],
            time["match_at_ns"],
        ]
        assert steps[-1].detail.startswith("1 at 101, fee ")
        rest = client.buy("BTC-USD", 1, limit_price=99, venue="kraken")
        client.sandbox.advance(seconds=5)
        rest.cancel()
        client.sandbox.advance(seconds=5)
        assert [step.stage for step in client.trace(rest.id).traces] == ["submitted", "cancelled"]
        assert client.trace(order.id, limit=1).traces == steps[-1:]


def test_funding_is_told_per_hour_whatever_the_interval_is(read, sandbox):
    sandbox.market.snapshot("binance", "BTC-USD-PERP", [("100", "1")], [("102", "1")])
    for venue in ("hyperliquid", "binance"):
        sandbox.market.funding_rate(venue, "BTC-USD-PERP", "0.0008")
    rates = read(lambda client: client.funding_rates()).rates
    found = {row.venue: row.rate_bps_per_hour for row in rates}
    # Hyperliquid pays every hour, binance every eight.
    assert found == {"hyperliquid": 8.0, "binance": 1.0}
    row = read(lambda client: client.funding_rate("binance", "BTC-USD"))
    assert row.mark_price_1e9 == 101 * 10**9
    now_ns = sandbox.clock.now_ns
    assert row.next_settlement_ns == (now_ns // (8 * 3_600 * SECOND) + 1) * 8 * 3_600 * SECOND


def test_funding_history_is_what_was_set_and_when(read, sandbox):
    start = sandbox.clock.now_ns
    for rate in ("0.0001", "-0.0002"):
        sandbox.market.funding_rate("hyperliquid", "BTC-USD-PERP", rate)
        sandbox.client().sandbox.advance(seconds=3_600)
    history = read(lambda client: client.funding_history("BTC-USD", "hyperliquid"))
    points = [(point.ts_ns, point.rate_1e9) for point in history.points]
    assert points == [(start, 100_000), (start + 3_600 * SECOND, -200_000)]
    first_s = start // SECOND
    late = read(
        lambda client: client.funding_history(
            "BTC-USD-PERP", "hyperliquid", start_ts=first_s + 1, end_ts=first_s + 3_600
        )
    )
    assert (late.count, late.points[0].rate_1e9) == (1, -200_000)


def test_event_markets_are_listed_page_by_page(read, sandbox):
    for name in ("a-one", "b-two", "c-three"):
        sandbox.market.snapshot("polymarket", name, [("0.40", "1")], [("0.42", "1")])
    first = read(lambda client: client.markets(limit=3))
    assert ([row.slug for row in first.markets], first.has_more) == (
        ["a-one", "b-two", "c-three"],
        True,
    )
    rest = read(lambda client: client.markets(limit=3, cursor=first.next_cursor))
    assert ([row.slug for row in rest.markets], rest.next_cursor) == (["will-it"], None)
    assert [row.slug for row in read(lambda client: list(client.iter_markets()))] == [
        "a-one",
        "b-two",
        "c-three",
        "will-it",
    ]
    row = read(lambda client: client.market("will-it"))
    assert (row.best_yes_bid, row.best_yes_ask, row.best_no_bid, row.best_no_ask) == (
        0.40,
        0.44,
        0.56,
        0.60,
    )
    outcomes = read(lambda client: client.markets(q="WILL", expand="outcomes")).markets
    assert [row.symbol for row in outcomes] == ["will-it:YES", "will-it:NO"]
    assert read(lambda client: client.market("nothing")) is None
    assert read(lambda client: client.search_markets("btc", venue="kalshi")).count == 1


def test_a_market_settles_and_its_winner_is_paid_once(read, sandbox):
    client = sandbox.client()
    client.buy("will-it:YES", 10, venue="polymarket")
    opened = read(lambda client: client.settlement("will-it"))
    assert (opened.status, opened.yes_price, opened.no_price) == ("open", 0.42, 0.58)
    with pytest.raises(errors.ConflictError, match="not resolved"):
        client.redeem("will-it", "polymarket")
    client.sandbox.settle("polymarket", "will-it", 1)
    ended = read(lambda client: client.settlement("will-it"))
    assert (ended.status, ended.resolved_outcome, ended.yes_price) == ("resolved", "YES", 1.0)
    assert read(lambda client: client.markets()).count == 0
    assert read(lambda client: client.markets(closed=True)).count == 1
    cash = client.positions().totals.cash_usd_1e9
    paid = client.redeem("will-it", "polymarket")
    assert (paid.mode, paid.payout_usd_1e9) == ("relayer_submitted", 10 * 10**9)
    assert client.positions().totals.cash_usd_1e9 - cash == 10 * 10**9
    again = read(lambda client: client.redeem("will-it", "polymarket"))
    assert (again.mode, again.payout_usd_1e9) == ("noop", 0)
    kalshi = read(lambda client: client.redeem("KXBTCZ-26DEC31-T99000", "kalshi"))
    assert kalshi.mode == "auto_settled"


def test_paper_positions_are_always_in_step(read):
    found = read(lambda client: client.positions_sync())
    assert (found.synced, found.rows_changed) == (True, 0)


@pytest.mark.parametrize(
    ("reading", "error", "says"),
    [
        (lambda c: c.depth("BTC-USDX"), errors.NotFoundError, "did you mean BTC-USD"),
        (lambda c: c.slippage("BTC-US"), errors.NotFoundError, "did you mean BTC-USD"),
        (lambda c: c.routing("BTC-US"), errors.NotFoundError, "did you mean BTC-USD"),
        (lambda c: c.intel("BTC-US"), errors.NotFoundError, "did you mean BTC-USD"),
        (lambda c: c.analytics_market("BTC-US"), errors.NotFoundError, "did you mean BTC-USD"),
        (lambda c: c.tca("BTC-US"), errors.NotFoundError, "did you mean BTC-USD"),
        (lambda c: c.funding_rates(symbol="BTC-USD-PERK"), errors.NotFoundError, "BTC-USD-PERP"),
        (lambda c: c.settlement("will-i"), errors.NotFoundError, "did you mean will-it"),
        (lambda c: c.redeem("will-i", "polymarket"), errors.NotFoundError, "will-it"),
        (lambda c: c.execution_live("graph:x:order:1"), errors.NotFoundError, "graph:x"),
        (lambda c: c.trace("graph:x:order:1"), errors.NotFoundError, "graph:x"),
        (
            lambda c: c.funding_history("BTC-USD", "kraken"),
            errors.UnprocessableError,
            "no perpetual",
        ),
        (
            lambda c: c.funding_history("BTC-USD", "hyperliquid", start_ts=9, end_ts=8),
            errors.UnprocessableError,
            "must not be after end_ts",
        ),
        (
            lambda c: c.tca(since="2026-01-02", until="2026-01-01"),
            errors.UnprocessableError,
            "must not be after until",
        ),
        (lambda c: c.tca(since="yesterday"), errors.ValidationError, "since"),
        (lambda c: c.slippage("BTC-USD", sizes=[0]), errors.ValidationError, "whole USD"),
        (lambda c: c.slippage("BTC-USD", sizes=[]), errors.ValidationError, "sizes"),
        (lambda c: c.depth("BTC-USD", limit=1_001), errors.ValidationError, "1000"),
        (lambda c: c.routing("BTC-USD", "buy", 0), errors.ValidationError, "qty"),
        (lambda c: c.markets("binance"), errors.ValidationError, "venue"),
        (lambda c: c.markets(cursor="x"), errors.ValidationError, "cursor"),
    ],
)
def test_what_cannot_be_read_says_why_through_both_doors(sandbox, reading, error, says):
    with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as remote:
        for client in (sandbox.client(), remote):
            with pytest.raises(error, match=says):
                reading(client)


def test_reads_cost_nothing_and_change_nothing(sandbox):
    client = sandbox.client()
    client.buy("BTC-USD", Decimal("0.5"))
    before = sandbox.state_hash()
    client.routing("BTC-USD", "buy", 1)
    client.tca()
    client.depth("BTC-USD")
    client.execution_summary()
    assert sandbox.state_hash() == before
