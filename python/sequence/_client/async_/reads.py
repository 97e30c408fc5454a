"""What only reads: markets and costs, funding, event markets and what they pay."""

from collections.abc import AsyncIterator, Iterable

from sequence import types as t
from sequence._client.ask.ids import checked_id
from sequence._client.ask.numbers import Number
from sequence._client.ask.numbers import qty as checked_qty
from sequence._client.ask.orders import checked_query
from sequence._client.async_.later import AsyncLaterBase
from sequence._client.async_.pages import rows_of_pages
from sequence._operations import research as ops
from sequence.types._words import Side, Urgency

_PAGE = 500


class AsyncReadCalls(AsyncLaterBase):
    """Reads of markets, of the account's costs, and of event markets."""

    async def depth(self, symbol: str, *, limit: int = 100) -> "t.Depth":
        """Every level of every venue's live book.

        Args:
            symbol: As in `quote`.
            limit: Levels of each side, 1 to 1000.

        Raises:
            NotFoundError: There is no such symbol; the message shows the nearest.
        """
        query = checked_query(t.DepthQuery, symbol=symbol, limit=limit)
        return await self.send(ops.DEPTH, query=query)

    async def slippage(
        self, symbol: str, side: Side = "buy", *, sizes: Iterable[int] | None = None
    ) -> "t.SlippageCurve":
        """What market orders of some sizes would pay against the mid, without fees.

        Args:
            symbol: As in `quote`.
            side: `buy` or `sell`.
            sizes: Whole USD, 50 at most; by default 1,000 to 1,000,000.

        Raises:
            NotFoundError: As in `depth`.
        """
        wanted = None if sizes is None else tuple(sizes)
        query = checked_query(t.SlippageQuery, symbol=symbol, side=side, sizes=wanted)
        return await self.send(ops.SLIPPAGE, query=query)

    async def routing(self, symbol: str, side: Side = "buy", qty: Number = 1) -> "t.Route":
        """How the router would split a market order now, with the funds of the account.

        Raises:
            NotFoundError: As in `depth`.
        """
        query = checked_query(t.RouteQuery, symbol=symbol, side=side, qty=checked_qty(qty))
        return await self.send(ops.ROUTING, query=query)

    async def forecast(self, symbol: str, side: Side = "buy", qty: Number = 1) -> "t.Forecast":
        """What taking a quantity now would cost: median and worse, by venue, size and urgency.

        Funds do not count. Costs are in basis points of the mid, with fees.

        Raises:
            NotFoundError: As in `depth`.
        """
        query = checked_query(t.RouteQuery, symbol=symbol, side=side, qty=checked_qty(qty))
        return await self.send(ops.FORECAST, query=query)

    async def execution_simulate(
        self, symbol: str, side: Side = "buy", qty: Number = 1, *, urgency: Urgency = "medium"
    ) -> "t.ExecutionSimulation":
        """Taking now, resting, and half of each, side by side; nothing is sent.

        Raises:
            NotFoundError: As in `depth`.
        """
        size = checked_qty(qty)
        query = checked_query(t.SimulateQuery, symbol=symbol, side=side, qty=size, urgency=urgency)
        return await self.send(ops.EXECUTION_SIMULATE, query=query)

    async def intel(self, symbol: str) -> "t.VenueIntel":
        """What each venue of a symbol shows near the mid.

        Raises:
            NotFoundError: As in `depth`.
        """
        return await self.send(ops.INTEL, query=checked_query(t.SymbolQuery, symbol=symbol))

    async def analytics_market(self, symbol: str) -> "t.MarketAnalytics":
        """Quote, depth and imbalance of a symbol.

        Raises:
            NotFoundError: As in `depth`.
        """
        path = {"symbol": checked_id(symbol, "symbol")}
        return await self.send(ops.ANALYTICS_MARKET, path=path)

    async def execution_live(self, order_id: str) -> "t.ExecutionLive":
        """An order that is being worked, against its arrival price.

        Raises:
            NotFoundError: The account has no such order.
        """
        return await self.send(ops.EXECUTION_LIVE, path={"id": checked_id(order_id, "order_id")})

    async def execution_review(self, order_id: str) -> "t.ExecutionReview":
        """How an order went, with its costs, fills and steps; errors as `execution_live`."""
        return await self.send(ops.EXECUTION_REVIEW, path={"id": checked_id(order_id, "order_id")})

    async def execution_summary(self, *, sandbox: bool | None = None) -> "t.ExecutionSummary":
        """The newest 2,000 orders of the account in short."""
        query = checked_query(t.ModeQuery, sandbox=self._mode(sandbox=sandbox))
        return await self.send(ops.EXECUTION_SUMMARY, query=query)

    async def tca(
        self,
        symbol: str | None = None,
        *,
        since: str | None = None,
        until: str | None = None,
        venue: str | None = None,
        routing_version: int | None = None,
        sandbox: bool | None = None,
    ) -> "t.Tca":
        """Cost analysis of the account's orders, of their newest 2,000 fills.

        Args:
            symbol: Only this symbol.
            since: Fills not older, in ISO 8601, such as `2026-04-20T12:00:00Z`.
            until: Fills not newer.
            venue: Only fills at this venue.
            routing_version: Only orders that this version of the router split.
            sandbox: As in `orders`.

        Raises:
            UnprocessableError: `since` is after `until`.
            NotFoundError: As in `depth`.
        """
        query = checked_query(
            t.TcaQuery,
            symbol=symbol,
            since=since,
            until=until,
            venue=venue,
            routing_version=routing_version,
            sandbox=self._mode(sandbox=sandbox),
        )
        return await self.send(ops.TCA, query=query)

    async def trace(self, order_id: str, *, limit: int = 100) -> "t.Traces":
        """The way of an order to its venues and back, step by step; errors as `execution_live`."""
        order_id = checked_id(order_id, "order_id")
        query = checked_query(t.TracesQuery, node_order_id=order_id, limit=limit)
        return await self.send(ops.TRACES, query=query)

    async def positions_sync(self) -> "t.PositionsSync":
        """Reads the venues' positions again; paper positions have nothing to be read from."""
        return await self.send(ops.POSITIONS_SYNC, body=t.EmptyRequest())

    async def funding_rates(
        self, venue: str | None = None, symbol: str | None = None
    ) -> "t.FundingRates":
        """Present funding rates in basis points per hour.

        Raises:
            NotFoundError: There is no such perpetual; the message shows the nearest.
        """
        query = checked_query(t.FundingRatesQuery, venue=venue, symbol=symbol)
        return await self.send(ops.FUNDING_RATES, query=query)

    async def funding_rate(self, venue: str, symbol: str) -> "t.FundingRate | None":
        """The present funding rate of a perpetual; None where the venue has none."""
        rows = (await self.funding_rates(venue, symbol)).rates
        return rows[0] if rows else None

    async def funding_history(
        self,
        symbol: str,
        venue: str,
        *,
        range: str = "1m",  # noqa: A002 - the wire's name
        start_ts: int | None = None,
        end_ts: int | None = None,
    ) -> "t.FundingHistory":
        """Funding rates of a perpetual at one venue, each from when it was set, oldest first.

        Args:
            symbol: The perpetual, or its pair.
            venue: The venue.
            range: How far back: `1d`, `1w`, `1m`, `3m`, `6m`, `1y`, `2y`, `5y` or `max`.
            start_ts: From here on instead, in seconds since the Unix epoch.
            end_ts: Up to here, in seconds since the Unix epoch; by default the present.

        Raises:
            UnprocessableError: The venue has no such perpetual, or the start is after the end.
            NotFoundError: As in `funding_rates`.
        """
        query = checked_query(
            t.FundingHistoryQuery, venue=venue, range=range, start_ts=start_ts, end_ts=end_ts
        )
        path = {"symbol": checked_id(symbol, "symbol")}
        return await self.send(ops.FUNDING_HISTORY, path=path, query=query)

    async def markets(
        self,
        venue: str = "polymarket",
        *,
        q: str | None = None,
        slug: str | None = None,
        clob_token_id: str | None = None,
        tag: str | None = None,
        active: bool = True,
        closed: bool = False,
        limit: int = 20,
        cursor: str | None = None,
        expand: str | None = None,
    ) -> "t.EventMarkets":
        """A page of event markets, by slug.

        Args:
            venue: `polymarket` or `kalshi`.
            q: Only markets with this text in their slug.
            slug: Only this market.
            clob_token_id: Only the market of this token.
            tag: Only this category, or on Kalshi this series.
            active: False gives ended markets too.
            closed: True gives ended markets too.
            limit: Rows, 1 to 1000.
            cursor: The `next_cursor` of the page before.
            expand: `outcomes` for one row per outcome.
        """
        query = checked_query(
            t.EventMarketsQuery,
            venue=venue,
            q=q,
            slug=slug,
            clob_token_id=clob_token_id,
            tag=tag,
            active=active,
            closed=closed,
            limit=limit,
            cursor=cursor,
            expand=expand,
        )
        return await self.send(ops.MARKETS, query=query)

    async def search_markets(
        self, q: str, *, venue: str = "polymarket", limit: int = 20
    ) -> "t.EventMarkets":
        """Event markets with a text in their slug."""
        return await self.markets(venue, q=q, limit=limit)

    async def market(self, identifier: str, venue: str = "polymarket") -> "t.EventMarket | None":
        """One event market by slug, ticker or token id, ended ones too; None without one."""
        is_token = checked_id(identifier, "identifier").isdecimal()
        page = await self.markets(
            venue,
            slug=None if is_token else identifier,
            clob_token_id=identifier if is_token else None,
            active=False,
            limit=1,
        )
        return page.markets[0] if page.markets else None

    def iter_markets(
        self, venue: str = "polymarket", *, q: str | None = None
    ) -> "AsyncIterator[t.EventMarket]":
        """Every event market of a venue, page by page."""

        async def page(cursor: str | None) -> "t.EventMarkets":
            return await self.markets(venue, q=q, limit=_PAGE, cursor=cursor)

        return rows_of_pages(
            page,
            lambda found: found.markets,
            lambda found: found.next_cursor if found.has_more else None,
        )

    async def settlement(
        self, slug: str, *, underlying: bool = False, venue: str | None = None
    ) -> "t.Settlement":
        """What became of an event market: open, or what it pays.

        Args:
            slug: Slug or ticker.
            underlying: Also the price of what it is about; here always an empty list.
            venue: Only this venue; by default the one that has it.

        Raises:
            NotFoundError: No venue has it; the message shows the nearest.
        """
        query = checked_query(t.SettlementQuery, underlying=underlying, venue=venue)
        path = {"slug": checked_id(slug, "slug")}
        return await self.send(ops.SETTLEMENT, path=path, query=query)

    async def redeem(self, slug: str, venue: str) -> "t.Redeemed":
        """Claims what a resolved event market pays; a second claim pays nothing.

        Raises:
            NotFoundError: The venue has no such market.
            ConflictError: It is not resolved yet.
        """
        query = checked_query(t.RedeemQuery, venue=venue)
        path = {"slug": checked_id(slug, "slug")}
        return await self.send(ops.REDEEM, path=path, query=query, body=t.EmptyRequest())
