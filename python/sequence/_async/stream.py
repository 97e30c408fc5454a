"""A stream that stays: it reconnects, subscribes again and resumes where it was."""

import random
import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Self

from sequence._pause import async_sleep
from sequence._retry import delay_s
from sequence._stream_state import StreamState
from sequence._wire import AsyncStreamTransport, AsyncWire, WireClosedError
from sequence.errors import NetworkError, SequenceError
from sequence.streams import Event, ReconnectedEvent, StaleEvent

_TRY_AGAIN = frozenset({0, 429, 500, 502, 503, 504})
_STEADY_S = 10.0
"""A connection that held this long counts as good: the next loss starts with a short pause."""


class AsyncStream:
    """Typed events of market data and of the own orders; iterate over it.

    A lost connection is opened again after a pause of full jitter, 0.5 to 8 seconds. Private
    topics resume after the newest number seen, so nothing is missed; what the server no longer has
    is told as a `GapEvent`. The first error that waiting cannot help, such as a key that has ended,
    is raised.

    Args:
        transport: What opens connections.
        topics: What to subscribe first.
        from_seq: Numbers to resume private topics after.
        suffix: Ends the names of private topics on the wire.
        stale_after_s: Silence of market data after which a `StaleEvent` is told.
    """

    def __init__(
        self,
        transport: AsyncStreamTransport,
        topics: Iterable[str],
        *,
        from_seq: Mapping[str, int] | None = None,
        suffix: str = "",
        stale_after_s: float = 10.0,
    ) -> None:
        self._transport = transport
        self._state = StreamState(suffix)
        self._first: str | None = self._state.subscribe(list(topics), dict(from_seq or {}))
        self._stale_after_s = stale_after_s
        self._wire: AsyncWire | None = None
        self._waiting: list[Event] = []
        self._heard_s = 0.0
        self._opened_s = 0.0
        self._attempt = 0
        self._is_stale = False
        self._closed = False

    async def __aenter__(self) -> Self:
        try:
            await self._connected()
        except WireClosedError as closed:
            await self._lost(closed)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not self._closed:
            event = await self.next(timeout=self._stale_after_s)
            if event is not None:
                return event
        raise StopAsyncIteration

    async def next(self, timeout: float) -> Event | None:  # noqa: ASYNC109 - as the blocking one
        """The next event, or None when none came within so many seconds.

        Raises:
            SequenceError: The stream is over and trying again is of no use.
        """
        ends_s = time.monotonic() + timeout
        while not self._closed:
            if self._waiting:
                return self._waiting.pop(0)
            left_s = ends_s - time.monotonic()
            await self._read(max(0.0, left_s))
            if left_s <= 0 and not self._waiting:
                return None
        return None

    async def subscribe(self, *topics: str, from_seq: Mapping[str, int] | None = None) -> None:
        """Adds topics while the stream runs."""
        await self._send(self._state.subscribe(topics, dict(from_seq or {})))

    async def unsubscribe(self, *topics: str) -> None:
        """Ends topics while the stream runs."""
        await self._send(self._state.unsubscribe(topics))

    async def close(self) -> None:
        """Ends the stream; a loop over it ends too."""
        self._closed = True
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.close()

    async def _send(self, text: str) -> None:
        if self._wire is None:
            # The next connection asks for every topic anyway.
            return
        try:
            await self._wire.send(text)
        except WireClosedError as closed:
            await self._lost(closed)

    async def _read(self, timeout_s: float) -> None:
        try:
            wire = self._wire or await self._connected()
            # An answer of silence is looked at often enough to tell that data is old.
            text = await wire.receive(min(timeout_s, self._stale_after_s))
        except WireClosedError as closed:
            await self._lost(closed)
            return
        now_s = time.monotonic()
        if text is not None:
            self._heard_s, self._is_stale = now_s, False
            self._waiting += self._state.read(text)
        elif not self._is_stale and now_s - self._heard_s >= self._stale_after_s:
            self._is_stale = True
            if self._state.has_market_data:
                self._waiting.append(StaleEvent(now_s - self._heard_s))

    async def _connected(self) -> AsyncWire:
        if self._wire is not None:
            return self._wire
        wire = await self._transport.open_stream()
        self._heard_s = self._opened_s = time.monotonic()
        first, self._first = self._first or self._state.resume(), None
        self._wire = wire
        if first is not None:
            await wire.send(first)
        return wire

    async def _lost(self, closed: WireClosedError) -> None:
        """Opens the next connection, however long that takes."""
        self._wire = None
        if closed.is_final:
            self._closed = True
            raise NetworkError(f"network: the stream was ended: {closed}")
        lost_s = time.monotonic()
        if lost_s - self._opened_s > _STEADY_S:
            self._attempt = 0
        tried = 0
        wait_s: float | None = 0.5
        while not self._closed:
            await async_sleep(delay_s(self._attempt, wait_s, random.random))
            self._attempt += 1
            tried += 1
            try:
                await self._connected()
            except WireClosedError:
                self._wire = None
            except SequenceError as error:
                if error.status not in _TRY_AGAIN:
                    self._closed = True
                    raise
                wait_s = max(0.5, error.retry_after_s or 0.0)
            else:
                away_s = time.monotonic() - lost_s
                self._waiting.append(ReconnectedEvent(tried, away_s))
                return
