"""What can be traded, where and at which price."""

from typing import Annotated

import typer

from sequence.cli.connect import client_of, naming
from sequence.cli.output import (
    JsonFlag,
    moment,
    number,
    price_unit,
    shown,
    size_unit,
    text,
    write,
    write_flowing,
    write_json,
    write_table,
)
from sequence.types import Quote, Venues


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    for command in (quote, symbols, venues, fees):
        app.command()(command)


def quote(
    context: typer.Context,
    symbol: str,
    depth: Annotated[int, typer.Option(help="Levels per side in the JSON, 1 to 100.")] = 10,
    json: JsonFlag = False,
) -> None:
    """Best bid and offer over all venues, then every venue."""
    with client_of(context) as client, naming(client, symbol):
        answer = client.quote(symbol, depth=depth)
    if json:
        return write_json(answer)
    return _write_quote(answer)


def symbols(
    context: typer.Context,
    venue: Annotated[str | None, typer.Option(help="Only symbols of this venue.")] = None,
    json: JsonFlag = False,
) -> None:
    """What can be traded, and at which venues."""
    with client_of(context) as client:
        rows = client.symbols(venue=venue)
    if json:
        return write_json([*rows])
    return write_table(
        [text("SYMBOL", folds=True), text("TYPE"), text("STATUS"), text("VENUES", folds=True)],
        (
            (row.symbol, row.instrument_type, row.status, ",".join(v.venue for v in row.venues))
            for row in rows
        ),
    )


def venues(
    context: typer.Context,
    log: Annotated[
        bool, typer.Option("--log", help="Only the live books that were lost or came back.")
    ] = False,
    json: JsonFlag = False,
) -> None:
    """All venues and what they support."""
    with client_of(context) as client:
        answer = client.venues()
    if json:
        return write_json(answer)
    if log:
        return _write_log(answer)
    write_table(
        [
            text("VENUE"),
            text("CLASS"),
            text("TYPES", folds=True),
            text("SEEDED CASH", folds=True),
            text("STATUS"),
        ],
        (
            (
                row.venue,
                row.class_,
                ",".join(row.instrument_types),
                ",".join(cash.symbol for cash in row.cash_assets) if row.seeded else "-",
                row.status,
            )
            for row in answer.venues
        ),
    )
    return _write_feeds(answer)


def _write_feeds(answer: Venues) -> None:
    """The open connections, where there are any."""
    feeds = [(row.venue, row.feed) for row in answer.venues if row.feed is not None]
    if not feeds:
        return
    write_table(
        [
            text("FEED"),
            text("STATE"),
            number("LIVE"),
            number("GAPS"),
            number("RECONNECTS"),
            number("AGE", "ms"),
            number("P50", "ms"),
            number("P99", "ms"),
            number("CLOCKS", "ms"),
        ],
        (
            (
                venue,
                feed.state,
                f"{feed.live_books}/{feed.books}",
                str(feed.gaps),
                str(feed.reconnects),
                *map(
                    _measured,
                    (feed.age_ms, feed.delay_p50_ms, feed.delay_p99_ms, feed.clock_offset_ms),
                ),
            )
            for venue, feed in feeds
        ),
    )
    for _, feed in feeds:
        if feed.problem:
            is_over = feed.state == "connected" and feed.live_books == feed.books
            write(f"well again, after: {feed.problem}" if is_over else feed.problem)


def _write_log(answer: Venues) -> None:
    """Which books were lost and came back, at all venues in the order of time."""
    changes = [(row.venue, change) for row in answer.venues if row.feed for change in row.feed.log]
    changes.sort(key=lambda pair: pair[1].at_ns)
    write_table(
        [text("TIME"), text("VENUE"), text("SYMBOL", folds=True), text("BOOK", folds=True)],
        ((moment(change.at_ns), venue, change.symbol, change.state) for venue, change in changes),
    )


def _measured(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def fees(
    context: typer.Context,
    ticker: str,
    venue: Annotated[list[str] | None, typer.Option(help="Only this venue; repeatable.")] = None,
    json: JsonFlag = False,
) -> None:
    """Maker and taker fees of a symbol at each venue."""
    with client_of(context) as client, naming(client, ticker):
        answer = client.fees(ticker, venues=venue)
    if json:
        return write_json(answer)
    return write_table(
        [text("VENUE"), number("MAKER", "BPS"), number("TAKER", "BPS"), text("MODEL"), text("OF")],
        (
            (
                row.venue,
                shown(row.maker_bps),
                shown(row.taker_bps),
                row.model or "-",
                row.effective_date or "-",
            )
            for row in answer.fees
        ),
    )


def _write_quote(answer: Quote) -> None:
    nbbo = answer.nbbo
    price, size = price_unit(answer.symbol), size_unit(answer.symbol)
    write_flowing(
        answer.symbol,
        f"bid {shown(nbbo.bid)} x {shown(nbbo.bid_size)}",
        f"ask {shown(nbbo.ask)} x {shown(nbbo.ask_size)}",
        f"spread {shown(nbbo.spread_bps)} bps",
        "live" if nbbo.live else "NOT LIVE",
    )
    write_table(
        [
            text("VENUE"),
            number("BID", price),
            number("ASK", price),
            number("BID_SZ", size),
            number("ASK_SZ", size),
            number("AGE", "ms"),
        ],
        (
            (
                name,
                shown(row.bid),
                shown(row.ask),
                shown(row.bid_size),
                shown(row.ask_size),
                shown(row.age_ms),
            )
            for name, row in answer.venues.items()
        ),
    )
