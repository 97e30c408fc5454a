"""SQL text of every write, compiled once from the tables."""

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects.sqlite import insert

from sequence.store.tables import APP_TABLES, ENGINE_TABLES, events


def compile_writes(dialect: Dialect) -> dict[str, str]:
    """For each table, the statement that writes a row whether it is there or not."""
    tables = (*ENGINE_TABLES, *APP_TABLES)
    return {table.name: _write(table, dialect) for table in tables}


def _write(table: Table, dialect: Dialect) -> str:
    statement = insert(table)
    keys = [column.name for column in table.primary_key.columns]
    others = [column.name for column in table.columns if column.name not in keys]
    # An event is written once; a second one of its number is an error.
    if table is not events and others:
        changed = {name: statement.excluded[name] for name in others}
        statement = statement.on_conflict_do_update(index_elements=keys, set_=changed)
    names = [column.name for column in table.columns]
    compiled = statement.compile(dialect=dialect, column_keys=names)
    if list(compiled.positiontup or ()) != names:
        raise AssertionError(f"{table.name}: values are bound in another order than the columns")
    return str(compiled)
