"""What ended is judged by `verify` as by whoever reads it: by one code, row by row.

The rows here were sealed with what nobody can read in them: no digest and no sum tells of it.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sequence import Sequence
from sequence.errors import SequenceError
from sequence.sandbox import Sandbox
from sequence.store.check import verify_database
from sequence.store.sealing import seal_all

ETH, VENUE = "ETH-USD", "kraken"


def opened(file: Path) -> Sandbox:
    return Sandbox(store=file, clock="manual", preset="instant", market="manual")


def quote(sandbox: Sandbox, price: float) -> None:
    sandbox.market.snapshot(VENUE, ETH, [(price - 0.5, 500)], [(price + 0.5, 500)])


@pytest.fixture(scope="module", name="whole")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with two graphs that ended: a bracket, and an order alone."""
    file = tmp_path_factory.mktemp("readable") / "whole.db"
    with opened(file) as sandbox:
        client, levels = sandbox.client(), {"take_profit": 2400, "stop_loss": 2200}
        quote(sandbox, 2310)
        client.bracket(ETH, "buy", 1, **levels, venue=VENUE, graph_id="bracket")
        quote(sandbox, 2190)
        client.buy(ETH, 1, venue=VENUE, graph_id="plain")
        assert client.graph_status("bracket").status == "COMPLETED"
    assert verify_database(file) == []
    return file


def is_refused(client: Sequence, graph_id: str) -> bool:
    """Whether somebody who reads a graph, its orders and their fills is refused any of it."""
    try:
        ids = [name for node in client.graph_status(graph_id).nodes for name in node.node_order_ids]
        for name in ids:
            client.order(name)
        fills = client.fills()
    except SequenceError as error:
        return error.status == 500
    return fills.total != len(fills.fills)


NUMBER = {"bracket": 0, "plain": 1}
OF_ORDER = "order_no IN (SELECT order_no FROM orders WHERE graph_no = {})"
CHANGES = {
    "graphs.sent_by": ("graph_no = {}", "'nobody'"),
    "graphs.graph_id": ("graph_no = {}", "graph_id"),
    "graphs.fingerprint": ("graph_no = {}", "'zz'"),
    "graphs.risk": ("graph_no = {}", "risk || ' x'"),
    "graphs.metadata": ("graph_no = {}", "'[]'"),
    "orders.side": ("graph_no = {}", "'hold'"),
    "orders.symbol": ("graph_no = {}", "'no such symbol'"),
    "legs.deferred": (OF_ORDER, "2"),
    "legs.state": (OF_ORDER, "'gone'"),
    "legs.market_no": (OF_ORDER, "9999"),
    "fills.evidence": (OF_ORDER, "'x'"),
    "fills.market_no": (OF_ORDER, "9999"),
}


@pytest.mark.parametrize("graph_id", NUMBER)
@pytest.mark.parametrize("change", CHANGES)
def test_verify_finds_what_a_reader_is_refused_and_nothing_else(
    whole: Path, tmp_path: Path, change: str, graph_id: str
):
    (table, column), (where, value) = change.split("."), CHANGES[change]
    file = tmp_path / "changed.db"
    for kept in whole.parent.iterdir():
        shutil.copy(kept, tmp_path / kept.name.replace("whole", "changed"))
    which = where.format(NUMBER[graph_id])
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"UPDATE {table} SET {column} = {value} WHERE {which}")  # noqa: S608
        seal_all(connection)
        connection.commit()
    found = verify_database(file)
    with opened(file) as sandbox:
        client = sandbox.client()
        assert is_refused(client, graph_id) is bool(found), found
        quote(sandbox, 2310)
        assert client.buy(ETH, 1, venue=VENUE).status == "FILLED", "it costs nobody else anything"
