"""A transport for clients that count microseconds: the standard library's http.client, kept alive.

httpx does more than a request needs: pools over hosts, proxies, redirects, cookies, hooks.
Here a thread keeps one connection to one host, and the errors are the same.
"""

import http.client
import io
import os
import select
import socket
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NoReturn
from urllib.parse import quote, urlsplit
from weakref import WeakSet

from sequence import errors
from sequence._client.ask.options import Options
from sequence._client.carry.answer import Answer, Body
from sequence._client.carry.request import HttpRequest, prepare, read_answer
from sequence._operations.operation import AnswerT, Operation

if TYPE_CHECKING:
    import ssl

    from sequence import types as t
    from sequence._client.carry.wire import Wire

# What http.client makes of bytes that are no HTTP is a ValueError, in places.
_FAILURES = (OSError, http.client.HTTPException, ValueError)
_CHUNK: Final = 64 * 1024
_TLS_PORT: Final = 443
_PLAIN_PORT: Final = 80
_SHOWN: Final = 80


class FastTransport:
    """One kept connection per thread, straight to the host: no proxy, no redirect, no cookie."""

    lossy = True

    def __init__(self, options: Options, http_client: object = None) -> None:
        if http_client is not None:
            raise errors.ValidationError("transport='fast' has no http_client: give one of them")
        self._options = options
        self._begin()

    def _begin(self) -> None:
        self._threads = threading.local()
        # A thread that ends gives its line up, and that its connection.
        self._open: WeakSet[_Line] = WeakSet()
        self._opening = threading.Lock()
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
        line = self._line()
        try:
            status, headers, found = line.exchange(request)
        except _FAILURES as error:
            # Raised outside the handler: the chain of the caller's error is the caller's.
            failure = _network_error(error, request)
        except BaseException:
            # Whatever is under way on it would be taken for the next answer.
            line.close()
            raise
        else:
            return read_answer(operation, status, headers, found)
        line.close()
        raise failure

    def open_stream(self, timeout_s: float) -> "Wire":
        """Opens a WebSocket; it is a connection of its own."""
        from sequence._client.carry.websocket import open_socket  # noqa: PLC0415 - most never open one

        return open_socket(self._options, timeout_s)

    def close(self) -> None:
        """Closes the connections of all threads."""
        # After a fork they are those of the other process.
        if self._pid == os.getpid():
            with self._opening:
                lines = list(self._open)
            for line in lines:
                line.close()

    def _line(self) -> "_Line":
        if self._pid != os.getpid():
            self._begin()
        line: _Line | None = getattr(self._threads, "line", None)
        if line is None:
            line = self._threads.line = _Line(self._options)
            with self._opening:
                self._open.add(line)
        return line


class AsyncFastTransport:
    """There is none: what makes the other fast is that it blocks."""

    lossy = True

    def __init__(self, options: Options, http_client: object = None) -> None:
        del options, http_client
        raise errors.ValidationError("transport='fast' blocks: use it with sequence.Sequence")

    async def send(self, *_: Any, **__: Any) -> NoReturn:
        """Never called: none is ever made."""
        raise errors.ValidationError("transport='fast' blocks: use it with sequence.Sequence")

    async def close(self) -> None:
        """Nothing to close."""


class _Line:
    """One connection of one thread, opened anew when it was lost."""

    def __init__(self, options: Options) -> None:
        self._connection: Any = None
        self._socket: _TimedSocket | None = None
        parts = urlsplit(options.base_url)
        self._base = len(options.base_url)
        self._prefix = quote(parts.path, safe="/%:@!$&'()*+,;=~")
        self._host = parts.hostname or ""
        self._tls = parts.scheme == "https"
        self._port = parts.port or (_TLS_PORT if self._tls else _PLAIN_PORT)
        self._context: ssl.SSLContext | None = None

    def exchange(self, request: HttpRequest) -> tuple[int, Mapping[str, str], bytes]:
        """Sends a request and reads its answer, all of it within the time of one attempt."""
        ends_s = time.monotonic() + request.timeout
        if self._socket is None or self._socket.is_over():
            self._connect(ends_s)
        connection, timed = self._connection, self._socket
        if connection is None or timed is None:
            raise http.client.NotConnected
        timed.ends_s = ends_s
        target = self._prefix + request.url[self._base :]
        was_sent = True
        try:
            connection.request(request.method, target, request.body, dict(request.headers))
        except ConnectionError:
            # A server that wants no more of it has often said why before it hung up.
            was_sent = False
        answer: Answer = connection.getresponse()
        body = Body(answer)
        while chunk := answer.read(_CHUNK):
            body.add(chunk)
        found = body.end()
        if answer.will_close or not was_sent:
            self.close()
        return answer.status, answer.named, found

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection; the next request opens another."""
        connection, self._connection = self._connection, None
        timed, self._socket = self._socket, None
        if connection is not None:
            connection.close()
        if timed is not None:
            timed.end()

    def _connect(self, ends_s: float) -> None:
        self.close()
        plain = _connected(self._host, self._port, ends_s)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls:
            import ssl  # noqa: PLC0415 - a sandbox on this machine needs none

            self._context = self._context or ssl.create_default_context()
            plain.settimeout(_left(ends_s))
            plain = self._context.wrap_socket(plain, server_hostname=self._host)
        self._socket = _TimedSocket(plain, ends_s)
        connection: Any = http.client.HTTPConnection(self._host, self._port)
        connection.response_class = Answer
        connection.default_port = _TLS_PORT if self._tls else _PLAIN_PORT
        connection.sock = self._socket
        self._connection = connection


class _TimedSocket:
    """What http.client needs of a socket, every step of it within the time of the attempt."""

    def __init__(self, plain: socket.socket, ends_s: float) -> None:
        self._plain = plain
        self.ends_s = ends_s

    def sendall(self, data: bytes) -> None:
        """Sends all of it."""
        self._plain.settimeout(_left(self.ends_s))
        self._plain.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """The answers as a file."""
        return io.BufferedReader(_Incoming(self), _CHUNK)

    def receive(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        """Some bytes; 0 at the end."""
        self._plain.settimeout(_left(self.ends_s))
        return self._plain.recv_into(buffer)

    def is_over(self) -> bool:
        """True when the server closed it, or sent what nobody asked for."""
        poll = select.poll()
        poll.register(self._plain, select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Called by http.client before the last answer was read: `end` is what ends it."""

    def end(self) -> None:
        """Ends the connection."""
        self._plain.close()


class _Incoming(io.RawIOBase):
    def __init__(self, timed: _TimedSocket) -> None:
        super().__init__()
        self._timed = timed
        self.is_over = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        received = self._timed.receive(buffer)
        self.is_over = not received
        return received


def _left(ends_s: float) -> float:
    left_s = ends_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _connected(host: str, port: int, ends_s: float) -> socket.socket:
    """Tries one address of the host after the other, all of them within the attempt."""
    failure: OSError | None = None
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(str(error)) from None
    for family, kind, protocol, _, address in rows:
        tried = socket.socket(family, kind, protocol)
        try:
            tried.settimeout(_left(ends_s))
            tried.connect(address)
        except OSError as error:
            failure = error
            tried.close()
        else:
            return tried
    raise failure or OSError(f"{host} has no address")


def _network_error(error: Exception, request: HttpRequest) -> errors.SequenceError:
    if isinstance(error, TimeoutError):
        return errors.TimeoutError(f"network: no answer within {request.timeout:g} s")
    found = str(error)
    if type(error) in {http.client.BadStatusLine, http.client.UnknownProtocol}:
        found = f"this is no answer of HTTP/1.1: {found.strip()[:_SHOWN]!r}"
    return errors.NetworkError(f"network: {found or type(error).__name__}")
