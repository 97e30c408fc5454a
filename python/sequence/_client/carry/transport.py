"""The seam between a client and whatever answers it: HTTP, or a sandbox in the same process."""

from collections.abc import Mapping
from typing import Protocol

from sequence import types as t
from sequence._operations.operation import AnswerT, Operation


class Transport(Protocol):
    """Sends one request once; retries are the client's.

    Attributes:
        lossy: An answer can get lost on the way. Then every submit carries a `graph_id` made by
            the client, and a failed request may be sent again.
    """

    @property
    def lossy(self) -> bool:
        """See the class."""
        ...

    def send(
        self,
        operation: Operation[AnswerT],
        *,
        path: Mapping[str, str],
        query: "t.Query | None",
        body: "t.Request | None",
        graph_id: str | None,
    ) -> AnswerT:
        """Sends a request and returns the answer.

        Args:
            operation: The endpoint.
            path: Values of the path parameters, not encoded.
            query: Checked query parameters.
            body: Checked body.
            graph_id: The idempotency key inside the body, for submits.

        Raises:
            SequenceError: Every failure, of the class that belongs to it.
        """
        ...

    def close(self) -> None:
        """Gives back what the transport holds; later calls of `send` fail."""
        ...


class AsyncTransport(Protocol):
    """The same for asyncio."""

    @property
    def lossy(self) -> bool:
        """See `Transport`."""
        ...

    async def send(
        self,
        operation: Operation[AnswerT],
        *,
        path: Mapping[str, str],
        query: "t.Query | None",
        body: "t.Request | None",
        graph_id: str | None,
    ) -> AnswerT:
        """See `Transport.send`."""
        ...

    async def close(self) -> None:
        """See `Transport.close`."""
        ...
