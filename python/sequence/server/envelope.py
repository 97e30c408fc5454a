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

_MAX_REQUEST_ID: Final = 128
_DRAWN_AT_ONCE: Final = 256
_drawn: Final[deque[bytes]] = deque()
_VISIBLE: Final = frozenset(range(0x21, 0x7F)) - frozenset(b"<>&\"'\\")
"""Visible ASCII, without what could mean something to a page that shows the id."""


def request_id(given: bytes | None) -> str:
    """The client's own request id where it is harmless, else a new UUID (version 4)."""
    if given and len(given) <= _MAX_REQUEST_ID and _VISIBLE.issuperset(given):
        return given.decode("ascii")
    raw = bytearray(_random_16())
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _random_16() -> bytes:
    """Random bytes, drawn many at a time.

    Every draw lets go of the interpreter's lock, and winning it back from a busy writer thread can
    cost more than all the rest of a request.
    """
    try:
        return _drawn.popleft()
    except IndexError:
        block = os.urandom(16 * _DRAWN_AT_ONCE)
        _drawn.extend(block[start : start + 16] for start in range(16, len(block), 16))
        return block[:16]


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
