"""Server-sent events: `GET /v1/risk/stream`, `/v1/alerts/stream` and `/v1/tca/stream`."""

import asyncio
import contextlib
from collections import deque
from typing import Final

from sequence.sandbox.keys import Principal
from sequence.sandbox.refuse import refused
from sequence.sandbox.stream.feed import EVENTS, KEPT, Feed, FeedEvent
from sequence.sandbox.stream.topic import FeedName
from sequence.server.asgi import Receive, Send
from sequence.server.envelope import Header
from sequence.server.watchers import Watchers

HEADERS: Final[tuple[Header, ...]] = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
_FILTERS: Final = ("node_order_id", "edge_id")
_COMMENT: Final = b":\n\n"


class EventStream:
    """One reader of one feed, from its subscription to its end."""

    def __init__(
        self,
        watchers: Watchers,
        principal: Principal,
        name: FeedName,
        query: dict[str, str],
        last_event_id: bytes | None,
    ) -> None:
        self._watchers: Final = watchers
        self._principal: Final = principal
        self._event: Final = EVENTS[name].encode()
        self._filters: Final = {key: query[key] for key in _FILTERS if key in query}
        self._loop: Final = asyncio.get_running_loop()
        self._wake: Final = asyncio.Event()
        self._waiting: Final[deque[bytes]] = deque()
        self._overflowed = False
        resume = _number(last_event_id)
        with watchers.runtime.turn():
            self._feed: Final[Feed] = watchers.runtime.hub.feeds.feed(name, principal)
            recent = self._feed.recent
            if resume is not None and resume <= self._feed.number:
                for event in recent:
                    if event.number > resume:
                        self._take(event)
            elif name == "risk" and recent:
                # The state is told on connect, whoever was told of it before.
                self._take(recent[-1])
            self._feed.listeners.append(self._listen)

    async def run(self, receive: Receive, send: Send, headers: list[Header]) -> None:
        """Sends events until the client goes, its key ends or the server stops."""
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            with self._watchers.watching():
                start = {"type": "http.response.start", "status": 200, "headers": headers}
                await send(start)
                await send({"type": "http.response.body", "body": _COMMENT, "more_body": True})
                while not (gone.done() or self._is_over()):
                    body = await self._next(gone)
                    if body:
                        more = {"type": "http.response.body", "body": body, "more_body": True}
                        await send(more)
            if not gone.done():
                # The last word of a server that stops may be why it does.
                rest = b"".join(self._waiting)
                await send({"type": "http.response.body", "body": rest})
        finally:
            gone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gone
            with self._watchers.runtime.lock:
                self._feed.listeners.remove(self._listen)

    def _is_over(self) -> bool:
        watchers = self._watchers
        # A reader that overflowed has to come back with the id it saw last.
        return (
            self._overflowed
            or watchers.draining
            or not watchers.runtime.keys.is_active(self._principal)
        )

    async def _next(self, gone: "asyncio.Future[None]") -> bytes:
        """What to send next: events, or a comment after a while of silence."""
        if not self._waiting:
            self._wake.clear()
            ends_s = self._loop.time() + self._watchers.limits.comment_s
            while not self._waiting:
                left_s = ends_s - self._loop.time()
                if left_s <= 0:
                    return _COMMENT
                # Looks up now and then: the server may stop, or the key may end.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), min(left_s, 0.25))
                if gone.done() or self._is_over():
                    return b""
        body = b"".join(self._waiting)
        self._waiting.clear()
        return body

    def _listen(self, event: FeedEvent) -> None:
        """Called under the lock of the runtime, from any thread."""
        if len(self._waiting) >= KEPT:
            self._overflowed = True
        else:
            self._take(event)
        self._loop.call_soon_threadsafe(self._wake.set)

    def _take(self, event: FeedEvent) -> None:
        for key, wanted in self._filters.items():
            if key in event.data and event.data[key] != wanted:
                return
        self._waiting.append(
            b"id: %d\nevent: %s\ndata: %s\n\n" % (event.number, self._event, event.text)
        )


async def _until_gone(receive: Receive) -> None:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return


def _number(last_event_id: bytes | None) -> int | None:
    if last_event_id is None:
        return None
    if not last_event_id.isdigit() or len(last_event_id) > 18:  # noqa: PLR2004
        raise refused("INVALID_PARAMS", "Last-Event-ID: must be the number of an event")
    return int(last_event_id)
