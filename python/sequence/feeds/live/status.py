"""What is known of a venue's connection and of its books."""

import logging
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

ConnectionState = Literal["disconnected", "connecting", "subscribing", "connected", "closed"]
BookState = Literal["waiting", "joined", "live", "resync", "refuted"]
"""No book yet; one, and nothing since that shows it to be the present; whole; lost; whole by the
venue's own numbers and yet impossible."""
Changes = list[tuple[str, str, BookState, bool]]
"""Venue symbol, symbol here, what its book is now, whether it can be traded here."""

_KEPT: Final = 200
logger = logging.getLogger("sequence.live")


class Incident(NamedTuple):
    """A book that was lost or came back."""

    at_ns: int
    symbol: str
    state: BookState


class Delay(NamedTuple):
    """How late a venue's messages come, by its clock and this one: nanoseconds.

    Attributes:
        p50_ns: Half of the last messages took at most this long.
        p99_ns: All but one in a hundred did.
        offset_ns: The least of the last minute: the difference of the clocks and the shortest way.
    """

    p50_ns: int
    p99_ns: int
    offset_ns: int


@dataclass(slots=True)
class BookStatus:
    """One subscribed book.

    Attributes:
        state: Whether it is whole.
        since_ns: Since when, on the machine's clock.
        gaps: How often it was lost.
        is_listed: False when the venue's name is no symbol here: it cannot be traded.
    """

    state: BookState = "waiting"
    since_ns: int = 0
    gaps: int = 0
    is_listed: bool = True

    @property
    def is_there(self) -> bool:
        """True when the venue has sent it."""
        return self.state in ("joined", "live")


@dataclass(slots=True)
class VenueStatus:
    """One connection.

    Attributes:
        venue: Venue id.
        state: What the connection is doing.
        since_ns: Since when.
        problem: The last thing that went wrong, as a sentence; empty when nothing did.
        told: The last problem that was logged.
        unlisted: Why the venue's list of instruments is not known; empty when it is.
        reconnects: How often it was opened again.
        replaced: How often a second connection took over in time.
        frames: Messages heard.
        unread: Messages that could not be read.
        last_heard_s: When the last message came, on the machine's steady clock; 0 = never.
        books: Subscribed books by canonical symbol.
        log: The last books that were lost or came back, oldest first.
    """

    venue: str
    state: ConnectionState = "disconnected"
    since_ns: int = 0
    problem: str = ""
    told: str = ""
    unlisted: str = ""
    reconnects: int = 0
    replaced: int = 0
    frames: int = 0
    unread: int = 0
    last_heard_s: float = 0.0
    books: dict[str, BookStatus] = field(default_factory=dict[str, BookStatus])
    log: deque[Incident] = field(default_factory=lambda: deque[Incident](maxlen=_KEPT))

    @property
    def is_live(self) -> bool:
        """True when every subscribed book is whole."""
        return bool(self.books) and all(book.state == "live" for book in self.books.values())

    def became(self, state: ConnectionState) -> None:
        """The connection is doing something else now."""
        if state != self.state:
            self.state, self.since_ns = state, time.time_ns()
            if state == "connected":
                self.told = ""

    def went_wrong(self, problem: str) -> None:
        """Something did; it is logged once until the venue is connected again."""
        self.problem = problem
        if problem != self.told:
            self.told = problem
            logger.warning("%s", problem)

    def heard(self) -> None:
        """A message came."""
        self.frames += 1
        self.last_heard_s = time.monotonic()

    def book_became(self, symbol: str, state: BookState, *, listed: bool) -> None:
        """A book was joined or lost; books nobody asked for are remembered too."""
        book = self.books.setdefault(symbol, BookStatus())
        book.is_listed = listed
        if state == book.state:
            return
        book.state, book.since_ns = state, time.time_ns()
        book.gaps += state in ("resync", "refuted")
        self.log.append(Incident(book.since_ns, symbol, state))
