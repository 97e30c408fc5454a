"""Quotes: one, many, and a batch in which every symbol answers for itself."""

import time

from sequence import _core
from sequence.sandbox.call import Call
from sequence.sandbox.runtime import Runtime
from sequence.types import (
    Quote,
    QuoteError,
    QuoteQuery,
    Quotes,
    QuotesBatch,
    QuotesBatchRequest,
    QuotesQuery,
)


def quote(call: Call[QuoteQuery, None]) -> Quote:
    """``GET /v1/quotes/{symbol}``."""
    return Quote.trusted(call.engine.quote(call.path["symbol"], call.query.depth, call.now_ns))


def quotes(call: Call[QuotesQuery, None]) -> Quotes:
    """``GET /v1/quotes``: unknown and outdated symbols are left out."""
    symbols = None if call.query.symbols is None else list(call.query.symbols)
    rows = call.engine.quotes(symbols, call.query.max_age_s, call.now_ns)
    return Quotes.trusted({"quotes": rows})


def batch(call: Call[None, QuotesBatchRequest]) -> QuotesBatch:
    """``POST /v1/quotes_batch``, in request order."""
    started_s = time.perf_counter()
    is_perp = call.body.instrument_type == "perp"
    rows = [
        _batch_row(call.runtime, symbol, call.body.depth, is_perp=is_perp)
        for symbol in call.body.symbols
    ]
    elapsed_ms = int((time.perf_counter() - started_s) * 1_000)
    return QuotesBatch.model_construct(quotes=rows, count=len(rows), elapsed_ms=elapsed_ms)


def _batch_row(runtime: Runtime, symbol: str, depth: int, *, is_perp: bool) -> Quote | QuoteError:
    wanted = f"{symbol}-PERP" if is_perp and not symbol.endswith("-PERP") else symbol
    try:
        return Quote.trusted(runtime.engine.quote(wanted, depth, runtime.now_ns))
    except _core.Refusal as refusal:
        return QuoteError.trusted({"symbol": symbol, "error": refusal.message})
