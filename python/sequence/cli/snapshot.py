"""`sequence snapshot save|load FILE`: the state of a sandbox in one file."""

from pathlib import Path
from typing import Annotated

import typer

from sequence.cli.connect import client_of
from sequence.cli.forks import write_fork
from sequence.cli.output import write
from sequence.cli.up import DEFAULT_HOST, DEFAULT_PORT, MAX_PORT, Keep, Place, refuse, run
from sequence.sandbox import Sandbox
from sequence.sandbox.clock import ClockKind
from sequence.store.snapshot import SnapshotError

snapshots = typer.Typer(help="The state of a sandbox in one file.", no_args_is_help=True)
_EXIT_SNAPSHOT = 5


@snapshots.command()
def save(
    context: typer.Context, file: Annotated[Path, typer.Argument(help="Where to write it.")]
) -> None:
    """Writes the state of every account of the running sandbox into a file."""
    with client_of(context) as client:
        client.sandbox.save_snapshot(file)
    write(f"{file}: {file.expanduser().stat().st_size:,} bytes; `sequence snapshot load` reads it")


@snapshots.command()
def load(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="What `sequence snapshot save` wrote.")],
    host: Annotated[str, typer.Option(help="Address to bind.")] = DEFAULT_HOST,
    port: Annotated[
        int, typer.Option(min=0, max=MAX_PORT, help="Port to bind; 0 takes a free one.")
    ] = DEFAULT_PORT,
    market: Annotated[str, typer.Option(help="As for `sequence up`.")] = "demo",
    clock: Annotated[ClockKind, typer.Option(help="As for `sequence up`.")] = "wall",
    no_save: Annotated[
        bool, typer.Option("--no-save", help="Do not save URL and key for the other commands.")
    ] = False,
    beside: Annotated[
        bool,
        typer.Option("--beside", help="Let the running server hold it beside its own sandbox."),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON when ready, save nothing.")
    ] = False,
) -> None:
    """Serves a sandbox that begins with the state of a file, and keeps its own in memory."""
    if beside:
        with client_of(context) as client:
            return write_fork(client.sandbox.load_snapshot(file), json=json)
    try:
        sandbox = Sandbox.from_snapshot(file, clock=clock, market=market)
    except SnapshotError as error:
        refuse(str(error), _EXIT_SNAPSHOT)
    except ValueError as error:
        refuse(str(error), 2)
    from sequence.server.limits import Limits  # noqa: PLC0415 - the other commands need no server

    keep: Keep = "nothing" if json or no_save else "beside others"
    return run(sandbox, "memory", Place(host, port, Limits()), keep=keep, json=json)
