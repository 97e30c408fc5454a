"""How old the market data of each venue is, and whether it can be traded on."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sequence.sandbox.state import State

ANY_AGE_S: Final = 10**9
"""Quotes however old they are."""

_MAX_AGE_MS: Final = 5_000
_MAX_AGE_MS_OF: Final = {"kalshi": 30_000, "polymarket": 30_000, "dex": 30_000}


def stale_venues(state: "State") -> set[str]:
    """Venues whose market data is too old to trade on."""
    ages = venue_ages(state.engine.quotes(None, ANY_AGE_S))
    return {
        venue for venue, age_ms in ages.items() if venue_status(state, venue, age_ms) == "stale"
    }


def venue_status(state: "State", venue: str, age_ms: int) -> str:
    """How a venue is shown whose newest quote is this old."""
    if state.source == "manual":
        # A book fed by hand never goes stale.
        return "connected"
    feeds = [] if state.live is None else state.live.statuses()
    rows = [row for row in feeds if row.venue == venue]
    if rows and not any(row.state == "connected" for row in rows):
        return "down"
    return "connected" if age_ms <= _MAX_AGE_MS_OF.get(venue, _MAX_AGE_MS) else "stale"


def ticks(quotes: list[dict[str, Any]]) -> Iterator[tuple[str, str, int]]:
    """Symbol, venue and age in milliseconds of every quote."""
    for quote in quotes:
        for venue, top in quote["venues"].items():
            yield quote["symbol"], venue, top["age_ms"]


def venue_ages(quotes: list[dict[str, Any]]) -> dict[str, int]:
    """Age of the newest quote of each venue, ms."""
    ages: dict[str, int] = {}
    for _, venue, age_ms in ticks(quotes):
        ages[venue] = min(age_ms, ages.get(venue, age_ms))
    return ages
