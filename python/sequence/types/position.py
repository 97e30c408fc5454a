"""Positions and balances."""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from sequence.types._base import Wire
from sequence.types._decimal import exact
from sequence.types._number import QueryBool
from sequence.types._query import ModeQuery, VenueList, split
from sequence.types._table import Table, html_of
from sequence.types._words import Kind

PositionState = Literal["active", "resolved", "redeemed", "closed"]
MarkSource = Literal["peg", "book", "last", "entry", "settlement"]


def _absent(value: object) -> bool:
    return value is None


class Instrument(Wire):
    """What a row holds; the last three are the parsed triple of an event contract."""

    kind: Kind
    symbol: str
    market_slug: str | None
    outcome: Literal["YES", "NO"] | None
    token_id: str | None


class Lifecycle(Wire):
    """State of a row; the further keys exist in their states only."""

    state: PositionState
    resolved_at_ns: int | None = Field(default=None, exclude_if=_absent)
    payout_usd_1e9: int | None = Field(default=None, exclude_if=_absent)
    redeemed_at_ns: int | None = Field(default=None, exclude_if=_absent)
    closed_at_ns: int | None = Field(default=None, exclude_if=_absent)


class Position(Wire):
    """One row of a venue: cash, crypto, a perp position or outcome contracts.

    Quantities are times 1e8 (perps signed), prices and USD amounts times 1e9.
    """

    shown_columns: ClassVar[tuple[str, ...]] = (
        *("venue", "instrument_kind", "instrument_symbol", "qty", "available_qty"),
        *("entry_price_usd", "current_price_usd", "current_value_usd", "unrealized_pnl_usd"),
        *("realized_pnl_usd", "fees_usd"),
    )

    id: int
    venue: str
    instrument: Instrument
    qty_1e8: int
    locked_qty_1e8: int
    available_qty_1e8: int
    entry_price_usd_1e9: int
    current_price_usd_1e9: int
    current_value_usd_1e9: int
    unrealized_pnl_usd_1e9: int
    realized_pnl_usd_1e9: int
    fees_usd_1e9: int
    lifecycle: Lifecycle
    transferable: bool
    settled: bool
    settled_mark_usd_1e9: int | None
    is_sandbox: bool
    margin_locked_1e8: int
    margin_asset: str | None
    mark_source: MarkSource
    mark_symbol: str | None
    mark_age_ms: int
    updated_unix_ns: int

    @property
    def qty(self) -> Decimal:
        """Quantity in units of the instrument; negative is a short perp."""
        return exact(self.qty_1e8, 8)

    @property
    def available_qty(self) -> Decimal:
        """Quantity that no open order holds."""
        return exact(self.available_qty_1e8, 8)

    @property
    def entry_price(self) -> Decimal:
        """Cost basis per unit, in USD."""
        return exact(self.entry_price_usd_1e9, 9)

    @property
    def value_usd(self) -> Decimal:
        """Current value in USD; the signed notional of a perp."""
        return exact(self.current_value_usd_1e9, 9)

    @property
    def unrealized_pnl_usd(self) -> Decimal:
        """Profit or loss that is still open, in USD."""
        return exact(self.unrealized_pnl_usd_1e9, 9)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return html_of(type(self), [self])


class Totals(Wire):
    """Sums over the rows of the answer: integers times 1e9, and the same as decimal text.

    The names without a suffix are exact numbers.
    """

    nav_usd_1e9: int
    nav_usd: str
    cash_usd_1e9: int
    cash_usd: str
    crypto_usd_1e9: int
    crypto_usd: str
    event_contracts_usd_1e9: int
    event_contracts_usd: str
    perp_notional_usd_1e9: int
    perp_notional_usd: str
    locked_cash_usd_1e9: int
    locked_cash_usd: str
    unrealized_pnl_usd_1e9: int
    unrealized_pnl_usd: str
    realized_pnl_usd_1e9: int
    realized_pnl_usd: str
    fees_usd_1e9: int
    fees_usd: str

    @property
    def nav(self) -> Decimal:
        """Net asset value, in USD."""
        return exact(self.nav_usd_1e9, 9)

    @property
    def cash(self) -> Decimal:
        """Cash, in USD."""
        return exact(self.cash_usd_1e9, 9)

    @property
    def crypto(self) -> Decimal:
        """Crypto that is no cash, in USD."""
        return exact(self.crypto_usd_1e9, 9)

    @property
    def event_contracts(self) -> Decimal:
        """Event contracts, in USD."""
        return exact(self.event_contracts_usd_1e9, 9)

    @property
    def perp_notional(self) -> Decimal:
        """Size of the perps, in USD."""
        return exact(self.perp_notional_usd_1e9, 9)

    @property
    def locked_cash(self) -> Decimal:
        """Cash that open orders and margins hold, in USD."""
        return exact(self.locked_cash_usd_1e9, 9)

    @property
    def unrealized_pnl(self) -> Decimal:
        """Profit that is not realised, in USD."""
        return exact(self.unrealized_pnl_usd_1e9, 9)

    @property
    def realized_pnl(self) -> Decimal:
        """Realised profit, in USD."""
        return exact(self.realized_pnl_usd_1e9, 9)

    @property
    def fees(self) -> Decimal:
        """Fees, in USD."""
        return exact(self.fees_usd_1e9, 9)


class PositionsResponse(Wire, Table):
    """Answer of `GET /v1/positions`, ordered by venue, kind and symbol."""

    rows_field: ClassVar[str] = "positions"

    positions: list[Position]
    totals: Totals
    as_of_ns: int


class PortfolioSummary(Wire):
    """Answer of the deprecated `GET /v1/portfolio/summary`."""

    totals: Totals
    as_of_ns: int


class PositionsQuery(ModeQuery):
    """Filters of `GET /v1/positions`."""

    venues: VenueList | None = None
    kinds: Annotated[tuple[Kind, ...], BeforeValidator(split)] | None = None
    include_closed: QueryBool = False
