"""Clients of a server: accounts of their own for the people of a team."""

from typing import Annotated

import typer

from sequence.cli.connect import client_of
from sequence.cli.output import JsonFlag, moment, text, write, write_json, write_table

clients = typer.Typer(
    help="Accounts of their own on one server; needs an admin key.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    clients.command()(add)
    clients.command("list")(listed)
    app.add_typer(clients, name="clients")


def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="1 to 64 of A-Z a-z 0-9 . _ -")],
    json: JsonFlag = False,
) -> None:
    """Makes a client with money, limits and a test key of its own; the key is shown this once."""
    with client_of(context) as client:
        answer = client.sandbox.add_client(name)
    if json:
        return write_json(answer)
    return write(f"{answer.name}  {answer.client_id}\n{answer.api_key}")


def listed(context: typer.Context, json: JsonFlag = False) -> None:
    """The clients of the server."""
    with client_of(context) as client:
        answer = client.sandbox.clients()
    if json:
        return write_json(answer)
    rows = ((row.name, row.client_id, moment(row.created_at_ns)) for row in answer.clients)
    return write_table([text("NAME", folds=True), text("CLIENT ID"), text("SINCE")], rows)
