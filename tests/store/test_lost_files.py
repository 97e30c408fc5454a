"""Files of a store that are gone, exchanged or shared are noticed: none becomes an empty one."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sequence.errors import SequenceError
from sequence.sandbox import Sandbox
from sequence.store import StoreError, StoreLockedError
from sequence.store.check import verify_database

Reopen = Callable[..., Sandbox]


def beside(database: Path, end: str) -> Path:
    return database.with_name(database.name + end)


@pytest.fixture
def closed(database: Path, reopen: Reopen) -> Path:
    with reopen() as sandbox:
        sandbox.client().buy("BTC-USD", "0.1", graph_id="kept")
    return database


@pytest.fixture
def killed(closed: Path, reopen: Reopen, tmp_path: Path) -> Path:
    """What a process leaves that does not end in order."""
    folder = tmp_path / "killed"
    folder.mkdir()
    with reopen() as sandbox:
        sandbox.client().buy("BTC-USD", "0.1", graph_id="late")
        for path in closed.parent.iterdir():
            if not path.name.endswith("-shm"):
                shutil.copy(path, folder / path.name)
    return folder / closed.name


@pytest.mark.parametrize("how", ["deleted", "emptied"])
def test_a_database_that_is_gone_is_no_new_account(closed: Path, reopen: Reopen, how: str):
    if how == "deleted":
        closed.unlink()
    else:
        closed.write_bytes(b"")
    with pytest.raises(StoreError, match="there was a store") as refused:
        reopen()
    for end in (".lock", ".pepper"):
        assert str(beside(closed, end)) in str(refused.value)
        beside(closed, end).unlink()
    with reopen() as sandbox:
        assert sandbox.client().orders().total == 0


def test_a_first_start_that_was_cut_short_may_be_tried_again(database: Path, reopen: Reopen):
    database.parent.mkdir()
    database.touch()
    beside(database, ".lock").write_text("123\n")
    with reopen() as sandbox:
        assert sandbox.client().orders().total == 0


def test_a_lost_log_is_not_passed_over(killed: Path):
    beside(killed, "-wal").unlink()
    with pytest.raises(StoreError, match="held the last commits"):
        Sandbox(store=killed, clock="manual", preset="instant")
    beside(killed, ".lock").unlink()
    with Sandbox(store=killed, clock="manual", preset="instant") as sandbox:
        assert sandbox.client().order("graph:kept:order:1").status == "FILLED"


def test_an_index_without_its_log_is_a_lost_log(closed: Path, reopen: Reopen):
    beside(closed, "-shm").write_bytes(b"\0" * 32_768)
    with pytest.raises(StoreError, match="held the last commits"):
        reopen()


def test_what_a_killed_process_leaves_is_opened(killed: Path):
    with Sandbox(store=killed, clock="manual", preset="instant") as sandbox:
        assert sandbox.client().order("graph:late:order:1").status == "FILLED"
    assert verify_database(killed) == []


@pytest.mark.parametrize("how", ["deleted", "replaced", "log deleted"])
def test_a_file_that_goes_while_it_is_used_stops_the_writing(
    closed: Path, reopen: Reopen, how: str
):
    with reopen() as sandbox:
        client = sandbox.client()
        client.buy("BTC-USD", "0.1", graph_id="before")
        if how == "replaced":
            other = closed.with_name("other")
            shutil.copy(closed, other)
            other.replace(closed)
        else:
            beside(closed, "-wal" if how == "log deleted" else "").unlink()
        with pytest.raises(SequenceError, match="while it was in use") as refused:
            client.buy("BTC-USD", "0.1", graph_id="after")
        assert refused.value.status == 503
        assert sandbox.runtime.is_read_only


@pytest.mark.parametrize("cut", [1, 2, 24, 32])
def test_a_pepper_that_was_cut_short_is_refused(closed: Path, reopen: Reopen, cut: int):
    pepper = beside(closed, ".pepper")
    whole = pepper.read_bytes()
    pepper.write_bytes(whole[:-cut])
    with pytest.raises(StoreError, match="pepper"):
        reopen()
    pepper.write_bytes(whole)
    reopen().close()


def test_another_pepper_from_outside_is_refused(
    closed: Path, reopen: Reopen, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SEQUENCE_PEPPER", "another one, and long enough")
    with pytest.raises(StoreError, match="SEQUENCE_PEPPER"):
        reopen()


def test_a_second_name_of_the_file_is_no_second_database(
    closed: Path, reopen: Reopen, tmp_path: Path
):
    second = tmp_path / "second.db"
    with reopen():
        os.link(closed, second)
        with pytest.raises(StoreLockedError, match="in use"):
            Sandbox(store=second, clock="manual")
    with pytest.raises(StoreError, match="hard links"):
        Sandbox(store=second, clock="manual")
    second.unlink()
    reopen().close()


def test_a_refused_second_opening_leaves_the_first_its_locks(closed: Path, reopen: Reopen):
    with reopen() as sandbox:
        with pytest.raises(StoreLockedError):
            reopen()
        with closing(sqlite3.connect(closed, timeout=0)) as other:
            assert sandbox.runtime.keeper is not None
            sandbox.runtime.keeper.store._driver.execute("BEGIN IMMEDIATE")  # type: ignore[attr-defined]
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            sandbox.runtime.keeper.store._driver.execute("ROLLBACK")  # type: ignore[attr-defined]


def test_an_idle_log_is_moved_into_the_file(closed: Path, reopen: Reopen, tmp_path: Path):
    with reopen() as sandbox:
        sandbox.client().buy("BTC-USD", "0.1", graph_id="idle")
        assert sandbox.runtime.keeper is not None
        sandbox.runtime.keeper.store.idle()
        alone = tmp_path / "alone.db"
        shutil.copy(closed, alone)
    with closing(sqlite3.connect(alone)) as copy:
        assert copy.execute("SELECT count(*) FROM graphs WHERE graph_id = 'idle'").fetchone() == (
            1,
        )


@pytest.mark.parametrize("name", ["memory", ":memory:"])
def test_memory_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.chdir(tmp_path)
    with Sandbox(store=name, market="none") as sandbox:
        assert sandbox.runtime.keeper is None
    assert list(tmp_path.iterdir()) == []
