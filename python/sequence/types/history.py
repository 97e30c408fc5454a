"""What was: the value of an account, prices, and the requests of clients."""

from typing import Annotated, ClassVar

from pydantic import Field

from sequence.types._base import Query, Wire
from sequence.types._number import QueryBool, QueryInt
from sequence.types._table import Table
from sequence.types._words import HistoryRange, Side
from sequence.types.common import VenueId


def _absent(value: object) -> bool:
    return value is None


class PortfolioSnapshot(Wire):
    """Totals of an account at one time, in USD; `epoch` counts the resets before it.

    A sum is null where a part had no value in USD then.
    """

    ts_ns: int
    epoch: int
    nav_usd_1e9: int | None
    nav_usd: str | None
    cash_usd_1e9: int | None
    cash_usd: str | None
    realized_pnl_usd_1e9: int | None
    unrealized_pnl_usd_1e9: int | None
    fees_usd_1e9: int | None
    locked_cash_usd_1e9: int | None


class PortfolioSnapshots(Wire, Table):
    """Answer of `GET /v1/portfolio/snapshots`, oldest first.

    The peak and the deepest fall from one are of every second since the last reset in which
    something happened, in USD times 1e9.
    """

    rows_field: ClassVar[str] = "snapshots"

    snapshots: list[PortfolioSnapshot]
    peak_nav_usd_1e9: int | None = None
    max_drawdown_usd_1e9: int | None = None


class PortfolioSnapshotsQuery(Query):
    """Parameters of `GET /v1/portfolio/snapshots`; the newest `limit` after `since_ns`."""

    since_ns: QueryInt = Field(default=0, ge=0, le=2**63 - 1)
    limit: QueryInt = Field(default=1200, ge=1, le=10_000)
    sandbox: QueryBool = False


class FillMark(Wire):
    """Prices around a fill: the middle of best bid and offer over the live books of its symbol.

    `arrival_mid_1e9` is the one when its order was sent; null where no book was live, and for
    times that are still to come. Fills of before a restart have none.
    """

    fill_id: str
    node_order_id: str
    event_seq: int
    ts_ns: int
    arrival_mid_1e9: int | None
    after_1s_1e9: int | None
    after_10s_1e9: int | None
    after_60s_1e9: int | None


class FillMarks(Wire, Table):
    """Answer of `GET /v1/sandbox/marks`, newest first; `next` is the `before_seq` of the rest."""

    rows_field: ClassVar[str] = "marks"

    marks: list[FillMark]
    next: int | None


class FillMarksQuery(Query):
    """Parameters of `GET /v1/sandbox/marks`."""

    before_seq: QueryInt | None = Field(default=None, ge=0, le=2**63 - 1)
    limit: QueryInt = Field(default=500, ge=1, le=5_000)


class PricePoint(Wire):
    """The middle of the best bid and offer at the end of one bar; at one venue its last trade.

    A trade of the tape has its size, the side that took where it can be known, and its venue.
    """

    ts_ns: int
    price_1e9: int
    qty_1e8: int | None = Field(default=None, exclude_if=_absent)
    side: Side | None = Field(default=None, exclude_if=_absent)
    venue_id: str | None = Field(default=None, exclude_if=_absent)


class PriceHistory(Wire, Table):
    """Answer of `GET /v1/price_history/{symbol}`, oldest first; `venue` is null over all venues."""

    rows_field: ClassVar[str] = "points"

    symbol: str
    venue: str | None
    count: int
    points: list[PricePoint]


class PriceHistoryQuery(Query):
    """Parameters of `GET /v1/price_history/{symbol}`; `fidelity_secs` is the length of a bar.

    A length of 0 asks for the trades themselves: the newest 100, 500 at most. Times are in seconds
    since the Unix epoch and go before `range`. `paginate` and `underlying` change nothing here.
    """

    range: HistoryRange = "1d"
    fidelity_secs: QueryInt = Field(default=60, ge=0, le=86_400)
    limit: QueryInt | None = Field(default=None, ge=1, le=50_000)
    start_ts: Annotated[QueryInt, Field(ge=0, le=7_258_118_400)] | None = None
    end_ts: Annotated[QueryInt, Field(ge=0, le=7_258_118_400)] | None = None
    venue: VenueId | None = None
    paginate: QueryBool = False
    underlying: QueryBool = False


class RequestRecord(Wire):
    """One request of a client; `ms` is the time to its answer, keys are masked.

    `body` and `answer` are the first characters of each.
    """

    seq: int
    ts_ns: int
    method: str
    path: str
    status: int
    ms: float
    client: str
    request_id: str
    body: str
    answer: str
    error_code: str | None


class RequestRecords(Wire):
    """Answer of `GET /v1/sandbox/requests`, oldest first."""

    requests: list[RequestRecord]


class RequestRecordsQuery(Query):
    """Parameters of `GET /v1/sandbox/requests`: the newest `limit` after `since_seq`."""

    since_seq: QueryInt = Field(default=0, ge=0, le=2**63 - 1)
    limit: QueryInt = Field(default=200, ge=1, le=1_000)
