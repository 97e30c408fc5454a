"""What a store is: rows in, rows out, and the reasons it may say no."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

Value = int | str | None
"""What a cell holds. Sums that can pass 64 bits are decimal text."""

Row = tuple[Value, ...]
Rows = Mapping[str, Sequence[Row]]
"""Rows by table, in the order of the table's columns."""

EXIT_LOCKED: Final = 3
EXIT_STORE: Final = 5


class StoreError(Exception):
    """The store cannot be used: a sentence for people and an exit code for scripts."""

    exit_code = EXIT_STORE


class StoreLockedError(StoreError):
    """Another process uses this database."""

    exit_code = EXIT_LOCKED


class StoreVersionError(StoreError):
    """The database was written by another version of this program."""


class StoreDamagedError(StoreError):
    """What is stored cannot be right; nothing is repaired by guessing."""


class CoreFailedError(StoreError):
    """A bug stopped the core: what it holds is half done, and none of it is stored any more."""


@dataclass(frozen=True, slots=True)
class Left:
    """Where a way begins that was left for a copy: rows of these numbers and above go."""

    order: int
    graph: int
    fill: int


@dataclass(slots=True)
class Batch:
    """What one commit makes durable, whole or not at all.

    Attributes:
        rows: Rows to write, by table.
        deleted_positions: Ids of position rows that go.
        left: A copy was returned to: what was kept since it was made goes first, and of tables
            whose rows are not numbered like orders every row.
    """

    rows: Rows = field(default_factory=dict[str, Sequence[Row]])
    deleted_positions: Sequence[int] = ()
    left: Left | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must hold and does not."""

    check: str
    subject: str
    expected: str
    found: str


@dataclass(slots=True)
class Loaded:
    """What an engine is rebuilt from.

    Attributes:
        rows: Rows of every table that is kept in memory; of orders, the open ones with their legs
            and graphs.
        last_seq: Commit number of the newest event; what ended before it stays in the store.
        damaged: Rows that are not what was written; they are among the rows all the same.
    """

    rows: Rows
    last_seq: int
    damaged: Sequence[Finding] = ()


class Store(Protocol):
    """Where the state of a sandbox is kept."""

    @property
    def backend(self) -> str:
        """What kind of store this is, as shown by the health report."""
        ...

    @property
    def pepper(self) -> bytes:
        """The secret that keys are digested with; it is not in the store itself."""
        ...

    def load(self) -> Loaded | None:
        """Everything an engine needs to go on; ``None`` for a new store."""
        ...

    def commit(self, batch: Batch) -> None:
        """Makes a batch durable before it returns; after an error the store takes nothing more."""
        ...

    def find(self, table: str, query: "Query", bad: list[Row] | None = None) -> list[Row]:
        """Stored rows; those that are not what was written go to ``bad``."""
        ...

    def damaged(self) -> list[Finding]:
        """The rows that `find` left out so far, each once."""
        ...

    def numbers(self, table: str, query: "Query") -> list[int]:
        """The keys of the rows that `find` would give, without reading the rows."""
        ...

    def count(self, table: str, query: "Query") -> int:
        """How many rows `find` would give without a limit."""
        ...

    def idle(self) -> None:
        """Nothing was committed for a while: time to tidy up."""
        ...

    def verify(self) -> list[Finding]:
        """Checks what is stored against itself; empty when all is well."""
        ...

    def close(self) -> None:
        """Ends the store; closing twice is fine."""
        ...


@dataclass(slots=True)
class Query:
    """A selection of rows, newest first.

    Attributes:
        equal: Columns that must have this value.
        among: Columns that must have one of these values.
        at_least: Lower bounds, included.
        below: Upper bounds, excluded.
        without: Columns that must have none of these values.
        limit: Most rows to return; ``None`` for all.
        offset: Rows to leave out first.
        by: Column that says what is new; ``None`` for the key.
    """

    equal: Mapping[str, Value] = field(default_factory=dict[str, Value])
    among: Mapping[str, Sequence[Value]] = field(default_factory=dict[str, Sequence[Value]])
    at_least: Mapping[str, int] = field(default_factory=dict[str, int])
    below: Mapping[str, int] = field(default_factory=dict[str, int])
    without: Mapping[str, Sequence[Value]] = field(default_factory=dict[str, Sequence[Value]])
    limit: int | None = None
    offset: int = 0
    by: str | None = None
