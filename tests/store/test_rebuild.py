"""Positions follow from fills, whatever was traded; a row that does not is found."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sequence.sandbox import Sandbox
from sequence.store.check import verify_database

PERPS = ("BTC-USD-PERP", "ETH-USD-PERP")


def trade(sandbox: Sandbox, seed: int, orders: int = 25) -> None:
    """Opens, adds, reduces, closes and turns perpetuals around."""
    chance, client = random.Random(seed), sandbox.client()  # noqa: S311
    for _ in range(orders):
        send = chance.choice((client.buy, client.sell))
        send(chance.choice(PERPS), chance.choice(("0.01", "0.03", "0.07", "0.2")))
        sandbox.clock.advance(seconds=20)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_perpetuals_are_made_again_from_their_fills(
    database: Path, reopen: Callable[..., Sandbox], seed: int
):
    with reopen() as sandbox:
        trade(sandbox, seed)
    with closing(sqlite3.connect(database)) as connection:
        turned = connection.execute(
            "SELECT count(*) FROM positions_v2 WHERE perp_qty_1e8 <> 0 AND realized_1e17 <> '0'"
        ).fetchone()[0]
    assert turned
    assert verify_database(database) == []


def test_a_reset_begins_anew_and_what_is_written_by_hand_is_left_alone(
    database: Path, reopen: Callable[..., Sandbox]
):
    with reopen() as sandbox:
        trade(sandbox, 4)
        sandbox.client().sandbox.reset()
        trade(sandbox, 5)
    assert verify_database(database) == []


@pytest.mark.parametrize(
    "change",
    [
        "perp_qty_1e8 = perp_qty_1e8 + 1",
        "cost_1e17 = cost_1e17 || '0'",
        "realized_1e17 = '12345'",
        "fees_usd_1e9 = '1'",
    ],
)
def test_a_changed_position_is_found(database: Path, reopen: Callable[..., Sandbox], change: str):
    with reopen() as sandbox:
        trade(sandbox, 6)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f"UPDATE positions_v2 SET {change} WHERE perp_qty_1e8 <> 0")  # noqa: S608
        connection.commit()
    assert "P4" in {finding.check for finding in verify_database(database)}


def test_a_fill_without_its_position_is_found(database: Path, reopen: Callable[..., Sandbox]):
    with reopen() as sandbox:
        trade(sandbox, 7)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("DELETE FROM positions_v2 WHERE perp_qty_1e8 IS NOT NULL")
        connection.commit()
    assert "P4" in {finding.check for finding in verify_database(database)}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET kind = 'order_filled' WHERE seq = 30",
        "UPDATE events SET ts_ns = ts_ns + 1 WHERE seq = 30",
        "UPDATE events SET word_4 = word_4 + 1 WHERE seq = 30",
        "UPDATE events SET chain = replace(chain, substr(chain, 1, 1), 'g') WHERE seq = 30",
        "UPDATE events SET account_seq = account_seq + 1000 WHERE seq = 30",
        "DELETE FROM events WHERE seq = 30",
        "DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)",
        "DELETE FROM events WHERE seq = 1",
        "UPDATE engine SET event_hash = event_hash + 1",
    ],
)
def test_any_change_of_the_event_log_is_found(
    database: Path, reopen: Callable[..., Sandbox], change: str
):
    with reopen() as sandbox:
        trade(sandbox, 8, orders=6)
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute(change).rowcount == 1
        connection.commit()
    assert {"D2", "D3"} & {finding.check for finding in verify_database(database)}
