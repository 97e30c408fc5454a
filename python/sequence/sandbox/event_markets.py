"""One event market as the wire shows it."""

from datetime import UTC, datetime
from typing import Any, Final

from sequence import _core

_ONE: Final = 10**9


def market_row(engine: _core.Engine, venue: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row of `GET /v1/markets` for a row of the core; what is not known here is null."""
    market, slug = row["market"], row["symbol"]
    bid, ask = _best(engine, slug)
    tokens = [token for token in (market["yes_token_id"], market["no_token_id"]) if token]
    return {
        "venue": venue,
        "slug": slug,
        "symbol": slug,
        "question": None,
        "url": None,
        "outcomes": market["outcomes"],
        "outcome_token_ids": tokens,
        "yes_token_id": market["yes_token_id"],
        "no_token_id": market["no_token_id"],
        "event_id": None,
        "condition_id": None,
        "neg_risk": False,
        "volume_24h": None,
        "volume_total": None,
        "best_yes_bid": bid / _ONE if bid else None,
        "best_yes_ask": ask / _ONE if ask else None,
        "best_no_bid": (_ONE - ask) / _ONE if ask else None,
        "best_no_ask": (_ONE - bid) / _ONE if bid else None,
        "spread_pct": round((ask - bid) / ((ask + bid) / 2) * 100, 6) if bid and ask else None,
        "start_date": None,
        "end_date": _date(market["close_ns"]),
    }


def _best(engine: _core.Engine, slug: str) -> tuple[int | None, int | None]:
    """Best prices of YES; none of a market that is listed and has no book here."""
    try:
        best: dict[str, Any] = engine.quote(f"{slug}:YES", 1)["nbbo"]
    except _core.Refusal:
        return None, None
    return best["bid_1e9"], best["ask_1e9"]


def _date(at_ns: int | None) -> str | None:
    if at_ns is None:
        return None
    return datetime.fromtimestamp(at_ns // _ONE, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
