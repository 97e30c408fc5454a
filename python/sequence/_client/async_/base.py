"""Sending and retrying, shared by all groups of calls."""

import os
import random
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from sequence import types as t
from sequence._client.ask.options import Options
from sequence._client.ask.orders import checked
from sequence._client.carry.async_pause import AsyncLimit, async_sleep
from sequence._client.carry.pending import Pending
from sequence._client.carry.retry import delay_s, may_retry
from sequence._client.carry.transport import AsyncTransport
from sequence._operations import SANDBOX_CLOCK_ADVANCE, SUBMIT_ORDER
from sequence._operations.operation import AnswerT, Operation
from sequence.errors import SequenceError, ValidationError, unexpected

if TYPE_CHECKING:
    from sequence._client.carry.http import AsyncHttpClient

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
        self._pid = os.getpid()
        self._pending = Pending()
        limit = options.max_concurrent
        self._limit = None if limit is None else AsyncLimit(limit)
        # Paper money unless the caller says otherwise: a live key must ask for live each time.
        self._sandbox_flag = True if options.is_live else None

    async def send(
        self,
        operation: Operation[AnswerT],
        *,
        path: Mapping[str, str] = _NO_PATH,
        query: "t.Query | None" = None,
        body: "t.Request | None" = None,
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
        limit = self._limit_of_now()
        if limit is not None:
            await limit.acquire()
        try:
            return await self._send(
                operation,
                path=path,
                query=query,
                body=body,
                graph_id=graph_id,
                repeatable=repeatable,
            )
        finally:
            if limit is not None:
                limit.release()

    async def _send(
        self,
        operation: Operation[AnswerT],
        *,
        path: Mapping[str, str],
        query: "t.Query | None",
        body: "t.Request | None",
        graph_id: str | None,
        repeatable: bool,
    ) -> AnswerT:
        attempt, is_lost = 0, False
        if operation is SUBMIT_ORDER:
            self._pending.begin(graph_id)
            repeatable = repeatable and graph_id is not None
        try:
            while True:
                try:
                    transport = self._transport or self._opened()
                    answer = await transport.send(
                        operation, path=path, query=query, body=body, graph_id=graph_id
                    )
                    break
                except SequenceError as error:
                    is_lost = is_lost or error.is_unanswered
                    lossy = self._is_lossy() or error.by_fault
                    if attempt >= self._options.max_retries or not lossy:
                        raise
                    if not may_retry(error, repeatable=repeatable and operation.repeatable):
                        raise
                    pause = delay_s(attempt, error.retry_after_s, random.random)
                attempt += 1
                await async_sleep(pause)
        except BaseException as error:
            # Ctrl-C and cancellation pass here too: whatever ends a submit names it.
            if operation is SUBMIT_ORDER:
                self._pending.fail(error, graph_id, is_lost=is_lost)
            if isinstance(error, SequenceError) or not isinstance(error, Exception):
                raise
            raise unexpected(error, graph_id) from error
        if operation is SUBMIT_ORDER:
            self._pending.end(graph_id, answer)
        return answer

    async def send_once(self, operation: Operation[AnswerT]) -> AnswerT:
        """Sends a request without parameters, one time only."""
        transport = self._transport or self._opened()
        return await transport.send(operation, path=_NO_PATH, query=None, body=None, graph_id=None)

    @property
    def last_graph_id(self) -> str | None:
        """Id of the newest submit of this client; None before the first one.

        It is there before anything is sent, so also after ctrl-C or a cancelled task: resend the
        same order with it, or ask `graph_status` what became of it.
        """
        return self._pending.last

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Ids of submits that may have reached the server and got no answer, oldest first.

        An id is here while its call runs, and after a lost answer, ctrl-C or cancellation ended
        it. It leaves when a later call with it is answered, and when 1,000 newer ones came.
        """
        return self._pending.unanswered

    @property
    def is_closed(self) -> bool:
        """True once it was closed."""
        return self._closed

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
        from sequence._client.carry.http import AsyncHttpTransport  # noqa: PLC0415

        self._transport = transport = AsyncHttpTransport(self._options, self._http_client)
        return transport

    def _limit_of_now(self) -> "AsyncLimit | None":
        """The limit of this process: one that others held at a fork would never come free."""
        if self._limit is None:
            return None
        if self._pid != os.getpid():
            self._pid = os.getpid()
            limit = self._options.max_concurrent
            self._limit = None if limit is None else AsyncLimit(limit)
        return self._limit

    async def move_clock(self, ns: int) -> None:
        """Lets so many nanoseconds pass on a manual clock; see `sandbox.advance`."""
        body = checked(t.ClockAdvanceRequest, {"ns": ns})
        await self.send(SANDBOX_CLOCK_ADVANCE, body=body)

    def standing_clock(self) -> str:
        """What to do about a clock that stands, when this client knows of one; else empty."""
        return getattr(self._transport, "standing_clock", "")

    def _is_lossy(self) -> bool:
        transport = self._transport
        return transport is None or transport.lossy

    def _mode(self, *, sandbox: bool | None) -> bool | None:
        return self._sandbox_flag if sandbox is None else sandbox
