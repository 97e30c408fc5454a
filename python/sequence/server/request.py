"""Reading one HTTP request: headers, key, query string and body, strictly."""

import asyncio
import re
from typing import Final
from urllib.parse import unquote_to_bytes

from sequence import _core
from sequence.errors import SequenceError
from sequence.sandbox.refuse import refused
from sequence.server.asgi import Receive
from sequence.server.limits import Limits

Headers = list[tuple[bytes, bytes]]

_LOOPBACK_HOST: Final = re.compile(rb"(localhost|127\.0\.0\.1|\[::1\])(:\d{0,5})?")
_DISCARD_BYTES: Final = 1 << 20
_DISCARD_S: Final = 1.0


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete."""


def check_sizes(url_bytes: int, headers: Headers, limits: Limits) -> None:
    """Refuses a long URL, many header lines or large headers."""
    if url_bytes > limits.url_bytes:
        raise refused("URI_TOO_LONG", f"URL longer than {limits.url_bytes} bytes")
    if len(headers) > limits.header_lines:
        raise refused("HEADERS_TOO_LARGE", f"more than {limits.header_lines} header lines")
    size = sum([len(name) + len(value) + 4 for name, value in headers])
    if size > limits.header_bytes:
        raise refused("HEADERS_TOO_LARGE", f"headers larger than {limits.header_bytes} bytes")


def check_body_headers(headers: dict[bytes, bytes], limits: Limits) -> None:
    """Refuses a body that announces itself as too large or as compressed."""
    length = headers.get(b"content-length")
    if length is not None and (len(length) > 18 or int(length) > limits.body_bytes):  # noqa: PLR2004
        raise _too_large(limits)
    encoding = headers.get(b"content-encoding")
    if encoding is not None and encoding.strip().lower() != b"identity":
        raise refused("UNSUPPORTED_MEDIA_TYPE", "compressed request bodies are not supported")


def has_repeated(headers: Headers, name: bytes) -> bool:
    """True when a header that may stand once is there more than once."""
    return sum(given == name for given, _ in headers) > 1


def is_loopback_name(host: bytes) -> bool:
    """True for a Host header that can only mean this machine.

    Anything else on a loopback server is a web page whose name was pointed here (DNS rebinding).
    """
    return _LOOPBACK_HOST.fullmatch(host.strip(b" \t").lower()) is not None


def check_framing(headers: Headers, named: dict[bytes, bytes]) -> bool:
    """False where two readers could find two ends of the body, or we would find none."""
    coding = named.get(b"transfer-encoding")
    if coding is None:
        return True
    # What was coded twice cannot be read here, so its chunks alone are no body.
    is_plain = coding.strip().lower() == b"chunked" and not has_repeated(
        headers, b"transfer-encoding"
    )
    return is_plain and b"content-length" not in named


def authority_of(target: bytes) -> bytes | None:
    """The host of a target in absolute form, which counts more than the Host header."""
    scheme, separator, rest = target.partition(b"://")
    if not separator or b"/" in scheme or b"?" in scheme:
        return None
    return rest.partition(b"/")[0].partition(b"?")[0]


def bearer_key(header: bytes | None) -> bytes | None:
    """The key of ``Authorization: Bearer <key>``; the scheme is case-insensitive."""
    if header is None:
        return None
    scheme, _, key = header.partition(b" ")
    return key if scheme.lower() == b"bearer" else None


def read_query(query_string: bytes) -> dict[str, str]:
    """Parameters of a query string; the first of two with one name is an ambiguity, so refused."""
    params: dict[str, str] = {}
    for pair in query_string.split(b"&"):
        if not pair:
            continue
        name, _, value = pair.partition(b"=")
        key = _query_text(name)
        if key in params:
            raise refused("INVALID_PARAMS", f"{key}: given more than once")
        params[key] = _query_text(value)
    return params


def _query_text(raw: bytes) -> str:
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise refused("INVALID_PARAMS", "the query string is not UTF-8") from None


async def read_body(receive: Receive, limits: Limits) -> bytes:
    """The whole body, or a refusal as soon as it exceeds the limit."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        if len(body) > limits.body_bytes:
            raise _too_large(limits)
        return body
    parts, size = [body], len(body)
    while message.get("more_body", False):
        if size > limits.body_bytes:
            raise _too_large(limits)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        parts.append(message.get("body", b""))
        size += len(parts[-1])
    if size > limits.body_bytes:
        raise _too_large(limits)
    return b"".join(parts)


async def discard_body(receive: Receive) -> None:
    """Drops what a refused client still sends, within bounds, so that it can read the answer."""
    dropped = 0
    try:
        async with asyncio.timeout(_DISCARD_S):
            while dropped < _DISCARD_BYTES:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                dropped += len(message.get("body", b""))
    except TimeoutError:
        return


def parse_json(body: bytes, limits: Limits) -> object:
    """The JSON value of a body, whatever its Content-Type; no bytes at all mean ``{}``."""
    if not body:
        return {}
    try:
        return _core.parse_json(
            body,
            max_depth=limits.json_depth,
            max_string=limits.json_string_bytes,
            max_array=limits.json_array_items,
        )
    except _core.JsonError as error:
        raise _json_refusal(error) from None


def _json_refusal(error: "_core.JsonError") -> SequenceError:
    if error.kind in ("string", "array"):
        # Well-formed, only too long: that is a failed validation, not a malformed request.
        return refused("VALIDATION_ERROR", error.message, field=error.path or "body")
    return refused("BAD_REQUEST", f"the body is not valid JSON: {error.message}")


def _too_large(limits: Limits) -> SequenceError:
    return refused("PAYLOAD_TOO_LARGE", f"the body is larger than {limits.body_bytes} bytes")
