"""A reader of the stream for tests: waits for messages, never for time."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

WAIT_S = 10.0


class Reader:
    """One socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def send(self, message: Any) -> None:
        self.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def next(self) -> dict[str, Any]:
        return json.loads(self.socket.recv(timeout=WAIT_S))

    def until(self, wanted: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The next message that is wanted; others are passed over."""
        while True:
            message = self.next()
            if wanted(message):
                return message

    def event(self, channel: str) -> dict[str, Any]:
        """The next event of a channel."""
        return self.until(lambda message: message.get("channel") == channel)

    def events(self, channel: str, count: int) -> list[dict[str, Any]]:
        """The next events of a channel."""
        return [self.event(channel) for _ in range(count)]

    def subscribe(self, *topics: str, **from_seq: int) -> dict[str, Any]:
        """Subscribes and returns the acknowledgement."""
        message: dict[str, Any] = {"subscribe": list(topics)}
        if from_seq:
            message["from_seq"] = from_seq
        self.send(message)
        return self.until(lambda message: "subscribed" in message or "error" in message)

    def close_code(self) -> int | None:
        """Reads to the end; the code the server closed with."""
        try:
            while True:
                self.socket.recv(timeout=WAIT_S)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None


def stream_url(url: str) -> str:
    return url.replace("http://", "ws://") + "/v1/stream"


@contextmanager
def reader(url: str, key: str | None, query: str = "", **options: Any) -> Iterator[Reader]:
    """An open socket."""
    headers = dict(options.pop("headers", {}))
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    with connect(
        stream_url(url) + query,
        additional_headers=headers,
        max_size=None,
        open_timeout=WAIT_S,
        close_timeout=2,
        proxy=None,
        **options,
    ) as socket:
        yield Reader(socket)
