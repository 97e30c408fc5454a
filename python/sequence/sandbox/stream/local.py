"""A reader in the same process: no socket, a queue that the runtime fills."""

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from sequence.sandbox.stream.packet import Packet
from sequence.sandbox.stream.session import (
    POLICY,
    TRY_AGAIN_LATER,
    Session,
    SessionLimits,
    StreamEndError,
)

if TYPE_CHECKING:
    from sequence.sandbox.keys import Principal
    from sequence.sandbox.runtime import Runtime

_POLL_S: Final = 0.025
_MOST: Final = 100_000
_UNLIMITED: Final = SessionLimits(controls_per_second=1e9, control_burst=1 << 30)


class LocalReader:
    """One reader; `receive` moves time and looks at the market, as the ticker of a server does."""

    def __init__(self, runtime: "Runtime", principal: "Principal") -> None:
        self._runtime: Final = runtime
        self._events: Final[deque[bytes]] = deque()
        self._market: Final[dict[str, Packet]] = {}
        self._arrived: Final = threading.Event()
        self._ended: StreamEndError | None = None
        self._principal: Final = principal
        self._generation = runtime.keys.generation
        with runtime.turn():
            runtime.hub.listen()
            self._session: Final = Session(runtime, principal, self, _UNLIMITED)

    def send(self, text: str) -> None:
        """One message of the reader.

        Raises:
            StreamEndError: Its key has ended, or it broke a rule once too often.
        """
        self._check_key()
        with self._runtime.turn():
            self._session.receive(text.encode())

    def receive(self, timeout_s: float) -> bytes | None:
        """The next message, or None when none came in time.

        Raises:
            StreamEndError: The stream is over.
        """
        ends_s = time.monotonic() + timeout_s
        while True:
            self._arrived.clear()
            self._check_key()
            with self._runtime.lock:
                found = self._take()
            if found is None:
                found = self._look()
            if found is not None:
                return found
            if self._ended is not None:
                raise self._ended
            left_s = ends_s - time.monotonic()
            if left_s <= 0:
                return None
            # Another thread may make something happen; otherwise time itself does.
            self._arrived.wait(min(left_s, _POLL_S))

    def close(self) -> None:
        """The reader goes."""
        with self._runtime.lock:
            self._session.close()

    def event(self, packet: Packet) -> None:
        """A message that must arrive."""
        if len(self._events) >= _MOST:
            self._ended = StreamEndError(TRY_AGAIN_LATER, "the reader is too slow")
            self._session.close()
            return
        self._events.append(packet.text)
        self._arrived.set()

    def market(self, key: str, packet: Packet) -> None:
        """The latest state of something."""
        self._market[key] = packet
        self._arrived.set()

    def forget(self, prefix: str) -> None:
        """Drops market data of a topic."""
        for key in [key for key in self._market if key == prefix or key.startswith(prefix + "|")]:
            del self._market[key]

    def cut(self) -> None:
        """Ends the stream without a word."""
        self._ended = StreamEndError(TRY_AGAIN_LATER, "the connection was lost")
        self._arrived.set()

    def _check_key(self) -> None:
        """Ends the stream of a key that was revoked or rotated; what waits is told no more."""
        keys = self._runtime.keys
        if keys.generation != self._generation:
            self._generation = keys.generation
            if not keys.is_active(self._principal):
                self.close()
                self._events.clear()
                self._market.clear()
                self._ended = StreamEndError(POLICY, "the key has ended")
                raise self._ended

    def _look(self) -> bytes | None:
        with self._runtime.turn():
            self._runtime.publish()
            self._runtime.hub.poll()
            if not self._events and self._session.is_replaying:
                self._session.refill()
        with self._runtime.lock:
            return self._take()

    def _take(self) -> bytes | None:
        if self._events:
            return self._events.popleft()
        if self._market:
            return self._market.pop(next(iter(self._market))).text
        return None
