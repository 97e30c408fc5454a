"""Endpoints that only read: markets, costs, funding, event markets."""

from sequence import types as t
from sequence._operations.operation import Operation

DEPTH = Operation(
    "depth",
    "GET",
    "/v1/intelligence/depth",
    lambda: t.Depth,
    load_query=lambda: t.DepthQuery,
    summary="Levels of every live book of a symbol",
)
SLIPPAGE = Operation(
    "slippage",
    "GET",
    "/v1/intelligence/slippage",
    lambda: t.SlippageCurve,
    load_query=lambda: t.SlippageQuery,
    summary="Slippage against order size",
)
ROUTING = Operation(
    "routing",
    "GET",
    "/v1/intelligence/routing",
    lambda: t.Route,
    load_query=lambda: t.RouteQuery,
    summary="How an order would be split now",
)
INTEL = Operation(
    "intel",
    "GET",
    "/v1/intelligence/venues",
    lambda: t.VenueIntel,
    load_query=lambda: t.SymbolQuery,
    summary="What each venue of a symbol shows",
)
ANALYTICS_MARKET = Operation(
    "analytics_market",
    "GET",
    "/v1/analytics/market/{symbol}",
    lambda: t.MarketAnalytics,
    summary="Depth and imbalance of a symbol",
)
FORECAST = Operation(
    "forecast",
    "GET",
    "/v1/execution/forecast",
    lambda: t.Forecast,
    load_query=lambda: t.RouteQuery,
    summary="What taking a quantity now would cost",
)
EXECUTION_SIMULATE = Operation(
    "execution_simulate",
    "GET",
    "/v1/execution/simulate",
    lambda: t.ExecutionSimulation,
    load_query=lambda: t.SimulateQuery,
    summary="Ways to work an order, side by side",
)
EXECUTION_LIVE = Operation(
    "execution_live",
    "GET",
    "/v1/execution/live/{id}",
    lambda: t.ExecutionLive,
    summary="An order against its arrival price",
)
EXECUTION_REVIEW = Operation(
    "execution_review",
    "GET",
    "/v1/execution/review/{id}",
    lambda: t.ExecutionReview,
    summary="Costs, fills and steps of an order",
)
EXECUTION_SUMMARY = Operation(
    "execution_summary",
    "GET",
    "/v1/execution/summary",
    lambda: t.ExecutionSummary,
    load_query=lambda: t.ModeQuery,
    summary="The newest orders of the account in short",
)
TCA = Operation(
    "tca",
    "GET",
    "/v1/tca",
    lambda: t.Tca,
    load_query=lambda: t.TcaQuery,
    aliases=("/v1/analytics/tca",),
    summary="What the account's orders cost",
)
TRACES = Operation(
    "traces",
    "GET",
    "/v1/traces",
    lambda: t.Traces,
    load_query=lambda: t.TracesQuery,
    summary="The way of an order to its venues and back",
)
POSITIONS_SYNC = Operation(
    "positions_sync",
    "POST",
    "/v1/positions/sync",
    lambda: t.PositionsSync,
    lambda: t.EmptyRequest,
    writes=True,
    summary="Read the venues' positions again: nothing to do for paper positions",
)
FUNDING_RATES = Operation(
    "funding_rates",
    "GET",
    "/v1/market/funding-rates",
    lambda: t.FundingRates,
    load_query=lambda: t.FundingRatesQuery,
    summary="Funding rates per hour",
)
FUNDING_HISTORY = Operation(
    "funding_history",
    "GET",
    "/v1/funding_history/{symbol}",
    lambda: t.FundingHistory,
    load_query=lambda: t.FundingHistoryQuery,
    summary="Funding rates that were set",
)
MARKETS = Operation(
    "markets",
    "GET",
    "/v1/markets",
    lambda: t.EventMarkets,
    load_query=lambda: t.EventMarketsQuery,
    summary="Event markets",
)
SETTLEMENT = Operation(
    "settlement",
    "GET",
    "/v1/settlement/{slug}",
    lambda: t.Settlement,
    load_query=lambda: t.SettlementQuery,
    summary="What became of an event market",
)
REDEEM = Operation(
    "redeem",
    "POST",
    "/v1/markets/{slug}/redeem",
    lambda: t.Redeemed,
    lambda: t.EmptyRequest,
    lambda: t.RedeemQuery,
    writes=True,
    summary="Claim what a resolved event market pays",
)
