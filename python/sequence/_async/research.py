"""Verbs of research that are not built yet: discovery, funding, costs."""

from collections.abc import Iterable
from typing import Any, Literal

from sequence._async.later import AsyncLaterBase
from sequence._later import Json
from sequence._numbers import Number
from sequence.types._words import Side, Urgency

AnalyticsReport = Literal[
    "portfolio",
    "execution",
    "venues",
    "tca",
    "tca_report",
    "tca_timeseries",
    "tca_venues",
    "tca_quality",
    "ab_report",
]


class AsyncResearchCalls(AsyncLaterBase):
    """Answers are parsed JSON; a server without the verb raises `CapabilityMissingError`."""

    async def markets(
        self,
        venue: str = "polymarket",
        *,
        q: str | None = None,
        slug: str | None = None,
        clob_token_id: str | None = None,
        tag: str | None = None,
        tag_id: int | None = None,
        related_tags: bool | None = None,
        exclude_tag_id: int | None = None,
        active: bool = True,
        closed: bool = False,
        limit: int = 20,
        cursor: str | None = None,
        expand: str | None = None,
    ) -> Json:
        """A page of prediction markets."""
        return await self._later(
            "markets",
            query={
                "venue": venue,
                "q": q,
                "slug": slug,
                "clob_token_id": clob_token_id,
                "tag": tag,
                "tag_id": tag_id,
                "related_tags": related_tags,
                "exclude_tag_id": exclude_tag_id,
                "active": active,
                "closed": closed,
                "limit": limit,
                "cursor": cursor,
                "expand": expand,
            },
        )

    async def settlement(self, slug: str, *, underlying: bool = False) -> Json:
        """How a prediction market ended, or that it has not."""
        return await self._later(
            "settlement", path={"slug": slug}, query={"underlying": underlying}
        )

    async def redeem(self, slug: str, venue: str) -> Json:
        """Claims what a resolved prediction market pays."""
        return await self._later("redeem", path={"slug": slug}, query={"venue": venue})

    async def funding_history(
        self,
        symbol: str,
        venue: str,
        *,
        range: str = "1m",  # noqa: A002 - the wire's name
        start_ts: int | None = None,
        end_ts: int | None = None,
    ) -> Json:
        """Funding rates of a perpetual at one venue; times in seconds since the Unix epoch."""
        return await self._later(
            "funding_history",
            path={"symbol": symbol},
            query={"venue": venue, "range": range, "start_ts": start_ts, "end_ts": end_ts},
        )

    async def funding_rates(self, venue: str | None = None, symbol: str | None = None) -> Json:
        """Present funding rates in basis points per hour."""
        return await self._later("funding_rates", query={"venue": venue, "symbol": symbol})

    async def forecast(self, symbol: str, side: Side, qty: Number) -> Json:
        """Expected cost of an order, per venue and urgency."""
        return await self._later("forecast", query={"symbol": symbol, "side": side, "qty": qty})

    async def execution_simulate(
        self, symbol: str, side: Side, qty: Number, *, urgency: Urgency | None = None
    ) -> Json:
        """Ways to work an order, side by side."""
        return await self._later(
            "execution_simulate",
            query={"symbol": symbol, "side": side, "qty": qty, "urgency": urgency},
        )

    async def execution_live(self, order_id: str) -> Json:
        """An order that is being worked, against its arrival price."""
        return await self._later("execution_live", path={"id": order_id})

    async def execution_review(self, order_id: str) -> Json:
        """How an order went, with its fills and costs."""
        return await self._later("execution_review", path={"id": order_id})

    async def execution_summary(self) -> Json:
        """Orders, fills and costs of the account in short."""
        return await self._later("execution_summary")

    async def intel(self, symbol: str) -> Json:
        """What is known of the venues of a symbol."""
        return await self._later("intel", query={"symbol": symbol})

    async def slippage(
        self, symbol: str, side: Side = "buy", *, sizes: Iterable[int] | None = None
    ) -> Json:
        """Slippage against order size; sizes in USD."""
        return await self._later("slippage", query={"symbol": symbol, "side": side, "sizes": sizes})

    async def routing(self, symbol: str, side: Side = "buy", qty: Number = 1) -> Json:
        """How the router would split an order."""
        return await self._later("routing", query={"symbol": symbol, "side": side, "qty": qty})

    async def depth(self, symbol: str) -> Json:
        """Every level of every venue."""
        return await self._later("depth", query={"symbol": symbol})

    async def tca(
        self,
        symbol: str | None = None,
        *,
        since: str | None = None,
        until: str | None = None,
        venue: str | None = None,
        routing_version: int | None = None,
    ) -> Json:
        """Cost analysis of the account's orders; times in ISO 8601."""
        return await self._later(
            "tca",
            query={
                "symbol": symbol,
                "since": since,
                "until": until,
                "venue": venue,
                "routing_version": routing_version,
            },
        )

    async def tca_stream(self) -> Json:
        """Cost reports as orders end."""
        return await self._later("tca_stream")

    async def trace(self, order_id: str, *, limit: int = 100) -> Json:
        """The life of an order, step by step."""
        return await self._later("trace", query={"node_order_id": order_id, "limit": limit})

    async def positions_sync(self) -> Json:
        """Reads the venues' positions again."""
        return await self._later("positions_sync")

    async def stream_new_markets(self) -> Json:
        """Prediction markets as they are listed."""
        return await self._later("stream_new_markets")

    async def stream_resolved_markets(self) -> Json:
        """Prediction markets as they are resolved."""
        return await self._later("stream_resolved_markets")

    async def search_markets(self, q: str, *, venue: str = "polymarket", limit: int = 20) -> Json:
        """Prediction markets with a text in their name or rules."""
        return await self.markets(venue, q=q, limit=limit)

    async def market(self, identifier: str, venue: str = "polymarket") -> Json:
        """One prediction market by slug, ticker or token id; None when there is none."""
        by = "clob_token_id" if identifier.isdecimal() else "slug"
        query: dict[str, Any] = {"venue": venue, by: identifier, "active": False, "limit": 1}
        page = await self._later("markets", query=query)
        rows: list[Any] = page["markets"]
        return rows[0] if rows else None

    async def iter_markets(self, venue: str = "polymarket", *, q: str | None = None) -> list[Any]:
        """All prediction markets of a venue, page by page."""
        found: list[Any] = []
        cursor: str | None = None
        while True:
            page = await self.markets(venue, q=q, limit=500, cursor=cursor)
            found += page["markets"]
            cursor = page["next_cursor"]
            if not page["has_more"] or cursor is None:
                return found

    async def funding_rate(self, venue: str, symbol: str) -> Json:
        """The present funding rate of a perpetual; None when there is none."""
        rows: list[Any] = (await self.funding_rates(venue, symbol))["rates"]
        return rows[0] if rows else None

    async def polymarket_rewards(self, token_id: str | None = None) -> Json:
        """Maker rewards, of one outcome token or of all."""
        if token_id is None:
            return await self._later("polymarket_rewards")
        return await self._later("polymarket_reward", path={"token_id": token_id})

    async def analytics(self, report: AnalyticsReport) -> Json:
        """One of the reports on the account."""
        return await self._later(f"analytics_{report}")

    async def analytics_market(self, symbol: str) -> Json:
        """What is known of a symbol's market."""
        return await self._later("analytics_market", path={"symbol": symbol})
