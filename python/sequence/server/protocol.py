"""What the HTTP parser must not be left alone with: slow senders, endless heads, too many sockets.

uvicorn waits for ever for the rest of a request and answers malformed ones in plain text. The two
protocol classes here put a deadline on each phase of a request and speak the error envelope.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from sequence.errors import SequenceError
from sequence.sandbox.refuse import refused
from sequence.server.endpoint import RefusedError
from sequence.server.envelope import JSON_HEADERS, Header, error_body, request_id
from sequence.server.known import Known
from sequence.server.limits import Limits
from sequence.server.sockets import STREAMS, StreamSocket, handshake

if TYPE_CHECKING:
    from sequence.server.app import App

_LINGER_S: Final = 1.0
_TRY_LATER: Final = frozenset({429, 503})


class Phase(Enum):
    """What the connection is waiting for."""

    HEAD = auto()
    BODY = auto()
    OTHER = auto()


def raw_response(
    error: SequenceError,
    headers: tuple[Header, ...] = (),
    *,
    given_id: bytes | None = None,
    close: bool = True,
) -> bytes:
    """A whole HTTP/1.1 answer, for the cases that never reach the application."""
    id_ = request_id(given_id)
    body = error_body(error, id_)
    lines = [b"HTTP/1.1 %d %s" % (error.status, (error.code or "").encode("ascii"))]
    lines += [name + b": " + value for name, value in (*JSON_HEADERS, *headers)]
    lines.append(b"content-length: %d" % len(body))
    lines.append(b"x-request-id: " + id_.encode("ascii"))
    if close:
        lines.append(b"connection: close")
    if error.status in _TRY_LATER:
        lines.append(b"retry-after: 1")
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


class Connections:
    """Open connections of one server, in total and per address."""

    def __init__(self) -> None:
        self.total = 0
        self.per_address: Counter[str] = Counter()

    def add(self, address: str) -> None:
        """Counts one more."""
        self.total += 1
        self.per_address[address] += 1

    def remove(self, address: str) -> None:
        """Counts one less."""
        self.total -= 1
        self.per_address[address] -= 1
        if not self.per_address[address]:
            del self.per_address[address]


class Guard:
    """Deadlines and refusals, mixed into one of uvicorn's protocol classes."""

    limits: ClassVar[Limits]
    open: ClassVar[Connections]
    app_of_streams: ClassVar["App"]

    # Provided by the protocol class this is mixed into.
    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    app_state: dict[str, Any]
    connections: set[Any]
    scope: Any
    url: bytes
    client: tuple[str, int] | None
    cycle: Any

    _timer: asyncio.TimerHandle | None = None
    _timer_phase: Phase = Phase.OTHER
    _head_bytes: int = 0
    _refused: bool = False
    _address: str | None = None

    def phase(self) -> Phase:
        """What the connection is waiting for."""
        raise NotImplementedError

    def target_bytes(self) -> int:
        """Length of the request target as far as it has arrived."""
        raise NotImplementedError

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Every request of this connection gets a copy of it in its scope.
        """Counts the connection, or refuses it where there are too many."""
        held = cast("asyncio.Transport", transport)
        mine = {"abort": held.abort, "transport": held, "known": Known()}
        self.app_state = self.app_state | mine
        cast("Any", super()).connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self.open.add(self._address)
        if (
            self.open.total > self.limits.connections
            or self.open.per_address[self._address] > self.limits.connections_per_address
        ):
            self.refuse(refused("SERVICE_UNAVAILABLE", "too many connections"))
            return
        self._arm(self.limits.idle_timeout_s, Phase.OTHER)

    def connection_lost(self, exc: Exception | None) -> None:
        """Counts it no more."""
        self._disarm()
        if self._address is not None:
            self.open.remove(self._address)
            self._address = None
        cast("Any", super()).connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads what came, and sets the deadline of what is to come next."""
        if self._refused:
            return
        was_head = self.phase() is Phase.HEAD
        cast("Any", super()).data_received(data)
        if self._refused:
            return
        phase = self.phase()
        if phase is Phase.HEAD:
            # The chunk in which a head begins may hold the end of a long body: count from the next.
            self._head_bytes = self._head_bytes + len(data) if was_head else 0
            if self._head_bytes > self.limits.header_bytes + self.limits.url_bytes:
                self.refuse(self._head_too_large())
                return
            if self._timer_phase is not Phase.HEAD:
                self._arm(self.limits.header_timeout_s, Phase.HEAD)
        elif phase is Phase.BODY:
            if self._timer_phase is not Phase.BODY:
                self._arm(self.limits.body_timeout_s, Phase.BODY)
        else:
            self._disarm()

    def send_400_response(self, msg: str) -> None:
        """Answers what is no HTTP in the words of every other error."""
        del msg
        self.refuse(refused("BAD_REQUEST", "malformed HTTP request"))

    def _unsupported_upgrade_warning(self) -> None:
        """Says nothing: the application answers an upgrade it does not offer."""

    def _open_stream(self, url: bytes, target: bytes) -> None:
        """Hands the connection over to a stream, or answers why not."""
        self._disarm()
        app = self.app_of_streams
        request = [b"GET ", target, b" HTTP/1.1\r\n"]
        for name, value in self.scope["headers"]:
            request += [name, b": ", value, b"\r\n"]
        try:
            principal = app.admit_socket(self.scope, url)
            protocol, answer = handshake(b"".join([*request, b"\r\n"]), self.limits)
        except RefusedError as refusal:
            self.refuse(refusal.error, refusal.headers, self._given_id())
            return
        except SequenceError as error:
            self.refuse(error, given_id=self._given_id())
            return
        self.transport.write(answer)
        only = STREAMS[url.partition(b"?")[0]]
        socket = StreamSocket(
            app.watchers, principal, self.transport, protocol, self._hand_over(), only=only
        )
        self.transport.set_protocol(socket)
        # What the server's shutdown tells, and waits for.
        self.connections.discard(self)
        self.connections.add(socket)
        app.watchers.add(socket)

    def _hand_over(self) -> Callable[[StreamSocket], None]:
        """The connection is counted until whoever has it now lets go."""
        address, self._address = self._address, None

        def lost(socket: StreamSocket) -> None:
            self.connections.discard(socket)
            if address is not None:
                self.open.remove(address)

        return lost

    def _given_id(self) -> bytes | None:
        return dict(self.scope["headers"]).get(b"x-request-id")

    def refuse(
        self,
        error: SequenceError,
        headers: tuple[Header, ...] = (),
        given_id: bytes | None = None,
    ) -> None:
        """Answers, tells a waiting application that the client is gone, closes softly."""
        self._refused = True
        self._disarm()
        cycle = self.cycle
        in_flight = None if cycle is None or cycle.response_complete else cycle
        if in_flight is not None and not in_flight.more_body:
            # A whole request came before the bad bytes: its answer is sent, then nothing more.
            in_flight.keep_alive = False
            return
        if in_flight is not None:
            in_flight.disconnected = True
            in_flight.message_event.set()
        if self.transport.is_closing():
            return
        # Trouble in the rest of a request that was answered already deserves no second answer.
        is_answered = cycle is not None and in_flight is None and self.phase() is Phase.BODY
        if not is_answered and (in_flight is None or not in_flight.response_started):
            self.transport.write(raw_response(error, headers, given_id=given_id))
        # Closing with unread input resets the connection and takes the answer with it, so the
        # sender gets a moment to read; what it still sends is dropped.
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._timer = self.loop.call_later(_LINGER_S, self.transport.close)

    def _head_too_large(self) -> SequenceError:
        if self.target_bytes() > self.limits.url_bytes:
            return refused("URI_TOO_LONG", f"URL longer than {self.limits.url_bytes} bytes")
        return refused("HEADERS_TOO_LARGE", f"headers larger than {self.limits.header_bytes} bytes")

    def _arm(self, seconds: float, phase: Phase) -> None:
        self._disarm()
        self._timer_phase = phase
        self._timer = self.loop.call_later(seconds, self._expire, phase)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._timer_phase = Phase.OTHER

    def _expire(self, phase: Phase) -> None:
        self._timer = None
        if phase is Phase.OTHER:
            self.transport.close()
            return
        what = "headers" if phase is Phase.HEAD else "body"
        self.refuse(refused("REQUEST_TIMEOUT", f"the request {what} did not arrive in time"))
