"""Every exception of the package.

::

    SequenceError
    ├── NetworkError               no answer: connection, TLS, protocol (status 0)
    │   └── TimeoutError           no answer in time; also a builtin TimeoutError
    ├── DeserializeError           the answer has another shape than expected
    ├── UnexpectedError            something below the client failed in a way that it does not know
    ├── WaitTimeoutError           a wait ran out: nothing was lost; also a builtin TimeoutError
    ├── ValidationError            refused before anything was sent; also a ValueError
    ├── CapabilityMissingError     501: the verb is not offered here
    └── ApiError                   every other answer that is not 2xx
        ├── BadRequestError            400   ├── PayloadTooLargeError          413
        ├── UnauthorizedError          401   ├── UriTooLongError               414
        ├── ForbiddenError             403   ├── UnsupportedMediaTypeError     415
        ├── NotFoundError              404   ├── UnprocessableError            422
        ├── MethodNotAllowedError      405   ├── UpgradeRequiredError          426
        ├── RequestTimeoutError        408   ├── RateLimitedError              429
        ├── ConflictError              409   ├── HeadersTooLargeError          431
        ├── InternalServerError        500   └── ServiceUnavailableError       503
        └── (other statuses raise ApiError itself)

Branch on the class or on `status`. Nothing else comes out of a client but what Python itself raises
from outside: `KeyboardInterrupt`, `asyncio.CancelledError`, and `TypeError` for a keyword that does
not exist. Whatever ends a submit that may have been sent carries its `graph_id`, these two as well:
send the same order with it again and nothing happens twice. `client.last_graph_id` and
`client.unanswered` name it, too.
"""

import builtins
import json
import re
from typing import Any, cast

_KEY = re.compile(r"seq_(live|test)_[0-9A-Za-z]+")
_SHOWN_BODY = 200
_SERVER_ERROR = 500
_NOT_IMPLEMENTED = 501
_UNAVAILABLE = 503


def redact(text: str) -> str:
    """Shortens every API key in a text to its prefix."""
    return _KEY.sub(lambda match: f"seq_{match[1]}_...", text)


class SequenceError(Exception):
    """Root of all errors of this package.

    Attributes:
        status: HTTP status, 0 when there was no answer.
        message: What went wrong, for people.
        code: Stable code of the error envelope, None without one.
        request_id: Id of the request at the server, None without an answer.
        details: Rows of the envelope, `{field, message}` each.
        graph_id: Idempotency key of the submit that failed: resend with it. None otherwise.
        retry_after_s: Seconds the server asked to wait, None when it did not.
        by_fault: A sandbox of this process was asked for it: see `sequence.sandbox.FaultControl`.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        request_id: str | None = None,
        details: tuple[dict[str, Any], ...] = (),
    ) -> None:
        self.status = status
        self.message = redact(message)
        self.code = code
        self.request_id = request_id
        self.details = details
        self.graph_id: str | None = None
        self.retry_after_s: float | None = None
        self.by_fault = False
        super().__init__(status, self.message)

    @property
    def is_unanswered(self) -> bool:
        """True when the request may have had an effect that nobody told of."""
        return False

    def __str__(self) -> str:
        text = f"API error ({self.status}): {self.message}"
        if self.request_id is not None:
            text += f" [request {self.request_id}]"
        if self.graph_id is not None:
            text += f" [graph_id {self.graph_id}]"
        return text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


def unexpected(error: Exception, graph_id: str | None = None) -> SequenceError:
    """What a user sees of an error that is none of ours."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    # What the operating system says of a socket or a file is the network's business.
    kind = NetworkError if isinstance(error, OSError) else UnexpectedError
    found = kind(f"network: {text}" if kind is NetworkError else text)
    found.graph_id = graph_id
    return found


def _rebuild(
    kind: type[SequenceError], args: tuple[object, ...], state: dict[str, Any]
) -> SequenceError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class NetworkError(SequenceError):
    """No answer: the request may or may not have had an effect."""

    def __init__(self, message: str) -> None:
        super().__init__(0, message)

    @property
    def is_unanswered(self) -> bool:
        """Always true."""
        return True


class UnexpectedError(SequenceError):
    """Something below the client failed in a way it does not know; `__cause__` is what it was.

    The request may or may not have had an effect.
    """

    def __init__(self, message: str) -> None:
        super().__init__(0, message)

    @property
    def is_unanswered(self) -> bool:
        """Always true."""
        return True


class TimeoutError(NetworkError, builtins.TimeoutError):  # noqa: A001 - the name users look for
    """No answer in time."""


class WaitTimeoutError(SequenceError, builtins.TimeoutError):
    """A wait ran out; every request was answered, and the order goes on as it was.

    Attributes:
        order: The order that is still open, with its newest row; None in a copy of another process.
    """

    def __init__(self, message: str, order: Any = None) -> None:  # noqa: ANN401 - of either client
        super().__init__(0, message)
        self.order = order

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # An order holds its client, which cannot be taken to another process.
        return _rebuild, (type(self), self.args, self.__dict__ | {"order": None})


class DeserializeError(SequenceError):
    """The answer is 2xx and cannot be read; the request had its effect."""

    @property
    def is_unanswered(self) -> bool:
        """Always true: what the effect was is not known."""
        return True


class ValidationError(SequenceError, ValueError):
    """Refused on this side, before anything was sent."""

    def __init__(self, message: str) -> None:
        super().__init__(0, message)

    def __str__(self) -> str:
        return self.message


class CapabilityMissingError(SequenceError):
    """The verb is not offered by this server.

    Attributes:
        verb: Name of the method.
        venue: Venue that was meant, None when none was.
        reason: Why it is missing.
    """

    def __init__(
        self, verb: str, venue: str | None, reason: str, *, request_id: str | None = None
    ) -> None:
        super().__init__(
            _NOT_IMPLEMENTED,
            f"{verb} is not available: {reason}",
            code="CAPABILITY_MISSING",
            request_id=request_id,
            details=({"verb": verb, "venue": venue, "reason": reason},),
        )
        self.verb = verb
        self.venue = venue
        self.reason = reason


class ApiError(SequenceError):
    """An answer that is not 2xx."""

    @property
    def is_unanswered(self) -> bool:
        """True for 5xx but 503: a gateway may have given up on a server that went on."""
        return self.status >= _SERVER_ERROR and self.status != _UNAVAILABLE


class BadRequestError(ApiError):
    """400: malformed request, or a wrong query parameter."""


class UnauthorizedError(ApiError):
    """401: missing or invalid key."""


class ForbiddenError(ApiError):
    """403: the key lacks permission."""


class NotFoundError(ApiError):
    """404: no such route, symbol or resource."""


class MethodNotAllowedError(ApiError):
    """405: known path, wrong method."""


class RequestTimeoutError(ApiError):
    """408: headers or body came too slowly."""


class ConflictError(ApiError):
    """409: kill switch, known `graph_id` with another body, or a state that does not allow it."""

    @property
    def is_kill_switch(self) -> bool:
        """True when the kill switch stopped the request."""
        return "kill switch" in self.message


class PayloadTooLargeError(ApiError):
    """413: body too large."""


class UriTooLongError(ApiError):
    """414: URL too long."""


class UnsupportedMediaTypeError(ApiError):
    """415: compressed request body."""


class UnprocessableError(ApiError):
    """422: well-formed JSON that fails validation, or a preflight refusal."""


class UpgradeRequiredError(ApiError):
    """426: a plain request on a WebSocket path."""


class RateLimitedError(ApiError):
    """429: too many requests; back off."""


class HeadersTooLargeError(ApiError):
    """431: headers too large."""


class InternalServerError(ApiError):
    """500: a bug of the server."""


class ServiceUnavailableError(ApiError):
    """503: starting, draining or read-only."""


STATUS_ERRORS: dict[int, type[ApiError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    405: MethodNotAllowedError,
    408: RequestTimeoutError,
    409: ConflictError,
    413: PayloadTooLargeError,
    414: UriTooLongError,
    415: UnsupportedMediaTypeError,
    422: UnprocessableError,
    426: UpgradeRequiredError,
    429: RateLimitedError,
    431: HeadersTooLargeError,
    500: InternalServerError,
    503: ServiceUnavailableError,
}

CODE_STATUS: dict[str, int] = {
    "BAD_REQUEST": 400,
    "INVALID_PARAMS": 400,
    "UNAUTHORIZED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "REQUEST_TIMEOUT": 408,
    "CONFLICT": 409,
    "PAYLOAD_TOO_LARGE": 413,
    "URI_TOO_LONG": 414,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "VALIDATION_ERROR": 422,
    "UPGRADE_REQUIRED": 426,
    "RATE_LIMITED": 429,
    "HEADERS_TOO_LARGE": 431,
    "INTERNAL_ERROR": 500,
    "CAPABILITY_MISSING": 501,
    "SERVICE_UNAVAILABLE": 503,
}
"""Every code of the error envelope and its HTTP status."""


def api_error(
    status: int,
    message: str,
    *,
    code: str | None = None,
    request_id: str | None = None,
    details: tuple[dict[str, Any], ...] = (),
) -> SequenceError:
    """Makes the exception of one error answer; server, HTTP and in-process client share it."""
    if status == _NOT_IMPLEMENTED and details and "verb" in details[0]:
        row = details[0]
        venue, reason = row.get("venue"), str(row.get("reason", message))
        return CapabilityMissingError(str(row["verb"]), venue, reason, request_id=request_id)
    error = STATUS_ERRORS.get(status, ApiError)
    return error(status, message, code=code, request_id=request_id, details=details)


def error_of_body(status: int, body: bytes, request_id: str | None = None) -> SequenceError:
    """Reads an error answer; never fails, whatever the body is.

    Args:
        status: HTTP status of the answer.
        body: The body as received.
        request_id: Header `X-Request-Id`, used when the body has none.
    """
    text = body[: 64 * 1024].decode(errors="replace")
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        return api_error(status, text[:_SHOWN_BODY], request_id=request_id)
    error = _object(found).get("error")
    if isinstance(error, str):
        return api_error(status, error, request_id=request_id)
    return _envelope_error(status, _object(error), text[:_SHOWN_BODY], request_id)


def _object(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _envelope_error(
    status: int, error: dict[str, Any], text: str, request_id: str | None
) -> SequenceError:
    message, code, sent_id = (error.get(k) for k in ("message", "code", "request_id"))
    rows = error.get("details")
    details = map(_object, cast("list[object]", rows)) if isinstance(rows, list) else ()
    return api_error(
        status,
        message if isinstance(message, str) else text,
        code=code if isinstance(code, str) else None,
        request_id=sent_id if isinstance(sent_id, str) else request_id,
        details=tuple(filter(None, details)),
    )
