"""Fees of the venues."""

from typing import Literal

from sequence.types._base import Query, Wire
from sequence.types._query import VenueList


class VenueFee(Wire):
    """Fees of one venue. Null means no data: do not route there; it does not mean free."""

    venue: str
    maker_bps: int | float | None
    taker_bps: int | float | None
    maker_rate_1e8: int | None
    taker_rate_1e8: int | None
    model: Literal["bps", "quadratic"] | None
    effective_date: str | None


class Fees(Wire):
    """Answer of `GET /v1/fees`: base-tier maker and taker fees in basis points."""

    ticker: str
    fees: list[VenueFee]


class FeesQuery(Query):
    """Parameters of `GET /v1/fees`."""

    ticker: str
    venues: VenueList | None = None
