"""Fetching a document of a venue, without keys, within bounds."""

import asyncio
import time
import urllib.error
import urllib.request
from typing import Final

from sequence.feeds.live.budget import Budget
from sequence.feeds.live.venue import Document

_TIMEOUT_S: Final = 10
_UNKNOWN: Final = (400, 404)
_MOST_WAIT_S: Final = 3600.0
_MOST_BYTES: Final = 32 << 20


class AnsweredError(OSError):
    """The venue answered with an error.

    Attributes:
        status: Of HTTP.
        wait_s: How long it wants to be left alone; 0 where it does not say.
    """

    def __init__(self, status: int, wait_s: float = 0.0) -> None:
        super().__init__(f"answered with {status}")
        self.status = status
        self.wait_s = wait_s

    @property
    def is_final(self) -> bool:
        """True when there is no such document: another try would be answered alike."""
        return self.status in _UNKNOWN


def wait_of(said: str | None) -> float:
    """Seconds that `Retry-After` asks for; 0 where it does not say or names a date."""
    return min(_MOST_WAIT_S, float(said)) if said and said.isdecimal() else 0.0


class Documents:
    """What a venue gives over HTTP, asked for no more often than it allows."""

    def __init__(self, per_min: float) -> None:
        self._budget = Budget(per_min, 60.0, time.monotonic)

    async def get(self, document: Document) -> bytes:
        """The body of a document, or what is answered to one that posts JSON.

        Raises:
            OSError: It cannot be reached or refuses; the text says which.
        """
        await self._budget.take()
        try:
            return await asyncio.to_thread(_fetch, document.url, document.body)
        except AnsweredError as error:
            self._budget.rest(error.wait_s)
            raise


def _fetch(url: str, post: str | None) -> bytes:
    if not url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise OSError(f"not an address that may be fetched: {url}")
    headers = {"User-Agent": "sequence", "Content-Type": "application/json"}
    data = None if post is None else post.encode()
    request = urllib.request.Request(url, data, headers)  # noqa: S310 - checked
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - checked
            body: bytes = answer.read(_MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        # It is the answer itself, with its socket.
        error.close()
        raise AnsweredError(error.code, wait_of(error.headers.get("Retry-After"))) from error
    except urllib.error.URLError as error:
        raise OSError(str(error.reason)) from error
    if len(body) > _MOST_BYTES:
        raise OSError(f"larger than {_MOST_BYTES} bytes")
    return body
