"""The HTTP application: one pipeline of checks in front of every handler.

The order of the checks is part of the contract: sizes, route and method, key, rate, class 501,
permission, body and query, then the handler. Nothing before the handler changes any state.
"""

import logging
import time
from collections.abc import Mapping
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from sequence.errors import ApiError, api_error
from sequence.sandbox.handlers import Replay
from sequence.sandbox.keys import Principal
from sequence.sandbox.runtime import Runtime
from sequence.server import request as reading
from sequence.server.endpoint import Access, Endpoint, build_router
from sequence.server.envelope import JSON_HEADERS, Header, error_body, request_id
from sequence.server.limits import Limits
from sequence.server.rate_limit import ClientBuckets, FailureThrottle

logger = logging.getLogger("sequence.server")

_NO_HEADERS: Final[tuple[Header, ...]] = ()
_REPLAYED: Final[tuple[Header, ...]] = ((b"idempotent-replayed", b"true"),)
_CLOSE: Final[Header] = (b"connection", b"close")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
_PAYLOAD_TOO_LARGE: Final = 413

Answer = tuple[bytes, tuple[Header, ...]]


class RetryLaterError(Exception):
    """A refusal that passes: the error and the whole seconds to wait."""

    def __init__(self, error: ApiError, seconds: int) -> None:
        super().__init__(error.message)
        self.error = error
        self.seconds = seconds


class App:
    """The sandbox as an ASGI application.

    The order path is this class alone, without a framework's request and response objects: they
    would double the time a request takes.
    """

    def __init__(
        self, runtime: Runtime, limits: Limits | None = None, *, loopback_only: bool = True
    ) -> None:
        self.limits: Final = limits or Limits()
        self.draining = False
        self._runtime = runtime
        self._router = build_router()
        self._loopback_only = loopback_only
        self._known_hosts: set[bytes] = set()
        self._buckets = ClientBuckets()
        self._throttle = FailureThrottle(self.limits.auth_failures_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one HTTP request."""
        if scope["type"] != "http":
            await _refuse_other(scope, receive, send)
            return
        headers: reading.Headers = scope["headers"]
        named = dict(headers)
        id_ = request_id(named.get(b"x-request-id"))
        status, close = 200, False
        try:
            body, extra = await self._answer(scope, receive, headers, named)
        except reading.ClientGoneError:
            return
        except (ApiError, RetryLaterError) as refusal:
            error, extra = _unpack(refusal)
            status, body = error.status, error_body(error, id_)
            close = status == _PAYLOAD_TOO_LARGE
        except Exception:
            logger.exception("unhandled error, request %s", id_)
            status, extra = 500, _NO_HEADERS
            body = error_body(api_error(500, "INTERNAL_ERROR", "internal error"), id_)
        response_headers = [
            *JSON_HEADERS,
            (b"content-length", b"%d" % len(body)),
            (b"x-request-id", id_.encode("ascii")),
            *extra,
        ]
        if close:
            response_headers.append(_CLOSE)
        start = {"type": "http.response.start", "status": status, "headers": response_headers}
        await send(start)
        if close:
            await send({"type": "http.response.body", "body": body, "more_body": True})
            await reading.discard_body(receive)
            body = b""
        await send({"type": "http.response.body", "body": body})

    async def _answer(
        self,
        scope: Scope,
        receive: Receive,
        headers: reading.Headers,
        named: dict[bytes, bytes],
    ) -> Answer:
        raw_path, query_string = scope["raw_path"], scope["query_string"]
        reading.check_sizes(len(raw_path) + len(query_string) + 1, headers, self.limits)
        reading.check_body_headers(named, self.limits)
        if self._loopback_only:
            self._check_host(scope, headers, named)
        endpoint, path = self._route(raw_path, scope["method"])
        if endpoint.access is Access.PUBLIC:
            return endpoint.constant, endpoint.headers
        if len(named) != len(headers) and reading.has_repeated(headers, b"authorization"):
            raise api_error(400, "BAD_REQUEST", "more than one Authorization header")
        principal = self._authenticate(scope, named.get(b"authorization"))
        self._check_rate(principal)
        endpoint.check_offered(path, upgrade=named.get(b"upgrade"))
        endpoint.check_permission(principal)
        value: Any = None
        if endpoint.reads_body:
            if self.draining:
                raise _draining()
            raw = await self._body(receive, named)
            value = endpoint.read_body(reading.parse_json(raw, self.limits))
        query = endpoint.read_query(query_string)
        return self._run(endpoint, principal, path, query, value)

    def _run(
        self,
        endpoint: Endpoint,
        principal: Principal,
        path: Mapping[str, str],
        query: Any,
        body: Any,
    ) -> Answer:
        response = self._runtime.run(endpoint.handler, principal, path, query, body)
        if type(response) is Replay:
            return endpoint.to_json(response.response), endpoint.headers + _REPLAYED
        return endpoint.to_json(response), endpoint.headers

    async def _body(self, receive: Receive, named: dict[bytes, bytes]) -> bytes:
        length = named.get(b"content-length")
        if length == b"0" or (length is None and b"transfer-encoding" not in named):
            return b""
        return await reading.read_body(receive, self.limits)

    def _check_host(
        self, scope: Scope, headers: reading.Headers, named: dict[bytes, bytes]
    ) -> None:
        host = named.get(b"host")
        if host in self._known_hosts and len(named) == len(headers):
            return
        if host is None:
            if scope["http_version"] == "1.0":
                return
            raise api_error(400, "BAD_REQUEST", "the Host header is missing")
        if not reading.is_loopback_name(host) or reading.has_repeated(headers, b"host"):
            raise api_error(
                400,
                "BAD_REQUEST",
                "this server answers to localhost only: the Host header names another host",
            )
        self._known_hosts.add(host)

    def _route(self, raw_path: bytes, method: str) -> tuple[Endpoint, Mapping[str, str]]:
        found = self._router.find(raw_path)
        if found is None:
            raise api_error(404, "NOT_FOUND", "no such path")
        resource, path = found
        endpoint = resource.endpoints.get(method)
        if endpoint is None:
            raise MethodNotAllowedError(resource.allow)
        return endpoint, path

    def _authenticate(self, scope: Scope, authorization: bytes | None) -> Principal:
        key = reading.bearer_key(authorization)
        principal = self._runtime.keys.find(key) if key is not None else None
        client = scope["client"]
        address: str = client[0] if client else ""
        if address in _LOOPBACK and not self.limits.throttle_loopback:
            if principal is None:
                raise _unauthorized()
            return principal
        now_s = time.monotonic()
        wait_s = self._throttle.wait_s(address, now_s)
        if wait_s:
            error = api_error(429, "RATE_LIMITED", "too many failed authentications")
            raise RetryLaterError(error, wait_s)
        if principal is None:
            self._throttle.record(address, now_s)
            raise _unauthorized()
        return principal

    def _check_rate(self, principal: Principal) -> None:
        qps = principal.client.rate_limit_qps
        if qps is None:
            return
        wait_s = self._buckets.take(principal.client.client_id, qps, time.monotonic())
        if wait_s:
            text = f"more than {qps} requests per second"
            raise RetryLaterError(api_error(429, "RATE_LIMITED", text), wait_s)


class MethodNotAllowedError(RetryLaterError):
    """A known path with another method."""
