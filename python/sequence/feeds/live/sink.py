"""Where a connection brings what it hears: what it asks of whoever holds the books."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from sequence import _core
from sequence.feeds.live.status import Changes, Delay


class Page(NamedTuple):
    """A part of a list of instruments, where it was fetched, and what it says."""

    url: str
    body: bytes
    rows: _core.InstrumentList


class Sink(Protocol):
    """Where frames go: into an engine, and into a recording."""

    def frame(self, frame: bytes) -> tuple[Changes, str | None]:
        """Applies one frame: books joined or lost, and why it could not be read."""
        ...

    def book(self, venue_symbol: str, url: str, body: bytes) -> tuple[Changes, str | None]:
        """Applies a book fetched over REST."""
        ...

    def listed(self, pages: Sequence[Page]) -> None:
        """Takes what a venue says of its instruments."""
        ...

    def lost(self) -> Changes:
        """The connection is gone: its books are given up."""
        ...

    def delay(self) -> Delay | None:
        """How late its messages come; None before one that says when it was."""
        ...
