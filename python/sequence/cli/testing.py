"""`sequence sandbox clock|faults|settle|events|snapshot|restore`: the world of a test."""

import re
from decimal import Decimal
from typing import Annotated, Final

import typer

from sequence.cli.connect import client_of
from sequence.cli.output import (
    JsonFlag,
    meant_id,
    number,
    short_id,
    shown,
    text,
    write,
    write_json,
    write_table,
)
from sequence.errors import ValidationError
from sequence.types import Fault, SandboxClock
from sequence.types._words import FaultKind

_STEP: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ns|ms|s|m|h)?")
_UNITS: Final = {"ns": 1, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3_600 * 10**9}

faults = typer.Typer(help="What goes wrong on purpose.", no_args_is_help=True)


def register(sandbox: typer.Typer) -> None:
    """Adds the commands of this file to the group `sandbox`."""
    for command in (clock, settle, events, snapshot, snapshots, restore):
        sandbox.command()(command)
    faults.command("list")(list_faults)
    faults.command("add")(add_fault)
    faults.command("remove")(remove_fault)
    sandbox.add_typer(faults, name="faults")


def clock(
    context: typer.Context,
    advance: Annotated[
        str | None, typer.Option(help="Let time pass: 500ms, 5s, 1.5m, 2h, or so many seconds.")
    ] = None,
    to: Annotated[
        int | None, typer.Option(help="Move to this time, in ns since the Unix epoch.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Shows the clock, or moves a manual one."""
    if advance is not None and to is not None:
        raise ValidationError("give --advance or --to, not both")
    with client_of(context) as client:
        if advance is not None:
            answer = client.sandbox.advance(ns=_nanoseconds(advance))
        elif to is not None:
            answer = client.sandbox.set_clock(to)
        else:
            answer = client.sandbox.clock()
    return write_json(answer) if json else _write_clock(answer)


def list_faults(context: typer.Context, json: JsonFlag = False) -> None:
    """Faults in force."""
    with client_of(context) as client:
        rows = client.sandbox.faults()
    return write_json([*rows]) if json else _write_faults(rows)


def add_fault(
    context: typer.Context,
    kind: Annotated[FaultKind, typer.Argument(help="What goes wrong.")],
    venue: Annotated[str | None, typer.Option(help="Where.")] = None,
    symbol: Annotated[str | None, typer.Option(help="For which symbol only.")] = None,
    count: Annotated[int | None, typer.Option(help="How often; by default once.")] = None,
    ms: Annotated[int | None, typer.Option(help="How long, in milliseconds.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why orders are rejected.")] = None,
    seed: Annotated[int | None, typer.Option(help="Hit one in two, the same ones again.")] = None,
    rate: Annotated[float | None, typer.Option(help="Share of the requests that is hit.")] = None,
    json: JsonFlag = False,
) -> None:
    """Makes something go wrong."""
    with client_of(context) as client:
        row = client.sandbox.add_fault(
            kind,
            venue=venue,
            symbol=symbol,
            count=count,
            ms=ms,
            reason=reason,
            seed=seed,
            rate=rate,
        )
    return write_json(row) if json else _write_faults([row])


def remove_fault(context: typer.Context, fault_id: str, json: JsonFlag = False) -> None:
    """Ends a fault; the short id that `list` shows names it, too."""
    with client_of(context) as client:
        listed = (row.fault_id for row in client.sandbox.faults())
        row = client.sandbox.remove_fault(meant_id(fault_id, listed, "faults"))
    return write_json(row) if json else write(f"{row.fault_id} ended")


def settle(
    context: typer.Context,
    venue: Annotated[str, typer.Argument(help="kalshi or polymarket.")],
    market_slug: Annotated[str, typer.Argument(help="The market; its own name means YES.")],
    value: Annotated[str | None, typer.Argument(help="What one unit pays, 0 to 1.")] = None,
    void: Annotated[bool, typer.Option("--void", help="Pay holdings back at cost.")] = False,
    json: JsonFlag = False,
) -> None:
    """Ends an event market for every account."""
    with client_of(context) as client:
        answer = client.sandbox.settle(venue, market_slug, value, void=void)
    if json:
        return write_json(answer)
    paid = shown(answer.payout_usd)
    return write(f"{answer.settled_positions} positions settled, {paid} USD paid")


def events(
    context: typer.Context,
    since: Annotated[int, typer.Option(help="Only events after this number.")] = 0,
    limit: Annotated[int, typer.Option(help="Rows, 1 to 10,000.")] = 100,
    json: JsonFlag = False,
) -> None:
    """What happened to the account, oldest first."""
    with client_of(context) as client:
        answer = client.sandbox.events(since_seq=since, limit=limit)
    if json:
        return write_json(answer)
    columns = [number("SEQ"), number("TIME", "ns"), text("TYPE"), text("DATA", folds=True)]
    write_table(
        columns,
        ((str(row.seq), str(row.ts_ns), row.type, str(row.data)) for row in answer.events),
    )
    return write(f"hash {answer.hash}")


def snapshot(context: typer.Context, json: JsonFlag = False) -> None:
    """Keeps a copy of the whole state to return to."""
    with client_of(context) as client:
        answer = client.sandbox.snapshot()
    return write_json(answer) if json else write(answer.snapshot_id)


def snapshots(context: typer.Context, json: JsonFlag = False) -> None:
    """Copies of the state that can be returned to, oldest first."""
    with client_of(context) as client:
        rows = client.sandbox.snapshots()
    if json:
        return write_json([*rows])
    columns = [text("ID"), number("TIME", "ns")]
    return write_table(columns, ((row.snapshot_id, str(row.ts_ns)) for row in rows))


def restore(context: typer.Context, snapshot_id: str, json: JsonFlag = False) -> None:
    """Returns to a copy, in a new epoch."""
    with client_of(context) as client:
        answer = client.sandbox.restore(snapshot_id)
    return write_json(answer) if json else write(f"{answer.snapshot_id}: restored")


def _nanoseconds(given: str) -> int:
    found = _STEP.fullmatch(given)
    if found is None:
        raise ValidationError(f"--advance: {given!r} is no time; such as 500ms, 5s, 1.5m or 2h")
    return round(float(found[1]) * _UNITS[found[2] or "s"])


def _write_clock(answer: SandboxClock) -> None:
    write(f"{answer.clock}  {answer.now_ns} ns")


def _write_faults(rows: list[Fault]) -> None:
    columns = [text("ID"), text("KIND"), text("VENUE"), text("SYMBOL", folds=True)]
    columns += [number("LEFT")]
    write_table(
        [*columns, number("RATE", "%"), number("TIME", "ms"), text("REASON", folds=True)],
        (
            (
                short_id(row.fault_id),
                row.kind,
                row.venue or "-",
                row.symbol or "-",
                shown(row.left),
                shown(_percent(row)),
                shown(row.ms),
                row.reason or "-",
            )
            for row in rows
        ),
    )


def _percent(fault: Fault) -> Decimal | None:
    """Share of the requests that a fault hits, in percent; one with a seed alone hits half."""
    if fault.rate is None:
        return None if fault.seed is None else Decimal(50)
    return 100 * Decimal(repr(fault.rate))
