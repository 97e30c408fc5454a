"""What one socket still has to send: bounded, joined into few writes, never waited for."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from sequence.sandbox.stream import Packet
from sequence.server.frames import wire
from sequence.server.limits import Limits

_JOIN_BYTES: Final = 64 * 1024
_BURST: Final = 16
"""How many times the limits one burst may be, so that memory stays bounded."""


class Outbound:
    """The queue between a hub and a transport; it may be fed from any thread.

    Private events wait in order and are never dropped: a queue that grows too long or too old makes
    `is_stuck` true, and whoever owns the socket closes it. Market data keeps the latest only.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limits: Limits,
        flush: Callable[[], None],
        abort: Callable[[], None],
    ) -> None:
        self._loop: Final = loop
        self._limits: Final = limits
        self._flush: Final = flush
        self._abort: Final = abort
        self._thread: Final = threading.get_ident()
        self._events: deque[tuple[float, bytes]] = deque()
        self._bytes = 0
        self._market: dict[str, Packet] = {}
        self._scheduled = False
        self.closed = False

    def event(self, packet: Packet) -> None:
        """A message that must arrive."""
        if self.closed:
            return
        frame = wire(packet)
        self._events.append((time.monotonic(), frame))
        self._bytes += len(frame)
        self.schedule()

    def market(self, key: str, packet: Packet) -> None:
        """The latest state of something."""
        if self.closed:
            return
        self._market[key] = packet
        self.schedule()

    def forget(self, prefix: str) -> None:
        """Drops market data of a topic."""
        for key in [key for key in self._market if key == prefix or key.startswith(prefix + "|")]:
            del self._market[key]

    def cut(self) -> None:
        """Ends the connection without a word."""
        self._loop.call_soon_threadsafe(self._abort)

    def schedule(self) -> None:
        """Asks for a flush, once, from whatever thread."""
        if self._scheduled:
            return
        self._scheduled = True
        if threading.get_ident() == self._thread:
            self._loop.call_soon(self._flush)
        else:
            self._loop.call_soon_threadsafe(self._flush)

    def begin_flush(self) -> None:
        """The flush that was asked for runs now."""
        self._scheduled = False

    def take(self) -> bytes:
        """Frames to write next, joined; nothing when nothing waits."""
        if len(self._events) == 1 and not self._market:
            # The usual case.
            self._bytes = 0
            return self._events.popleft()[1]
        parts: list[bytes] = []
        size = 0
        while self._events and size < _JOIN_BYTES:
            _, frame = self._events.popleft()
            self._bytes -= len(frame)
            parts.append(frame)
            size += len(frame)
        while self._market and size < _JOIN_BYTES:
            key = next(iter(self._market))
            frame = wire(self._market.pop(key))
            parts.append(frame)
            size += len(frame)
        return b"".join(parts)

    @property
    def is_empty(self) -> bool:
        """True when nothing waits."""
        return not self._events and not self._market

    def is_stuck(self, unsent_bytes: int, paused_s: float, now_s: float) -> bool:
        """True when the reader is too slow for its private events.

        Args:
            unsent_bytes: What the transport still holds.
            paused_s: How long the transport has not been able to take more.
            now_s: The present, monotonic.

        One command can end thousands of orders at once, so a long queue alone is no fault of the
        reader: it must also have stopped reading for a moment.
        """
        if not self._events:
            return False
        limits = self._limits
        count, size = len(self._events), self._bytes + unsent_bytes
        if now_s - self._events[0][0] > limits.socket_stall_s:
            return True
        if count > _BURST * limits.socket_queue_events or size > _BURST * limits.socket_queue_bytes:
            return True
        is_long = count > limits.socket_queue_events or size > limits.socket_queue_bytes
        return is_long and paused_s > limits.socket_pause_s

    def drop(self) -> None:
        """Forgets everything; nothing is taken any more."""
        self.closed = True
        self._events.clear()
        self._market.clear()
