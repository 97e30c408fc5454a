"""Positions, the paper account, and the saved connection."""

from pathlib import Path
from typing import Annotated, Any, cast

import typer

from sequence import Sequence
from sequence._client.ask import config
from sequence._client.ask.options import options
from sequence.cli import forks, testing
from sequence.cli.connect import Target, client_of
from sequence.cli.negative import TakesNegatives
from sequence.cli.output import (
    JsonFlag,
    number,
    shown,
    text,
    usd,
    write,
    write_flowing,
    write_json,
    write_table,
)
from sequence.cli.reading import read_json
from sequence.errors import ValidationError
from sequence.types import Position

_SHOWN_KEY = len("seq_test_") + 4

sandbox = typer.Typer(help="Configure the paper account.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(positions)
    app.command()(login)
    sandbox.command("positions", cls=TakesNegatives)(write_positions)
    sandbox.command()(reset)
    sandbox.command()(settings)
    testing.register(sandbox)
    forks.register(sandbox)
    app.add_typer(sandbox, name="sandbox")


def positions(
    context: typer.Context,
    venue: Annotated[list[str] | None, typer.Option(help="Only this venue; repeatable.")] = None,
    closed: Annotated[bool, typer.Option("--closed", help="Closed rows too.")] = False,
    json: JsonFlag = False,
) -> None:
    """What the account holds at every venue, with totals."""
    with client_of(context) as client:
        answer = client.positions(venues=venue, include_closed=closed)
    if json:
        return write_json(answer)
    write_position_rows(answer.positions)
    totals = answer.totals
    return write_flowing(
        f"net asset value {usd(totals.nav_usd_1e9)} USD",
        f"cash {usd(totals.cash_usd_1e9)} USD",
        f"locked {usd(totals.locked_cash_usd_1e9)} USD",
        f"fees {usd(totals.fees_usd_1e9)} USD",
    )


def write_position_rows(rows: list[Position]) -> None:
    """A table of positions."""
    columns = [text("VENUE", folds=True), text("KIND", folds=True), text("SYMBOL", folds=True)]
    columns += [number("QTY", "(base)")]
    columns += [number("AVAILABLE", "(base)"), number("ENTRY", "USD"), number("VALUE", "USD")]
    write_table(
        [*columns, number("UNREALIZED", "USD"), number("FEES", "USD")],
        (
            (
                row.venue,
                row.instrument.kind,
                _name(row),
                shown(row.qty),
                shown(row.available_qty),
                shown(row.entry_price),
                usd(row.current_value_usd_1e9),
                usd(row.unrealized_pnl_usd_1e9),
                usd(row.fees_usd_1e9),
            )
            for row in rows
        ),
    )


def login(
    context: typer.Context,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Save without asking the server.")
    ] = False,
) -> None:
    """Asks for a key, tries it at its server and saves both."""
    target: Target = context.obj
    key = target.key or typer.prompt("API key", hide_input=True)
    checked = options(key, target.url, 30.0, 0, None)
    whose = ""
    if not unchecked:
        with Sequence(checked.api_key, base_url=checked.base_url, max_retries=0) as client:
            account = client.account()
        whose = f", {account.mode} key of {account.label or account.client_id}"
    file = config.save(config.Saved(checked.base_url, checked.api_key))
    write(f"{key[:_SHOWN_KEY]}... for {checked.base_url}{whose}: saved in {config.shown(file)}")


def write_positions(
    context: typer.Context,
    venue: Annotated[str | None, typer.Argument(help="Venue id.")] = None,
    kind: Annotated[
        str | None, typer.Argument(help="fiat, crypto, event_contract or perp.")
    ] = None,
    symbol: Annotated[str | None, typer.Argument(help="Asset or contract.")] = None,
    qty: Annotated[str | None, typer.Argument(help="Quantity in human units.")] = None,
    entry_price_usd: Annotated[str | None, typer.Option(help="Cost basis per unit.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="A JSON array of rows instead; - reads standard input.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Delete all present rows, cancel all open orders.")
    ] = False,
    json: JsonFlag = False,
) -> None:
    """Writes one paper position, or all rows of a file."""
    rows = _rows_of(file) if file is not None else [_row(venue, kind, symbol, qty, entry_price_usd)]
    with client_of(context) as client:
        answer = client.sandbox.set_positions(rows, replace=replace)
    if json:
        return write_json(answer)
    return write(f"{answer.written} written, {answer.deleted} deleted")


def reset(context: typer.Context, json: JsonFlag = False) -> None:
    """Wipes the paper account and seeds it with the default balances."""
    with client_of(context) as client:
        answer = client.sandbox.reset()
    if json:
        return write_json(answer)
    balance = shown(answer.initial_balance_usd)
    return write(f"reset: {balance} USD of each cash asset at {answer.venues_seeded} venues")


def settings(
    context: typer.Context,
    initial_balance_usd: Annotated[
        str | None, typer.Option(help="What a reset puts on each cash row, from the next one on.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Shows or sets what a reset seeds."""
    with client_of(context) as client:
        answer = client.sandbox.settings(initial_balance_usd)
    if json:
        return write_json(answer)
    return write(f"initial balance {shown(answer.initial_balance_usd)} USD")


def _name(row: Position) -> str:
    outcome = row.instrument.outcome
    name = row.instrument.symbol
    return name if outcome is None or name.endswith(f":{outcome}") else f"{name}:{outcome}"


def _row(
    venue: str | None, kind: str | None, symbol: str | None, qty: str | None, entry: str | None
) -> dict[str, Any]:
    row = {"venue": venue, "kind": kind, "symbol": symbol, "qty": qty}
    lacking = [name.upper() for name, value in row.items() if value is None]
    if lacking:
        raise ValidationError(f"give {' '.join(lacking)}, or --file with rows")
    return row if entry is None else row | {"entry_price_usd": entry}


def _rows_of(file: Path) -> list[dict[str, Any]]:
    rows = read_json(file, parse_float=str)
    found = cast("list[object]", rows) if isinstance(rows, list) else None
    if found is None or not all(isinstance(row, dict) for row in found):
        raise ValidationError(f"{file}: must hold a JSON array of objects")
    return cast("list[dict[str, Any]]", found)
