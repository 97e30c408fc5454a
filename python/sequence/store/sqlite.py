"""The state in one SQLite file, through the standard library.

One connection writes, in WAL mode with ``synchronous=FULL``: a commit that returned survives a
power cut. A second one reads what is older than the last start. A commit that fails is never tried
again: what reached the disk is known only after the next start.
"""

import os
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Select, Table, create_engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from sequence._progress import Told, silent
from sequence.store.base import (
    Batch,
    Finding,
    Left,
    Loaded,
    Query,
    Row,
    StoreDamagedError,
    StoreError,
    StoreVersionError,
)
from sequence.store.chain import Chains, Tips
from sequence.store.crash import crash_point
from sequence.store.files import Lock, prepare, read_pepper
from sequence.store.migrate import upgrade
from sequence.store.reading import Ranks, Readers, listed
from sequence.store.seal import Key, Seals, intact
from sequence.store.statements import CACHED_STATEMENTS, compile_writes
from sequence.store.tables import (
    APP_TABLES,
    DIGEST,
    ENGINE_TABLES,
    NUMBERED,
    OPEN,
    OPEN_GRAPHS,
    PEPPER_SETTING,
    UNBOUNDED,
    WHOLE,
    api_keys,
    events,
    graph_edges,
    graph_nodes,
    graph_runs,
    graphs,
    legs,
    meta,
    metadata,
    orders,
    positions_v2,
    seals,
)
from sequence.store.verify import verify_rows

OLDEST_SQLITE: Final = (3, 37, 0)
"""The first version with STRICT tables."""

_BUSY_MS: Final = 5_000
_CHECKPOINT_PAGES: Final = 4_000
"""Pages in the log before they move into the file: 16 MB. With SQLite's 1,000 a commit in seventy
would wait for a move, enough to be the slowest 1 %; and a page that changes often moves less."""
_PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "trusted_schema = OFF",
    "cell_size_check = ON",
    "mmap_size = 0",
    f"wal_autocheckpoint = {_CHECKPOINT_PAGES}",
)
_GRAPH_OF_ORDER: Final = [column.name for column in orders.columns].index("graph_no")
_OF_RUNS: Final = (graph_nodes, graph_edges)

# Of a damaged file SQLite may quote what is no text.
_UNREADABLE: Final = (sqlite3.Error, SQLAlchemyError, UnicodeDecodeError)


class SqliteStore:
    """Keeps a sandbox in a file; use it from one process at a time."""

    def __init__(self, path: str | Path) -> None:
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise StoreVersionError(
                f"SQLite {sqlite3.sqlite_version} is too old: 3.37 or newer is needed"
            )
        self.path: Final = prepare(Path(path))
        self._lock = Lock(self.path)
        self._pid = os.getpid()
        self._failed: str | None = None
        self._closed = False
        try:
            self._lock.check_traces()
            self._writer = _open(self.path, read_only=False)
            self._driver = _driver(self._writer)
            self._prepare_file()
            self._readers = Readers(lambda: _open(self.path, read_only=True))
            self._readers.mine()
            self._lock.mark(clean=False)
        except _UNREADABLE as error:
            self._lock.release()
            raise StoreError(f"cannot open {self.path}: {error}") from error
        except BaseException:
            self._lock.release()
            raise
        self._writes = compile_writes(self._writer.dialect)
        self._chains = Chains()
        self._seals = Seals()
        self._pepper: bytes | None = None
        self._ranks = Ranks()
        self._damaged: dict[Finding, None] = {}

    @property
    def backend(self) -> str:
        """``sqlite``."""
        return "sqlite"

    @property
    def pepper(self) -> bytes:
        """The secret beside the database that keys are digested with; the same for its life."""
        if self._pepper is None:
            self._pepper = self._read_pepper()
        return self._pepper

    def _read_pepper(self) -> bytes:
        with self._reading() as connection:
            has_keys = connection.execute(select(api_keys.c.key_id).limit(1)).first() is not None
            query = select(meta.c.value).where(meta.c.name == PEPPER_SETTING)
            check = connection.execute(query).scalar()
        return read_pepper(self.path, has_keys=has_keys, check=check)

    def load(self) -> Loaded | None:
        """Everything but ended orders, fills and events, which stay here."""
        with self._reading() as connection:
            self._chains = Chains(_tips(connection))
            self._seals, self._ranks = Seals(), Ranks()
            self._seals.begin(tuple(row)[:3] for row in connection.execute(select(seals)))
            rows, damaged = self._loaded_rows(connection)
            newest = connection.execute(select(func.max(events.c.seq))).scalar()
        if not rows["engine"]:
            if newest is not None or rows["accounts"]:
                raise StoreDamagedError("the row of counters is missing")
            return Loaded(rows, 0, damaged) if rows["clients"] else None
        counted = rows["engine"][0][2]
        if not isinstance(counted, int) or counted != (newest or 0):
            raise StoreDamagedError(f"{counted} events were counted, the newest stored is {newest}")
        return Loaded(rows, counted, damaged)

    def _loaded_rows(self, connection: Connection) -> tuple[dict[str, list[Row]], list[Finding]]:
        rows: dict[str, list[Row]] = {}
        damaged: list[Finding] = []
        runs: list[object] = []
        numbers: tuple[list[object], list[object]] = [], []
        for table in (*APP_TABLES, graph_runs, orders, *ENGINE_TABLES):
            if table.name in rows:
                continue
            newest: Key | None = None
            if table not in UNBOUNDED:
                found = _all(connection, select(table))
            else:
                newest = _newest(connection, table)
                of = runs if table in _OF_RUNS else numbers[table is graphs]
                found = _open_rows(connection, table, of)
            self._seals.hold(table.name, found, newest)
            damaged += intact(table.name, found)[1]
            rows[table.name] = [row[:-1] for row in found]
            if table is graph_runs:
                runs = [row[0] for row in found]
            if table is orders:
                of_orders = {row[_GRAPH_OF_ORDER] for row in found}
                numbers = [row[0] for row in found], [*of_orders.union(runs)]
        return rows, damaged

    def commit(self, batch: Batch) -> None:
        """Writes a batch in one transaction and waits for the disk."""
        if self._failed is not None:
            raise StoreError(f"the store failed before: {self._failed}")
        if os.getpid() != self._pid:
            raise StoreError("a store cannot be used after a fork: open it in the process itself")
        try:
            self._lock.check_in_place()
            moved = self._write(batch)
        except (sqlite3.Error, OSError, StoreError) as error:
            # No second try: after a failed sync, a later success would mean nothing.
            self._failed = str(error)
            self._give_up()
            raise StoreError(f"cannot write {self.path}: {error}") from error
        self._chains.move(moved)
        if batch.left is not None:
            # Rows that were counted are gone.
            self._ranks = Ranks()

    def _give_up(self) -> None:
        # Undone, so that nothing keeps the file locked. Where even that fails the error above says
        # all there is to say, and the next start finds the last commit.
        with suppress(sqlite3.Error):
            if self._driver.in_transaction:
                self._driver.rollback()
        # What SQLite does with its log from here on is not ours to judge at the next start.
        with suppress(OSError):
            self._lock.mark(clean=True)

    def _write(self, batch: Batch) -> Tips:
        moved: Tips = {}
        cursor = self._driver.cursor()
        crash_point("before_begin")
        cursor.execute("BEGIN IMMEDIATE")
        changed = dict.fromkeys(batch.rows)
        if batch.left is not None:
            changed |= self._leave(cursor, batch.left)
        if batch.deleted_positions:
            delete = "DELETE FROM positions_v2 WHERE position_id = ?"
            gone = [(id_,) for id_ in batch.deleted_positions]
            cursor.executemany(delete, gone)
            self._seals.drop(positions_v2.name, gone)
            changed[positions_v2.name] = None
        for table, rows in batch.rows.items():
            written = rows
            if table == events.name:
                written, moved = self._chains.extend(rows)
            stamped = self._seals.stamp(table, written, self._stored_digest)
            self._execute(cursor, table, stamped)
        self._execute(cursor, seals.name, self._seals.rows(changed))
        crash_point("after_rows")
        crash_point("before_commit")
        cursor.execute("COMMIT")
        crash_point("after_commit")
        return moved

    def _leave(self, cursor: sqlite3.Cursor, left: Left) -> dict[str, None]:
        """Deletes what a way left behind; the tables that it was in."""
        for table in WHOLE:
            cursor.execute(f"DELETE FROM {table.name}")  # noqa: S608 - names of ours
            self._seals.empty(table.name)
        for table, (column, kind) in NUMBERED.items():
            first: int = getattr(left, kind)
            found = f"FROM {table.name} WHERE {column} >= ?"
            gone = cursor.execute(f"SELECT {DIGEST} {found}", (first,)).fetchall()
            cursor.execute(f"DELETE {found}", (first,))
            self._seals.drop_from(table.name, first, (int(row[0]) for row in gone))
        return {table.name: None for table in (*WHOLE, *NUMBERED)}

    def _execute(self, cursor: sqlite3.Cursor, table: str, rows: Sequence[Row]) -> None:
        for statement, values in self._writes[table].statements(rows):
            cursor.execute(statement, values)

    def _stored_digest(self, table: str, key: Key) -> int | None:
        """The digest of a row that ended before the last start and is written again."""
        names = [column.name for column in metadata.tables[table].primary_key.columns]
        where = " AND ".join(f"{name} = ?" for name in names)
        query = f"SELECT {DIGEST} FROM {table} WHERE {where}"  # noqa: S608 - names of ours
        found = self._driver.execute(query, key).fetchone()
        return None if found is None else int(found[0])

    def find(self, table: str, query: Query, bad: list[Row] | None = None) -> list[Row]:
        """Stored rows, newest first; those that are damaged go to ``bad``."""
        with self._reading() as connection:
            query = self._ranks.closer(connection, table, query)
            found = _all(connection, _newest_first(table, query))
        good, findings = intact(table, found)
        if findings:
            self._damaged.update(dict.fromkeys(findings))
            if bad is not None:
                whole = set(good)
                bad += [row[:-1] for row in found if row[:-1] not in whole]
        return good

    def damaged(self) -> list[Finding]:
        """The rows that `find` left out so far, each once."""
        return list(self._damaged)

    def numbers(self, table: str, query: Query) -> list[int]:
        """The keys of the rows that `find` would give; from an index alone where one has all."""
        key = next(iter(metadata.tables[table].columns))
        with self._reading() as connection:
            query = self._ranks.closer(connection, table, query)
            found = connection.execute(_newest_first(table, query).with_only_columns(key))
            return [int(row[0]) for row in found]

    def count(self, table: str, query: Query) -> int:
        """How many rows `find` would give without a limit and an offset."""
        with self._reading() as connection:
            return self._ranks.count(connection, table, query, _select)

    def idle(self) -> None:
        """Moves what the log holds into the file, so that a copy of the file is a copy of all."""
        if self._failed is None and not self._closed:
            with suppress(sqlite3.Error):
                # The next commit says what is wrong, if anything is.
                self._driver.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def verify(self, told: Told = silent) -> list[Finding]:
        """Checks the file, the chains, and that rows agree with each other."""
        with self._reading() as connection:
            return verify_rows(connection, told)

    def close(self) -> None:
        """Checkpoints and ends; the writer closes last."""
        if self._closed or os.getpid() != self._pid:
            return
        self._closed = True
        crash_point("before_close")
        try:
            self._readers.close()
            if self._failed is None:
                crash_point("before_checkpoint")
                moved = self._driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if not moved[0]:
                    self._lock.mark(clean=True)
            self._writer.dispose()
            if not self.path.with_name(self.path.name + "-wal").exists():
                # The last one to close moved what it held.
                self._lock.mark(clean=True)
        except _UNREADABLE as error:
            raise StoreError(f"cannot close {self.path}: {error}") from error
        finally:
            self._lock.release()

    def _prepare_file(self) -> None:
        for pragma in _PRAGMAS:
            self._driver.execute(f"PRAGMA {pragma}")
        settings = {name: self._pragma(name) for name in ("journal_mode", "synchronous")}
        if settings != {"journal_mode": "wal", "synchronous": 2}:
            raise StoreError(f"{self.path}: SQLite refuses durable commits: {settings}")
        with self._writer.connect() as connection, connection.begin():
            upgrade(connection)

    def _pragma(self, name: str) -> object:
        row = self._driver.execute(f"PRAGMA {name}").fetchone()
        return row[0] if row else None

    @contextmanager
    def _reading(self) -> Generator[Connection]:
        if self._closed:
            raise StoreError("the store is closed")
        try:
            with self._readers.mine().connect() as connection:
                yield connection
        except _UNREADABLE as error:
            raise StoreError(f"cannot read {self.path}: {error}") from error


def _open(path: Path, *, read_only: bool) -> Engine:
    def connect() -> sqlite3.Connection:
        mode = "ro" if read_only else "rw"
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode={mode}",
            uri=True,
            timeout=_BUSY_MS / 1_000,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=CACHED_STATEMENTS,
        )
        if read_only:
            # A damaged text is read as it is: its digest tells.
            connection.text_factory = read_text
            # Only the writer moves pages from the log into the file.
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            connection.execute("PRAGMA query_only = ON")
        return connection

    # The transactions are ours: SQLAlchemy runs in autocommit and is told where one begins.
    return create_engine("sqlite://", creator=connect, poolclass=StaticPool)


def read_text(raw: bytes) -> str:
    """Text of a file that may be damaged: what is no UTF-8 stays different from what is."""
    return raw.decode("utf-8", "surrogateescape")


def _driver(engine: Engine) -> sqlite3.Connection:
    try:
        proxy = engine.raw_connection()
    except sqlite3.Error as error:
        raise StoreError(f"cannot open the database: {error}") from error
    connection = proxy.driver_connection
    if not isinstance(connection, sqlite3.Connection):
        raise StoreError("this is not a connection of the standard library")
    return connection


def _newest_first(table: str, query: Query) -> Select[Any]:
    columns = metadata.tables[table].columns
    by = next(iter(columns)) if query.by is None else columns[query.by]
    found = _select(table, query).order_by(by.desc())
    return found.limit(query.limit).offset(query.offset or None)


def _select(table: str, query: Query) -> Select[Any]:
    columns = metadata.tables[table].columns
    found = select(metadata.tables[table])
    for name, value in query.equal.items():
        found = found.where(columns[name] == value)
    for name, values in query.among.items():
        found = found.where(columns[name].in_(listed(values)))
    for name, values in query.without.items():
        found = found.where(columns[name].not_in(listed(values)))
    for name, least in query.at_least.items():
        found = found.where(columns[name] >= least)
    for name, end in query.below.items():
        found = found.where(columns[name] < end)
    return found


def _all(connection: Connection, query: Select[Any]) -> list[Row]:
    return [tuple(row) for row in connection.execute(query).all()]


def _newest(connection: Connection, table: Table) -> Key | None:
    """The highest key: rows beyond it are new."""
    keys = list(table.primary_key.columns)
    query = select(*keys).order_by(*(key.desc() for key in keys)).limit(1)
    found = connection.execute(query).first()
    return None if found is None else tuple(found)


def _open_rows(connection: Connection, table: Table, numbers: Sequence[object]) -> list[Row]:
    """The open orders and graphs, and what belongs to these."""
    if table is graph_runs:
        runs = select(graph_runs).where(graph_runs.c.status.in_(OPEN_GRAPHS))
        return _all(connection, runs.order_by(graph_runs.c.graph_no))
    if table is orders:
        # A graph of several orders goes on with what its ended ones filled.
        going_on = select(graph_runs.c.graph_no).where(graph_runs.c.status.in_(OPEN_GRAPHS))
        wanted = orders.c.status.in_(OPEN) | orders.c.graph_no.in_(going_on)
        return _all(connection, select(orders).where(wanted).order_by(orders.c.order_no))
    if table not in (legs, graphs, graph_nodes, graph_edges):
        return []
    found = [_all(connection, _of_orders(table, part)) for part in _parts(numbers)]
    return [row for rows_of_part in found for row in rows_of_part]


def _of_orders(table: Any, numbers: Sequence[object]) -> Select[Any]:  # noqa: ANN401 - a Table
    keys = list(table.primary_key.columns)
    return select(table).where(keys[0].in_(numbers)).order_by(*keys)


def _parts(numbers: Sequence[object], size: int = 500) -> Iterator[Sequence[object]]:
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def _tips(connection: Connection) -> dict[int, tuple[int, str]]:
    # One look-up per account, by the index over its numbers. Public events belong to none.
    query = text(
        "SELECT e.account_no, e.account_seq, e.chain FROM"
        " (SELECT account_no FROM accounts UNION ALL SELECT 4294967295) a JOIN events e"
        " ON e.account_no = a.account_no AND e.account_seq ="
        " (SELECT max(account_seq) FROM events WHERE account_no = a.account_no)"
    )
    return {row[0]: (row[1], row[2]) for row in connection.execute(query)}
