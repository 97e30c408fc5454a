"""Orders and fills."""

from typing import Annotated

import typer

from sequence import OrderOptions
from sequence import explain as explained
from sequence.cli.connect import client_of, naming
from sequence.cli.ending import LONGEST_S, ended, exit_code, found_id, outcome, settled_fills
from sequence.cli.negative import TakesNegatives
from sequence.cli.output import JsonFlag, number, shown, text, write, write_json, write_table
from sequence.types import AmendResponse, Fill, Order, Policy, Side, TimeInForce, Urgency

Limit = Annotated[int, typer.Option(help="Rows, 1 to 500.")]
OnlySymbol = Annotated[str | None, typer.Option(help="Only this symbol.")]
OrderId = Annotated[str, typer.Argument(help="Order id; `sequence orders` shows it.")]
Qty = Annotated[str | None, typer.Argument(help="Quantity in units of the instrument.")]
Price = Annotated[str | None, typer.Option(help="Limit price per unit; without it at market.")]
Notional = Annotated[str | None, typer.Option(help="Size in USD instead of a quantity.")]
VenueName = Annotated[str | None, typer.Option(help="Stay on this venue.")]
Tif = Annotated[TimeInForce | None, typer.Option(help="By default gtc with a price, else ioc.")]
How = Annotated[Policy | None, typer.Option(help="How the order is worked; by default sor.")]
Speed = Annotated[Urgency | None, typer.Option(help="Weight of speed against cost.")]
TagText = Annotated[str | None, typer.Option(help="What the order is for, for reports.")]
ExplainFlag = Annotated[bool, typer.Option("--explain", help="What proves each, line by line.")]
Wait = Annotated[float, typer.Option(min=0, help="Seconds to wait for the order at most.")]
Slippage = Annotated[
    int | None, typer.Option(help="Worst price against the best opposite one, in basis points.")
]


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    for command in (buy, sell, orders, cancel, amend, decrease, fills):
        app.command(cls=TakesNegatives)(command)


def buy(
    context: typer.Context,
    symbol: str,
    qty: Qty = None,
    price: Price = None,
    notional: Notional = None,
    venue: VenueName = None,
    tif: Tif = None,
    policy: How = None,
    urgency: Speed = None,
    max_slippage_bps: Slippage = None,
    tag: TagText = None,
    wait: Wait = LONGEST_S,
    json: JsonFlag = False,
) -> None:
    """Buys at market, or with --price at that price or better, and waits until it ends or rests.

    Exit code 0: filled whole, or it rests at its venue. 1: it ended without being filled whole.
    6: still under way after --wait seconds.
    """
    options = _options(price, notional, venue, tif, policy, urgency, max_slippage_bps, tag)
    _place(context, "buy", symbol, qty, options, wait=wait, json=json)


def sell(
    context: typer.Context,
    symbol: str,
    qty: Qty = None,
    price: Price = None,
    notional: Notional = None,
    venue: VenueName = None,
    tif: Tif = None,
    policy: How = None,
    urgency: Speed = None,
    max_slippage_bps: Slippage = None,
    tag: TagText = None,
    wait: Wait = LONGEST_S,
    json: JsonFlag = False,
) -> None:
    """Sells at market, or with --price at that price or better; waits and ends as `buy`."""
    options = _options(price, notional, venue, tif, policy, urgency, max_slippage_bps, tag)
    _place(context, "sell", symbol, qty, options, wait=wait, json=json)


def orders(
    context: typer.Context,
    symbol: OnlySymbol = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only open orders.")] = False,
    limit: Limit = 50,
    json: JsonFlag = False,
) -> None:
    """Orders, newest first."""
    with client_of(context) as client:
        page = client.orders(symbol=symbol, open=open_only, limit=limit)
    if json:
        return write_json(page)
    return write_orders(page.orders)


def cancel(context: typer.Context, order_id: OrderId, json: JsonFlag = False) -> None:
    """Cancels an order."""
    with client_of(context) as client:
        answer = client.cancel(found_id(client, order_id))
    if json:
        return write_json(answer)
    return write(f"{answer.status}  {answer.node_order_id}")


def amend(
    context: typer.Context,
    order_id: OrderId,
    price: Annotated[str | None, typer.Option(help="New limit price per unit.")] = None,
    qty: Annotated[str | None, typer.Option(help="New total, the filled part included.")] = None,
    json: JsonFlag = False,
) -> None:
    """Changes price or total quantity of an order."""
    with client_of(context) as client:
        answer = client.amend(found_id(client, order_id), new_price=price, new_qty=qty)
    _write_amended(answer, json=json)


def decrease(
    context: typer.Context,
    order_id: OrderId,
    by: Annotated[str, typer.Option(help="Quantity to take off the total.")],
    json: JsonFlag = False,
) -> None:
    """Takes a quantity off an order."""
    with client_of(context) as client:
        answer = client.decrease(found_id(client, order_id), by)
    _write_amended(answer, json=json)


def fills(
    context: typer.Context,
    symbol: OnlySymbol = None,
    limit: Limit = 50,
    json: JsonFlag = False,
    explain: ExplainFlag = False,
) -> None:
    """Fills, newest first, each with its reason."""
    with client_of(context) as client:
        page = client.fills(symbol=symbol, limit=limit)
    if json:
        return write_json(page)
    if explain:
        return write("\n".join(map(explained, page.fills)))
    return write_fills(page.fills)


def write_orders(rows: list[Order]) -> None:
    """A table of orders."""
    columns = [
        text("ID", is_id=True, folds=True),
        text("SIDE"),
        text("SYMBOL", folds=True),
        text("STATUS"),
        number("QTY", "(base)"),
    ]
    columns += [number("FILLED", "(base)"), number("AVG PRICE", "(quote)"), number("FEES", "USD")]
    write_table(
        [*columns, text("WHY", folds=True)],
        (
            (
                row.node_order_id,
                row.side,
                row.symbol,
                row.status,
                shown(row.qty),
                shown(row.filled_qty),
                shown(row.avg_price),
                shown(row.fees_usd),
                row.failure_message or row.failure_reason or row.done_reason or "-",
            )
            for row in rows
        ),
    )


def write_fills(rows: list[Fill]) -> None:
    """A table of fills."""
    columns = [text("VENUE"), text("SYMBOL", folds=True), text("SIDE"), number("QTY", "(base)")]
    columns += [number("PRICE", "(quote)"), number("FEE", "USD"), text("WHY", folds=True)]
    write_table(
        columns,
        (
            (
                row.venue,
                row.symbol,
                row.side,
                shown(row.qty),
                shown(row.price),
                shown(row.fee_usd),
                row.reason,
            )
            for row in rows
        ),
    )


def _options(
    price: str | None,
    notional: str | None,
    venue: str | None,
    tif: TimeInForce | None,
    policy: Policy | None,
    urgency: Urgency | None,
    max_slippage_bps: int | None,
    tag: str | None,
) -> OrderOptions:
    return {
        "limit_price": price,
        "notional": notional,
        "venue": venue,
        "tif": tif,
        "policy": policy,
        "urgency": urgency,
        "max_slippage_bps": max_slippage_bps,
        "tag": tag,
    }


def _place(
    context: typer.Context,
    side: Side,
    symbol: str,
    qty: str | None,
    options: OrderOptions,
    *,
    wait: float,
    json: bool,
) -> None:
    with client_of(context) as client, naming(client, symbol):
        place = client.buy if side == "buy" else client.sell
        order = ended(place(symbol, qty, **options), wait)
        fills = settled_fills(order)
    if json:
        write_json(order.row)
    else:
        write_orders([order.row])
        if fills:
            write("")
            write_fills(fills)
        write("")
        write(outcome(order))
    raise typer.Exit(exit_code(order))


def _write_amended(answer: AmendResponse, *, json: bool) -> None:
    if json:
        return write_json(answer)
    return write(f"{answer.status}  {answer.node_order_id}  ({answer.mode})")
