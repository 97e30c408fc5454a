"""Quotes: one, many, and a batch in which every symbol answers for itself."""

import time
from typing import Any, Final

from sequence import _core
from sequence.sandbox.call import Call, Pending
from sequence.types import (
    Quote,
    QuoteError,
    QuoteQuery,
    Quotes,
    QuotesBatch,
    QuotesBatchRequest,
    QuotesQuery,
)

_LEVELS_AT_ONCE: Final = 2_000
"""Levels a side that are read before others are served: a few milliseconds of work."""


def quote(call: Call[QuoteQuery, None]) -> Quote:
    """``GET /v1/quotes/{symbol}``."""
    return _quote(call, call.engine.quote(call.path["symbol"], call.query.depth))


def quotes(call: Call[QuotesQuery, None]) -> Quotes:
    """``GET /v1/quotes``: unknown and outdated symbols are left out."""
    symbols = None if call.query.symbols is None else list(call.query.symbols)
    rows = call.engine.quotes(symbols, call.query.max_age_s)
    for row in rows:
        _name_sources(call, row)
    return Quotes.trusted({"quotes": rows})


def batch(call: Call[None, QuotesBatchRequest]) -> QuotesBatch | Pending:
    """``POST /v1/quotes_batch``, in request order; of a long one, some rows at a time."""
    return _batch(call, [], time.perf_counter())


def _batch(
    call: Call[None, QuotesBatchRequest], rows: list[Quote | QuoteError], started_s: float
) -> QuotesBatch | Pending:
    """Adds the next rows to those that are there."""
    body, begun = call.body, len(rows)
    is_perp = body.instrument_type == "perp"
    wanted = body.symbols[begun : begun + max(1, _LEVELS_AT_ONCE // body.depth)]
    rows += [_batch_row(call, symbol, is_perp=is_perp) for symbol in wanted]
    if len(rows) < len(body.symbols):

        def again(later: Call[None, QuotesBatchRequest]) -> QuotesBatch | Pending:
            return _batch(later, rows, started_s)

        return Pending(None, again, pause_s=0.0)
    elapsed_ms = int((time.perf_counter() - started_s) * 1_000)
    return QuotesBatch.model_construct(quotes=rows, count=len(rows), elapsed_ms=elapsed_ms)


def _batch_row(
    call: Call[None, QuotesBatchRequest], symbol: str, *, is_perp: bool
) -> Quote | QuoteError:
    wanted = f"{symbol}-PERP" if is_perp and not symbol.endswith("-PERP") else symbol
    try:
        return _quote(call, call.engine.quote(wanted, call.body.depth))
    except _core.Refusal as refusal:
        return QuoteError.trusted({"symbol": symbol, "error": refusal.message})


def _name_sources(call: Call[Any, Any], row: dict[str, Any]) -> None:
    """Says of each price whether it is real, where some are: none is made up at a live venue."""
    live = call.runtime.live
    if live is None:
        return
    real = {status.venue for status in live.statuses()}
    for venue, top in row["venues"].items():
        top["source"] = "live" if venue in real else "demo"


def _quote(call: Call[Any, Any], row: dict[str, Any]) -> Quote:
    _name_sources(call, row)
    book = row["book"]
    if book is not None:
        for side in ("bids", "asks"):
            book[side] = [(price, size) for price, size in book[side]]
    return Quote.trusted(row)
