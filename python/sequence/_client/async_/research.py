"""Verbs of research that are not part of this server: rewards of venues."""

from sequence._client.ask.later import Json
from sequence._client.async_.analytics import AsyncAnalyticsCalls


class AsyncResearchCalls(AsyncAnalyticsCalls):
    """Answers are parsed JSON; a server without the verb raises `CapabilityMissingError`."""

    async def polymarket_rewards(self, token_id: str | None = None) -> Json:
        """Maker rewards, of one outcome token or of all."""
        if token_id is None:
            return await self._later("polymarket_rewards")
        return await self._later("polymarket_reward", path={"token_id": token_id})
