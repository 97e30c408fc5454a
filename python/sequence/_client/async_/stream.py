"""A stream that stays: it reconnects, subscribes again and resumes where it was."""

import random
import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Self

from sequence._client.ask.topics import checked_epoch
from sequence._client.carry.async_pause import async_sleep
from sequence._client.carry.retry import delay_s
from sequence._client.carry.stream_state import StreamState
from sequence._client.carry.wire import AsyncStreamTransport, AsyncWire, WireClosedError
from sequence.errors import NetworkError, SequenceError, ValidationError, unexpected
from sequence.streams import Event, ReconnectedEvent, StaleEvent

_TRY_AGAIN = frozenset({0, 429, 500, 502, 503, 504})
_SLICE_S = 0.1
"""A pause is cut into slices, so that a stream which is closed from elsewhere ends soon."""

_OPEN_S = (1.0, 10.0)
"""Shortest and longest time that one attempt to connect is given."""

_STEADY_S = 10.0
"""A connection that held this long counts as good: the next loss starts with a short pause."""


class AsyncStream:
    """Typed events of market data and of the own orders; iterate over it.

    A lost connection is opened again after a pause of full jitter, 0.5 to 8 seconds. Private
    topics resume after the newest number seen, so nothing is missed; what the server no longer has
    is told as a `GapEvent`, and a reset meanwhile as an `EpochEvent` before the events of the new
    epoch. The first error that waiting cannot help, such as a key that has ended,
    is raised. While there is no connection `next` keeps to its timeout.

    Args:
        transport: What opens connections.
        topics: What to subscribe first.
        from_seq: Numbers to resume private topics after.
        epoch: The epoch that these numbers are of.
        suffix: Ends the names of private topics on the wire.
        stale_after_s: Silence of market data after which a `StaleEvent` is told; a lost connection
            tells it at once.
    """

    def __init__(
        self,
        transport: AsyncStreamTransport,
        topics: str | Iterable[str],
        *,
        from_seq: Mapping[str, int] | None = None,
        epoch: int | None = None,
        suffix: str = "",
        stale_after_s: float = 10.0,
    ) -> None:
        self._transport = transport
        self._state = StreamState(suffix, checked_epoch(epoch))
        first = [topics] if isinstance(topics, str) else list(topics)
        self._first: str | None = self._state.subscribe(first, dict(from_seq or {}))
        if not stale_after_s > 0:
            raise ValidationError("stale_after_s: must be > 0 seconds")
        self._stale_after_s = stale_after_s
        self._wire: AsyncWire | None = None
        self._waiting: list[Event] = []
        self._heard_s = 0.0
        self._opened_s = 0.0
        self._lost_s: float | None = None
        self._next_try_s = 0.0
        self._attempt = 0
        self._tried = 0
        self._is_stale = False
        self._is_told = False
        self._closed = False

    @property
    def connected(self) -> bool:
        """True while there is a connection."""
        return self._wire is not None and not self._closed

    @property
    def epoch(self) -> int | None:
        """Epoch of the numbers of private events; None before the server said it.

        Who keeps the number of an event, to resume after it later, keeps this beside it.
        """
        return self._state.epoch

    @property
    def stale(self) -> bool:
        """True while market data, if any is subscribed, may be old.

        That is without a connection, until the first message of a new one, and after a silence of
        ``stale_after_s``.
        """
        return self._state.has_market_data and (self._is_stale or not self.connected)

    async def __aenter__(self) -> Self:
        try:
            await self._connected(_OPEN_S[1])
        except WireClosedError as closed:
            self._lost(closed)
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

        That holds without a connection, too, but for an attempt to connect to a host that does
        not answer at all: it is given a second at least.

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
            self._lost(closed)

    async def _read(self, timeout_s: float) -> None:
        if self._lost_s is not None:
            await self._try_again(self._lost_s, timeout_s)
            return
        try:
            wire = self._wire or await self._connected(timeout_s)
            # An answer of silence is looked at often enough to tell that data is old.
            text = await wire.receive(min(timeout_s, self._stale_after_s))
        except WireClosedError as closed:
            self._lost(closed)
            return
        now_s = time.monotonic()
        if text is not None:
            self._heard_s, self._is_stale, self._is_told = now_s, False, False
            self._waiting += self._state.read(text)
        elif now_s - self._heard_s >= self._stale_after_s:
            self._tell_stale(now_s)

    async def _connected(self, timeout_s: float) -> AsyncWire:
        if self._wire is not None:
            return self._wire
        shortest_s, longest_s = _OPEN_S
        try:
            wire = await self._transport.open_stream(min(max(timeout_s, shortest_s), longest_s))
        except (SequenceError, WireClosedError):
            raise
        except Exception as error:
            raise unexpected(error) from error
        if self._closed:
            await wire.close()
            raise WireClosedError("the stream was closed")
        self._heard_s = self._opened_s = time.monotonic()
        first, self._first = self._first or self._state.resume(), None
        self._wire = wire
        if first is not None:
            await wire.send(first)
        return wire

    def _lost(self, closed: WireClosedError) -> None:
        """Notes that there is no connection and when the next one is tried."""
        self._wire = None
        if self._closed:
            return
        if closed.is_final:
            self._closed = True
            raise NetworkError(f"network: the stream was ended: {closed}")
        self._lost_s = now_s = time.monotonic()
        if now_s - self._opened_s > _STEADY_S:
            self._attempt = 0
        self._tried = 0
        self._tell_stale(now_s)
        self._pause(0.5)

    async def _try_again(self, lost_s: float, timeout_s: float) -> None:
        """Tries to open the next connection when its time has come."""
        ends_s = time.monotonic() + timeout_s
        while (left_s := min(self._next_try_s, ends_s) - time.monotonic()) > 0:
            await async_sleep(min(left_s, _SLICE_S))
            if self._closed:
                return
        if time.monotonic() < self._next_try_s:
            return
        self._tried += 1
        try:
            await self._connected(ends_s - time.monotonic())
        except WireClosedError:
            self._wire = None
            self._pause(0.5)
            return
        except SequenceError as error:
            if error.status not in _TRY_AGAIN:
                self._closed = True
                raise
            self._pause(max(0.5, error.retry_after_s or 0.0))
            return
        self._lost_s, self._is_told = None, False
        self._waiting.append(ReconnectedEvent(self._tried, time.monotonic() - lost_s))

    def _pause(self, least_s: float) -> None:
        wait_s = delay_s(self._attempt, least_s, random.random)
        self._next_try_s = time.monotonic() + wait_s
        self._attempt += 1

    def _tell_stale(self, now_s: float) -> None:
        self._is_stale = True
        if not self._is_told and self._state.has_market_data:
            self._waiting.append(StaleEvent(now_s - self._heard_s))
        self._is_told = True
