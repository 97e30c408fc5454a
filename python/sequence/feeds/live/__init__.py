"""Live order books: public feeds of venues, subscribed, checked and kept whole."""

from sequence.feeds.live.market import DEFAULT_SYMBOLS, MAKERS, Live, LiveMarket
from sequence.feeds.live.status import BookStatus, Delay, Incident, VenueStatus
from sequence.feeds.live.venue import Venue

__all__ = [
    "DEFAULT_SYMBOLS",
    "MAKERS",
    "BookStatus",
    "Delay",
    "Incident",
    "Live",
    "LiveMarket",
    "Venue",
    "VenueStatus",
]
