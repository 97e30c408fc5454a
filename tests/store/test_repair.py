"""`sequence repair` says what it would do and does it when told to: nobody is shut out."""

import errno
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sequence.sandbox import Sandbox
from sequence.store import StoreError
from sequence.store.check import verify_database
from sequence.store.files import Lock
from sequence.store.repair import Repair
from tests.store.conftest import PROGRAM
from tests.store.test_damage import ENDED, REST, changed

Reopen = Callable[..., Sandbox]

OPEN = [
    "UPDATE legs SET reserved = reserved || '0' WHERE reserved IS NOT NULL",
    "UPDATE balances SET available = available || '0' WHERE available <> '0'",
    "UPDATE balances SET reserved = '7' WHERE reserved = '0'",
    "UPDATE orders SET qty_1e8 = qty_1e8 * 2 WHERE status = 'ACCEPTED'",
    "UPDATE orders SET symbol = 'no such symbol' WHERE status = 'ACCEPTED'",
    "DELETE FROM legs",
    "DELETE FROM orders",
    "DELETE FROM assets",
    "DELETE FROM engine",
    "UPDATE engine SET event_hash = 1",
    "UPDATE engine SET last_seq = 1",
    "DELETE FROM events WHERE seq = 3",
    "DELETE FROM events",
    "UPDATE positions_v2 SET perp_qty_1e8 = 5 WHERE perp_qty_1e8 IS NOT NULL",
    "UPDATE accounts SET epoch = 9",
    "UPDATE contra SET fees = 'many'",
]


@pytest.fixture
def used(database: Path, reopen: Reopen) -> Path:
    with reopen() as sandbox:
        client = sandbox.client()
        for number in range(3):
            client.buy("BTC-USD", "0.1", graph_id=f"g{number}")
        client.buy("BTC-USD-PERP", "0.1", graph_id="perp")
        client.buy("BTC-USD", "0.1", limit_price="1000", tif="gtc", graph_id="open")
    return database


@pytest.mark.parametrize("change", [*ENDED, *REST, *OPEN])
def test_whatever_was_changed_can_be_repaired(used: Path, reopen: Reopen, change: str):
    changed(used, change)
    before = used.read_bytes()
    with Repair(used).tried() as repair:
        assert repair.findings
        assert repair.steps
        assert repair.left == []
        assert used.read_bytes() == before
        kept = repair.apply()
    assert kept == used.with_name(f"{used.name}.damaged-1")
    assert [path.name for path in used.parent.glob("*.repair*")] == []
    assert verify_database(used) == []
    with reopen() as sandbox:
        assert sandbox.runtime.problems == []
        sandbox.client().buy("BTC-USD", "0.1", graph_id="after")
        assert sandbox.client().order("graph:after:order:1").status == "FILLED"
    assert verify_database(used) == []


def test_nothing_is_done_before_it_is_asked_for(used: Path):
    changed(used, "UPDATE fills SET price_1e9 = price_1e9 + 1 WHERE order_no = 1")
    before = used.read_bytes()
    told = _sequence("repair", str(used))
    assert (told.returncode, told.stderr) == (1, "")
    assert "found: " in told.stdout
    assert "would do: fill 1: price and quantity set back" in told.stdout
    assert "left out" not in told.stdout
    assert used.read_bytes() == before
    done = _sequence("repair", str(used), "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert verify_database(used) == []


def test_a_whole_database_is_left_alone(used: Path):
    before = used.read_bytes()
    done = _sequence("repair", str(used), "--yes")
    assert done.returncode == 0
    assert "nothing to repair" in done.stdout
    assert used.read_bytes() == before


def test_a_medium_that_cannot_be_written_is_named(used: Path, monkeypatch: pytest.MonkeyPatch):
    changed(used, "UPDATE fills SET price_1e9 = price_1e9 + 1 WHERE order_no = 1")

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    # Such a medium refuses also to delete what is not there.
    monkeypatch.setattr(Path, "unlink", refuse)
    monkeypatch.setattr(Lock, "_acquire", refuse)
    with pytest.raises(StoreError, match=r"cannot lock .*: Read-only"), Repair(used).tried():
        pass


def _sequence(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
