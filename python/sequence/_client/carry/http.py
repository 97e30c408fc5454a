"""The HTTP transport: the only file that knows httpx."""

import asyncio
import os
import threading
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any
from weakref import WeakKeyDictionary, ref

import httpx

from sequence import errors
from sequence import types as t
from sequence._client.ask.options import Options, certificates
from sequence._client.carry.request import MAX_BODY_BYTES, HttpRequest, prepare, read_answer
from sequence._client.carry.wire import AsyncWire, Wire
from sequence._operations.operation import AnswerT, Operation

HttpClient = httpx.Client
AsyncHttpClient = httpx.AsyncClient
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)
_FORKED = "the given http_client belongs to the process before the fork: give the child its own"
_CLOSED = "the given http_client is closed"


class HttpTransport:
    """One pooled connection to one host, for the whole life of a client."""

    lossy = True

    def __init__(self, options: Options, client: HttpClient | None = None) -> None:
        from sequence._client.carry.deadline import Deadline  # noqa: PLC0415 - asyncio does without

        self._options = options
        self._given = client
        self._made: HttpClient | None = None
        self._making = threading.Lock()
        self._deadline = Deadline()
        self._pid = os.getpid()

    def send(
        self,
        operation: Operation[AnswerT],
        *,
        path: Mapping[str, str],
        query: "t.Query | None",
        body: "t.Request | None",
        graph_id: str | None,  # noqa: ARG002 - it is inside the body
    ) -> AnswerT:
        """See `sequence._client.carry.transport.Transport`."""
        request = prepare(self._options, operation, path, query, body)
        client = self._client()
        ends_s = self._deadline.ends_s = time.monotonic() + request.timeout
        try:
            with client.stream(
                request.method,
                request.url,
                content=request.body,
                headers=request.headers,
                timeout=request.timeout,
                follow_redirects=False,
            ) as answer:
                found = bytearray()
                for chunk in answer.iter_bytes():
                    _check_size(found, chunk)
                    # The connections of a given client do not know the deadline.
                    if time.monotonic() > ends_s:
                        raise httpx.ReadTimeout("")
        except _FAILURES as error:
            # Raised outside the handler: the caller must not find httpx in the chain.
            failure = _network_error(error, request)
        else:
            return read_answer(operation, answer.status_code, answer.headers, bytes(found))
        finally:
            self._deadline.ends_s = None
        raise failure

    def open_stream(self, timeout_s: float) -> Wire:
        """Opens a WebSocket; it is a connection of its own."""
        # Imported here: most clients never open a stream.
        from sequence._client.carry.websocket import open_socket  # noqa: PLC0415

        return open_socket(self._options, timeout_s)

    def close(self) -> None:
        """Closes the connections, unless the caller brought the client."""
        made, self._made = self._made, None
        # After a fork they are those of the other process.
        if made is not None and self._pid == os.getpid():
            made.close()

    def _client(self) -> HttpClient:
        if self._pid != os.getpid():
            # Sockets and locks of the other process are left alone.
            self._pid, self._made, self._making = os.getpid(), None, threading.Lock()
            if self._given is not None:
                raise errors.ValidationError(_FORKED)
        if self._given is not None:
            if self._given.is_closed:
                raise errors.ValidationError(_CLOSED)
            return self._given
        if self._made is None:
            with self._making:
                if self._made is None:
                    self._made = self._timed_client()
        return self._made

    def _timed_client(self) -> HttpClient:
        from sequence._client.carry.deadline import TimedBackend  # noqa: PLC0415 - see above

        # On this machine a proxy from the environment would only break the way, and see the key.
        client: Any = _built(httpx.Client, trust_env=not self._options.is_local)
        for transport in (client._transport, *client._mounts.values()):
            # httpx has no argument for it. Without such a pool each read has a timeout of its own.
            pool = getattr(transport, "_pool", None)
            if pool is not None:
                pool._network_backend = TimedBackend(pool._network_backend, self._deadline)
        made: HttpClient = client
        return made


class AsyncHttpTransport:
    """The same for asyncio: connections belong to the event loop that opened them."""

    lossy = True

    def __init__(self, options: Options, client: AsyncHttpClient | None = None) -> None:
        self._options = options
        self._given = client
        self._home: ref[asyncio.AbstractEventLoop] | None = None
        self._made: WeakKeyDictionary[asyncio.AbstractEventLoop, _Kept] = WeakKeyDictionary()
        self._pid = os.getpid()

    async def send(
        self,
        operation: Operation[AnswerT],
        *,
        path: Mapping[str, str],
        query: "t.Query | None",
        body: "t.Request | None",
        graph_id: str | None,  # noqa: ARG002 - it is inside the body
    ) -> AnswerT:
        """See `sequence._client.carry.transport.Transport`."""
        request = prepare(self._options, operation, path, query, body)
        client = await self._client()
        try:
            async with (
                asyncio.timeout(request.timeout),
                client.stream(
                    request.method,
                    request.url,
                    content=request.body,
                    headers=request.headers,
                    timeout=request.timeout,
                    follow_redirects=False,
                ) as answer,
            ):
                found = bytearray()
                async for chunk in answer.aiter_bytes():
                    _check_size(found, chunk)
        except (*_FAILURES, TimeoutError) as error:
            # Raised outside the handler: the caller must not find httpx in the chain.
            failure = _network_error(error, request)
        else:
            return read_answer(operation, answer.status_code, answer.headers, bytes(found))
        raise failure

    async def open_stream(self, timeout_s: float) -> AsyncWire:
        """Opens a WebSocket; it is a connection of its own."""
        from sequence._client.carry.websocket import open_async_socket  # noqa: PLC0415 - as above

        return await open_async_socket(self._options, timeout_s)

    async def close(self) -> None:
        """Closes the connections, unless the caller brought the client."""
        here = asyncio.get_running_loop()
        made, self._made = self._made, WeakKeyDictionary()
        if self._pid != os.getpid():
            _of_the_parent.append(made)
            return
        for loop, kept in list(made.items()):
            if loop is here:
                await kept.close()
            elif loop.is_running():
                asyncio.run_coroutine_threadsafe(kept.close(), loop)

    async def _client(self) -> AsyncHttpClient:
        here = asyncio.get_running_loop()
        if self._pid != os.getpid():
            _of_the_parent.append(self._made)
            self._pid, self._made = os.getpid(), WeakKeyDictionary()
            if self._given is not None:
                raise errors.ValidationError(_FORKED)
        if self._given is not None:
            return self._checked(self._given, here)
        kept = self._made.get(here)
        if kept is None or kept.client.is_closed:
            for loop in [loop for loop in self._made if loop.is_closed()]:
                del self._made[loop]
            client = _built(httpx.AsyncClient, trust_env=not self._options.is_local)
            kept = self._made[here] = _Kept(client)
            await kept.begin()
        return kept.client

    def _checked(self, given: AsyncHttpClient, here: asyncio.AbstractEventLoop) -> AsyncHttpClient:
        """A client of somebody else cannot be opened a second time for a second loop."""
        if given.is_closed:
            raise errors.ValidationError(_CLOSED)
        home = None if self._home is None else self._home()
        if self._home is None:
            self._home = ref(here)
        elif home is not here:
            raise errors.ValidationError(
                "the given http_client belongs to another event loop: without http_client= one "
                "AsyncSequence serves several"
            )
        return given


class _Kept:
    """A client of one event loop, closed by that loop when it ends."""

    def __init__(self, client: AsyncHttpClient) -> None:
        self.client = client
        self._guard = _until_the_loop_ends(client)

    async def begin(self) -> None:
        """Lets the loop know: `asyncio.run` ends every generator before it closes the loop."""
        await anext(self._guard)

    async def close(self) -> None:
        """Closes the connections."""
        await self._guard.aclose()


_of_the_parent: list[object] = []
"""What a fork left behind: kept, since the end of it would speak on the parent's sockets."""


async def _until_the_loop_ends(client: AsyncHttpClient) -> AsyncGenerator[None]:
    pid = os.getpid()
    try:
        yield
    finally:
        if pid == os.getpid():
            await client.aclose()


def _built(kind: Any, *, trust_env: bool) -> Any:  # noqa: ANN401 - either client
    try:
        return kind(trust_env=trust_env)
    except ImportError as error:
        found = str(error)
    except (OSError, ValueError, httpx.InvalidURL) as error:
        found = f"{type(error).__name__}: {error}{certificates()}"
    # A proxy or a certificate file of the environment, mostly; nothing was sent.
    raise errors.ValidationError(
        f"the HTTP client cannot be made with this environment (proxies, certificates): {found}"
    )


def _check_size(found: bytearray, chunk: bytes) -> None:
    if len(found) + len(chunk) > MAX_BODY_BYTES:
        raise errors.DeserializeError(200, f"the answer is larger than {MAX_BODY_BYTES} bytes")
    found += chunk


def _network_error(error: Exception, request: HttpRequest) -> errors.SequenceError:
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return errors.TimeoutError(f"network: no answer within {request.timeout:g} s")
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return errors.ValidationError(f"base_url: {error}")
    return errors.NetworkError(f"network: {error or type(error).__name__}")
