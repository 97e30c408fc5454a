"""Event markets: what is listed, how it ended, what a claim did."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from sequence.types._base import Query, Wire
from sequence.types._number import QueryBool, QueryInt
from sequence.types.common import known_venue

PredictionVenue = Annotated[Literal["polymarket", "kalshi"], BeforeValidator(known_venue)]
"""A venue of event markets; what is no venue at all is answered as everywhere else."""


_START = re.compile(r"[0-9]{1,12}")
_CURSOR = WithJsonSchema({"type": "string", "pattern": f"^{_START.pattern}$"})


def _cursor(value: str) -> str:
    if not _START.fullmatch(value):
        raise PydanticCustomError("cursor", "is none that this server gave")
    return value


def _absent(value: object) -> bool:
    return value is None


class EventMarket(Wire):
    """One event market, or with `expand=outcomes` one outcome of it; prices are floats for display.

    What this server does not know is null: volumes, dates, question and address.
    """

    venue: str
    slug: str
    symbol: str
    question: str | None
    url: str | None
    outcomes: list[str]
    outcome_token_ids: list[str]
    yes_token_id: str | None
    no_token_id: str | None
    event_id: str | None
    condition_id: str | None
    neg_risk: bool
    volume_24h: float | None
    volume_total: float | None
    best_yes_bid: float | None
    best_yes_ask: float | None
    best_no_bid: float | None
    best_no_ask: float | None
    spread_pct: float | None
    start_date: str | None
    end_date: str | None
    parent_slug: str | None = Field(default=None, exclude_if=_absent)
    outcome_name: str | None = Field(default=None, exclude_if=_absent)
    raw_outcome_name: str | None = Field(default=None, exclude_if=_absent)
    outcome_index: int | None = Field(default=None, exclude_if=_absent)
    is_placeholder_outcome: bool | None = Field(default=None, exclude_if=_absent)


class NewMarket(EventMarket):
    """Frame of `/v1/ws/new_markets`: the row as it was when it was first seen."""

    kind: Literal["new_market"]
    observed_at_ns: int


class ResolvedMarket(Wire):
    """Frame of `/v1/ws/market_resolved`; a void market has no winner."""

    kind: Literal["market_resolved"]
    venue: str
    slug: str
    event_id: str | None
    winning_outcome: str | None
    winning_token_id: str | None
    losing_token_id: str | None
    observed_at_ns: int


class EventMarkets(Wire):
    """Answer of `GET /v1/markets`; `next_cursor` is the `cursor` of the page after this one."""

    markets: list[EventMarket]
    count: int
    venue: str
    has_more: bool
    next_cursor: str | None


class EventMarketsQuery(Query):
    """Parameters of `GET /v1/markets`; `tag` is a category, or on Kalshi a series."""

    venue: PredictionVenue = "polymarket"
    slug: str | None = None
    clob_token_id: str | None = None
    q: str | None = None
    tag: str | None = None
    tag_id: str | None = None
    related_tags: QueryBool = False
    exclude_tag_id: str | None = None
    active: QueryBool = True
    closed: QueryBool = False
    limit: QueryInt = Field(default=20, ge=1, le=1_000)
    cursor: Annotated[str, AfterValidator(_cursor), _CURSOR] | None = None
    offset: QueryInt = Field(default=0, ge=0, le=10**9)
    expand: Literal["outcomes"] | None = None


class Settlement(Wire):
    """Answer of `GET /v1/settlement/{slug}`.

    Prices are what one contract pays, or while the market is open the middle of its book. A void
    market is resolved without an outcome: it gives back what was paid.
    """

    slug: str
    venue: str
    question: str | None
    yes_token_id: str | None
    no_token_id: str | None
    condition_id: str | None
    neg_risk: bool
    status: Literal["open", "resolving", "resolved"]
    resolved_outcome: str | None
    outcome_source: str
    yes_price: float | None
    no_price: float | None
    event_start_s: int | None
    event_end_s: int | None
    resolution_source: str | None
    underlying: list[dict[str, Any]] | None


class SettlementQuery(Query):
    """Parameters of `GET /v1/settlement/{slug}`."""

    underlying: QueryBool = False
    venue: PredictionVenue | None = None


class Redeemed(Wire):
    """Answer of `POST /v1/markets/{slug}/redeem`.

    `auto_settled`: the venue pays by itself, nothing was done. `relayer_submitted`: holdings were
    paid. `noop`: the account holds nothing that pays.
    """

    mode: Literal["auto_settled", "relayer_submitted", "noop"]
    venue: str
    slug: str
    note: str
    condition_id: str | None = Field(default=None, exclude_if=_absent)
    token_ids: list[str] | None = Field(default=None, exclude_if=_absent)
    payout_usd_1e9: int


class RedeemQuery(Query):
    """Parameters of `POST /v1/markets/{slug}/redeem`."""

    venue: PredictionVenue
