"""The HTTP application: one pipeline of checks in front of every handler.

The order of the checks is part of the contract: sizes, route and method, key, rate, class 501,
permission, body and query, then the handler. Nothing before the handler changes any state.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sequence import _core
from sequence.errors import SequenceError
from sequence.sandbox.call import SETTLE_S, Call, Handler, Pending
from sequence.sandbox.faults import Strike, Submitted
from sequence.sandbox.handlers import Replay
from sequence.sandbox.keys import Principal
from sequence.sandbox.refuse import refused
from sequence.sandbox.runtime import Runtime
from sequence.sandbox.tabs import is_tab
from sequence.server import request as reading
from sequence.server.asgi import Receive, Scope, Send
from sequence.server.backlog import Backlog
from sequence.server.endpoint import Endpoint, RefusedError, build_router
from sequence.server.envelope import Header, error_body, request_id, too_busy
from sequence.server.heads import Asked, head_of
from sequence.server.limits import Limits
from sequence.server.rate_limit import ClientBuckets, FailureThrottle
from sequence.server.router import NO_PARAMS
from sequence.server.seen import Seen
from sequence.server.sending import CLOSE, Answer, answered_at_once, send_answer, suffer
from sequence.server.sse import HEADERS as SSE_HEADERS
from sequence.server.sse import EventStream
from sequence.server.watchers import Watchers
from sequence.server.whole import as_task
from sequence.store import StoreError, crash_point
from sequence.store.writer import Writer

if TYPE_CHECKING:
    from sequence.server.known import Known

logger = logging.getLogger("sequence.server")

_LIVE: Final = b'{"status":"live"}'
_REPLAYED: Final[tuple[Header, ...]] = ((b"idempotent-replayed", b"true"),)
_RETRY: Final[Header] = (b"retry-after", b"1")
_CHALLENGE: Final[Header] = (b"www-authenticate", b"Bearer")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
_FAULTS: Final = b"/v1/sandbox/faults"
_LOAD: Final = b"/v1/sandbox/snapshot/load"
_TRY_LATER: Final = frozenset({429, 503})
_MAX_KNOWN_HOSTS: Final = 64
_DISK_THREADS: Final = 2
_SAMPLE_S: Final = 1.0
_VERSIONS: Final = ("1.1", "1.0")
_NO_STATE: Final[dict[str, Any]] = {}


class App:
    """The sandbox as an ASGI application.

    The order path is this class alone, without a framework's request and response objects: they
    would double the time a request takes.
    """

    def __init__(
        self, runtime: Runtime, limits: Limits | None = None, *, loopback_only: bool = True
    ) -> None:
        self.limits: Final = limits or Limits()
        size = self.limits.snapshot_bytes
        self._of_load: Final = replace(self.limits, body_bytes=size, json_string_bytes=size)
        self.draining = False
        self.backlog: Final = Backlog(self.limits.queue_delay_s)
        self._runtime = runtime
        self._router = build_router()
        self._loopback_only = loopback_only
        self._known_hosts: set[bytes] = set()
        self._disk = ThreadPoolExecutor(_DISK_THREADS, "sequence-disk")
        self._nobody = Principal(runtime.local, "sandbox", "", is_admin=False)
        self._buckets = ClientBuckets()
        self._throttle = FailureThrottle(self.limits.auth_failures_per_minute)
        self.watchers: Final = Watchers(runtime, self.limits)
        # Readers that come back want what happened while they were away.
        runtime.hub.listen()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one HTTP request."""
        if scope["type"] != "http":
            raise RuntimeError(f"only HTTP is served here, not {scope['type']}")
        head = head_of(scope)
        named: dict[bytes, bytes] = dict(scope["headers"]) if head is None else head.named
        id_ = request_id(named.get(b"x-request-id"))
        status, seen = 200, Seen()
        try:
            answer = await self._answer(scope, receive, named, seen)
            if isinstance(answer, EventStream):
                await answer.run(receive, send, [*SSE_HEADERS, (b"x-request-id", id_.encode())])
                return
            body, extra = answer
        except reading.ClientGoneError:
            return
        except RefusedError as refusal:
            status, extra = refusal.error.status, refusal.headers
            body = error_body(refusal.error, id_)
        except SequenceError as error:
            status, body = error.status, error_body(error, id_)
            extra = (_retry_after(1),) if status in _TRY_LATER else ()
        except (Exception, _core.Panic):
            # After a panic of the core the runtime has asked the server to end.
            logger.exception("unhandled error, request %s", id_)
            status, extra = 500, ()
            body = error_body(refused("INTERNAL_ERROR", "internal error"), id_)
        seen.keep(self._runtime, scope, named, status, id_, body)
        crash_point("before_answer")
        if not answered_at_once(scope, status, id_, (body, extra)):
            await send_answer(scope, receive, send, status, id_, (body, extra))
        crash_point("after_answer")

    async def sample(self) -> None:
        """Remembers values and prices once a second, until the server ends or the sandbox does."""
        while True:
            try:
                with self._runtime.turn():
                    self._runtime.history.sample()
            except (SequenceError, _core.Panic):
                # Closed, or broken: both are told where they happen.
                return
            await asyncio.sleep(_SAMPLE_S)

    async def _answer(
        self, scope: Scope, receive: Receive, named: dict[bytes, bytes], seen: Seen
    ) -> "Answer | EventStream":
        endpoint, path, principal, sizes, _ = self._admit(scope, named, seen)
        if principal is None:
            return await self._for_anybody(endpoint, scope, receive, named)
        raw_path: bytes = scope["raw_path"]
        query_string: bytes = scope["query_string"]
        handler = endpoint.handler
        if endpoint.feed is not None:
            filters = reading.read_query(query_string)
            await as_task()
            resume = named.get(b"last-event-id")
            return EventStream(self.watchers, principal, endpoint.feed, filters, resume)
        if handler is None:
            raise endpoint.not_offered(path)
        endpoint.check_permission(principal)
        body: Any = None
        if endpoint.reads_body:
            seen.body = await self._body(scope, receive, named, sizes)
            body = endpoint.read_body(seen.body, sizes)
        query = endpoint.read_query(query_string)
        strike = self._strike(principal, raw_path, body if endpoint.submits else None)
        call = Call(self._runtime, principal, path, query, body, form="text")
        write = scope["method"] != "GET"
        answer = self._read_stored if endpoint.reads_store else self._run
        response = await answer(handler, call, write=write)
        if type(response) is Pending:
            response = await self._settled(response, call)
        if strike is not None:
            await suffer(strike, scope)
        if type(response) is Replay:
            return response.response.to_json(), endpoint.headers + _REPLAYED
        return response.to_json(), endpoint.headers

    def _admit(self, scope: Scope, named: dict[bytes, bytes], seen: Seen) -> Asked:
        """Every check of a head, in the order of the contract; a known one meets those of now."""
        head, generation = head_of(scope), self._runtime.keys.generation
        asked = None if head is None else head.asked
        if asked is not None and asked.principal is not None and asked.generation == generation:
            self._check_delay(scope)
            seen.principal = asked.principal
            self._check_rate(asked.principal)
            return asked
        asked = self._judge(scope, named, seen)
        if head is not None and self._lasts(scope, asked.principal):
            head.asked = asked
        return asked

    def _judge(self, scope: Scope, named: dict[bytes, bytes], seen: Seen) -> Asked:
        headers: reading.Headers = scope["headers"]
        raw_path: bytes = scope["raw_path"]
        generation = self._runtime.keys.generation
        reading.check_sizes(len(raw_path) + len(scope["query_string"]) + 1, headers, self.limits)
        sizes = self._of_load if raw_path == _LOAD else self.limits
        reading.check_body_headers(named, sizes)
        if scope["http_version"] not in _VERSIONS or not reading.check_framing(headers, named):
            raise RefusedError(refused("BAD_REQUEST", "malformed HTTP request"), CLOSE)
        has_repeats = len(named) != len(headers)
        if self._loopback_only:
            self._check_host(
                scope, named, repeated=has_repeats and reading.has_repeated(headers, b"host")
            )
        endpoint, path = self._route(raw_path, scope["method"])
        self._check_delay(scope)
        if endpoint.auth == "none":
            return Asked(endpoint, path, None, sizes, generation)
        if has_repeats and reading.has_repeated(headers, b"authorization"):
            raise refused("BAD_REQUEST", "more than one Authorization header")
        principal = self._authenticate(scope, named.get(b"authorization"))
        seen.principal = principal
        self._check_rate(principal)
        return Asked(endpoint, path, principal, sizes, generation)

    def _lasts(self, scope: Scope, principal: Principal | None) -> bool:
        """Whether a caller is the same for as long as no key changes: a tab ends by itself."""
        is_free = not self._is_throttled(scope)
        return is_free and principal is not None and principal.tab is None

    def _is_throttled(self, scope: Scope) -> bool:
        """Whether bad keys from there are counted."""
        return self.limits.throttle_loopback or _address(scope) not in _LOOPBACK

    def _strike(
        self, principal: Principal, raw_path: bytes, submitted: Submitted | None
    ) -> Strike | None:
        """What a fault does to this request; the way to end a fault is free of them."""
        if raw_path.startswith(_FAULTS):
            return None
        runtime = self._runtime
        with runtime.lock:
            strike = runtime.faults.strike(principal.client, submitted)
        if strike is not None and strike.refusal is not None:
            raise strike.refusal
        return strike

    async def _settled(self, first: Pending, call: Call[Any, Any]) -> Any:  # noqa: ANN401
        """Waits while a simulated delay holds the answer back, and answers the present then."""
        ends_s = time.monotonic() + SETTLE_S
        response: Any = first
        while type(response) is Pending:
            if self.draining or time.monotonic() >= ends_s:
                if response.response is None:
                    raise refused("SERVICE_UNAVAILABLE", "this server ends: nothing was done")
                return response.response
            await asyncio.sleep(response.pause_s)
            response = await self._run(response.again, call, write=response.writes)
        return response

    async def _run(self, handler: Handler, call: Call[Any, Any], *, write: bool) -> Any:  # noqa: ANN401 - see Handler
        """The answer of a handler, once everything it rests on is durable."""
        keeper = self._runtime.keeper
        if keeper is None:
            return self._runtime.run(handler, call)
        if write and keeper.writer.is_full:
            raise RefusedError(refused("SERVICE_UNAVAILABLE", "too many commands wait"), _RETRY)
        try:
            return self._runtime.apply(handler, call, write=write)
        except _core.Panic:
            write = False  # The answer is not about the store.
            raise
        finally:
            await self._durable(keeper.writer, write=write)

    async def _read_stored(self, handler: Handler, call: Call[Any, Any], *, write: bool) -> Any:  # noqa: ANN401 - see Handler
        """The answer of a handler that may wait for the disk: others are served meanwhile."""
        loop = asyncio.get_running_loop()
        keeper = self._runtime.keeper
        if not self._runtime.has_archive:
            return await self._run(handler, call, write=write)
        try:
            return await loop.run_in_executor(self._disk, self._runtime.read_stored, handler, call)
        finally:
            if keeper is not None:
                await self._durable(keeper.writer, write=False)

    async def _durable(self, writer: Writer, *, write: bool) -> None:
        try:
            await writer.settled()
        except StoreError as error:
            if write:
                text = "not stored: send it again with the same graph_id once the server is back"
                raise RefusedError(refused("SERVICE_UNAVAILABLE", text), _RETRY) from error
        with self._runtime.lock:
            self._runtime.publish()

    def admit_socket(self, scope: Scope, url: bytes) -> Principal:
        """Who may open a stream with this upgrade request: the checks of every other request.

        Raises:
            sequence.errors.SequenceError: What it is answered with instead.
        """
        headers: reading.Headers = scope["headers"]
        named = dict(headers)
        reading.check_sizes(len(url), headers, self.limits)
        if scope["http_version"] != "1.1":
            raise refused("BAD_REQUEST", "malformed HTTP request")
        if self._loopback_only:
            self._check_host(scope, named, repeated=reading.has_repeated(headers, b"host"))
        if scope["method"] != "GET":
            raise RefusedError(
                refused("METHOD_NOT_ALLOWED", "allowed here: GET"), (b"allow", b"GET")
            )
        if reading.has_repeated(headers, b"authorization"):
            raise refused("BAD_REQUEST", "more than one Authorization header")
        principal = self._authenticate(scope, named.get(b"authorization"), url.partition(b"?")[2])
        self._check_rate(principal)
        if not self._is_welcome(named.get(b"origin"), named.get(b"host")):
            # Any web page could open a socket to this machine; pages are listed, or stay out.
            raise refused("FORBIDDEN", "web pages may not open streams here")
        if self.draining:
            raise refused("SERVICE_UNAVAILABLE", "the server is shutting down")
        self.watchers.check_room(principal)
        return principal

    def _is_welcome(self, origin: bytes | None, host: bytes | None) -> bool:
        """True without an Origin, for the page of this server itself, and for listed pages."""
        if origin is None or origin.decode("latin-1") in self.limits.socket_origins:
            return True
        return host is not None and origin in (b"http://" + host, b"https://" + host)

    def _holder(self, secret: bytes) -> Principal | None:
        if not is_tab(secret):
            return self._runtime.keys.find(secret)
        with self._runtime.lock:
            return self._runtime.tabs.find(secret)

    def _ticket_holder(self, query_string: bytes) -> Principal | None:
        ticket = reading.read_query(query_string).get("ticket")
        if ticket is None:
            return None
        with self._runtime.lock:
            return self._runtime.tickets.consume(ticket)

    async def _body(
        self, scope: Scope, receive: Receive, named: dict[bytes, bytes], sizes: Limits
    ) -> bytes:
        if self.draining:
            raise refused("SERVICE_UNAVAILABLE", "the server is shutting down")
        length = named.get(b"content-length")
        if length == b"0" or (length is None and b"transfer-encoding" not in named):
            return b""
        whole: bytes | None = scope.get("state", _NO_STATE).get("body")
        if whole is not None and len(whole) <= sizes.body_bytes:
            return whole
        return await reading.read_body(receive, sizes)

    async def _for_anybody(
        self, endpoint: Endpoint, scope: Scope, receive: Receive, named: dict[bytes, bytes]
    ) -> Answer:
        """What needs no key: liveness, fixed pages, and the token for a ticket of the page."""
        if endpoint.page is not None or not endpoint.reads_body or endpoint.handler is None:
            return endpoint.page or (_LIVE, ())
        raw = await self._body(scope, receive, named, self.limits)
        body: Any = endpoint.read_body(raw, self.limits)
        runtime = self._runtime
        with runtime.lock:
            token: Any = endpoint.handler(Call(runtime, self._nobody, NO_PARAMS, None, body))
        return token.to_json(), ()

    def _check_delay(self, scope: Scope) -> None:
        """Refuses a command that waited too long, if more of them come than can be done."""
        arrived_s = scope.get("state", {}).get("arrived_s")
        if arrived_s is None or scope["method"] == "GET":
            return
        if self.backlog.refuses(arrived_s, time.monotonic()):
            raise RefusedError(too_busy(), _RETRY)

    def _check_host(self, scope: Scope, named: dict[bytes, bytes], *, repeated: bool) -> None:
        host = named.get(b"host")
        if repeated:
            raise refused("BAD_REQUEST", "more than one Host header")
        authority = scope.get("state", _NO_STATE).get("authority")
        path: bytes = scope.get("raw_path", b"/")
        if authority is None and not path.startswith(b"/"):
            authority = reading.authority_of(path)
        if authority is not None and not reading.is_loopback_name(authority):
            raise refused("BAD_REQUEST", "this server answers to localhost only: not to that URL")
        if host in self._known_hosts:
            return
        if host is None:
            # A browser always names the host, and only browsers can be misled.
            if scope["http_version"] == "1.0":
                return
            raise refused("BAD_REQUEST", "the Host header is missing")
        if not reading.is_loopback_name(host):
            text = "this server answers to localhost only: the Host header names another host"
            raise refused("BAD_REQUEST", text)
        if len(self._known_hosts) < _MAX_KNOWN_HOSTS:
            self._known_hosts.add(host)

    def _route(self, raw_path: bytes, method: str) -> tuple[Endpoint, Mapping[str, str]]:
        found = self._router.find(raw_path)
        if found is None:
            raise refused("NOT_FOUND", f"no such path{self._router.near(raw_path)}; see /docs")
        resource, path = found
        endpoint = resource.endpoints.get(method)
        if endpoint is None:
            error = refused("METHOD_NOT_ALLOWED", f"allowed here: {resource.allow.decode()}")
            raise RefusedError(error, (b"allow", resource.allow))
        return endpoint, path

    def _authenticate(
        self, scope: Scope, authorization: bytes | None, ticket_query: bytes = b""
    ) -> Principal:
        principal = self._bearer(scope, authorization)
        if authorization is None and ticket_query:
            principal = self._ticket_holder(ticket_query)
        if self._is_throttled(scope):
            self._check_throttle(_address(scope), failed=principal is None)
        if principal is None:
            text = "missing or invalid key: send Authorization: Bearer seq_test_..."
            raise RefusedError(refused("UNAUTHORIZED", text), _CHALLENGE)
        return principal

    def _bearer(self, scope: Scope, authorization: bytes | None) -> Principal | None:
        known: Known | None = scope.get("state", {}).get("known")
        principal = None if known is None else known.find(authorization, self._runtime.keys)
        if principal is not None or authorization is None:
            return principal
        key = reading.bearer_key(authorization)
        principal = None if key is None else self._holder(key)
        # A tab ends by itself: it is looked at every time.
        if principal is not None and principal.tab is None and known is not None:
            known.keep(authorization, self._runtime.keys, principal)
        return principal

    def _check_throttle(self, address: str, *, failed: bool) -> None:
        now_s = time.monotonic()
        wait_s = self._throttle.wait_s(address, now_s)
        if wait_s:
            error = refused("RATE_LIMITED", "too many failed authentications")
            raise RefusedError(error, _retry_after(wait_s))
        if failed:
            self._throttle.record(address, now_s)

    def _check_rate(self, principal: Principal) -> None:
        qps = principal.client.rate_limit_qps
        if qps is None:
            return
        wait_s = self._buckets.take(principal.client.client_id, qps, time.monotonic())
        if wait_s:
            error = refused("RATE_LIMITED", f"more than {qps} requests per second")
            raise RefusedError(error, _retry_after(wait_s))


def _address(scope: Scope) -> str:
    client: tuple[str, int] | None = scope["client"]
    return client[0] if client else ""


def _retry_after(seconds: int) -> Header:
    return b"retry-after", b"%d" % seconds
