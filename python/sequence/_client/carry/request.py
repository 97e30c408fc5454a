"""One HTTP exchange as data: what is sent, and what an answer means. No I/O here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from sequence import types as t
from sequence._client.ask.options import NO_KEY, Options
from sequence._client.carry.retry import read_retry_after
from sequence._operations.operation import AnswerT, Operation
from sequence.errors import DeserializeError, SequenceError, ValidationError, error_of_body

MAX_BODY_BYTES = 64 * 1024 * 1024
"""Largest answer that is read."""

_OK = 200
_MULTIPLE_CHOICES = 300
_BAD_REQUEST = 400
_HEALTH_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What goes over the wire; the headers hold the key and stay out of every text."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None
    timeout: float


def prepare(
    options: Options,
    operation: Operation[AnswerT],
    path: Mapping[str, str],
    query: "t.Query | None",
    body: "t.Request | None",
) -> HttpRequest:
    """Builds the request of one operation.

    Raises:
        ValidationError: The operation needs a key and there is none.
    """
    headers = {"Accept": "application/json"}
    if operation.auth != "none":
        if options.api_key is None:
            raise ValidationError(NO_KEY)
        headers["Authorization"] = f"Bearer {options.api_key}"
    content = None if body is None else body.to_json()
    if content is not None:
        headers["Content-Type"] = "application/json"
    url = options.base_url + _path(operation.path, path) + _query(query)
    timeout = options.timeout
    if operation.auth == "none":
        timeout = min(timeout, _HEALTH_TIMEOUT_S)
    return HttpRequest(operation.method, url, headers, content, timeout)


def read_answer(
    operation: Operation[AnswerT], status: int, headers: Mapping[str, str], body: bytes
) -> AnswerT:
    """Turns an answer into its model.

    Raises:
        ApiError: Any status outside 2xx.
        CapabilityMissingError: 501 of a verb that is not offered.
        DeserializeError: 2xx with a body of another shape.
    """
    request_id = headers.get("x-request-id")
    if not _OK <= status < _MULTIPLE_CHOICES:
        raise _failure(status, headers, body, request_id)
    try:
        return operation.response.from_json(body)
    except (ValueError, RecursionError) as error:
        shown = body[:200].decode(errors="replace")
        what = type(error).__name__
        raise DeserializeError(
            status,
            f"{operation.name}: the answer has another shape ({what}): {shown}",
            request_id=request_id,
        ) from None


def _failure(
    status: int, headers: Mapping[str, str], body: bytes, request_id: str | None
) -> SequenceError:
    if status < _BAD_REQUEST:
        text = b"redirects are not followed: check base_url"
        return error_of_body(status, text, request_id)
    error = error_of_body(status, body, request_id)
    error.retry_after_s = read_retry_after(headers.get("retry-after"))
    return error


def _path(template: str, values: Mapping[str, str]) -> str:
    if not values:
        return template
    return template.format_map({name: _segment(value) for name, value in values.items()})


def _segment(value: str) -> str:
    # "." and ".." are kept by percent-encoding and would be resolved as folders on the way.
    if value in (".", ".."):
        raise ValidationError("an id must not be a dot or two")
    return quote(value, safe="")


def _query(query: "t.Query | None") -> str:
    params = {} if query is None else query.to_params()
    if not params:
        return ""
    # A comma separates list elements and stays as it is.
    return "?" + "&".join(f"{name}={quote(text, safe=',')}" for name, text in params.items())
