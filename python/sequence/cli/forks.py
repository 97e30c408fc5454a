"""`sequence sandbox fork|forks|unfork`: sandboxes that a server holds beside its own."""

import typer

from sequence import Sequence
from sequence.cli.connect import client_of
from sequence.cli.output import JsonFlag, text, write, write_json, write_table


def register(sandbox: typer.Typer) -> None:
    """Adds the commands of this file to the group `sandbox`."""
    for command in (fork, forks, unfork):
        sandbox.command()(command)


def fork(context: typer.Context, json: JsonFlag = False) -> None:
    """Holds a sandbox that begins with this moment, at a port of its own."""
    with client_of(context) as client:
        write_fork(client.sandbox.fork(), json=json)


def forks(context: typer.Context, json: JsonFlag = False) -> None:
    """Sandboxes that the server holds beside its own."""
    with client_of(context) as client:
        rows = client.sandbox.forks()
    if json:
        return write_json([*rows])
    return write_table(
        [text("ID"), text("URL")], ((row.fork_id, row.url or "in process") for row in rows)
    )


def unfork(context: typer.Context, fork_id: str, json: JsonFlag = False) -> None:
    """Ends a sandbox that is held beside that of the server."""
    with client_of(context) as client:
        row = client.sandbox.end_fork(fork_id)
    return write_json(row) if json else write(f"{row.fork_id} ended")


def write_fork(branch: Sequence, *, json: bool) -> None:
    """Says where a sandbox is that was made just now, and how the commands get there.

    The client is not closed: that would end what it is a client of.
    """
    made = branch.fork
    if made is None:
        return None
    if json:
        return write_json(made)
    return write(
        f"{made.fork_id}\n"
        f"export SEQUENCE_BASE_URL={made.url} SEQUENCE_API_KEY={made.api_key}\n"
        f"`sequence sandbox unfork {made.fork_id}` ends it"
    )
