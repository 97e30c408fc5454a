"""Streams over WebSockets: the only file that knows `websockets`."""

import asyncio
import os
from collections.abc import AsyncGenerator
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
    ConcurrencyError,
    ConnectionClosed,
    InvalidHandshake,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)
from websockets.sync.client import ClientConnection, connect

from sequence import errors
from sequence._client.ask.options import Options
from sequence._client.carry.retry import read_retry_after
from sequence._client.carry.wire import WireClosedError

if TYPE_CHECKING:
    from collections.abc import Callable

_FAILURES = (OSError, TimeoutError, InvalidHandshake, InvalidURI, WebSocketException, EOFError)
# A proxy of the environment that needs another package, or cannot be read: nothing was sent.
_SETTINGS = (ImportError, ValueError, InvalidProxy)
_TWO_READERS = "something else reads this stream already: give each reader a stream of its own"
_FORKED = "the connection belongs to the process before the fork"
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
    except (*_SETTINGS, *_FAILURES) as error:
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
        # A loop that ends gives back what is still open.
        guard = _until_the_loop_ends(socket)
        await anext(guard)
    except (*_SETTINGS, *_FAILURES) as error:
        failure = _open_error(error)
    else:
        return AsyncSocketWire(socket, stack, guard)
    raise failure


async def _until_the_loop_ends(socket: AsyncConnection) -> AsyncGenerator[None]:
    pid = os.getpid()
    try:
        yield
    finally:
        if pid == os.getpid():
            # No more words: what would send them is ending, too.
            socket.transport.abort()
            await asyncio.sleep(0)


class SocketWire:
    """See `sequence._client.carry.wire.Wire`."""

    def __init__(self, socket: ClientConnection, stack: ExitStack) -> None:
        self._socket = socket
        self._stack = stack
        self._pid = os.getpid()

    def send(self, text: str) -> None:
        """Sends a message."""
        self._check_process()
        try:
            self._socket.send(text)
        except ConnectionClosed as closed:
            raise _closed(closed) from None

    def receive(self, timeout_s: float) -> str | bytes | None:
        """The next message, or None when none came in time."""
        self._check_process()
        try:
            return self._socket.recv(timeout=timeout_s)
        except TimeoutError:
            return None
        except ConcurrencyError:
            raise errors.ValidationError(_TWO_READERS) from None
        except ConnectionClosed as closed:
            raise _closed(closed) from None

    def close(self) -> None:
        """Ends the connection, unless it is that of the process before a fork."""
        if self._pid == os.getpid():
            self._stack.close()

    def _check_process(self) -> None:
        if self._pid != os.getpid():
            raise WireClosedError(_FORKED)


class AsyncSocketWire:
    """See `sequence._client.carry.wire.AsyncWire`."""

    def __init__(
        self, socket: AsyncConnection, stack: AsyncExitStack, guard: AsyncGenerator[None]
    ) -> None:
        self._socket = socket
        self._stack = stack
        self._guard = guard
        self._loop = asyncio.get_running_loop()
        self._pid = os.getpid()

    async def send(self, text: str) -> None:
        """Sends a message."""
        self._check_home()
        try:
            await self._socket.send(text)
        except ConnectionClosed as closed:
            raise _closed(closed) from None

    async def receive(self, timeout_s: float) -> str | bytes | None:
        """The next message, or None when none came in time."""
        self._check_home()
        try:
            async with asyncio.timeout(timeout_s):
                return await self._socket.recv()
        except TimeoutError:
            return None
        except ConcurrencyError:
            raise errors.ValidationError(_TWO_READERS) from None
        except ConnectionClosed as closed:
            raise _closed(closed) from None

    async def close(self) -> None:
        """Ends the connection; that of another loop or process is left to it."""
        if self._pid != os.getpid():
            _of_the_parent.append(self._guard)
        elif self._loop is asyncio.get_running_loop():
            await self._end()
        elif self._loop.is_running():
            asyncio.run_coroutine_threadsafe(self._end(), self._loop)

    async def _end(self) -> None:
        try:
            await self._stack.aclose()
        finally:
            # A goodbye that is cut short still gives the socket back.
            await self._guard.aclose()

    def _check_home(self) -> None:
        if self._pid != os.getpid():
            _of_the_parent.append(self._guard)
            raise WireClosedError(_FORKED)
        if self._loop is asyncio.get_running_loop():
            return
        if self._loop.is_closed():
            raise WireClosedError("the event loop of the connection has ended")
        raise errors.ValidationError("this stream belongs to another event loop: open one here")


_of_the_parent: list[object] = []
"""What a fork left behind: kept, since the end of it would speak on the parent's sockets."""


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
    if isinstance(error, _SETTINGS) and not isinstance(error, OSError):
        return errors.ValidationError(f"the stream cannot be opened with this environment: {error}")
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
