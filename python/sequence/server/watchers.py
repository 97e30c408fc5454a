"""All sockets of one server, and the ticker that moves time while somebody watches."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Generator
from typing import Final, Protocol

from sequence.errors import SequenceError
from sequence.sandbox.keys import Principal
from sequence.sandbox.refuse import refused
from sequence.sandbox.runtime import Runtime
from sequence.server.limits import Limits

_CHECK_S: Final = 0.25
_POLICY: Final = 1008


class OpenStream(Protocol):
    """A stream that somebody reads."""

    @property
    def principal(self) -> Principal:
        """Whose."""
        ...

    def check(self, now_s: float) -> None:
        """Looks whether its reader still lives."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Ends it, with the reason."""
        ...

    def shutdown(self) -> None:
        """Ends it because the server does."""
        ...


class Watchers:
    """Admits sockets, looks after them, and lets prices move while any is open."""

    def __init__(self, runtime: Runtime, limits: Limits) -> None:
        self.runtime: Final = runtime
        self.limits: Final = limits
        self._sockets: dict[OpenStream, None] = {}
        self._per_client: Counter[str] = Counter()
        self._watchers = 0
        self.draining = False
        self._ticker: asyncio.Task[None] | None = None
        self._generation = runtime.keys.generation
        self._check_at_s = 0.0

    def check_room(self, principal: Principal) -> None:
        """Refuses one socket too many of a client."""
        if self._per_client[principal.client.client_id] >= self.limits.sockets_per_client:
            text = f"more than {self.limits.sockets_per_client} open streams"
            raise refused("RATE_LIMITED", text)

    def add(self, socket: OpenStream) -> None:
        """A socket is open."""
        self._sockets[socket] = None
        self._per_client[socket.principal.client.client_id] += 1
        self._start()

    def remove(self, socket: OpenStream) -> None:
        """A socket is gone; twice is the same as once."""
        if self._sockets.pop(socket, 0) is None:
            self._per_client[socket.principal.client.client_id] -= 1

    @contextlib.contextmanager
    def watching(self) -> Generator[None]:
        """Time moves while the block runs, as for a socket."""
        self._watchers += 1
        self._start()
        try:
            yield
        finally:
            self._watchers -= 1

    def _start(self) -> None:
        if self._ticker is None or self._ticker.done():
            self._ticker = asyncio.get_running_loop().create_task(self._tick())

    async def _tick(self) -> None:
        """Runs while somebody watches; a stopped sandbox ends it."""
        period_s = self.limits.tick_ms / 1000
        loop = asyncio.get_running_loop()
        next_s = loop.time()
        while self._sockets or self._watchers:
            try:
                with self.runtime.turn():
                    # What the clock made happen is told before the books that follow from it.
                    self.runtime.publish()
                    self.runtime.hub.poll()
            except SequenceError:
                self._close_all()
                return
            self._check(time.monotonic())
            # After a pause of the machine the missed ticks are skipped, not made up for.
            next_s = max(next_s + period_s, loop.time())
            await asyncio.sleep(next_s - loop.time())

    def _check(self, now_s: float) -> None:
        keys = self.runtime.keys
        if keys.generation != self._generation:
            self._generation = keys.generation
            for socket in list(self._sockets):
                if not keys.is_active(socket.principal):
                    socket.close(_POLICY, "the key has ended")
        if now_s >= self._check_at_s:
            self._check_at_s = now_s + _CHECK_S
            for socket in list(self._sockets):
                socket.check(now_s)
                if socket.principal.tab is not None and not keys.is_active(socket.principal):
                    socket.close(_POLICY, "the tab has ended")

    def _close_all(self) -> None:
        for socket in list(self._sockets):
            socket.shutdown()
