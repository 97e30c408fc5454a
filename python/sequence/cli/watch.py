"""`sequence watch`: the account on the terminal, as it changes."""

import time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sequence import Sequence
from sequence.cli.connect import client_of
from sequence.cli.output import (
    PLAIN_ROOM,
    aligned,
    is_plain,
    number,
    short_id,
    shown,
    text,
    usd,
    write,
)
from sequence.errors import NetworkError
from sequence.types import Fill, Order, Quote
from sequence.types._decimal import known_sum

if TYPE_CHECKING:
    from rich.console import RenderableType

_ROWS: Final = 8
_LEAST_NAME: Final = 8
_LEAST_S: Final = 0.2


def watch(
    context: typer.Context,
    symbols: Annotated[
        list[str] | None, typer.Argument(help="Symbols whose best prices to show.")
    ] = None,
    every: Annotated[float, typer.Option(min=_LEAST_S, help="Seconds between two looks.")] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
) -> None:
    """Value, best prices, open orders and fills of the account, until Ctrl-C."""
    with client_of(context) as client:
        if once or is_plain():
            # A pipe gets one look that it can read.
            write("\n".join(lines(client, symbols or [])))
            return
        _follow(client, symbols or [], every)


def lines(client: Sequence, symbols: list[str]) -> list[str]:
    """One look: each line fits 80 columns, unless its numbers alone need more."""
    totals = client.positions().totals
    fees = totals.fees_usd_1e9
    pnl = known_sum(
        (
            totals.realized_pnl_usd_1e9,
            totals.unrealized_pnl_usd_1e9,
            None if fees is None else -fees,
        )
    )
    orders, fills = client.orders(open=True, limit=_ROWS), client.fills(limit=_ROWS)
    return [
        f"value {usd(totals.nav_usd_1e9)} USD   profit {usd(pnl)} USD",
        f"locked {usd(totals.locked_cash_usd_1e9)} USD   fees {usd(totals.fees_usd_1e9)} USD",
        "",
        *_fitted("lrlrrlr", [_best(client.quote(symbol, depth=1)) for symbol in symbols]),
        "",
        f"open orders ({orders.total})",
        *_fitted("lllrlrlr", [_order(row) for row in orders.orders]),
        "",
        f"fills ({fills.total})",
        *_fitted("lllrlrl", [_fill(row) for row in fills.fills]),
    ]


def _best(quote: Quote) -> list[str]:
    best = quote.nbbo
    bid, ask = shown(best.bid_price), shown(best.ask_price)
    return [quote.symbol, bid, "x", shown(best.bid_size), ask, "x", shown(best.ask_size)]


def _order(row: Order) -> list[str]:
    where = "market" if row.limit_price is None else shown(row.limit_price)
    begin = [row.symbol, short_id(row.node_order_id), row.side, shown(row.qty)]
    return [*begin, "at", where, row.status, f"{row.fill_pct:.0f} %"]


def _fill(row: Fill) -> list[str]:
    begin = [row.symbol, row.venue, row.side, shown(row.qty)]
    return [*begin, "at", shown(row.price), row.cause.lower()]


def _fitted(sides: str, rows: list[list[str]]) -> list[str]:
    """Rows below each other, each cell `l`eft or `r`ight.

    Where there is no room, the names at their beginning end in dots. A number is never cut.
    """
    columns = [number("") if side == "r" else text("") for side in sides]
    found = aligned(columns, rows, " ")
    over = max(map(len, found), default=0) - PLAIN_ROOM
    if over <= 0:
        return found
    longest = max(len(name) for name, *_ in rows)
    return aligned(columns, [[_cut(name, longest - over), *row] for name, *row in rows], " ")


def _cut(name: str, most: int) -> str:
    most = max(most, _LEAST_NAME)
    return name if len(name) <= most else f"{name[: most - 2]}.."


def _follow(client: Sequence, symbols: list[str], every_s: float) -> None:
    from rich.live import Live  # noqa: PLC0415 - only a terminal needs it

    with Live(screen=True, auto_refresh=False) as live:
        while True:
            live.update(_shown(client, symbols), refresh=True)
            time.sleep(every_s)


def _shown(client: Sequence, symbols: list[str]) -> "RenderableType":
    from rich.text import Text  # noqa: PLC0415 - only a terminal needs it

    try:
        return Text("\n".join([*lines(client, symbols), "", "Ctrl-C ends"]))
    except NetworkError as error:
        return Text(f"{error.message}\ntrying again; Ctrl-C ends")
