"""Verbs of research that are not built yet: reports on the account, rewards of venues."""

from typing import Literal

from sequence._client.ask.later import Json
from sequence._client.async_.reads import AsyncReadCalls

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

    async def polymarket_rewards(self, token_id: str | None = None) -> Json:
        """Maker rewards, of one outcome token or of all."""
        if token_id is None:
            return await self._later("polymarket_rewards")
        return await self._later("polymarket_reward", path={"token_id": token_id})

    async def analytics(self, report: AnalyticsReport) -> Json:
        """One of the reports on the account."""
        return await self._later(f"analytics_{report}")
