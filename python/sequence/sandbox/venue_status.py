"""How old the market data of each venue is, and whether it can be traded on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from sequence.sandbox.state import State

ANY_AGE_S: Final = 10**9
"""Quotes however old they are."""

_USABLE: Final = frozenset({"OK", "POST_ONLY"})


class Standing(NamedTuple):
    """How a venue is shown, and since when; None where no book of it was heard of."""

    status: str
    since_ns: int | None


@dataclass(slots=True)
class VenueFeed:
    """What is known of the books of one venue.

    Attributes:
        age_ms: Since the newest of them was heard of.
        statuses: Of its books, each once.
        stale_after_ms: Silence after which the first of them is stale; None where none ever is.
        gaps: How often one of them lost its sequence.
        usable_since_ns: Since when one of them can be used without a break; None where none can.
        unusable_since_ns: When the last of the others came to be so.
    """

    age_ms: int
    statuses: set[str] = field(default_factory=set[str])
    stale_after_ms: int | None = None
    gaps: int = 0
    usable_since_ns: int | None = None
    unusable_since_ns: int | None = None

    def add(self, top: dict[str, Any]) -> None:
        """One more book."""
        self.age_ms = min(self.age_ms, top["age_ms"])
        self.statuses.add(top["status"])
        self.gaps += top["gaps"]
        limits = [ms for ms in (self.stale_after_ms, top["stale_after_ms"]) if ms is not None]
        self.stale_after_ms = min(limits, default=None)
        since_ns = top["since_ns"]
        if top["status"] in _USABLE:
            self.usable_since_ns = min(since_ns, self.usable_since_ns or since_ns)
        else:
            self.unusable_since_ns = max(since_ns, self.unusable_since_ns or since_ns)


def stale_venues(state: "State") -> set[str]:
    """Venues whose market data is too old to trade on."""
    feeds = venue_feeds(state.engine.quotes(None, ANY_AGE_S))
    found = {venue: standing(state, venue, feed) for venue, feed in feeds.items()}
    return {venue for venue, shown in found.items() if shown.status == "stale"}


def standing(state: "State", venue: str, feed: VenueFeed) -> Standing:
    """How a venue is shown: as orders there find it, so one usable book is a venue that works."""
    feeds = [] if state.live is None else state.live.statuses()
    rows = [row for row in feeds if row.venue == venue]
    if rows and not any(row.state == "connected" for row in rows):
        return Standing("down", max(row.since_ns for row in rows))
    if feed.usable_since_ns is not None:
        return Standing("connected", feed.usable_since_ns)
    for book, shown in (("STALE", "stale"), ("HALTED", "halted")):
        if book in feed.statuses:
            return Standing(shown, feed.unusable_since_ns)
    return Standing("connected", feed.unusable_since_ns)


def ticks(quotes: list[dict[str, Any]]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Symbol, venue and top of every book that was heard of."""
    for quote in quotes:
        for venue, top in quote["venues"].items():
            if top["last_update_ns"] is not None:
                yield quote["symbol"], venue, top


def venue_feeds(quotes: list[dict[str, Any]]) -> dict[str, VenueFeed]:
    """The books of each venue as one."""
    feeds: dict[str, VenueFeed] = {}
    for _, venue, top in ticks(quotes):
        feeds.setdefault(venue, VenueFeed(top["age_ms"])).add(top)
    return feeds
