"""How verbs are asked for whose answers have no model yet."""

from collections.abc import Mapping
from typing import Any

from sequence._client.ask.ids import checked_id
from sequence._client.ask.later import LATER, Json, free_query, free_request
from sequence._client.async_.base import AsyncClientBase


class AsyncLaterBase(AsyncClientBase):
    """Sends the operations of `sequence._client.ask.later`."""

    async def _later(
        self,
        name: str,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Json:
        """Parsed JSON.

        Raises:
            CapabilityMissingError: The server does not offer the verb; it says why.
        """
        answer = await self.send(
            LATER[name],
            path={field: checked_id(value, field) for field, value in (path or {}).items()},
            query=free_query(query),
            body=free_request(body),
        )
        return answer.root
