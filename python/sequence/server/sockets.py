"""`WS /v1/stream` and two sockets of event markets: between the transport and its session.

The frames themselves are read by `websockets`, without any of its extensions; sending needs no
more than a header, made once for all sockets that get the same message.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from websockets.exceptions import ConnectionClosed, InvalidState, ProtocolError
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from sequence.errors import SequenceError
from sequence.sandbox.keys import Principal
from sequence.sandbox.refuse import refused
from sequence.sandbox.stream import Session, SessionLimits, StreamEndError
from sequence.sandbox.stream.topic import EventTopic
from sequence.server.limits import Limits
from sequence.server.outbound import Outbound

if TYPE_CHECKING:
    from sequence.server.watchers import Watchers

_CLOSE_S: Final = 2.0
_STUCK: Final = 1013
_POLICY: Final = 1008
_GOING_AWAY: Final = 1001
_WRITE_HIGH: Final = 64 * 1024


STREAMS: Final[dict[bytes, EventTopic | None]] = {
    b"/v1/stream": None,
    b"/v1/ws/new_markets": EventTopic("", "new_markets"),
    b"/v1/ws/market_resolved": EventTopic("", "market_resolved"),
}
"""Paths of sockets, and what those without subscriptions tell, each event bare."""


def handshake(request: bytes, limits: Limits) -> tuple[ServerProtocol, bytes]:
    """Checks an upgrade request; the protocol after it and the bytes of the answer.

    Raises:
        sequence.errors.SequenceError: It is no WebSocket handshake of version 13.
    """
    protocol = ServerProtocol(max_size=limits.socket_message_bytes)
    protocol.receive_data(request)
    events = protocol.events_received()
    if not events or not isinstance(events[0], Request):
        raise refused("BAD_REQUEST", "malformed WebSocket handshake")
    response = protocol.accept(events[0])
    if response.status_code == 101:  # noqa: PLR2004 - switching protocols
        protocol.send_response(response)
        return protocol, b"".join(protocol.data_to_send())
    versions = events[0].headers.get_all("Sec-WebSocket-Version")
    if versions and versions != ["13"]:
        raise refused("UPGRADE_REQUIRED", "this server speaks WebSocket version 13")
    raise refused("BAD_REQUEST", "malformed WebSocket handshake")


class StreamSocket(asyncio.Protocol):
    """One reader over a socket."""

    def __init__(
        self,
        watchers: "Watchers",
        principal: Principal,
        transport: asyncio.Transport,
        protocol: ServerProtocol,
        on_lost: Callable[["StreamSocket"], None],
        *,
        only: EventTopic | None,
    ) -> None:
        self.principal: Final = principal
        self._watchers: Final = watchers
        self._transport: Final = transport
        self._protocol: Final = protocol
        self._on_lost: Final = on_lost
        self._loop: Final = asyncio.get_running_loop()
        self._limits: Final = watchers.limits
        self._paused_at_s: float | None = None
        self._closing = False
        self._message: list[bytes] = []
        self._is_text = True
        self._fragments = 0
        self._pinged_s = self._ponged_s = time.monotonic()
        self.outbound: Final = Outbound(self._loop, self._limits, self._flush, self.abort)
        transport.set_write_buffer_limits(high=_WRITE_HIGH)
        limits = SessionLimits(
            self._limits.socket_subscriptions,
            self._limits.socket_controls_per_second,
            self._limits.socket_control_burst,
            self._limits.socket_errors,
        )
        self._session: Final = Session(watchers.runtime, principal, self.outbound, limits)
        self._only: Final = only
        if only is not None:
            with watchers.runtime.turn():
                watchers.runtime.hub.begin_events(self._session, only)

    # What the transport calls.

    def data_received(self, data: bytes) -> None:
        """Bytes of the reader."""
        if self._closing:
            # Only the other side's close frame matters now.
            self._protocol.receive_data(data)
            self._protocol.events_received()
            self._write_pending()
            return
        self._protocol.receive_data(data)
        try:
            for event in self._protocol.events_received():
                self._frame(cast("Frame", event))
        except StreamEndError as end:
            self.close(end.code, end.reason)
        self._write_pending()

    def eof_received(self) -> bool:
        """The reader sends no more."""
        self._protocol.receive_eof()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        del exc
        self._closing = True
        self.outbound.drop()
        with self._watchers.runtime.lock:
            self._session.close()
        self._watchers.remove(self)
        self._on_lost(self)

    def pause_writing(self) -> None:
        """The transport holds as much as it should."""
        self._paused_at_s = time.monotonic()

    def resume_writing(self) -> None:
        """The transport takes more again."""
        self._paused_at_s = None
        self._flush()

    def shutdown(self) -> None:
        """The server stops."""
        self.close(_GOING_AWAY, "the server is shutting down")

    # What the watchers call.

    def check(self, now_s: float) -> None:
        """Looks after a socket now and then: slow readers, keys that ended, silence."""
        if self._closing:
            return
        if self._is_stuck(now_s):
            self.close(_STUCK, "the reader is too slow")
        elif now_s - self._ponged_s > self._limits.socket_pong_s:
            self.close(_POLICY, "no pong came back")
        elif now_s - self._pinged_s >= self._limits.socket_ping_s:
            self._pinged_s = now_s
            self._protocol.send_ping(b"")
            self._write_pending()

    def close(self, code: int, reason: str) -> None:
        """Says why and ends; what was not sent yet is dropped."""
        if self._closing:
            return
        self._closing = True
        self.outbound.drop()
        with self._watchers.runtime.lock:
            self._session.close()
        if self._protocol.state is State.OPEN:
            self._protocol.fail(code, reason)
        self._write_pending()
        # A reader that stopped reading would hold the socket open for ever.
        self._loop.call_later(_CLOSE_S, self._transport.abort)

    def abort(self) -> None:
        """Ends without a word, as a network does."""
        self._closing = True
        self._transport.abort()

    def _frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.PONG:
            self._ponged_s = time.monotonic()
            self._session.count_control()
        elif frame.opcode is Opcode.PING:
            self._session.count_control()
        elif frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._data(frame)

    def _data(self, frame: Frame) -> None:
        if frame.opcode is not Opcode.CONT:
            self._message, self._fragments = [], 0
        self._message.append(bytes(frame.data))
        self._fragments += 1
        if self._fragments > self._limits.socket_fragments:
            raise StreamEndError(CloseCode.MESSAGE_TOO_BIG, "too many fragments")
        if not frame.fin:
            return
        text, self._message = b"".join(self._message), []
        if self._only is not None:
            # There is nothing to ask for here.
            self._session.count_control()
            return
        try:
            text.decode()
        except UnicodeDecodeError:
            raise StreamEndError(CloseCode.INVALID_DATA, "not UTF-8") from None
        try:
            with self._watchers.runtime.turn():
                self._session.receive(text)
        except SequenceError as error:
            raise StreamEndError(CloseCode.INTERNAL_ERROR, error.message) from None

    def _flush(self) -> None:
        self.outbound.begin_flush()
        while not self._closing and self._paused_at_s is None:
            data = self.outbound.take()
            if data:
                self._transport.write(data)
            if self.outbound.is_empty and not self._refill():
                return
        if not self._closing and self._is_stuck(time.monotonic()):
            self.close(_STUCK, "the reader is too slow")

    def _is_stuck(self, now_s: float) -> bool:
        paused_s = 0.0 if self._paused_at_s is None else now_s - self._paused_at_s
        return self.outbound.is_stuck(self._transport.get_write_buffer_size(), paused_s, now_s)

    def _refill(self) -> bool:
        """Continues a replay; True when that made something to send."""
        if not self._session.is_replaying:
            return False
        try:
            with self._watchers.runtime.lock:
                self._session.refill()
        except StreamEndError as end:
            self.close(end.code, end.reason)
        return not self.outbound.is_empty

    def _write_pending(self) -> None:
        """Sends pongs and close frames, and ends the connection when the protocol says so."""
        if self._transport.is_closing():
            return
        with contextlib.suppress(ConnectionClosed, InvalidState, ProtocolError):
            for data in self._protocol.data_to_send():
                if data:
                    self._transport.write(data)
                else:
                    self._transport.close()
                    return
        if self._protocol.state is State.CLOSING and not self._closing:
            # The other side broke the protocol, or says goodbye.
            self._closing = True
            self.outbound.drop()
            self._loop.call_later(_CLOSE_S, self._transport.abort)
