"""Reports on the account of the caller."""

from sequence import types as t
from sequence._operations.operation import Operation

ANALYTICS_PORTFOLIO = Operation(
    "analytics_portfolio",
    "GET",
    "/v1/analytics/portfolio",
    lambda: t.PortfolioAnalytics,
    load_query=lambda: t.ModeQuery,
    summary="What the account holds, and how much of it is of one symbol",
)
ANALYTICS_EXECUTION = Operation(
    "analytics_execution",
    "GET",
    "/v1/analytics/execution",
    lambda: t.ExecutionAnalytics,
    load_query=lambda: t.ModeQuery,
    summary="The account's orders, fills, times and costs in short",
)
ANALYTICS_VENUES = Operation(
    "analytics_venues",
    "GET",
    "/v1/analytics/venues",
    lambda: t.VenueAnalytics,
    load_query=lambda: t.ModeQuery,
    summary="What each venue did with what it was sent",
)
ANALYTICS_TCA_REPORT = Operation(
    "analytics_tca_report",
    "GET",
    "/v1/analytics/tca/report",
    lambda: t.TcaReports,
    load_query=lambda: t.TcaQuery,
    summary="What each order cost",
)
ANALYTICS_TCA_TIMESERIES = Operation(
    "analytics_tca_timeseries",
    "GET",
    "/v1/analytics/tca/timeseries",
    lambda: t.TcaTimeseries,
    load_query=lambda: t.TcaTimeseriesQuery,
    summary="Costs of orders over time",
)
ANALYTICS_TCA_VENUES = Operation(
    "analytics_tca_venues",
    "GET",
    "/v1/analytics/tca/venues",
    lambda: t.TcaVenues,
    load_query=lambda: t.TcaQuery,
    summary="Costs of orders by venue",
)
ANALYTICS_TCA_QUALITY = Operation(
    "analytics_tca_quality",
    "GET",
    "/v1/analytics/tca/quality",
    lambda: t.TcaQuality,
    load_query=lambda: t.TcaQuery,
    summary="How good executions were, as one number",
)
ANALYTICS_AB_REPORT = Operation(
    "analytics_ab_report",
    "GET",
    "/v1/analytics/ab_report",
    lambda: t.AbReport,
    load_query=lambda: t.TcaQuery,
    summary="Costs by version of the router",
)
