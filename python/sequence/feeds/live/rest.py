"""Fetching a document of a venue, without keys, within bounds."""

import time
from typing import TYPE_CHECKING, Final

from sequence.feeds.live.budget import Budget
from sequence.feeds.live.venue import Document

if TYPE_CHECKING:
    import httpx

_MAY_BE_FETCHED: Final = ("https://", "http://127.0.0.1:", "http://localhost:")
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
    """What a venue gives over HTTP, asked for no more often than it allows, until closed."""

    def __init__(self, per_min: float) -> None:
        self._budget = Budget(per_min, 60.0, time.monotonic)
        self._client: httpx.AsyncClient | None = None

    async def get(self, document: Document) -> bytes:
        """The body of a document, or what is answered to one that posts JSON.

        Raises:
            OSError: It cannot be reached or refuses; the text says which.
        """
        if not document.url.startswith(_MAY_BE_FETCHED):
            raise OSError(f"not an address that may be fetched: {document.url}")
        await self._budget.take()
        # Imported here: a sandbox without live books never loads it.
        import httpx  # noqa: PLC0415

        if self._client is None:
            self._client = httpx.AsyncClient(timeout=_TIMEOUT_S, headers={"User-Agent": "sequence"})
        try:
            return await _fetch(self._client, document)
        except AnsweredError as error:
            self._budget.rest(error.wait_s)
            raise
        except httpx.HTTPError as error:
            raise OSError(_cause(error)) from error

    async def close(self) -> None:
        """Ends the connections that were kept open."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


async def _fetch(client: "httpx.AsyncClient", document: Document) -> bytes:
    posts = document.body is not None
    request = client.build_request(
        "POST" if posts else "GET",
        document.url,
        content=document.body,
        headers={"Content-Type": "application/json"} if posts else None,
    )
    answer = await client.send(request, stream=True)
    try:
        if not answer.is_success:
            raise AnsweredError(answer.status_code, wait_of(answer.headers.get("Retry-After")))
        body = bytearray()
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > _MOST_BYTES:
                raise OSError(f"larger than {_MOST_BYTES} bytes")
        return bytes(body)
    finally:
        await answer.aclose()


def _cause(error: BaseException) -> str:
    """What the machine says of a failure, below the words of the libraries in between."""
    said, cause = str(error) or type(error).__name__, error.__cause__ or error.__context__
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            said = cause.strerror
        cause = cause.__cause__ or cause.__context__
    return said
