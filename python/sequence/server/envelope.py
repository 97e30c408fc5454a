"""The error envelope and the headers that every answer carries."""

import os
from collections import deque
from typing import Final

from pydantic_core import to_json

from sequence.errors import SequenceError
from sequence.sandbox.refuse import refused

Header = tuple[bytes, bytes]

JSON_HEADERS: Final[tuple[Header, ...]] = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)

_JSON_LINES: Final = b"".join(b"%s: %s\r\n" % header for header in JSON_HEADERS)
_MAX_REQUEST_ID: Final = 128
_DRAWN_AT_ONCE: Final = 256
_drawn: Final[deque[str]] = deque()
_VARIANT: Final = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
_VISIBLE: Final = frozenset(range(0x21, 0x7F)) - frozenset(b"<>&\"'\\")
"""Visible ASCII, without what could mean something to a page that shows the id."""


def request_id(given: bytes | None) -> str:
    """The client's own request id where it is harmless, else a new UUID (version 4)."""
    if given and len(given) <= _MAX_REQUEST_ID and _VISIBLE.issuperset(given):
        return given.decode("ascii")
    drawn = _random_hex()
    variant = _VARIANT[drawn[16]]
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-{variant}{drawn[17:20]}-{drawn[20:]}"


def _random_hex() -> str:
    """Digits of random bytes, drawn many at a time.

    Every draw lets go of the interpreter's lock, and winning it back from a busy writer thread can
    cost more than all the rest of a request.
    """
    if not _drawn:
        digits = os.urandom(16 * _DRAWN_AT_ONCE).hex()
        _drawn.extend(digits[start : start + 32] for start in range(0, len(digits), 32))
    return _drawn.popleft()


def answer_headers(length: int, id_: str, extra: tuple[Header, ...]) -> list[Header]:
    """The headers of an answer whose body is so long."""
    return [
        *(() if _has_type(extra) else JSON_HEADERS),
        (b"content-length", b"%d" % length),
        (b"x-request-id", id_.encode("ascii")),
        *extra,
    ]


def answer_lines(length: int, id_: str, extra: tuple[Header, ...]) -> bytes:
    """The same as lines."""
    json = b"" if _has_type(extra) else _JSON_LINES
    lines = b"%scontent-length: %d\r\nx-request-id: %s\r\n" % (json, length, id_.encode("ascii"))
    if not extra:
        return lines
    return lines + b"".join([b"%s: %s\r\n" % header for header in extra])


def _has_type(extra: tuple[Header, ...]) -> bool:
    return bool(extra) and extra[0][0] == b"content-type"


def error_body(error: SequenceError, id_: str) -> bytes:
    """The one shape of every error: ``{"error": {code, message, request_id, details}}``."""
    fields: dict[str, object] = {
        "code": error.code,
        "message": error.message,
        "request_id": id_,
    }
    if error.details:
        fields["details"] = error.details
    return to_json({"error": fields})


def too_busy() -> SequenceError:
    """What is answered to a command that nobody had time for."""
    return refused("SERVICE_UNAVAILABLE", "too busy: nothing was done, send it again later")
