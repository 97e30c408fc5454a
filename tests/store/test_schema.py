"""The tables, the engine's rows and the migrations say the same."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from sequence import _core
from sequence.sandbox import Sandbox
from sequence.store import migrate
from sequence.store.check import verify_database
from sequence.store.sealing import damage_of, seal_all
from sequence.store.tables import (
    CHAIN_COLUMNS,
    DIGEST,
    ENGINE_TABLES,
    SCHEMA_REVISION,
    events,
    metadata,
)

LATER_TABLES = ("graph_runs", "graph_nodes", "graph_edges", "equity")
LATER_COLUMNS = (
    ("legs", "carried"), ("legs", "reject"), ("legs", "message"), ("legs", "done"),
    ("markets", "grid"), ("positions_v2", "symbol"), ("accounts", "draws"), ("legs", "place"),
)  # fmt: skip


def test_the_engine_writes_the_columns_of_the_tables_in_their_order():
    written = dict(_core.Journal.tables())
    assert set(written) == {table.name for table in ENGINE_TABLES}
    for table in ENGINE_TABLES:
        columns = [column.name for column in table.columns]
        added = list(CHAIN_COLUMNS) if table is events else []
        assert columns == [*written[table.name], *added, DIGEST], table.name


def test_the_steps_lead_to_the_tables(database: Path):
    Sandbox(store=database, market="none").close()
    with sqlite3.connect(database) as connection:
        query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        migrated = {name: _words(sql) for name, sql in connection.execute(query)}
    migrated.pop("alembic_version")
    dialect = sqlite.dialect()
    defined = {}
    for table in metadata.sorted_tables:
        defined[table.name] = _words(str(CreateTable(table).compile(dialect=dialect)))
        for index in table.indexes:
            defined[str(index.name)] = _words(str(CreateIndex(index).compile(dialect=dialect)))
    assert migrated == defined


def test_the_newest_step_is_the_one_that_is_looked_for():
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA_REVISION


def test_every_table_is_strict():
    for table in metadata.sorted_tables:
        created = str(CreateTable(table).compile(dialect=sqlite.dialect()))
        assert created.rstrip().endswith("STRICT"), table.name


def _words(sql: str) -> list[str]:
    return sql.split()


def test_a_database_of_the_first_schema_is_sealed_with_what_it_holds(
    database: Path, reopen: Callable[..., Sandbox]
):
    with reopen() as sandbox:
        sandbox.client().buy("BTC-USD", "0.1", graph_id="old")
        state = sandbox.state_hash()
    with closing(sqlite3.connect(database)) as connection:
        for table in metadata.sorted_tables:
            if table.name in LATER_TABLES:
                connection.execute(f"DROP TABLE {table.name}")
                continue
            connection.execute(f"ALTER TABLE {table.name} DROP COLUMN {DIGEST}")
        for table, column in LATER_COLUMNS:
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        connection.execute("DROP TABLE seals")
        connection.execute("DROP INDEX orders_of_graph")
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.execute("PRAGMA application_id = 0")
        connection.commit()
    assert verify_database(database) == []
    with reopen() as sandbox:
        assert sandbox.state_hash() == state
        assert sandbox.client().order("graph:old:order:1").status == "FILLED"


def test_damage_is_carried_over_a_change_of_the_tables(
    database: Path, reopen: Callable[..., Sandbox]
):
    with reopen() as sandbox:
        sandbox.client().buy("BTC-USD", "0.1", graph_id="old")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE graphs SET metadata = '[]'")
        connection.commit()
        damage = damage_of(connection)
        seal_all(connection, damage)
        connection.commit()
    assert {row.subject for row in verify_database(database)} == {"graphs 0", "table graphs"}
