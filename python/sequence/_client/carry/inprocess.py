"""The transport without a wire: handlers are called with the models, no JSON and no socket."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, cast

from sequence._client.carry.wire import WireClosedError
from sequence._operations import SUBMIT_ORDER
from sequence._operations.operation import AnswerT, Operation
from sequence.errors import NetworkError, SequenceError, ValidationError
from sequence.sandbox.call import SETTLE_S, Call, Handler, Pending
from sequence.sandbox.faults import Strike
from sequence.sandbox.handlers import HANDLERS, VERBS, Replay
from sequence.sandbox.keys import Principal
from sequence.sandbox.missing import MISSING
from sequence.sandbox.refuse import missing, refused
from sequence.sandbox.runtime import Runtime
from sequence.sandbox.stream.local import LocalReader
from sequence.sandbox.stream.session import POLICY, StreamEndError
from sequence.types import Query, Request, SubmitResponse


def answer_of(_: Operation[AnswerT], response: object) -> AnswerT:
    """The answer inside of what a handler returned."""
    found = response.response if isinstance(response, Replay | Pending) else response
    return cast("AnswerT", found)


def _name(error: BaseException, graph_id: str | None, response: object) -> None:
    """Writes the id of a submit on what ended it: ctrl-C and cancellation come by here, too."""
    inner = response.response if isinstance(response, Replay | Pending) else response
    if isinstance(inner, SubmitResponse):
        graph_id = inner.graph_id
    if graph_id is not None:
        error.graph_id = graph_id  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


def _missing(operation: Operation[Any], venue: str | None) -> SequenceError:
    """What a server says of a verb that it does not offer."""
    for row in MISSING:
        if (row.method, row.path) == (operation.method, operation.path):
            return missing(row.verb, row.reason, venue=venue or row.venue)
    return missing(VERBS.get(operation.name, operation.name), venue=venue)


def _by_fault(error: SequenceError) -> SequenceError:
    error.by_fault = True
    return error


class Met(NamedTuple):
    """A call that is allowed.

    Attributes:
        principal: Who calls.
        handler: What answers.
        strike: What a fault does to it.
    """

    principal: Principal
    handler: Handler
    strike: Strike | None


_LOOK_S: Final = 0.005


class InProcessTransport:
    """Calls a sandbox of this process; the same checks and errors as over HTTP."""

    def __init__(self, runtime: Runtime, key: str) -> None:
        self._runtime = runtime
        self._key = key.encode("utf-8", errors="replace")
        self._principal: Principal | None = None
        self._generation = -1
        self._queries: dict[str, Query | None] = {}
        self._closed = False

    @property
    def lossy(self) -> bool:
        """False: an answer cannot get lost inside a process."""
        return False

    @property
    def standing_clock(self) -> str:
        """What moves the clock of the sandbox; empty while it moves by itself."""
        return self._runtime.clock.standing

    def send(
        self,
        operation: Operation[AnswerT],
        *,
        path: Mapping[str, str],
        query: Query | None,
        body: Request | None,
        graph_id: str | None,
    ) -> AnswerT:
        """Calls the handler of an operation."""
        response: object = None
        try:
            met = self.meet(operation, path, body)
            call, response = self.begin(operation, met, path, query, body)
            if met.strike is not None and met.strike.delay_ms:
                # As over HTTP, the call had its effect and only the answer is late.
                time.sleep(met.strike.delay_ms / 1000)
            if isinstance(response, Pending):
                ends_s = time.monotonic() + SETTLE_S
                while isinstance(response, Pending) and time.monotonic() < ends_s:
                    time.sleep(response.pause_s)
                    response = self.again(call, response)
            return answer_of(operation, response)
        except BaseException as error:
            _name(error, graph_id, response)
            raise

    def open_stream(self, timeout_s: float) -> "InProcessWire":  # noqa: ARG002 - never waits
        """Opens a stream of the sandbox."""
        return InProcessWire(self.reader())

    def reader(self) -> LocalReader:
        """A reader of the sandbox's streams with the key of this client."""
        if self._closed:
            raise ValidationError("the client is closed")
        return LocalReader(self._runtime, self._authenticate())

    def beside(self, fork_id: str, key: str) -> "InProcessTransport":
        """A transport to a sandbox that this one holds."""
        return InProcessTransport(self.held(fork_id), key)

    def held(self, fork_id: str) -> Runtime:
        """A sandbox that this one holds."""
        client = self._authenticate().client
        with self._runtime.lock:
            return self._runtime.beside.find(fork_id, client, is_admin=False).runtime

    def close(self) -> None:
        """Ends this transport; the sandbox itself stays open."""
        self._closed = True

    def meet(
        self, operation: Operation[AnswerT], path: Mapping[str, str], body: Request | None
    ) -> "Met":
        """Who calls what, as far as that is allowed, and what a fault does to the call."""
        if self._closed:
            raise ValidationError("the client is closed")
        # As over HTTP, the key is looked at on the first request, not at construction.
        principal = self._authenticate()
        handler = HANDLERS.get(operation.name)
        if handler is None:
            raise _missing(operation, path.get("venue"))
        if operation.auth == "test" and not principal.is_sandbox:
            raise refused("FORBIDDEN", "this path needs a seq_test_ key")
        if operation.auth == "admin" and not principal.is_admin:
            raise refused("FORBIDDEN", operation.needs_admin)
        return Met(principal, handler, self._strike(operation, principal, body))

    def begin(
        self,
        operation: Operation[AnswerT],
        met: "Met",
        path: Mapping[str, str],
        query: Query | None,
        body: Request | None,
    ) -> tuple[Call[Any, Any], object]:
        """Calls the handler once; the answer may be one that is still on its way."""
        strike = met.strike
        if strike is not None and strike.refusal is not None:
            raise _by_fault(strike.refusal)
        if query is None and operation.query is not None:
            query = self._default_query(operation)
        if body is None and operation.request is not None:
            body = operation.read_body({})
        call = Call(self._runtime, met.principal, path, query, body, form="late")
        response = self._runtime.run(met.handler, call, write=operation.method != "GET")
        if strike is not None and strike.drop:
            lost = NetworkError("network: a fault of the sandbox dropped the answer")
            _name(lost, None, response)
            raise _by_fault(lost)
        return call, response

    def again(self, call: Call[Any, Any], pending: Pending) -> object:
        """Looks whether an answer has arrived."""
        return self._runtime.run(pending.again, call, write=pending.writes)

    def _strike(
        self, operation: Operation[Any], principal: Principal, body: Request | None
    ) -> Strike | None:
        """What a fault does to this call; free of them are calls about faults and without a key."""
        if operation.name.startswith("sandbox_faults") or operation.auth == "none":
            return None
        submitted = body if operation is SUBMIT_ORDER else None
        with self._runtime.lock:
            return self._runtime.faults.strike(principal.client, submitted)

    def _authenticate(self) -> Principal:
        keys = self._runtime.keys
        # Looked up again only when some key was revoked or rotated since.
        if self._principal is not None and self._generation == keys.generation:
            return self._principal
        self._generation, self._principal = keys.generation, None
        principal = keys.find(self._key)
        if principal is None:
            raise refused("UNAUTHORIZED", "missing or invalid key: use a key of this sandbox")
        self._principal = principal
        return principal

    def _default_query(self, operation: Operation[Any]) -> Query | None:
        if operation.name not in self._queries:
            self._queries[operation.name] = operation.query() if operation.query else None
        return self._queries[operation.name]


class AsyncInProcessTransport:
    """The same for asyncio: a call takes microseconds, so it runs in place."""

    def __init__(self, runtime: Runtime, key: str) -> None:
        self._inner = InProcessTransport(runtime, key)

    @property
    def lossy(self) -> bool:
        """False: an answer cannot get lost inside a process."""
        return False

    @property
    def standing_clock(self) -> str:
        """What moves the clock of the sandbox; empty while it moves by itself."""
        return self._inner.standing_clock

    async def send(
        self,
        operation: Operation[AnswerT],
        *,
        path: Mapping[str, str],
        query: Query | None,
        body: Request | None,
        graph_id: str | None,
    ) -> AnswerT:
        """Calls the handler of an operation."""
        response: object = None
        try:
            met = self._inner.meet(operation, path, body)
            call, response = self._inner.begin(operation, met, path, query, body)
            if met.strike is not None and met.strike.delay_ms:
                # As over HTTP, the call had its effect and only the answer is late.
                await asyncio.sleep(met.strike.delay_ms / 1000)
            ends_s = time.monotonic() + SETTLE_S
            while isinstance(response, Pending) and time.monotonic() < ends_s:
                await asyncio.sleep(response.pause_s)
                response = self._inner.again(call, response)
            return answer_of(operation, response)
        except BaseException as error:
            _name(error, graph_id, response)
            raise

    async def open_stream(
        self,
        timeout_s: float,  # noqa: ARG002 - never waits
    ) -> "AsyncInProcessWire":
        """Opens a stream of the sandbox."""
        return AsyncInProcessWire(self._inner.reader())

    def beside(self, fork_id: str, key: str) -> "AsyncInProcessTransport":
        """A transport to a sandbox that this one holds."""
        return AsyncInProcessTransport(self._inner.held(fork_id), key)

    async def close(self) -> None:
        """Ends this transport; the sandbox itself stays open."""
        self._inner.close()


class InProcessWire:
    """A stream of a sandbox of this process; see `sequence._client.carry.wire.Wire`."""

    def __init__(self, reader: LocalReader) -> None:
        self._reader = reader

    def send(self, text: str) -> None:
        """Sends a message."""
        try:
            self._reader.send(text)
        except (StreamEndError, SequenceError) as error:
            raise WireClosedError(str(error), is_final=True) from None

    def receive(self, timeout_s: float) -> bytes | None:
        """The next message, or None when none came in time."""
        try:
            return self._reader.receive(timeout_s)
        except StreamEndError as end:
            raise WireClosedError(end.reason, is_final=end.code == POLICY) from None
        except SequenceError as error:
            raise WireClosedError(error.message, is_final=True) from None

    def close(self) -> None:
        """Ends the stream."""
        self._reader.close()


class AsyncInProcessWire:
    """The same for asyncio: waiting happens between short looks, never inside one."""

    def __init__(self, reader: LocalReader) -> None:
        self._inner = InProcessWire(reader)

    async def send(self, text: str) -> None:
        """Sends a message."""
        self._inner.send(text)

    async def receive(self, timeout_s: float) -> bytes | None:
        """The next message, or None when none came in time."""
        ends_s = time.monotonic() + timeout_s
        while True:
            found = self._inner.receive(0)
            left_s = ends_s - time.monotonic()
            if found is not None or left_s <= 0:
                return found
            await asyncio.sleep(min(left_s, _LOOK_S))

    async def close(self) -> None:
        """Ends the stream."""
        self._inner.close()
