"""Instruments, where they are listed, and what trading them costs."""

from sequence.sandbox.call import Call
from sequence.sandbox.listed import symbol_row, symbol_rows
from sequence.types import (
    FairPriceQuery,
    FairPrices,
    Fees,
    FeesQuery,
    PairVenues,
    SymbolList,
    SymbolRow,
    SymbolsQuery,
)


def symbols(call: Call[SymbolsQuery, None]) -> SymbolList:
    """``GET /v1/symbols``, ordered by symbol."""
    rows = symbol_rows(call.runtime, call.query.venue, call.query.type)
    return SymbolList.model_construct(root=[SymbolRow.trusted(row) for row in rows])


def pair_venues(call: Call[None, None]) -> PairVenues:
    """``GET /v1/pairs/{symbol}/venues``; any form of the symbol."""
    row = symbol_row(call.runtime, call.path["symbol"])
    return PairVenues.trusted({"symbol": row["symbol"], "venues": row["venues"]})


def fair_price(call: Call[FairPriceQuery, None]) -> FairPrices:
    """``GET /v1/fair_price``: pairs in USD with a two-sided book."""
    return FairPrices.trusted({"prices": call.engine.fair_prices(call.query.underlying)})


def fees(call: Call[FeesQuery, None]) -> Fees:
    """``GET /v1/fees``."""
    venues = None if call.query.venues is None else list(call.query.venues)
    return Fees.trusted(call.engine.fees(call.query.ticker, venues))
