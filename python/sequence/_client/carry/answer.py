"""An answer as http.client reads it, where that is less strict than HTTP or knows less of it."""

import http.client
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sequence import errors
from sequence._client.carry.request import MAX_BODY_BYTES

_CONTINUE: Final = 100
_SWITCHING: Final = 101
_OK: Final = 200
_ANY_HEADER: Final = 47
"""Of zlib: a gzip or a zlib header, whichever is there."""


class Answer(http.client.HTTPResponse):
    """A response whose head is whole and says how long the body is, if it says so at all.

    Attributes:
        named: Headers by their names in small letters, those that come several times as one.
    """

    named: Mapping[str, str]

    def begin(self) -> None:
        """Reads the head, past those that only say that there is one to come."""
        super().begin()
        while _CONTINUE < self.status < _OK and self.status != _SWITCHING:
            self._check()
            unread: Any = self
            unread.headers = None
            super().begin()
        self._check()
        if self.status == _SWITCHING:
            raise http.client.HTTPException("the server went over to another protocol")

    def _check(self) -> None:
        # http.client takes an end for the end of the head, and a length that is none for no length.
        source: Any = self.fp.raw
        if source.is_over:
            raise http.client.HTTPException("the server hung up in the middle of an answer")
        self.named = _named(self.headers.items())
        length = self.named.get("content-length")
        if length is not None and not _is_length(length):
            raise http.client.HTTPException(f"bad Content-Length {length!r}")
        coding = self.named.get("transfer-encoding")
        if coding is not None and coding.strip().lower() != "chunked":
            raise http.client.HTTPException(f"the transfer coding {coding!r} is not known here")


class Body:
    """The bytes of an answer, unpacked where the server packed them unasked."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._found = bytearray()
        coding = answer.named.get("content-encoding", "").strip().lower()
        self._packed: Any = None
        if coding in {"gzip", "x-gzip", "deflate"}:
            self._packed = zlib.decompressobj(_ANY_HEADER)
        elif coding not in {"", "identity"}:
            raise errors.DeserializeError(
                answer.status, f"the answer is packed with {coding!r}, which nobody asked for"
            )

    def add(self, chunk: bytes) -> None:
        """Takes the next bytes.

        Raises:
            DeserializeError: There are too many of them, or they cannot be unpacked.
        """
        if self._packed is not None:
            try:
                chunk = self._packed.decompress(chunk, MAX_BODY_BYTES + 1 - len(self._found))
            except zlib.error as error:
                raise errors.DeserializeError(self._answer.status, f"unpacking: {error}") from None
        if len(self._found) + len(chunk) > MAX_BODY_BYTES:
            raise errors.DeserializeError(_OK, f"the answer is larger than {MAX_BODY_BYTES} bytes")
        self._found += chunk

    def end(self) -> bytes:
        """All of them."""
        if self._answer.length:
            # Read in pieces, http.client itself takes an early end for the end.
            raise http.client.IncompleteRead(bytes(self._found), self._answer.length)
        return bytes(self._found)


def _named(rows: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, value in rows:
        key, text = name.lower(), value if value.isascii() else _text(value)
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _text(value: str) -> str:
    """What http.client read as Latin-1 may be UTF-8."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _is_length(text: str) -> bool:
    """Whether it is one length, told as often as one likes."""
    if text.isdecimal() and text.isascii():
        return True
    told = {part.strip() for part in text.split(",")}
    return len(told) == 1 and text.isascii() and told.pop().isdecimal()
