"""A damaged row costs that row: it is named, the others are read, and nobody is shut out."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sequence import Sequence
from sequence.errors import SequenceError
from sequence.sandbox import Sandbox
from sequence.store.check import verify_database
from tests.store.flips import flip

Reopen = Callable[..., Sandbox]

ENDED = [
    "UPDATE orders SET side = 'sell' WHERE order_no = 1",
    "UPDATE orders SET symbol = 'ETH-USD' WHERE order_no = 1",
    "UPDATE orders SET symbol = 'no such symbol' WHERE order_no = 1",
    "UPDATE orders SET version = version + 1 WHERE order_no = 1",
    "UPDATE orders SET account_no = 77 WHERE order_no = 1",
    "UPDATE fills SET price_1e9 = price_1e9 + 1 WHERE order_no = 1",
    "UPDATE fills SET fee = '0' WHERE order_no = 1",
    "UPDATE fills SET fill_id = '01ARZ3NDEKTSV4RRFFQ69G5FAV' WHERE order_no = 1",
    "UPDATE fills SET market_no = 9999 WHERE order_no = 1",
    "UPDATE fills SET evidence = 'x' WHERE order_no = 1",
    "UPDATE fills SET realized_usd_1e9 = '1' WHERE order_no = 1",
    "UPDATE legs SET market_no = 9999 WHERE order_no = 1",
    "UPDATE legs SET transit = '' WHERE order_no = 1",
    "UPDATE graphs SET metadata = '[]' WHERE order_no = 1",
    "UPDATE graphs SET fingerprint = 'zz' WHERE order_no = 1",
    "DELETE FROM orders WHERE order_no = 1",
    "DELETE FROM graphs WHERE order_no = 1",
    "DELETE FROM legs WHERE order_no = 1",
    "DELETE FROM fills WHERE order_no = 1",
]
REST = [
    "UPDATE positions_v2 SET realized_1e17 = '5'",
    "UPDATE positions_v2 SET fees_usd_1e9 = '5'",
    "UPDATE events SET chain = 'f' || chain WHERE seq = (SELECT max(seq) FROM events)",
    "UPDATE clients SET label = 'somebody'",
    "UPDATE api_keys SET is_admin = 1 - is_admin",
    "UPDATE settings SET value = '5'",
    "UPDATE meta SET value = '7' WHERE name = 'seed'",
    "DELETE FROM seals WHERE name = 'orders'",
    "UPDATE seals SET rows = rows + 1 WHERE name = 'fills'",
    "DROP INDEX fills_of_account",
    "PRAGMA user_version = 3",
]


def changed(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.fixture
def traded(database: Path, reopen: Reopen) -> Path:
    with reopen() as sandbox:
        for number in range(3):
            sandbox.client().buy("BTC-USD", "0.1", graph_id=f"g{number}")
    assert verify_database(database) == []
    return database


@pytest.mark.parametrize("change", ENDED + REST)
def test_every_change_of_what_is_stored_is_found(traded: Path, change: str):
    changed(traded, change)
    assert verify_database(traded) != []


@pytest.mark.parametrize("change", ENDED)
def test_a_damaged_ended_row_costs_no_other(traded: Path, reopen: Reopen, change: str):
    changed(traded, change)
    with reopen() as sandbox:
        client = sandbox.client()
        whole = {"graph:g0:order:1", "graph:g2:order:1"}
        shown = {row.node_order_id for row in client.orders().orders}
        assert whole <= shown
        assert {row.node_order_id for row in client.fills().fills} >= whole
        for name in whole:
            assert client.order(name).status == "FILLED"
        assert _status(client, "graph:g1:order:1") in (200, 404, 500)
        client.buy("BTC-USD", "0.1", graph_id="after")
        assert client.order("graph:after:order:1").status == "FILLED"


def _status(client: Sequence, name: str) -> int:
    try:
        client.order(name)
    except SequenceError as error:
        return error.status
    return 200


def test_a_damaged_row_is_refused_by_its_name(traded: Path, reopen: Reopen):
    changed(traded, "UPDATE orders SET version = version + 1 WHERE order_no = 1")
    with reopen() as sandbox:
        for _ in range(2):
            with pytest.raises(SequenceError, match="orders 1") as refused:
                sandbox.client().order("graph:g1:order:1")
            assert refused.value.status == 500


def test_flipped_bits_do_not_pass(tmp_path: Path):
    changed, passed = flip(200, 11, tmp_path)
    assert (changed, passed) == (200, [])


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE orders SET version = version + 1 WHERE status = 'ACCEPTED'",
        "UPDATE legs SET reserved = reserved || '0' WHERE reserved IS NOT NULL",
        "UPDATE balances SET available = available || '0' WHERE available <> '0'",
    ],
)
def test_a_damaged_start_can_be_read_but_not_written(database: Path, reopen: Reopen, change: str):
    with reopen() as sandbox:
        sandbox.client().buy("BTC-USD", "0.1", graph_id="done")
        sandbox.client().buy("BTC-USD", "0.1", limit_price="1000", tif="gtc", graph_id="open")
    changed(database, change)
    before = database.read_bytes()
    with reopen() as sandbox:
        client = sandbox.client()
        assert client.order("graph:done:order:1").status == "FILLED"
        assert client.orders().total == 2
        with pytest.raises(SequenceError, match="read-only") as refused:
            client.buy("BTC-USD", "0.1")
        assert refused.value.status == 503
        assert sandbox.runtime.problems
    assert database.read_bytes() == before
