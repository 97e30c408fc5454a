"""The HTTP transport: the only file that knows httpx."""

from collections.abc import Mapping

import httpx

from sequence import errors
from sequence._operations import AnswerT, Operation
from sequence._options import Options
from sequence._request import MAX_BODY_BYTES, HttpRequest, prepare, read_answer
from sequence._wire import AsyncWire, Wire
from sequence.types import Query, Request

HttpClient = httpx.Client
AsyncHttpClient = httpx.AsyncClient
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)


class HttpTransport:
    """One pooled connection to one host, for the whole life of a client."""

    lossy = True

    def __init__(self, options: Options, client: HttpClient | None = None) -> None:
        self._options = options
        self._owned = client is None
        # On this machine a proxy from the environment would only break the way, and see the key.
        self._client = client or httpx.Client(trust_env=not options.is_local)

    def send(
        self,
        operation: Operation[AnswerT],
        *,
        path: Mapping[str, str],
        query: Query | None,
        body: Request | None,
        graph_id: str | None,  # noqa: ARG002 - it is inside the body
    ) -> AnswerT:
        """See `sequence._transport.Transport`."""
        request = prepare(self._options, operation, path, query, body)
        try:
            with self._client.stream(
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
        except _FAILURES as error:
            # Raised outside the handler: the caller must not find httpx in the chain.
            failure = _network_error(error, request)
        else:
            return read_answer(operation, answer.status_code, answer.headers, bytes(found))
        raise failure

    def open_stream(self, timeout_s: float) -> Wire:
        """Opens a WebSocket; it is a connection of its own."""
        # Imported here: most clients never open a stream.
        from sequence._websocket import open_socket  # noqa: PLC0415

        return open_socket(self._options, timeout_s)

    def close(self) -> None:
        """Closes the connections, unless the caller brought the client."""
        if self._owned:
            self._client.close()


class AsyncHttpTransport:
    """The same for asyncio."""

    lossy = True

    def __init__(self, options: Options, client: AsyncHttpClient | None = None) -> None:
        self._options = options
        self._owned = client is None
        self._client = client or httpx.AsyncClient(trust_env=not options.is_local)

    async def send(
        self,
        operation: Operation[AnswerT],
        *,
        path: Mapping[str, str],
        query: Query | None,
        body: Request | None,
        graph_id: str | None,  # noqa: ARG002 - it is inside the body
    ) -> AnswerT:
        """See `sequence._transport.Transport`."""
        request = prepare(self._options, operation, path, query, body)
        try:
            async with self._client.stream(
                request.method,
                request.url,
                content=request.body,
                headers=request.headers,
                timeout=request.timeout,
                follow_redirects=False,
            ) as answer:
                found = bytearray()
                async for chunk in answer.aiter_bytes():
                    _check_size(found, chunk)
        except _FAILURES as error:
            # Raised outside the handler: the caller must not find httpx in the chain.
            failure = _network_error(error, request)
        else:
            return read_answer(operation, answer.status_code, answer.headers, bytes(found))
        raise failure

    async def open_stream(self, timeout_s: float) -> AsyncWire:
        """Opens a WebSocket; it is a connection of its own."""
        from sequence._websocket import open_async_socket  # noqa: PLC0415 - as above

        return await open_async_socket(self._options, timeout_s)

    async def close(self) -> None:
        """Closes the connections, unless the caller brought the client."""
        if self._owned:
            await self._client.aclose()


def _check_size(found: bytearray, chunk: bytes) -> None:
    if len(found) + len(chunk) > MAX_BODY_BYTES:
        raise errors.DeserializeError(200, f"the answer is larger than {MAX_BODY_BYTES} bytes")
    found += chunk


def _network_error(error: Exception, request: HttpRequest) -> errors.NetworkError:
    if isinstance(error, httpx.TimeoutException):
        return errors.TimeoutError(f"network: no answer within {request.timeout:g} s")
    return errors.NetworkError(f"network: {error or type(error).__name__}")
