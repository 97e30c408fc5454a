"""Quotes: the best bid and offer over all venues, and the book behind it."""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import AliasChoices, Discriminator, Field, Tag

from sequence.types._base import Query, Request, Wire
from sequence.types._decimal import exact, units_of
from sequence.types._number import QueryBool, QueryInt
from sequence.types._query import Names
from sequence.types._table import Table, html_of
from sequence.types._words import InstrumentType, MarketStatus
from sequence.types.common import Text

QuoteSource = Literal["edge_nbbo", "edge_rpc_snapshot", "venue_public_api", "unavailable"]


class Nbbo(Wire):
    """Best bid and offer over the live books; a missing side is 0.

    Prices are in the quote asset; `spread_bps` is in basis points of the mid. The floats are for
    display, as the wire has them: count with `bid_price` and `ask_price`.
    """

    bid: float
    ask: float
    mid: float
    spread_bps: float
    bid_size: float
    ask_size: float
    bid_1e9: int
    ask_1e9: int
    crossed: bool
    live: bool
    last_update_ns: int

    @property
    def bid_price(self) -> Decimal | None:
        """Best bid, exact; None without one."""
        return exact(self.bid_1e9, 9) if self.bid_1e9 else None

    @property
    def ask_price(self) -> Decimal | None:
        """Best offer, exact; None without one."""
        return exact(self.ask_1e9, 9) if self.ask_1e9 else None


class VenueQuote(Wire):
    """Top of book of one venue; `age_ms` is the time since its last tick.

    `status` is that of its book since `since_ns`, and `reason` says in words why it cannot be used,
    null while it can. A book that was not heard of for `stale_after_ms` is not traded on, null
    never ends that.
    `source` says whether it is real, where a server listens to live venues. The floats have the
    shortest digits of the exact prices: count with `bid_price` and `ask_price`.
    """

    bid: float
    ask: float
    bid_size: float
    ask_size: float
    age_ms: int
    status: MarketStatus = "OK"
    reason: str | None = None
    since_ns: int | None = None
    last_update_ns: int | None = None
    stale_after_ms: int | None = None
    gaps: int = 0
    source: Literal["live", "demo"] | None = Field(
        default=None, exclude_if=lambda source: source is None
    )

    @property
    def bid_price(self) -> Decimal | None:
        """Best bid, exact; None without one."""
        return exact(units_of(self.bid, 9), 9) if self.bid else None

    @property
    def ask_price(self) -> Decimal | None:
        """Best offer, exact; None without one."""
        return exact(units_of(self.ask, 9), 9) if self.ask else None


class BookLevel(Wire):
    """One level of a book as a row; `level` counts from the best one, 1."""

    shown_columns: ClassVar[tuple[str, ...]] = ("side", "level", "price", "qty")

    side: Literal["bid", "ask"]
    level: int
    price_1e9: int
    qty_1e8: int


class BookLevels(Wire, Table):
    """Consolidated levels, best first, each `[price, size]`.

    The floats have the shortest digits of the exact numbers: `table_rows` gives these back.
    """

    bids: list[tuple[float, float]]
    asks: list[tuple[float, float]]

    def table_rows(self) -> list[BookLevel]:
        """One row per level: bids from the best, then asks from the best."""
        sides: tuple[tuple[Literal["bid", "ask"], list[tuple[float, float]]], ...] = (
            ("bid", self.bids),
            ("ask", self.asks),
        )
        return [
            BookLevel(side=side, level=at, price_1e9=units_of(price, 9), qty_1e8=units_of(size, 8))
            for side, levels in sides
            for at, (price, size) in enumerate(levels, start=1)
        ]

    def table_model(self) -> type[BookLevel]:
        """What each row is."""
        return BookLevel


class QuoteRow(Wire):
    """A row of `GET /v1/quotes`."""

    symbol: str
    nbbo: Nbbo
    venues: dict[str, VenueQuote]


class Quote(QuoteRow):
    """Answer of `GET /v1/quotes/{symbol}`; trade on source `edge_nbbo` only."""

    book: BookLevels | None
    source: QuoteSource

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        levels = BookLevels(bids=[], asks=[]) if self.book is None else self.book
        return html_of(BookLevel, levels.table_rows())


class Quotes(Wire):
    """Answer of `GET /v1/quotes`."""

    quotes: list[QuoteRow]


class QuoteError(Wire):
    """A symbol of a batch that has no quote, and why."""

    symbol: str
    error: str


def _batch_tag(row: object) -> str:
    has_error = "error" in row if isinstance(row, dict) else isinstance(row, QuoteError)
    return "~error" if has_error else "~quote"


BatchRow = Annotated[
    Annotated[Quote, Tag("~quote")] | Annotated[QuoteError, Tag("~error")],
    Discriminator(_batch_tag),
]


class QuotesBatch(Wire):
    """Answer of `POST /v1/quotes_batch`, in request order."""

    quotes: list[BatchRow]
    count: int
    elapsed_ms: int


class QuoteQuery(Query):
    """Parameters of `GET /v1/quotes/{symbol}`; `nowait` is for research, never for trading."""

    depth: QueryInt = Field(default=10, ge=1, le=100)
    nowait: QueryBool = False


class QuotesQuery(Query):
    """Parameters of `GET /v1/quotes`; `max_age_s` of 0 leaves nothing."""

    symbols: Names | None = Field(default=None, validation_alias=AliasChoices("symbols", "symbol"))
    max_age_s: QueryInt = Field(default=300, ge=0, le=10**9)


class QuotesBatchRequest(Request):
    """Body of `POST /v1/quotes_batch`."""

    symbols: list[Text] = Field(min_length=1, max_length=2000)
    depth: int = Field(default=10, ge=1, le=100)
    nowait: bool = True
    concurrency: int = Field(default=64, ge=1, le=256)
    instrument_type: InstrumentType | None = None
