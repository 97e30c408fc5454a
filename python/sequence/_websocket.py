"""Streams over WebSockets: the only file that knows `websockets`."""

from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    ExitStack,
)
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection as AsyncConnection
from websockets.asyncio.client import connect as async_connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)
from websockets.sync.client import ClientConnection, connect

from sequence import errors
from sequence._options import Options
from sequence._retry import read_retry_after
from sequence._wire import WireClosedError

if TYPE_CHECKING:
    from collections.abc import Callable

_FAILURES = (OSError, TimeoutError, InvalidHandshake, InvalidURI, WebSocketException, EOFError)
_POLICY = 1008
_CLOSE_TIMEOUT_S = 2.0
_MAX_MESSAGE_BYTES = 16 * 1024 * 1024
_PATH = "/v1/stream"
# Their own types say too little for a strict reader.
_connect = cast("Callable[..., AbstractContextManager[ClientConnection]]", connect)
_async_connect = cast("Callable[..., AbstractAsyncContextManager[AsyncConnection]]", async_connect)


def open_socket(options: Options, timeout_s: float) -> "SocketWire":
    """Opens a socket.

    Raises:
        sequence.errors.SequenceError: The server refused, or cannot be reached.
    """
    stack = ExitStack()
    try:
        opening = _connect(_stream_url(options), **_settings(options, timeout_s))
        socket = stack.enter_context(opening)
    except _FAILURES as error:
        failure = _open_error(error)
    else:
        return SocketWire(socket, stack)
    # Raised outside the handler: the caller must not find the library in the chain.
    raise failure


async def open_async_socket(options: Options, timeout_s: float) -> "AsyncSocketWire":
    """The same for asyncio."""
    stack = AsyncExitStack()
    try:
        opening = _async_connect(_stream_url(options), **_settings(options, timeout_s))
        socket = await stack.enter_async_context(opening)
    except _FAILURES as error:
        failure = _open_error(error)
    else:
        return AsyncSocketWire(socket, stack)
    raise failure


class SocketWire:
    """See `sequence._wire.Wire`."""

    def __init__(self, socket: ClientConnection, stack: ExitStack) -> None:
        self._socket = socket
        self._stack = stack

    def send(self, text: str) -> None:
        """Sends a message."""
        try:
            self._socket.send(text)
        except ConnectionClosed as closed:
            raise _closed(closed) from None

    def receive(self, timeout_s: float) -> str | bytes | None:
        """The next message, or None when none came in time."""
        try:
            return self._socket.recv(timeout=timeout_s)
        except TimeoutError:
            return None
        except ConnectionClosed as closed:
            raise _closed(closed) from None

    def close(self) -> None:
        """Ends the connection."""
        self._stack.close()


class AsyncSocketWire:
    """See `sequence._wire.AsyncWire`."""

    def __init__(self, socket: AsyncConnection, stack: AsyncExitStack) -> None:
        self._socket = socket
        self._stack = stack

    async def send(self, text: str) -> None:
        """Sends a message."""
        try:
            await self._socket.send(text)
        except ConnectionClosed as closed:
            raise _closed(closed) from None

    async def receive(self, timeout_s: float) -> str | bytes | None:
        """The next message, or None when none came in time."""
        import asyncio  # noqa: PLC0415 - the blocking client needs none

        try:
            async with asyncio.timeout(timeout_s):
                return await self._socket.recv()
        except TimeoutError:
            return None
        except ConnectionClosed as closed:
            raise _closed(closed) from None

    async def close(self) -> None:
        """Ends the connection."""
        await self._stack.aclose()


def _settings(options: Options, timeout_s: float) -> dict[str, Any]:
    return {
        "additional_headers": _upgrade_headers(options),
        "compression": None,
        "open_timeout": timeout_s,
        "close_timeout": _CLOSE_TIMEOUT_S,
        "max_size": _MAX_MESSAGE_BYTES,
        # On this machine a proxy would only break the way, and see the key.
        "proxy": None if options.is_local else True,
    }


def _open_error(error: Exception) -> errors.SequenceError:
    if isinstance(error, InvalidStatus):
        response = error.response
        failure = errors.error_of_body(response.status_code, bytes(response.body or b""))
        failure.retry_after_s = read_retry_after(response.headers.get("Retry-After"))
        return failure
    if isinstance(error, TimeoutError):
        return errors.TimeoutError("network: the stream did not open in time")
    return errors.NetworkError(f"network: the stream cannot be opened: {error}")


def _closed(closed: ConnectionClosed) -> WireClosedError:
    received = closed.rcvd
    if received is None:
        return WireClosedError("the connection was lost")
    reason = received.reason or f"closed with code {received.code}"
    return WireClosedError(reason, is_final=received.code == _POLICY)


def _stream_url(options: Options) -> str:
    """Where the stream of an API is."""
    parts = urlsplit(options.base_url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return f"{scheme}://{parts.netloc}{parts.path}{_PATH}"


def _upgrade_headers(options: Options) -> dict[str, str]:
    """Headers of the upgrade request."""
    key = options.api_key
    return {} if key is None else {"Authorization": f"Bearer {key}"}
