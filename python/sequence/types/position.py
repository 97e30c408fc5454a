"""Positions and balances."""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from sequence.types._base import Wire
from sequence.types._decimal import exact, maybe_exact
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

    Quantities are times 1e8 (perps signed), prices and USD amounts times 1e9. An amount in USD is
    null where nothing values it: no book ever did, or what was paid for it had no value.
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
    entry_price_usd_1e9: int | None
    current_price_usd_1e9: int | None
    current_value_usd_1e9: int | None
    unrealized_pnl_usd_1e9: int | None
    realized_pnl_usd_1e9: int | None
    fees_usd_1e9: int | None
    lifecycle: Lifecycle
    transferable: bool
    settled: bool
    settled_mark_usd_1e9: int | None
    is_sandbox: bool
    margin_locked_1e8: int
    margin_asset: str | None
    mark_source: MarkSource | None
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
    def entry_price(self) -> Decimal | None:
        """Cost basis per unit, in USD; None where nothing valued what was paid."""
        return maybe_exact(self.entry_price_usd_1e9, 9)

    @property
    def value_usd(self) -> Decimal | None:
        """Current value in USD, the signed notional of a perp; None where nothing values it."""
        return maybe_exact(self.current_value_usd_1e9, 9)

    @property
    def unrealized_pnl_usd(self) -> Decimal | None:
        """Profit or loss that is still open, in USD; None where value or cost is not known."""
        return maybe_exact(self.unrealized_pnl_usd_1e9, 9)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return html_of(type(self), [self])


class Totals(Wire):
    """Sums over the rows of the answer: integers times 1e9, and the same as decimal text.

    The names without a suffix are exact numbers. A sum is null where a part has no value in USD.
    """

    nav_usd_1e9: int | None
    nav_usd: str | None
    cash_usd_1e9: int | None
    cash_usd: str | None
    crypto_usd_1e9: int | None
    crypto_usd: str | None
    event_contracts_usd_1e9: int | None
    event_contracts_usd: str | None
    perp_notional_usd_1e9: int | None
    perp_notional_usd: str | None
    locked_cash_usd_1e9: int | None
    locked_cash_usd: str | None
    unrealized_pnl_usd_1e9: int | None
    unrealized_pnl_usd: str | None
    realized_pnl_usd_1e9: int | None
    realized_pnl_usd: str | None
    fees_usd_1e9: int | None
    fees_usd: str | None

    @property
    def nav(self) -> Decimal | None:
        """Net asset value, in USD; None where a part has no value in USD."""
        return maybe_exact(self.nav_usd_1e9, 9)

    @property
    def cash(self) -> Decimal | None:
        """Cash, in USD; None where a part has no value in USD."""
        return maybe_exact(self.cash_usd_1e9, 9)

    @property
    def crypto(self) -> Decimal | None:
        """Crypto that is no cash, in USD; None where a part has no value in USD."""
        return maybe_exact(self.crypto_usd_1e9, 9)

    @property
    def event_contracts(self) -> Decimal | None:
        """Event contracts, in USD; None where a part has no value in USD."""
        return maybe_exact(self.event_contracts_usd_1e9, 9)

    @property
    def perp_notional(self) -> Decimal | None:
        """Size of the perps, in USD; None where a part has no value in USD."""
        return maybe_exact(self.perp_notional_usd_1e9, 9)

    @property
    def locked_cash(self) -> Decimal | None:
        """Cash that open orders and margins hold, in USD; None where a part has no value in USD."""
        return maybe_exact(self.locked_cash_usd_1e9, 9)

    @property
    def unrealized_pnl(self) -> Decimal | None:
        """Profit that is not realised, in USD; None where a part has no value in USD."""
        return maybe_exact(self.unrealized_pnl_usd_1e9, 9)

    @property
    def realized_pnl(self) -> Decimal | None:
        """Realised profit, in USD; None where a part has no value in USD."""
        return maybe_exact(self.realized_pnl_usd_1e9, 9)

    @property
    def fees(self) -> Decimal | None:
        """Fees, in USD; None where a part has no value in USD."""
        return maybe_exact(self.fees_usd_1e9, 9)


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
