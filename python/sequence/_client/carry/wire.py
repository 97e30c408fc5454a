"""The seam between a stream and what carries it: a WebSocket, or a sandbox in the same process."""

from typing import Protocol


class WireClosedError(Exception):
    """The connection is gone.

    Attributes:
        is_final: Trying again is of no use, such as with a key that has ended.
    """

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


class Wire(Protocol):
    """An open connection of a stream."""

    def send(self, text: str) -> None:
        """Sends a message; `WireClosedError` when the connection is gone."""
        ...

    def receive(self, timeout_s: float) -> str | bytes | None:
        """The next message, or None when none came in time."""
        ...

    def close(self) -> None:
        """Ends the connection; twice is the same as once."""
        ...


class AsyncWire(Protocol):
    """The same for asyncio."""

    async def send(self, text: str) -> None:
        """See `Wire.send`."""
        ...

    async def receive(self, timeout_s: float) -> str | bytes | None:
        """See `Wire.receive`."""
        ...

    async def close(self) -> None:
        """See `Wire.close`."""
        ...


class StreamTransport(Protocol):
    """A transport that can also carry a stream."""

    def open_stream(self, timeout_s: float) -> Wire:
        """Opens a connection within so many seconds, or raises why not."""
        ...


class AsyncStreamTransport(Protocol):
    """The same for asyncio."""

    async def open_stream(self, timeout_s: float) -> AsyncWire:
        """See `StreamTransport.open_stream`."""
        ...
