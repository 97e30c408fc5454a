"""Fills."""

from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from sequence.types._base import Wire
from sequence.types._decimal import exact, maybe_exact
from sequence.types._query import PageQuery
from sequence.types._reason import reason_of
from sequence.types._table import Table, html_of
from sequence.types._words import InstrumentType, Side
from sequence.types.common import NsTime, VenueId
from sequence.types.evidence import FillCause, FillEvidence


class FeeParts(Wire):
    """How a fee with its own rounding came about; USD times 1e9."""

    trade_fee_usd_1e9: int
    rounding_fee_usd_1e9: int
    rebate_usd_1e9: int


class Fill(Wire):
    """One fill. `cause` says how it came about, `evidence` proves it.

    Quantities are times 1e8, prices and USD amounts times 1e9. A negative fee is a rebate. Fills of
    one sweep through a book share a `match_id`; `level_index` counts the levels it took, from 0.
    """

    shown_columns: ClassVar[tuple[str, ...]] = (
        *("ts", "venue", "symbol", "side", "qty", "price", "fee_usd", "is_maker", "cause"),
        "realized_pnl_usd",
    )

    fill_id: str
    event_seq: int
    node_order_id: str
    graph_id: str
    node_id: str
    venue: str
    symbol: str
    instrument_type: InstrumentType
    side: Side
    price_1e9: int
    qty_1e8: int
    notional_usd_1e9: int | None
    fee_usd_1e9: int | None
    fee_asset: str
    fee_1e9: int
    fee_parts: FeeParts | None
    is_maker: bool | None
    is_prediction: bool
    cause: FillCause
    queue_ahead_1e8: int
    evidence: FillEvidence
    realized_pnl_usd_1e9: int | None
    is_sandbox: bool
    ts_ns: int
    match_id: str = ""
    level_index: int | None = None

    @property
    def qty(self) -> Decimal:
        """Filled quantity in units of the instrument; always positive."""
        return exact(self.qty_1e8, 8)

    @property
    def price(self) -> Decimal:
        """Fill price."""
        return exact(self.price_1e9, 9)

    @property
    def fee_usd(self) -> Decimal | None:
        """Fee in USD; negative is a rebate, None where nothing values the quote asset."""
        return maybe_exact(self.fee_usd_1e9, 9)

    @property
    def reason(self) -> str:
        """The cause in words, with the numbers that prove it."""
        return reason_of(self.cause, self.evidence)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return html_of(type(self), [self])


class FillsPage(Wire, Table):
    """Answer of `GET /v1/fills`, newest first; `next` as in `OrdersPage`."""

    rows_field: ClassVar[str] = "fills"

    fills: list[Fill]
    total: int
    limit: int
    offset: int
    has_more: bool
    next: int | None = None


class FillsQuery(PageQuery):
    """Filters of `GET /v1/fills`."""

    symbol: str | None = None
    node_order_id: str | None = None
    graph_id: str | None = None
    venue: VenueId | None = None
    since_ns: NsTime | None = Field(default=None)
    until_ns: NsTime | None = Field(default=None)
