"""Quotes, instruments, fees and venues."""

from collections.abc import Iterable

from sequence import _operations as ops
from sequence import types as t
from sequence._client.ask.ids import checked_id
from sequence._client.ask.orders import checked, checked_query, names, several
from sequence._client.async_.base import AsyncClientBase
from sequence.types._words import HistoryRange, InstrumentType


class AsyncMarketCalls(AsyncClientBase):
    """Reads of the market; they change nothing."""

    async def quote(self, symbol: str, *, depth: int = 10, nowait: bool = False) -> "t.Quote":
        """Best bid and offer over all venues, each venue's top, and the consolidated book.

        Args:
            symbol: Any symbol form.
            depth: Levels per side, 1 to 100.
            nowait: Do not wait for a first book. For research only: it may be all zeros.

        Raises:
            NotFoundError: The symbol is not known.

        Example:
            >>> quote = await client.quote("BTC-USD")
            >>> quote.nbbo.bid < quote.nbbo.ask
            True
        """
        query = checked_query(t.QuoteQuery, depth=depth, nowait=nowait)
        path = {"symbol": checked_id(symbol, "symbol")}
        return await self.send(ops.QUOTE, path=path, query=query)

    async def quotes(
        self, symbols: str | Iterable[str] | None = None, *, max_age_s: int = 300
    ) -> "t.Quotes":
        """Quotes of many symbols; unknown ones are left out.

        Args:
            symbols: One symbol or several, None for all.
            max_age_s: Leave out what was last updated longer ago, in seconds; 0 leaves nothing.
        """
        query = checked_query(t.QuotesQuery, symbols=names(symbols, "symbols"), max_age_s=max_age_s)
        return await self.send(ops.QUOTES, query=query)

    async def quotes_batch(
        self,
        symbols: str | Iterable[str],
        *,
        depth: int = 10,
        nowait: bool = True,
        concurrency: int = 64,
        instrument_type: InstrumentType | None = None,
    ) -> "t.QuotesBatch":
        """Quotes in request order; a symbol that fails has its own error row.

        Args:
            symbols: 1 to 2000 symbols.
            depth: Levels per side, 1 to 100.
            nowait: Do not wait for first books.
            concurrency: How many symbols the server works on at once, 1 to 256.
            instrument_type: Kind of all symbols; None detects it.
        """
        values = {
            "symbols": [*several(symbols, "symbols")],
            "depth": depth,
            "nowait": nowait,
            "concurrency": concurrency,
            "instrument_type": instrument_type,
        }
        return await self.send(ops.QUOTES_BATCH, body=checked(t.QuotesBatchRequest, values))

    async def symbols(
        self, *, venue: str | None = None, instrument_type: InstrumentType | None = None
    ) -> "list[t.SymbolRow]":
        """What can be traded, and at which venues.

        Args:
            venue: Only symbols of this venue.
            instrument_type: Only this kind.
        """
        query = checked_query(t.SymbolsQuery, venue=venue, type=instrument_type)
        return (await self.send(ops.SYMBOLS, query=query)).root

    async def pair_venues(self, symbol: str) -> "t.PairVenues":
        """Where a symbol is listed, with tick, lot and minimums."""
        return await self.send(ops.PAIR_VENUES, path={"symbol": checked_id(symbol, "symbol")})

    async def fair_price(self, underlying: str | None = None) -> "t.FairPrices":
        """Reference prices from the depth of all venues.

        Args:
            underlying: Asset code such as `BTC`; None for all.
        """
        query = checked_query(t.FairPriceQuery, underlying=underlying)
        return await self.send(ops.FAIR_PRICE, query=query)

    async def fees(self, ticker: str, *, venues: str | Iterable[str] | None = None) -> "t.Fees":
        """Maker and taker fees in basis points. Null means no data, not free.

        Args:
            ticker: Any symbol form.
            venues: Only this venue or these.
        """
        query = checked_query(t.FeesQuery, ticker=ticker, venues=names(venues, "venues"))
        return await self.send(ops.FEES, query=query)

    async def venues(self) -> "t.Venues":
        """All venues and what they support."""
        return await self.send(ops.VENUES)

    async def edges(self) -> "t.Edges":
        """The venue processes and their state."""
        return await self.send(ops.EDGES)

    async def price_history(
        self,
        symbol: str,
        *,
        range: HistoryRange = "1d",  # noqa: A002 - the wire's name
        fidelity_secs: int = 60,
        limit: int | None = None,
        start_ts: int | None = None,
        end_ts: int | None = None,
        venue: str | None = None,
    ) -> "t.PriceHistory":
        """Prices over time, oldest first: the middle of the best bid and offer, or trades.

        Args:
            symbol: Any symbol form.
            range: How far back; more than a day needs `venue`, but for event markets.
            fidelity_secs: Length of a bar in seconds; 0 gives the newest trades themselves.
            limit: Points at most, the newest ones; by default 5,000 bars or 100 trades.
            start_ts: From here on instead of `range`, in seconds since the Unix epoch.
            end_ts: Until here, in seconds since the Unix epoch; by default now.
            venue: The last trades of this venue, of its newest 500, instead of all venues.

        Raises:
            CapabilityMissingError: More than a day of one venue is not kept here.
            BadRequestError: More than a day, and no venue.
            UnprocessableError: `start_ts` is after `end_ts`.
        """
        query = checked_query(
            t.PriceHistoryQuery,
            range=range,
            fidelity_secs=fidelity_secs,
            limit=limit,
            start_ts=start_ts,
            end_ts=end_ts,
            venue=venue,
        )
        path = {"symbol": checked_id(symbol, "symbol")}
        return await self.send(ops.PRICE_HISTORY, path=path, query=query)
