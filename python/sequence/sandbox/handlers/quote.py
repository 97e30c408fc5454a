"""Quotes: one, many, and a batch in which every symbol answers for itself."""

import time
from collections.abc import Mapping
from typing import Any

from sequence import _core
from sequence.sandbox.keys import Principal
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


def quote(
    runtime: Runtime, principal: Principal, path: Mapping[str, str], query: QuoteQuery, body: Any
) -> Quote:
    """``GET /v1/quotes/{symbol}``."""
    del principal, body
    return Quote.trusted(runtime.engine.quote(path["symbol"], query.depth, runtime.now_ns))


def quotes(
    runtime: Runtime, principal: Principal, path: Mapping[str, str], query: QuotesQuery, body: Any
) -> Quotes:
    """``GET /v1/quotes``: unknown and outdated symbols are left out."""
    del principal, path, body
    symbols = None if query.symbols is None else list(query.symbols)
    rows = runtime.engine.quotes(symbols, query.max_age_s, runtime.now_ns)
    return Quotes.trusted({"quotes": rows})


def batch(
    runtime: Runtime,
    principal: Principal,
    path: Mapping[str, str],
    query: Any,
    body: QuotesBatchRequest,
) -> QuotesBatch:
    """``POST /v1/quotes_batch``, in request order."""
    del principal, path, query
    started_s = time.perf_counter()
    is_perp = body.instrument_type == "perp"
    rows = [_batch_row(runtime, symbol, body.depth, is_perp=is_perp) for symbol in body.symbols]
    elapsed_ms = int((time.perf_counter() - started_s) * 1_000)
    return QuotesBatch.trusted({"quotes": rows, "count": len(rows), "elapsed_ms": elapsed_ms})


def _batch_row(
    runtime: Runtime, symbol: str, depth: int, *, is_perp: bool
) -> Quote | QuoteError:
    wanted = f"{symbol}-PERP" if is_perp and not symbol.endswith("-PERP") else symbol
    try:
        return Quote.trusted(runtime.engine.quote(wanted, depth, runtime.now_ns))
    except _core.Refusal as refusal:
        return QuoteError.trusted({"symbol": symbol, "error": refusal.message})
