"""Instruments, where they are listed, and what trading them costs."""

from collections.abc import Mapping
from typing import Any

from sequence.sandbox.keys import Principal
from sequence.sandbox.refuse import refused
from sequence.sandbox.runtime import Runtime
from sequence.types import Fees, FeesQuery, PairVenues, SymbolList, SymbolRow, SymbolsQuery


def symbols(
    runtime: Runtime, principal: Principal, path: Mapping[str, str], query: SymbolsQuery, body: Any
) -> SymbolList:
    """``GET /v1/symbols``, ordered by symbol."""
    del principal, path, body
    rows = runtime.engine.symbols(query.venue, query.type)
    return SymbolList.model_construct(root=[SymbolRow.trusted(row) for row in rows])


def pair_venues(
    runtime: Runtime, principal: Principal, path: Mapping[str, str], query: Any, body: Any
) -> PairVenues:
    """``GET /v1/pairs/{symbol}/venues``."""
    del principal, query, body
    # The quote knows every form of a symbol and refuses those that are listed nowhere.
    canonical = runtime.engine.quote(path["symbol"], 1, runtime.now_ns)["symbol"]
    for row in runtime.engine.symbols(None, None):
        if row["symbol"] == canonical:
            return PairVenues.trusted({"symbol": canonical, "venues": row["venues"]})
    raise refused("NOT_FOUND", f"unknown symbol {path['symbol']}")


def fees(
    runtime: Runtime, principal: Principal, path: Mapping[str, str], query: FeesQuery, body: Any
) -> Fees:
    """``GET /v1/fees``."""
    del principal, path, body
    venues = None if query.venues is None else list(query.venues)
    return Fees.trusted(runtime.engine.fees(query.ticker, venues))
