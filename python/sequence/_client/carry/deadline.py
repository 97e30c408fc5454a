"""One deadline for all that happens on a connection during one attempt, for the blocking client.

httpx gives every single read its whole timeout, so an answer that drips a byte at a time could
hold a call for hours. These wrappers stand between httpcore and the sockets and give each step
what is left. asyncio needs none of this: there one timer cancels the attempt.
"""

import socket
import threading
import time
from collections.abc import Iterable
from ssl import SSLContext
from typing import Any, Final

import httpcore

_PIECE: Final = 64 * 1024
"""A peer may take a body byte by byte, too; each piece is looked at."""


class Deadline(threading.local):
    """When the attempt that runs in this thread must be over."""

    ends_s: float | None = None

    def left_s(self, timeout: float | None, error: type[httpcore.TimeoutException]) -> float | None:
        """Seconds for the next step.

        Raises:
            httpcore.TimeoutException: There are none.
        """
        if self.ends_s is None:
            return timeout
        left_s = self.ends_s - time.monotonic()
        if left_s <= 0:
            raise error
        return left_s if timeout is None else min(left_s, timeout)


class TimedBackend(httpcore.NetworkBackend):
    """Opens connections that keep to a deadline."""

    def __init__(self, inner: httpcore.NetworkBackend, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Tries one address of the host after the other, all of them within the deadline."""
        failure: httpcore.NetworkError | httpcore.TimeoutException | None = None
        options = None if socket_options is None else list(socket_options)
        for address in _addresses(host, port):
            left_s = self._deadline.left_s(timeout, httpcore.ConnectTimeout)
            try:
                stream = self._inner.connect_tcp(address, port, left_s, local_address, options)
            except (httpcore.NetworkError, httpcore.TimeoutException) as error:
                failure = error
            else:
                return TimedStream(stream, self._deadline)
        raise failure or httpcore.ConnectError(f"{host} has no address")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """A socket of this machine."""
        left_s = self._deadline.left_s(timeout, httpcore.ConnectTimeout)
        stream = self._inner.connect_unix_socket(path, left_s, socket_options)
        return TimedStream(stream, self._deadline)

    def sleep(self, seconds: float) -> None:
        """Between two attempts of the pool itself; it makes none."""
        self._inner.sleep(seconds)


class TimedStream(httpcore.NetworkStream):
    """A connection whose every step ends with the attempt."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes."""
        return self._inner.read(max_bytes, self._deadline.left_s(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All bytes."""
        for start in range(0, len(buffer), _PIECE):
            left_s = self._deadline.left_s(timeout, httpcore.WriteTimeout)
            self._inner.write(buffer[start : start + _PIECE], left_s)

    def close(self) -> None:
        """Ends the connection."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """The same connection, encrypted."""
        left_s = self._deadline.left_s(timeout, httpcore.ConnectTimeout)
        stream = self._inner.start_tls(ssl_context, server_hostname, left_s)
        return TimedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as the library has it
        """What the connection knows of itself."""
        return self._inner.get_extra_info(info)


def _addresses(host: str, port: int) -> list[str]:
    """The addresses of a host in the order of the system, each once."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from None
    return list(dict.fromkeys(str(row[4][0]) for row in found))
