"""The protocol of most connections: what came as a whole is answered at once, with one write.

uvicorn would make a task of each request, a timer of each answer, and look through every header of
ours for what must not be in one.
"""

import asyncio
import re
import sys
import time
from typing import TYPE_CHECKING, Any, Final, cast

import httptools
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from sequence.server import whole
from sequence.server.asgi import Scope
from sequence.server.envelope import Header, too_busy
from sequence.server.heads import Heads
from sequence.server.protocol import Guard, Phase, raw_response
from sequence.server.request import authority_of
from sequence.server.sockets import STREAMS

if TYPE_CHECKING:
    from uvicorn._types import HTTPScope

_VERBS: Final = (b"GET ", b"POST", b"PUT ", b"PATC", b"DELE", b"HEAD", b"OPTI", b"CONN", b"TRAC")
"""How a request begins with a verb that the parser has to see as it is."""
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})
_UNKNOWN_VERB: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}(?= [!-~]+ HTTP/1\.[01]\r\n)")


class DirectProtocol(Guard, HttpToolsProtocol):
    """uvicorn's protocol over httptools, with the guard around it."""

    parser: Any
    _phase = Phase.OTHER
    _fed = b""
    _repeats = False
    _reads_chunk = False
    _begun: tuple[RequestResponseCycle, Any] | None = None
    _idle_since_s: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes the connection, and lets its requests be answered with one write."""
        super().connection_made(transport)
        self._heads = Heads()
        self.app_state["answer"] = self._answer

    def phase(self) -> Phase:
        """What the connection is waiting for."""
        return self._phase

    def target_bytes(self) -> int:
        """Length of the request target as far as it has arrived."""
        return len(self.url)

    def _should_upgrade(self) -> bool:
        return self.url.partition(b"?")[0] in STREAMS and super()._should_upgrade()

    def handle_websocket_upgrade(self) -> None:
        # The parser leaves the target to the application in every other case.
        """Opens a stream."""
        self.scope.setdefault("method", "GET")
        self._open_stream(self.url, self.url)

    def _unsupported_upgrade_warning(self) -> None:
        """Goes on after the head of a request whose upgrade is not offered.

        The parser takes what follows for another protocol. Here it is the body and the next
        request, as if no upgrade had been asked for; many clients ask with their first request.
        """
        stopped = sys.exception()
        at = stopped.args[0] if stopped is not None and stopped.args else len(self._fed)
        rest = self._fed[at:]
        framing = [row for row in self.scope["headers"] if _frames_a_body(*row)]
        if framing:
            self._expect_body(framing)
        if rest:
            self.data_received(rest)

    def _expect_body(self, framing: list[Header]) -> None:
        """Has a new parser stand where a body of the present request begins."""
        self.parser, self._repeats = httptools.HttpRequestParser(self), True
        url = self.url
        lines = b"".join([name + b": " + value + b"\r\n" for name, value in framing])
        self.parser.feed_data(b"POST / HTTP/1.1\r\n" + lines + b"\r\n")
        self.url, self.headers, self._repeats = url, [], False
        self.cycle.more_body, self._phase = True, Phase.BODY

    def on_message_begin(self) -> None:
        """A request begins."""
        if self._repeats:
            return
        self._phase = Phase.HEAD
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its head is here."""
        if self._repeats:
            return
        self._phase = Phase.BODY
        # The loop's own time: that of the moment it woke up and found this among the rest.
        self.scope["state"]["arrived_s"] = self.loop.time()
        if self.parser is not None and self.parser.get_method() == b"CONNECT":
            # Its target is no path; the application answers that it knows no such method.
            self.url = b"/v1/health/live"
        elif not self.url.startswith(b"/"):
            self.scope["state"]["authority"] = authority_of(self.url)
        super().on_headers_complete()
        if self.url.partition(b"?")[0] not in STREAMS:
            # What comes after the body is no header of the request: nobody checks it as one.
            self.headers = []

    def on_message_complete(self) -> None:
        """All of it is here."""
        self._phase = Phase.OTHER
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Reads what came; a request that is whole by then is answered before this returns."""
        # This parser calls verbs malformed that it does not know. The application answers what
        # is allowed instead, and for that any verb will do that no path has.
        if self._phase is Phase.OTHER and not data.startswith(_VERBS):
            verb = _UNKNOWN_VERB.match(data)
            data = data if verb is None else b"TRACE" + data[verb.end() :]
        self._fed = data
        if self._reads_chunk:
            # The rest of a piece, behind a head whose upgrade is not offered.
            super().data_received(data)
            return
        is_idle = self._is_idle()
        if is_idle and self._begins_again(data):
            return
        self._reads_chunk = True
        super().data_received(data)
        self._reads_chunk = False
        if self._begun is None:
            return
        (cycle, app), self._begun = self._begun, None
        if cycle.more_body or self.pipeline or self._refused:
            super()._start_asgi_task(cycle, app)
            return
        if is_idle and self._may_come_again(cycle):
            scope = cast("Scope", cycle.scope)
            scope["state"]["head"] = self._heads.keep(data, scope, len(cycle.body))
        self._run(cycle, bytes(cycle.body))

    def _is_idle(self) -> bool:
        """Whether a request can begin with what comes next: nothing is read, asked or refused."""
        is_answered = self.cycle is None or self.cycle.response_complete
        return is_answered and self._phase is Phase.OTHER and not (self.pipeline or self._refused)

    def _may_come_again(self, cycle: RequestResponseCycle) -> bool:
        """Whether the same head means the same next time."""
        scope = cast("Scope", cycle.scope)
        is_plain = cycle.keep_alive and not cycle.waiting_for_100_continue
        is_own = "authority" not in scope["state"] and scope["method"] != "CONNECT"
        return is_plain and is_own and all(name != b"upgrade" for name, _ in scope["headers"])

    def _begins_again(self, data: bytes) -> bool:
        """Begins a request whose head came before, as the parser would."""
        found = self._heads.find(data)
        if found is None:
            return False
        head, body = found
        self._unset_keepalive_if_required()
        state = self.app_state | {"arrived_s": self.loop.time(), "head": head}
        self.scope = cast("HTTPScope", head.scope | {"state": state})
        self.cycle = cycle = RequestResponseCycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=True,
            on_response=self.on_response_complete,
        )
        cycle.body += body
        cycle.more_body = False
        cycle.message_event.set()
        self._run(cycle, body)
        return True

    def _run(self, cycle: RequestResponseCycle, body: bytes) -> None:
        cast("Scope", cycle.scope)["state"]["body"] = body
        whole.run(cycle.run_asgi(cast("Any", self).app), self._start_task, self.tasks)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # noqa: ANN401
        if self._reads_chunk:
            # How it runs is known when all of what came with it has been read.
            self._begun = cycle, app
        else:
            super()._start_asgi_task(cycle, app)

    def _start_task(self, rest: whole.Running) -> None:
        task = self.loop.create_task(rest)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _answer(self, scope: Scope, status: int, lines: bytes, body: bytes) -> bool:
        """Writes a whole answer at once; False where it has to be sent the long way.

        Args:
            scope: The request that it answers.
            status: Its status.
            lines: Its header lines, each with its end, without `connection`.
            body: Its body.
        """
        cycle = self.cycle
        # Behind a request with others behind it the newest is not the one that is answered.
        if cycle.scope is not scope or cycle.response_started or cycle.disconnected:
            return False
        if self.flow.write_paused or scope["method"] == "HEAD":
            return False
        cycle.response_started = cycle.response_complete = True
        parts = [STATUS_LINE[status]]
        for name, value in self.server_state.default_headers:
            parts += [name, b": ", value, b"\r\n"]
        parts += [lines, b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n", body]
        self.transport.write(b"".join(parts))
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()
        return True

    def on_response_complete(self) -> None:
        """Goes on with the request behind it, or waits for the next."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self._shed()
        self.flow.resume_reading()
        if self.pipeline:
            super()._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since_s = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_when_idle(self.timeout_keep_alive)

    def _look_when_idle(self, seconds: float) -> None:
        handle = self.loop.call_later(seconds, self.timeout_keep_alive_handler)
        self.timeout_keep_alive_task = handle

    def _unset_keepalive_if_required(self) -> None:
        # The timer stays: a timer for each answer would cost more than looking once in a while.
        self._idle_since_s = None

    def timeout_keep_alive_handler(self) -> None:
        """Ends a connection that has been idle for too long."""
        self.timeout_keep_alive_task = None
        if self._idle_since_s is None or self.transport.is_closing():
            return
        left_s = self._idle_since_s + self.timeout_keep_alive - self.loop.time()
        if left_s > 0:
            self._look_when_idle(left_s)
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Lets go of what a connection holds."""
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def _shed(self) -> None:
        """Answers commands that waited too long behind others of this connection.

        Here and not in the application: what is refused must cost next to nothing, or
        refusing would be all that the server does.
        """
        backlog, now_s = self.app_of_streams.backlog, time.monotonic()
        while self.pipeline and backlog.stands(now_s):
            cycle, _ = self.pipeline[-1]
            is_whole = cycle.keep_alive and not cycle.more_body
            is_read = cycle.scope["method"] == "GET"
            if (
                is_read
                or not is_whole
                or not backlog.is_late(_arrived_s(cycle.scope, now_s), now_s)
            ):
                return
            self.pipeline.pop()
            self.transport.write(raw_response(too_busy(), close=False))
            cycle.response_started = cycle.response_complete = True


def _frames_a_body(name: bytes, value: bytes) -> bool:
    return name in _FRAMING and bool(value.strip(b" \t0"))


def _arrived_s(scope: "HTTPScope", otherwise_s: float) -> float:
    arrived_s: float = scope.get("state", {}).get("arrived_s", otherwise_s)
    return arrived_s
