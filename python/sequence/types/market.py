"""What can be traded, and where: symbols, venues, edges, fair prices."""

from typing import Literal

from pydantic import Field

from sequence.types._base import Query, Wire, WireList
from sequence.types._words import InstrumentType
from sequence.types.common import VenueId
from sequence.types.health import UnusableBook, VenueFeedStatus

SymbolStatus = Literal["trading", "halted", "resolved", "closed"]
VenueClass = Literal["cex", "perp_dex", "prediction", "dex"]


def _absent(value: object) -> bool:
    return value is None


class FeeSchedule(Wire):
    """A market's own fee schedule; rates are fractions times 1e8."""

    exponent: int
    rate_1e8: int
    taker_only: bool
    rebate_rate_1e8: int


GridSource = Literal["given", "venue", "rule", "levels"]
"""Who said a part of a grid: the caller, the venue's own data, a built-in rule, the levels seen."""


class PriceBand(Wire):
    """From this price on (1e-9), up to the next band, prices are multiples of this tick (1e-9)."""

    from_1e9: int
    tick_1e9: int


class GridSources(Wire):
    """Who said each part of a grid."""

    tick: GridSource
    range: GridSource
    lot: GridSource
    min_qty: GridSource
    min_notional: GridSource


class ListingGrid(Wire):
    """Which prices a market has, where one tick does not say it, and who said so.

    `prices` is `tick`, `bands`, `significant_figures` or the name of an event contract's grid;
    whole numbers are always prices of a grid of significant figures. Both ends of the range
    (1e-9) are prices an order may have.
    """

    prices: str
    bands: list[PriceBand]
    significant_figures: int | None
    price_decimals: int | None
    low_1e9: int
    high_1e9: int
    sources: GridSources


class VenueListed(Wire):
    """What a live venue itself says of an instrument, and when.

    `status` is `trading`, `post_only`, `halted` or `closed`; `ends_ns` when it expires. Fees are
    those without any discount (1e-8 of the notional), where the venue publishes them. `as_of` is
    when it said so. `origin` is `venue` for a list of this run, `kept` for one of an earlier run,
    and `shipped` for one that is part of this package: of a day long ago.
    """

    status: Literal["trading", "post_only", "halted", "closed"]
    ends_ns: int | None
    maker_rate_1e8: int | None
    taker_rate_1e8: int | None
    as_of: str
    origin: Literal["venue", "kept", "shipped"]


class Listing(Wire):
    """One symbol at one venue: its tick (1e-9), lot and minimum (1e-8), and settlement asset.

    Where the tick depends on the price, `tick_1e9` is the one at the present price. `source` says
    who named the tick, `grid` the rest. `listed` is there at live venues that were asked.
    """

    venue: str
    venue_symbol: str
    settle_asset: str
    tick_1e9: int
    lot_1e8: int
    min_qty_1e8: int
    min_notional_usd_1e9: int
    post_only: bool
    initial_margin_1e8: int | None
    fee_schedule: FeeSchedule | None
    source: GridSource | None = None
    grid: ListingGrid | None = None
    listed: VenueListed | None = Field(default=None, exclude_if=_absent)


class PredictionMarket(Wire):
    """The event market behind a prediction symbol."""

    market_slug: str
    outcomes: list[str]
    yes_token_id: str | None
    no_token_id: str | None
    category: str
    close_ns: int | None
    grid: str


class SymbolRow(Wire):
    """One instrument and everywhere it is listed."""

    symbol: str
    instrument_type: InstrumentType
    base: str | None
    quote: str | None
    status: SymbolStatus
    market: PredictionMarket | None
    venues: list[Listing]


class SymbolList(WireList[SymbolRow]):
    """Answer of `GET /v1/symbols`: a bare array, ordered by symbol."""


class PairVenues(Wire):
    """Answer of `GET /v1/pairs/{symbol}/venues`."""

    symbol: str
    venues: list[Listing]


class CashAsset(Wire):
    """A cash row that a reset seeds at a venue."""

    kind: str
    symbol: str


class BookChange(Wire):
    """A live book that was lost or came back, and when: nanoseconds since the Unix epoch.

    `waiting` no book yet, `joined` one that nothing has confirmed, `live` whole, `resync` lost (a
    gap, a checksum, a message that cannot be read) and asked for again, `refuted` whole by the
    venue's own numbers and yet impossible (crossed).
    """

    at_ns: int
    symbol: str
    state: Literal["waiting", "joined", "live", "resync", "refuted"]


class VenueFeed(Wire):
    """The live connection of a venue; times are nanoseconds since the Unix epoch.

    `gaps` counts books that were lost and asked for again, `reconnects` connections that were made
    anew, `problem` is the last thing that went wrong, as a sentence; `age_ms` is the time since the
    last message. `delay_p50_ms` and `delay_p99_ms` say how long changes of books took from the
    venue to this machine, by two clocks. They hold `clock_offset_ms`, the least of the last
    minute: the difference of the clocks and the shortest way. None before the first stamp.
    `log` are the last books that were lost or came back, oldest first.
    """

    state: Literal["disconnected", "connecting", "subscribing", "connected", "closed"]
    since_ns: int
    books: int
    live_books: int
    gaps: int
    reconnects: int
    frames: int
    unread: int
    age_ms: int | None
    delay_p50_ms: float | None
    delay_p99_ms: float | None
    clock_offset_ms: float | None
    problem: str
    log: list[BookChange] = Field(default_factory=list[BookChange])


class Venue(Wire):
    """One venue and what it supports; `feed` is there where a connection is open to it.

    `unusable` are books of it that cannot be used now, and why.
    """

    venue: str
    class_: VenueClass = Field(alias="class")
    instrument_types: list[str]
    seeded: bool
    cash_assets: list[CashAsset]
    status: VenueFeedStatus
    post_only: bool
    initial_margin_1e8: int | None
    amend_mode: str
    redeem_mode: str | None
    since_ns: int | None = None
    stale_after_ms: int | None = None
    unusable: list[UnusableBook] = Field(default_factory=list[UnusableBook])
    feed: VenueFeed | None = Field(default=None, exclude_if=lambda feed: feed is None)


class Venues(Wire):
    """Answer of `GET /v1/venues`."""

    venues: list[Venue]


class Edge(Wire):
    """One venue process; `book_ms` is its publishing interval."""

    edge_id: str
    venue: str
    instrument_types: list[str]
    status: str
    region: str
    remote: bool
    last_tick_age_ms: int
    book_ms: int


class Edges(Wire):
    """Answer of `GET /v1/edges`."""

    edges: list[Edge]


class FairPrice(Wire):
    """Consolidated reference price of an underlying."""

    underlying: str
    fair_1e9: int
    fair: float
    depth_levels: int
    venues: list[str]
    ts_ns: int


class FairPrices(Wire):
    """Answer of `GET /v1/fair_price`."""

    prices: list[FairPrice]


class SymbolsQuery(Query):
    """Filters of `GET /v1/symbols`."""

    venue: VenueId | None = None
    type: InstrumentType | None = None


class FairPriceQuery(Query):
    """Filter of `GET /v1/fair_price`, e.g. `BTC`."""

    underlying: str | None = None
