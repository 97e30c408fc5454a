"""`sequence watch`: the account on the terminal, as it changes."""

import time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sequence import Sequence
from sequence.cli.connect import client_of
from sequence.cli.output import is_plain, short_id, shown, usd, write
from sequence.errors import NetworkError
from sequence.types._decimal import known_sum

if TYPE_CHECKING:
    from rich.console import RenderableType

_ROWS: Final = 8
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
    """One look: each line fits 80 columns."""
    totals = client.positions().totals
    fees = totals.fees_usd_1e9
    pnl = known_sum(
        (
            totals.realized_pnl_usd_1e9,
            totals.unrealized_pnl_usd_1e9,
            None if fees is None else -fees,
        )
    )
    found = [
        f"value {usd(totals.nav_usd_1e9)} USD   profit {usd(pnl)} USD",
        f"locked {usd(totals.locked_cash_usd_1e9)} USD   fees {usd(totals.fees_usd_1e9)} USD",
        "",
    ]
    for symbol in symbols:
        best = client.quote(symbol, depth=1).nbbo
        sides = f"{shown(best.bid_price)} x {shown(best.bid_size)}", f"{shown(best.ask_price)}"
        found.append(f"{symbol:<16.16} {sides[0]:>24.24}  {sides[1]} x {shown(best.ask_size)}")
    orders, fills = client.orders(open=True, limit=_ROWS), client.fills(limit=_ROWS)
    found += ["", f"open orders ({orders.total})"]
    for order in orders.orders:
        where = "market" if order.limit_price is None else shown(order.limit_price)
        found.append(
            f"  {short_id(order.node_order_id):<9.9} {order.side:<4} {shown(order.qty):>10.10} "
            f"{order.symbol:<16.16} at {where:<12.12} {order.status:<9.9} {order.fill_pct:.0f} %"
        )
    found += ["", f"fills ({fills.total})"]
    for fill in fills.fills:
        found.append(
            f"  {fill.venue:<11.11} {fill.side:<4} {shown(fill.qty):>10.10} {fill.symbol:<16.16} "
            f"at {shown(fill.price):<12.12} {fill.cause.lower()}"
        )
    return [line[:80].rstrip() for line in found]


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
