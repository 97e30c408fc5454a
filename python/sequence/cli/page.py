"""`sequence page`: opens the page of a running sandbox in a browser."""

import webbrowser
from typing import Annotated

import typer

from sequence.cli.connect import client_of
from sequence.cli.output import write


def page(
    context: typer.Context,
    show: Annotated[
        bool, typer.Option("--print", help="Print the link instead of opening it.")
    ] = False,
) -> None:
    """Opens the page of the sandbox in your browser, with a ticket that works once."""
    with client_of(context) as client:
        link = client.page_ticket().url
    # The ticket stands behind a `#`: it reaches no server and no log, and lives a minute.
    if show or not webbrowser.open(link):
        write(link)
        return
    write(f"opened {link.partition('#')[0]}")
