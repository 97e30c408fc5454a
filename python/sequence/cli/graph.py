"""Execution graphs of the command line: submitted from a file, drawn as text, cancelled."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup

from sequence._client.drawing import draw
from sequence.cli.connect import client_of
from sequence.cli.output import JsonFlag, number, shown, text, write, write_json, write_table
from sequence.cli.reading import read_json
from sequence.cli.trade import Limit
from sequence.errors import ValidationError
from sequence.types import Graph
from sequence.types._decimal import exact
from sequence.types._words import GraphStatus

GraphId = Annotated[str, typer.Argument(help="Graph id, or the id of one of its orders.")]
_KEYS = ("nodes", "edges", "risk", "metadata", "graph_id", "sandbox")


class _FileFirst(TyperGroup):
    """A word that is no command is the file of `submit`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - see typer
        """Puts the command in front of a lone file."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["submit", *args]
        return super().parse_args(ctx, args)


graph = typer.Typer(
    cls=_FileFirst,
    help="Execution graphs: `sequence graph FILE.json` submits one, `show` draws it.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    for command in (submit, show, cancel, resume):
        graph.command()(command)
    graph.command("list")(listed)
    app.add_typer(graph, name="graph")


def submit(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The graph as JSON; - reads standard input.")],
    json: JsonFlag = False,
) -> None:
    """Submits the graph of a file and draws it; the word `submit` may be left out."""
    body = _read(file)
    with client_of(context) as client:
        answer = client.submit_graph(
            body["nodes"],
            body.get("edges", []),
            risk=body.get("risk"),
            metadata=body.get("metadata"),
            sandbox=body.get("sandbox"),
            graph_id=body.get("graph_id"),
        )
        found = client.graph_status(answer.graph_id)
    _write(found, json=json)


def show(context: typer.Context, graph_id: GraphId, json: JsonFlag = False) -> None:
    """Draws a graph: what became of each order, and which edge waits for what."""
    with client_of(context) as client:
        found = client.graph_status(graph_id)
    _write(found, json=json)


def listed(
    context: typer.Context,
    open_only: Annotated[bool, typer.Option("--open", help="Only graphs that go on.")] = False,
    status: Annotated[
        list[str] | None, typer.Option(help="Only this status, such as RUNNING; may be repeated.")
    ] = None,
    limit: Limit = 50,
    json: JsonFlag = False,
) -> None:
    """Graphs, newest first."""
    wanted = cast("list[GraphStatus] | None", status or None)
    with client_of(context) as client:
        page = client.graphs(status=wanted, open=open_only, limit=limit)
    if json:
        return write_json(page)
    columns = [text("ID", folds=True), text("STATUS"), number("NODES"), number("EDGES")]
    columns += [number("PNL", "USD"), number("FEES", "USD"), text("WHY", folds=True)]
    rows = (
        (
            row.graph_id,
            row.status,
            str(row.node_count),
            str(row.edge_count),
            shown(exact(row.pnl_usd_1e9, 9)),
            shown(exact(row.fees_usd_1e9, 9)),
            row.status_reason or "-",
        )
        for row in page.graphs
    )
    return write_table(columns, rows)


def cancel(context: typer.Context, graph_id: GraphId, json: JsonFlag = False) -> None:
    """Cancels every open order of a graph; nothing of it starts any more."""
    with client_of(context) as client:
        client.graph_cancel(graph_id)
        found = client.graph_status(graph_id)
    _write(found, json=json)


def resume(context: typer.Context, graph_id: GraphId, json: JsonFlag = False) -> None:
    """Lets a paused graph go on."""
    with client_of(context) as client:
        found = client.graph_resume(graph_id)
    _write(found, json=json)


def _write(found: Graph, *, json: bool) -> None:
    if json:
        return write_json(found)
    return write(draw(found))


def _read(file: Path) -> dict[str, Any]:
    body = read_json(file, parse_float=Decimal)
    rows = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    if not isinstance(rows.get("nodes"), list):
        raise ValidationError(f"{file}: must hold a JSON object with an array `nodes`")
    _check_keys(file, rows)
    return rows


def _check_keys(file: Path, rows: dict[str, Any]) -> None:
    unknown = sorted(rows.keys() - set(_KEYS))
    if unknown:
        raise ValidationError(f"{file}: unknown key {unknown[0]!r}; known: {', '.join(_KEYS)}")
