"""Reports on the account: what it holds, how its orders went, what they cost."""

from typing import Any, Final, Literal, TypedDict, TypeVar, Unpack

from sequence import types as t
from sequence._client.ask.orders import checked_query
from sequence._client.async_.reads import AsyncReadCalls
from sequence._operations import analytics as ops
from sequence._operations.operation import Operation
from sequence.errors import ValidationError
from sequence.types._names import did_you_mean

QueryT = TypeVar("QueryT", bound="t.TcaQuery")
AnalyticsReport = Literal[
    "portfolio",
    "execution",
    "venues",
    "tca_report",
    "tca_timeseries",
    "tca_venues",
    "tca_quality",
    "ab_report",
]


_REPORTS: Final[dict[str, Operation[Any]]] = {
    row.name.removeprefix("analytics_"): row
    for row in vars(ops).values()
    if isinstance(row, Operation)
}


class TcaFilters(TypedDict, total=False):
    """Which orders a report on costs is about, as in `tca`.

    Times are in ISO 8601, such as `2026-04-20T12:00:00Z`.
    """

    symbol: str
    since: str
    until: str
    venue: str
    routing_version: int
    sandbox: bool


class AsyncAnalyticsCalls(AsyncReadCalls):
    """Reports of the newest 2,000 orders and fills; those on costs take the filters of `tca`."""

    async def analytics(self, report: AnalyticsReport) -> "t.Wire":
        """One of the reports by its name: the answer of the method that is called like it.

        Raises:
            ValidationError: There is no such report.
        """
        operation = _REPORTS.get(report)
        if operation is None or operation.load_query is None:
            known = ", ".join(_REPORTS)
            raise ValidationError(f"report: must be one of {known}{did_you_mean(report, _REPORTS)}")
        mode = self._mode(sandbox=None)
        query: t.Query = checked_query(operation.load_query(), sandbox=mode)
        answer: t.Wire = await self.send(operation, query=query)
        return answer

    async def analytics_portfolio(self, *, sandbox: bool | None = None) -> "t.PortfolioAnalytics":
        """What the account holds by symbol, the largest first, with its share and its profit."""
        query = checked_query(t.ModeQuery, sandbox=self._mode(sandbox=sandbox))
        return await self.send(ops.ANALYTICS_PORTFOLIO, query=query)

    async def analytics_execution(self, *, sandbox: bool | None = None) -> "t.ExecutionAnalytics":
        """Orders, fills, times and costs in short."""
        query = checked_query(t.ModeQuery, sandbox=self._mode(sandbox=sandbox))
        return await self.send(ops.ANALYTICS_EXECUTION, query=query)

    async def analytics_venues(self, *, sandbox: bool | None = None) -> "t.VenueAnalytics":
        """What each venue did with the parts of orders that went there."""
        query = checked_query(t.ModeQuery, sandbox=self._mode(sandbox=sandbox))
        return await self.send(ops.ANALYTICS_VENUES, query=query)

    async def tca_report(self, **filters: Unpack[TcaFilters]) -> "t.TcaReports":
        """What each order cost, newest first."""
        query = self._costs(t.TcaQuery, filters)
        return await self.send(ops.ANALYTICS_TCA_REPORT, query=query)

    async def tca_timeseries(
        self, *, interval_secs: int = 3_600, **filters: Unpack[TcaFilters]
    ) -> "t.TcaTimeseries":
        """Mean costs of the orders of each interval, oldest first.

        Args:
            interval_secs: Seconds of an interval.
            **filters: As of `tca`.
        """
        query = self._costs(t.TcaTimeseriesQuery, filters, interval_secs=interval_secs)
        return await self.send(ops.ANALYTICS_TCA_TIMESERIES, query=query)

    async def tca_venues(self, **filters: Unpack[TcaFilters]) -> "t.TcaVenues":
        """Mean costs of what each venue filled."""
        query = self._costs(t.TcaQuery, filters)
        return await self.send(ops.ANALYTICS_TCA_VENUES, query=query)

    async def tca_quality(self, **filters: Unpack[TcaFilters]) -> "t.TcaQuality":
        """How good executions were as one number from 0 to 1, and what it is made of."""
        query = self._costs(t.TcaQuery, filters)
        return await self.send(ops.ANALYTICS_TCA_QUALITY, query=query)

    async def ab_report(self, **filters: Unpack[TcaFilters]) -> "t.AbReport":
        """Mean costs by version of the router; a sandbox has one."""
        query = self._costs(t.TcaQuery, filters)
        return await self.send(ops.ANALYTICS_AB_REPORT, query=query)

    def _costs(self, model: type[QueryT], filters: TcaFilters, **more: object) -> QueryT:
        given: dict[str, Any] = {**filters, **more}
        mode = self._mode(sandbox=filters.get("sandbox"))
        return checked_query(model, **(given | {"sandbox": mode}))
