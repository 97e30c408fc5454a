"""Sending and retrying, shared by all groups of calls."""

import random
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from sequence._operations import SUBMIT_ORDER, AnswerT, Operation
from sequence._options import Options
from sequence._pause import AsyncLimit, async_sleep
from sequence._retry import delay_s, may_retry
from sequence._transport import AsyncTransport
from sequence.errors import SequenceError, ValidationError
from sequence.types import Query, Request

if TYPE_CHECKING:
    from sequence._http import AsyncHttpClient

_NO_PATH: Mapping[str, str] = MappingProxyType({})


class AsyncClientBase:
    """Holds the options and the transport; the transport is made on first use."""

    def __init__(
        self,
        options: Options,
        http_client: "AsyncHttpClient | None" = None,
        transport: AsyncTransport | None = None,
    ) -> None:
        self._options = options
        self._http_client = http_client
        self._transport = transport
        self._closed = False
        limit = options.max_concurrent
        self._limit = None if limit is None else AsyncLimit(limit)
        # Paper money unless the caller says otherwise: a live key must ask for live each time.
        self._sandbox_flag = True if options.is_live else None

    async def send(
        self,
        operation: Operation[AnswerT],
        *,
        path: Mapping[str, str] = _NO_PATH,
        query: Query | None = None,
        body: Request | None = None,
        graph_id: str | None = None,
        repeatable: bool = True,
    ) -> AnswerT:
        """Sends one request, and again where that is safe; all calls end here.

        Args:
            operation: The endpoint.
            path: Values of the path parameters.
            query: Checked query.
            body: Checked body.
            graph_id: Idempotency key inside the body; a failure carries it.
            repeatable: Sending it twice has one effect.

        Raises:
            SequenceError: See `sequence.errors`.
        """
        transport = self._transport or self._opened()
        attempt = 0
        limit = self._limit
        if limit is not None:
            await limit.acquire()
        try:
            while True:
                try:
                    return await transport.send(
                        operation, path=path, query=query, body=body, graph_id=graph_id
                    )
                except SequenceError as error:
                    error.graph_id = error.graph_id or graph_id
                    lossy = transport.lossy or error.by_fault
                    if attempt >= self._options.max_retries or not lossy:
                        raise
                    safe = repeatable and operation.repeatable
                    if operation is SUBMIT_ORDER and graph_id is None:
                        safe = False
                    if not may_retry(error, repeatable=safe):
                        raise
                    pause = delay_s(attempt, error.retry_after_s, random.random)
                attempt += 1
                await async_sleep(pause)
        finally:
            if limit is not None:
                limit.release()

    async def send_once(self, operation: Operation[AnswerT]) -> AnswerT:
        """Sends a request without parameters, one time only."""
        transport = self._transport or self._opened()
        return await transport.send(operation, path=_NO_PATH, query=None, body=None, graph_id=None)

    async def close(self) -> None:
        """Gives the connections back; the client cannot be used afterwards."""
        self._closed = True
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.close()

    def _opened(self) -> AsyncTransport:
        if self._closed:
            raise ValidationError("the client is closed")
        # Imported here: `import sequence` and the in-process client never load httpx.
        from sequence._http import AsyncHttpTransport  # noqa: PLC0415

        self._transport = transport = AsyncHttpTransport(self._options, self._http_client)
        return transport

    def standing_clock(self) -> str:
        """What to do about a clock that stands, when this client knows of one; else empty."""
        return getattr(self._transport, "standing_clock", "")

    def _is_lossy(self) -> bool:
        transport = self._transport
        return transport is None or transport.lossy

    def _mode(self, *, sandbox: bool | None) -> bool | None:
        return self._sandbox_flag if sandbox is None else sandbox
