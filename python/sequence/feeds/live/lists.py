"""What a venue says of its instruments: fetched once it is reached, and again now and then."""

import asyncio
from collections.abc import Sequence
from typing import Final

from sequence import _core
from sequence.feeds.live.rest import Documents
from sequence.feeds.live.sink import Page, Sink
from sequence.feeds.live.status import VenueStatus
from sequence.feeds.live.venue import Document, Venue

_AGAIN_S: Final = 60.0
"""How soon a list is asked for again that was not sent."""
_MOST_PAGES: Final = 50


class Lists:
    """The lists of one connection.

    Attributes:
        reached: Set once the venue has been reached: before, it is not asked.
    """

    def __init__(self, venue: Venue, sink: Sink, status: VenueStatus, documents: Documents) -> None:
        self._venue = venue
        self._sink = sink
        self._status = status
        self._documents = documents
        self.reached: Final = asyncio.Event()

    async def keep(self) -> None:
        """Fetches them for as long as it is not cancelled."""
        while True:
            await self.reached.wait()
            # One list of all is fetched by one connection.
            if self._venue.part == 1 or not self._venue.lists_all:
                await self.fetch(self._venue.symbols)
            every_s = self._venue.list_every_s
            await asyncio.sleep(min(_AGAIN_S, every_s) if self._status.unlisted else every_s)

    async def fetch(self, symbols: Sequence[str]) -> None:
        """Fetches what is said of some symbols; what goes wrong stands in the status."""
        for document in self._venue.lists(list(symbols)):
            try:
                self._sink.listed(await self._pages(document))
                self._status.unlisted = ""
            except (OSError, ValueError) as error:
                self._status.unlisted = (
                    f"{self._venue.name}: its list of instruments could not be fetched ({error})"
                )

    async def _pages(self, first: Document) -> list[Page]:
        """All of one list: a part of it would pass for the whole."""
        found, following = list[Page](), first
        for _ in range(_MOST_PAGES):
            body = await self._documents.get(following)
            # Megabytes of text: meanwhile frames and orders go on.
            rows = await asyncio.to_thread(_core.InstrumentList, self._venue.name, body)
            found.append(Page(following.url, body, rows))
            after = self._venue.list_after(following, body)
            if after is not None:
                following = after
            elif any(len(page.rows) for page in found):
                return found
            else:
                raise ValueError("it names no instrument")
        raise OSError(f"it has no end after {_MOST_PAGES} pages")
