"""Event markets: what is listed, how it ended, and claims of what it pays."""

from collections.abc import Iterator
from typing import Any, Final

from sequence import _core
from sequence.sandbox.call import Call
from sequence.sandbox.event_markets import market_row
from sequence.sandbox.listed import symbol_rows
from sequence.sandbox.refuse import refused
from sequence.types import (
    EventMarkets,
    EventMarketsQuery,
    Redeemed,
    RedeemQuery,
    Settlement,
    SettlementQuery,
)
from sequence.types._names import did_you_mean

_ONE: Final = 10**9
_VENUES: Final = ("polymarket", "kalshi")
_OVER: Final = ("resolved", "closed")
_PAID: Final = "paid in the cash of the venue"
_NOTHING: Final = "this account holds nothing of it that pays"
_BY_ITSELF: Final = "this venue pays by itself when a market resolves"


def markets(call: Call[EventMarketsQuery, None]) -> EventMarkets:
    """``GET /v1/markets``: listed event markets of a venue, by slug."""
    query = call.query
    start = query.offset if query.cursor is None else int(query.cursor)
    rows = [row for row in _listed(call, query.venue) if _wanted(row, query)]
    page = rows[start : start + query.limit]
    has_more = start + query.limit < len(rows)
    shown = [made for row in page for made in _shown(call, row, query)]
    return EventMarkets.trusted(
        {
            "markets": shown,
            "count": len(shown),
            "venue": query.venue,
            "has_more": has_more,
            "next_cursor": str(start + query.limit) if has_more else None,
        }
    )


def settlement(call: Call[SettlementQuery, None]) -> Settlement:
    """``GET /v1/settlement/{slug}``: open, or what it paid."""
    wanted = call.query.venue
    venue, found = _found(call, call.path["slug"], _VENUES if wanted is None else (wanted,))
    row = next((row for row in _listed(call, venue) if row["symbol"] == found["slug"]), None)
    names: dict[str, Any] = {} if row is None else row["market"]
    value = found["value_1e9"]
    if not found["resolved"] and row is not None:
        value = call.engine.mid(f"{found['slug']}:YES")
    yes = None if value is None else value / _ONE
    return Settlement.trusted(
        {
            "slug": found["slug"],
            "venue": venue,
            "question": None,
            "yes_token_id": names.get("yes_token_id"),
            "no_token_id": names.get("no_token_id"),
            "condition_id": None,
            "neg_risk": False,
            "status": "resolved" if found["resolved"] else "open",
            "resolved_outcome": _outcome(found),
            "outcome_source": "demo" if call.runtime.source == "demo" else "sandbox",
            "yes_price": yes,
            "no_price": None if value is None else (_ONE - value) / _ONE,
            "event_start_s": None,
            "event_end_s": None,
            "resolution_source": None,
            "underlying": [] if call.query.underlying else None,
        }
    )


def redeem(call: Call[RedeemQuery, None]) -> Redeemed:
    """``POST /v1/markets/{slug}/redeem``: pays what the caller's holdings are worth."""
    venue, found = _found(call, call.path["slug"], (call.query.venue,))
    answer: dict[str, Any] = {"venue": venue, "slug": found["slug"], "payout_usd_1e9": 0}
    if venue == "kalshi":
        return Redeemed.trusted(answer | {"mode": "auto_settled", "note": _BY_ITSELF})
    if not found["resolved"]:
        raise refused("CONFLICT", f"{found['slug']} is not resolved yet")
    positions, paid = call.engine.redeem(call.account(), venue, found["slug"], call.now_ns)
    if not positions:
        return Redeemed.trusted(answer | {"mode": "noop", "note": _NOTHING})
    more = {"mode": "relayer_submitted", "note": _PAID, "payout_usd_1e9": paid}
    return Redeemed.trusted(answer | more)


def _listed(call: Call[Any, Any], venue: str) -> list[dict[str, Any]]:
    return symbol_rows(call.runtime, venue, "prediction")


def _wanted(row: dict[str, Any], query: EventMarketsQuery) -> bool:
    market, over = row["market"], row["status"] in _OVER
    if over and not query.closed and query.active:
        return False
    if query.slug is not None and query.slug != row["symbol"]:
        return False
    tokens = (market["yes_token_id"], market["no_token_id"])
    if query.clob_token_id is not None and query.clob_token_id not in tokens:
        return False
    tag = (query.tag or "").lower()
    by_tag = not tag or tag == market["category"].lower() or row["symbol"].lower().startswith(tag)
    return by_tag and (query.q or "").lower() in row["symbol"].lower()


def _shown(
    call: Call[Any, Any], row: dict[str, Any], query: EventMarketsQuery
) -> Iterator[dict[str, Any]]:
    base, slug = market_row(call.engine, query.venue, row), row["symbol"]
    if query.expand is None:
        yield base
        return
    for index, name in enumerate(base["outcomes"]):
        more = {"parent_slug": slug, "outcome_name": name, "raw_outcome_name": name}
        more |= {"outcome_index": index, "is_placeholder_outcome": False}
        yield base | more | {"symbol": f"{slug}:{name}"}


def _found(call: Call[Any, Any], slug: str, venues: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """The first venue that has the market, and what became of it.

    Raises:
        sequence.errors.NotFoundError: No venue has it; the message shows the nearest.
    """
    for venue in venues:
        try:
            return venue, call.engine.settlement(venue, slug)
        except _core.Refusal:
            # The next venue may have it; where none has, that is the answer below.
            continue
    known = [row["symbol"] for venue in venues for row in _listed(call, venue)]
    text = f"{' and '.join(venues)}: no event market {slug!r}"
    raise refused("NOT_FOUND", text + did_you_mean(slug, known))


def _outcome(found: dict[str, Any]) -> str | None:
    """Who won; None while it is open, of a void market, and where both are paid a part."""
    if not found["resolved"]:
        return None
    return {_ONE: "YES", 0: "NO"}.get(found["value_1e9"])
