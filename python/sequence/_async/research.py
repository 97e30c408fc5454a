"""Verbs of research that are not built yet: forecasts, reports, rewards."""

from typing import Literal

from sequence._async.reads import AsyncReadCalls
from sequence._later import Json
from sequence._numbers import Number
from sequence.types._words import Side, Urgency

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


class AsyncResearchCalls(AsyncReadCalls):
    """Answers are parsed JSON; a server without the verb raises `CapabilityMissingError`."""

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

    async def tca_stream(self) -> Json:
        """Cost reports as orders end."""
        return await self._later("tca_stream")

    async def stream_new_markets(self) -> Json:
        """Prediction markets as they are listed."""
        return await self._later("stream_new_markets")

    async def stream_resolved_markets(self) -> Json:
        """Prediction markets as they are resolved."""
        return await self._later("stream_resolved_markets")

    async def polymarket_rewards(self, token_id: str | None = None) -> Json:
        """Maker rewards, of one outcome token or of all."""
        if token_id is None:
            return await self._later("polymarket_rewards")
        return await self._later("polymarket_reward", path={"token_id": token_id})

    async def analytics(self, report: AnalyticsReport) -> Json:
        """One of the reports on the account."""
        return await self._later(f"analytics_{report}")
