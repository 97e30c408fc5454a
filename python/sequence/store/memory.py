"""The rows in this process: what a store does, without a disk. For tests of what is stored."""

from typing import Final

from sequence.store.base import Batch, Finding, Left, Loaded, Query, Row
from sequence.store.chain import Chains
from sequence.store.tables import (
    APP_TABLES,
    ENGINE_TABLES,
    NUMBERED,
    OPEN,
    OPEN_GRAPHS,
    WHOLE,
    metadata,
)

_STATUS: Final = [column.name for column in metadata.tables["orders"].columns].index("status")


class MemoryStore:
    """Keeps what was committed for as long as it lives."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[Row, Row]] = {
            table.name: {} for table in (*ENGINE_TABLES, *APP_TABLES)
        }
        self._chains = Chains()

    @property
    def backend(self) -> str:
        """``memory``."""
        return "memory"

    @property
    def pepper(self) -> bytes:
        """The same for every store of this kind: nothing outlives the process."""
        return b"memory"

    def load(self) -> Loaded | None:
        """What a file would give."""
        if not self._tables["clients"] and not self._tables["engine"]:
            return None
        rows = {name: self._sorted(name) for name in self._tables}
        status, graph_of = _index("graph_runs", "status"), _index("orders", "graph_no")
        rows["graph_runs"] = [row for row in rows["graph_runs"] if row[status] in OPEN_GRAPHS]
        runs = {row[0] for row in rows["graph_runs"]}
        for table in ("graph_nodes", "graph_edges"):
            rows[table] = [row for row in rows[table] if row[0] in runs]
        rows["orders"] = [
            row for row in rows["orders"] if row[_STATUS] in OPEN or row[graph_of] in runs
        ]
        numbers = {row[0] for row in rows["orders"]}
        rows["legs"] = [row for row in rows["legs"] if row[0] in numbers]
        graphs = runs | {row[graph_of] for row in rows["orders"]}
        rows["graphs"] = [row for row in rows["graphs"] if row[0] in graphs]
        del rows["fills"], rows["events"]
        last_seq = len(self._tables["events"])
        return Loaded(rows, last_seq)

    def commit(self, batch: Batch) -> None:
        """Merges a batch."""
        if batch.left is not None:
            self._leave(batch.left)
        for id_ in batch.deleted_positions:
            self._tables["positions_v2"].pop((id_,), None)
        for table, rows in batch.rows.items():
            written = rows
            if table == "events":
                written, moved = self._chains.extend(rows)
                self._chains.move(moved)
            keys = len(metadata.tables[table].primary_key.columns)
            self._tables[table].update({row[:keys]: row for row in written})

    def _leave(self, left: Left) -> None:
        for table in WHOLE:
            self._tables[table.name].clear()
        for table, (_, kind) in NUMBERED.items():
            first: int = getattr(left, kind)
            rows = self._tables[table.name]
            self._tables[table.name] = {
                key: row for key, row in rows.items() if int(key[0] or 0) < first
            }

    def find(self, table: str, query: Query, bad: list[Row] | None = None) -> list[Row]:
        """Rows that fit, newest first; none is ever bad."""
        del bad
        found = [row for row in self._sorted(table) if _fits(table, row, query)]
        found.reverse()
        end = None if query.limit is None else query.offset + query.limit
        return found[query.offset : end]

    def numbers(self, table: str, query: Query) -> list[int]:
        """Keys of rows that fit, newest first."""
        return [int(row[0] or 0) for row in self.find(table, query)]

    def count(self, table: str, query: Query) -> int:
        """How many rows fit."""
        return sum(_fits(table, row, query) for row in self._tables[table].values())

    def idle(self) -> None:
        """Nothing to do."""

    def damaged(self) -> list[Finding]:
        """None."""
        return []

    def verify(self) -> list[Finding]:
        """Nothing can have happened to it."""
        return []

    def close(self) -> None:
        """Keeps everything: it can be loaded again."""

    def _sorted(self, table: str) -> list[Row]:
        rows = self._tables[table]
        return [rows[key] for key in sorted(rows, key=str if table in _TEXT_KEYS else None)]


_TEXT_KEYS: Final = frozenset(table.name for table in APP_TABLES)


def _index(table: str, column: str) -> int:
    return [known.name for known in metadata.tables[table].columns].index(column)


def _fits(table: str, row: Row, query: Query) -> bool:
    def number(name: str) -> int:
        value = row[_index(table, name)]
        return value if isinstance(value, int) else 0

    return (
        all(row[_index(table, name)] == value for name, value in query.equal.items())
        and all(row[_index(table, name)] in values for name, values in query.among.items())
        and all(row[_index(table, name)] not in values for name, values in query.without.items())
        and all(number(name) >= least for name, least in query.at_least.items())
        and all(number(name) < end for name, end in query.below.items())
    )
