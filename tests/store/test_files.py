"""Who may open a database, and which."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sequence.sandbox import Sandbox
from sequence.store import StoreError, StoreLockedError, StoreVersionError
from tests.store.conftest import PROGRAM


def test_files_are_readable_by_their_owner_only(database: Path):
    with Sandbox(store=database, market="none"):
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in database.parent.iterdir()}
    assert stat.S_IMODE(database.parent.stat().st_mode) == 0o700
    assert len(modes) >= 4
    assert set(modes.values()) == {0o600}


def test_wide_permissions_are_tightened(database: Path):
    Sandbox(store=database, market="none").close()
    database.chmod(0o644)
    Sandbox(store=database, market="none").close()
    assert stat.S_IMODE(database.stat().st_mode) == 0o600


@pytest.mark.parametrize("end", ["", "-wal", ".lock", ".pepper"])
def test_symbolic_links_are_refused(database: Path, tmp_path: Path, end: str):
    database.parent.mkdir()
    target = tmp_path / "elsewhere"
    target.touch()
    database.with_name(database.name + end).symlink_to(target)
    with pytest.raises(StoreError, match="symbolic link"):
        Sandbox(store=database, market="none")
    assert target.read_bytes() == b""


def test_a_second_sandbox_of_this_process_is_refused(database: Path):
    text = "in use by another sandbox of this process"
    with Sandbox(store=database, market="none"), pytest.raises(StoreLockedError, match=text):
        Sandbox(store=database, market="none")
    Sandbox(store=database, market="none").close()


def test_a_second_process_ends_with_code_3_and_touches_nothing(database: Path, tmp_path: Path):
    with Sandbox(store=database, market="none"):
        before = database.stat().st_mtime_ns
        done = subprocess.run(
            [*PROGRAM, "up", "--port", "0", "--db", str(database)],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env=os.environ | {"SEQUENCE_HOME": str(tmp_path)},
        )
        assert done.returncode == 3
        assert f"process {os.getpid()}" in done.stderr
        assert database.stat().st_mtime_ns == before


def test_a_newer_database_is_refused(database: Path):
    Sandbox(store=database, market="none").close()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(StoreVersionError, match="newer version"):
        Sandbox(store=database, market="none")


def test_a_database_of_something_else_is_refused(database: Path):
    database.parent.mkdir()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(StoreVersionError, match="not made by sequence"):
        Sandbox(store=database, market="none")


def test_a_file_that_is_no_database_is_refused(database: Path):
    database.parent.mkdir()
    database.write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(StoreError):
        Sandbox(store=database, market="none")


def test_others_may_read_while_it_runs(database: Path, reopen: Callable[..., Sandbox]):
    with reopen() as sandbox:
        client = sandbox.client()
        client.buy("BTC-USD", "0.1")
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as reader:
            reader.execute("BEGIN")
            count = "SELECT count(*) FROM orders"
            assert reader.execute(count).fetchone() == (1,)
            client.buy("BTC-USD", "0.1")
            assert reader.execute(count).fetchone() == (1,)
            reader.execute("ROLLBACK")
            assert reader.execute(count).fetchone() == (2,)


def test_a_copy_of_a_running_sandbox_is_a_sandbox(database: Path, tmp_path: Path):
    out = tmp_path / "copy.db"
    with Sandbox(store=database, clock="manual", preset="instant") as sandbox:
        sandbox.client().buy("BTC-USD", "0.1", graph_id="g")
        state = sandbox.state_hash()
        done = _sequence("backup", str(database), str(out))
        assert done.returncode == 0, done.stderr
        assert _sequence("backup", str(database), str(out)).returncode == 5
        assert _sequence("verify", str(database)).returncode == 3
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with Sandbox(store=out, clock="manual", preset="instant") as copy:
        assert copy.state_hash() == state
        assert copy.client().order("graph:g:order:1").status == "FILLED"
    done = _sequence("verify", str(out))
    assert (done.returncode, done.stderr) == (0, "")
    assert "all laws hold" in done.stdout


CHANGES = [
    ("UPDATE events SET word_1 = word_1 + 1 WHERE seq = 2", "D3"),
    ("DELETE FROM events WHERE seq = 2", "D3"),
    ("UPDATE balances SET available = available || '0' WHERE asset_no = 0", "L1"),
    ("UPDATE orders SET filled_1e8 = 1, status = 'CANCELLED'", "O1"),
    ("UPDATE legs SET reserved = '5'", "O2"),
    ("UPDATE balances SET reserved = '7' WHERE asset_no = 0", "L2"),
]


@pytest.mark.parametrize(("change", "check"), CHANGES)
def test_a_changed_row_is_found(database: Path, change: str, check: str):
    with Sandbox(store=database, clock="manual", preset="instant") as sandbox:
        sandbox.client().buy("BTC-USD", "0.1")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(change)
        connection.commit()
    done = _sequence("verify", str(database))
    assert done.returncode in (1, 5)
    assert check in done.stdout + done.stderr or done.returncode == 5


def test_a_child_of_a_fork_cannot_use_the_store(database: Path):
    sandbox = Sandbox(store=database, market="none")
    assert sandbox.runtime.keeper is not None
    sandbox.runtime.keeper.store._pid += 1  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="fork"):
        sandbox.client().sandbox.settings("5")
    sandbox.runtime.keeper.store._pid -= 1  # type: ignore[attr-defined]
    sandbox.close()


def test_threads_share_one_sandbox(reopen: Callable[..., Sandbox]):
    with reopen() as sandbox:
        errors: list[Any] = []

        def trade(name: int) -> None:
            try:
                for number in range(5):
                    sandbox.client().buy("BTC-USD", "0.01", graph_id=f"t{name}-{number}")
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=trade, args=(name,)) for name in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        state = sandbox.state_hash()
        assert sandbox.client().orders().total == 30
    with reopen() as sandbox:
        assert sandbox.state_hash() == state


def _sequence(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*PROGRAM, *arguments], capture_output=True, text=True, timeout=30, check=False
    )


def test_a_lost_pepper_is_said(database: Path, caplog: pytest.LogCaptureFixture):
    with Sandbox(store=database, market="none") as sandbox:
        key = sandbox.test_key
    Sandbox(store=database, market="none").close()
    assert not caplog.records
    pepper = database.with_name(database.name + ".pepper")
    pepper.unlink()
    with Sandbox(store=database, market="none") as sandbox:
        assert sandbox.test_key != key
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert f"{pepper} is missing" in record.getMessage()
    caplog.clear()
    Sandbox(store=database, market="none").close()
    assert not caplog.records


def test_a_backup_says_that_the_pepper_stays(database: Path, tmp_path: Path):
    Sandbox(store=database, market="none").close()
    out = tmp_path / "copy.db"
    done = _sequence("backup", str(database), str(out))
    assert done.returncode == 0
    assert f"{database}.pepper" in done.stdout
    assert not out.with_name("copy.db.pepper").exists()


def test_the_store_loads_and_locks_where_fcntl_does_not_exist(tmp_path: Path):
    program = f"""
import os, sys
from pathlib import Path
sys.modules["fcntl"] = None
import sequence.store.sqlite
from sequence.store import StoreError
from sequence.store.files import Lock

file = Path({str(tmp_path / "x.db")!r})
file.touch()
try:
    Lock(file)
except StoreError as error:
    print("no locks:", error)

class Msvcrt:
    LK_NBLCK = 2
    held = set()

    @classmethod
    def locking(cls, file, mode, count):
        found = os.fstat(file).st_ino
        if found in cls.held:
            raise PermissionError(13, "Permission denied")
        cls.held.add(found)

sys.modules["msvcrt"] = Msvcrt
held = Lock(file)
held.release()
try:
    Lock(file)
except StoreError as error:
    print("locked:", error)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert run.stderr == ""
    first, second = run.stdout.splitlines()
    assert first.startswith("no locks: this system has no file locks")
    assert "is in use by another process" in second
